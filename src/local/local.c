/* local - deliver messages to one user, as that user
 *   options    -m the mailbox only; -a DEFAULTDELIVERY is one instruction of an alias; -s SEPARATORS; -t SECONDS
 *   arguments  USER HOME LOCAL DASH EXT DEFAULTDELIVERY
 *   fd 0       jobs in, reports out; all of them for this user           -> wire/job.h
 *   fd 2       the log
 *   exit       0 no more jobs; 100 wrong use; 111 trouble, or the other side talks nonsense   -> pneu-local(8)
 * Invariant: K is reported only when the message is on disk, file and name, in every place its recipient asked for, every
 * program has ended as it should, and what is forwarded is in the queue. A job without a report may be done again, so dying
 * anywhere loses nothing.
 *
 * Jobs that wait are taken together, so that their Maildir files share disk flushes (local/batch.h); what is decided is
 * reported before a program or an injection is waited for. Nothing is remembered from one batch to the next: a user may
 * change his files at any time. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compat/compat.h"
#include "local/batch.h"
#include "local/command.h"
#include "local/environment.h"
#include "local/exitcode.h"
#include "local/forward.h"
#include "local/maildir.h"
#include "local/mbox.h"
#include "local/message.h"
#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/msg.h"
#include "lib/num.h"
#include "lib/place.h"
#include "lib/sig.h"
#include "mail/dsn.h"
#include "mail/header.h"
#include "mail/outcome.h"
#include "resolve/instructions.h"
#include "resolve/plan.h"
#include "resolve/user.h"
#include "wire/envelope.h"
#include "wire/job.h"

#define BATCH_JOBS 16                   /* jobs begun before any is finished */
#define TRACE_MAX (4 * JOB_PACKET)      /* holds any address of a job, quoted */
#define LIMIT_MAX 86400

/* one message for one recipient */
struct delivery {
	const struct user *user;
	struct message *message;
	uint64_t number, index;         /* as the report names it */
	const char *sender, *rcpt, *alias, *body;       /* alias 0: none led here; body "": not declared */
	bool utf8;                      /* declared SMTPUTF8 */
	struct forward_wishes wishes;   /* of who sent it; after prepare: of what is forwarded */
	const char *via;                /* whose duty it is to tell that it was delivered (wire/job.h); 0: send's */
	size_t delivered_to, beyond;    /* where in trace that line begins, and where it ends */
	unsigned files, forwards, programs;
	int64_t deadline_ms;            /* of its programs, all together; 0: none has begun */
	int stopped;                    /* a program has said that the rest of this source does not count; -1 none */
	struct inject_result queued;    /* verdict 0: nothing was forwarded */
	char status[EXITCODE_STATUS];   /* what the outcome's may point to */
	struct outcome *outcome;
};

/* big, and mostly never touched */
static char packet[JOB_PACKET], space[MESSAGE_SPACE];
static struct batch batch;
/* of the delivery in hand, kept for their memory: Return-Path and Delivered-To, for what ends in a file; a From_ line; who
 * gets it from here and from whom; what its programs said; its instructions */
static struct buf trace = BUF(TRACE_MAX), from = BUF(TRACE_MAX), envelope = BUF(ENVELOPE_MAX), new_sender = BUF(TRACE_MAX),
    said = BUF(COMMAND_OUTPUT + 100);
static struct buf via = BUF(JOB_PACKET), body = BUF(ENVELOPE_ADDR), ret = BUF(ENVELOPE_ADDR), envid = BUF(ENVELOPE_ADDR),
    notify = BUF(ENVELOPE_ADDR), orcpt = BUF(ENVELOPE_ADDR);
static struct environment environment;
static struct plan plan;

static void
settle(void)
{
	if (!batch_settle(&batch, 0))
		die_sys(EX_SOFT, "report");
}

/* ---- files */

