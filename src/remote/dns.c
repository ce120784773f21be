#include "remote/dns.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "remote/dnsask.h"
#include "lib/buf.h"
#include "lib/file.h"
#include "lib/ip.h"

#define RESOLV_CONF "/etc/resolv.conf"
#define RESOLV_MAX 65536

/* the machine's resolvers, and the last failure: one process, one of each */
static struct dnsask_servers servers = { .limit_ms = DNS_TOTAL_S * 1000 };
static char why[DNS_WHY] = "nothing was asked";
static bool secure;             /* the last look-up's answer */

bool
dns_init(const char **reason)
{
	struct buf text = BUF(RESOLV_MAX);
	const char *list = getenv("DNSCACHEIP");
	size_t n;

	if (list && !dnsserver_list(list, servers.list, &servers.n)) {
		servers.n = 0;
		*reason = "DNSCACHEIP is not a list of up to 8 addresses";
		return false;
	}
	if (servers.n > 0)
		return true;
	if (!file_read(AT_FDCWD, RESOLV_CONF, &text) && errno != ENOENT) {
		snprintf(why, sizeof why, "unable to read " RESOLV_CONF ": %s", strerror(errno));
		buf_free(&text);
		*reason = why;
		return false;
	}
	n = text.s ? dnsserver_resolv(text.s, text.len, servers.list) : 0;
	if (n == 0)
		(void)dnsserver_list("127.0.0.1", servers.list, &n);
	servers.n = n;
	buf_free(&text);
	return true;
}

void
dns_limit(unsigned total_s)
{
	servers.limit_ms = (int64_t)(total_s > 0 ? total_s : 1) * 1000;
}

const char *
dns_why(void)
{
	return why;
}

bool
dns_was_secure(void)
{
	return secure;
}

static void
because(const char *reason)
{
	if (reason != why)
		snprintf(why, sizeof why, "%s", reason);
}

static enum dns_result
never(const char *reason)
{
	because(reason);
	return DNS_NXDOMAIN;
}

/* ready to ask for the name; DNS_OK, or what to answer at once */
static enum dns_result
ready(struct dnsname *name, const char *text)
{
	const char *reason;

	secure = false;
	switch (dnsname_get(name, text)) {
	case DNSNAME_EMPTY:
		return never("DNS: a name with an empty label does not exist");
	case DNSNAME_LONG:
		return never("DNS: a name that long does not exist");
	case DNSNAME_BYTE:
		return never("DNS: a host's name consists of letters, digits and hyphens (others need their A-label, xn--...)");
	case DNSNAME_OK:
		break;
	}
	if (servers.n == 0 && !dns_init(&reason)) {
		because(reason);
		return DNS_TEMP;
	}
	return DNS_OK;
}

/* one question to its end; after DNS_OK dnsask_free is owed */
static enum dns_result
ask_one(struct dnsask *q, const struct dnsname *name, enum dns_type type)
{
	dnsask_set(q, name, type);
	dnsask_run(&servers, q, 1);
	secure = q->secure;
	if (q->result != DNS_OK)
		because(q->why);
	return q->result;
}

/* "localhost" or under it (RFC 6761 6.3) */
static bool
is_localhost(const struct dnsname *name)
{
	static const unsigned char tail[] = "\11localhost";     /* with the root's 0 */

	return name->len >= sizeof tail && memcmp(name->s + name->len - sizeof tail, tail, sizeof tail) == 0;
}

/* a place in the full list for a record of this preference, or 0: all there are better */
static struct dns_mx *
worst(struct dns_mx *list, size_t n, uint16_t preference)
{
	struct dns_mx *m = 0;

	for (; n > 0; list++, n--)
		if (list->preference > preference && (!m || list->preference > m->preference))
			m = list;
	return m;
}

static void
take_mx(struct dnspacket_answer *a, struct dns_mx *list, size_t max, size_t *n)
{
	const unsigned char *rdata;
	uint16_t preference;
	struct dnsname host;
	struct dns_mx *m;
	char text[DNSNAME_TEXT];
	size_t len;

	while (dnspacket_next(a, &rdata, &len)) {
		dnspacket_mx(a, rdata, &preference, &host);
		if (!dnsname_text(&host, text))
			continue;
		m = *n < max ? &list[(*n)++] : worst(list, max, preference);
		if (!m)
			continue;
		m->preference = preference;
		memcpy(m->name, text, sizeof text);
	}
}

