/* The selectors' words: values, and what a message is like. */
#include "tools/selector_term.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/ascii.h"
#include "lib/ip.h"
#include "lib/num.h"
#include "resolve/passwd.h"

enum state {                            /* bits */
	STATE_HELD = 1, STATE_ACTIVE = 2, STATE_WAITING = 4, STATE_BY_TIME = 7,
	STATE_DEFERRED = 8, STATE_FAILED = 16, STATE_DELIVERED = 32, STATE_EXPANDED = 64
};

bool
selector_complain(struct parser *p, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(p->error->text, sizeof p->error->text, format, args);
	va_end(args);
	return false;
}

/* ---- patterns */

/* the set at s, behind its '['; *end goes behind its ']'. A set without end is none: then *end is 0 */
static bool
in_set(const char *s, char c, const char **end)
{
	bool negated = *s == '!' || *s == '^', found = false, first = true;

	c = ascii_lower(c);
	for (s += negated; *s && (*s != ']' || first); first = false) {
		char low = ascii_lower(*s++), high = low;

		if (*s == '-' && s[1] && s[1] != ']') {
			high = ascii_lower(s[1]);
			s += 2;
		}
		found = found || ((unsigned char)low <= (unsigned char)c && (unsigned char)c <= (unsigned char)high);
	}
	*end = *s ? s + 1 : 0;
	return found != negated;
}

/* one character of the pattern against one of the text; where the pattern goes on, 0: they differ */
static const char *
match_one(const char *p, char c)
{
	const char *end;

	if (*p == '?')
		return p + 1;
	if (*p == '[') {
		bool yes = in_set(p + 1, c, &end);

		if (end)
			return yes ? end : 0;
	}
	if (*p == '\\' && p[1])
		p++;
	return *p && ascii_lower(*p) == ascii_lower(c) ? p + 1 : 0;
}

/* Only the last star is ever tried again: linear in the pattern for each byte of the text. */
static bool
match(const char *p, const char *s, const char *end)
{
	const char *star = 0, *from = 0, *next;

	while (s < end) {
		if (*p == '*') {
			star = ++p;
			from = s;
		} else if ((next = match_one(p, *s))) {
			p = next;
			s++;
		} else if (star) {
			p = star;
			s = ++from;
		} else
			return false;
	}
	while (*p == '*')
		p++;
	return !*p;
}

bool
selector_pattern(const char *pattern, const char *text, size_t n)
{
	const char *at = text, *end = text + n;

	if (*pattern == '@') {
		for (at = end; at > text && at[-1] != '@'; at--)
			;
		if (at-- == text)
			return false;
	}
	return match(pattern, at, end);
}

static bool
fits(const struct selector_term *t, const char *text)
{
	return selector_pattern(t->pattern, text, strlen(text));
}

/* ---- values */

static bool
parse_pattern(struct parser *p, struct selector_term *t, const char *value)
{
	t->pattern = value;
	return *value || selector_complain(p, "%s: a pattern is missing", p->word[p->at]);
}

static bool
parse_sender(struct parser *p, struct selector_term *t, const char *value)
{
	if (strcmp(value, "<>") != 0)
		return parse_pattern(p, t, value);
	t->pattern = "";
	return true;
}

static bool
parse_number(struct parser *p, struct selector_term *t, const char *value)
{
	return num_u64(value, 0, UINT32_MAX, &t->n) || selector_complain(p, "%s: not a number", p->word[p->at]);
}

/* a number and one letter of units, which stand for so many of the last thing; false: it is none */
static bool
with_unit(const char *value, const char *units, const uint64_t *worth, bool bare, uint64_t *n)
{
	size_t len = strlen(value);
	const char *u = len ? strchr(units, ascii_lower(value[len - 1])) : 0;
	uint64_t factor = u && *u ? worth[u - units] : 1;

	if (!(u && *u) && !bare)
		return false;
	return num_span(value, u && *u ? len - 1 : len, 0, INT64_MAX / (1 << 30), n) && (*n *= factor, true);
}

static bool
parse_size(struct parser *p, struct selector_term *t, const char *value)
{
	static const uint64_t worth[] = { 1024, 1024 * 1024, 1024 * 1024 * 1024 };

	return with_unit(value, "kmg", worth, true, &t->n) || selector_complain(p, "%s: not a size such as 800, 20K or 1M", p->word[p->at]);
}

