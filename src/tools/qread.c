/* qread - list the messages in the queue, or show one.
 *   argv  [-1uv] [ID...]  all messages, or these: -1 one line each, -u in the order of the directories, -v all attempts
 *         -m ID           the message as it is
 *         -h ID           its header
 *   fd 1  the list or the message; fd 2 what could not be read
 *   exit  0; 100 no such message, wrong usage; 111 the queue, or a file in it, cannot be read
 * Invariant: it only reads. It needs no runner and no lock; what the runner removes meanwhile is not shown.
 * -> pneu-qread(8) */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "lib/ascii.h"
#include "lib/clock.h"
#include "lib/fd.h"
#include "lib/msg.h"
#include "lib/out.h"
#include "lib/sig.h"
#include "mail/date.h"
#include "tools/walk.h"
#include "wire/queuefile.h"

struct date {
	int64_t s;
	char text[DATE_RFC5322];        /* "": none yet */
};

struct reader {
	struct walk walk;
	struct qf file;                 /* used for one message after another: no allocation for each */
	struct out out;
	int64_t now_s;
	struct date arrival, next, attempt;
	bool lines, unsorted, attempts;
	int exit;
};

/* one message as it is shown */
struct shown {
	const char *id;
	const struct qf *file;
	int64_t next_s;                 /* its next attempt */
	bool held;
};

static char space[65536];

static const char usage[] = "usage: pneu-qread [-1 | -v] [-u] [ID...], pneu-qread -m ID, pneu-qread -h ID";

/* ---- text: nothing a stranger chose reaches a terminal but printable ASCII */

static void
put_masked(struct out *o, const char *s)
{
	const char *from;

	while (*s) {
		for (from = s; ascii_print(*s); s++)
			;
		out_put(o, from, (size_t)(s - from));
		if (*s)
			out_byte(o, *s++ == '\n' ? '/' : '?');
	}
}

/* for programs: one word, nothing lost */
static void
put_escaped(struct out *o, const char *s)
{
	static const char hex[] = "0123456789ABCDEF";
	const char *from;

	while (*s) {
		for (from = s; *s > ' ' && *s < 127 && *s != '%'; s++)
			;
		out_put(o, from, (size_t)(s - from));
		if (*s) {
			char e[3] = { '%', hex[(unsigned char)*s >> 4], hex[*s & 15] };

			out_put(o, e, 3);
			s++;
		}
	}
}

/* neighbours in a list often share their second, so the last two dates are kept */
static void
put_date(struct out *o, int64_t s, struct date *d)
{
	if (!d->text[0] || d->s != s)
		date_rfc5322(d->text, s);
	d->s = s;
	out_put(o, d->text, DATE_RFC5322 - 1);
}

/* the two largest units: "2d04h", "3h05m", "7m30s", "12s" */
static void
put_age(struct out *o, int64_t s)
{
	static const struct { int64_t s; char name; } unit[] = { { 86400, 'd' }, { 3600, 'h' }, { 60, 'm' }, { 1, 's' } };
	int64_t small;
	size_t i = 0;

	s = s < 0 ? 0 : s;
	while (i < 3 && s < unit[i].s)
		i++;
	out_num(o, (uint64_t)(s / unit[i].s));
	out_byte(o, unit[i].name);
	if (i == 3)
		return;
	small = s % unit[i].s / unit[i + 1].s;
	out_byte(o, (char)('0' + small / 10));
	out_byte(o, (char)('0' + small % 10));
	out_byte(o, unit[i + 1].name);
}

/* ---- one message */

/* what marks a recipient in an alias file as what it is */
static const char *
mark(const struct qf_rcpt *r)
{
	return r->kind == QF_PROGRAM ? "|" : r->kind == QF_INCLUDE || r->kind == QF_NESTED ? ":include:" : r->kind == QF_MAILBOX ? "\\" : "";
}

static void
show_rcpt(struct out *o, const struct qf *q, const struct qf_rcpt *r)
{
	static const char *const state[] = { "\twaiting  ", "\tdelivered  ", "\tfailed  ", "\tbounced  ", "\texpanded  " };

	out_puts(o, state[r->state]);
	out_puts(o, mark(r));
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
		out_puts(o, "  ");
		put_masked(o, r->status);
		out_byte(o, ' ');
		put_masked(o, qf_string(q, r->last));
	}
	out_byte(o, '\n');
}

