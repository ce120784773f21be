/* What the lines of pneu-send are is written in queue/log.c, those of sessions in smtp/answer.c and smtp/qmqpd.c. Text of
 * strangers stands last in them: what comes before it is found from the left. */
#include "tools/trace.h"

#include <stddef.h>
#include <string.h>

#include "lib/num.h"
#include "wire/qid.h"

bool
span_is(struct span a, const char *s)
{
	return strlen(s) == a.n && memcmp(a.s, s, a.n) == 0;
}

uint64_t
span_hash(struct span a)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);
	size_t i;

	for (i = 0; i < a.n; i++)
		h = (h ^ (unsigned char)a.s[i]) * UINT64_C(0x100000001b3);
	h ^= h >> 32;
	h *= UINT64_C(0x9e3779b97f4a7c15);
	h ^= h >> 29;
	return h ? h : 1;
}

/* ---- from the left */

static bool
eat(struct span *c, const char *literal)
{
	size_t n = strlen(literal);

	if (c->n < n || memcmp(c->s, literal, n) != 0)
		return false;
	c->s += n;
	c->n -= n;
	return true;
}

/* what stands before the literal, which is taken too; if it is not there nothing is, and the result is empty */
static struct span
before(struct span *c, const char *literal)
{
	size_t n = strlen(literal);
	const char *at = c->n >= n ? memmem(c->s, c->n, literal, n) : 0;
	struct span found = { c->s, at ? (size_t)(at - c->s) : 0 };

	if (at) {
		c->n -= found.n + n;
		c->s = at + n;
	}
	return found;
}

/* up to a blank, which is taken too, or the end */
static struct span
word(struct span *c)
{
	const char *at = c->n ? memchr(c->s, ' ', c->n) : 0;
	struct span found = { c->s, at ? (size_t)(at - c->s) : c->n };
	size_t used = at ? found.n + 1 : found.n;

	c->s += used;
	c->n -= used;
	return found;
}

static bool
number(struct span *c, const char *end, uint64_t *n)
{
	struct span s = before(c, end);

	return s.n && num_span(s.s, s.n, 0, UINT64_MAX, n);
}

/* A name of a message or a session; qmail's messages have numbers */
static bool
is_id(struct span s)
{
	size_t i;

	if (s.n == 0 || s.n >= QID_TEXT)
		return false;
	for (i = 0; i < s.n; i++)
		if (!(s.s[i] >= '0' && s.s[i] <= '9') && !(s.s[i] >= 'a' && s.s[i] <= 'z'))
			return false;
	return true;
}

/* one that cannot be a word or a number: of our own form */
static bool
is_our_id(struct span s)
{
	char text[QID_TEXT];
	struct qid q;

	if (s.n <= 12 || s.n >= QID_TEXT || *s.s < '0' || *s.s > '9')
		return false;
	memcpy(text, s.s, s.n);
	text[s.n] = 0;
	return qid_parse(text, &q);
}

/* the first of our IDs in the text, which may stand in punctuation */
static struct span
id_in(struct span c)
{
	static const struct span none;

	while (c.n) {
		struct span w = word(&c);

		while (w.n && (w.s[w.n - 1] == ':' || w.s[w.n - 1] == ',' || w.s[w.n - 1] == ']'))
			w.n--;
		if (w.n && *w.s == '[')
			w.s++, w.n--;
		if (is_our_id(w))
			return w;
	}
	return none;
}

/* ---- the runner's */

/* of a delivery's words: "did_0+1+0_qp_5388_id_ID", and what a pneu says that took it over, "_ok_ID/" */
static struct span
child_in(struct span words)
{
	static const struct span none;
	struct span c = words, id;
	bool forward = eat(&c, "did_");

	(void)before(&c, forward ? "_id_" : "_2.0.0_ok_");
	if (c.s == words.s + (forward ? 4 : 0))
		return none;
	id = c;
	for (c.n = 0; c.n < id.n && c.s[c.n] != ':' && c.s[c.n] != '/' && c.s[c.n] != '_'; c.n++)
		;
	return is_our_id(c) ? c : none;
}

static bool
on_result(struct trace_line *l, struct span c)
{
	if (!number(&c, ": ", &l->delivery))
		return false;
	if (span_is(c, "report mangled, will defer"))
		l->kind = TRACE_MANGLED;
	else if (eat(&c, "success: "))
		l->kind = TRACE_DELIVERED;
	else if (eat(&c, "deferral: "))
		l->kind = TRACE_DEFERRED;
	else if (eat(&c, "failure: "))
		l->kind = TRACE_FAILED;
	else
		return false;
	if (l->kind == TRACE_MANGLED) {
		l->words = c;
		return true;
	}
	l->words = word(&c);
	if (eat(&c, "via "))
		l->via = c;
	if (l->kind == TRACE_DELIVERED)
		l->child = child_in(l->words);
	return true;
}