static bool
parse_time(struct parser *p, struct selector_term *t, const char *value)
{
	static const uint64_t worth[] = { 1, 60, 3600, 86400, 7 * 86400 };

	return with_unit(value, "smhdw", worth, false, &t->n) || selector_complain(p, "%s: not a time such as 30m, 2h or 3d", p->word[p->at]);
}

bool
selector_state(const char *name, size_t n, uint64_t *bit)
{
	static const struct { const char *name; enum state bit; } states[] = {
		{ "held", STATE_HELD }, { "active", STATE_ACTIVE }, { "waiting", STATE_WAITING }, { "deferred", STATE_DEFERRED },
		{ "failed", STATE_FAILED }, { "delivered", STATE_DELIVERED }, { "expanded", STATE_EXPANDED },
	};
	size_t i;

	for (i = 0; i < sizeof states / sizeof *states; i++)
		if (strlen(states[i].name) == n && strncasecmp(states[i].name, name, n) == 0) {
			*bit = states[i].bit;
			return true;
		}
	return false;
}

static bool
parse_state(struct parser *p, struct selector_term *t, const char *value)
{
	uint64_t bit;
	size_t n;

	t->n = 0;
	for (;; value += n + 1) {
		n = strcspn(value, ",");
		if (!selector_state(value, n, &bit))
			return selector_complain(p, "%s: states are held, active, waiting, deferred, failed, delivered, expanded", p->word[p->at]);
		t->n |= bit;
		if (!value[n])
			return true;
	}
}

static bool
parse_uid(struct parser *p, struct selector_term *t, const char *value)
{
	struct buf space = BUF(PASSWD_SPACE);
	struct passwd_file file;
	struct passwd_source source;
	struct passwd_entry e;
	struct outcome why;
	enum passwd_result r;

	if (num_u64(value, 0, UINT32_MAX, &t->n))
		return true;
	passwd_file_init(&file, 0, &source);
	if ((r = source.find(source.ctx, value, true, &space, &e, &why)) == PASSWD_FOUND)
		t->n = e.uid;
	passwd_file_close(&file);
	buf_free(&space);
	return r == PASSWD_FOUND || selector_complain(p, "%s: %s", p->word[p->at], r == PASSWD_TROUBLE ? why.text : "no such user");
}

static bool
parse_client(struct parser *p, struct selector_term *t, const char *value)
{
	char text[IP_TEXT];
	size_t n = strcspn(value, "/");
	uint64_t bits = IP_BITS;

	if (n >= sizeof text)
		return selector_complain(p, "%s: not an address", p->word[p->at]);
	memcpy(text, value, n);
	text[n] = 0;
	if (!ip_read(text, t->ip))
		return selector_complain(p, "%s: not an address", p->word[p->at]);
	if (value[n]) {
		bool v4 = ip_is_v4(t->ip);

		if (!num_u64(value + n + 1, 0, v4 ? 32 : 128, &bits))
			return selector_complain(p, "%s: the bits of the net are a number up to %d", p->word[p->at], v4 ? 32 : 128);
		bits += v4 ? 96 : 0;
	}
	t->bits = (unsigned)bits;
	ip_mask(t->ip, t->bits);
	return true;
}

static bool
parse_regex(struct parser *p, struct selector_term *t, const char *value)
{
	char why[120];
	int error = regcomp(&t->regex, value, REG_EXTENDED | REG_ICASE | REG_NOSUB);

	if (!error)
		return true;
	regerror(error, &t->regex, why, sizeof why);
	t->key = 0;                             /* nothing to free */
	return selector_complain(p, "%s: %s", p->word[p->at], why);
}

/* ---- what a message is like */

static bool
compare(enum op op, uint64_t is, uint64_t wanted)
{
	switch (op) {
	case OP_MORE:
		return is > wanted;
	case OP_LESS:
		return is < wanted;
	case OP_MORE_IS:
		return is >= wanted;
	case OP_LESS_IS:
		return is <= wanted;
	default:
		return is == wanted;
	}
}

