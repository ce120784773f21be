#include "remote/dnsask.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"

#define PORT_LOW 1024           /* of our random ports */
#define PORT_TRIES 8

static const int wait_ms[DNSASK_ROUNDS] = DNSASK_WAIT_MS;

_Static_assert(DNSSERVER_MAX <= 8 * sizeof(unsigned), "a bit for each server");

static const char *
type_text(unsigned type)
{
	switch (type) {
	case DNS_A:
		return "A";
	case DNS_AAAA:
		return "AAAA";
	case DNS_MX:
		return "MX";
	case DNS_TXT:
		return "TXT";
	case DNS_TLSA:
		return "TLSA";
	case DNS_CNAME:
		return "CNAME";
	case DNS_PTR:
		return "PTR";
	default:
		return "records";
	}
}

/* keep the reason; a later one replaces it */
static void
because(struct dnsask *q, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	vsnprintf(q->why, sizeof q->why, format, list);
	va_end(list);
}

static const char *
name_text(const struct dnsask *q, char space[DNSNAME_TEXT])
{
	if (!dnsname_text(&q->question.name, space))
		return "(a name of other bytes)";
	return *space ? space : ".";
}

/* the server's fault, and what it was asked for */
static void
blame(struct dnsask *q, const struct dnsserver *server, const char *what, const char *detail)
{
	char name[DNSNAME_TEXT];

	because(q, "DNS server %s %s%s (%s of %s)", server->text, what, detail, type_text(q->question.type),
	    name_text(q, name));
}

void
dnsask_set(struct dnsask *q, const struct dnsname *name, enum dns_type type)
{
	memset(q, 0, offsetof(struct dnsask, space));
	q->question.name = *name;
	q->question.type = (uint16_t)type;
	q->hops = DNS_HOPS;
	q->secure = true;                               /* until a step is not */
	q->fd = -1;
}

void
dnsask_free(struct dnsask *q)
{
	free(q->packet);
	q->packet = 0;
}

/* nothing of the try that was stays but its reason */
static void
hang_up(struct dnsask *q)
{
	if (q->fd != -1)
		close(q->fd);
	q->fd = -1;
	dnsask_free(q);
	q->state = DNSASK_NEW;
}

static void
finish(struct dnsask *q, enum dns_result r)
{
	hang_up(q);
	q->result = r;
	q->secure = q->secure && r != DNS_TEMP;
	q->state = DNSASK_DONE;
}

/* A port that nobody can guess, from the random numbers. Where none of them is free the kernel chooses. */
static void
bind_random(int fd, int family, const uint16_t port[PORT_TRIES])
{
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} a;
	size_t i;

	memset(&a, 0, sizeof a);
	a.any.sa_family = (sa_family_t)family;
	for (i = 0; i < PORT_TRIES; i++) {
		if (port[i] < PORT_LOW)
			continue;
		if (family == AF_INET)
			a.v4.sin_port = htons(port[i]);
		else
			a.v6.sin6_port = htons(port[i]);
		if (bind(fd, &a.any, family == AF_INET ? sizeof a.v4 : sizeof a.v6) == 0)
			return;
	}
}

