/* qctl - ask the runner for something, and print what it says.
 *   argv  status | flush | reload
 *         retry | hold | release | expire | delete ID...
 *         retry-site NAME...
 *   fd 1  the answer; with IDs a line for each
 *   exit  0 all done; 100 refused (one of them, at the least), wrong usage; 111 no runner
 * -> wire/control.h, pneu-qctl(8) */
#include <errno.h>
#include <signal.h>
#include <string.h>

#include "lib/ascii.h"
#include "lib/buf.h"
#include "lib/msg.h"
#include "lib/out.h"
#include "lib/sig.h"
#include "wire/control.h"

static const char usage[] =
    "usage: pneu-qctl status|flush|reload, pneu-qctl retry|hold|release|expire|delete ID..., pneu-qctl retry-site NAME...";

static const struct {
	const char *name;
	bool takes_ids;                 /* or names */
} verbs[] = {
	{ "status", false }, { "flush", false }, { "reload", false },
	{ "retry", true }, { "hold", true }, { "release", true }, { "expire", true }, { "delete", true },
	{ "retry-site", true },
};

static char space[65536];

static bool
takes_ids(const char *verb)
{
	size_t i;

	for (i = 0; i < sizeof verbs / sizeof *verbs; i++)
		if (strcmp(verb, verbs[i].name) == 0)
			return verbs[i].takes_ids;
	die_say(EX_HARD, usage);
}

static _Noreturn void
no_answer(void)
{
	switch (errno) {
	case ENOENT:
	case ECONNREFUSED:
		die_say(EX_SOFT, "no runner: pneu-send is not running on this queue");
	case EACCES:
	case EPERM:
		die_say(EX_SOFT, "not allowed to talk to the runner: become root or the queue's user");
	case EPROTO:
	case ECONNRESET:
	case EPIPE:
		die_say(EX_SOFT, "the runner hung up: it stops, or has too many clients; try again");
	default:
		die_sys(EX_SOFT, "ask the runner");
	}
}

/* the runner's words end where its lines end; control bytes of sites' names do not reach the terminal */
static void
put_words(struct out *o, const char *s)
{
	size_t n = strlen(s);

	for (; *s; s++)
		out_byte(o, *s == '\n' ? *s : ascii_mask(*s));
	if (n && s[-1] != '\n')
		out_byte(o, '\n');
}

/* false: refused */
static bool
ask(struct out *o, const char *verb, const char *id)
{
	struct buf text = BUF(CONTROL_PACKET);
	bool done;

	if (!control_ask(verb, id, &done, &text)) {
		int e = errno;

		(void)out_flush(o);             /* what was done for the IDs before */
		errno = e;
		no_answer();
	}
	if (id) {
		out_puts(o, verb);
		out_byte(o, ' ');
		out_puts(o, id);
		out_puts(o, ": ");
	}
	put_words(o, text.len ? text.s : done ? "done" : "refused");
	buf_free(&text);
	return done;
}

int
main(int argc, char **argv)
{
	struct out o;
	bool ids, ok = true;
	int i;

	msg_name("pneu-qctl");
	if (argc < 2)
		die_say(EX_HARD, usage);
	ids = takes_ids(argv[1]);
	if (ids != (argc > 2))
		die_say(EX_HARD, usage);
	sig_ignore(SIGPIPE);
	out_init(&o, 1, space, sizeof space, -1);
	if (!ids)
		ok = ask(&o, argv[1], 0);
	for (i = 2; i < argc; i++)
		ok &= ask(&o, argv[1], argv[i]);
	if (!out_flush(&o))
		die_sys(EX_SOFT, "write");
	return ok ? 0 : EX_HARD;
}