static bool
has_from(const struct selector *s, const struct selector_term *t, const struct look *l)
{
	const char *sender = qf_string(&l->file, l->file.sender);

	(void)s;
	return *t->pattern ? fits(t, sender) : !*sender;
}

static bool
has_to(const struct selector *s, const struct selector_term *t, const struct look *l)
{
	size_t i;

	(void)s;
	for (i = 0; i < l->file.rcpts; i++)
		if (look_open(l, i) && fits(t, qf_string(&l->file, l->file.rcpt[i].addr)))
			return true;
	return false;
}

static bool
has_reached(const struct selector *s, const struct selector_term *t, const struct look *l)
{
	size_t i;

	(void)s;
	for (i = 0; i < l->file.rcpts; i++)
		if (l->file.rcpt[i].state == QF_DELIVERED && fits(t, qf_string(&l->file, l->file.rcpt[i].addr)))
			return true;
	return false;
}

static bool
has_domain(const struct selector *s, const struct selector_term *t, const struct look *l)
{
	size_t i;
	const char *at;

	(void)s;
	for (i = 0; i < l->file.rcpts; i++)
		if (look_open(l, i) && (at = strrchr(qf_string(&l->file, l->file.rcpt[i].addr), '@')) &&
		    match(t->pattern, at + 1, at + strlen(at)))
			return true;
	return false;
}

static int64_t
age(const struct selector *s, const struct look *l)
{
	return s->now_s - (int64_t)(l->id.us / 1000000);
}

static bool
has_older(const struct selector *s, const struct selector_term *t, const struct look *l)
{
	return age(s, l) > (int64_t)t->n;
}

static bool
has_newer(const struct selector *s, const struct selector_term *t, const struct look *l)
{
	return age(s, l) < (int64_t)t->n;
}

static bool
has_size(const struct selector *s, const struct selector_term *t, const struct look *l)
{
	(void)s;
	return compare(t->op, l->file.header.length, t->n);
}

static bool
has_tries(const struct selector *s, const struct selector_term *t, const struct look *l)
{
	(void)s;
	return compare(t->op, look_tries(l), t->n);
}

static bool
has_state(const struct selector *s, const struct selector_term *t, const struct look *l)
{
	bool held = l->place == WALK_HOLD;
	size_t i;

	if ((t->n & STATE_HELD && held) || (t->n & STATE_ACTIVE && !held && l->next_s <= s->now_s) ||
	    (t->n & STATE_WAITING && !held && l->next_s > s->now_s))
		return true;
	if (!(t->n & ~(uint64_t)STATE_BY_TIME))
		return false;
	for (i = 0; i < l->file.rcpts; i++) {
		const struct qf_rcpt *r = &l->file.rcpt[i];

		if ((t->n & STATE_DEFERRED && r->state == QF_WAITING && r->tries) ||
		    (t->n & STATE_FAILED && (r->state == QF_FAILED || r->state == QF_BOUNCED)) ||
		    (t->n & STATE_DELIVERED && r->state == QF_DELIVERED) || (t->n & STATE_EXPANDED && r->state == QF_EXPANDED))
			return true;
	}
	return false;
}

static bool
has_uid(const struct selector *s, const struct selector_term *t, const struct look *l)
{
	(void)s;
	return l->file.header.uid == t->n;
}

static bool
has_login(const struct selector *s, const struct selector_term *t, const struct look *l)
{
	(void)s;
	return l->file.login && fits(t, qf_string(&l->file, l->file.login)) && look_believed(l);
}

static bool
has_client(const struct selector *s, const struct selector_term *t, const struct look *l)
{
	unsigned char ip[16];

	(void)s;
	if (!l->file.client || !ip_read(qf_string(&l->file, l->file.client), ip))
		return false;
	ip_mask(ip, t->bits);
	return memcmp(ip, t->ip, sizeof ip) == 0 && look_believed(l);
}

/* "STATUS TEXT" of recipient i's last attempt, as lists show it */
static bool
error_fits(const struct selector_term *t, const struct look *l, size_t i)
{
	const struct qf_rcpt *r = &l->file.rcpt[i];
	char space[1024], *text = space;
	const char *said = qf_string(&l->file, r->last);
	size_t n = strlen(r->status) + strlen(said) + 2;
	bool yes;

	if (n > sizeof space && !(text = malloc(n)))
		return regexec(&t->regex, said, 0, 0, 0) == 0;
	stpcpy(stpcpy(stpcpy(text, r->status), " "), said);
	yes = regexec(&t->regex, text, 0, 0, 0) == 0;
	if (text != space)
		free(text);
	return yes;
}

