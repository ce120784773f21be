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
#include "lib/out.h"
#include "lib/sig.h"
#include "resolve/smtproutes.h"
#include "tools/qctl.h"
#include "wire/control.h"
#include "wire/route.h"

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

static const struct { const char *verbs, *words; } uses[] = {
	{ "hold release retry expire bounce delete purge undo", "[-anTy] ID...|-|all|SELECTOR..." },
	{ "redirect", "[-any] OLD NEW [ID...|-|all|SELECTOR...]" },
	{ "reroute", "[-any] HOST[:PORT]|ROUTE|- ID...|-|all|SELECTOR..." },
	{ "pause resume", "DESTINATION...|local|remote|all" },
	{ "retry-site", "DESTINATION..." },
	{ "drain", "[-n] login=NAME" },
	{ "move", "DIRECTORY" },
	{ "cancel", "ID..." },
	{ "status flush reload mine", "" },
};

/* what others call them */
static const struct { const char *theirs, *ours; } habits[] = {
	{ "freeze", "hold" }, { "unhold", "release" }, { "thaw", "release" }, { "requeue", "retry" }, { "deliver", "retry" },
	{ "remove", "delete" }, { "rm", "delete" }, { "kill", "delete" }, { "undelete", "undo" }, { "restore", "undo" },
	{ "fail", "bounce" }, { "stop", "pause all" }, { "start", "resume all" }, { "list", "pneu-qread" }, { "show", "pneu-qread" },
	{ "count", "pneu-qstat" },
};

static char space[65536];

/* is it one of these, which have blanks between them? */
static bool
is_among(const char *words, const char *word)
{
	size_t n = strlen(word);
	const char *s;

	for (s = words; (s = strstr(s, word)); s += n)
		if ((s == words || s[-1] == ' ') && (s[n] == ' ' || !s[n]))
			return n > 0;
	return false;
}

/* how the verb is used; how all are, if it is 0 or none */
static _Noreturn void
usage(const char *verb)
{
	struct buf b = BUF(2000);
	bool ok = true;
	size_t i;

	for (i = 0; verb && i < sizeof uses / sizeof *uses; i++)
		if (is_among(uses[i].verbs, verb))
			die_say(EX_HARD, "usage: pneu-qctl ", verb, *uses[i].words ? " " : "", uses[i].words);
	for (i = 0; verb && i < sizeof habits / sizeof *habits; i++)
		if (strcmp(habits[i].theirs, verb) == 0)
			die_say(EX_HARD, "there is no action ", verb, "; ", habits[i].ours, " is meant?");
	for (i = 0; i < sizeof uses / sizeof *uses; i++)
		ok = ok && buf_puts(&b, i ? "; " : "") && buf_puts(&b, uses[i].verbs) && buf_puts(&b, *uses[i].words ? " " : "") &&
		    buf_puts(&b, uses[i].words);
	if (!ok)
		die_sys(EX_SOFT, "tell the usage");
	if (verb)
		die_say(EX_HARD, "there is no action ", verb, "; they are ", b.s);
	die_say(EX_HARD, "usage: pneu-qctl ", b.s);
}

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

static _Noreturn void
bad_option(const char *s)
{
	die_say(EX_HARD, s, ": no such option; what postsuper and qmHandle do with theirs is in pneu-habits(7)");
}

static void
take_option(struct options *o, const char *s)
{
	const char *whole = s;

	if (strcmp(s, "--dry-run") == 0)
		o->dry_run = true;
	else if (strcmp(s, "--yes") == 0)
		o->yes = true;
	else if (strcmp(s, "--help") == 0)
		usage(0);
	else if (s[1] == '-')
		bad_option(whole);
	else
		while (*++s)
			switch (*s) {
			case 'n': o->dry_run = true; break;
			case 'y': o->yes = true; break;
			case 'a': o->all = true; break;
			case 'T': o->trash = true; break;
			default: bad_option(whole);
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

/* "-": by the rules again; a whole route; or what a line of smtproutes has behind its domain */
static char *
whole_route(char *s)
{
	static struct buf b = BUF(4096);
	struct route r;

	if (strcmp(s, "-") == 0)
		return s + 1;
	if (!*s || route_get(s, &r))
		return s;
	if (!smtproutes_value(s, &b))
		die_say(EX_HARD, s, ": not a route; it is HOST, HOST:PORT or [ADDRESS]:PORT, and words as in smtproutes of pneu-control(5)");
	return b.s;
}

/* before anything is looked for: nonsense is nonsense though it may concern nobody */
static void
check_words(const struct verb *v, char **words)
{
	if (v->words == 2 && (!*words[0] || !*words[1]))
		die_say(EX_HARD, "redirect: from which address to which?");
	if (v->words == 1)
		words[0] = whole_route(words[0]);
}

/* ---- what is to be done */

static bool
on_messages(struct out *o, const struct verb *v, struct options *opt, char **words, size_t n)
{
	struct picked p = { 0 };
	struct buf to = BUF(4096);
	char *selector;
	bool ok = true;

	if (n < v->words || (n == v->words && v->words < 2))
		usage(v->name);
	if (opt->trash && strcmp(v->name, "purge") != 0)
		die_say(EX_HARD, "-T is for purge");
	check_words(v, words);
	pick_enter();
	if (n > v->words)
		pick(&p, v, opt, words + v->words, n - v->words);
	else {                                  /* all that go there */
		if (!buf_puts(&to, "to=") || !buf_puts(&to, words[0]))
			die_sys(EX_SOFT, "build the selector");
		selector = to.s;
		pick(&p, v, opt, &selector, 1);
	}
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
		usage(verb);
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
		usage(is(verb, "help") ? 0 : verb);
	if (n || is(verb, "move"))
		usage(verb);
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
		usage(0);
	sig_ignore(SIGPIPE);
	out_init(&o, 1, space, sizeof space, -1);
	v = find_verb(argv[1]);
	ok = v ? on_messages(&o, v, &opt, argv + 2, n) : plain(&o, argv[1], argv + 2, n, &opt);
	ask_close();
	if (!out_flush(&o))
		die_sys(EX_SOFT, "write");
	return ok ? 0 : EX_HARD;
}
