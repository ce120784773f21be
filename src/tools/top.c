/* top - watch the queue: what comes and goes, what is being delivered, and for whom messages wait.
 *   fd 0  keys, if it is a terminal; else they come from /dev/tty
 *   fd 1  the terminal; if it is none, or with -1, a picture of now as plain lines
 *   exit  0; 100 wrong usage; 111 there is no queue or, for a picture, no runner; a signal's end is that signal's
 * Invariant: the terminal is left as it was found, whatever ends this, and no byte of a stranger reaches it unmasked.
 * The runner is asked one thing at a time, and never waited for.  -> pneu-top(1) */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/ascii.h"
#include "lib/clock.h"
#include "lib/msg.h"
#include "lib/num.h"
#include "lib/out.h"
#include "lib/place.h"
#include "lib/sig.h"
#include "tools/top.h"
#include "wire/control.h"

#define SAMPLES 16                      /* of the totals, a second apart at least */
#define WORDS_MS 5000                   /* how long what became of an order is shown */
#define SILENT_MS 3000                  /* a runner that has not answered so long is worth a word */

static struct asker asker;
static struct buf text = BUF(CONTROL_PACKET), words = BUF(CONTROL_PACKET);
static struct live live;
static struct view view;
static struct screen screen;
static bool known;                      /* is there something in live? */
static bool ended;
static int64_t words_ms;                /* until when the words are shown; 0: until something else is */
static char ordered[600];               /* the order that has been given */
static char asks;                       /* a key that is to be confirmed */

/* ---- signals */

static volatile sig_atomic_t got_end, got_winch, got_tstp, got_cont;

static void
on_signal(int sig)
{
	if (sig == SIGWINCH)
		got_winch = 1;
	else if (sig == SIGTSTP)
		got_tstp = 1;
	else if (sig == SIGCONT)
		got_cont = 1;
	else
		got_end = sig;
}

static void
on_crash(int sig)
{
	term_leave();
	sig_default(sig);
	(void)raise(sig);
}

static const int caught[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGWINCH, SIGTSTP, SIGCONT };
static const int crashes[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT };

/* blocked but while waiting, so that none is lost between a look at the flags and the wait */
static void
catch_signals(void)
{
	size_t i;

	sig_ignore(SIGPIPE);
	for (i = 0; i < sizeof caught / sizeof *caught; i++) {
		sig_catch(caught[i], on_signal);
		sig_block(caught[i]);
	}
	for (i = 0; i < sizeof crashes / sizeof *crashes; i++)
		sig_catch(crashes[i], on_crash);
}

/* ---- what has been heard */

struct sample {
	int64_t ms;
	uint64_t n[LIVE_RATES];
};

static struct sample sample[SAMPLES];
static size_t samples;

/* The last ten seconds are counted here. A runner that has begun anew has counted from 0. */
static void
count_10s(void)
{
	struct sample now = { .ms = clock_mono_ms() };
	const struct sample *from = 0;
	size_t i, k;

	for (k = 0; k < LIVE_RATES; k++)
		now.n[k] = live.rate[k][SPAN_ALL];
	if (samples && now.n[RATE_NEW] < sample[samples - 1].n[RATE_NEW])
		samples = 0;
	for (i = 0; i < samples && !from; i++)
		if (now.ms - sample[i].ms <= 10500)
			from = &sample[i];
	for (k = 0; from && k < LIVE_RATES; k++)
		if (now.n[k] >= from->n[k] && now.ms > from->ms)
			live.rate[k][SPAN_10S] = (uint64_t)((double)(now.n[k] - from->n[k]) * 10000 / (double)(now.ms - from->ms) + 0.5);
	if (samples && now.ms - sample[samples - 1].ms < 900)
		return;
	if (samples == SAMPLES) {
		memmove(sample, sample + 1, (SAMPLES - 1) * sizeof *sample);
		samples--;
	}
	sample[samples++] = now;
}

static const char *
reason(int error)
{
	static char space[300];

	switch (error) {
	case ENOENT:
	case ECONNREFUSED:
		return "no runner: pneu-send is not running on this queue";
	case EACCES:
	case EPERM:
		return "not allowed to talk to the runner: become root or the queue's user";
	case ECONNRESET:
	case EPIPE:
	case EPROTO:
		return "the runner hung up: it stops, or has too many clients";
	case ETIMEDOUT:
		return "the runner does not answer";
	default:
		snprintf(space, sizeof space, "unable to ask the runner: %s", strerror(error));
		return space;
	}
}

static void
tell(const char *a, const char *b, int64_t for_ms)
{
	char *s;

	snprintf(view.words, sizeof view.words, "%.390s%.390s", a, b);
	for (s = view.words; *s; s++)
		*s = ascii_mask(*s);
	words_ms = for_ms ? clock_mono_ms() + for_ms : 0;
}

