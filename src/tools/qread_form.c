/* The forms of the list. What stands in one-line and JSON form is promised to programs -> pneu-qread(8) */
#include <string.h>

#include "lib/num.h"
#include "tools/qread.h"

const char *
qread_mark(const struct qf_rcpt *r)
{
	return r->kind == QF_PROGRAM ? "|" : r->kind == QF_INCLUDE || r->kind == QF_NESTED ? ":include:" : r->kind == QF_MAILBOX ? "\\" : "";
}

enum qread_state
qread_state(const struct reader *r)
{
	return r->look.place == WALK_HOLD ? QREAD_HELD : r->look.next_s <= r->now_s ? QREAD_ACTIVE : QREAD_WAITING;
}

int64_t
qread_arrival_s(const struct reader *r)
{
	return (int64_t)(r->look.file.header.arrival_us / 1000000);
}

/* ---- for people */

static void
full_rcpt(struct out *o, const struct look *l, size_t i)
{
	static const char *const state[] = { "\twaiting  ", "\tdelivered  ", "\tfailed  ", "\tbounced  ", "\texpanded  " };
	const struct qf *q = &l->file;
	const struct qf_rcpt *r = &q->rcpt[i];
	const char *host;
	size_t n;

	out_puts(o, state[r->state]);
	out_puts(o, qread_mark(r));
	put_masked(o, qf_string(q, r->addr));
	if (r->parent) {
		out_puts(o, "  for ");
		put_masked(o, qf_string(q, q->rcpt[r->parent - 1].addr));
	}
	if (r->tries) {
		out_puts(o, "  ");
		out_num(o, r->tries);
		out_puts(o, r->tries == 1 ? " attempt deferred" : " attempts deferred");
	}
	if (r->last && r->state != QF_DELIVERED) {
		if ((host = look_host(l, i, &n)) && n) {
			out_puts(o, "  at ");
			put_masked_n(o, host, n);
		}
		out_puts(o, "  ");
		put_masked(o, r->status);
		out_byte(o, ' ');
		put_masked(o, qf_string(q, r->last));
	}
	out_byte(o, '\n');
}

/* who brought it, where that is known */
static void
full_origin(struct out *o, const struct look *l)
{
	const struct qf *q = &l->file;

	if (!q->login && !q->client && !q->forwarded)
		return;
	out_puts(o, "\tfrom");
	if (q->login) {
		out_puts(o, " login ");
		put_masked(o, qf_string(q, q->login));
	}
	if (q->client) {
		out_puts(o, " client ");
		put_masked(o, qf_string(q, q->client));
	}
	if (q->forwarded)
		out_puts(o, " a forward");
	out_puts(o, ", by uid ");
	out_num(o, q->header.uid);
	if ((q->login || q->client) && !look_believed(l))
		out_puts(o, ", who may not say so");
	out_byte(o, '\n');
}

static void
full_message(struct reader *r)
{
	const struct qf *q = &r->look.file;
	struct out *o = &r->out;
	enum qread_state state = qread_state(r);
	size_t i;

	out_puts(o, r->id);
	out_puts(o, "  ");
	out_num(o, q->header.length);
	out_puts(o, " bytes  ");
	put_age(o, r->now_s - qread_arrival_s(r));
	out_puts(o, " old  <");
	put_masked(o, qf_string(q, q->sender));
	out_puts(o, ">\n\tarrived ");
	put_date(o, qread_arrival_s(r), &r->arrival);
	if (state == QREAD_HELD) {
		out_puts(o, ", held");
		if (q->hold) {
			out_puts(o, ": ");
			put_masked(o, qf_string(q, q->hold));
		}
	} else if (state == QREAD_ACTIVE)
		out_puts(o, ", due now");
	else {
		out_puts(o, ", next attempt ");
		put_date(o, r->look.next_s, &r->next);
	}
	out_byte(o, '\n');
	full_origin(o, &r->look);
	if (q->route) {
		out_puts(o, "\tby route ");
		put_masked(o, qf_string(q, q->route));
		out_byte(o, '\n');
	}
	for (i = 0; i < q->rcpts; i++)
		full_rcpt(o, &r->look, i);
}

static const char *
event_name(char letter)
{
	static const char letters[] = "kzdbwxo", *const what[] = { "delivered", "deferred", "failed", "bounced", "told", "expanded", "operator" };

	return what[strchr(letters, letter) - letters];
}