static void
show_event(void *arg, const struct qf_event *e)
{
	static const char letters[] = "kzdbw", *const what[] = { "delivered", "deferred", "failed", "bounced", "told" };
	struct reader *r = arg;
	struct out *o = &r->out;

	out_puts(o, "\t\t");
	put_date(o, e->when_s, &r->attempt);
	out_puts(o, "  ");
	out_puts(o, what[strchr(letters, e->letter) - letters]);
	out_puts(o, "  ");
	if (e->rcpt < r->file.rcpts) {
		out_puts(o, mark(&r->file.rcpt[e->rcpt]));
		put_masked(o, qf_string(&r->file, r->file.rcpt[e->rcpt].addr));
	}
	if (*e->via) {
		out_puts(o, "  via ");
		put_masked(o, e->via);
	}
	out_puts(o, "  ");
	put_masked(o, e->status);
	out_puts(o, *e->status ? " " : "");
	put_masked(o, e->text);
	out_byte(o, '\n');
}

static void
show_full(struct reader *r, const struct shown *m)
{
	struct out *o = &r->out;
	int64_t arrival_s = (int64_t)(m->file->header.arrival_us / 1000000);
	size_t i;

	out_puts(o, m->id);
	out_puts(o, "  ");
	out_num(o, m->file->header.length);
	out_puts(o, " bytes  ");
	put_age(o, r->now_s - arrival_s);
	out_puts(o, " old  <");
	put_masked(o, qf_string(m->file, m->file->sender));
	out_puts(o, ">\n\tarrived ");
	put_date(o, arrival_s, &r->arrival);
	if (m->held) {
		out_puts(o, ", held");
		if (m->file->hold) {
			out_puts(o, ": ");
			put_masked(o, qf_string(m->file, m->file->hold));
		}
		out_byte(o, '\n');
	} else if (m->next_s <= r->now_s)
		out_puts(o, ", due now\n");
	else {
		out_puts(o, ", next attempt ");
		put_date(o, m->next_s, &r->next);
		out_byte(o, '\n');
	}
	for (i = 0; i < m->file->rcpts; i++)
		show_rcpt(o, m->file, &m->file->rcpt[i]);
}

/* ID PLACE ARRIVAL NEXT SIZE WAITING DELIVERED FAILED BOUNCED TRIES <SENDER> STATE:RECIPIENT... -> pneu-qread(8) */
static void
show_line(struct reader *r, const struct shown *m)
{
	struct out *o = &r->out;
	uint32_t count[QF_EXPANDED + 1] = { 0 }, tries = 0;
	size_t i;

	for (i = 0; i < m->file->rcpts; i++) {
		count[m->file->rcpt[i].state]++;
		if (m->file->rcpt[i].tries > tries)
			tries = m->file->rcpt[i].tries;
	}
	out_puts(o, m->id);
	out_puts(o, m->held ? " hold " : " msg ");
	out_num(o, m->file->header.arrival_us / 1000000);
	out_byte(o, ' ');
	out_num(o, m->next_s > 0 ? (uint64_t)m->next_s : 0);
	out_byte(o, ' ');
	out_num(o, m->file->header.length);
	for (i = 0; i < QF_EXPANDED; i++) {
		out_byte(o, ' ');
		out_num(o, count[i]);
	}
	out_byte(o, ' ');
	out_num(o, tries);
	out_puts(o, " <");
	put_escaped(o, qf_string(m->file, m->file->sender));
	out_byte(o, '>');
	for (i = 0; i < m->file->rcpts; i++) {
		char s[3] = { ' ', "wkdbx"[m->file->rcpt[i].state], ':' };

		out_put(o, s, 3);
		out_puts(o, mark(&m->file->rcpt[i]));
		put_escaped(o, qf_string(m->file, m->file->rcpt[i].addr));
	}
	out_byte(o, '\n');
}

/* say what is wrong with one file and go on with the others */
static void
complain(struct reader *r, const char *id, const char *why)
{
	warn_say(id, ": ", why);
	r->exit = EX_SOFT;
}

static void
show_open(struct reader *r, const struct qid *qid, enum walk_place place, int fd)
{
	char id[QID_TEXT];
	struct shown m = { .id = id, .file = &r->file, .held = place == WALK_HOLD };

	qid_text(id, qid);
	switch (qf_load(&r->file, fd, false)) {
	case QF_OK:
		m.next_s = r->file.mtime_s;
		(r->lines ? show_line : show_full)(r, &m);
		if (r->attempts && !qf_history(&r->file, fd, show_event, r))
			complain(r, id, strerror(errno));
		return;
	case QF_INCOMPLETE:
		complain(r, id, "incomplete, never acknowledged");
		return;
	case QF_DAMAGED:
		complain(r, id, "damaged");
		return;
	case QF_TROUBLE:
	default:
		complain(r, id, strerror(errno));
	}
}