static bool
to_maildir(struct delivery *d, const struct plan_step *s)
{
	if (!maildir_deliver(s->text, s->source == PLAN_DEFAULT, &trace, d->message, d->outcome))
		return false;
	d->files++;
	return true;
}

static bool
to_mbox(struct delivery *d, const struct plan_step *s)
{
	bool discard = strcmp(s->text, "/dev/null") == 0;

	if (!discard && !mbox_deliver(s->text, &from, &trace, d->message, d->outcome))
		return false;
	d->files++;
	return true;
}

/* ---- programs */

static enum exitcode_dialect
dialect(const struct plan_step *s)
{
	return s->source == PLAN_QMAIL || s->source == PLAN_DEFAULT ? EXITCODE_QMAIL : EXITCODE_SENDMAIL;
}

static bool
make_environment(const struct delivery *d, const struct plan_step *s)
{
	const struct environment_of of = {
		.user = d->user, .dialect = dialect(s), .sender = d->sender, .new_sender = new_sender.len ? new_sender.s : "",
		.rcpt = d->rcpt, .via = d->alias, .matched = plan.matched,
		.rpline = trace.s, .rpline_n = d->delivered_to - 1,
		.dtline = trace.s + d->delivered_to, .dtline_n = d->beyond - d->delivered_to - 1, .ufline = &from
	};

	return environment_make(&environment, &of);
}

/* The message for fd 0. For qmail's programs, as it came: they have the lines in their environment. But what says
 * that an alias was passed is nowhere else, and stops a loop. */
static int
make_input(const struct delivery *d, const struct plan_step *s)
{
	struct buf first = BUF(2 * TRACE_MAX);
	bool ok = dialect(s) == EXITCODE_SENDMAIL ? buf_put(&first, from.s, from.len) && buf_put(&first, trace.s, trace.len) :
	    buf_put(&first, trace.s + d->beyond, trace.len - d->beyond);
	int fd = ok ? message_file(d->message, &first) : -1, cause = errno;

	buf_free(&first);
	errno = cause;
	return fd;
}

static void
remember_output(const struct command_end *e)
{
	if (e->len && buf_room(&said, e->len + 1)) {    /* what does not fit is not said */
		if (said.len)
			(void)buf_byte(&said, '\n');
		(void)buf_put(&said, e->output, e->len);
	}
}

static bool
judge(struct delivery *d, const struct plan_step *s, const struct command_end *e, int64_t limit_ms)
{
	char where[PLAN_WHERE], n[NUM_TEXT];
	struct outcome *o = d->outcome;
	struct exitcode x;

	plan_where(&plan, d->user, s, where);
	if (e->timed_out)
		return outcome_later(o, "4.3.0", where, ": the program was ended after ", num_text(n, (uint64_t)(limit_ms + 999) / 1000), " s",
		    e->len ? ": " : "", e->output, (char *)0);
	exitcode_judge(&x, dialect(s), e->code, e->output);
	memcpy(d->status, x.status, sizeof d->status);
	switch (x.means) {
	case EXITCODE_DONE_STOP:
		d->stopped = s->source;
		/* fall through */
	case EXITCODE_DONE:
		d->programs++;
		remember_output(e);
		return true;
	case EXITCODE_NEVER:            /* this is for the sender: what the program has to say to him */
		if (*x.text)
			return outcome_never(o, d->status, x.text, (char *)0);
		return outcome_never(o, d->status, "the program of this mailbox: ", x.words, " (exit code ",
		    num_text(n, (uint64_t)e->code), ")", (char *)0);
	case EXITCODE_LATER:
	default:                        /* this is for whoever has to put it right */
		return outcome_later(o, d->status, where, ": the program: ", x.words, e->code < 0 ? "" : " (exit code ",
		    e->code < 0 ? "" : num_text(n, (uint64_t)e->code), e->code < 0 ? "" : ")", *x.text ? ": " : "", x.text,
		    (char *)0);
	}
}

