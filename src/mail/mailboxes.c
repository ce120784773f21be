#include "mail/mailboxes.h"

#include <string.h>

void
mailboxes_init(struct mailboxes *m, const char *s, size_t n)
{
	*m = (struct mailboxes){ s, n, 0, 0, 0, 0 };
}

static bool
bad(struct mailboxes *m, const char *why)
{
	if (!m->why)
		m->why = why;
	return false;
}

static int
peek(const struct mailboxes *m)
{
	return m->at < m->n ? (unsigned char)m->s[m->at] : -1;
}

static bool
is_blank(int c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* may it stand in a word that is not quoted? */
static bool
is_atom(int c)
{
	return c > ' ' && c != 127 && !strchr("()<>@,;:\".[]", c);
}

/* past what begins at m->at with open and ends with close; backslashes quote; nested as comments are, if they may */
static bool
skip_quoted(struct mailboxes *m, char open, char close)
{
	size_t depth = 0;
	const char *why = open == '(' ? "a comment does not end" : open == '"' ? "a quote does not end" : "a bracket does not end";

	for (; m->at < m->n; m->at++) {
		if (m->s[m->at] == '\\')
			m->at++;
		else if (m->s[m->at] == close && (open != close || depth)) {
			if (--depth == 0) {
				m->at++;
				return true;
			}
		} else if (m->s[m->at] == open)
			depth += open == '(' || !depth;
	}
	m->at = m->n;
	return bad(m, why);
}

/* blanks and comments */
static bool
skip_space(struct mailboxes *m)
{
	for (;;) {
		while (is_blank(peek(m)))
			m->at++;
		if (peek(m) != '(')
			return true;
		if (!skip_quoted(m, '(', ')'))
			return false;
	}
}

static bool
add(struct mailboxes *m, struct mailbox *b, char c)
{
	if (b->len == MAILBOX_TEXT)
		return bad(m, "an address is too long");
	b->s[b->len++] = c;
	return true;
}

static bool
take_quoted(struct mailboxes *m, struct mailbox *b)
{
	for (m->at++; peek(m) != '"'; m->at++) {
		if (peek(m) == '\\')
			m->at++;
		if (m->at >= m->n)
			return bad(m, "a quote does not end");
		if ((peek(m) == '\n' || peek(m) == '\r') && m->at + 1 < m->n)
			continue;               /* folding */
		if (!add(m, b, m->s[m->at]))
			return false;
	}
	m->at++;
	return true;
}

static bool
take_atom(struct mailboxes *m, struct mailbox *b, bool quotes)
{
	size_t from = m->at;

	for (; is_atom(peek(m)); m->at++) {
		if (peek(m) == '\\' && (!quotes || ++m->at >= m->n || peek(m) == '\n' || peek(m) == '\r'))
			return bad(m, quotes ? "a backslash quotes nothing" : "a host has no backslash");
		if (!add(m, b, m->s[m->at]))
			return false;
	}
	return m->at > from || bad(m, "an address is expected");
}

/* words with dots between them, blanks around the dots */
static bool
take_local(struct mailboxes *m, struct mailbox *b)
{
	for (;;) {
		while (peek(m) == '.') {
			if (!add(m, b, '.'))
				return false;
			m->at++;
			b->end = m->at;
			if (!skip_space(m))
				return false;
		}
		if (peek(m) == '@' && b->len)
			break;
		if (!(peek(m) == '"' ? take_quoted(m, b) : take_atom(m, b, true)))
			return false;
		b->end = m->at;
		if (!skip_space(m))
			return false;
		if (peek(m) != '.')
			break;
	}
	b->local = b->len;
	b->domain_at = b->end;
	return b->len > 0 || peek(m) == '@' || bad(m, "an address is empty");
}

static bool
take_literal(struct mailboxes *m, struct mailbox *b)
{
	for (; peek(m) != ']'; m->at++)
		if (m->at >= m->n || peek(m) <= ' ' || peek(m) == '\\')
			return bad(m, "a bracket does not end");
		else if (!add(m, b, m->s[m->at]))
			return false;
	b->end = ++m->at;
	return add(m, b, ']') && skip_space(m);
}

static bool
take_domain(struct mailboxes *m, struct mailbox *b)
{
	m->at++;
	if (!skip_space(m) || !add(m, b, '@'))
		return false;
	b->domain_at = m->at;
	if (peek(m) == '[')
		return take_literal(m, b);
	for (;;) {
		if (!take_atom(m, b, false))
			return false;
		b->end = m->at;
		if (!skip_space(m) || peek(m) != '.')
			return m->why == 0;
		m->at++;
		b->end = m->at;                 /* a dot at the end is the domain's, and nothing is kept of it */
		if (!skip_space(m))
			return false;
		if (!is_atom(peek(m)))
			return true;
		if (!add(m, b, '.'))
			return false;
	}
}

/* @one,@two: is read past (RFC 5322 4.4) */
static bool
skip_route(struct mailboxes *m)
{
	for (; peek(m) != ':'; m->at++)
		if (m->at >= m->n || strchr("<>;\"", peek(m)))
			return bad(m, "a route does not end");
	m->at++;
	return skip_space(m);
}

static bool
take_address(struct mailboxes *m, struct mailbox *b)
{
	if (!take_local(m, b))
		return false;
	if (peek(m) == '@' && !take_domain(m, b))
		return false;
	return peek(m) != '@' || bad(m, "an address has more than one host");
}

static bool
take_angle(struct mailboxes *m, struct mailbox *b)
{
	m->at++;
	if (!skip_space(m))
		return false;
	if (peek(m) == '@' && !skip_route(m))
		return false;
	b->domain_at = b->end = m->at;
	if (peek(m) != '>' && !take_address(m, b))
		return false;
	if (peek(m) != '>')
		return bad(m, "a '>' is missing");
	m->at++;
	return true;
}

/* What is it that begins here? The first of < , ; : outside of quotes and comments; -1: the end. m->at is moved to it */
static int
look_ahead(struct mailboxes *m)
{
	for (;;) {
		int c = peek(m);

		if (c == '(' ? !skip_quoted(m, '(', ')') : c == '"' ? !skip_quoted(m, '"', '"') :
		    c == '[' ? !skip_quoted(m, '[', ']') : false)
			return 0;
		if (c == '(' || c == '"' || c == '[')
			continue;
		if (c == -1 || c == '<' || c == ',' || c == ';' || c == ':')
			return c;
		m->at += c == '\\' && m->at + 1 < m->n ? 2 : 1;
	}
}

static bool
take_one(struct mailboxes *m, struct mailbox *b)
{
	size_t from = m->at;
	int next = m->at < m->bare ? ',' : look_ahead(m);

	if (next == 0)
		return false;
	if (next == '<')
		return take_angle(m, b);
	if (next == ':') {                      /* the name of a group */
		m->at++;
		return true;
	}
	if (m->at > m->bare)
		m->bare = m->at;
	m->at = from;
	return take_address(m, b);
}

enum mailboxes_result
mailboxes_next(struct mailboxes *m, struct mailbox *b)
{
	for (;;) {
		b->len = b->local = 0;
		if (!m->why)
			m->bad_at = m->at;
		if (m->why || !skip_space(m))
			return MAILBOXES_BAD;
		if (m->at >= m->n)
			return MAILBOXES_END;
		if (peek(m) == ',' || peek(m) == ';') {
			m->at++;
			continue;
		}
		b->end = 0;
		if (!take_one(m, b))
			return MAILBOXES_BAD;
		if (b->end) {
			b->s[b->len] = 0;
			return MAILBOXES_GOT;
		}
	}
}
