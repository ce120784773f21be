#include "deliver/hosts.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/clock.h"

static void
only(struct hosts *h, const char *name)
{
	size_t n = strlen(name);

	if (n >= sizeof h->mx[0].name)
		n = sizeof h->mx[0].name - 1;   /* a route's longest; as a name it is too long anyway, dns says */
	memcpy(h->mx[0].name, name, n);
	h->mx[0].name[n] = 0;
	h->mx[0].preference = 0;
	h->count = 1;
	h->is_mx = false;
}

/* "[192.0.2.1]" or "[IPv6:2001:db8::1]" (RFC 5321 4.1.3) */
static bool
literal(struct hosts *h)
{
	char text[ROUTE_NAME + 1];
	size_t n = strlen(h->route.hop[0].name);
	const char *s = text;
	unsigned char ip[16];
	int family = AF_INET;

	if (n < 3 || h->route.hop[0].name[n - 1] != ']')
		return false;
	memcpy(text, h->route.hop[0].name + 1, n - 2);
	text[n - 2] = 0;
	if (strncasecmp(text, "IPv6:", 5) == 0) {
		family = AF_INET6;
		s += 5;
	}
	if (inet_pton(family, s, ip) != 1)
		return false;
	only(h, s);
	return true;
}

/* no host twice in a row of choices is worth a sort of its own: at most 20 */
static void
sort(struct hosts *h)
{
	unsigned char dice[HOSTS_MX];
	size_t i, j;

	memset(dice, 0, sizeof dice);
	(void)!getentropy(dice, sizeof dice);   /* without it the order among equals is DNS's */
	for (i = 1; i < h->count; i++)
		for (j = i; j > 0; j--) {
			struct dns_mx m = h->mx[j];
			unsigned char d = dice[j];

			if (h->mx[j - 1].preference < m.preference ||
			    (h->mx[j - 1].preference == m.preference && dice[j - 1] <= d))
				break;
			h->mx[j] = h->mx[j - 1];
			dice[j] = dice[j - 1];
			h->mx[j - 1] = m;
			dice[j - 1] = d;
		}
}

static bool
from_dns(struct hosts *h, struct result *why)
{
	switch (dns_get_mx(h->route.hop[0].name, h->mx, HOSTS_MX, &h->count)) {
	case DNS_OK:
		break;
	case DNS_NODATA:
		only(h, h->route.hop[0].name);         /* the implicit MX */
		return true;
	case DNS_NXDOMAIN:
		result_say(why, 'D', false, "5.1.2", "there is no domain ", h->route.hop[0].name, ": ", dns_why(), "\n");
		return false;
	default:
		result_say(why, 'Z', true, "4.4.3", "unable to look up the MX of ", h->route.hop[0].name, ": ", dns_why(), "\n");
		return false;
	}
	h->is_mx = true;
	sort(h);
	if (!h->mx[0].name[0] && h->count == 1) {
		result_say(why, 'D', false, "5.1.10", h->route.hop[0].name, " takes no mail: its MX is \".\" (RFC 7505)\n");
		return false;
	}
	return true;
}

bool
hosts_begin(struct hosts *h, struct result *why)
{
	int64_t now = clock_mono_ms();

	h->at = h->addrs = h->addr_at = 0;
	h->begun_ms = now;
	h->passed_over = h->second_round = false;
	if (h->found_ms && now - h->found_ms < HOSTS_FRESH_MS)
		return true;
	h->found_ms = 0;
	if (h->route.way != ROUTE_MX) {
		only(h, h->route.hop[0].name);
	} else if (h->route.hop[0].name[0] == '[') {
		if (!literal(h)) {
			result_say(why, 'D', false, "5.1.2", h->route.hop[0].name, " is not an address literal\n");
			return false;
		}
	} else if (!from_dns(h, why))
		return false;
	h->found_ms = now;
	return true;
}

/* the next host's addresses */
static bool
look_up(struct hosts *h, struct result *why)
{
	const char *name = h->mx[h->at++].name;
	enum dns_result r;

	h->addrs = h->addr_at = 0;
	if (!*name) {
		result_say(why, 'D', false, "5.4.4", "\".\" among the MX records is no host\n");
		return false;
	}
	r = dns_get_addrs(name, h->addr, HOSTS_ADDRS, &h->addrs);
	if (r == DNS_OK)
		return true;
	if (r == DNS_TEMP)
		result_say(why, 'Z', true, "4.4.3", "unable to look up ", name, ": ", dns_why(), "\n");
	else
		result_say(why, 'D', false, h->is_mx ? "5.4.4" : "5.1.2", "host ", name, " has no address: ", dns_why(), "\n");
	h->addrs = 0;
	return false;
}

void
hosts_failed(struct hosts *h, const struct dns_addr *a)
{
	struct hosts_failure *f = &h->failure[h->failures++ % HOSTS_SHUNNED];

	f->addr = *a;
	f->at_ms = clock_mono_ms();
}

/* did it fail lately, but before this search? */
static bool
failed_before(const struct hosts *h, const struct dns_addr *a)
{
	size_t i;

	for (i = 0; i < HOSTS_SHUNNED; i++) {
		const struct hosts_failure *f = &h->failure[i];

		if (f->at_ms && f->at_ms < h->begun_ms && h->begun_ms - f->at_ms < HOSTS_SHUN_MS &&
		    f->addr.family == a->family && memcmp(f->addr.ip, a->ip, sizeof a->ip) == 0)
			return true;
	}
	return false;
}

/* one step: an address, or a host without, or the end of the round */
static enum hosts_result
step(struct hosts *h, struct dns_addr *a, struct result *why)
{
	if (h->addr_at == h->addrs) {
		if (h->at == h->count)
			return HOSTS_END;
		if (!look_up(h, why))
			return HOSTS_TROUBLE;
	}
	*a = h->addr[h->addr_at++];
	return HOSTS_ADDRESS;
}

enum hosts_result
hosts_next(struct hosts *h, struct dns_addr *a, struct result *why)
{
	for (;;) {
		enum hosts_result r = step(h, a, why);
		bool before = r == HOSTS_ADDRESS && failed_before(h, a);

		if (r == HOSTS_ADDRESS && before == h->second_round)
			return r;
		if (before)
			h->passed_over = true;
		if (r == HOSTS_TROUBLE && !h->second_round)
			return r;
		if (r == HOSTS_END) {
			if (h->second_round || !h->passed_over)
				return r;
			h->second_round = true;
			h->at = h->addrs = h->addr_at = 0;
		}
	}
}
