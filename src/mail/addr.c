#include "mail/addr.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#include "lib/ascii.h"
#include "mail/utf8.h"

struct reader {
	const char *p, *end;
	bool utf8;
};

static int
peek(const struct reader *r)
{
	return r->p < r->end ? (unsigned char)*r->p : -1;
}

static bool
alnum(int c)
{
	return c >= 0 && ascii_alnum((char)c);
}

static bool
atext(int c)
{
	return alnum(c) || (c > 0 && strchr("!#$%&'*+-/=?^_`{|}~", c));
}

/* what stands where something else should */
static enum addr_result
wrong(const struct reader *r)
{
	return peek(r) >= 128 && !r->utf8 ? ADDR_8BIT : ADDR_SYNTAX;
}

/* bytes of the character that is no ASCII here, 0: there is none that may be */
static size_t
beyond_ascii(const struct reader *r)
{
	return r->utf8 && peek(r) >= 128 ? utf8_graphic(r->p, (size_t)(r->end - r->p)) : 0;
}

static bool
take_local(struct addr *a, const char *s, size_t n)
{
	if (n > ADDR_LOCAL - a->len)
		return false;
	memcpy(a->s + a->len, s, n);
	a->len += n;
	return true;
}

static enum addr_result
take_quoted(struct reader *r, struct addr *a)
{
	size_t n;

	for (r->p++; peek(r) != '"'; r->p += n) {
		if (peek(r) == '\\')
			r->p++;
		n = peek(r) >= ' ' && peek(r) <= '~' ? 1 : beyond_ascii(r);
		if (!n)
			return wrong(r);
		if (!take_local(a, r->p, n))
			return ADDR_LONG;
	}
	r->p++;
	return a->len ? ADDR_OK : ADDR_SYNTAX;
}

static enum addr_result
take_atoms(struct reader *r, struct addr *a)
{
	const char *atom;
	size_t n;

	for (;;) {
		for (atom = r->p; (n = atext(peek(r)) ? 1 : beyond_ascii(r)); r->p += n)
			if (!take_local(a, r->p, n))
				return ADDR_LONG;
		if (r->p == atom)
			return wrong(r);        /* at the start, after a dot: an empty atom */
		if (peek(r) != '.')
			return ADDR_OK;
		if (!take_local(a, r->p++, 1))
			return ADDR_LONG;
	}
}

/* letters, digits and inner hyphens between dots; *n without the dot that may end it */
static enum addr_result
take_name(struct reader *r, size_t *n)
{
	const char *from = r->p, *label;
	size_t step;

	for (;;) {
		label = r->p;
		while ((step = alnum(peek(r)) || peek(r) == '-' || peek(r) == '_' ? 1 : beyond_ascii(r)))
			r->p += step;
		if (r->p == label || *label == '-' || r->p[-1] == '-')
			return wrong(r);
		if (r->p - label > ADDR_LABEL)
			return ADDR_LONG;
		*n = (size_t)(r->p - from);
		if (peek(r) != '.')
			break;
		r->p++;
		if (!alnum(peek(r)) && peek(r) != '_' && peek(r) != '-' && peek(r) != '.' && !beyond_ascii(r))
			break;                  /* the one dot at the end */
	}
	return *n <= ADDR_DOMAIN ? ADDR_OK : ADDR_LONG;
}

static enum addr_result
take_literal(struct reader *r, size_t *n)
{
	const char *from = r->p, *close = memchr(from, ']', (size_t)(r->end - from));
	char text[INET6_ADDRSTRLEN + 1];
	unsigned char ip[16];
	size_t len;
	bool six;

	if (!close)
		return ADDR_SYNTAX;
	len = (size_t)(close - from) - 1;
	six = len > 5 && strncasecmp(from + 1, "IPv6:", 5) == 0;
	len -= six ? 5 : 0;
	if (len >= sizeof text)
		return ADDR_SYNTAX;
	memcpy(text, close - len, len);
	text[len] = 0;
	if (strlen(text) != len || inet_pton(six ? AF_INET6 : AF_INET, text, ip) != 1)
		return ADDR_SYNTAX;
	r->p = close + 1;
	*n = (size_t)(r->p - from);
	return ADDR_OK;
}

