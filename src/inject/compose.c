#include "inject/compose.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "inject/author.h"
#include "lib/ascii.h"
#include "lib/clock.h"
#include "lib/file.h"
#include "lib/map.h"
#include "mail/date.h"
#include "mail/utf8.h"

#define LISTS_MAX (1u << 20)
#define OUTPUT_MAX (4 * (size_t)COMPOSE_HEADER)

void
compose_init(struct compose *c)
{
	memset(c, 0, sizeof *c);
	caller_init(&c->caller);
	c->now_us = clock_wall_us();
	c->rcpts.max = ENVELOPE_MAX;
	c->header.max = OUTPUT_MAX;
	c->sender.max = ENVELOPE_ADDR;
	c->followup.max = COMPOSE_HEADER;
}

void
compose_free(struct compose *c)
{
	buf_free(&c->sender);
	buf_free(&c->rcpts);
	buf_free(&c->header);
	buf_free(&c->lists);
	buf_free(&c->followup);
	if (c->names_known)
		names_free(&c->names);
	c->names_known = false;
	buf_free(&c->caller.space);
	c->caller.known = false;
}

/* the file with an address on each line */
static bool
read_lists(struct compose *c, const char *file)
{
	size_t i;

	c->lists.max = LISTS_MAX;
	if (!file_read(AT_FDCWD, file, &c->lists) || !buf_byte(&c->lists, '\n'))
		return false;
	for (i = 0; i < c->lists.len; i++)
		if (c->lists.s[i] == '\n')
			c->lists.s[i] = 0;
	return true;
}

bool
compose_variables(struct compose *c)
{
	const char *s = caller_variable(&c->caller, "QMAILINJECT", (char *)0);
	const char *file = caller_variable(&c->caller, "QMAILMFTFILE", (char *)0);

	for (; s && *s; s++)
		switch (*s) {
		case 'c': c->comment_style = true; break;
		case 's': c->take_return_path = false; break;
		case 'f': c->own_from = true; break;
		case 'i': c->own_id = true; break;
		case 'r': c->verp = true; break;
		case 'm': c->stamped = true; break;
		default: break;
		}
	return !file || read_lists(c, file);
}

/* ---- what can go wrong */

static enum compose_result
trouble(struct compose *c, const char *what)
{
	if (errno == EMSGSIZE || errno == EINVAL) {
		snprintf(c->why, sizeof c->why, "%s: %s", what, errno == EINVAL ? "not an address" : "too long");
		return COMPOSE_BAD;
	}
	snprintf(c->why, sizeof c->why, "unable to hold %s: %s", what, strerror(errno));
	return COMPOSE_TROUBLE;
}

/* n bytes of s are no such thing */
static enum compose_result
bad(struct compose *c, const char *what, const char *why, const char *s, size_t n)
{
	char shown[101];
	size_t i;

	for (; n && strchr(" \t\n", *s); n--)
		s++;
	while (n && strchr(" \t\n", s[n - 1]))
		n--;
	for (i = 0; i < n && i < sizeof shown - 1; i++)
		shown[i] = ascii_mask(s[i]);
	shown[i] = 0;
	snprintf(c->why, sizeof c->why, "%s: %s: %s%s", what, why, shown, i < n ? "..." : "");
	return COMPOSE_BAD;
}

enum compose_result
compose_names(struct compose *c)
{
	struct conf_error e;

	if (!c->names_known && !names_load(&c->names, c->caller.environment, &e)) {
		snprintf(c->why, sizeof c->why, "%s", e.text);
		return COMPOSE_TROUBLE;
	}
	c->names_known = true;
	return COMPOSE_OK;
}

/* ---- the envelope */

static bool
ends_in_verp(const char *s, size_t n)
{
	return n > 4 && n <= ADDR_MAX && strcmp(s + n - 4, "-@[]") == 0 && memchr(s, '@', n - 4);
}

static bool
is_plain(const char *s)
{
	for (; *s; s++)
		if (!ascii_print(*s) || *s == ' ')
			return false;
	return true;
}

static enum compose_result
set_sender(struct compose *c, const char *s, size_t n)
{
	buf_clear(&c->sender);
	c->utf8 |= !utf8_ascii(s, n);
	return buf_put(&c->sender, s, n) ? COMPOSE_OK : trouble(c, "the sender");
}

/* from a list of n bytes that should have one address */
static enum compose_result
sender_from(struct compose *c, const char *s, size_t n)
{
	struct mailboxes walk;
	struct mailbox m, more;
	struct addr a;
	enum addr_result r;

	mailboxes_init(&walk, s, n);
	switch (mailboxes_next(&walk, &m)) {
	case MAILBOXES_END:
		return set_sender(c, "", 0);
	case MAILBOXES_BAD:
		return bad(c, "the sender", walk.why, s, n);
	case MAILBOXES_GOT:
	default:
		break;
	}
	if (mailboxes_next(&walk, &more) != MAILBOXES_END)
		return bad(c, "the sender", "not one address", s, n);
	if (m.len && compose_names(c) != COMPOSE_OK)
		return COMPOSE_TROUBLE;
	r = names_address(&c->names, &m, &a);
	return r == ADDR_OK ? set_sender(c, a.s, a.len) : bad(c, "the sender", names_why(r), s, n);
}

