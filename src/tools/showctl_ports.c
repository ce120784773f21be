/* Does somebody answer where mail is expected? Each port is connected to, greeted, and left with QUIT. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <poll.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/conf.h"
#include "lib/dial.h"
#include "lib/fd.h"
#include "lib/ip.h"
#include "lib/num.h"
#include "lib/place.h"
#include "mail/reply.h"
#include "tools/showctl.h"

#define DIAL_MS 5000
#define ANSWER_MS 10000
#define TLS_SILENCE_MS 300              /* with TLS the client speaks first */

/* a reply within the time; false: none, or nonsense */
static bool
hear(int fd, struct reply *r, int64_t until_ms)
{
	enum reply_result result = REPLY_MORE;
	size_t used;
	char c;

	reply_init(r);
	while (result == REPLY_MORE) {
		if (fd_wait(fd, POLLIN, until_ms) <= 0 || read(fd, &c, 1) != 1)
			return false;
		result = reply_take(r, &c, 1, &used);
	}
	return result != REPLY_BAD;
}

static bool
says(int fd, const char *line)
{
	return send(fd, line, strlen(line), MSG_NOSIGNAL) == (ssize_t)strlen(line);
}

static uint64_t
number(const struct check *c, const char *name, uint64_t most)
{
	uint64_t n = 0;
	const struct conf table[] = { { name, CONF_NUMBER, &n, 0, 0, most } };
	struct conf_error e;

	(void)conf_load(c->etc, table, 1, &e);
	return n;
}

/* who answers there is a server for SMTP that is us */
static void
converse(struct check *c, int fd, const char *where, bool submission)
{
	static struct reply r;
	int64_t patience_ms = ANSWER_MS + (int64_t)number(c, "greetdelay", 120000);
	const char *name;
	bool tls, auth;

	if (!hear(fd, &r, clock_mono_ms() + patience_ms)) {
		check_find(c, FINDING_WRONG, "look at the log of pneu-tcpd", "%s takes the connection, and does not greet", where);
		return;
	}
	if (r.code != 220) {
		check_find(c, FINDING_WRONG, "look at the log of pneu-tcpd", "%s turns us away: %.300s", where, r.text);
		return;
	}
	name = r.text + 4;
	name = check_text("%.*s", (int)strcspn(name, " \n"), name);
	if (c->me.len && strcasecmp(name, c->me.s) != 0 && faccessat(c->etc, "smtpgreeting", F_OK, 0) != 0)
		check_find(c, FINDING_NOTE, "see which service has the port", "who answers on %s calls itself %s, not %s", where, name, c->me.s);
	if (!says(fd, "EHLO localhost\r\n") || !hear(fd, &r, clock_mono_ms() + ANSWER_MS) || r.code != 250) {
		check_find(c, FINDING_WRONG, "look at the log of pneu-tcpd", "%s greets, and refuses EHLO", where);
		return;
	}
	tls = reply_offers(&r, "STARTTLS", 0);
	auth = reply_offers(&r, "AUTH", 0);
	if (submission && !tls && !auth)
		check_find(c, FINDING_NOTE, "give the service a TLS program and a program for passwords, see INSTALL",
		    "%s offers neither STARTTLS nor AUTH, so nobody can log in there", where);
	else if (!tls && !place_private() && faccessat(c->etc, "cert.pem", F_OK, 0) == 0)
		check_find(c, FINDING_NOTE, "install tlswrapper, if it is not there; then restart the service",
		    "%s answers, without STARTTLS, and control/cert.pem is there", where);
	else
		check_ok(c, "%s answers, with%s STARTTLS", where, tls ? "" : "out");
	(void)(says(fd, "QUIT\r\n") && hear(fd, &r, clock_mono_ms() + ANSWER_MS));
}

/* ---- a private instance */

