/* local - deliver messages to one user, as that user
 *   arguments  USER HOME LOCAL DASH EXT DEFAULTDELIVERY
 *   fd 0       jobs in, reports out; all of them for this user           -> wire/job.h
 *   fd 2       the log
 *   exit       0 no more jobs; 100 wrong use; 111 trouble, or the other side talks nonsense   -> pneu-local(8)
 * Invariant: K is reported only when the message is on disk, file and name, in every place its recipient asked for.
 * A job without a report may be done again, so dying anywhere loses nothing.
 *
 * Jobs that wait are taken together, so that their Maildir files share disk flushes (deliver/batch.h). Nothing is
 * remembered from one batch to the next: a user may change his files at any time. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compat/compat.h"
#include "deliver/batch.h"
#include "deliver/maildir.h"
#include "deliver/mbox.h"
#include "deliver/message.h"
#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/msg.h"
#include "lib/num.h"
#include "lib/place.h"
#include "lib/sig.h"
#include "mail/header.h"
#include "mail/outcome.h"
#include "resolve/dotqmail.h"
#include "wire/job.h"

#define BATCH_JOBS 16                   /* jobs begun before any is finished */
#define TRACE_MAX (4 * JOB_PACKET)      /* holds any address of a job, quoted */
#define HOME_WRITABLE 002               /* by others: qmail's preset. 022 would refuse homes with a group of their own */

/* for whom: the arguments */
struct user {
	const char *name, *home, *local, *dash, *ext, *instructions;
};

/* one message for one recipient */
struct delivery {
	const struct user *user;
	struct message *message;
	const char *sender, *rcpt;
	size_t delivered_to;            /* where in trace that line begins */
	unsigned files, forwards, programs;
};

/* big, and mostly never touched */
static char packet[JOB_PACKET], space[MESSAGE_SPACE];
static struct batch batch;
/* of the delivery in hand, kept for their memory: Return-Path and Delivered-To, for what ends in a file; and its
 * instructions */
static struct buf trace = BUF(TRACE_MAX);
static struct dotqmail dot;

/* ---- what the instructions can be */

static bool
to_maildir(struct delivery *d, const struct dotqmail_instruction *i, struct outcome *o)
{
	if (!maildir_deliver(i->text, dot.is_default, &trace, d->message, o))
		return false;
	d->files++;
	return true;
}

static bool
to_mbox(struct delivery *d, const struct dotqmail_instruction *i, struct outcome *o)
{
	struct buf from = BUF(TRACE_MAX);
	bool ok;

	if (header_unix_from(&from, d->sender, clock_wall_s()))
		ok = mbox_deliver(i->text, &from, &trace, d->message, o);
	else
		ok = outcome_trouble(o, "write to", i->text);
	buf_free(&from);
	d->files += ok;
	return ok;
}

/* what is said for each kind, and who does it; 0: nobody yet */
static const struct {
	const char *what;
	bool (*carry_out)(struct delivery *, const struct dotqmail_instruction *, struct outcome *);
} kinds[] = {
	[DOTQMAIL_MAILDIR] = { "file delivery", to_maildir },
	[DOTQMAIL_MBOX] = { "file delivery", to_mbox },
	[DOTQMAIL_PROGRAM] = { "program delivery", 0 },
	[DOTQMAIL_FORWARD] = { "forwarding", 0 },
	[DOTQMAIL_LIST] = { "+list", 0 },
};

static bool
bad_line(const struct delivery *d, const struct dotqmail_instruction *i, const char *why, struct outcome *o)
{
	char line[NUM_TEXT];

	return outcome_later(o, "4.3.5", dot.is_default ? "" : d->user->home, dot.is_default ? "" : "/", dot.name,
	    " line ", num_text(line, i->line), ": ", kinds[i->kind].what, why, (char *)0);
}

/* Before anything is done: what fails half-way would be done again, in part, at each attempt. n: how many there are */
static bool
check(const struct delivery *d, size_t *n, struct outcome *o)
{
	struct dotqmail_instruction i;

	for (*n = 0; dotqmail_next(&dot, &i); ++*n) {
		if (dot.only_forwards && i.kind != DOTQMAIL_FORWARD && i.kind != DOTQMAIL_LIST)
			return bad_line(d, &i, ", but the file is marked for forwards only (x bit)", o);
		if (!kinds[i.kind].carry_out)
			return bad_line(d, &i, " is not available here", o);
	}
	dotqmail_rewind(&dot);
	return true;
}