enum compose_result
compose_sender(struct compose *c, const char *s)
{
	size_t n = strlen(s);

	if (is_plain(s) && (strcmp(s, "#@[]") == 0 || ends_in_verp(s, n)))
		return set_sender(c, s, n);
	return sender_from(c, s, n);
}

static enum compose_result
add_rcpts(struct compose *c, const char *s, size_t n)
{
	struct mailboxes walk;
	struct mailbox m;
	struct addr a;
	enum mailboxes_result got;
	enum addr_result r;

	if (compose_names(c) != COMPOSE_OK)
		return COMPOSE_TROUBLE;
	mailboxes_init(&walk, s, n);
	while ((got = mailboxes_next(&walk, &m)) == MAILBOXES_GOT) {
		if (!m.len)
			continue;               /* <> is nobody */
		if ((r = names_address(&c->names, &m, &a)) != ADDR_OK)
			return bad(c, "a recipient", names_why(r), m.s, m.len);
		if (++c->rcpt_count > ENVELOPE_RCPTS || !buf_put(&c->rcpts, a.s, a.len + 1)) {
			errno = c->rcpt_count > ENVELOPE_RCPTS ? EMSGSIZE : errno;
			return trouble(c, "the list of recipients");
		}
		c->utf8 |= !utf8_ascii(a.s, a.len);
	}
	return got == MAILBOXES_BAD ? bad(c, "a recipient", walk.why, s + walk.bad_at, n - walk.bad_at) : COMPOSE_OK;
}

enum compose_result
compose_rcpts(struct compose *c, const char *s)
{
	return add_rcpts(c, s, strlen(s));
}

bool
compose_envelope(const struct compose *c, struct buf *b, const char *notify)
{
	const char *s = c->rcpts.len ? c->rcpts.s : "", *end = s + c->rcpts.len, *had;
	struct map map = { 0 };
	size_t n;
	bool ok = true;

	for (; ok && s < end; s += n + 1) {
		n = strlen(s);
		had = map_get(&map, s, n);
		if (had && strcmp(had, s) == 0)
			continue;
		ok = map_add(&map, s, n, s) && envelope_rcpt(b, s) && (!notify || envelope_param(b, 'N', notify));
	}
	map_free(&map);
	return ok && envelope_end(b);
}

/* ---- the header as it came */

static unsigned long
ignored(const struct compose *c)
{
	return (c->own_from ? HEAD_BIT(HEAD_FROM) | HEAD_BIT(HEAD_RESENT_FROM) : 0) |
	    (c->own_id ? HEAD_BIT(HEAD_MESSAGE_ID) | HEAD_BIT(HEAD_RESENT_MESSAGE_ID) : 0);
}

static void
learn(struct compose *c, const struct head *h, const char *s)
{
	size_t at = h->start;
	struct head_field f;

	while (head_field(h, s, &at, &f)) {
		c->seen |= HEAD_BIT(f.kind);
		c->received += f.kind == HEAD_RECEIVED;
	}
}

/* what an address list of the header says about the envelope */
static enum compose_result
take_envelope(struct compose *c, const struct head *h, const char *s)
{
	unsigned long rcpts = !c->from_header ? 0 : c->seen & HEAD_RESENT_RCPTS ? HEAD_RESENT_RCPTS : HEAD_RCPTS;
	bool sender = c->take_return_path && !c->sender.s;
	size_t at = h->start;
	struct head_field f;
	enum compose_result r = COMPOSE_OK;

	while (r == COMPOSE_OK && head_field(h, s, &at, &f))
		if (HEAD_BIT(f.kind) & rcpts)
			r = add_rcpts(c, f.s + f.value, f.n - f.value);
		else if (f.kind == HEAD_RETURN_PATH && sender)
			r = sender_from(c, f.s + f.value, f.n - f.value);
	return r;
}

/* ---- the header as it goes */

/* m is in To or Cc */
static bool
note_followup(struct compose *c, const struct mailbox *m)
{
	const char *line = c->lists.s, *end = line + c->lists.len;
	struct addr a;

	if (names_address(&c->names, m, &a) != ADDR_OK)
		return true;
	for (; line < end && !c->to_list; line += strlen(line) + 1)
		c->to_list = strcasecmp(line, a.s) == 0;
	return (!c->followup.len || buf_puts(&c->followup, ",\n\t")) && addr_quote(&c->followup, a.s, a.len);
}