/* They share the time: so whoever waits for a delivery knows how long that can be. */
static int64_t
time_left(struct delivery *d)
{
	int64_t now = clock_mono_ms();

	if (!d->deadline_ms)
		d->deadline_ms = now + (int64_t)d->user->limit_s * 1000;
	return d->deadline_ms > now ? d->deadline_ms - now : 1;
}

static bool
to_program(struct delivery *d, const struct plan_step *s)
{
	struct command_end e;
	bool ran;
	int input, cause;
	int64_t limit_ms;

	settle();                       /* this may take long, and others need not wait for it */
	if (!make_environment(d, s))
		return outcome_trouble(d->outcome, "make the environment of a program", 0);
	if ((input = make_input(d, s)) < 0)
		return outcome_trouble(d->outcome, "copy the message for a program", 0);
	limit_ms = time_left(d);
	ran = command_run(s->text, environment.envp, input, limit_ms, &e);
	cause = errno;
	close(input);
	errno = cause;
	return ran ? judge(d, s, &e, limit_ms) : outcome_trouble(d->outcome, "start", "/bin/sh");
}

/* ---- forwards */

static bool
collect(struct delivery *d, const struct plan_step *s)
{
	if (!envelope.len && !forward_begin(&envelope, new_sender.len ? new_sender.s : "", d->body, d->utf8, &d->wishes))
		return outcome_trouble(d->outcome, "hold an envelope", 0);
	if (!forward_to(&envelope, s->text, &d->wishes))
		return outcome_trouble(d->outcome, "hold an envelope", 0);
	d->forwards++;
	return true;
}

static bool
send_on(struct delivery *d)
{
	struct inject_result *r = &d->queued;

	if (!d->forwards)
		return true;
	settle();
	forward_send(&envelope, trace.s + d->delivered_to, trace.len - d->delivered_to, d->message, r);
	if (r->verdict == 'K')
		return true;
	snprintf(d->status, sizeof d->status, "%s", r->status);
	return r->verdict == 'D' ? outcome_never(d->outcome, d->status, "unable to forward: ", r->text, (char *)0) :
	    outcome_later(d->outcome, d->status, "unable to forward: ", r->text, (char *)0);
}

/* ---- all that is planned */

static bool (*const carry_out_step[])(struct delivery *, const struct plan_step *) = {
	[PLAN_MAILDIR] = to_maildir, [PLAN_MBOX] = to_mbox, [PLAN_PROGRAM] = to_program, [PLAN_FORWARD] = collect
};

/* RFC 3461 5.2.7: what is sent on under another sender, as a list does, carries none of the wishes. Who forwards to one address
 * alone passes all of them on; who does it to several, or keeps a copy, tells himself that it was delivered. */
static void
choose_wishes(struct delivery *d)
{
	bool success = d->wishes.notify & DSN_SUCCESS, forwards = false;
	size_t i;

	for (i = 0; i < plan.steps; i++)
		forwards |= plan.step[i].kind == PLAN_FORWARD;
	if (!forwards)
		return;
	if (strcmp(new_sender.len ? new_sender.s : "", d->sender) != 0)
		d->wishes = (struct forward_wishes){ 0 };
	else if (success && plan.steps == 1)
		d->via = "/dsn";
	else if (success) {
		d->via = "/expanded";
		d->wishes.notify &= ~(unsigned)DSN_SUCCESS;
		d->wishes.notify = d->wishes.notify ? d->wishes.notify : DSN_NEVER;
	}
}

/* the lines that steps of this plan need; a .forward changes no sender */
static bool
prepare(struct delivery *d)
{
	const struct user *u = d->user;
	bool qmail = plan.from == PLAN_QMAIL || plan.from == PLAN_DEFAULT;

	buf_clear(&from);
	buf_clear(&envelope);
	buf_clear(&new_sender);
	buf_clear(&said);
	if (!header_unix_from(&from, d->sender, clock_wall_s()) || (!qmail && !buf_puts(&new_sender, d->sender)))
		return outcome_trouble(d->outcome, "make the From line", 0);
	if (qmail && !forward_sender(&new_sender, d->sender, d->rcpt, u->dash, u->ext, d->outcome))
		return false;
	choose_wishes(d);
	return true;
}

