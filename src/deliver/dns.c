#include "deliver/dns.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "deliver/dnsask.h"
#include "lib/buf.h"
#include "lib/file.h"

#define RESOLV_CONF "/etc/resolv.conf"
#define RESOLV_MAX 65536

/* the machine's resolvers, and the last failure: one process, one of each */
static struct dnsask_servers servers = { .limit_ms = DNS_TOTAL_S * 1000 };
static char why[DNSASK_WHY] = "nothing was asked";

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
		dnsserver_list("127.0.0.1", servers.list, &n);
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

static void
because(const char *reason)
{
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
	dnsask_set(&q, &name, DNS_MX);
	dnsask_run(&servers, &q, 1);
	if (q.result != DNS_OK) {
		because(q.why);
		return q.result;
	}
	take_mx(&q.answer, list, max, n);
	dnsask_free(&q);
	if (*n > 0)
		return DNS_OK;
	because("DNS: there are MX records, but none of them names a host");
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
	dnsask_set(&q, &name, DNS_TXT);
	dnsask_run(&servers, &q, 1);
	if (q.result != DNS_OK) {
		because(q.why);
		return q.result;
	}
	while (ok && dnspacket_next(&q.answer, &rdata, &len))
		ok = take_txt(texts, rdata, len, n);
	if (!ok) {
		because(strerror(errno));
		buf_cut(texts, had);
		*n = 0;
	}
	dnsask_free(&q);
	if (ok && *n == 0)
		because("DNS: there are TXT records, but none of them is text");
	return !ok ? DNS_TEMP : *n ? DNS_OK : DNS_NODATA;
}

static void
add(struct dns_addr *list, size_t max, size_t *n, int family, const unsigned char *ip, size_t len)
{
	struct dns_addr a = { .family = family };
	size_t i;

	memcpy(a.ip, ip, len);
	for (i = 0; i < *n; i++)
		if (list[i].family == a.family && memcmp(list[i].ip, a.ip, sizeof a.ip) == 0)
			return;
	if (*n < max)
		list[(*n)++] = a;
}

/* a host that is an address, or this machine */
static bool
take_literal(const char *host, struct dns_addr *list, size_t max, size_t *n)
{
	unsigned char ip[16];

	if (inet_pton(AF_INET, host, ip) == 1)
		add(list, max, n, AF_INET, ip, 4);
	else if (inet_pton(AF_INET6, host, ip) == 1)
		add(list, max, n, AF_INET6, ip, 16);
	return *n > 0;
}

static void
take_localhost(struct dns_addr *list, size_t max, size_t *n)
{
	take_literal("::1", list, max, n);
	take_literal("127.0.0.1", list, max, n);
}

static void
take_next(struct dnsask *q, struct dns_addr *list, size_t max, size_t *n)
{
	const unsigned char *ip;
	size_t len;

	if (q->result != DNS_OK)
		return;
	if (dnspacket_next(&q->answer, &ip, &len))
		add(list, max, n, q->question.type == DNS_A ? AF_INET : AF_INET6, ip, len);
	else
		q->result = DNS_NODATA;
}

/* neither has an address: for now, or for good? */
static enum dns_result
neither(const struct dnsask q[2], const char *host)
{
	if (q[0].result == DNS_TEMP || q[1].result == DNS_TEMP) {
		because(q[q[0].result != DNS_TEMP].why);
		return DNS_TEMP;
	}
	if (q[0].result == DNS_NXDOMAIN && q[1].result == DNS_NXDOMAIN) {
		because(q[0].why);
		return DNS_NXDOMAIN;
	}
	snprintf(why, sizeof why, "DNS: %s has no address", host);      /* one that dnsname_get has passed */
	return DNS_NODATA;
}

enum dns_result
dns_get_addrs(const char *host, struct dns_addr *list, size_t max, size_t *n)
{
	enum { V6, V4 };
	struct dnsask q[2];
	struct dnsname name;
	enum dns_result r;

	*n = 0;
	if (take_literal(host, list, max, n))
		return DNS_OK;
	if ((r = ready(&name, host)) != DNS_OK)
		return r;
	if (is_localhost(&name)) {
		take_localhost(list, max, n);
		return DNS_OK;
	}
	dnsask_set(&q[V6], &name, DNS_AAAA);
	dnsask_set(&q[V4], &name, DNS_A);
	dnsask_run(&servers, q, 2);
	if (q[V6].result != DNS_OK && q[V4].result != DNS_OK)
		return neither(q, host);
	while (*n < max && (q[V6].result == DNS_OK || q[V4].result == DNS_OK)) {
		take_next(&q[V6], list, max, n);
		take_next(&q[V4], list, max, n);
	}
	dnsask_free(&q[V6]);
	dnsask_free(&q[V4]);
	return DNS_OK;
}
