#include "remote/reach.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "remote/sasl.h"
#include "remote/tcpto.h"
#include "lib/clock.h"
#include "lib/ip.h"
#include "lib/msg.h"
#include "lib/place.h"

/* One more place that does not take mail now. The way that is told of is that of the first server whose words are in the text,
 * for a report gives those (queue/bounce.h); if none said anything, of the first that was reached at all. */
static void
collect(struct reach *r)
{
	char verdict = r->all.verdict;
	bool heard;

	if (!verdict) {
		r->all = r->why;
		return;
	}
	heard = strstr(r->all.text, JOB_SAID) != 0;
	result_append(&r->all, r->why.text);
	if (*r->why.via && (!*r->all.via || (!heard && strstr(r->all.text, JOB_SAID))))
		memcpy(r->all.via, r->why.via, sizeof r->all.via);
	if (!r->all.wait_s)
		r->all.wait_s = r->why.wait_s;
	if (r->why.verdict == 'Z' && verdict == 'D') {
		r->all.verdict = 'Z';
		memcpy(r->all.status, r->why.status, sizeof r->all.status);
	}
	r->all.site = r->all.site || r->why.site;
}

void
reach_renew(struct reach *r, const struct client *c)
{
	r->until_ms = clock_mono_ms() + (int64_t)c->connect_s * 1000 * REACH_ROUNDS;
	r->all.verdict = 0;
	r->spoke = false;
}

bool
reach_begin(struct reach *r, const struct client *c)
{
	reach_renew(r, c);
	r->host = 0;
	r->count = 0;
	if ((!c->login || sasl_ready(c->login, &r->why)) &&
	    (r->hosts.route.way == ROUTE_LMTP_UNIX || hosts_begin(&r->hosts, &r->why)))
		return true;
	collect(r);
	return false;
}

void
reach_failed(struct reach *r)
{
	collect(r);
}

void
reach_leave(struct reach *r)
{
	collect(r);
	r->spoke = true;
	r->count = 0;                   /* its other addresses are the same host */
}

static void
as_ip(unsigned char ip[16], const struct dns_addr *a)
{
	if (a->family == AF_INET)
		ip_from_v4(ip, a->ip);
	else
		memcpy(ip, a->ip, 16);
}

static bool
is_loopback(const unsigned char ip[16])
{
	static const unsigned char six[16] = { [15] = 1 };

	return ip_is_v4(ip) ? ip[12] == 127 : memcmp(ip, six, 16) == 0;
}

/* Does it mean this host, whoever asks? What listens there takes mail for anywhere from us, and would give it back. A private
 * instance may have its whole world on the loopback. */
static bool
is_here(const struct dns_addr *a)
{
	static const unsigned char none[16];
	unsigned char ip[16];

	as_ip(ip, a);
	return (ip_is_v4(ip) ? ip[12] == 0 : memcmp(ip, none, 16) == 0) || (!place_private() && is_loopback(ip));
}

/* For a domain's own hosts: with "localhost" for a name, anybody could point at us. */
static bool
is_ourselves(const struct reach *r)
{
	size_t i;

	for (i = 0; r->hosts.route.way == ROUTE_MX && i < r->count; i++)
		if (is_here(&r->left[i].addr))
			return true;
	return false;
}

/* Is our end of the connection the same as the other's? */
static bool
leads_to_ourselves(const struct reach *r, int fd)
{
	unsigned char own[16], peer[16];

	if (r->hosts.route.way != ROUTE_MX || !connect_own_ip(fd, own))
		return false;
	as_ip(peer, &r->peer);
	return !is_loopback(peer) && memcmp(own, peer, 16) == 0;
}

/* an error that says something of us, not of them */
static bool
is_our_own(int error)
{
	return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM || error == EADDRNOTAVAIL;
}

/* the addresses that have failed are told of and forgotten, and so is the one that is connected */
static void
drop_tried(struct reach *r, size_t winner)
{
	char ip[INET6_ADDRSTRLEN];
	size_t i, n = 0;

	for (i = 0; i < r->count; i++) {
		const struct connect_address *a = &r->left[i];

		if (i == winner)
			continue;
		if (!a->error) {
			r->left[n++] = *a;
			continue;
		}
		if (!is_our_own(a->error))
			tcpto_failed(&a->addr);
		if (!inet_ntop(a->addr.family, a->addr.ip, ip, sizeof ip))
			strcpy(ip, "?");
		if (a->error == ECONNRESET)     /* it was there, and is gone before we could look */
			result_say(&r->why, 'Z', true, "4.4.2", ip, " ", client_trouble(a->error), " before its greeting\n");
		else
			result_say(&r->why, 'Z', true, "4.4.1", "no connection to ", ip, ": ", strerror(a->error), "\n");
		collect(r);
	}
	r->count = n;
}

