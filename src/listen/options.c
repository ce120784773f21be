#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/ascii.h"
#include "lib/msg.h"
#include "lib/num.h"
#include "listen/options.h"
#include "listen/rate.h"

#define SESSIONS_MAX 65535

static _Noreturn void
usage(void)
{
	die_say(EX_HARD, "usage: pneu-tcpd [-1qUvX] [-b backlog] [-C limit] [-c limit] [-d text] [-e variable] [-l name] "
	    "[-m text] [-N descriptor] [-n bits[,bits]] [-R limit/seconds] [-r limit/seconds] [-u user[:group]] [-x rules.cdb] address:port ... "
	    "-- program [argument ...]");
}

static uint64_t
number(char letter, const char *s, uint64_t min, uint64_t max)
{
	char name[] = { '-', letter, 0 }, range[64];
	uint64_t n = 0;

	if (!num_u64(s, min, max, &n)) {
		snprintf(range, sizeof range, " takes a number from %u to %u: ", (unsigned)min, (unsigned)max);
		die_say(EX_HARD, name, range, s);
	}
	return n;
}

/* LIMIT/SECONDS */
static struct pace
read_pace(char letter, const char *s)
{
	size_t n = strcspn(s, "/");
	struct pace p = { 0, 0 };

	if (s[n] == 0 || !num_span(s, n, 1, RATE_MOST, &p.limit) || !num_u64(s + n + 1, 1, RATE_LONGEST_S, &p.seconds))
		die_say(EX_HARD, letter == 'r' ? "-r" : "-R",
		    " takes LIMIT/SECONDS, numbers up to 1000000 and from 1 to 86400: ", s);
	return p;
}

/* BITS of IPv4, or BITS,BITS of both families. Longer than 64 an IPv6 network is one client. */
static void
read_bits(struct options *o, const char *s)
{
	size_t n = strcspn(s, ",");

	if (!num_span(s, n, 1, 32, &o->bits4) || (s[n] && !num_u64(s + n + 1, 1, 64, &o->bits6)))
		die_say(EX_HARD, "-n takes the length of an IPv4 network, up to 32, and after a comma of an IPv6 one, up to 64: ", s);
}

/* what a refused client reads */
static const char *
reply_text(char letter, const char *s)
{
	char name[] = { '-', letter, 0 };
	size_t i;

	for (i = 0; s[i]; i++)
		if (!ascii_print(s[i]))
			die_say(EX_HARD, name, " takes one line of printable ASCII: ", s);
	if (i > TEXT_MAX)
		die_say(EX_HARD, name, " takes at most 500 characters");
	return s;
}

/* NAME, or a beginning of names with a star */
static void
add_variable(struct options *o, const char *name)
{
	if (!*name || strchr(name, '='))
		die_say(EX_HARD, "-e takes the name of a variable: ", name);
	if (o->vars == OPTION_VARS)
		die_say(EX_HARD, "-e: at most 32 names");
	o->var[o->vars++] = name;
}

static void
read_option(struct options *o, int letter)
{
	switch (letter) {
	case '1': o->announce = true; break;
	case 'b': o->backlog = number('b', optarg, 1, 65535); break;
	case 'C': o->max_each = number('C', optarg, 1, SESSIONS_MAX); break;
	case 'c': o->max = number('c', optarg, 1, SESSIONS_MAX); break;
	case 'd': o->denied = reply_text('d', optarg); break;
	case 'e': add_variable(o, optarg); break;
	case 'l': o->local_host = reply_text('l', optarg); break;
	case 'm': o->busy = reply_text('m', optarg); break;
	case 'N': o->ready_fd = (int)number('N', optarg, 3, 1023); break;
	case 'n': read_bits(o, optarg); break;
	case 'q': o->loudness = QUIET; break;
	case 'R': o->network = read_pace('R', optarg); break;
	case 'r': o->each = read_pace('r', optarg); break;
	case 'U': o->as_root = true; break;
	case 'u': o->user = optarg; break;
	case 'v': o->loudness = ALL; break;
	case 'X': o->open_without = true; break;
	case 'x': o->rules = optarg; break;
	default: usage();
	}
}

/* options, addresses, --, program */
void
options_read(struct options *o, int argc, char **argv)
{
	int letter;

	*o = (struct options){ .max = 100, .backlog = 1024, .loudness = REFUSALS, .bits4 = 24, .bits6 = 64,
	    .ready_fd = -1 };
	opterr = 0;
	while ((letter = getopt(argc, argv, "+1b:C:c:d:e:l:m:N:n:qR:r:Uu:vXx:")) != -1)
		read_option(o, letter);
	if (o->max_each == 0)
		o->max_each = (o->max + 1) / 2; /* whoever holds all they may leaves room for others */
	o->address = argv + optind;
	if (strcmp(o->address[-1], "--") == 0)
		o->address--;                   /* no address: getopt took the mark for its own end */
	for (o->program = o->address; *o->program && strcmp(*o->program, "--") != 0; o->program++)
		;
	if (!*o->program || !*++o->program)
		usage();
}
