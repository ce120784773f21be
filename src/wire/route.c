#include "wire/route.h"

#include <string.h>

#include "lib/ascii.h"
#include "lib/ip.h"
#include "lib/num.h"

static const char *const ways[] = { "mx ", "host ", "lmtp " };
static const char *const levels[] = { "", "no", "may", "must", "verify", "dane", "smtps", "smtps-verify" };
static const char *const families[] = { "", "4", "6", "46", "64" };

static bool
put_hops(struct buf *b, const struct route *r)
{
	size_t i;

	for (i = 0; i < r->hops; i++)
		if ((i && !buf_byte(b, ' ')) || !buf_puts(b, r->hop[i].name) ||
		    ((r->way == ROUTE_HOST || r->way == ROUTE_LMTP) && !(buf_byte(b, ' ') && buf_num(b, r->hop[i].port))))
			return false;
	return true;
}

static bool
put_bind(struct buf *b, const unsigned char ip[16])
{
	char text[IP_TEXT];

	ip_text(text, ip);
	return buf_puts(b, " bind=") && buf_puts(b, text);
}

bool
route_put(struct buf *b, const struct route *r)
{
	size_t had = b->len;

	if (buf_puts(b, ways[r->way == ROUTE_LMTP_UNIX ? ROUTE_LMTP : r->way]) && put_hops(b, r) &&
	    (!r->tls || (buf_puts(b, " tls=") && buf_puts(b, levels[r->tls]))) &&
	    (!*r->login || (buf_puts(b, " login=") && buf_puts(b, r->login))) &&
	    (!r->family || (buf_puts(b, " family=") && buf_puts(b, families[r->family]))) &&
	    (!r->bound[0] || put_bind(b, r->bind[0])) && (!r->bound[1] || put_bind(b, r->bind[1])))
		return true;
	buf_cut(b, had);
	return false;
}

/* ---- words */

/* the place of the word's value in a list whose first entry is the preset; 0: it is not there */
static size_t
listed(const char *const *list, size_t count, const char *s, size_t n)
{
	size_t i;

	for (i = 1; i < count && (strlen(list[i]) != n || memcmp(list[i], s, n) != 0); i++)
		;
	return i < count ? i : 0;
}

bool
route_login(const char *name, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!ascii_alnum(name[i]) && !memchr("-._+@", name[i], 5))
			return false;
	return n > 0 && n <= ROUTE_LOGIN;
}

static bool
take_bind(struct route *r, const char *s, size_t n)
{
	char text[IP_TEXT];
	unsigned char ip[16];
	int six;

	if (n >= sizeof text)
		return false;
	memcpy(text, s, n);
	text[n] = 0;
	if (!ip_read(text, ip))
		return false;
	six = !ip_is_v4(ip);
	if (r->bound[six])
		return false;
	r->bound[six] = true;
	memcpy(r->bind[six], ip, sizeof ip);
	return true;
}

bool
route_word(struct route *r, const char *s, size_t n)
{
	if (n > 4 && memcmp(s, "tls=", 4) == 0 && !r->tls)
		return (r->tls = (enum route_tls)listed(levels, sizeof levels / sizeof *levels, s + 4, n - 4)) != 0;
	if (n > 7 && memcmp(s, "family=", 7) == 0 && !r->family)
		return (r->family = (enum route_family)listed(families, sizeof families / sizeof *families, s + 7, n - 7)) != 0;
	if (n > 5 && memcmp(s, "bind=", 5) == 0)
		return take_bind(r, s + 5, n - 5);
	if (n <= 6 || memcmp(s, "login=", 6) != 0 || *r->login || !route_login(s + 6, n - 6))
		return false;
	memcpy(r->login, s + 6, n - 6);
	r->login[n - 6] = 0;
	return true;
}

/* ---- reading */

/* the word at *s, and *s behind the space after it; false: there is none */
static bool
next_word(const char **s, const char **word, size_t *n)
{
	*word = *s;
	*n = strcspn(*s, " ");
	if (*n == 0)
		return false;
	*s += *n + 1;
	if (!(*s)[-1])
		--*s;
	else if (!**s)
		return false;                   /* a space at the end */
	return true;
}

static bool
take_name(struct route_hop *h, const char *s, size_t n)
{
	if (n > ROUTE_NAME)
		return false;
	memcpy(h->name, s, n);
	h->name[n] = 0;
	return true;
}

/* "NAME PORT" as often as they come; a word with '=' is no name */
static bool
take_hops(struct route *r, const char **s)
{
	const char *word;
	uint64_t port;
	size_t n;

	while (**s && !memchr(*s, '=', strcspn(*s, " "))) {
		struct route_hop *h = &r->hop[r->hops];
		char text[6] = { 0 };

		if (r->hops++ == ROUTE_HOPS || !next_word(s, &word, &n) || !take_name(h, word, n) || !next_word(s, &word, &n) ||
		    n >= sizeof text)
			return false;
		memcpy(text, word, n);
		if (!num_u64(text, 1, 65535, &port))
			return false;
		h->port = (uint16_t)port;
	}
	return r->hops > 0;
}

static bool
take_one(struct route *r, const char **s, uint16_t port)
{
	const char *word;
	size_t n;

	r->hops = 1;
	r->hop[0].port = port;
	return next_word(s, &word, &n) && take_name(&r->hop[0], word, n);
}

static bool
take_way(struct route *r, const char **s)
{
	size_t way, n = 0;

	for (way = 0; way < sizeof ways / sizeof *ways; way++)
		if (strncmp(*s, ways[way], n = strlen(ways[way])) == 0)
			break;
	r->way = (enum route_way)way;
	*s += n;
	if (r->way == ROUTE_LMTP && **s == '/')
		r->way = ROUTE_LMTP_UNIX;
	return way < sizeof ways / sizeof *ways;
}

bool
route_get(const char *text, struct route *r)
{
	const char *word;
	size_t n;

	memset(r, 0, sizeof *r);
	if (!take_way(r, &text) ||
	    !(r->way == ROUTE_HOST || r->way == ROUTE_LMTP ? take_hops(r, &text) : take_one(r, &text, r->way == ROUTE_MX ? 25 : 0)))
		return false;
	while (*text)
		if (!next_word(&text, &word, &n) || !route_word(r, word, n))
			return false;
	return r->way != ROUTE_MX || !*r->login;
}