/* a socket to the server, and a query with a new id; false: errno */
static bool
open_to(struct dnsask *q, const struct dnsserver *server, int kind)
{
	struct {
		uint16_t id, port[PORT_TRIES];
	} random;

	if (getentropy(&random, sizeof random) == -1)
		return false;
	q->question.id = random.id;
	q->question.ad = server->trusted;       /* also without EDNS: a lost packet does not make an answer insecure */
	q->len = dnspacket_ask(q->query + 2, &q->question);
	q->query[0] = (unsigned char)(q->len >> 8);
	q->query[1] = (unsigned char)q->len;
	q->done = 0;
	q->fd = socket(server->addr.any.sa_family, kind | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (q->fd == -1)
		return false;
	if (kind == SOCK_DGRAM)
		bind_random(q->fd, server->addr.any.sa_family, random.port);
	return connect(q->fd, &server->addr.any, server->len) == 0 || (kind == SOCK_STREAM && errno == EINPROGRESS);
}

static void
deadline_in(struct dnsask *q, int64_t now, int64_t ms)
{
	q->deadline_ms = now + ms < q->end_ms ? now + ms : q->end_ms;
}

/* this server has nothing more to say to this question */
static void
give_up_on(struct dnsask *q)
{
	hang_up(q);
	q->out |= 1u << q->server;
	q->tries++;
}

static void
failed_at(struct dnsask *q, const struct dnsserver *server, const char *what)
{
	blame(q, server, what, strerror(errno));
	give_up_on(q);
}

static void
start_tcp(struct dnsask_servers *s, struct dnsask *q, int64_t now)
{
	hang_up(q);
	if (!open_to(q, &s->list[q->server], SOCK_STREAM)) {
		failed_at(q, &s->list[q->server], "cannot be asked by TCP: ");
		return;
	}
	q->len += 2;
	q->state = DNSASK_TCP_WRITE;
	deadline_in(q, now, DNSASK_TCP_MS);
}

/* to the next server whose turn it is; no other left: the end */
static void
start_udp(struct dnsask_servers *s, struct dnsask *q, int64_t now)
{
	for (; q->tries < DNSASK_ROUNDS * s->n && now < q->end_ms; q->tries++) {
		q->server = (s->first + q->tries) % s->n;
		if (q->out & 1u << q->server)
			continue;
		q->question.edns = !q->plain && q->tries / s->n != DNSASK_PLAIN_ROUND;
		if (!open_to(q, &s->list[q->server], SOCK_DGRAM) ||
		    (send(q->fd, q->query + 2, q->len, 0) == -1 && errno != EAGAIN)) {
			failed_at(q, &s->list[q->server], "cannot be asked: ");
			return;
		}
		q->state = DNSASK_UDP;
		deadline_in(q, now, wait_ms[q->tries / s->n]);
		return;
	}
	if (!*q->why)
		because(q, "DNS: no answer in time");
	finish(q, DNS_TEMP);
}

/* the packet stays */
static void
keep(struct dnsask *q)
{
	unsigned char *packet = q->packet;

	q->packet = 0;
	finish(q, DNS_OK);
	q->packet = packet;
}

static void
none(struct dnsask *q, enum dns_result r)
{
	char name[DNSNAME_TEXT];

	q->question.name = q->answer.name;
	name_text(q, name);
	if (r == DNS_NXDOMAIN)
		because(q, "DNS: %s does not exist", name_text(q, name));
	else
		because(q, "DNS: %s has no %s record", name_text(q, name), type_text(q->question.type));
	finish(q, r);
}

/* from the first server on, with what is left of the time */
static void
ask_for_target(struct dnsask *q)
{
	q->question.name = q->answer.name;
	hang_up(q);
	q->tries = 0;
	q->out = 0;
}

static void
too_many_hops(struct dnsask *q)
{
	char name[DNSNAME_TEXT];

	because(q, "DNS: more than %d CNAMEs lead to %s and on", DNS_HOPS, name_text(q, name));
	finish(q, DNS_TEMP);
}

/* what a resolver may tell of an error besides (RFC 8914 4), as far as it helps whoever reads it; "" otherwise */
static const char *
ede_text(int ede)
{
	static const char *const known[] = { "", "", "", "", "", ", DNSSEC indeterminate", ", DNSSEC bogus",
		", DNSSEC signature expired", ", DNSSEC signature not yet valid", ", DNSKEY missing", ", RRSIGs missing",
		", DNSSEC zone key bit not set", ", NSEC missing", ", cached error", ", not ready", ", blocked", ", censored",
		", filtered", ", prohibited", "", "", "", ", no reachable authority", ", network error", ", invalid data" };

	return ede >= 0 && (size_t)ede < sizeof known / sizeof *known ? known[ede] : "";
}

static void
refused(struct dnsask *q, const struct dnsserver *server)
{
	static const char *const known[] = { "NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED" };
	const char *name = q->answer.rcode < sizeof known / sizeof *known ? known[q->answer.rcode] : 0;
	char text[64];

	if (name)
		snprintf(text, sizeof text, "%s%s", name, ede_text(q->answer.ede));
	else
		snprintf(text, sizeof text, "error %u%s", q->answer.rcode, ede_text(q->answer.ede));
	blame(q, server, "said ", text);
	give_up_on(q);
}

/* the server did not answer the question, but may when asked otherwise: by TCP, without EDNS */
static void
ask_otherwise(struct dnsask_servers *s, struct dnsask *q, enum dnspacket_result r, int64_t now)
{
	const struct dnsserver *server = &s->list[q->server];

	if (r == DNSPACKET_CUT && q->state == DNSASK_UDP) {
		start_tcp(s, q, now);
	} else if (r == DNSPACKET_CUT) {
		blame(q, server, "cut its answer even by TCP", "");
		give_up_on(q);
	} else if (q->question.edns) {
		q->plain = true;
		hang_up(q);
	} else {
		refused(q, server);
	}
}

/* What a packet means for the question. false: it is none of ours. */
static bool
judge(struct dnsask_servers *s, struct dnsask *q, const unsigned char *packet, size_t n, int64_t now)
{
	const struct dnsserver *server = &s->list[q->server];
	enum dnspacket_result r = dnspacket_read(packet, n, &q->question, &q->hops, &q->answer);

	if (r == DNSPACKET_OK || r == DNSPACKET_NODATA || r == DNSPACKET_NXDOMAIN)
		s->first = q->server;
	if (r == DNSPACKET_OK || r == DNSPACKET_NODATA || r == DNSPACKET_NXDOMAIN || r == DNSPACKET_FOLLOW)
		q->secure = q->secure && q->answer.authentic && server->trusted;
	switch (r) {
	case DNSPACKET_OK:
		keep(q);
		break;
	case DNSPACKET_NODATA:
		none(q, DNS_NODATA);
		break;
	case DNSPACKET_NXDOMAIN:
		none(q, DNS_NXDOMAIN);
		break;
	case DNSPACKET_FOLLOW:
		ask_for_target(q);
		break;
	case DNSPACKET_HOPS:
		too_many_hops(q);
		break;
	case DNSPACKET_OTHER:
		return false;
	case DNSPACKET_CUT:
	case DNSPACKET_OLD:
		ask_otherwise(s, q, r, now);
		break;
	case DNSPACKET_ERROR:
		refused(q, server);
		break;
	case DNSPACKET_LAME:
		blame(q, server, "is no resolver: it does not recurse", "");
		give_up_on(q);
		break;
	case DNSPACKET_BROKEN:
	default:
		blame(q, server, "sent a malformed answer", "");
		give_up_on(q);
		break;
	}
	return true;
}

static bool
only_wait(void)
{
	return errno == EAGAIN || errno == EINTR;
}

static void
read_udp(struct dnsask_servers *s, struct dnsask *q, int64_t now)
{
	ssize_t n = recv(q->fd, q->space, sizeof q->space, 0);

	if (n == -1) {
		if (!only_wait())
			failed_at(q, &s->list[q->server], "cannot be asked: ");
		return;
	}
	if ((size_t)n == sizeof q->space)
		q->space[2] |= DNSPACKET_TC;
	judge(s, q, q->space, (size_t)n, now);          /* a stranger's packet: wait on */
}

static void
write_tcp(struct dnsask_servers *s, struct dnsask *q)
{
	ssize_t n = send(q->fd, q->query + q->done, q->len - q->done, MSG_NOSIGNAL);

	if (n == -1) {
		if (!only_wait())
			failed_at(q, &s->list[q->server], "cannot be asked by TCP: ");
		return;
	}
	q->done += (size_t)n;
	if (q->done < q->len)
		return;
	q->state = DNSASK_TCP_READ;
	q->done = 0;
	q->len = sizeof q->prefix;
}

/* the prefix, then the packet of that length */
static void
read_tcp(struct dnsask_servers *s, struct dnsask *q, int64_t now)
{
	unsigned char *to = q->packet ? q->packet : q->prefix;
	ssize_t n = recv(q->fd, to + q->done, q->len - q->done, 0);

	if (n == -1 && only_wait())
		return;
	if (n == -1) {
		failed_at(q, &s->list[q->server], "failed by TCP: ");
		return;
	}
	q->done += (size_t)n;
	if (n > 0 && q->done < q->len)
		return;
	if (n > 0 && !q->packet) {
		q->done = 0;
		q->len = (size_t)q->prefix[0] << 8 | q->prefix[1];
		if (q->len > 0 && (q->packet = malloc(q->len)))
			return;
	}
	if (n == 0 || !q->packet || !judge(s, q, q->packet, q->len, now)) {
		blame(q, &s->list[q->server], "sent no whole answer by TCP", "");
		give_up_on(q);
	}
}

static void
expire(struct dnsask_servers *s, struct dnsask *q)
{
	if (q->state == DNSASK_UDP) {
		blame(q, &s->list[q->server], "did not answer", "");
		hang_up(q);
		q->tries++;
	} else {
		blame(q, &s->list[q->server], "did not answer by TCP in time", "");
		give_up_on(q);
	}
}

static void
progress(struct dnsask_servers *s, struct dnsask *q, int64_t now)
{
	if (q->state == DNSASK_UDP)
		read_udp(s, q, now);
	else if (q->state == DNSASK_TCP_WRITE)
		write_tcp(s, q);
	else if (q->state == DNSASK_TCP_READ)
		read_tcp(s, q, now);
}

/* on its way to a server, unless it is done; false: done */
static bool
under_way(struct dnsask_servers *s, struct dnsask *q, int64_t now)
{
	if (q->state == DNSASK_DONE)
		return false;
	if (q->state != DNSASK_NEW && now >= q->deadline_ms)
		expire(s, q);
	while (q->state == DNSASK_NEW)
		start_udp(s, q, now);
	return q->state != DNSASK_DONE;
}

static void
give_all_up(struct dnsask *q, size_t n, int error)
{
	for (; n > 0; q++, n--) {
		if (q->state == DNSASK_DONE)
			continue;
		because(q, "unable to wait for DNS: %s", strerror(error));
		finish(q, DNS_TEMP);
	}
}

static bool
any_ok(const struct dnsask *q, size_t n)
{
	for (; n > 0; q++, n--)
		if (q->state == DNSASK_DONE && q->result == DNS_OK)
			return true;
	return false;
}

/* none of them goes on after that */
static void
end_by(struct dnsask *q, size_t n, int64_t end_ms)
{
	for (; n > 0; q++, n--) {
		if (q->end_ms == 0 || q->end_ms > end_ms)
			q->end_ms = end_ms;
		if (q->deadline_ms > end_ms)
			q->deadline_ms = end_ms;
	}
}

void
dnsask_run(struct dnsask_servers *s, struct dnsask *q, size_t n)
{
	struct pollfd wait[DNSASK_FLIGHT];
	struct dnsask *who[DNSASK_FLIGHT];
	bool patient = true;
	int64_t now, next;
	size_t i, k;

	end_by(q, n, clock_mono_ms() + s->limit_ms);
	for (;;) {
		now = clock_mono_ms();
		next = INT64_MAX;
		for (i = k = 0; i < n && k < DNSASK_FLIGHT; i++) {
			if (!under_way(s, &q[i], now))
				continue;
			wait[k] = (struct pollfd){ .fd = q[i].fd };
			wait[k].events = q[i].state == DNSASK_TCP_WRITE ? POLLOUT : POLLIN;
			who[k++] = &q[i];
			if (q[i].deadline_ms < next)
				next = q[i].deadline_ms;
		}
		if (k == 0)
			return;
		if (poll(wait, (nfds_t)k, (int)(next - now)) == -1) {
			if (errno == EINTR)
				continue;
			give_all_up(q, n, errno);
			return;
		}
		now = clock_mono_ms();
		for (i = 0; i < k; i++)
			if (wait[i].revents)
				progress(s, who[i], now);
		if (patient && any_ok(q, n)) {
			end_by(q, n, now + DNS_PATIENCE_S * 1000);
			patient = false;
		}
	}
}