static void
report_done(struct delivery *d)
{
	char text[OUTCOME_TEXT], qp[80] = "";

	if (d->queued.verdict == 'K')
		snprintf(qp, sizeof qp, " qp %ld%s%.40s", (long)d->queued.pid, *d->queued.text ? " id " : "", d->queued.text);
	snprintf(text, sizeof text, "did %u+%u+%u%s%s%s", d->files, d->forwards, d->programs, qp, said.len ? ": " : "",
	    said.len ? said.s : "");
	outcome_delivered(d->outcome, text);
}

/* In order; forwards are collected, and sent when all else is done. A deferral ends it: all is done again. So does a failure,
 * except in a .forward, whose other elements have nothing to do with it. */
static void
carry_out(struct delivery *d)
{
	struct outcome failed = { .verdict = 0 };
	char failed_status[EXITCODE_STATUS];
	size_t i;

	if (!prepare(d))
		return;
	for (i = 0; i < plan.steps; i++) {
		const struct plan_step *s = &plan.step[i];

		if (s->source == d->stopped || carry_out_step[s->kind](d, s))
			continue;
		if (d->outcome->verdict != 'D' || plan.from != PLAN_DOTFORWARD)
			return;
		if (!failed.verdict) {
			failed = *d->outcome;
			memcpy(failed_status, d->status, sizeof failed_status);
			failed.status = failed_status;
		}
	}
	if (!send_on(d) && d->outcome->verdict == 'Z')
		return;
	if (!failed.verdict && d->outcome->verdict != 'D') {
		report_done(d);
		return;
	}
	if (failed.verdict) {
		*d->outcome = failed;
		memcpy(d->status, failed_status, sizeof d->status);
		d->outcome->status = d->status;
	}
}

/* ---- before it */

static bool
trace_lines(struct delivery *d)
{
	buf_clear(&trace);
	if (!header_return_path(&trace, d->sender))
		return outcome_trouble(d->outcome, "make the Return-Path line", 0);
	d->delivered_to = trace.len;
	if (!header_delivered_to(&trace, d->rcpt))
		return outcome_trouble(d->outcome, "make the Delivered-To line", 0);
	d->beyond = trace.len;
	if (d->alias && strcmp(d->alias, d->rcpt) != 0 && !header_delivered_to(&trace, d->alias))
		return outcome_trouble(d->outcome, "make the Delivered-To line", 0);
	return true;
}

static bool
not_looping(struct delivery *d)
{
	const char *line, *nl;

	for (line = trace.s + d->delivered_to; (nl = strchr(line, '\n')); line = nl + 1)
		switch (message_has_line(d->message, line, (size_t)(nl - line))) {
		case MESSAGE_NO:
			break;
		case MESSAGE_YES:
			return outcome_never(d->outcome, "5.4.6",
			    line == trace.s + d->delivered_to ? "mail loop: the header has the Delivered-To line of this recipient already" :
			    "mail loop: the header has the Delivered-To line of the alias already", (char *)0);
		default:
			return outcome_trouble(d->outcome, "read the message", 0);
		}
	return true;
}

static void
deliver(struct delivery *d)
{
	struct outcome o = { .verdict = 0 };

	d->outcome = &o;
	if (batch.rcpts == BATCH_RCPTS)
		settle();
	if (user_enter_home(d->user, &o) && trace_lines(d) && not_looping(d) && plan_make(&plan, d->user, d->rcpt, &o)) {
		if (plan.steps == 1 && plan.step[0].kind == PLAN_MAILDIR) {
			batch_maildir(&batch, batch_add(&batch, d->number, d->index), plan.step[0].text,
			    plan.step[0].source == PLAN_DEFAULT, &trace, d->message);
			return;
		}
		carry_out(d);
	}
	batch_decided(&batch, d->number, d->index, &o)->via = o.verdict == 'K' && d->forwards ? d->via : 0;
}