static bool
has_error(const struct selector *s, const struct selector_term *t, const struct look *l)
{
	size_t i;

	(void)s;
	for (i = 0; i < l->file.rcpts; i++)
		if (l->file.rcpt[i].last && look_open(l, i) && l->file.rcpt[i].state != QF_EXPANDED && error_fits(t, l, i))
			return true;
	return false;
}

static bool
has_host(const struct selector *s, const struct selector_term *t, const struct look *l)
{
	const char *p;
	size_t i, n;

	(void)s;
	for (i = 0; i < l->file.rcpts; i++)
		if (look_open(l, i) && (((p = look_host(l, i, &n)) && selector_pattern(t->pattern, p, n)) ||
		    ((p = look_address(l, i, &n)) && selector_pattern(t->pattern, p, n))))
			return true;
	return false;
}

static bool
has_id(const struct selector *s, const struct selector_term *t, const struct look *l)
{
	char id[QID_TEXT];

	(void)s;
	qid_text(id, &l->id);
	return fits(t, id);
}

static bool
has_body(const struct selector *s, const struct selector_term *t, const struct look *l)
{
	(void)s;
	return fits(t, l->file.body ? qf_string(&l->file, l->file.body) : "7BIT");
}

static bool
is_forwarded(const struct selector *s, const struct selector_term *t, const struct look *l)
{
	(void)s;
	(void)t;
	return l->file.forwarded;
}

static bool
is_utf8(const struct selector *s, const struct selector_term *t, const struct look *l)
{
	(void)s;
	(void)t;
	return l->file.utf8;
}

#define IS (1u << OP_IS)
#define ORDER (IS | 1u << OP_MORE | 1u << OP_LESS | 1u << OP_MORE_IS | 1u << OP_LESS_IS)

static const struct key keys[] = {
	{ "from", IS, LOOK_ALL, parse_sender, has_from },
	{ "to", IS, LOOK_ALL, parse_pattern, has_to },
	{ "reached", IS, LOOK_ALL, parse_pattern, has_reached },
	{ "domain", IS, LOOK_ALL, parse_pattern, has_domain },
	{ "older", IS, LOOK_NAME, parse_time, has_older },
	{ "newer", IS, LOOK_NAME, parse_time, has_newer },
	{ "size", ORDER, LOOK_HEADER, parse_size, has_size },
	{ "tries", ORDER, LOOK_ALL, parse_number, has_tries },
	{ "state", IS, LOOK_ALL, parse_state, has_state },
	{ "uid", IS, LOOK_HEADER, parse_uid, has_uid },
	{ "login", IS, LOOK_ALL, parse_pattern, has_login },
	{ "client", IS, LOOK_ALL, parse_client, has_client },
	{ "error", 1u << OP_MATCH, LOOK_ALL, parse_regex, has_error },
	{ "host", IS, LOOK_ALL, parse_pattern, has_host },
	{ "id", IS, LOOK_NAME, parse_pattern, has_id },
	{ "body", IS, LOOK_ALL, parse_pattern, has_body },
	{ "forwarded", 1u << OP_NONE, LOOK_ALL, 0, is_forwarded },
	{ "utf8", 1u << OP_NONE, LOOK_ALL, 0, is_utf8 },
};

const struct key *
selector_key(const char *name, size_t n)
{
	size_t i;

	for (i = 0; i < sizeof keys / sizeof *keys; i++)
		if (strlen(keys[i].name) == n && strncmp(keys[i].name, name, n) == 0)
			return &keys[i];
	return 0;
}

/* a state by time is told by name and mtime alone */
enum look_depth
selector_term_depth(const struct selector_term *t)
{
	if (t->key->holds != has_state || t->n & ~(uint64_t)STATE_BY_TIME)
		return t->key->depth;
	return t->n == STATE_HELD ? LOOK_NAME : LOOK_HEADER;
}

void
selector_term_free(struct selector_term *t)
{
	if (t->key && t->key->parse == parse_regex)
		regfree(&t->regex);
}
