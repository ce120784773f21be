#include "remote/dnsserver.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <string.h>

#include "lib/num.h"

#define DNS_PORT 53

static const char trust_word[] = "trust-ad";

/* nobody on the way from there can have changed the AD bit */
static bool
is_loopback(const struct dnsserver *d)
{
	const struct in6_addr *v6 = &d->addr.v6.sin6_addr;

	if (d->addr.any.sa_family == AF_INET)
		return ntohl(d->addr.v4.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
	return IN6_IS_ADDR_LOOPBACK(v6) || (IN6_IS_ADDR_V4MAPPED(v6) && v6->s6_addr[12] == IN_LOOPBACKNET);
}

static void
trust(struct dnsserver *list, size_t n, bool all)
{
	for (; n > 0; list++, n--)
		list->trusted = all || is_loopback(list);
}

static bool
is_word(const char *s, size_t len, const char *word)
{
	return strlen(word) == len && memcmp(s, word, len) == 0;
}

/* an IPv6 address, with %INTERFACE where it is link-local */
static bool
take_v6(struct dnsserver *d, char *host, uint16_t port)
{
	char *zone = strchr(host, '%');
	uint64_t index = 0;

	if (zone) {
		*zone++ = 0;
		if (!num_u64(zone, 1, UINT32_MAX, &index) && (index = if_nametoindex(zone)) == 0)
			return false;
	}
	d->addr.v6 = (struct sockaddr_in6){ .sin6_family = AF_INET6, .sin6_port = htons(port) };
	d->addr.v6.sin6_scope_id = (uint32_t)index;
	d->len = sizeof d->addr.v6;
	return inet_pton(AF_INET6, host, &d->addr.v6.sin6_addr) == 1;
}

static bool
take_v4(struct dnsserver *d, const char *host, uint16_t port)
{
	d->addr.v4 = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(port) };
	d->len = sizeof d->addr.v4;
	return inet_pton(AF_INET, host, &d->addr.v4.sin_addr) == 1;
}

static bool
take_word(struct dnsserver *d, const char *s, size_t len)
{
	char copy[DNSSERVER_TEXT], *host = copy, *colon;
	uint64_t port = DNS_PORT;

	if (len >= sizeof copy)
		return false;
	memcpy(copy, s, len);
	copy[len] = 0;
	memcpy(d->text, copy, len + 1);
	if (*host == '[') {
		colon = strchr(++host, ']');
		if (!colon || colon[1] != ':' || !num_u64(colon + 2, 1, 65535, &port))
			return false;
		*colon = 0;
		return take_v6(d, host, (uint16_t)port);
	}
	colon = strchr(host, ':');
	if (colon && strchr(colon + 1, ':'))
		return take_v6(d, host, (uint16_t)port);
	if (colon) {
		*colon = 0;
		if (!num_u64(colon + 1, 1, 65535, &port))
			return false;
	}
	return take_v4(d, host, (uint16_t)port);
}

bool
dnsserver_list(const char *text, struct dnsserver list[DNSSERVER_MAX], size_t *n)
{
	bool all = false;
	size_t len;

	*n = 0;
	for (;; text += len) {
		text += strspn(text, " \t\n");
		len = strcspn(text, " \t\n");
		if (len == 0)
			break;
		if (is_word(text, len, trust_word)) {
			all = true;
			continue;
		}
		if (*n == DNSSERVER_MAX || !take_word(&list[*n], text, len))
			return false;
		++*n;
	}
	trust(list, *n, all);
	return *n > 0 || !all;
}

static bool
blank(char c)
{
	return c == ' ' || c == '\t';
}

/* the next word of a line, up to its end, a carriage return or a NUL; *len is 0 when there is none */
static const char *
next_word(const char *s, const char *end, size_t *len)
{
	const char *from;

	while (s < end && blank(*s))
		s++;
	for (from = s; s < end && !blank(*s) && *s != '\r' && *s; )
		s++;
	*len = (size_t)(s - from);
	return from;
}

/* a line's first word, which stands at its very beginning */
static bool
begins(const char *line, size_t len, const char *word, const char **rest)
{
	size_t n = strlen(word);

	*rest = line + n;
	return len > n && memcmp(line, word, n) == 0 && blank(**rest);
}

/* does a line "options ..." say it? */
static bool
says_trust(const char *s, const char *end)
{
	size_t len;

	for (s = next_word(s, end, &len); len > 0; s = next_word(s + len, end, &len))
		if (is_word(s, len, trust_word))
			return true;
	return false;
}

size_t
dnsserver_resolv(const char *text, size_t len, struct dnsserver list[DNSSERVER_MAX])
{
	const char *end = text + len, *nl, *word;
	bool all = false;
	size_t n = 0;

	while (text < end) {
		nl = memchr(text, '\n', (size_t)(end - text));
		if (!nl)
			nl = end;
		if (begins(text, (size_t)(nl - text), "options", &word)) {
			all = all || says_trust(word, nl);
		} else if (n < DNSSERVER_MAX && begins(text, (size_t)(nl - text), "nameserver", &word)) {
			word = next_word(word, nl, &len);
			n += len > 0 && take_word(&list[n], word, len);
		}
		text = nl < end ? nl + 1 : end;
	}
	trust(list, n, all);
	return n;
}
