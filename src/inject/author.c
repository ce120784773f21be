#include "inject/author.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/base64.h"
#include "lib/num.h"
#include "mail/utf8.h"
#include "wire/qid.h"

#define WORD_BYTES 42                   /* in base64 an encoded word of RFC 2047 then stays below its 75 */

static const char *
user_of(struct compose *c)
{
	const char *s = caller_variable(&c->caller, "QMAILUSER", "MAILUSER", (char *)0);

	if (s)
		return s;
	caller_account(&c->caller);
	return c->caller.login;
}

/* user@host as an address of the inside form, checked */
static bool
join(struct compose *c, struct addr *a, const char *user, const char *host)
{
	struct mailbox m;
	size_t n = strlen(user), h = host ? strlen(host) : 0;

	errno = EINVAL;
	if (!n || n + 1 + h > MAILBOX_TEXT)
		return false;
	memcpy(m.s, user, n);
	m.local = m.len = n;
	if (h) {
		m.s[m.len++] = '@';
		memcpy(m.s + m.len, host, h);
		m.len += h;
	}
	return names_address(&c->names, &m, a) == ADDR_OK;
}

static bool
put_verp(struct compose *c, struct addr *a)
{
	char pid[NUM_TEXT], s[NUM_TEXT];

	if (!buf_put(&c->sender, a->s, a->local))
		return false;
	if (c->stamped && (!buf_byte(&c->sender, '-') || !buf_puts(&c->sender, num_text(s, (uint64_t)c->now_us / 1000000)) ||
	    !buf_byte(&c->sender, '.') || !buf_puts(&c->sender, num_text(pid, (uint64_t)getpid()))))
		return false;
	return (!c->verp || buf_byte(&c->sender, '-')) && buf_put(&c->sender, a->s + a->local, a->len - a->local) &&
	    (!c->verp || buf_puts(&c->sender, "-@[]"));
}

bool
author_sender(struct compose *c)
{
	const char *user = caller_variable(&c->caller, "QMAILSUSER", (char *)0);
	const char *host = caller_variable(&c->caller, "QMAILSHOST", "QMAILHOST", "MAILHOST", (char *)0);
	struct addr a;

	c->sender.max = ENVELOPE_ADDR;
	return join(c, &a, user ? user : user_of(c), host) && put_verp(c, &a);
}

/* ---- the name of a person in a header */

/* one encoded word for some whole characters; how many bytes they were */
static size_t
put_word(struct buf *b, const char *s, size_t n, bool utf8, bool *ok)
{
	char letters[BASE64_LETTERS(WORD_BYTES)];
	size_t take = 0, one;

	while (take < n && (one = utf8 ? utf8_char(s + take, n - take, 0) : 1) && take + one <= WORD_BYTES)
		take += one;
	*ok = buf_puts(b, utf8 ? "=?utf-8?B?" : "=?iso-8859-1?B?") && buf_put(b, letters, base64_encode(letters, s, take)) &&
	    buf_puts(b, "?=");
	return take;
}

static bool
put_encoded(struct buf *b, const char *s, size_t n)
{
	bool utf8 = utf8_text(s, n), ok = true;
	size_t at = 0;

	while (at < n && ok) {
		ok = at == 0 || buf_puts(b, "\n ");
		if (ok)
			at += put_word(b, s + at, n - at, utf8, &ok);
	}
	return ok;
}

/* in quotes, or as a comment */
static bool
put_between(struct buf *b, char open, char close, const char *s)
{
	bool ok = buf_byte(b, open);

	for (; ok && *s; s++)
		ok = (!strchr("\"\\()", *s) || buf_byte(b, '\\')) && buf_byte(b, *s);
	return ok && buf_byte(b, close);
}

static bool
is_phrase(const char *s)
{
	for (; *s; s++)
		if ((*s < 'a' || *s > 'z') && (*s < 'A' || *s > 'Z') && (*s < '0' || *s > '9') && !strchr(" -_'", *s))
			return false;
	return true;
}

/* Controls are blanks, before all else: a reader that decodes a word must not find a line end in it. At most CALLER_NAME bytes. */
static bool
put_person(struct buf *b, const char *text, bool comment)
{
	char name[CALLER_NAME + 1];
	size_t n = strlen(text), i;

	for (i = 0; i <= n; i++)
		name[i] = (text[i] > 0 && text[i] < ' ') || text[i] == 127 ? ' ' : text[i];
	if (!utf8_ascii(name, n))
		return (!comment || buf_byte(b, '(')) && put_encoded(b, name, n) && (!comment || buf_byte(b, ')'));
	if (comment)
		return put_between(b, '(', ')', name);
	return is_phrase(name) ? buf_puts(b, name) : put_between(b, '"', '"', name);
}

/* A sender that was set is the author; and its full name is known if it is the caller */
static const char *
name_for(struct compose *c, const struct addr *a, bool other)
{
	const char *s = c->full_name ? c->full_name : caller_variable(&c->caller, "QMAILNAME", "MAILNAME", (char *)0), *login;

	if (s)
		return strlen(s) <= CALLER_NAME ? s : "";
	login = user_of(c);
	if (other && (strlen(login) != a->local || memcmp(login, a->s, a->local) != 0))
		return "";
	s = caller_variable(&c->caller, "NAME", (char *)0);
	if (s)
		return strlen(s) <= CALLER_NAME ? s : "";
	caller_account(&c->caller);
	return c->caller.full;
}

static bool
author(struct compose *c, struct addr *a, bool *other)
{
	const char *at = c->author_is_sender && c->sender.len ? strrchr(c->sender.s, '@') : 0;

	*other = at && strcmp(c->sender.s, "#@[]") != 0;
	if (*other && c->sender.len <= ADDR_MAX) {
		memcpy(a->s, c->sender.s, c->sender.len + 1);
		a->len = c->sender.len;
		a->local = (size_t)(at - c->sender.s);
		return true;
	}
	*other = false;
	return join(c, a, user_of(c), caller_variable(&c->caller, "QMAILHOST", "MAILHOST", (char *)0));
}

bool
author_from(struct compose *c, const char *field)
{
	struct buf *b = &c->header;
	const char *name;
	struct addr a;
	bool other;

	if (!author(c, &a, &other) || !buf_puts(b, field) || !buf_puts(b, ": "))
		return false;
	name = name_for(c, &a, other);
	if (!*name)
		return addr_quote(b, a.s, a.len) && buf_byte(b, '\n');
	if (c->comment_style)
		return addr_quote(b, a.s, a.len) && buf_byte(b, ' ') && put_person(b, name, true) && buf_byte(b, '\n');
	return put_person(b, name, false) && buf_puts(b, " <") && addr_quote(b, a.s, a.len) && buf_puts(b, ">\n");
}

/* time and process tell it from others of this host */
bool
author_message_id(struct compose *c, const char *field)
{
	struct qid id = { (uint64_t)c->now_us % QID_US_END, (uint64_t)getpid() };
	char text[QID_TEXT];

	qid_text(text, &id);
	return buf_puts(&c->header, field) && buf_puts(&c->header, ": <") && buf_puts(&c->header, text) &&
	    buf_byte(&c->header, '@') && buf_put(&c->header, c->names.id.s, c->names.id.len) && buf_puts(&c->header, ">\n");
}
