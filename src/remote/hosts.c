#include "remote/hosts.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "remote/tcpto.h"
#include "lib/clock.h"
#include "lib/sha1.h"

/* ---- which hosts */

static void
add(struct hosts *h, const char *name, uint16_t preference, uint16_t port)
{
	struct host *x = &h->host[h->count++];
	size_t n = strnlen(name, ROUTE_NAME);

	memcpy(x->name, name, n);
	x->name[n] = 0;
	x->preference = preference;
	x->port = port;
}

/* "[192.0.2.1]" or "[IPv6:2001:db8::1]" (RFC 5321 4.1.3) */
static bool
add_literal(struct hosts *h)
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
	add(h, s, 0, 25);
	return true;
}

/* by preference, in random order among equals; at most 20, so no sort of its own is worth it */
static void
sort(struct dns_mx *mx, size_t n)
{
	unsigned char dice[HOSTS_MX];
	size_t i, j;

	memset(dice, 0, sizeof dice);
	(void)!getentropy(dice, sizeof dice);   /* without it the order among equals is DNS's */
	for (i = 1; i < n; i++)
		for (j = i; j > 0; j--) {
			struct dns_mx m = mx[j];
			unsigned char d = dice[j];

			if (mx[j - 1].preference < m.preference || (mx[j - 1].preference == m.preference && dice[j - 1] <= d))
				break;
			mx[j] = mx[j - 1];
			dice[j] = dice[j - 1];
			mx[j - 1] = m;
			dice[j - 1] = d;
		}
}

static bool
ours(const struct hosts *h, const char *name)
{
	return h->me && *name && strcasecmp(h->me, name) == 0;
}

static bool
only_ourselves(const struct hosts *h, struct result *why)
{
	result_say(why, 'D', false, "5.4.6", "mail for ", h->route.hop[0].name,
	    " would come back: its MX is this host, which has no such domain in control/locals or control/virtualdomains\n");
	return false;
}

static bool
from_dns(struct hosts *h, struct result *why)
{
	static struct dns_mx mx[HOSTS_MX];
	const char *domain = h->route.hop[0].name;
	uint32_t best = UINT32_MAX;
	size_t i, n;

	h->is_mx = h->is_secure = false;
	switch (dns_get_mx(domain, mx, HOSTS_MX, &n)) {
	case DNS_OK:
		break;
	case DNS_NODATA:
		h->is_secure = dns_was_secure();
		add(h, domain, 0, 25);          /* the implicit MX */
		return true;
	case DNS_NXDOMAIN:
		result_say(why, 'D', false, "5.1.2", "there is no domain ", domain, ": ", dns_why(), "\n");
		return false;
	default:
		result_say(why, 'Z', true, "4.4.3", "unable to look up the MX of ", domain, ": ", dns_why(), "\n");
		return false;
	}
	h->is_mx = true;
	h->is_secure = dns_was_secure();
	if (n == 1 && !mx[0].name[0]) {
		result_say(why, 'D', false, "5.1.10", domain, " takes no mail: its MX is \".\" (RFC 7505)\n");
		return false;
	}
	sort(mx, n);
	for (i = 0; i < n; i++)                 /* the first of ours, its equals, and what is worse (RFC 5321 5.1) */
		if (ours(h, mx[i].name) && mx[i].preference < best)
			best = mx[i].preference;
	for (i = 0; i < n && mx[i].preference < best; i++)
		add(h, mx[i].name, mx[i].preference, 25);
	h->cut = n - h->count;
	return h->count || only_ourselves(h, why);
}

/* ---- their addresses */

static int
only_family(const struct route *r)
{
	return r->family == ROUTE_FAMILY_4 ? AF_INET : r->family == ROUTE_FAMILY_6 ? AF_INET6 : 0;
}

static void
look_up(struct hosts *h)
{
	static struct dns_host asked[HOSTS_MX];
	static struct dns_addr list[HOSTS_MX][HOSTS_ADDRS];
	size_t i, j, n = 0;

	for (i = 0; i < h->count; i++) {
		if (!h->host[i].name[0])
			continue;
		memset(&asked[n], 0, sizeof asked[n]);
		asked[n].name = h->host[i].name;
		asked[n].family = only_family(&h->route);
		asked[n].list = list[n];
		asked[n++].max = HOSTS_ADDRS;
	}
	dns_get_addrs_of(asked, n);
	for (i = n = 0; i < h->count; i++) {
		struct host *x = &h->host[i];

		x->addrs = 0;
		if (!x->name[0]) {
			x->result = DNS_NODATA;
			continue;
		}
		x->result = asked[n].result;
		x->is_secure = asked[n].secure;
		x->addrs = asked[n].n;
		for (j = 0; j < x->addrs; j++)
			x->addr[j].addr = list[n][j];
		strcpy(x->canonical, asked[n].canonical);
		strcpy(x->why, asked[n++].why);
	}
}

static bool
find(struct hosts *h, struct result *why)
{
	size_t i;

	h->count = h->cut = 0;
	h->is_mx = h->is_secure = false;
	if (h->route.way != ROUTE_MX) {
		for (i = 0; i < h->route.hops; i++)
			add(h, h->route.hop[i].name, (uint16_t)i, h->route.hop[i].port);
	} else if (h->route.hop[0].name[0] == '[') {
		if (!add_literal(h)) {
			result_say(why, 'D', false, "5.1.2", h->route.hop[0].name, " is not an address literal\n");
			return false;
		}
	} else if (!from_dns(h, why))
		return false;
	look_up(h);
	return true;
}

/* ---- the order */

