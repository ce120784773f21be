/* qstat - how much is in the queue, and what the runner is doing.
 *   fd 1  the numbers
 *   exit  0 whether a runner answers or not; 100 wrong usage; 111 the queue cannot be read
 * The counts come from the directories alone, so a million messages cost no open.  -> pneu-qstat(8) */
#include <errno.h>
#include <signal.h>
#include <string.h>

#include "lib/ascii.h"
#include "lib/buf.h"
#include "lib/msg.h"
#include "lib/out.h"
#include "lib/sig.h"
#include "tools/walk.h"
#include "wire/control.h"

static char space[65536];

static void
put_count(struct out *o, const char *name, uint64_t n)
{
	out_puts(o, name);
	out_puts(o, ": ");
	out_num(o, n);
	out_byte(o, '\n');
}

static void
counts(struct out *o)
{
	uint64_t live, held, bad;

	if (!walk_count(WALK_MSG, &live))
		die_sys(EX_SOFT, "count the queue");
	if (!walk_count(WALK_HOLD, &held) && errno != ENOENT)
		die_sys(EX_SOFT, "count what is held");
	if (!walk_count_bad(&bad))
		die_sys(EX_SOFT, "count what is damaged");
	put_count(o, "messages in queue", live + held);
	put_count(o, "held", held);
	put_count(o, "damaged, in bad/", bad);
}

/* "site CHANNEL KEY queued N ...": the key may hold blanks, and a stranger chose it */
static void
put_masked(struct out *o, const char *s, size_t n)
{
	for (; n--; s++)
		out_byte(o, ascii_mask(*s));
}

struct answer {
	struct buf text;
	bool came, done;
	int error;
};

/* What the runner says is shown in its own words, one indented line each. */
static void
runner(struct out *o, const struct answer *a)
{
	const char *line = a->text.s, *nl;

	out_puts(o, "runner: ");
	if (!a->came)
		out_puts(o, a->error == ENOENT || a->error == ECONNREFUSED ? "not running" : strerror(a->error));
	else
		out_puts(o, a->done ? "running" : "refused");
	out_byte(o, '\n');
	while (a->came && line && *line) {
		nl = strchr(line, '\n');
		out_puts(o, "  ");
		put_masked(o, line, nl ? (size_t)(nl - line) : strlen(line));
		out_byte(o, '\n');
		line = nl ? nl + 1 : 0;
	}
}

int
main(int argc, char **argv)
{
	struct answer a = { .text = BUF(CONTROL_PACKET) };
	struct out o;

	(void)argv;
	msg_name("pneu-qstat");
	if (argc > 1)
		die_say(EX_HARD, "usage: pneu-qstat");
	sig_ignore(SIGPIPE);
	a.came = control_ask("status", 0, &a.done, &a.text);    /* before the chdir: PNEU_QUEUE may be relative */
	a.error = errno;
	if (!walk_enter())
		die_sys(EX_SOFT, "enter the queue");
	out_init(&o, 1, space, sizeof space, -1);
	counts(&o);
	runner(&o, &a);
	if (!out_flush(&o))
		die_sys(EX_SOFT, "write");
	return 0;
}
