/* inject - take a message from a program on this host, complete its header, hand it to pneu-queue
 *   argv  options and recipients                                -> pneu-inject(8)
 *   fd 0  the message
 *   fd 1  with -n the message, and nothing is queued
 *   exit  0 queued; 100 it will never be; 111 not now. Either way nothing is queued then
 * Invariant: what pneu-queue has not acknowledged is never called queued; the body is not held. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "inject/post.h"
#include "lib/msg.h"
#include "lib/sig.h"

enum from { FROM_EITHER, FROM_ARGUMENTS, FROM_HEADER, FROM_BOTH };

struct options {
	enum from from;
	const char *sender;
	bool print;
};

static const char usage[] = "usage: pneu-inject [-aAhHnN] [-f sender] [-F name] [recipient ...]";

/* the value of an option: the rest of its word, or the next one */
static const char *
value(char ***argv, const char *rest)
{
	if (*rest)
		return rest;
	if (!*++*argv)
		die_say(EX_HARD, usage);
	return **argv;
}

static char **
take_options(struct options *o, struct compose *c, char **argv)
{
	const char *s;

	for (; *argv && **argv == '-' && (*argv)[1]; argv++) {
		if (strcmp(*argv, "--") == 0)
			return argv + 1;
		for (s = *argv + 1; s && *s; s = s ? s + 1 : s)
			switch (*s) {
			case 'a': o->from = FROM_ARGUMENTS; break;
			case 'A': o->from = FROM_EITHER; break;
			case 'h': o->from = FROM_HEADER; break;
			case 'H': o->from = FROM_BOTH; break;
			case 'n': o->print = true; break;
			case 'N': o->print = false; break;
			case 'f': o->sender = value(&argv, s + 1); s = 0; break;
			case 'F': c->full_name = value(&argv, s + 1); s = 0; break;
			default: die_say(EX_HARD, usage);
			}
	}
	return argv;
}

static void
check(enum compose_result r, const struct compose *c)
{
	if (r != COMPOSE_OK)
		die_say(r == COMPOSE_BAD ? EX_HARD : EX_SOFT, c->why);
}

static void
read_message(struct post *p)
{
	switch (post_read(p, 0, false)) {
	case POST_OK:
		return;
	case POST_LONG:
		die_say(EX_HARD, "the header is too long");
	case POST_TROUBLE:
	default:
		die_sys(EX_SOFT, "read the message");
	}
}

int
main(int argc, char **argv)
{
	static const struct post_wishes wishes;
	struct options o = { FROM_EITHER, 0, false };
	struct inject_result result;
	struct compose c;
	struct post p;

	(void)argc;
	msg_name("pneu-inject");
	sig_ignore(SIGPIPE);
	sig_default(SIGCHLD);
	compose_init(&c);
	c.mention_nobody = c.take_return_path = true;
	if (!compose_variables(&c))
		die_sys(EX_SOFT, "read the file that QMAILMFTFILE names");
	argv = take_options(&o, &c, argv + 1);
	c.from_header = o.from == FROM_HEADER || o.from == FROM_BOTH || (o.from == FROM_EITHER && !*argv);
	if (o.sender)
		check(compose_sender(&c, o.sender), &c);
	for (; *argv && o.from != FROM_HEADER; argv++)
		check(compose_rcpts(&c, *argv), &c);
	read_message(&p);
	check(compose_header(&c, &p.head, p.s), &c);
	if (o.print) {
		if (!post_print(&p, &c, 1))
			die_sys(EX_SOFT, "write the message");
		return 0;
	}
	if (!c.rcpt_count)
		die_say(EX_HARD, "no recipients");
	post_send(&p, &c, &wishes, 0, &result);
	if (result.verdict != 'K')
		die_say(result.verdict == 'D' ? EX_HARD : EX_SOFT, "unable to queue the message: ", result.text, " (", result.status, ")");
	return 0;
}