static void
listening(struct check *c, const char *line)
{
	const char *colon = strrchr(line, ':'), *dir;
	size_t n = colon ? (size_t)(colon - line) : 0;
	char host[100];
	int fd;

	if (n == 0 || n >= sizeof host)
		return;                         /* the instance does not start with it */
	memcpy(host, line, n);
	host[n] = 0;
	if (strcmp(host, "0.0.0.0") == 0 || strcmp(host, "*") == 0)
		strcpy(host, "127.0.0.1");
	else if (strcmp(host, "::") == 0 || strcmp(host, "[::]") == 0)
		strcpy(host, "::1");
	fd = dial(check_text("inet:%s@%s", colon + 1, host), DIAL_MS);
	dir = check_path(place_etc(), "..");
	if (fd < 0)
		check_find(c, FINDING_WRONG, check_text("pneu-instance start %s", dir), "nobody answers on %s: %s", line, strerror(errno));
	else {
		converse(c, fd, line, false);
		close(fd);
	}
}

/* ---- production */

/* a connection to a port of this host, by the loopback or by one of its other addresses */
static int
to_ourselves(const char *port)
{
	struct ifaddrs *all = 0, *a;
	unsigned char ip[16];
	char text[IP_TEXT];
	int fd = dial(check_text("inet:%s@127.0.0.1", port), DIAL_MS);

	if (fd < 0)
		fd = dial(check_text("inet:%s@::1", port), DIAL_MS);
	if (fd >= 0 || getifaddrs(&all) != 0)
		return fd;
	for (a = all; a && fd < 0; a = a->ifa_next) {
		if (a->ifa_addr && a->ifa_addr->sa_family == AF_INET)
			ip_from_v4(ip, &((const struct sockaddr_in *)(const void *)a->ifa_addr)->sin_addr);
		else if (a->ifa_addr && a->ifa_addr->sa_family == AF_INET6)
			memcpy(ip, &((const struct sockaddr_in6 *)(const void *)a->ifa_addr)->sin6_addr, 16);
		else
			continue;
		if (ip[0] == 0xfe && (ip[1] & 0xc0) == 0x80)
			continue;               /* of one link only: cannot be named without it */
		ip_text(text, ip);
		fd = dial(check_text("inet:%s@%s", port, text), DIAL_MS);
	}
	freeifaddrs(all);
	return fd;
}

static bool
has_logins(const struct check *c)
{
	return faccessat(c->etc, "checkpassword", F_OK, 0) == 0 || faccessat(c->etc, "passwords.cdb", F_OK, 0) == 0;
}

static void
smtps(struct check *c)
{
	int fd = to_ourselves("465");

	if (fd < 0) {
		if (has_logins(c))
			check_ok(c, "nobody answers on port 465, submission with TLS from the start");
		return;
	}
	if (fd_wait(fd, POLLIN, clock_mono_ms() + TLS_SILENCE_MS) > 0)
		check_find(c, FINDING_WRONG, "give the service a TLS program and SMTPS=1, see INSTALL",
		    "port 465 speaks before the client does: that is not TLS from the start");
	else
		check_ok(c, "port 465 waits for TLS");
	close(fd);
}

static void
production(struct check *c)
{
	int fd = to_ourselves("25");

	if (fd < 0 && c->sends_only)
		check_ok(c, "nobody answers on port 25, and no mail is to come here");
	else if (fd < 0)
		check_find(c, FINDING_WRONG, "start the service of pneu-tcpd, see INSTALL", "nobody answers on port 25: %s", strerror(errno));
	else {
		converse(c, fd, "port 25", false);
		close(fd);
	}
	if ((fd = to_ourselves("587")) >= 0) {
		converse(c, fd, "port 587", true);
		close(fd);
	} else if (has_logins(c))
		check_find(c, FINDING_NOTE, "start the service for it, see INSTALL",
		    "there are logins, and nobody answers on port 587, where people submit their mail");
	smtps(c);
}

void
check_ports(struct check *c)
{
	struct buf lines = { 0 };
	const struct conf table[] = { { .name = "listen", .kind = CONF_LINES, .value = &lines } };
	struct conf_error e;
	const char *line;

	check_area(c, "ports");
	if (!c->private)
		production(c);
	else if (conf_load(c->etc, table, 1, &e))
		for (line = 0; (line = conf_next(&lines, line)); )
			listening(c, line);
	buf_free(&lines);
}