static void
full_event(void *arg, const struct qf_event *e)
{
	struct reader *r = arg;
	struct out *o = &r->out;
	const struct qf *q = &r->look.file;

	out_puts(o, "\t\t");
	put_date(o, e->when_s, &r->attempt);
	out_puts(o, "  ");
	out_puts(o, event_name(e->letter));
	out_puts(o, "  ");
	if (e->letter == 'o') {
		out_puts(o, "uid ");
		out_num(o, e->rcpt);
	} else if (e->rcpt < q->rcpts) {
		out_puts(o, qread_mark(&q->rcpt[e->rcpt]));
		put_masked(o, qf_string(q, q->rcpt[e->rcpt].addr));
	}
	if (*e->via) {
		out_puts(o, "  via ");
		put_masked(o, e->via);
	}
	out_puts(o, e->letter == 'x' ? "  into " : "  ");
	put_masked(o, e->status);
	out_puts(o, e->letter == 'x' ? " by " : *e->status ? " " : "");
	put_masked(o, e->text);
	out_byte(o, '\n');
}

static void
full(struct reader *r)
{
	full_message(r);
	if (r->history && !qf_history(&r->look.file, r->look.fd, full_event, r))
		qread_complain(r, look_reason(LOOK_TROUBLE));
}

const struct form form_full = { .name = "full", .message = full, .deep = true };

/* ---- one line: ID PLACE ARRIVAL NEXT SIZE WAITING DELIVERED FAILED BOUNCED TRIES <SENDER> STATE:RECIPIENT... */

static void
line_message(struct reader *r)
{
	const struct qf *q = &r->look.file;
	struct out *o = &r->out;
	uint32_t count[QF_EXPANDED + 1] = { 0 };
	size_t i;

	for (i = 0; i < q->rcpts; i++)
		count[q->rcpt[i].state]++;
	out_puts(o, r->id);
	out_puts(o, r->look.place == WALK_HOLD ? " hold " : " msg ");
	out_num(o, (uint64_t)qread_arrival_s(r));
	out_byte(o, ' ');
	out_num(o, r->look.next_s > 0 ? (uint64_t)r->look.next_s : 0);
	out_byte(o, ' ');
	out_num(o, q->header.length);
	for (i = 0; i < QF_EXPANDED; i++) {
		out_byte(o, ' ');
		out_num(o, count[i]);
	}
	out_byte(o, ' ');
	out_num(o, look_tries(&r->look));
	out_puts(o, " <");
	put_escaped(o, qf_string(q, q->sender));
	out_byte(o, '>');
	for (i = 0; i < q->rcpts; i++) {
		char s[3] = { ' ', "wkdbx"[q->rcpt[i].state], ':' };

		out_put(o, s, 3);
		out_puts(o, qread_mark(&q->rcpt[i]));
		put_escaped(o, qf_string(q, q->rcpt[i].addr));
	}
	out_byte(o, '\n');
}

const struct form form_line = { .name = "line", .message = line_message, .deep = true };

static void
id_message(struct reader *r)
{
	out_puts(&r->out, r->id);
	out_byte(&r->out, '\n');
}

const struct form form_id = { .name = "id", .message = id_message };

/* ---- JSON: an object a line */

static void
json_way(struct out *o, bool *first, const char *via)
{
	static const char *const key[] = { "host", "ip", "protection" };
	size_t i, n;

	for (i = 0; i < 3 && *via; i++, via += n + (via[n] == '/')) {
		n = strcspn(via, "/");
		if (n)
			put_string_n(o, first, key[i], via, n);
	}
}

static const char *
kind(const struct qf_rcpt *r)
{
	return r->kind == QF_PROGRAM ? "program" : r->kind == QF_FILE ? "file" : r->kind == QF_MAILBOX ? "mailbox" :
	    r->kind == QF_INCLUDE || r->kind == QF_NESTED ? "list" : "address";
}

