#include "deliver/dnsserver.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <string.h>

#include "lib/num.h"

#define DNS_PORT 53

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
	size_t len;

	*n = 0;
	for (;;) {
		text += strspn(text, " \t\n");
		len = strcspn(text, " \t\n");
		if (len == 0)
			return true;
		if (*n == DNSSERVER_MAX || !take_word(&list[*n], text, len))
			return false;
		++*n;
		text += len;
	}
}

static bool
blank(char c)
{
	return c == ' ' || c == '\t';
}

/* the address of a line "nameserver ADDRESS", up to a blank or the end */
static bool
take_line(struct dnsserver *d, const char *s, size_t len)
{
	static const char word[] = "nameserver";
	size_t at = sizeof word - 1, end;

	if (len <= at || memcmp(s, word, at) != 0 || !blank(s[at]))
		return false;
	while (at < len && blank(s[at]))
		at++;
	for (end = at; end < len && !blank(s[end]) && s[end] != '\r' && s[end]; )
		end++;
	return end > at && take_word(d, s + at, end - at);
}

size_t
dnsserver_resolv(const char *text, size_t len, struct dnsserver list[DNSSERVER_MAX])
{
	const char *end = text + len, *nl;
	size_t n = 0;

	while (text < end && n < DNSSERVER_MAX) {
		nl = memchr(text, '\n', (size_t)(end - text));
		if (!nl)
			nl = end;
		if (take_line(&list[n], text, (size_t)(nl - text)))
			n++;
		text = nl < end ? nl + 1 : end;
	}
	return n;
}