/* ---- jobs */

/* *value: the word's, or 0 if it is not there; false: it cannot be read */
static bool
read_param(const char *params, const char *name, struct buf *b, const char **value)
{
	*value = job_param_get(params, name, b) ? b->s : 0;
	return *value || !errno;
}

/* what the job's parameters say; false: they cannot be read */
static bool
read_params(struct delivery *d, const struct job *j)
{
	const char *p = j->params, *of = j->rcpt_params[d->index], *events;

	d->utf8 = job_param_get(p, "SMTPUTF8", 0);
	if (!read_param(p, "VIA", &via, &d->alias) || !read_param(p, "BODY", &body, &d->body) ||
	    !read_param(p, "RET", &ret, &d->wishes.ret) || !read_param(p, "ENVID", &envid, &d->wishes.envid) ||
	    !read_param(of, "NOTIFY", &notify, &events) || !read_param(of, "ORCPT", &orcpt, &d->wishes.orcpt))
		return false;
	d->wishes.notify = events ? dsn_notify(events, strlen(events)) : 0;
	d->body = d->body ? d->body : "";
	return true;
}

static void
do_job(const struct user *u, const struct job *j)
{
	struct message m;
	size_t i;

	message_init(&m, j->message, j->offset, j->length, space, sizeof space);
	for (i = 0; i < j->rcpts; i++) {
		struct delivery d = { .user = u, .message = &m, .number = j->number, .index = i, .sender = j->sender,
			.rcpt = j->rcpt[i], .stopped = -1 };

		if (read_params(&d, j))
			deliver(&d);
		else {
			struct outcome o;

			if (batch.rcpts == BATCH_RCPTS)
				settle();
			outcome_trouble(&o, "read the parameters of a job", 0);
			batch_decided(&batch, d.number, d.index, &o);
		}
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

#define USAGE "usage: pneu-local [-am] [-s SEPARATORS] [-t SECONDS] USER HOME LOCAL DASH EXT DEFAULTDELIVERY <jobs"

static void
read_arguments(struct user *u, int argc, char **argv)
{
	uint64_t limit = COMMAND_LIMIT_S;
	bool ok = true;
	int c;

	*u = (struct user){ .mode = USER_ALL, .separators = INSTRUCTIONS_SEPARATORS, .owner = geteuid() };
	opterr = 0;
	while ((c = getopt(argc, argv, "+ams:t:")) != -1) {
		if (c == 'a' || c == 'm')
			u->mode = c == 'a' ? USER_INSTRUCTION : USER_MAILBOX;
		else if (c == 's')
			u->separators = optarg;
		else
			ok &= c == 't' && num_u64(optarg, 1, LIMIT_MAX, &limit);
	}
	if (!ok || argc - optind != 6)
		die_say(EX_HARD, USAGE);
	argv += optind;
	u->limit_s = (unsigned)limit;
	u->name = argv[0];
	u->home = argv[1];
	u->local = argv[2];
	u->dash = argv[3];
	u->ext = argv[4];
	u->instructions = argv[5];
}

int
main(int argc, char **argv)
{
	struct user u;

	msg_name("pneu-local");
	read_arguments(&u, argc, argv);
	if (geteuid() == 0 && !place_private())
		die_say(EX_SOFT, "not allowed to deliver as root");
	compat_undumpable();                    /* who else got the message is none of this user's business */
	umask(077);
	sig_ignore(SIGPIPE);
	sig_ignore(SIGXFSZ);                    /* a file size limit is an error of write, and the mbox is cut back */
	command_prepare();
	while (do_waiting(&u))
		;
	return 0;
}