/* one of this host's addresses; -1: none of them is left */
static int
connect_host(struct reach *r, const struct client *c)
{
	size_t winner = SIZE_MAX;
	int fd = connect_first(r->left, r->count, r->host->port, c->connect_s, &r->hosts.route, &winner);

	if (fd < 0)
		winner = SIZE_MAX;
	else
		r->peer = r->left[winner].addr;
	drop_tried(r, winner);
	return fd;
}

/* what this host's connections need; false: it is not to be used now */
static bool
protect(struct reach *r, const char *name)
{
	const struct host *h = r->host;
	const struct protection_host x = { .name = name, .canonical = h ? h->canonical : 0, .port = h ? h->port : 0,
	    .mx_secure = r->hosts.route.way != ROUTE_MX || r->hosts.is_secure, .addr_secure = h && h->is_secure };

	return protection_decide(&r->protection, &r->tls, &r->hosts.route, &x, &r->why);
}

static bool
next_host(struct reach *r)
{
	while ((r->host = hosts_next(&r->hosts, &r->why))) {
		r->count = r->host->addrs;
		memcpy(r->left, r->host->addr, r->count * sizeof *r->left);
		if (is_ourselves(r))
			hosts_ourselves(&r->hosts, r->host, &r->why);
		else if (r->count && protect(r, r->host->name))
			return true;
		r->count = 0;
		collect(r);
	}
	return false;
}

static bool
out_of_time(struct reach *r)
{
	if (clock_mono_ms() < r->until_ms)
		return false;
	r->all.verdict = 'Z';
	if (r->all.status[0] == '5')
		strcpy(r->all.status, "4.4.1");
	r->all.site = !r->spoke;
	return true;
}

static bool
greet(struct reach *r, struct client *c, int fd, const struct dns_addr *a, const char *name, const struct protection *wanted)
{
	size_t n = strnlen(name, sizeof c->host - 1);

	memcpy(c->host, name, n);
	c->host[n] = 0;
	if (!a)
		strcpy(c->ip, "unix");
	else if (!inet_ntop(a->family, a->ip, c->ip, sizeof c->ip))
		strcpy(c->ip, "?");
	c->wanted = wanted;
	return client_greet(c, fd, &r->why);
}

/* TLS has failed with a host that takes clear text as well (RFC 7435): the same address again */
static bool
greet_in_clear(struct reach *r, struct client *c)
{
	struct connect_address again = { .addr = r->peer };
	size_t which;
	int fd;

	warn_say("clear text instead of TLS: ", r->why.text);
	fd = connect_first(&again, 1, r->host->port, c->connect_s, &r->hosts.route, &which);
	if (fd >= 0)
		return greet(r, c, fd, &r->peer, r->host->name, 0);
	if (!is_our_own(again.error))
		tcpto_failed(&r->peer);
	result_append(&r->why, "and then no connection at all\n");
	return false;
}

static bool
reach_unix(struct reach *r, struct client *c)
{
	const char *path = r->hosts.route.hop[0].name;
	int fd;

	if (r->all.verdict)
		return false;                   /* it has been tried: there is only one */
	if (!protect(r, "localhost"))
		;
	else if ((fd = connect_unix(path, c->connect_s)) < 0)
		result_say(&r->why, 'Z', true, "4.4.1", "no connection to ", path, ": ", strerror(errno), "\n");
	else if (greet(r, c, fd, 0, path, &r->protection))
		return true;
	collect(r);
	r->all.site = r->all.verdict == 'Z';
	return false;
}

bool
reach_next(struct reach *r, struct client *c)
{
	int fd;

	if (r->hosts.route.way == ROUTE_LMTP_UNIX)
		return reach_unix(r, c);
	while (r->all.verdict == 0 || !out_of_time(r)) {
		if (!r->count && !next_host(r)) {
			r->all.site = r->all.verdict == 'Z' && !r->spoke;
			return false;
		}
		if ((fd = connect_host(r, c)) < 0)
			continue;
		if (leads_to_ourselves(r, fd)) {
			close(fd);
			hosts_ourselves(&r->hosts, r->host, &r->why);
			r->count = 0;
			collect(r);
		} else if (greet(r, c, fd, &r->peer, r->host->name, &r->protection) ||
		    (c->clear_instead && greet_in_clear(r, c))) {
			tcpto_answered(&r->peer);
			return true;
		} else {
			if (c->mute)
				tcpto_failed(&r->peer);
			collect(r);
		}
	}
	return false;
}