enum dns_result
dns_get_mx(const char *domain, struct dns_mx *list, size_t max, size_t *n)
{
	struct dnsname name;
	struct dnsask q;
	enum dns_result r;

	*n = 0;
	if ((r = ready(&name, domain)) != DNS_OK)
		return r;
	if (is_localhost(&name)) {
		because("DNS: localhost has no MX record");
		return DNS_NODATA;
	}
	if ((r = ask_one(&q, &name, DNS_MX)) != DNS_OK)
		return r;
	take_mx(&q.answer, list, max, n);
	dnsask_free(&q);
	if (*n > 0)
		return DNS_OK;
	because("DNS: there are MX records, but none of them names a host");
	secure = false;
	return DNS_TEMP;
}

/* one record and its 0; false: errno */
static bool
take_txt(struct buf *texts, const unsigned char *rdata, size_t len, size_t *n)
{
	size_t made;

	if (!buf_room(texts, len))
		return false;
	made = dnspacket_txt(rdata, len, texts->s + texts->len);
	if (memchr(texts->s + texts->len, 0, made)) {
		texts->s[texts->len] = 0;
		return true;
	}
	texts->len += made;
	++*n;
	return buf_byte(texts, 0);
}

enum dns_result
dns_get_txt(const char *text, struct buf *texts, size_t *n)
{
	const unsigned char *rdata;
	size_t len, had = texts->len;
	struct dnsname name;
	struct dnsask q;
	enum dns_result r;
	bool ok = true;

	*n = 0;
	if ((r = ready(&name, text)) != DNS_OK)
		return r;
	if ((r = ask_one(&q, &name, DNS_TXT)) != DNS_OK)
		return r;
	while (ok && dnspacket_next(&q.answer, &rdata, &len))
		ok = take_txt(texts, rdata, len, n);
	if (!ok) {
		because(strerror(errno));
		buf_cut(texts, had);
		*n = 0;
		secure = false;
	}
	dnsask_free(&q);
	if (ok && *n == 0)
		because("DNS: there are TXT records, but none of them is text");
	return !ok ? DNS_TEMP : *n ? DNS_OK : DNS_NODATA;
}

static void
take_tlsa(struct dns_tlsa *t, const unsigned char *rdata, size_t len)
{
	t->usage = rdata[0];
	t->selector = rdata[1];
	t->matching = rdata[2];
	len -= 3;
	t->len = len <= sizeof t->data ? (uint16_t)len : 0;
	memcpy(t->data, rdata + 3, t->len);
}

enum dns_result
dns_get_tlsa(uint16_t port, const char *host, struct dns_tlsa *list, size_t max, size_t *n)
{
	char text[DNSNAME_TEXT + 32];
	const unsigned char *rdata;
	struct dnsname name;
	struct dnsask q;
	enum dns_result r;
	size_t len;

	*n = 0;
	if ((r = ready(&name, host)) != DNS_OK)         /* the host itself, so that "." is none */
		return r;
	snprintf(text, sizeof text, "_%u._tcp.%s", port, host);
	if ((r = ready(&name, text)) != DNS_OK)
		return r;
	if ((r = ask_one(&q, &name, DNS_TLSA)) != DNS_OK)
		return r;
	while (*n < max && dnspacket_next(&q.answer, &rdata, &len))
		take_tlsa(&list[(*n)++], rdata, len);
	dnsask_free(&q);
	return DNS_OK;
}

enum dns_result
dns_get_cname(const char *text, char target[256])
{
	const unsigned char *rdata;
	struct dnsname name;
	struct dnsask q;
	enum dns_result r;
	size_t len;

	*target = 0;
	if ((r = ready(&name, text)) != DNS_OK || (r = ask_one(&q, &name, DNS_CNAME)) != DNS_OK)
		return r;
	if (dnspacket_next(&q.answer, &rdata, &len)) {
		dnspacket_cname(&q.answer, rdata, &name);
		if (!dnsname_text(&name, target))
			*target = 0;
	}
	dnsask_free(&q);
	return DNS_OK;
}

