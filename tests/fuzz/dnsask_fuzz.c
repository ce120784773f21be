/* dnsask_fuzz - look-ups with many questions on the wire, against servers that do as the input says
 *   input   a byte: what is asked for (3 bits), servers that are not trusted (1 bit), one family only (2 bits). Then what
 *           happens, a byte whenever something can: which sockets are ready (255: none, and time passes), what one of them
 *           has to say (see say()). At its end there is silence.
 * The sockets, the clock and the random numbers of dnsask.c are ours, by name.
 * sources: src/remote/dns.c src/remote/dnspacket.c src/remote/dnsserver.c src/lib/num.c src/lib/buf.c src/lib/file.c src/lib/ip.c src/lib/clock.c src/compat/linux/system.c
 */
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "remote/dns.h"
#include "lib/clock.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#define must(x) ((x) ? (void)0 : abort())
#define FIRST_FD 1000
#define SOCKETS 64

static struct wire {
	bool open, tcp, refused;
	unsigned char query[600];
	size_t len;                     /* of the query */
	unsigned char out[70000];       /* to be had by recv */
	size_t have, given;
} wires[SOCKETS];
static const uint8_t *in;
static size_t left;
static int64_t clock_ms;
static uint16_t dice;

static uint8_t
next(void)
{
	if (left == 0)
		return 255;
	left--;
	return *in++;
}

static struct wire *
wire(int fd)
{
	must(fd >= FIRST_FD && fd < FIRST_FD + SOCKETS && wires[fd - FIRST_FD].open);
	return &wires[fd - FIRST_FD];
}

static int64_t
our_clock(void)
{
	return clock_ms;
}

static int
our_getentropy(void *s, size_t n)
{
	uint16_t *to = s;

	for (; n >= 2; n -= 2)
		*to++ = dice = (uint16_t)(dice * 25173u + 13849u);
	return 0;
}

static int
our_socket(int family, int kind, int protocol)
{
	int i;

	must((family == AF_INET || family == AF_INET6) && (kind & SOCK_CLOEXEC) && (kind & SOCK_NONBLOCK) && protocol == 0);
	for (i = 0; i < SOCKETS && wires[i].open; i++)
		;
	must(i < SOCKETS);
	wires[i].open = true;
	wires[i].tcp = (kind & ~(SOCK_CLOEXEC | SOCK_NONBLOCK)) == SOCK_STREAM;
	wires[i].refused = false;
	wires[i].len = wires[i].have = wires[i].given = 0;
	return FIRST_FD + i;
}

static int
our_bind(int fd, const struct sockaddr *a, socklen_t n)
{
	must(!wire(fd)->tcp && a && n);
	return dice % 5 ? 0 : -1;
}

static int
our_connect(int fd, const struct sockaddr *a, socklen_t n)
{
	must(a && n);
	errno = wire(fd)->tcp ? EINPROGRESS : ENETUNREACH;
	return wire(fd)->tcp || dice % 61 == 0 ? -1 : 0;
}

static int
our_close(int fd)
{
	wire(fd)->open = false;
	return 0;
}

static ssize_t
our_send(int fd, const void *s, size_t n, int flags)
{
	struct wire *w = wire(fd);
	size_t some = n;

	must(n > 0 && w->len + n <= sizeof w->query && (flags & MSG_NOSIGNAL || !w->tcp));
	if (w->tcp) {
		some = next();
		errno = some == 0 ? EAGAIN : EPIPE;
		if (some == 0 || some == 1)
			return -1;
		some = some < n ? some : n;
	}
	memcpy(w->query + w->len, s, some);
	w->len += some;
	return (ssize_t)some;
}

static int
our_poll(struct pollfd *p, nfds_t n, int timeout)
{
	uint8_t which = next();
	nfds_t i;
	int count = 0;

	must(timeout >= 0 && n > 0);
	for (i = 0; i < n; i++) {
		wire(p[i].fd);
		p[i].revents = which != 255 && which >> i % 8 & 1 ? p[i].events : 0;
		count += p[i].revents != 0;
	}
	clock_ms += count ? 1 : timeout ? timeout : 1;
	return count;
}

/* a packet of the input's bytes, with the id and question of the wire from */
static size_t
compose(unsigned char *s, const struct wire *from, size_t body)
{
	const unsigned char *query = from->query + (from->tcp ? 2 : 0);
	size_t n, at = 12;

	while (at < from->len && query[at])
		at += 1u + query[at];
	n = at + 5;
	if (from->len < n + (from->tcp ? 2 : 0))
		return 0;
	memcpy(s, query, n);
	s[2] = next() | 0x80;
	s[3] = next();
	s[6] = s[8] = s[10] = 0;
	s[7] = next() & 15;
	s[9] = next() & 3;
	s[11] = next() & 3;
	for (; body > 0 && left > 0; body--)
		s[n++] = next();
	return n;
}

