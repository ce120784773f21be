/* qctl - steer the queue: hold, release, retry, bounce, delete, redirect messages, pause destinations.
 *   argv  VERB [-nyaT] [WORD...] [ID... | - | all | SELECTOR...]
 *   fd 0  with "-", IDs; at a terminal, the answer to a question
 *   fd 1  what was done, or would be
 *   fd 2  progress, if it is a terminal
 *   exit  0 all done; 100 refused (one of them, at the least), wrong usage; 111 no runner, or none that answers
 * Invariant: only the runner, or pneu-send -o in its place and under its lock, changes anything in the queue.
 * -> wire/control.h, pneu-qctl(8) */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "lib/buf.h"
#include "lib/msg.h"
#include "lib/num.h"
#include "lib/out.h"
#include "lib/sig.h"
#include "tools/qctl.h"
#include "wire/control.h"
#include "wire/route.h"

static const char usage[] = "usage: pneu-qctl hold|release|retry|expire|bounce|delete|purge|undo [-nyaT] ID...|-|all|SELECTOR..., "
    "pneu-qctl redirect OLD NEW [...], pneu-qctl reroute ROUTE ..., pneu-qctl pause|resume DESTINATION|local|remote|all, "
    "pneu-qctl retry-site NAME..., pneu-qctl drain login=NAME, pneu-qctl move DIR, pneu-qctl status|flush|reload, "
    "pneu-qctl mine, pneu-qctl cancel ID...";

#define LIVE (QCTL_MSG | QCTL_HOLD)

static const struct verb verbs[] = {
	{ "hold", 0, QCTL_MSG, "held" },
	{ "release", 0, QCTL_HOLD, "released" },
	{ "retry", 0, QCTL_MSG, "tried now" },
	{ "expire", 0, QCTL_MSG, "tried a last time" },
	{ "bounce", 0, LIVE, "bounced" },
	{ "delete", 0, LIVE, "deleted" },
	{ "purge", 0, LIVE, "deleted for good" },
	{ "undo", 0, QCTL_TRASH, "brought back" },
	{ "redirect", 2, LIVE, "redirected" },
	{ "reroute", 1, LIVE, "rerouted" },
};

static char space[65536];

static const struct verb *
find_verb(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof verbs / sizeof *verbs; i++)
		if (strcmp(name, verbs[i].name) == 0)
			return &verbs[i];
	return 0;
}

/* ---- arguments */

static void
take_option(struct options *o, const char *s)
{
	if (strcmp(s, "--dry-run") == 0)
		o->dry_run = true;
	else if (strcmp(s, "--yes") == 0)
		o->yes = true;
	else if (s[1] == '-')
		die_say(EX_HARD, usage);
	else
		while (*++s)
			switch (*s) {
			case 'n': o->dry_run = true; break;
			case 'y': o->yes = true; break;
			case 'a': o->all = true; break;
			case 'T': o->trash = true; break;
			default: die_say(EX_HARD, usage);
			}
}

/* options out of the words, wherever they stand before "--"; how many words are left */
static size_t
take_options(struct options *o, char **words, size_t n)
{
	size_t i, left = 0;

	for (i = 0; i < n; i++)
		if (strcmp(words[i], "--") == 0) {
			for (i++; i < n; i++)
				words[left++] = words[i];
		} else if (words[i][0] == '-' && words[i][1])
			take_option(o, words[i]);
		else
			words[left++] = words[i];
	return left;
}

/* HOST or HOST:PORT is short for a route; one in full has blanks */
static char *
whole_route(char *s)
{
	static struct buf b = BUF(4096);
	char *colon = strrchr(s, ':');
	uint64_t port;

	if (!*s || strchr(s, ' ') || *s == '/')
		return s;
	if (strcmp(s, "-") == 0)
		return s + 1;                   /* by the rules again */
	if (colon && (strchr(s, ':') != colon || !num_u64(colon + 1, 1, 65535, &port)))
		colon = 0;
	if (!buf_puts(&b, "host ") || !buf_put(&b, s, colon ? (size_t)(colon - s) : strlen(s)) || !buf_byte(&b, ' ') ||
	    !buf_puts(&b, colon ? colon + 1 : "25"))
		die_sys(EX_SOFT, "build the route");
	return b.s;
}