static void
listen_to(void)
{
	enum heard h = asker_do(&asker, asker.state == ASK_ORDER ? &words : &text);

	switch (h) {
	case HEARD_LIVE:
		live_read(&live, &text);
		count_10s();
		known = true;
		view.trouble = 0;
		view_arrange(&view, &live);
		break;
	case HEARD_ORDER:
		tell(ordered, words.len ? words.s : "done", WORDS_MS);
		break;
	case HEARD_REFUSED:
		known = false;
		view.trouble = text.len ? text.s : "refused";
		break;
	case HEARD_GONE:
		known = false;
		samples = 0;
		*ordered = asks = 0;
		tell("", "", 0);
		view.trouble = reason(asker.error);
		break;
	case HEARD_NOTHING:
	default:
		break;
	}
}

/* ---- keys */

static void
give_order(const char *verb, const char *word)
{
	if (!asker_order(&asker, verb, word)) {
		tell(verb, ": the runner has not answered yet", WORDS_MS);
		return;
	}
	snprintf(ordered, sizeof ordered, "%s%s%s: ", verb, *word ? " " : "", word);
	tell(ordered, "...", 0);
}

static void
on_place(bool retry)
{
	char name[400];
	const struct place *p;

	if (!known || !*view.chosen || view.at >= live.places) {
		tell("choose a destination first, with the arrow keys", "", WORDS_MS);
		return;
	}
	p = &live.place[view.at];
	if (!place_name(p, name, sizeof name))
		tell("that destination has no name that can be given to the runner", "", WORDS_MS);
	else
		give_order(retry ? "retry-site" : p->paused ? "resume" : "pause", name);
}

static bool
all_paused(void)
{
	size_t i;

	for (i = 0; i < live.pauses && strcmp(live.paused[i].what, "all") != 0; i++)
		;
	return i < live.pauses;
}

/* a key that does much is asked for twice */
static void
confirm(char key)
{
	asks = key;
	if (key == 'f')
		tell("try everything now? y or n", "", 0);
	else
		tell(all_paused() ? "resume all delivery? y or n" : "pause all delivery? y or n", "", 0);
}

static void
confirmed(char answer)
{
	char what = asks;

	asks = 0;
	tell("", "", 0);
	if (answer != 'y' && answer != 'Y')
		return;
	if (what == 'f')
		give_order("flush", "");
	else
		give_order(all_paused() ? "resume" : "pause", "all");
}

static void
next_sort(void)
{
	view.sort = (enum sort)((view.sort + 1) % SORTS);
	view_arrange(&view, &live);
	view.at = view.top = *view.chosen ? view.at : 0;
}

static void
on_key(char c)
{
	if (asks) {
		confirmed(c);
		return;
	}
	switch (c) {
	case 'q': case 'Q':
		ended = true;
		break;
	case 'k':
		view_move(&view, &live, -1);
		break;
	case 'j':
		view_move(&view, &live, 1);
		break;
	case 'p':
		on_place(false);
		break;
	case 'r':
		on_place(true);
		break;
	case 'P': case 'f':
		if (known)
			confirm(c);
		break;
	case 's':
		next_sort();
		break;
	case 'd':
		view.mode = view.mode >= MODE_PLACES ? MODE_BOTH : (enum mode)(view.mode + 1);
		break;
	case 'h': case '?':
		view.mode = view.mode == MODE_HELP ? MODE_BOTH : MODE_HELP;
		break;
	case ' ':
		asker.next_ms = 0;
		break;
	case '\f':
		got_winch = 1;
		break;
	default:
		break;
	}
}

/* what keys send that have no letter; the rest of the sequence, or 0 for one that is not known. Its length into *n */
static const char *
sequence(const char *s, const char *end, size_t *n)
{
	const char *p = s + 2;

	while (p < end && *p >= 0x20 && *p < 0x40)
		p++;
	*n = p < end ? (size_t)(p + 1 - s) : (size_t)(end - s);
	return s + 2;
}

static void
on_keys(const char *s, size_t n)
{
	const char *end = s + n, *name;
	size_t took;

	for (; s < end && !ended; s += took) {
		took = 1;
		if (*s != '\033' || end - s < 3 || (s[1] != '[' && s[1] != 'O')) {
			on_key(*s);
			continue;
		}
		name = sequence(s, end, &took);
		if (asks)
			continue;
		if (*name == 'A' || *name == 'B')
			view_move(&view, &live, *name == 'A' ? -1 : 1);
		else if ((*name == '5' || *name == '6') && took == 4)
			view_move(&view, &live, *name == '5' ? -10 : 10);
	}
}

static void
read_keys(void)
{
	char s[256];
	ssize_t n = read(term_keys(), s, sizeof s);

	if (n > 0)
		on_keys(s, (size_t)n);
	else if (n == 0 || (errno != EINTR && errno != EAGAIN))
		ended = true;                   /* the terminal is gone */
}

