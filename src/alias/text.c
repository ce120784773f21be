#include "alias/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/ascii.h"
#include "mail/addr.h"

_Static_assert(ALIASDB_DATA <= UINT32_MAX, "columns are 32 bits");

void
text_init(struct text *t, const char *s, size_t n)
{
	memset(t, 0, sizeof *t);
	t->s = s;
	t->n = n;
	t->joined.max = TEXT_LINE;
}

void
text_free(struct text *t)
{
	buf_free(&t->joined);
	free(t->piece);
}

/* ---- lines */

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

struct line {
	const char *s;
	size_t n, blanks;               /* how many it begins with */
};

static struct line
look(const struct text *t, size_t *next)
{
	const char *s = t->s + t->at, *nl = memchr(s, '\n', t->n - t->at);
	struct line l = { s, nl ? (size_t)(nl - s) : t->n - t->at, 0 };

	*next = t->at + l.n + (nl != 0);
	if (l.n && s[l.n - 1] == '\r')
		l.n--;
	while (l.blanks < l.n && is_blank(s[l.blanks]))
		l.blanks++;
	return l;
}

static void
take(struct text *t, size_t next)
{
	t->at = next;
	t->line++;
}

static bool
says_nothing(const struct line *l)
{
	return l->blanks == l->n || l->s[l->blanks] == '#';
}

/* does a backslash at its end join the next line to it? It is taken off. */
static bool
joins(struct line *l)
{
	size_t n = l->n;

	while (n > 0 && l->s[n - 1] == '\\')
		n--;
	if ((l->n - n) % 2 == 0)
		return false;
	l->n--;
	return true;
}

static bool
add_piece(struct text *t, size_t at, size_t column)
{
	if (t->pieces == t->room) {
		size_t room = t->room ? t->room * 2 : 16;
		struct text_piece *p = realloc(t->piece, room * sizeof *p);

		if (!p)
			return false;
		t->piece = p;
		t->room = room;
	}
	t->piece[t->pieces++] = (struct text_piece){ at, { t->line, (uint32_t)column } };
	return true;
}

enum append { APPENDED, TOO_LONG, NO_MEMORY };

static enum append
append(struct text *t, const struct line *l)
{
	size_t skip = l->blanks ? l->blanks - 1 : 0;    /* one of the blanks stays, the last */

	if (t->pieces == 1 && !buf_put(&t->joined, t->logical, t->logical_len))
		return errno == EMSGSIZE ? TOO_LONG : NO_MEMORY;
	if (!add_piece(t, t->joined.len, skip + 1))
		return NO_MEMORY;
	if (!buf_put(&t->joined, l->s + skip, l->n - skip))
		return errno == EMSGSIZE ? TOO_LONG : NO_MEMORY;
	if (l->blanks)
		t->joined.s[t->piece[t->pieces - 1].at] = ' ';
	t->logical = t->joined.s;
	t->logical_len = t->joined.len;
	return APPENDED;
}

/* the lines that continue the one at hand */
static enum append
gather(struct text *t, bool joined)
{
	enum append r = APPENDED;

	while (t->at < t->n) {
		size_t next;
		struct line l = look(t, &next);

		if (!says_nothing(&l) && l.blanks == 0 && !joined)
			break;
		take(t, next);
		if (says_nothing(&l)) {
			joined = false;
			continue;
		}
		joined = joins(&l);
		if (r == APPENDED)
			r = append(t, &l);
		if (r == NO_MEMORY)
			break;
	}
	return r;
}

static enum text_result
bad(struct text_error *e, const char *why, struct text_place where)
{
	e->why = why;
	e->place = where;
	return TEXT_BAD;
}

/* TEXT_ENTRY: a logical line is at hand */
static enum text_result
next_logical(struct text *t, struct text_error *e)
{
	struct line l;
	size_t next;
	bool joined;

	do {
		if (t->at >= t->n)
			return TEXT_END;
		l = look(t, &next);
		take(t, next);
	} while (says_nothing(&l));
	if (l.blanks)
		return bad(e, "an indented line that continues nothing", (struct text_place){ t->line, (uint32_t)l.blanks + 1 });
	joined = joins(&l);
	t->logical = l.s;
	t->logical_len = l.n;
	t->pieces = 0;
	buf_clear(&t->joined);
	if (!add_piece(t, 0, 1))
		return TEXT_TROUBLE;
	switch (gather(t, joined)) {
	case APPENDED:
		if (l.n <= TEXT_LINE)
			return TEXT_ENTRY;
		/* fall through */
	case TOO_LONG:
		return bad(e, "the entry is longer than 16777216 bytes", t->piece[0].place);
	default:
		return TEXT_TROUBLE;
	}
}

struct text_place
text_where(const struct text *t, size_t at)
{
	size_t low = 0, high = t->pieces;
	struct text_place p;

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (t->piece[middle].at <= at)
			low = middle;
		else
			high = middle;
	}
	p = t->piece[low].place;
	p.column += (uint32_t)(at - t->piece[low].at);
	return p;
}

/* ---- the name */

struct scan {
	const char *s;
	size_t n, at;
	struct text_entry *e;
	const char *why;                /* the first thing wrong */
	size_t bad_at;
	bool gap;                       /* a blank came after the last byte of the name */
	size_t gap_at;
	bool literal;                   /* inside [ ] */
	bool quoted_at;                 /* an '@' was quoted */
	bool foreign;                   /* a byte over 127 */
	bool unclosed;                  /* a quote or comment took the rest of the line */
};

static void
wrong(struct scan *c, size_t at, const char *why)
{
	if (c->why)
		return;
	c->why = why;
	c->bad_at = at;
}