static bool
on_begun(struct trace_line *l, struct span c)
{
	l->kind = TRACE_BEGUN;
	if (!number(&c, ": msg ", &l->delivery))
		return false;
	l->id = before(&c, " to ");
	l->remote = eat(&c, "remote ");
	if (!l->remote && !eat(&c, "local "))
		return false;
	l->rcpt = c;
	return is_id(l->id);
}

/* "ID qp PID as ID"; of qmail only "ID qp PID" */
static bool
on_bounced(struct trace_line *l, struct span c)
{
	l->kind = TRACE_BOUNCED;
	l->id = word(&c);
	(void)before(&c, " as ");
	if (is_our_id(c))
		l->child = c;
	return is_id(l->id);
}

/* anything else of ours: whose it is tells the first ID in it */
static bool
on_note(struct trace_line *l, struct span c)
{
	l->kind = TRACE_NOTE;
	l->words = c;
	l->id = id_in(c);
	return l->id.n > 0;
}

/* ---- sessions' */

/* "helo NAME from <SENDER> command WORDS", some of it */
static void
take_helo(struct trace_line *l, struct span c)
{
	const char *command = memmem(c.s, c.n, " command ", 9);
	struct span head = { c.s, command ? (size_t)(command - c.s) : c.n };

	if (command)
		l->command = (struct span){ command + 9, c.n - head.n - 9 };
	l->helo = memmem(head.s, head.n, " from <", 7) ? before(&head, " from <") : head;
	if (head.s == c.s)
		return;
	l->has_from = true;
	l->from = head;
	if (l->from.n && l->from.s[l->from.n - 1] == '>')
		l->from.n--;
}

static bool
on_accepted(struct trace_line *l, struct span c)
{
	l->kind = TRACE_ACCEPTED;
	l->child = before(&c, " rcpts ");
	l->count = before(&c, " bytes ");
	l->bytes = before(&c, " client ");
	l->client = word(&c);
	if (eat(&c, "login "))
		l->login = before(&c, " helo ");
	else
		(void)eat(&c, "helo ");
	if (eat(&c, "from <")) {                /* QMQP has no names */
		l->has_from = true;
		l->from = c;
		l->from.n -= c.n > 0;
	} else
		take_helo(l, c);
	if (!is_id(l->child))
		l->child.n = 0;                 /* "-": nobody said which */
	return l->client.n > 0;
}

static bool
on_refused(struct trace_line *l, struct span c)
{
	const char *helo;

	l->kind = TRACE_REFUSED;
	if (!eat(&c, "client "))
		return false;
	l->client = before(&c, ": ");
	helo = memmem(c.s, c.n, ": helo ", 7);
	l->words = c;
	if (helo) {
		l->words.n = (size_t)(helo - c.s);
		take_helo(l, (struct span){ helo + 7, c.n - l->words.n - 7 });
	} else if ((helo = memmem(c.s, c.n, ": from <", 8))) {
		l->words.n = (size_t)(helo - c.s);
		l->has_from = true;
		l->from = (struct span){ helo + 8, c.n - l->words.n - 9 };
	}
	return true;
}

/* what pneu-tcpd said to a client who got no session, if it named it */
static bool
on_door(struct trace_line *l, struct span c)
{
	l->kind = TRACE_REFUSED;
	if (!eat(&c, "refused "))
		return false;
	l->client = before(&c, ": ");
	l->words = before(&c, " [");
	l->id = id_in(c);
	return l->id.n > 0;
}

static bool
on_lost(struct trace_line *l, struct span c)
{
	l->kind = TRACE_LOST;
	if (!eat(&c, "client "))
		return false;
	l->words = c;
	l->client = word(&c);
	if (l->client.n && l->client.s[l->client.n - 1] == ':')
		l->client.n--;
	else
		l->words = c;
	return true;
}

/* ---- tables */

/* What follows a line's beginning: a part of it up to until, which is taken too; " ": a word; 0: all that is left */
struct part {
	size_t field;                   /* of the trace_line; NOBODY: the part says nothing */
	const char *until;
};

#define NOBODY SIZE_MAX
#define FIELD(name) offsetof(struct trace_line, name)
#define REST(name) { FIELD(name), 0 }

struct form {
	const char *begins;
	bool (*take)(struct trace_line *, struct span);         /* 0: kind and parts */
	enum trace_kind kind;
	struct part part[5];
};