/* ---- the loop */

static void
wait_for(void)
{
	struct pollfd p[2] = { { .fd = term_keys(), .events = POLLIN },
		{ .fd = asker.state == ASK_LIVE || asker.state == ASK_ORDER ? asker.fd : -1, .events = POLLIN } };
	int64_t now = clock_mono_ms(), until = asker_until(&asker), second = now + 1000;
	struct timespec t;
	sigset_t none;

	if (until > second)                     /* the clock in the title goes on */
		until = second;
	if (words_ms && words_ms < until)
		until = words_ms;
	until = until > now ? until - now : 0;
	t.tv_sec = until / 1000;
	t.tv_nsec = until % 1000 * 1000000;
	sigemptyset(&none);
	if (ppoll(p, 2, &t, &none) > 0) {
		sig_let_in();
		if (p[0].revents)
			read_keys();
	}
}

/* stopped by a key, or by somebody else: the terminal is another's until we go on */
static void
heed_signals(bool *whole)
{
	if (got_tstp) {
		got_tstp = 0;
		term_leave();
		(void)raise(SIGSTOP);
		got_cont = 1;
	}
	if (got_cont) {
		got_cont = 0;
		term_enter();
		*whole = true;
	}
	if (got_winch) {
		got_winch = 0;
		*whole = true;
	}
}

static void
heed_time(void)
{
	int64_t now = clock_mono_ms();

	if (words_ms && now >= words_ms)
		tell("", "", 0);
	if ((asker.state == ASK_LIVE || asker.state == ASK_ORDER) && now >= asker.asked_ms + SILENT_MS && !asks)
		tell("the runner has not answered yet", "", 1500);
}

static void
watch(void)
{
	bool whole = true;

	term_enter();
	while (!ended && !got_end) {
		listen_to();
		heed_time();
		term_size(&screen.rows, &screen.cols);
		view_draw(&screen, &view, known ? &live : 0);
		if (!term_show(&screen, whole) && errno != EINTR)
			break;
		whole = false;
		wait_for();
		heed_signals(&whole);
	}
	term_leave();
}

static _Noreturn void
end_by(int sig)
{
	sig_default(sig);
	sig_unblock(sig);
	(void)raise(sig);
	_exit(EX_SOFT);
}

/* ---- a picture */

static int
snapshot(void)
{
	static char space[65536];
	struct out o;
	bool done;
	size_t i;

	if (!control_ask(false, "live", 0, &done, &text))
		die_say(EX_SOFT, reason(errno));
	if (!done)
		die_say(EX_SOFT, text.len ? text.s : "refused");
	live_read(&live, &text);
	view.snapshot = true;
	screen.rows = SCREEN_ROWS;
	screen.cols = SCREEN_COLS;
	view_arrange(&view, &live);
	view_draw(&screen, &view, &live);
	out_init(&o, 1, space, sizeof space, -1);
	for (i = 0; i < screen.used; i++) {
		out_puts(&o, screen.row[i].text);
		out_byte(&o, '\n');
	}
	if (!out_flush(&o))
		die_sys(EX_SOFT, "write");
	return 0;
}

/* ---- */

static const char usage[] = "usage: pneu-top [-1] [-d SECONDS] [-s backlog|active|waiting|dead|name]";

static enum sort
find_sort(const char *name)
{
	int i;

	for (i = 0; i < SORTS; i++)
		if (strcmp(name, sort_names[i]) == 0)
			return (enum sort)i;
	die_say(EX_HARD, usage);
}

static bool
is_dumb(void)
{
	const char *t = getenv("TERM");

	return !t || !*t || strcmp(t, "dumb") == 0;
}

int
main(int argc, char **argv)
{
	uint64_t seconds = 1;
	bool once = false;
	struct stat st;
	int c;

	msg_name("pneu-top");
	while ((c = getopt(argc, argv, "1d:s:")) != -1)
		if (c == '1')
			once = true;
		else if (c == 's')
			view.sort = find_sort(optarg);
		else if (c != 'd' || !num_u64(optarg, 1, 3600, &seconds))
			die_say(EX_HARD, usage);
	if (optind != argc)
		die_say(EX_HARD, usage);
	if (stat(place_queue(), &st) != 0)
		die_sys(EX_SOFT, "find the queue ", place_queue());
	if (once || !isatty(1) || is_dumb()) {
		sig_ignore(SIGPIPE);
		return snapshot();
	}
	if (!term_open())
		die_sys(EX_SOFT, "open the terminal");
	asker_init(&asker, (int64_t)seconds * 1000);
	catch_signals();
	watch();
	if (got_end)
		end_by(got_end);
	return 0;
}
