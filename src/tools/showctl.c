/* showctl - every setting: its value, its file, what it means, who reads it; or, is the whole installation as it should be?
 *   argv  [--json] [--set] [NAME...] | --check [--json] [--no-dns]
 *   fd 1  the settings; or a line for each finding
 *   exit  0 done; all well. 1 --check has notes. 2 --check found something wrong. 100 wrong use, no such setting; 111 trouble
 *         -> pneu-showctl(8)
 * Invariant: nothing is changed, and no secret is printed. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>

#include "lib/clock.h"
#include "lib/conf.h"
#include "lib/msg.h"
#include "lib/place.h"
#include "lib/sig.h"
#include "tools/showctl.h"

static const char usage[] = "usage: pneu-showctl [--json] [--set] [name ...] | pneu-showctl --check [--json] [--no-dns]";

static const struct option options[] = {
	{ "check", no_argument, 0, 'c' },
	{ "json", no_argument, 0, 'j' },
	{ "no-dns", no_argument, 0, 'q' },
	{ "set", no_argument, 0, 's' },
	{ 0, 0, 0, 0 }
};

struct wish {
	bool check, set, no_dns;
};

static void
read_options(int argc, char **argv, struct wish *w, struct tell *t)
{
	int letter;

	opterr = 0;
	while ((letter = getopt_long(argc, argv, "cjqs", options, 0)) != -1)
		switch (letter) {
		case 'c': w->check = true; break;
		case 'j': t->json = true; break;
		case 'q': w->no_dns = true; break;
		case 's': w->set = true; break;
		default: die_say(EX_HARD, usage);
		}
	if (w->check ? w->set || optind < argc : w->no_dns)
		die_say(EX_HARD, usage);
}

/* one after the other, what the others stand on first */
static enum finding
examine(struct tell *t, bool no_dns)
{
	struct check c = { .tell = t, .no_dns = no_dns, .etc = conf_open(), .private = place_private(), .wall_us = clock_wall_us(),
		.mono_us = clock_mono_us() };

	if (c.etc < 0)
		die_sys(EX_SOFT, "open ", place_etc());
	check_begin(&c);
	check_accounts(&c);
	check_programs(&c);
	check_etc(&c);
	check_settings(&c);
	check_databases(&c);
	check_relay(&c);
	check_queue(&c);
	check_runner(&c);
	check_space(&c);
	check_ports(&c);
	check_postmaster(&c);
	check_dns(&c);
	check_clock(&c);
	return c.worst;
}

int
main(int argc, char **argv)
{
	static char space[8192];
	static struct tell t;
	struct wish w = { false, false, false };
	int code;

	msg_name("pneu-showctl");
	sig_ignore(SIGPIPE);
	out_init(&t.out, 1, space, sizeof space, -1);
	read_options(argc, argv, &w, &t);
	code = w.check ? (int)examine(&t, w.no_dns) : show(&t, argv + optind, w.set) ? 0 : EX_HARD;
	if (!out_flush(&t.out) && errno != EPIPE)
		die_sys(EX_SOFT, "write");
	return code;
}
