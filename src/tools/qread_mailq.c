/* What sendmail's and Postfix's mailq print, for the programs that read it: dates in local time, and of the recipients those that
 * are still to be reached. */
#include <string.h>
#include <time.h>

#include "lib/place.h"
#include "tools/qread.h"


/* "Sun Nov 22 16:00:00": n bytes of it */
static void
put_local_date(struct reader *r, size_t n)
{
	static int64_t quarter = -1, offset;    /* no zone changes within a quarter of an hour */
	char text[DATE_MBOX];
	int64_t s = qread_arrival_s(r);

	if (s / 900 != quarter) {
		time_t t = (time_t)s;
		struct tm tm;

		offset = localtime_r(&t, &tm) ? tm.tm_gmtoff : 0;
		quarter = s / 900;
	}
	date_mbox(text, s + offset);
	out_put(&r->out, text, n);
}

/* those that an alias stands for are shown in its place */
static bool
is_listed(const struct look *l, size_t i)
{
	return look_open(l, i) && l->file.rcpt[i].state != QF_EXPANDED;
}

static void
put_indent(struct out *o, int n)
{
	put_field(o, "", n);
}

static const char *
last_words(const struct look *l, size_t i)
{
	return l->file.rcpt[i].last ? qf_string(&l->file, l->file.rcpt[i].last) : "";
}

static void
sendmail_begin(struct reader *r)
{
	uint64_t live = 0, held = 0;

	(void)(walk_count(WALK_MSG, &live) && walk_count(WALK_HOLD, &held));
	if (live + held == 0) {
		put_masked(&r->out, place_queue());
		out_puts(&r->out, " is empty\n");
		return;
	}
	out_puts(&r->out, "\t\t");
	put_masked(&r->out, place_queue());
	out_puts(&r->out, " (");
	out_num(&r->out, live + held);
	out_puts(&r->out, live + held == 1 ? " request)\n" : " requests)\n");
	out_puts(&r->out, "-----Q-ID----- --Size-- -----Q-Time----- ------------Sender/Recipient-----------\n");
}

static void
sendmail_message(struct reader *r)
{
	const struct look *l = &r->look;
	struct out *o = &r->out;
	const char *said = "";
	size_t i;

	put_field(o, r->id, -14);
	out_byte(o, qread_state(r) == QREAD_ACTIVE ? '*' : ' ');
	put_right(o, l->file.header.length, 8);
	out_byte(o, ' ');
	put_local_date(r, 16);
	out_puts(o, " <");
	put_masked(o, qf_string(&l->file, l->file.sender));
	out_puts(o, ">\n");
	if (l->file.body) {
		out_puts(o, "      ");
		put_masked(o, qf_string(&l->file, l->file.body));
		out_byte(o, '\n');
	}
	if (l->place == WALK_HOLD) {
		out_puts(o, "     QUARANTINE: ");
		put_masked(o, l->file.hold ? qf_string(&l->file, l->file.hold) : "held");
		out_byte(o, '\n');
	}
	for (i = 0; i < l->file.rcpts && !*said; i++)
		if (is_listed(l, i))
			said = last_words(l, i);
	if (*said) {
		out_puts(o, "                 (Deferred: ");
		put_masked(o, said);
		out_puts(o, ")\n");
	}
	for (i = 0; i < l->file.rcpts; i++)
		if (is_listed(l, i)) {
			out_puts(o, "\t\t\t\t\t <");
			out_puts(o, qread_mark(&l->file.rcpt[i]));
			put_masked(o, qf_string(&l->file, l->file.rcpt[i].addr));
			out_puts(o, ">\n");
		}
}

static void
sendmail_end(struct reader *r)
{
	out_puts(&r->out, "\t\tTotal requests: ");
	out_num(&r->out, r->shown);
	out_byte(&r->out, '\n');
}

const struct form form_sendmail = { "sendmail", sendmail_begin, sendmail_message, sendmail_end, true };

static const char *
postfix_sender(const struct look *l)
{
	const char *sender = qf_string(&l->file, l->file.sender);

	return *sender ? sender : "MAILER-DAEMON";
}

