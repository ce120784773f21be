#include <errno.h>
#include <string.h>

#include "lib/num.h"
#include "tools/put.h"
#include "tools/qstat.h"

#define NAME_WIDTH 40

static void
put_count(struct out *o, const char *name, uint64_t n)
{
	out_puts(o, name);
	out_puts(o, ": ");
	out_num(o, n);
	out_byte(o, '\n');
}

static const char *
runner_state(const struct runner *r)
{
	if (!r->came)
		return r->error == ENOENT || r->error == ECONNREFUSED ? "not running" : strerror(r->error);
	return r->done ? "running" : "refused";
}

void
report_names(struct out *o, const struct names *n, const struct runner *r, int64_t now_s)
{
	const char *at = 0, *line;
	size_t len;

	put_count(o, "messages in queue", n->place[WALK_MSG] + n->place[WALK_HOLD]);
	put_count(o, "held", n->place[WALK_HOLD]);
	put_count(o, "damaged, in bad/", n->bad);
	if (n->oldest_s) {
		out_puts(o, "oldest: ");
		put_age(o, now_s - n->oldest_s);
		out_byte(o, '\n');
	}
	out_puts(o, "runner: ");
	out_puts(o, runner_state(r));
	out_byte(o, '\n');
	while ((line = runner_line(r, &at, &len))) {
		out_puts(o, "  ");
		put_masked_n(o, line, len);
		out_byte(o, '\n');
	}
}

void
report_stats(struct out *o, const struct stats *s)
{
	char id[QID_TEXT];

	put_count(o, "messages", s->all.messages);
	put_count(o, "  active", s->active);
	put_count(o, "  waiting", s->waiting);
	put_count(o, "  held", s->held);
	put_count(o, "bytes", s->all.bytes);
	put_count(o, "recipients to be reached", s->state[QF_WAITING]);
	put_count(o, "  tried and deferred", s->deferred);
	put_count(o, "recipients that failed", s->state[QF_FAILED] + s->state[QF_BOUNCED]);
	put_count(o, "  not bounced yet", s->state[QF_FAILED]);
	put_count(o, "recipients that have it", s->state[QF_DELIVERED]);
	put_count(o, "recipients that stand for others", s->state[QF_EXPANDED]);
	if (s->all.messages) {
		qid_text(id, &s->oldest);
		out_puts(o, "oldest: ");
		put_age(o, s->now_s - s->all.oldest_us / 1000000);
		out_byte(o, ' ');
		out_puts(o, id);
		out_byte(o, '\n');
	}
}

/* ---- the table: recipients by domain and by the age of their message in minutes */

static int
digits(uint64_t n)
{
	char text[NUM_DEC];

	return (int)num_dec(text, n);
}

static void
put_row(struct out *o, const char *name, const struct row *r, const int *width)
{
	size_t i, n = strlen(name);

	for (i = n; i < NAME_WIDTH; i++)
		out_byte(o, ' ');
	put_masked(o, name);
	out_byte(o, ' ');
	put_right(o, r->recipients, width[AGES]);
	for (i = 0; i < AGES; i++) {
		out_byte(o, ' ');
		put_right(o, r->age[i], width[i]);
	}
	out_byte(o, '\n');
}

static void
add_row(struct row *to, const struct row *r)
{
	size_t i;

	to->recipients += r->recipients;
	to->messages += r->messages;
	to->bytes += r->bytes;
	for (i = 0; i < AGES; i++)
		to->age[i] += r->age[i];
	if (r->oldest_us && (!to->oldest_us || r->oldest_us < to->oldest_us))
		to->oldest_us = r->oldest_us;
}

/* what has no line of its own; messages with recipients in several of them count in each */
static struct row
rest(const struct table *t, uint64_t rows)
{
	struct row r = t->others;
	size_t i;

	for (i = (size_t)(rows < t->len ? rows : t->len); i < t->len; i++)
		add_row(&r, &t->row[t->order[i]]);
	return r;
}

void
report_table(struct out *o, const struct table *t, uint64_t rows)
{
	struct row others = rest(t, rows);
	int width[AGES + 1];
	size_t i;

	for (i = 0; i < AGES; i++) {
		int n = (int)strlen(age_name(i));

		width[i] = digits(t->all.age[i]) > n ? digits(t->all.age[i]) : n;
	}
	width[AGES] = digits(t->all.recipients);
	put_field(o, "T", NAME_WIDTH + 1 + width[AGES]);
	for (i = 0; i < AGES; i++) {
		out_byte(o, ' ');
		put_field(o, age_name(i), width[i]);
	}
	out_byte(o, '\n');
	put_row(o, "TOTAL", &t->all, width);
	for (i = 0; i < t->len && i < rows; i++)
		put_row(o, words_text(&t->words, t->row[t->order[i]].name), &t->row[t->order[i]], width);
	if (others.recipients)
		put_row(o, "(others)", &others, width);
}

/* ---- JSON: one object */

static void
json_ages(struct out *o, bool *first, const uint64_t age[AGES])
{
	bool in = true;
	size_t i;

	put_key(o, first, "ages");
	out_byte(o, '{');
	for (i = 0; i < AGES; i++)
		put_number(o, &in, age_name(i), age[i]);
	out_byte(o, '}');
}