static enum addr_result
take_domain(struct reader *r, size_t *n)
{
	return peek(r) == '[' ? take_literal(r, n) : take_name(r, n);
}

/* @one,@two: is read as grammar and dropped (RFC 5321 3.6.1, appendix C) */
static enum addr_result
skip_route(struct reader *r)
{
	enum addr_result e;
	size_t n;

	while (peek(r) == '@') {
		r->p++;
		if ((e = take_domain(r, &n)) != ADDR_OK)
			return e;
		if (peek(r) == ':') {
			r->p++;
			return ADDR_OK;
		}
		if (peek(r) != ',')
			return wrong(r);
		r->p++;
	}
	return wrong(r);
}

static enum addr_result
take_mailbox(struct reader *r, struct addr *a)
{
	enum addr_result e;
	const char *domain;
	size_t n;

	if (peek(r) == '@' && (e = skip_route(r)) != ADDR_OK)
		return e;
	if ((e = peek(r) == '"' ? take_quoted(r, a) : take_atoms(r, a)) != ADDR_OK)
		return e;
	a->local = a->len;
	if (peek(r) != '@')
		return ADDR_OK;
	domain = ++r->p;
	if ((e = take_domain(r, &n)) != ADDR_OK)
		return e;
	a->literal = *domain == '[';
	a->s[a->len++] = '@';
	memcpy(a->s + a->len, domain, n);
	a->len += n;
	return ADDR_OK;
}

enum addr_result
addr_path_in(struct addr *a, const char *s, size_t n, size_t *used, unsigned style)
{
	struct reader r = { s, s + n, style & ADDR_UTF8 };
	enum addr_result e = ADDR_OK;
	bool bare = style & ADDR_BARE && peek(&r) != '<' && peek(&r) != '@';

	a->len = a->local = 0;
	a->literal = false;
	if (peek(&r) != '<' && !bare)
		return wrong(&r);
	r.p += !bare;
	if (peek(&r) != '>')
		e = take_mailbox(&r, a);
	if (e != ADDR_OK)
		return e;
	if (bare ? a->local == a->len : peek(&r) != '>')
		return wrong(&r);
	a->s[a->len] = 0;
	*used = (size_t)(r.p + !bare - s);
	return ADDR_OK;
}

enum addr_result
addr_path(struct addr *a, const char *s, size_t n, size_t *used)
{
	return addr_path_in(a, s, n, used, 0);
}

bool
addr_domain(const char *s, size_t n)
{
	struct reader r = { s, s + n, false };
	size_t len;

	return take_domain(&r, &len) == ADDR_OK && len == n;
}

static bool
is_dot_string(const char *s, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!atext((unsigned char)s[i]) && (unsigned char)s[i] < 128 &&
		    (s[i] != '.' || i == 0 || i + 1 == n || s[i - 1] == '.'))
			return false;
	return n > 0;
}

bool
addr_quote(struct buf *b, const char *s, size_t n)
{
	size_t local = n, had = b->len, i;
	bool good;

	if (n == 0)
		return true;
	for (i = n; i-- > 0 && local == n; )
		if (s[i] == '@')
			local = i;
	if (is_dot_string(s, local))
		return buf_put(b, s, n);
	good = buf_byte(b, '"');
	for (i = 0; good && i < local; i++) {
		unsigned char c = (unsigned char)s[i];

		good = ((c != '"' && c != '\\' && c >= ' ' && c != 127) || buf_byte(b, '\\')) && buf_byte(b, s[i]);
	}
	if (good && buf_byte(b, '"') && buf_put(b, s + local, n - local))
		return true;
	buf_cut(b, had);
	return false;
}
