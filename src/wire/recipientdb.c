#include "wire/recipientdb.h"

#include <cdb.h>
#include <errno.h>
#include <string.h>

#include "lib/ascii.h"
#include "mail/addr.h"
#include "wire/textdb.h"

#define MARK "recipients 1"
#define MARK_STARS MARK " *"

/* ---- reading */

struct search {
	int fd;
	const char *at, *end;           /* of the address in lower: its last '@' */
	char lower[ADDR_MAX], key[ADDR_MAX + 1];
};

static enum recipientdb_result
get(const struct search *s, const char *key, size_t n)
{
	unsigned len;
	int r = cdb_seek(s->fd, key, (unsigned)n, &len);

	return r > 0 ? RECIPIENTDB_FOUND : r == 0 ? RECIPIENTDB_NOBODY : RECIPIENTDB_TROUBLE;
}

/* whether it is one of ours at all, and has lines with a '*' */
static bool
known_format(int fd, bool *stars)
{
	char mark[sizeof MARK_STARS];
	unsigned len;
	int r = cdb_seek(fd, "", 0, &len);

	if (r < 0)
		return false;
	if (r == 0 || (len != sizeof MARK - 1 && len != sizeof MARK_STARS - 1)) {
		errno = EPROTO;
		return false;
	}
	if (cdb_bread(fd, mark, (int)len) != 0)
		return false;
	*stars = len == sizeof MARK_STARS - 1;
	if (memcmp(mark, MARK_STARS, len) == 0)
		return true;
	errno = EPROTO;
	return false;
}

/* the first n bytes of the local part, what stands for the rest, and the domain */
static enum recipientdb_result
get_beginning(struct search *s, size_t n, const char *rest)
{
	size_t m = strlen(rest), domain = (size_t)(s->end - s->at);

	memcpy(s->key, s->lower, n);
	memcpy(s->key + n, rest, m);
	memcpy(s->key + n + m, s->at, domain);
	return get(s, s->key, n + m + domain);
}

/* the name itself, or the one it is an extension of, or everybody */
static enum recipientdb_result
in_domain(struct search *s, const char *separators, bool stars)
{
	size_t local = (size_t)(s->at - s->lower), i;
	enum recipientdb_result r = get(s, s->lower, (size_t)(s->end - s->lower));

	if (r == RECIPIENTDB_NOBODY)
		r = get(s, s->at, (size_t)(s->end - s->at));
	for (i = 1; r == RECIPIENTDB_NOBODY && i < local; i++)
		if (strchr(separators, s->lower[i])) {
			r = get_beginning(s, i, "");
			break;
		}
	for (i = 0; stars && r == RECIPIENTDB_NOBODY && i < local; i++)
		if (s->lower[i] == '-' || strchr(separators, s->lower[i]))
			r = get_beginning(s, i + 1, "*");
	return r;
}

/* a line for all that is below one of the domains it is in */
static enum recipientdb_result
below(const struct search *s)
{
	enum recipientdb_result r = RECIPIENTDB_NOBODY;
	const char *p;

	for (p = s->at + 2; r == RECIPIENTDB_NOBODY && p < s->end; p++)
		if (*p == '.')
			r = get(s, p, (size_t)(s->end - p));
	return r == RECIPIENTDB_NOBODY ? RECIPIENTDB_UNLISTED : r;
}

enum recipientdb_result
recipientdb_find(int fd, const char *address, size_t n, const char *separators)
{
	struct search s = { .fd = fd };
	const char *at = memrchr(address, '@', n);
	enum recipientdb_result r;
	bool stars;
	size_t i;

	if (!known_format(fd, &stars))
		return RECIPIENTDB_TROUBLE;
	if (n > ADDR_MAX || !at || at + 1 == address + n)
		return RECIPIENTDB_UNLISTED;    /* none that could be in a line */
	for (i = 0; i < n; i++)
		s.lower[i] = ascii_lower(address[i]);
	s.end = s.lower + n;
	s.at = s.lower + (at - address);
	r = get(&s, s.at + 1, (size_t)(s.end - s.at - 1));
	if (r == RECIPIENTDB_FOUND && (r = in_domain(&s, separators, stars)) == RECIPIENTDB_NOBODY)
		return below(&s) == RECIPIENTDB_FOUND ? RECIPIENTDB_FOUND : r;
	return r == RECIPIENTDB_NOBODY ? below(&s) : r;
}

/* ---- writing */

struct compiler {
	struct textdb to;               /* the first: a line gets it */
	bool stars;
	char domain[ADDR_DOMAIN];       /* the last one listed: sorted texts name it again and again */
	size_t domain_len;
};

static bool
put_domain(struct compiler *c, const char *domain, size_t n)
{
	if (n == c->domain_len && memcmp(c->domain, domain, n) == 0)
		return true;
	memcpy(c->domain, domain, n);
	c->domain_len = n;
	return textdb_put(&c->to, domain, n);
}

/* 0, or what is wrong with the part before the '@' */
static const char *
wrong_local(const char *s, size_t n)
{
	const char *star = n ? memchr(s, '*', n - 1) : 0;
	size_t i;

	if (n > ADDR_LOCAL)
		return "the part before the '@' is too long";
	for (i = 0; i < n; i++)
		if ((unsigned char)s[i] < ' ' || s[i] == 127)
			return "the part before the '@' has a control character";
	if (star || (n && s[n - 1] == '*' && (n == 1 || ascii_alnum(s[n - 2]))))
		return "a '*' stands only after a '-' or another character that begins an extension, and before the '@'";
	return 0;
}

static bool
line(struct textdb *t, const char *text, size_t n)
{
	struct compiler *c = (struct compiler *)t;
	char s[ADDR_MAX];
	const char *at, *why;
	size_t i, local, dot = n && *text == '.';

	if (n > sizeof s)
		return textdb_bad(t, "the line is too long");
	for (i = 0; i < n; i++)
		s[i] = ascii_lower(text[i]);
	at = memrchr(s, '@', n);
	local = at ? (size_t)(at - s) : 0;
	if (at && (why = wrong_local(s, local)))
		return textdb_bad(t, why);
	if (at && !addr_domain(at + 1, n - local - 1))
		return textdb_bad(t, "what follows the '@' is not a domain");
	if (!at && !addr_domain(s + dot, n - dot))
		return textdb_bad(t, "this is neither an address nor a domain");
	c->stars |= at && local && at[-1] == '*';
	if (!at)
		return dot ? textdb_put(t, s, n) : put_domain(c, s, n);
	return put_domain(c, at + 1, n - local - 1) && textdb_put(t, s, n);
}

bool
recipientdb_compile(const char *text, size_t n, int fd, struct compile_error *error)
{
	struct compiler c = { .stars = false };
	bool ok;

	if (!textdb_begin(&c.to, fd, error))
		return false;
	ok = textdb_lines(&c.to, text, text + n, line);
	if (ok && cdb_make_add(&c.to.cdb, "", 0, MARK_STARS, (unsigned)(c.stars ? sizeof MARK_STARS : sizeof MARK) - 1) != 0)
		ok = textdb_trouble(&c.to);
	return textdb_end(&c.to, ok);
}