static void
json_row(struct out *o, bool *first, const char *name, const struct row *r)
{
	bool in = true;

	put_key(o, first, 0);
	out_byte(o, '{');
	put_string(o, &in, "domain", name);
	put_number(o, &in, "recipients", r->recipients);
	put_number(o, &in, "messages", r->messages);
	put_number(o, &in, "bytes", r->bytes);
	put_number(o, &in, "oldest", (uint64_t)(r->oldest_us / 1000000));
	json_ages(o, &in, r->age);
	out_byte(o, '}');
}

static void
json_table(struct out *o, bool *first, const char *key, const struct table *t, uint64_t rows)
{
	struct row others = rest(t, rows);
	bool in = true;
	size_t i;

	put_key(o, first, key);
	out_byte(o, '[');
	for (i = 0; i < t->len && i < rows; i++)
		json_row(o, &in, words_text(&t->words, t->row[t->order[i]].name), &t->row[t->order[i]]);
	if (others.recipients)
		json_row(o, &in, 0, &others);
	out_byte(o, ']');
}

static void
json_stats(struct out *o, bool *first, const struct stats *s, uint64_t rows)
{
	static const char *const state[] = { "waiting", "delivered", "failed", "bounced", "expanded" };
	bool in = true;
	char id[QID_TEXT];
	size_t i;

	put_key(o, first, "meant");
	out_byte(o, '{');
	put_number(o, &in, "messages", s->all.messages);
	put_number(o, &in, "active", s->active);
	put_number(o, &in, "waiting", s->waiting);
	put_number(o, &in, "held", s->held);
	put_number(o, &in, "bytes", s->all.bytes);
	if (s->all.messages) {
		qid_text(id, &s->oldest);
		put_number(o, &in, "oldest", (uint64_t)(s->all.oldest_us / 1000000));
		put_string(o, &in, "oldest_id", id);
	}
	json_ages(o, &in, s->all.age);
	put_key(o, &in, "recipients");
	out_byte(o, '{');
	in = true;
	for (i = 0; i < 5; i++)
		put_number(o, &in, state[i], s->state[i]);
	put_number(o, &in, "deferred", s->deferred);
	out_byte(o, '}');
	in = false;
	if (s->by_rcpt)
		json_table(o, &in, "destinations", &s->rcpt, rows);
	if (s->by_sender)
		json_table(o, &in, "senders", &s->sender, rows);
	out_byte(o, '}');
}

static void
json_rate(struct out *o, bool *first, const struct rate *r)
{
	static const char *const span[] = { "total", "1m", "5m", "15m" };
	bool in = true;
	size_t i;

	put_key(o, first, r->name);
	out_byte(o, '{');
	for (i = 0; i < 4; i++)
		put_number(o, &in, span[i], r->n[i]);
	out_byte(o, '}');
}

/* which of the runner's lines: its numbers; the rates; all others, as they are */
enum lines { LINES_NUMBERS, LINES_RATES, LINES_OTHERS };

static void
json_lines(struct out *o, bool *first, const struct runner *r, enum lines which)
{
	const char *at = 0, *line;
	struct rate rate;
	uint64_t value;
	size_t n;

	while (r->done && (line = runner_line(r, &at, &n))) {
		const char *blank = memchr(line, ' ', n);
		bool number = blank && num_span(blank + 1, n - (size_t)(blank - line) - 1, 0, UINT64_MAX, &value);
		bool is_rate = !number && runner_rate(line, n, &rate);

		if (which == LINES_NUMBERS && number) {
			put_string_n(o, first, 0, line, (size_t)(blank - line));
			out_byte(o, ':');
			out_num(o, value);
		} else if (which == LINES_RATES && is_rate)
			json_rate(o, first, &rate);
		else if (which == LINES_OTHERS && !number && !is_rate)
			put_string_n(o, first, 0, line, n);
	}
}

static void
json_runner(struct out *o, bool *first, const struct runner *r)
{
	bool in = true, inside = true;

	put_key(o, first, "runner");
	out_byte(o, '{');
	put_string(o, &in, "state", runner_state(r));
	json_lines(o, &in, r, LINES_NUMBERS);
	put_key(o, &in, "rates");
	out_byte(o, '{');
	json_lines(o, &inside, r, LINES_RATES);
	out_byte(o, '}');
	put_key(o, &in, "lines");
	out_byte(o, '[');
	inside = true;
	json_lines(o, &inside, r, LINES_OTHERS);
	out_byte(o, ']');
	out_byte(o, '}');
}

void
report_json(struct out *o, const struct names *n, const struct runner *r, const struct stats *s, uint64_t rows, int64_t now_s)
{
	bool first = true;

	out_byte(o, '{');
	put_number(o, &first, "time", (uint64_t)now_s);
	put_number(o, &first, "messages", n->place[WALK_MSG] + n->place[WALK_HOLD]);
	put_number(o, &first, "held", n->place[WALK_HOLD]);
	put_number(o, &first, "bad", n->bad);
	if (n->oldest_s)
		put_number(o, &first, "oldest", (uint64_t)n->oldest_s);
	json_ages(o, &first, n->age);
	json_runner(o, &first, r);
	if (s)
		json_stats(o, &first, s, rows);
	out_puts(o, "}\n");
}
