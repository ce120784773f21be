/* the first part of a report, for people: what happened, and what can be done */
#include <errno.h>
#include <string.h>

#include "lib/msg.h"
#include "queue/advice.h"
#include "queue/bounce.h"
#include "wire/job.h"

#define SHOWN_MAX 100                   /* recipients described one by one; the rest are counted */
#define ATTEMPTS_SHOWN 6                /* of each of them, the last ones */
#define WORDS_SHOWN 200                 /* bytes of what was said at one of them */

struct attempt {
	char letter;                    /* 0: none */
	int64_t when_s;
	char status[JOB_STATUS + 1], via[JOB_VIA + 1], text[WORDS_SHOWN + 1];
	bool cut;                       /* there were more words */
};

struct shown {
	size_t rcpt;
	size_t attempts;                /* in all; attempt[n % ATTEMPTS_SHOWN] is the n-th */
	struct attempt attempt[ATTEMPTS_SHOWN];
};

static struct shown shown[SHOWN_MAX];   /* in the order of the recipients; pages that nobody is in are not touched */
static size_t showns;

static struct shown *
find(size_t rcpt)
{
	size_t low = 0, high = showns, middle;

	while (low < high) {
		middle = (low + high) / 2;
		if (shown[middle].rcpt < rcpt)
			low = middle + 1;
		else
			high = middle;
	}
	return low < showns && shown[low].rcpt == rcpt ? &shown[low] : 0;
}

static void
cut_copy(char *to, size_t room, const char *from)
{
	size_t n = strlen(from);

	n = n < room ? n : room - 1;
	memcpy(to, from, n);
	to[n] = 0;
}

static void
remember(void *arg, const struct qf_event *e)
{
	struct shown *s = find(e->rcpt);
	struct attempt *a;

	(void)arg;
	if (!memchr("kzd", e->letter, 3) || !s)
		return;
	a = &s->attempt[s->attempts++ % ATTEMPTS_SHOWN];
	a->letter = e->letter;
	a->when_s = e->when_s;
	cut_copy(a->status, sizeof a->status, e->status);
	cut_copy(a->via, sizeof a->via, e->via);
	cut_copy(a->text, sizeof a->text, e->text);
	a->cut = strlen(e->text) > WORDS_SHOWN;
}

static void
choose_shown(struct bounce *b)
{
	size_t i;
	bool several = false;

	for (i = 0; i < b->file.rcpts && showns < SHOWN_MAX; i++) {
		if (!bounce_about(b, i))
			continue;
		shown[showns++].rcpt = i;
		several |= b->what != OWED_SUCCESS && b->file.rcpt[i].tries > 0;
	}
	if (several && !qf_history(&b->file, BOUNCE_QUEUEFILE, remember, 0))
		die_sys(EX_SOFT, "read the history");
}

/* "mx.example.net [192.0.2.7], TLSv1.3:verified" */
static void
put_way(struct bounce *b, const char *via)
{
	char space[JOB_VIA + 1];
	struct bounce_way w;

	bounce_way(&w, via, space);
	if (!*w.host)
		return;
	PUTS(&b->text, ", ", w.host);
	if (*w.address && strcmp(w.address, w.host) != 0)
		PUTS(&b->text, " [", w.address, "]");
	if (*w.protection && strcmp(w.protection, "clear") != 0)
		PUTS(&b->text, ", ", w.protection);
}

static void
put_attempt(struct bounce *b, const struct attempt *a)
{
	char line[WORDS_SHOWN + 1], *nl;

	memcpy(line, a->text, sizeof line);
	while ((nl = strchr(line, '\n')))
		*nl = nl[1] ? ' ' : 0;
	PUTS(&b->text, "    ");
	bounce_date(&b->text, a->when_s);
	put_way(b, a->via);
	PUTS(&b->text, ":\n      ");
	bounce_masked(&b->text, line, strlen(line), 0);
	PUTS(&b->text, a->cut ? "...\n" : "\n");
}

static void
put_attempts(struct bounce *b, const struct shown *s)
{
	size_t n = s->attempts > ATTEMPTS_SHOWN ? s->attempts - ATTEMPTS_SHOWN : 0;

	if (s->attempts < 2)
		return;
	PUTS(&b->text, "\n  It was tried ");
	bounce_num(&b->text, s->attempts);
	PUTS(&b->text, n ? " times; the last ones were:\n" : " times:\n");
	for (; n < s->attempts; n++)
		put_attempt(b, &s->attempt[n % ATTEMPTS_SHOWN]);
}