/* the name that has the PTR records of an address (RFC 1035 3.5, RFC 3596 2.5) */
static void
reverse(char out[80], const unsigned char ip[16])
{
	int i, at = 0;

	if (ip_is_v4(ip)) {
		snprintf(out, 80, "%u.%u.%u.%u.in-addr.arpa", ip[15], ip[14], ip[13], ip[12]);
		return;
	}
	for (i = 15; i >= 0; i--)
		at += snprintf(out + at, (size_t)(80 - at), "%x.%x.", ip[i] & 15u, ip[i] >> 4u);
	snprintf(out + at, (size_t)(80 - at), "ip6.arpa");
}

enum dns_result
dns_get_ptr(const unsigned char ip[16], struct buf *names, size_t *n)
{
	char text[80], target[DNSNAME_TEXT];
	const unsigned char *rdata;
	struct dnsname name;
	struct dnsask q;
	enum dns_result r;
	size_t len, had = names->len;
	bool ok = true;

	*n = 0;
	reverse(text, ip);
	if ((r = ready(&name, text)) != DNS_OK || (r = ask_one(&q, &name, DNS_PTR)) != DNS_OK)
		return r;
	while (ok && dnspacket_next(&q.answer, &rdata, &len)) {
		dnspacket_cname(&q.answer, rdata, &name);
		if (dnsname_text(&name, target) && *target) {
			ok = buf_put(names, target, strlen(target) + 1);
			*n += ok;
		}
	}
	if (!ok) {
		because(strerror(errno));
		buf_cut(names, had);
		*n = 0;
		secure = false;
	}
	dnsask_free(&q);
	if (ok && *n == 0)
		because("DNS: there are PTR records, but none of them is a name");
	return !ok ? DNS_TEMP : *n ? DNS_OK : DNS_NODATA;
}

enum { V6, V4, FAMILIES };      /* the questions for a host */

static void
add(struct dns_host *h, int family, const unsigned char *ip, size_t len)
{
	struct dns_addr a = { .family = family };
	size_t i;

	memcpy(a.ip, ip, len);
	for (i = 0; i < h->n; i++)
		if (h->list[i].family == a.family && memcmp(h->list[i].ip, a.ip, sizeof a.ip) == 0)
			return;
	if (h->n < h->max)
		h->list[h->n++] = a;
}

static bool
wanted(const struct dns_host *h, int family)
{
	return h->family == 0 || h->family == family;
}

static enum dns_result
host_why(struct dns_host *h, enum dns_result r, const char *reason)
{
	snprintf(h->why, sizeof h->why, "%s", reason);
	return r;
}

/* the name exists and has no address, or none of the family that is wanted */
static enum dns_result
no_address(struct dns_host *h)
{
	snprintf(h->why, sizeof h->why, "DNS: %s has no %saddress", h->name,    /* the name is one that dnsname_get has passed */
	    h->family == 0 ? "" : h->family == AF_INET ? "IPv4 " : "IPv6 ");
	return DNS_NODATA;
}

static bool
take_literal(struct dns_host *h, const char *text)
{
	unsigned char ip[16];
	int family = inet_pton(AF_INET, text, ip) == 1 ? AF_INET : inet_pton(AF_INET6, text, ip) == 1 ? AF_INET6 : 0;

	if (family && wanted(h, family))
		add(h, family, ip, family == AF_INET ? 4 : 16);
	return family != 0;
}

static void
ask_for(struct dnsask *q, const struct dnsname *name, enum dns_type type, bool wish)
{
	dnsask_set(q, name, type);
	if (wish)
		return;
	q->state = DNSASK_DONE;                 /* without being asked */
	q->result = DNS_NODATA;
}

