/* protection: what is demanded of a host, by the route, the settings, DANE and MTA-STS; the DNS is this file */
#include "remote/protection.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scratch.h"
#include "tap.h"

static enum dns_result tlsa_result, cname_result;
static bool tlsa_secure, cname_secure, was_secure;
static struct dns_tlsa tlsa[3];
static size_t tlsa_n;
static char asked[1000];        /* the names TLSA was asked for */

enum dns_result
dns_get_tlsa(uint16_t port, const char *host, struct dns_tlsa *list, size_t max, size_t *n)
{
	char text[300];

	snprintf(text, sizeof text, "%u/%s ", port, host);
	strncat(asked, text, sizeof asked - strlen(asked) - 1);
	*n = 0;
	was_secure = tlsa_secure && tlsa_result != DNS_TEMP;
	/* the host's own name has records, what it is an alias of has none */
	if (strcmp(host, "nothing.example") == 0)
		return DNS_NXDOMAIN;
	if (tlsa_result == DNS_OK)
		for (; *n < tlsa_n && *n < max; ++*n)
			list[*n] = tlsa[*n];
	return tlsa_result;
}

enum dns_result
dns_get_cname(const char *name, char target[256])
{
	(void)name;
	strcpy(target, "target.example");
	was_secure = cname_secure;
	return cname_result;
}

bool
dns_was_secure(void)
{
	return was_secure;
}

const char *
dns_why(void)
{
	return "SERVFAIL";
}

static struct protection p;
static struct tlslevel_settings settings;
static struct result why;

static void
control(const char *name, const char *text)
{
	FILE *f;

	unlink(name);
	if (!text)
		return;
	f = fopen(name, "w");
	if (!f || fputs(text, f) < 0 || fclose(f) != 0)
		ok(false, "a control file");
}

/* what comes out for a route: "may", "dane because DANE" or the status of the refusal */
static const char *
decide(const char *text, const struct protection_host *h)
{
	static char said[200];
	struct route r;

	asked[0] = 0;
	if (!route_get(text, &r))
		return "no route";
	if (!protection_decide(&p, &settings, &r, h, &why))
		return why.verdict == 'Z' && why.site ? why.status : "no refusal for now";
	snprintf(said, sizeof said, "%s%s%s%s", p.word, *p.because ? " " : "", p.because, p.implicit ? " implicit" : "");
	return said;
}

static const struct protection_host plain = { .name = "mx.example", .port = 25 };
static const struct protection_host named = { .name = "mx.example", .canonical = "mx.example", .port = 25, .mx_secure = true, .addr_secure = true };

/* a password is not for everybody to hear */
static void
logins(void)
{
	static const struct protection_host v4 = { .name = "127.0.0.1", .port = 25 }, v6 = { .name = "::1", .port = 25 },
	    name = { .name = "localhost", .port = 25 };

	same(decide("host h 587 login=isp", &plain), "must login=", "a login makes it must");
	ok(!p.login_in_clear, "and never clear text");
	same(decide("host h 587 tls=may login=isp", &plain), "must login=", "also where clear text would do for the mail");
	same(decide("host h 587 tls=verify login=isp", &plain), "verify tls=verify", "more stays more");
	same(decide("host h 587 tls=no login=isp", &plain), "no", "no is no");
	ok(p.login_in_clear, "and then the password is heard");
	same(decide("lmtp h 24 login=isp", &plain), "must login=", "LMTP over a network");
	same(decide("lmtp /run/l login=isp", &plain), "no", "a unix socket");
	ok(p.login_in_clear, "goes nowhere");
	ok(strcmp(decide("host 127.0.0.1 587 login=isp", &v4), "may") == 0 && p.login_in_clear, "nor does this address");
	ok(strcmp(decide("host ::1 587 login=isp", &v6), "may") == 0 && p.login_in_clear, "or this");
	same(decide("host localhost 587 login=isp", &name), "must login=", "a name is what the DNS says");
	settings.preset = ROUTE_TLS_NO;
	same(decide("host h 587 login=isp", &plain), "must login=", "control/tlslevel is not asked");
	settings.preset = ROUTE_TLS_MAY;
}