/* the lines of a text of ours, each after two blanks */
static void
put_lines(struct bounce *b, const char *s)
{
	char c[2] = "";

	PUTS(&b->text, "  ");
	for (; *s; s++) {
		c[0] = *s;
		PUTS(&b->text, c, *s == '\n' ? "  " : "");
	}
	PUTS(&b->text, "\n");
}

/* the end of the address, and whom the sender wrote to, if that was an alias */
static void
put_alias(struct bounce *b, size_t i)
{
	const char *alias = qf_string(&b->file, b->file.rcpt[qf_root(&b->file, i)].addr);

	PUTS(&b->text, ">");
	if (strcmp(alias, qf_address(&b->file, i)) == 0)
		return;
	PUTS(&b->text, " (for <");
	bounce_address(b, &b->text, alias);
	PUTS(&b->text, ">)");
}

static void
put_success(struct bounce *b, size_t i)
{
	const char *action = owed_action(&b->file, i, OWED_SUCCESS);
	char space[JOB_VIA + 1];
	struct bounce_way w;

	if (strcmp(action, "expanded") == 0)
		put_lines(b, "The address stands for several others, and the message was sent on to\nall of them.");
	else if (strcmp(action, "relayed") == 0) {
		bounce_way(&w, qf_string(&b->file, b->file.rcpt[i].via), space);
		PUTS(&b->text, "  The mail system ", w.host, " has taken it over.\n");
		put_lines(b, "It does not tell what becomes of it, unless it cannot be delivered.");
	} else
		put_lines(b, b->file.rcpt[i].state == QF_EXPANDED ? "It was given to this mailing list." : "It was delivered.");
}

static void
put_trouble(struct bounce *b, const struct shown *s)
{
	const struct qf_rcpt *r = &b->file.rcpt[s->rcpt];
	const char *reason = qf_string(&b->file, r->last), *what = b->is_double ? "" : advice(r->status);

	PUTS(&b->text, "  ");
	bounce_masked(&b->text, reason, strlen(reason), "  ");
	PUTS(&b->text, "\n");
	if (*what && b->what == OWED_FAILED) {
		PUTS(&b->text, "\n");
		put_lines(b, what);
	}
	put_attempts(b, s);
}

static void
put_begin(struct bounce *b)
{
	struct buf *t = &b->text;

	PUTS(t, "This is the mail system at ", b->me.s, ".\n\n");
	if (b->is_double)
		PUTS(t, "A bounce could not be delivered to the address it was meant for:\n\n");
	else if (b->what == OWED_FAILED)
		PUTS(t, "Your message could not be delivered to the address below. It will not be\ntried again. "
		    "What the mail system there, or this one, gave as the reason\nstands after each address.\n\n");
	else if (b->what == OWED_DELAYED) {
		PUTS(t, "Your message has not been delivered to the address below yet. You need do\n"
		    "nothing, and should not send it again: it will be tried until\n");
		bounce_date(t, bounce_retry_until(b));
		PUTS(t, ". If that does not help, you will be told.\nWhat was in the way at the last attempt stands after each address.\n\n");
	} else
		PUTS(t, "You asked to be told when your message arrives. This is the news of it:\n\n");
}

void
bounce_words(struct bounce *b)
{
	struct buf *t = &b->text, subject = BUF(1000);
	size_t n;

	PUTS(t, "--", b->boundary, "\nContent-Type: text/plain; charset=",
	    b->utf8 ? "utf-8\nContent-Transfer-Encoding: 8bit" : "us-ascii", "\n\n");
	put_begin(b);
	choose_shown(b);
	for (n = 0; n < showns; n++) {
		PUTS(t, "<");
		bounce_address(b, t, qf_address(&b->file, shown[n].rcpt));
		put_alias(b, shown[n].rcpt);
		PUTS(t, ":\n");
		if (b->what == OWED_SUCCESS)
			put_success(b, shown[n].rcpt);
		else
			put_trouble(b, &shown[n]);
		PUTS(t, "\n");
		bounce_pour(b);
	}
	if (b->recipients > showns) {
		PUTS(t, "... and ");
		bounce_num(t, b->recipients - showns);
		PUTS(t, " more; the second part of this message names them all.\n\n");
	}
	PUTS(t, "It is about the message that came here on ");
	bounce_date(t, (int64_t)(b->file.header.arrival_us / 1000000));
	bounce_subject(b, &subject);
	PUTS(t, subject.len ? " with the subject\n  " : "", subject.len ? subject.s : "", subject.len ? "\n" : ".\n",
	    "That message, or its header", subject.len ? "" : " with the subject", ", is attached as the third part.\n\n");
	buf_free(&subject);
}