static void
carry_out(struct delivery *d, struct batch_rcpt *r)
{
	struct dotqmail_instruction i;
	char did[40];
	size_t n;

	if (!check(d, &n, &r->outcome))
		return;
	while (dotqmail_next(&dot, &i)) {
		if (n == 1 && i.kind == DOTQMAIL_MAILDIR) {
			batch_maildir(&batch, r, i.text, dot.is_default, &trace, d->message);
			return;
		}
		if (!kinds[i.kind].carry_out(d, &i, &r->outcome))
			return;
	}
	snprintf(did, sizeof did, "did %u+%u+%u", d->files, d->forwards, d->programs);
	outcome_delivered(&r->outcome, did);
}

/* ---- before them */

static bool
enter_home(const struct user *u, struct outcome *o)
{
	struct stat st;

	if (chdir(u->home) != 0)
		return outcome_trouble(o, "switch to the home directory", u->home);
	if (stat(".", &st) != 0)
		return outcome_trouble(o, "look at", u->home);
	if (st.st_mode & S_ISVTX)
		return outcome_later(o, "4.2.1", "the home directory is sticky: its owner holds his mail back", (char *)0);
	if (st.st_mode & HOME_WRITABLE)
		return outcome_later(o, "4.7.0", "others may write to the home directory", (char *)0);
	return true;
}

static bool
trace_lines(struct delivery *d, struct outcome *o)
{
	buf_clear(&trace);
	if (!header_return_path(&trace, d->sender))
		return outcome_trouble(o, "make the Return-Path line", 0);
	d->delivered_to = trace.len;
	return header_delivered_to(&trace, d->rcpt) || outcome_trouble(o, "make the Delivered-To line", 0);
}

static bool
not_looping(struct delivery *d, struct outcome *o)
{
	switch (message_has_line(d->message, trace.s + d->delivered_to, trace.len - d->delivered_to - 1)) {
	case MESSAGE_NO:
		return true;
	case MESSAGE_YES:
		return outcome_never(o, "5.4.6", "mail loop: the header has the Delivered-To line of this recipient already", (char *)0);
	default:
		return outcome_trouble(o, "read the message", 0);
	}
}

static void
deliver(struct delivery *d, struct batch_rcpt *r)
{
	const struct user *u = d->user;

	if (!enter_home(u, &r->outcome) || !trace_lines(d, &r->outcome) || !not_looping(d, &r->outcome) ||
	    !dotqmail_find(&dot, u->dash, u->ext, u->instructions, &r->outcome))
		return;
	carry_out(d, r);
}

/* ---- jobs */

static void
settle(void)
{
	if (!batch_settle(&batch, 0))
		die_sys(EX_SOFT, "report");
}

static void
do_job(const struct user *u, const struct job *j)
{
	struct message m;
	size_t i;

	message_init(&m, j->message, j->offset, j->length, space, sizeof space);
	for (i = 0; i < j->rcpts; i++) {
		struct delivery d = { .user = u, .message = &m, .sender = j->sender, .rcpt = j->rcpt[i] };

		if (batch.rcpts == BATCH_RCPTS)
			settle();
		deliver(&d, batch_add(&batch, j->number, i));
	}
}

/* one job, and those that wait behind it; false: there are no more */
static bool
do_waiting(const struct user *u)
{
	enum job_result got = JOB_GOT;
	struct job j;
	int n;

	for (n = 0; n < BATCH_JOBS; n++) {
		got = job_get(0, packet, &j, n ? MSG_DONTWAIT : 0);
		if (got != JOB_GOT)
			break;
		do_job(u, &j);
		close(j.message);
	}
	settle();
	if (got == JOB_BAD)
		die_say(EX_SOFT, "what came on descriptor 0 is not a job");
	if (got == JOB_TROUBLE)
		die_sys(EX_SOFT, "read descriptor 0");
	return got != JOB_END;
}

int
main(int argc, char **argv)
{
	struct user u;

	msg_name("pneu-local");
	if (argc != 7)
		die_say(EX_HARD, "usage: pneu-local USER HOME LOCAL DASH EXT DEFAULTDELIVERY <jobs");
	u = (struct user){ argv[1], argv[2], argv[3], argv[4], argv[5], argv[6] };
	if (geteuid() == 0 && !place_private())
		die_say(EX_SOFT, "not allowed to deliver as root");
	compat_undumpable();                    /* who else got the message is none of this user's business */
	umask(077);
	sig_ignore(SIGPIPE);
	sig_ignore(SIGXFSZ);                    /* a file size limit is an error of write, and the mbox is cut back */
	while (do_waiting(&u))
		;
	return 0;
}