/* ---- which ones */

static void
show_all(struct reader *r)
{
	struct walk *w = &r->walk;
	struct walk_item item;
	enum walk_next next;
	char id[QID_TEXT];

	w->order = r->unsorted ? WALK_UNSORTED : WALK_OLDEST;
	while ((next = walk_next(w, &item)) == WALK_ITEM && !r->out.error) {
		int fd = walk_open(w, item.place, &item.id);

		if (fd >= 0) {
			show_open(r, &item.id, item.place, fd);
			close(fd);
		} else if (errno != ENOENT) {
			qid_text(id, &item.id);
			complain(r, id, strerror(errno));
		}
	}
	if (next == WALK_TROUBLE)
		die_sys(EX_SOFT, "list the queue");
}

/* Wherever it is; it may move between two looks, so msg/ is looked at again. -1: said why */
static int
find(struct reader *r, const char *id, struct qid *qid, enum walk_place *place)
{
	static const enum walk_place order[] = { WALK_MSG, WALK_HOLD, WALK_MSG };
	size_t i;
	int fd = -1;

	if (!qid_parse(id, qid)) {
		warn_say(id, ": not an ID");
		r->exit = EX_HARD;
		return -1;
	}
	for (i = 0; i < 3 && fd < 0; i++) {
		*place = order[i];
		fd = walk_open(&r->walk, *place, qid);
		if (fd < 0 && errno != ENOENT) {
			complain(r, id, strerror(errno));
			return -1;
		}
	}
	if (fd < 0) {
		warn_say(id, ": no such message");
		r->exit = EX_HARD;
	}
	return fd;
}

/* bytes of s that belong to the header; *line_start: s begins a line. n: it goes on */
static size_t
header_part(const char *s, size_t n, bool *line_start)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (*line_start && s[i] == '\n')
			break;
		*line_start = s[i] == '\n';
	}
	return i;
}

static void
put_message(struct reader *r, const char *id, int fd, uint64_t length, bool header_only)
{
	char chunk[16384];
	bool line_start = true;
	uint64_t at;

	for (at = 0; at < length; at += sizeof chunk) {
		size_t want = length - at < sizeof chunk ? (size_t)(length - at) : sizeof chunk, part = want;
		ssize_t n = fd_pread(fd, chunk, want, (off_t)(QF_HEADER + at));

		if (n < (ssize_t)want) {
			complain(r, id, n < 0 ? strerror(errno) : "cut off");
			return;
		}
		if (header_only)
			part = header_part(chunk, want, &line_start);
		out_put(&r->out, chunk, part);
		if (part < want)
			return;
	}
}

static void
show_message(struct reader *r, const char *id, bool header_only)
{
	char head[QF_HEADER];
	struct qf_header h;
	enum walk_place place;
	struct qid qid;
	int fd = find(r, id, &qid, &place);

	if (fd < 0)
		return;
	if (fd_pread(fd, head, QF_HEADER, 0) == QF_HEADER && qf_header_get(head, &h))
		put_message(r, id, fd, h.length, header_only);
	else
		complain(r, id, "damaged");
	close(fd);
}

static void
show_these(struct reader *r, char **id)
{
	struct qid qid;
	enum walk_place place;
	int fd;

	for (; *id && !r->out.error; id++)
		if ((fd = find(r, *id, &qid, &place)) >= 0) {
			show_open(r, &qid, place, fd);
			close(fd);
		}
}

int
main(int argc, char **argv)
{
	static struct reader r;
	char what = 0;
	int c;

	msg_name("pneu-qread");
	while ((c = getopt(argc, argv, "1uvmh")) != -1)
		switch (c) {
		case '1':
			r.lines = true;
			break;
		case 'u':
			r.unsorted = true;
			break;
		case 'v':
			r.attempts = true;
			break;
		case 'm':
		case 'h':
			what = (char)c;
			break;
		default:
			die_say(EX_HARD, usage);
		}
	if ((what && (argc - optind != 1 || r.lines || r.unsorted || r.attempts)) || (r.lines && r.attempts))
		die_say(EX_HARD, usage);
	sig_ignore(SIGPIPE);
	out_init(&r.out, 1, space, sizeof space, -1);
	r.now_s = clock_wall_s();
	if (!walk_enter())
		die_sys(EX_SOFT, "enter the queue");
	if (what)
		show_message(&r, argv[optind], what == 'h');
	else if (optind < argc)
		show_these(&r, argv + optind);
	else
		show_all(&r);
	if (!out_flush(&r.out))
		die_sys(EX_SOFT, "write");
	return r.exit;
}