static const struct form runner[] = {
	{ .begins = "delivery ", .take = on_result },
	{ .begins = "starting delivery ", .take = on_begun },
	{ "new msg ", 0, TRACE_NEW, { REST(id) } },
	{ "info msg ", 0, TRACE_QUEUED,
	    { { FIELD(id), ": bytes " }, { FIELD(bytes), " from <" }, { FIELD(from), "> qp " }, { NOBODY, " uid " }, REST(who) } },
	{ "end msg ", 0, TRACE_DONE, { REST(id) } },
	{ "expanded msg ", 0, TRACE_EXPANDED, { { FIELD(id), ": " }, { FIELD(rcpt), " by " }, { FIELD(words), " into " }, REST(count) } },
	{ .begins = "bounce msg ", .take = on_bounced },
	{ "report msg ", 0, TRACE_REPORTED, { { FIELD(id), " qp " }, { NOBODY, " as " }, { FIELD(child), ": " }, REST(words) } },
	{ "skipping delivery: msg ", 0, TRACE_SKIPPED, { { FIELD(id), " to " }, { FIELD(rcpt), ": " }, REST(words) } },
	{ "held: msg ", 0, TRACE_HELD, { { FIELD(id), ": " }, REST(words) } },
	{ "operator uid ", 0, TRACE_OPERATOR, { { FIELD(who), " " }, { FIELD(words), ": msg " }, { FIELD(id), " " } } },
	{ "triple bounce: discarding ", 0, TRACE_DISCARDED, { { FIELD(id), " " } } },
	{ .begins = "warning: ", .take = on_note },
	{ .begins = "alert: ", .take = on_note },
};
static const struct form session[] = {
	{ "connect client ", 0, TRACE_CONNECTED, { { FIELD(client), " host " }, { FIELD(host), " to " }, REST(words) } },
	{ .begins = "accepted ", .take = on_accepted },
	{ .begins = "refused ", .take = on_refused },
	{ "end client ", 0, TRACE_ENDED, { { FIELD(client), " " }, REST(words) } },
	{ "tls client ", 0, TRACE_TLS, { { FIELD(client), " " }, REST(words) } },
	/* "ok client IP mechanism NAME tls yes login LOGIN" */
	{ "auth ", 0, TRACE_AUTH,
	    { { FIELD(words), " client " }, { FIELD(client), " mechanism " }, { FIELD(command), " tls " }, { NOBODY, " login " }, REST(login) } },
	{ "limit of ", 0, TRACE_LIMIT, { REST(words) } },
	{ "recipient: ", 0, TRACE_RECIPIENT, { REST(words) } },
	{ "policy ", 0, TRACE_POLICY, { REST(words) } },
	{ "trouble: ", 0, TRACE_TROUBLE, { REST(words) } },
	{ .begins = "lost ", .take = on_lost },
};

/* false: it has not what its kind cannot be without */
static bool
take_parts(struct trace_line *l, const struct form *f, struct span c)
{
	const struct part *p;
	struct span found;

	l->kind = f->kind;
	for (p = f->part; p < f->part + sizeof f->part / sizeof *f->part && (p->until || p->field); p++) {
		found = !p->until ? c : strcmp(p->until, " ") == 0 ? word(&c) : before(&c, p->until);
		if (p->field != NOBODY)
			memcpy((char *)l + p->field, &found, sizeof found);
	}
	l->has_from = l->kind == TRACE_QUEUED;
	if (l->kind == TRACE_OPERATOR || l->kind == TRACE_AUTH)
		return l->words.n && (l->kind == TRACE_AUTH || is_id(l->id));
	return l->kind >= TRACE_CONNECTED || is_id(l->id);
}

/* false: none of these, and *l is as it was but for what was begun */
static bool
take(struct trace_line *l, const struct form *f, size_t n, struct span text)
{
	size_t i;

	for (i = 0; i < n; i++) {
		struct span c = text;

		if (eat(&c, f[i].begins))
			return f[i].take ? f[i].take(l, c) : take_parts(l, &f[i], c);
	}
	return false;
}

static bool
on_session(struct trace_line *l, struct span text)
{
	struct span c = text, id = word(&c);

	if (!is_our_id(id))
		return on_note(l, text);
	l->id = id;
	return take(l, session, sizeof session / sizeof *session, c) || on_note(l, text);
}

static bool
parse(struct trace_line *l, struct span text)
{
	struct span c = text;

	memset(l, 0, sizeof *l);
	if (!eat(&c, "pneu-"))
		return take(l, runner, sizeof runner / sizeof *runner, text);
	if (eat(&c, "smtpd: ") || eat(&c, "qmqpd: "))
		return (c.n < 5 || memcmp(c.s, "pneu-", 5) != 0) && on_session(l, c);
	if (eat(&c, "tcpd: "))
		return on_door(l, c);
	return !eat(&c, "send: ") && !eat(&c, "start: ") && on_note(l, text);
}

/* Before it may stand a name that a logger put there: "pneu-send: new msg ID", "mail[17]: pneu-smtpd: ..." */
bool
trace_parse(struct trace_line *l, struct span text)
{
	struct span c = text, name;

	if (text.n < 8 || (text.s[0] == 's' && text.s[2] == 'a' && text.s[3] == 't'))      /* "status: " is every other line */
		return false;
	if (parse(l, text))
		return true;
	name = word(&c);
	return name.n > 1 && name.s[name.n - 1] == ':' && parse(l, c);
}