static void
levels(void)
{
	same(decide("mx a.example", &plain), "no", "nothing is configured");
	same(decide("mx a.example tls=may", &plain), "no", "may without a program");
	same(decide("mx a.example tls=must", &plain), "4.3.5", "must without a program");
	same(decide("mx a.example tls=dane", &named), "4.3.5", "dane without a program");
	same(decide("host h 587 login=isp", &plain), "4.3.5", "a login without a program");
	settings.tlsclient = (struct buf){ .s = strdup("true"), .len = 4, .cap = 5, .max = 10 };
	settings.preset = ROUTE_TLS_MAY;
	same(decide("mx a.example", &plain), "may", "the preset");
	same(p.host, "mx.example", "the name to ask for");
	same(decide("mx a.example tls=no", &named), "no", "no");
	same(decide("mx a.example tls=must", &plain), "must tls=must", "must");
	same(decide("mx a.example tls=verify", &plain), "verify tls=verify", "verify");
	same(decide("host h 465 tls=smtps", &plain), "must tls=smtps implicit", "smtps");
	same(decide("host h 465 tls=smtps-verify", &plain), "verify tls=smtps-verify implicit", "smtps-verify");
	same(decide("mx a.example tls=dane", &plain), "4.7.5", "dane for a host that is not secure");
	same(decide("lmtp h 24", &named), "no", "LMTP is next door");
	logins();
	settings.preset = ROUTE_TLS_VERIFY;
	same(decide("mx a.example", &plain), "verify tls=verify", "control/tlslevel");
	same(decide("mx a.example tls=may", &plain), "may", "the route goes before it");
	settings.preset = ROUTE_TLS_MAY;
}

static void
dane(void)
{
	struct protection_host h = named;

	tlsa_result = DNS_OK;
	tlsa_secure = true;
	tlsa_n = 2;
	tlsa[0] = (struct dns_tlsa){ .usage = 3, .selector = 1, .matching = 1, .len = 32 };
	tlsa[0].data[0] = 0xab;
	tlsa[1] = (struct dns_tlsa){ .usage = 1, .selector = 1, .matching = 1, .len = 32 };
	same(decide("mx a.example", &h), "dane DANE", "TLSA records raise may");
	same(asked, "25/mx.example ", "of the host and port");
	same(p.tlsa.s, "3 1 1 ab00000000000000000000000000000000000000000000000000000000000000\n", "only usable ones are used");
	same(decide("mx a.example tls=must", &h), "dane DANE", "and must");
	same(decide("mx a.example tls=dane", &h), "dane tls=dane", "and satisfy dane");
	same(decide("mx a.example tls=verify", &h), "verify tls=verify", "but not verify");
	tlsa[0].len = 31;
	same(decide("mx a.example", &h), "must DANE", "only unusable ones: encryption");
	same(decide("mx a.example tls=dane", &h), "4.7.5", "which is not dane");
	tlsa[0] = (struct dns_tlsa){ .usage = 2, .selector = 0, .matching = 2, .len = 64 };
	same(decide("mx a.example", &h), "dane DANE", "usage 2 and SHA-512");
	tlsa[0].matching = 3;
	same(decide("mx a.example", &h), "must DANE", "an unknown digest");
	tlsa[0] = (struct dns_tlsa){ .usage = 3, .selector = 0, .matching = 0, .len = DNS_TLSA_DATA };
	same(decide("mx a.example", &h), "dane DANE", "a whole certificate");
	h.mx_secure = false;
	same(decide("mx a.example", &h), "may", "not if the MX is not secure");
	same(asked, "", "and nothing is asked");
	h.mx_secure = true;
	h.addr_secure = false;
	same(decide("mx a.example", &h), "may", "not if the addresses are not");
	same(asked, "", "and nothing is asked");
	h.addr_secure = true;
	tlsa_secure = false;
	same(decide("mx a.example", &h), "may", "not if the TLSA answer is not");
	tlsa_secure = true;
	tlsa_result = DNS_TEMP;
	same(decide("mx a.example", &h), "4.7.5", "nobody knows: not in clear");
	tlsa_result = DNS_NXDOMAIN;
	same(decide("mx a.example", &h), "may", "there is none");
	tlsa_result = DNS_OK;
	h.canonical = "real.example";
	same(decide("mx a.example", &h), "dane DANE", "an alias");
	same(asked, "25/real.example ", "has those of where it leads");
	same(p.host, "real.example", "whose name is asked for");
	h.canonical = "nothing.example";
	same(decide("mx a.example", &h), "dane DANE", "or if there are none");
	same(asked, "25/nothing.example 25/mx.example ", "its own");
	h.addr_secure = false;
	cname_result = DNS_OK;
	cname_secure = true;
	same(decide("mx a.example", &h), "dane DANE", "a secure alias that leads out");
	same(asked, "25/mx.example ", "has its own");
	cname_secure = false;
	same(decide("mx a.example", &h), "may", "one that is not has none");
	cname_result = DNS_TEMP;
	same(decide("mx a.example", &h), "4.7.5", "nobody knows: not in clear");
	tlsa_result = DNS_NODATA;
}