/* what comes next from this wire */
static void
say(struct wire *w)
{
	uint8_t op = next();
	unsigned char *s = w->out + (w->tcp ? 2 : 0);
	size_t n = 0;

	w->have = w->given = 0;
	if (op < 128)                           /* an answer to its question */
		n = compose(s, w, 2u * op);
	else if (op < 192)                      /* one to another's */
		n = wires[op % SOCKETS].open ? compose(s, &wires[op % SOCKETS], next()) : 0;
	else if (op < 240)                      /* anything */
		for (; n < op - 192u && left > 0; n++)
			s[n] = next();
	else if (op < 248)                      /* too much */
		memset(s, op, n = 1300);
	else
		w->refused = op & 1;
	if (w->tcp && n > 0) {
		w->out[0] = (unsigned char)(n >> 8);
		w->out[1] = (unsigned char)n;
		n += 2;
	}
	w->have = n;
}

static ssize_t
our_recv(int fd, void *s, size_t n, int flags)
{
	struct wire *w = wire(fd);
	size_t some;

	must(n > 0 && flags == 0);
	if (w->have == w->given)
		say(w);
	some = w->have - w->given;
	if (some == 0 && w->tcp && !w->refused)
		return 0;                       /* it has hung up */
	if (some == 0) {
		errno = w->refused ? ECONNREFUSED : EAGAIN;
		return -1;
	}
	some = some < n ? some : n;
	if (w->tcp && some > 1)
		some = 1 + next() % some;
	memcpy(s, w->out + w->given, some);
	w->given = w->tcp ? w->given + some : w->have;
	return (ssize_t)some;
}

#define clock_mono_ms our_clock
#define getentropy our_getentropy
#define socket our_socket
#define bind our_bind
#define connect our_connect
#define close our_close
#define send our_send
#define poll our_poll
#define recv our_recv
#include "../../src/remote/dnsask.c"

static void
check_why(const char *s)
{
	must(*s && strlen(s) < DNS_WHY);
	for (; *s; s++)
		must(*s >= ' ' && *s <= '~');
}

static void
check_host(const struct dns_host *h, bool trusted)
{
	size_t i;

	must(h->n <= h->max && (h->n > 0) == (h->result == DNS_OK));
	must(!h->secure || (trusted && h->result != DNS_TEMP));
	must(strlen(h->canonical) < 254);
	if (h->result != DNS_OK)
		check_why(h->why);
	for (i = 0; i < h->n; i++)
		must(h->list[i].family == h->family || (h->family == 0 && (h->list[i].family == AF_INET || h->list[i].family == AF_INET6)));
}

/* up to 20 hosts */
static void
hosts(uint8_t how, bool trusted)
{
	static const int families[] = { 0, AF_INET, AF_INET6, 0 };
	static const char *const names[] = { "a.example", "b.example", "A.Example.", "192.0.2.1", "c.b.example", "..", "localhost" };
	static const uint8_t counts[] = { 1, 2, 5, 20 };
	struct dns_addr list[20][4];
	struct dns_host h[20];
	size_t n = counts[how & 3], i;

	for (i = 0; i < n; i++)
		h[i] = (struct dns_host){ .name = names[i % 7], .family = families[how >> 4 & 3], .list = list[i], .max = 1 + i % 4 };
	dns_get_addrs_of(h, n);
	for (i = 0; i < n; i++)
		check_host(&h[i], trusted);
}

static void
one(uint8_t how, bool trusted)
{
	static struct dns_tlsa tlsa[3];
	struct buf texts = BUF(DNS_TXT_MAX);
	enum dns_result r;
	struct dns_mx mx[3];
	char target[256];
	size_t n = 1, i;

	switch (how & 3) {
	case 0:
		r = dns_get_mx("a.example", mx, 3, &n);
		break;
	case 1:
		r = dns_get_tlsa(25, "a.example", tlsa, 3, &n);
		for (i = 0; i < n; i++)
			must(tlsa[i].len <= DNS_TLSA_DATA);
		break;
	case 2:
		r = dns_get_txt("a.example", &texts, &n);
		buf_free(&texts);
		break;
	default:
		r = dns_get_cname("a.example", target);
		must(strlen(target) < 254 && (r == DNS_OK || !*target));
		n = r == DNS_OK;
	}
	must((n > 0) == (r == DNS_OK));
	must(!dns_was_secure() || (trusted && r != DNS_TEMP));
	if (r != DNS_OK)
		check_why(dns_why());
}

int
LLVMFuzzerTestOneInput(const uint8_t *s, size_t n)
{
	const char *why;
	uint8_t how;
	size_t i;

	if (n == 0)
		return 0;
	in = s + 1;
	left = n - 1;
	how = *s;
	clock_ms = 1;
	dice = 1;
	must(setenv("DNSCACHEIP", how & 8 ? "192.0.2.53 2001:db8::53" : "127.0.0.1 192.0.2.53 trust-ad ::1", 1) == 0 && dns_init(&why));
	if (how & 4)
		one(how, !(how & 8));
	else
		hosts(how, !(how & 8));
	must(clock_ms <= DNS_TOTAL_S * 1000 + 1);
	for (i = 0; i < SOCKETS; i++)
		must(!wires[i].open);
	return 0;
}