/* before anything is looked for: nonsense is nonsense though it may concern nobody */
static void
check_words(const struct verb *v, char **words)
{
	struct route r;

	if (v->words == 2 && (!*words[0] || !*words[1]))
		die_say(EX_HARD, "redirect: from which address to which?");
	if (v->words == 1 && *words[0] && !route_get(words[0], &r))
		die_say(EX_HARD, words[0], ": not a route");
}

/* ---- what is to be done */

static bool
on_messages(struct out *o, const struct verb *v, struct options *opt, char **words, size_t n)
{
	struct picked p = { 0 };
	struct buf to = BUF(4096);
	char *selector;
	bool ok = true;

	if (n < v->words)
		die_say(EX_HARD, usage);
	if (opt->trash && strcmp(v->name, "purge") != 0)
		die_say(EX_HARD, "-T is for purge");
	if (strcmp(v->name, "reroute") == 0)
		words[0] = whole_route(words[0]);
	check_words(v, words);
	pick_enter();
	if (n > v->words)
		pick(&p, v, opt, words + v->words, n - v->words);
	else if (v->words == 2) {               /* all that go there */
		if (!buf_puts(&to, "to=") || !buf_puts(&to, words[0]))
			die_sys(EX_SOFT, "build the selector");
		selector = to.s;
		pick(&p, v, opt, &selector, 1);
	} else
		die_say(EX_HARD, usage);
	if (opt->dry_run)
		pick_show(o, &p, v, opt);
	pick_leave();
	if (opt->dry_run)
		;
	else if (!pick_confirmed(&p, v, opt))
		out_puts(o, "nothing was done\n");
	else {
		ask_open(false);
		ok = ask_messages(o, v, words, &p);
	}
	pick_forget(&p);
	buf_free(&to);
	return ok;
}

static bool
on_names(struct out *o, const char *verb, char **words, size_t n, bool live)
{
	bool ok = true;
	size_t i;

	if (!n)
		die_say(EX_HARD, usage);
	ask_open(live);
	for (i = 0; i < n; i++)
		ok &= ask_plain(o, verb, words[i]);
	return ok;
}

static bool
is(const char *verb, const char *name)
{
	return strcmp(verb, name) == 0;
}

static bool
plain(struct out *o, const char *verb, char **words, size_t n, const struct options *opt)
{
	if (is(verb, "retry-site"))
		return on_names(o, verb, words, n, true);
	if (is(verb, "pause") || is(verb, "resume"))
		return on_names(o, verb, words, n, false);
	if (is(verb, "drain"))
		return drain(o, opt, words, n);
	if (is(verb, "cancel"))
		return cancel(o, words, n);
	if (is(verb, "move") && n == 1)
		return move(o, words[0]), true;
	if (!is(verb, "mine") && !is(verb, "move") && !is(verb, "status") && !is(verb, "flush") && !is(verb, "reload"))
		die_say(EX_HARD, "there is no action ", verb, "; ", usage);
	if (n || is(verb, "move"))
		die_say(EX_HARD, usage);
	if (is(verb, "mine"))
		return mine(o);
	ask_open(true);
	return ask_plain(o, verb, 0);
}

int
main(int argc, char **argv)
{
	struct options opt = { 0 };
	const struct verb *v;
	struct out o;
	size_t n;
	bool ok;

	msg_name("pneu-qctl");
	n = take_options(&opt, argv + 1, argc > 1 ? (size_t)argc - 1 : 0);
	if (!n--)
		die_say(EX_HARD, usage);
	sig_ignore(SIGPIPE);
	out_init(&o, 1, space, sizeof space, -1);
	v = find_verb(argv[1]);
	ok = v ? on_messages(&o, v, &opt, argv + 2, n) : plain(&o, argv[1], argv + 2, n, &opt);
	ask_close();
	if (!out_flush(&o))
		die_sys(EX_SOFT, "write");
	return ok ? 0 : EX_HARD;
}