static const char *
salt(const char *route)
{
	static struct buf b = BUF(1000);
	struct route r;

	return route_get(route, &r) && protection_salt(&settings, &r, &b) ? (b.len ? b.s : "") : "?";
}

static void
mtasts(void)
{
	static const char always[] = "a.example %s 9999999999 1 *.a.example mx.example\nb.example %s 9999999999 1 mx.b.example\n";
	char text[200];

	snprintf(text, sizeof text, always, "enforce", "enforce");
	control("mtasts", text);
	same(decide("mx a.example", &named), "verify MTA-STS", "a policy that names the host");
	same(decide("mx b.example", &named), "4.7.5", "one that does not");
	same(decide("mx c.example", &named), "may", "none");
	same(salt("mx b.example"), "mx.b.example", "who has one shares connections with its like alone");
	ok(strcmp(salt("mx a.example"), "*.a.example mx.example") == 0 && strcmp(salt("mx c.example"), "") == 0, "each with its own");
	same(salt("mx b.example tls=verify"), "", "where the route says it all, it is no matter");
	same(decide("host a.example 25", &named), "may", "a host that the route names has none");
	same(decide("mx b.example tls=no", &named), "no", "the route goes before it");
	tlsa_result = DNS_OK;
	same(decide("mx b.example", &named), "dane DANE", "and so does DANE");
	tlsa[0].matching = 3;
	same(decide("mx a.example", &named), "verify MTA-STS", "but not with records of no use");
	tlsa_result = DNS_NODATA;
	snprintf(text, sizeof text, always, "testing", "testing");
	control("mtasts", text);
	same(decide("mx a.example", &named), "may", "in testing");
	same(decide("mx b.example", &named), "may", "in testing, another host");
	control("mtasts", "a.example what\n");
	same(decide("mx a.example", &named), "4.3.5", "a damaged file");
	same(salt("mx a.example"), "a.example", "then it shares with nobody");
	control("mtasts", 0);
}

static void
files(void)
{
	struct tlslevel_settings s = { 0 };
	struct conf_error e;
	int fd = open(".", O_RDONLY | O_DIRECTORY);

	ok(tlslevel_load(fd, &s, &e) && !s.tlsclient.s, "no files");
	control("tlslevel", "nonsense\n");
	ok(tlslevel_load(fd, &s, &e), "a level alone is not read");
	control("tlsclient", "prog arg\n");
	ok(!tlslevel_load(fd, &s, &e), "nonsense is an error");
	same(e.text, "control/tlslevel: is none of no, may, must, verify, dane: \"nonsense\"", "that is told");
	control("tlslevel", "smtps\n");
	ok(!tlslevel_load(fd, &s, &e), "so is what makes no sense for all");
	control("tlslevel", 0);
	ok(tlslevel_load(fd, &s, &e) && s.preset == ROUTE_TLS_MAY && strcmp(s.tlsclient.s, "prog arg") == 0, "the preset is may");
	control("tlslevel", "dane\n");
	ok(tlslevel_load(fd, &s, &e) && s.preset == ROUTE_TLS_DANE, "another");
	control("tlsclient", "\n");
	ok(tlslevel_load(fd, &s, &e) && !s.tlsclient.s, "an empty file is no program");
	control("tlsclient", 0);
	control("tlslevel", 0);
	buf_free(&s.tlsclient);
	close(fd);
}

int
main(void)
{
	scratch();
	if (setenv("PNEU_ETC", ".", 1) != 0)
		return 1;
	files();
	levels();
	dane();
	mtasts();
	free(settings.tlsclient.s);
	buf_free(&p.tlsa);
	return done();
}