/* The reason stands before each group of recipients that share it. */
static void
postfix_rcpts(struct out *o, const struct look *l)
{
	const char *said = "", *now;
	size_t i;

	for (i = 0; i < l->file.rcpts; i++) {
		if (!is_listed(l, i))
			continue;
		now = last_words(l, i);
		if (*now && strcmp(now, said) != 0) {
			size_t n = strlen(now);

			put_indent(o, n < 76 ? 76 - (int)n : 0);
			out_byte(o, '(');
			put_masked(o, now);
			out_puts(o, ")\n");
		}
		said = now;
		put_indent(o, 47);
		out_puts(o, qread_mark(&l->file.rcpt[i]));
		put_masked(o, qf_string(&l->file, l->file.rcpt[i].addr));
		out_byte(o, '\n');
	}
}

static void
postfix_message(struct reader *r)
{
	static const char flag[] = "!* ";
	struct look *l = &r->look;
	struct out *o = &r->out;
	char id[QID_TEXT + 1];
	size_t n = strlen(r->id);

	if (r->shown == 1)
		out_puts(o, "----Queue ID----- --Size-- ---Arrival Time---- --Sender/Recipient------\n");
	memcpy(id, r->id, n);
	id[n] = flag[qread_state(r)];
	id[n + 1] = 0;
	put_field(o, id, -17);
	out_byte(o, ' ');
	put_right(o, l->file.header.length, 8);
	out_byte(o, ' ');
	put_local_date(r, 19);
	out_byte(o, ' ');
	put_masked(o, postfix_sender(l));
	out_byte(o, '\n');
	postfix_rcpts(o, l);
	out_byte(o, '\n');
}

static void
postfix_end(struct reader *r)
{
	if (!r->shown) {
		out_puts(&r->out, "Mail queue is empty\n");
		return;
	}
	out_puts(&r->out, "-- ");
	out_num(&r->out, r->bytes / 1024);
	out_puts(&r->out, " Kbytes in ");
	out_num(&r->out, r->shown);
	out_puts(&r->out, r->shown == 1 ? " Request.\n" : " Requests.\n");
}

const struct form form_postfix = { "postfix", 0, postfix_message, postfix_end, true };

/* as Postfix spaces it */
static void
spaced_key(struct out *o, bool *first, const char *key)
{
	out_puts(o, *first ? "\"" : ", \"");
	*first = false;
	out_puts(o, key);
	out_puts(o, "\": ");
}

static void
spaced_string(struct out *o, bool *first, const char *key, const char *value)
{
	spaced_key(o, first, key);
	put_json(o, value, strlen(value));
}

static void
postfix_json(struct reader *r)
{
	static const char *const queue[] = { "hold", "active", "deferred" };
	const struct look *l = &r->look;
	struct out *o = &r->out;
	bool first = true, first_rcpt = true;
	size_t i;

	out_byte(o, '{');
	spaced_string(o, &first, "queue_name", queue[qread_state(r)]);
	spaced_string(o, &first, "queue_id", r->id);
	spaced_key(o, &first, "arrival_time");
	out_num(o, (uint64_t)qread_arrival_s(r));
	spaced_key(o, &first, "message_size");
	out_num(o, l->file.header.length);
	out_puts(o, ", \"forced_expire\": false");
	spaced_string(o, &first, "sender", postfix_sender(l));
	out_puts(o, ", \"recipients\": [");
	for (i = 0; i < l->file.rcpts; i++) {
		bool in = true;

		if (!is_listed(l, i))
			continue;
		out_puts(o, first_rcpt ? "{" : ", {");
		first_rcpt = false;
		spaced_string(o, &in, "address", qf_string(&l->file, l->file.rcpt[i].addr));
		if (*last_words(l, i))
			spaced_string(o, &in, "delay_reason", last_words(l, i));
		out_byte(o, '}');
	}
	out_puts(o, "]}\n");
}

const struct form form_postfix_json = { .name = "postfix-json", .message = postfix_json, .deep = true };
