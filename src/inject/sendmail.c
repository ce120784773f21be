/* sendmail - the sendmail that the programs of a host know: by its name it is mailq, newaliases and others too
 *   argv  as sendmail's                                         -> pneu-sendmail(8), inject/cmdline.c
 *   fd 0  the message, or what -bs and -bt want
 *   fd 1  with --id the ID of the message, with --wait what became of it; otherwise what the programs print that do other things (inject/modes.c)
 *   fd 2  what went wrong
 *   exit  those of sysexits.h: 0 queued, 64 wrong usage, 65 it is no message that could be sent, 69 refused, 75 not now;
 *         with --wait 0 delivered, 69 failed, 75 queued
 * Invariant: 0 without another mode means that pneu-queue has the message on disk; any other code, but with --wait, that nothing is
 * queued. The body is not held, so a message may be of any size. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "inject/await.h"
#include "inject/back.h"
#include "inject/modes.h"
#include "inject/cmdline.h"
#include "inject/post.h"
#include "lib/fd.h"
#include "lib/msg.h"
#include "lib/num.h"
#include "lib/sig.h"

static _Noreturn void
not_now(const char *why)
{
	die_say(EX_TEMPFAIL, "the message is not sent, try again later: ", why);
}

/* It will never be sent as it is. What is done with it the caller has said (-oe). */
static _Noreturn void
never(const struct cmdline *o, struct compose *c, struct post *p, const char *why)
{
	char path[1024];
	bool nobody = c->sender.s && !c->sender.len;

	if (o->on_error == ERROR_QUIET)
		exit(EX_DATAERR);
	if (o->on_error != ERROR_PRINT && !nobody) {
		if (!back_mail(c, p, why)) {
			say(why);
			die_say(EX_TEMPFAIL, "the message is not sent, and cannot be mailed back: ", c->why);
		}
		if (o->on_error == ERROR_MAIL_OK)
			exit(0);
		die_say(EX_DATAERR, why, "; the message is mailed back to its sender");
	}
	say(why);
	if (!back_keep(c, p, path))
		die_sys(EX_DATAERR, "keep the message in ", *path ? path : "a dead.letter");
	die_say(EX_DATAERR, "the message is not sent; it is kept in ", path);
}

/* what the command line said of the envelope; 0, or why it is none */
static const char *
take_arguments(const struct cmdline *o, struct compose *c)
{
	enum compose_result r = COMPOSE_OK;
	char **rest;

	if (o->sender)
		r = compose_sender(c, o->sender);
	for (rest = o->rest; r == COMPOSE_OK && *rest; rest++)
		r = compose_rcpts(c, *rest);
	if (r == COMPOSE_TROUBLE)
		not_now(c->why);
	return r == COMPOSE_OK ? 0 : c->why;
}

static const char *
take_header(struct compose *c, const struct post *p)
{
	enum compose_result r = compose_header(c, &p->head, p->s);

	if (r == COMPOSE_TROUBLE)
		not_now(c->why);
	return r == COMPOSE_OK ? 0 : c->why;
}

static void
print(const char *a, const char *b)
{
	struct buf line = BUF(POST_PIECE);

	if (!buf_puts(&line, a) || !buf_puts(&line, b) || !buf_byte(&line, '\n') || !fd_write(1, line.s, line.len))
		warn_sys("print an answer");
	buf_free(&line);
}

/* --wait: what became of the message; the exit code that tells it */
static int
wait_for(const char *id, uint64_t limit_s)
{
	struct await a;
	struct await_reply reply;
	enum await_result r = await_message(&a, id, (unsigned)limit_s);
	char who[ADDR_MAX + 30];

	while (await_reply(&a, &reply)) {
		snprintf(who, sizeof who, "%s: %s%s", reply.rcpt,
		    reply.verdict == 'K' ? "delivered" : reply.verdict == 'D' ? "failed" : "waits", *reply.text ? ": " : "");
		print(who, reply.text);
	}
	if (r != AWAIT_DELIVERED)
		say("the message is queued as ", id, ": ", a.why);
	await_free(&a);
	return r == AWAIT_DELIVERED ? 0 : r == AWAIT_FAILED || r == AWAIT_DELETED ? EX_UNAVAILABLE : EX_TEMPFAIL;
}

/* it is in the queue; the exit code */
static int
queued(const struct cmdline *o, const char *id)
{
	if (o->verbose)
		say("queued as ", *id ? id : "a message without a name");
	if (o->id)
		print(id, "");
	if (!o->wait)
		return 0;
	if (*id)
		return wait_for(id, o->wait_s);
	say("the message is queued, and what became of it cannot be asked: it has no name");
	return EX_TEMPFAIL;
}

static _Noreturn void
deliver(const struct cmdline *o, struct compose *c)
{
	struct post_wishes wishes = { *o->notify ? o->notify : 0, o->ret, o->envid, o->hold, o->seven, o->utf8 };
	struct inject_result result;
	const char *why;
	char kept[COMPOSE_WHY];
	struct post p;

	if (!o->header && !*o->rest)
		die_say(EX_USAGE, "no recipients: name them, or use -t");
	if ((why = take_arguments(o, c)))
		why = strcpy(kept, why);
	switch (post_read(&p, 0, !o->no_dots)) {
	case POST_OK:
		break;
	case POST_LONG:
		never(o, c, &p, "the header is too long");
	case POST_TROUBLE:
	default:
		not_now(strerror(errno));
	}
	if (!why && (why = take_header(c, &p)))
		why = strcpy(kept, why);
	if (!why && !c->rcpt_count)
		why = "no recipients in the header";
	if (!why && c->received + o->hops > c->names.hops)
		why = "too many hops: the message seems to go round in circles";
	if (why)
		never(o, c, &p, why);
	post_send(&p, c, &wishes, 0, &result);
	if (result.verdict == 'D')
		die_say(strncmp(result.status, "5.1.", 4) == 0 ? EX_DATAERR : EX_UNAVAILABLE, "the message is refused: ", result.text,
		    " (", result.status, ")");
	if (result.verdict != 'K')
		not_now(result.text);
	exit(queued(o, result.text));
}

int
main(int argc, char **argv)
{
	static struct cmdline o;
	static struct compose c;
	const char *why;

	(void)argc;
	msg_name("sendmail");
	sig_ignore(SIGPIPE);
	sig_default(SIGCHLD);
	why = cmdline_read(&o, argv);
	msg_name(o.program);
	if (why)
		die_say(EX_USAGE, why);
	compose_init(&c);
	if (o.mode != MODE_DELIVER)
		modes_run(&o, &c);
	if (!compose_variables(&c))
		not_now("the file that QMAILMFTFILE names cannot be read");
	c.take_return_path = false;
	c.author_is_sender = true;
	c.from_header = o.header;
	c.as_is = o.gateway;
	c.full_name = o.name && *o.name ? o.name : 0;
	deliver(&o, &c);
}