/* those of the preferred family and of the other in turn, but those that failed lately after all others */
static void
arrange(struct host *x, int preferred)
{
	struct connect_address old[HOSTS_ADDRS];
	size_t i, n = 0, turn;
	int late;

	memcpy(old, x->addr, x->addrs * sizeof *old);
	for (late = 0; late < 2; late++) {
		size_t at[2] = { 0, 0 };

		for (turn = 0; at[0] < x->addrs || at[1] < x->addrs; turn = !turn) {
			for (i = at[turn]; i < x->addrs; i++)
				if ((old[i].addr.family == preferred) == !turn && tcpto_is_shunned(&old[i].addr) == (bool)late)
					break;
			at[turn] = i + 1;
			if (i < x->addrs && n < x->addrs)
				x->addr[n++] = old[i];
		}
	}
}

bool
hosts_begin(struct hosts *h, struct result *why)
{
	int preferred = h->route.family == ROUTE_FAMILY_46 ? AF_INET : AF_INET6;
	int64_t now = clock_mono_ms();
	size_t i;

	if (!h->found_ms || now - h->found_ms >= HOSTS_FRESH_MS) {
		h->found_ms = 0;
		if (!find(h, why))
			return false;
		h->found_ms = now;
	}
	for (i = 0; i < h->count; i++) {
		h->host[i].visited = false;
		arrange(&h->host[i], preferred);
	}
	return true;
}

/* the trouble with a host that has no address */
static void
explain(const struct hosts *h, const struct host *x, struct result *why)
{
	if (!x->name[0])
		result_say(why, 'D', false, "5.4.4", "\".\" among the MX records is no host\n");
	else if (x->result == DNS_TEMP)
		result_say(why, 'Z', true, "4.4.3", "unable to look up ", x->name, ": ", x->why, "\n");
	else
		result_say(why, 'D', false, h->is_mx ? "5.4.4" : "5.1.2", "host ", x->name, " has no address: ", x->why, "\n");
}

struct host *
hosts_next(struct hosts *h, struct result *why)
{
	struct host *x = 0;
	size_t i;

	for (i = 0; i < h->count && !x; i++)    /* the addresses of those that failed stand last */
		if (!h->host[i].visited && (!h->host[i].addrs || !tcpto_is_shunned(&h->host[i].addr[0].addr)))
			x = &h->host[i];
	for (i = 0; i < h->count && !x; i++)
		if (!h->host[i].visited)
			x = &h->host[i];
	if (!x)
		return 0;
	x->visited = true;
	if (!x->addrs)
		explain(h, x, why);
	return x;
}

bool
hosts_left(const struct hosts *h)
{
	size_t i;

	for (i = 0; i < h->count; i++)
		if (!h->host[i].visited && h->host[i].addrs && !tcpto_is_shunned(&h->host[i].addr[0].addr))
			return true;
	return false;
}

void
hosts_ourselves(struct hosts *h, struct host *x, struct result *why)
{
	uint16_t preference = x->preference;
	size_t left = 0;

	while (left < h->count && h->host[left].preference < preference)
		left++;
	h->cut += h->count - left;
	h->count = left;
	h->found_ms = 0;                /* the next search is another one, with all that the DNS says */
	(void)only_ourselves(h, why);
	if (left)                       /* better ones that do not answer now */
		result_say(why, 'Z', true, "4.4.6", "this host is itself an MX of ", h->route.hop[0].name, ", and of the better ones none answers\n");
}

/* ---- the word */

/* Who owns a domain chooses much of what is summed up: so many that nobody finds another list for the sum of somebody's. */
#define WORD_BYTES 16
_Static_assert(ROUTE_NAME + 1 + 2 * WORD_BYTES <= JOB_VIA, "a word finds room");

static int
compare(const struct host *a, const struct host *b)
{
	return a->preference != b->preference ? (a->preference < b->preference ? -1 : 1) : strcmp(a->name, b->name);
}

/* the host that comes next after this one in an order that knows no chance; 0: after the last */
static const struct host *
following(const struct hosts *h, const struct host *x)
{
	const struct host *next = 0;
	size_t i;

	for (i = 0; i < h->count; i++)
		if ((!x || compare(&h->host[i], x) > 0) && (!next || compare(&h->host[i], next) < 0))
			next = &h->host[i];
	return next;
}

bool
hosts_word(const struct hosts *h, const char *salt, struct buf *b)
{
	const struct host *first = following(h, 0), *x;
	unsigned char sum[SHA1_BYTES];
	struct buf options = BUF(1000);
	struct route words = h->route;
	char hex[2 * WORD_BYTES + 1], line[ROUTE_NAME + 20];
	struct sha1 sha;
	bool ok;
	size_t i;

	if (!first)                             /* like nobody else's */
		return buf_puts(b, h->route.hop[0].name) && buf_puts(b, "/-");
	strcpy(words.hop[0].name, "-");
	ok = route_put(&options, &words);
	sha1_init(&sha);
	if (ok)                                 /* with its 0, or the salt could look like more of them */
		sha1_put(&sha, options.s, options.len + 1);
	buf_free(&options);
	sha1_put(&sha, salt, strlen(salt) + 1);
	sha1_put(&sha, h->is_secure ? "s" : "", 1);     /* only then DANE counts */
	for (x = first; x; x = following(h, x)) {
		int n = snprintf(line, sizeof line, "%u %s\n", (unsigned)x->preference, x->name);

		sha1_put(&sha, line, (size_t)n);
	}
	sha1_end(&sha, sum);
	for (i = 0; i < WORD_BYTES; i++)
		snprintf(hex + 2 * i, 3, "%02x", (unsigned)sum[i]);
	return ok && buf_puts(b, *first->name ? first->name : "-") && buf_byte(b, '/') && buf_puts(b, hex);
}