static void
add(struct scan *c, char byte)
{
	struct text_entry *e = c->e;

	if ((unsigned char)byte < ' ' || byte == 0x7f)
		wrong(c, c->at, "a control byte in the name");
	if (c->gap)
		wrong(c, c->gap_at, "a blank in the name, not in quotes");
	if ((unsigned char)byte > 127)
		c->foreign = true;
	if (e->name_len == ALIASDB_NAME) {
		wrong(c, c->at, "the name is longer than 1002 bytes");
		return;
	}
	if (e->name_len == 0)
		e->place.column = (uint32_t)c->at;      /* an offset for now */
	e->name[e->name_len++] = ascii_lower(byte);
}

/* after a backslash or inside quotes: stands for itself */
static void
add_quoted(struct scan *c, char byte)
{
	c->quoted_at |= byte == '@';
	add(c, byte);
}

/* from the quote at to the one that closes */
static void
quoted(struct scan *c)
{
	size_t start = c->at++;

	for (; c->at < c->n && c->s[c->at] != '"'; c->at++) {
		if (c->s[c->at] == '\\' && c->at + 1 < c->n)
			c->at++;
		add_quoted(c, c->s[c->at]);
	}
	if (c->at >= c->n) {
		wrong(c, start, "a quote that is not closed");
		c->unclosed = true;
	}
}

static void
comment(struct scan *c)
{
	size_t start = c->at, depth = 0;

	for (; c->at < c->n; c->at++) {
		if (c->s[c->at] == '\\')
			c->at++;
		else if (c->s[c->at] == '(')
			depth++;
		else if (c->s[c->at] == ')' && --depth == 0)
			return;
	}
	c->at = c->n;
	wrong(c, start, "a comment that is not closed");
	c->unclosed = true;
}

static void
at_sign(struct scan *c)
{
	if (c->e->domain != SIZE_MAX)
		wrong(c, c->at, "a second '@' in the name, not in quotes");
	c->e->domain = c->e->name_len;
	add(c, '@');
}

/* a byte outside quotes */
static void
plain(struct scan *c)
{
	char byte = c->s[c->at];

	if (c->e->name_len == 0 && (byte == '|' || byte == '/'))
		wrong(c, c->at, "a program or a file cannot be a name");
	if (byte == '[' && c->e->name_len && c->e->domain == c->e->name_len - 1)
		c->literal = true;
	else if (byte == ']' && c->literal)
		c->literal = false;
	else if (byte && strchr(",;<>[])", byte))
		wrong(c, c->at, "a byte in the name that must be in quotes");
	add(c, byte);
}

/* up to the colon; false: there is none */
static bool
scan_name(struct scan *c)
{
	for (; c->at < c->n; c->at++) {
		char byte = c->s[c->at];

		if (byte == ':' && !c->literal)
			return true;
		if (byte == '"')
			quoted(c);
		else if (byte == '(')
			comment(c);
		else if (byte == '@')
			at_sign(c);
		else if (is_blank(byte)) {
			c->gap_at = c->gap ? c->gap_at : c->at;
			c->gap = c->e->name_len > 0;
		} else if (byte == '\\' && c->at + 1 < c->n)
			add_quoted(c, c->s[++c->at]);
		else
			plain(c);
	}
	return false;
}

/* the whole name, when its bytes are good */
static void
check_name(struct scan *c)
{
	struct text_entry *e = c->e;
	const char *domain;
	size_t n;

	if (e->domain == SIZE_MAX)
		e->domain = e->name_len;
	domain = e->name + e->domain + 1;
	n = e->domain < e->name_len ? e->name_len - e->domain - 1 : 0;
	e->name[e->name_len] = 0;
	if (e->name_len == 0)
		wrong(c, 0, "no name before the colon");
	else if (e->name_len == 1 && e->domain == 0)
		wrong(c, e->place.column, "neither a user nor a domain at the '@'");
	else if (n && !addr_domain(domain, n))
		wrong(c, e->place.column, "what follows the '@' is no domain");
	else if (e->domain == e->name_len && c->quoted_at)
		wrong(c, e->place.column, "a name with a quoted '@' needs a domain");
	if (c->foreign)
		e->warning = "no address can have this name: it is not ASCII";
	else if (e->domain > ADDR_LOCAL)
		e->warning = "no address can have this name: it is longer than 500 bytes";
	else if (strcmp(e->name, "*") == 0)
		e->warning = "'*' is no wildcard; @domain is one";
}

enum text_result
text_next(struct text *t, struct text_entry *e, struct text_error *error)
{
	enum text_result r = next_logical(t, error);
	struct scan c;
	size_t at, end;

	if (r != TEXT_ENTRY)
		return r;
	memset(&c, 0, sizeof c);
	c.s = t->logical;
	c.n = t->logical_len;
	c.e = e;
	e->name_len = 0;
	e->domain = SIZE_MAX;
	e->place.column = 0;
	e->warning = 0;
	if (!scan_name(&c))             /* what else may be wrong with it does not matter then */
		return bad(error, c.unclosed ? c.why : "no colon after a name", text_where(t, c.unclosed ? c.bad_at : 0));
	check_name(&c);
	if (c.why)
		return bad(error, c.why, text_where(t, c.bad_at));
	e->place = text_where(t, e->place.column);
	for (at = c.at + 1; at < c.n && is_blank(c.s[at]); at++)
		;
	for (end = c.n; end > at && is_blank(c.s[end - 1]); end--)
		;
	if (at == end)
		return bad(error, "nothing follows the colon", text_where(t, c.at));
	e->value = c.s + at;
	e->value_at = at;
	e->value_len = end - at;
	return TEXT_ENTRY;
}