static void
json_rcpt(struct out *o, const struct qf *q, const struct qf_rcpt *r)
{
	static const char *const state[] = { "waiting", "delivered", "failed", "bounced", "expanded" };
	bool first = true;

	out_byte(o, '{');
	put_string(o, &first, "recipient", qf_string(q, r->addr));
	put_string(o, &first, "kind", kind(r));
	put_string(o, &first, "state", state[r->state]);
	put_number(o, &first, "tries", r->tries);
	if (r->parent)
		put_string(o, &first, "for", qf_string(q, q->rcpt[r->parent - 1].addr));
	if (r->sender)
		put_string(o, &first, "sender", qf_string(q, r->sender));
	if (r->last) {
		put_number(o, &first, "when", r->when_s);
		put_string(o, &first, "status", r->status);
		put_string(o, &first, "text", qf_string(q, r->last));
	}
	if (r->via)
		json_way(o, &first, qf_string(q, r->via));
	out_byte(o, '}');
}

struct json_history {
	struct reader *reader;
	bool first;
};

static void
json_event(void *arg, const struct qf_event *e)
{
	struct json_history *h = arg;
	struct out *o = &h->reader->out;
	const struct qf *q = &h->reader->look.file;
	uint64_t count;
	bool first = true, id = e->letter == 'b' || e->letter == 'w';

	put_key(o, &h->first, 0);
	out_byte(o, '{');
	put_number(o, &first, "when", e->when_s > 0 ? (uint64_t)e->when_s : 0);
	put_string(o, &first, "event", event_name(e->letter));
	if (e->letter == 'o')
		put_number(o, &first, "uid", e->rcpt);
	else if (e->rcpt < q->rcpts)
		put_string(o, &first, "recipient", qf_string(q, q->rcpt[e->rcpt].addr));
	if (e->letter == 'x' && num_u64(e->status, 0, UINT32_MAX, &count))
		put_number(o, &first, "count", count);
	else if (*e->status)
		put_string(o, &first, e->letter == 'w' || e->letter == 'o' ? "action" : "status", e->status);
	put_string(o, &first, id ? "id" : "text", e->text);
	json_way(o, &first, e->via);
	out_byte(o, '}');
}

static void
json_origin(struct out *o, bool *first, const struct look *l)
{
	const struct qf *q = &l->file;

	put_number(o, first, "uid", q->header.uid);
	put_number(o, first, "pid", q->header.pid);
	if (q->login)
		put_string(o, first, "login", qf_string(q, q->login));
	if (q->client)
		put_string(o, first, "client", qf_string(q, q->client));
	if (q->login || q->client)
		put_bool(o, first, "believed", look_believed(l));
	put_bool(o, first, "forwarded", q->forwarded);
	put_string(o, first, "body", q->body ? qf_string(q, q->body) : "7BIT");
	put_bool(o, first, "utf8", q->utf8);
	if (q->envid)
		put_string(o, first, "envid", qf_string(q, q->envid));
	if (q->hold)
		put_string(o, first, "hold", qf_string(q, q->hold));
}

static void
json_message(struct reader *r)
{
	static const char *const states[] = { "held", "active", "waiting" };
	const struct qf *q = &r->look.file;
	struct out *o = &r->out;
	bool first = true, first_rcpt = true;
	size_t i;

	out_byte(o, '{');
	put_string(o, &first, "id", r->id);
	put_string(o, &first, "state", states[qread_state(r)]);
	put_number(o, &first, "arrival", (uint64_t)qread_arrival_s(r));
	put_key(o, &first, "next");
	if (r->look.place == WALK_HOLD)
		out_puts(o, "null");
	else
		out_num(o, r->look.next_s > 0 ? (uint64_t)r->look.next_s : 0);
	put_number(o, &first, "size", q->header.length);
	put_string(o, &first, "sender", qf_string(q, q->sender));
	put_number(o, &first, "tries", look_tries(&r->look));
	json_origin(o, &first, &r->look);
	if (q->route)
		put_string(o, &first, "route", qf_string(q, q->route));
	put_key(o, &first, "recipients");
	out_byte(o, '[');
	for (i = 0; i < q->rcpts; i++) {
		put_key(o, &first_rcpt, 0);
		json_rcpt(o, q, &q->rcpt[i]);
	}
	out_byte(o, ']');
	if (r->history) {
		struct json_history h = { r, true };

		put_key(o, &first, "history");
		out_byte(o, '[');
		if (!qf_history(q, r->look.fd, json_event, &h))
			qread_complain(r, look_reason(LOOK_TROUBLE));
		out_byte(o, ']');
	}
	out_puts(o, "}\n");
}

const struct form form_json = { .name = "json", .message = json_message, .deep = true };