/* A host that is an address, this machine, or no name at all has its answer at once. True: it has to be asked for. */
static bool
begin(struct dns_host *h, struct dnsask q[FAMILIES])
{
	struct dnsname name;

	h->n = 0;
	h->secure = false;
	*h->canonical = *h->why = 0;
	if (!take_literal(h, h->name)) {
		if ((h->result = ready(&name, h->name)) != DNS_OK) {
			host_why(h, h->result, why);
			return false;
		}
		if (!is_localhost(&name)) {
			ask_for(&q[V6], &name, DNS_AAAA, wanted(h, AF_INET6));
			ask_for(&q[V4], &name, DNS_A, wanted(h, AF_INET));
			return true;
		}
		take_literal(h, "::1");
		take_literal(h, "127.0.0.1");
	}
	h->result = h->n > 0 ? DNS_OK : no_address(h);
	return false;
}

static void
take_next(struct dns_host *h, struct dnsask *q)
{
	const unsigned char *ip;
	size_t len;

	if (q->result != DNS_OK)
		return;
	if (dnspacket_next(&q->answer, &ip, &len))
		add(h, q->question.type == DNS_A ? AF_INET : AF_INET6, ip, len);
	else
		q->result = DNS_NODATA;
}

/* the addresses of both questions in turn */
static enum dns_result
take_both(struct dns_host *h, struct dnsask q[FAMILIES])
{
	h->secure = (q[V6].result != DNS_OK || q[V6].secure) && (q[V4].result != DNS_OK || q[V4].secure);
	if (!dnsname_text(&q[q[V6].result != DNS_OK].answer.name, h->canonical))
		*h->canonical = 0;
	while (h->n < h->max && (q[V6].result == DNS_OK || q[V4].result == DNS_OK)) {
		take_next(h, &q[V6]);
		take_next(h, &q[V4]);
	}
	return DNS_OK;
}

/* no question has an address: for now, or for good? */
static enum dns_result
neither(struct dns_host *h, const struct dnsask q[FAMILIES])
{
	const struct dnsask *a = &q[wanted(h, AF_INET6) ? V6 : V4], *b = &q[wanted(h, AF_INET) ? V4 : V6];

	if (a->result == DNS_TEMP || b->result == DNS_TEMP)
		return host_why(h, DNS_TEMP, (a->result == DNS_TEMP ? a : b)->why);
	h->secure = a->secure && b->secure;
	if (a->result == DNS_NXDOMAIN && b->result == DNS_NXDOMAIN)
		return host_why(h, DNS_NXDOMAIN, a->why);
	return no_address(h);
}

static void
end(struct dns_host *h, struct dnsask q[FAMILIES])
{
	bool any = q[V6].result == DNS_OK || q[V4].result == DNS_OK;

	h->result = any ? take_both(h, q) : neither(h, q);
	dnsask_free(&q[V6]);
	dnsask_free(&q[V4]);
}

/* q has room for all questions; what begin leaves to be asked has no result yet but DNS_OK, with no address */
static void
ask_hosts(struct dns_host *h, size_t n, struct dnsask *q)
{
	size_t i, k = 0;

	for (i = 0; i < n; i++) {
		h[i].result = DNS_OK;
		if (begin(&h[i], q + k))
			k += FAMILIES;
	}
	dnsask_run(&servers, q, k);
	for (i = k = 0; i < n; i++) {
		if (h[i].result == DNS_OK && h[i].n == 0) {
			end(&h[i], q + k);
			k += FAMILIES;
		}
		if (h[i].result != DNS_OK)
			because(h[i].why);
	}
	secure = false;
}

void
dns_get_addrs_of(struct dns_host *h, size_t n)
{
	size_t size = n * FAMILIES * sizeof(struct dnsask), i;
	struct dnsask *q;

	if (n == 0)
		return;
	q = mmap(0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (q != MAP_FAILED) {
		ask_hosts(h, n, q);
		munmap(q, size);
		return;
	}
	because(strerror(errno));
	for (i = 0; i < n; i++) {
		h[i].n = 0;
		h[i].secure = false;
		*h[i].canonical = 0;
		h[i].result = host_why(&h[i], DNS_TEMP, why);
	}
}

enum dns_result
dns_get_addrs(const char *host, struct dns_addr *list, size_t max, size_t *n)
{
	struct dns_host h = { .name = host, .list = list, .max = max };
	struct dnsask q[FAMILIES];

	ask_hosts(&h, 1, q);
	secure = h.secure;
	*n = h.n;
	return h.result;
}