/* a field with addresses: those without a host get one, all else stays as it is */
static bool
put_addresses(struct compose *c, const struct head_field *f)
{
	const char *s = f->s + f->value;
	size_t n = f->n - f->value, done = 0, had, written;
	struct mailboxes walk;
	struct mailbox m;
	bool ok;

	mailboxes_init(&walk, s, n);
	ok = buf_put(&c->header, f->s, f->value);
	while (ok && mailboxes_next(&walk, &m) == MAILBOXES_GOT) {
		c->utf8 |= !utf8_ascii(m.s, m.len);
		if (!m.len)
			continue;
		if (c->lists.len && HEAD_BIT(f->kind) & (HEAD_BIT(HEAD_TO) | HEAD_BIT(HEAD_CC)) && !note_followup(c, &m))
			return false;
		ok = buf_put(&c->header, s + done, m.domain_at - done);
		done = m.domain_at;
		had = m.local < m.len ? m.local + 1 : m.len;
		ok = ok && (had < m.len || buf_byte(&c->header, '@'));
		written = c->header.len;
		ok = ok && names_host(&c->names, &c->header, m.s + had, m.len - had);
		if (ok && c->header.len - written == m.len - had && memcmp(c->header.s + written, m.s + had, m.len - had) == 0)
			buf_cut(&c->header, written);           /* the same: as it was written */
		else
			done = m.end;
	}
	return ok && buf_put(&c->header, s + done, n - done);
}

static bool
missing(const struct compose *c, enum head_kind kind)
{
	return !(c->seen & ~ignored(c) & HEAD_BIT(kind));
}

static bool
put_date(struct compose *c, const char *field)
{
	char date[DATE_RFC5322];

	date_rfc5322(date, c->now_us / 1000000);
	return buf_puts(&c->header, field) && buf_puts(&c->header, ": ") && buf_puts(&c->header, date) && buf_byte(&c->header, '\n');
}

static bool
put_missing(struct compose *c)
{
	return (!missing(c, HEAD_DATE) || put_date(c, "Date")) && (!missing(c, HEAD_FROM) || author_from(c, "From")) &&
	    (!missing(c, HEAD_MESSAGE_ID) || author_message_id(c, "Message-ID")) &&
	    (!c->to_list || !missing(c, HEAD_MAIL_FOLLOWUP_TO) || (buf_puts(&c->header, "Mail-Followup-To: ") &&
	    buf_put(&c->header, c->followup.s, c->followup.len) && buf_byte(&c->header, '\n'))) &&
	    (!c->mention_nobody || !missing(c, HEAD_TO) || !missing(c, HEAD_CC) ||
	    buf_puts(&c->header, "Cc: recipient list not shown: ;\n"));
}

static bool
put_missing_resent(struct compose *c)
{
	return (!missing(c, HEAD_RESENT_DATE) || put_date(c, "Resent-Date")) &&
	    (!missing(c, HEAD_RESENT_FROM) || author_from(c, "Resent-From")) &&
	    (!missing(c, HEAD_RESENT_MESSAGE_ID) || author_message_id(c, "Resent-Message-ID")) &&
	    (!c->mention_nobody || !missing(c, HEAD_RESENT_TO) || !missing(c, HEAD_RESENT_CC) ||
	    buf_puts(&c->header, "Resent-Cc: recipient list not shown: ;\n"));
}

static bool
put_header(struct compose *c, const struct head *h, const char *s)
{
	unsigned long gone = HEAD_BIT(HEAD_BCC) | HEAD_BIT(HEAD_RESENT_BCC) | HEAD_BIT(HEAD_RETURN_PATH) | ignored(c) |
	    (c->as_is ? 0 : HEAD_BIT(HEAD_CONTENT_LENGTH));
	bool resent = c->seen & HEAD_RESENT, owed = resent && !c->as_is, ok = true;
	size_t at = h->start;
	struct head_field f;

	while (ok && head_field(h, s, &at, &f)) {
		if (owed && HEAD_BIT(f.kind) & HEAD_RESENT) {
			owed = false;
			ok = put_missing_resent(c);
		}
		if (!ok || HEAD_BIT(f.kind) & gone)
			continue;
		ok = HEAD_BIT(f.kind) & HEAD_ADDRESSES && !c->as_is ? put_addresses(c, &f) : buf_put(&c->header, f.s, f.n);
	}
	return ok && (c->as_is || resent || put_missing(c));
}

enum compose_result
compose_header(struct compose *c, const struct head *h, const char *s)
{
	enum compose_result r;

	learn(c, h, s);
	if ((r = take_envelope(c, h, s)) != COMPOSE_OK || (r = compose_names(c)) != COMPOSE_OK)
		return r;
	if (!c->sender.s) {
		if (!author_sender(c))
			return trouble(c, "the sender");
		c->author_is_sender = false;
	}
	c->utf8 |= !utf8_ascii(c->sender.s, c->sender.len);
	return buf_puts(&c->header, "") && put_header(c, h, s) ? COMPOSE_OK : trouble(c, "the header");
}
