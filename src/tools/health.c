/* health - is all well? For supervisors, containers and whoever watches.
 *   argv  [-jq] [-b megabytes] [-i inodes] [-n messages] [-o seconds] [-p seconds] [-t seconds] [-s [ADDRESS:]PORT]... [CHECK...]
 *         CHECK: runner overdue paused space destinations greeting
 *   fd 1  a line for each finding, and "healthy" if none is wrong; -j: one JSON object; -q: nothing
 *   exit  0 healthy, 1 something is wrong, 111 a check that was named could not be made, 100 wrong usage
 * Invariant: it ends within the time of -t, whatever hangs; what hangs is then what is wrong.  -> pneu-health(8) */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "lib/ascii.h"
#include "lib/clock.h"
#include "lib/dial.h"
#include "lib/fd.h"
#include "lib/msg.h"
#include "lib/num.h"
#include "lib/out.h"
#include "lib/place.h"
#include "lib/sig.h"
#include "tools/put.h"
#include "tools/top.h"
#include "wire/control.h"

#define GOODBYE_MS 1000                 /* for the answer to QUIT */
#define LISTENERS 16
#define FINDINGS (100 + LIVE_PAUSES)     /* so notes leave room for what is wrong */
#define LINE 800
#define FOREVER 31536000

enum check { RUNNER, OVERDUE, PAUSED, SPACE, DESTINATIONS, GREETING, CHECKS };
static const char *const check_name[CHECKS] = { "runner", "overdue", "paused", "space", "destinations", "greeting" };

static struct {
	bool json, quiet, wanted[CHECKS], all;  /* all: no check was named */
	uint64_t megabytes, inodes, messages, overdue_s, paused_s, time_s;
	const char *listener[LISTENERS];
	size_t listeners;
} option = { .megabytes = 100, .inodes = 1000, .messages = 100, .overdue_s = 1800, .paused_s = 7200, .time_s = 10 };

enum weight { WRONG, UNKNOWN, NOTE };   /* UNKNOWN: it could not be looked at; NOTE: as somebody wants it */

static struct finding {
	enum check check;
	enum weight weight;
	char text[LINE];
} finding[FINDINGS];
static size_t findings;
static volatile sig_atomic_t now_checking;
static const char *volatile now_awaited;        /* the listener whose greeting has not come yet */
static int64_t until_ms;

static void
find(enum check c, enum weight weight, const char *text, const char *detail)
{
	struct finding *f = &finding[findings];
	char *s;

	if (findings == FINDINGS)
		return;
	findings++;
	f->check = c;
	f->weight = weight;
	(void)snprintf(f->text, sizeof f->text, "%s%s", text, detail);
	for (s = f->text; *s; s++)
		*s = ascii_mask(*s);
}

/* ---- the answer */

static void
tell_plain(struct out *o, int code)
{
	size_t i;

	for (i = 0; i < findings; i++) {
		out_puts(o, check_name[finding[i].check]);
		out_puts(o, finding[i].weight == UNKNOWN ? ": cannot tell: " : ": ");
		out_puts(o, finding[i].text);
		out_byte(o, '\n');
	}
	if (code == 0)
		out_puts(o, "healthy\n");
}

static void
tell_json(struct out *o, int code)
{
	bool first = true, member;
	size_t i;

	out_puts(o, code == 0 ? "{\"healthy\":true" : code == 1 ? "{\"healthy\":false" : "{\"healthy\":null");
	out_puts(o, ",\"findings\":[");
	for (i = 0; i < findings; i++) {
		if (!first)
			out_byte(o, ',');
		first = false;
		out_byte(o, '{');
		member = true;
		put_string(o, &member, "check", check_name[finding[i].check]);
		put_bool(o, &member, "known", finding[i].weight != UNKNOWN);
		put_bool(o, &member, "wrong", finding[i].weight == WRONG);
		put_string(o, &member, "text", finding[i].text);
		out_byte(o, '}');
	}
	out_puts(o, "]}\n");
}

static _Noreturn void
end(void)
{
	static char space[8192];
	struct out o;
	size_t i;
	int code = 0;

	(void)alarm(0);
	for (i = 0; i < findings; i++)
		if (finding[i].weight == WRONG)
			code = 1;
		else if (finding[i].weight == UNKNOWN && code == 0)
			code = EX_SOFT;
	out_init(&o, 1, space, sizeof space, 2000);
	if (option.json)
		tell_json(&o, code);
	else if (!option.quiet)
		tell_plain(&o, code);
	(void)out_flush(&o);            /* who does not read it has the code */
	_exit(code);
}

static void
no_greeting(const char *where)
{
	char text[200];

	(void)snprintf(text, sizeof text, "%s: no greeting", where);
	find(GREETING, WRONG, text, "");
}

/* Nothing but a wait can last so long, so no other part of us is at work. Where the machine is slow this comes before the wait has
 * seen its own end, and has the same to say. */
static void
on_alarm(int sig)
{
	(void)sig;
	if (now_awaited)
		no_greeting(now_awaited);
	else
		find((enum check)now_checking, WRONG, "no answer in time", "");
	end();
}

/* ---- checks */

static struct live live;

/* operators and the queue's user are told of destinations and pauses, others are not */
static bool
is_trusted(void)
{
	char path[4096];
	struct stat st;
	int n = snprintf(path, sizeof path, "%s/ctl", place_queue());

	return geteuid() == 0 || (n > 0 && (size_t)n < sizeof path && stat(path, &st) == 0 && st.st_uid == geteuid());
}

/* What everybody may know is told at queue/pub/ctl, where others cannot reach queue/ctl. */
static bool
ask(bool *done, struct buf *text)
{
	bool trusted = is_trusted();

	return control_ask(!trusted, trusted ? "live" : "status", 0, done, text);
}

/* Without a runner nothing else is known of it. false: so it is */
static bool
check_runner(void)
{
	static struct buf text = BUF(CONTROL_PACKET);
	bool done = false;

	if (!ask(&done, &text)) {
		find(RUNNER, WRONG, "it does not run, or takes no orders: ", strerror(errno));
		return false;
	}
	if (!done || !text.s) {
		find(RUNNER, UNKNOWN, text.s ? text.s : "no answer", "");
		return false;
	}
	live_read(&live, &text);
	return true;
}

static void
check_overdue(void)
{
	char line[100];

	if (live.overdue <= option.overdue_s)
		return;
	(void)snprintf(line, sizeof line, "mail that is due has waited %llu seconds, and none of it is begun",
	    (unsigned long long)live.overdue);
	find(OVERDUE, WRONG, line, "");
}

/* It is as somebody wants it, so a supervisor has nothing to mend; but who has forgotten it is told. */
static void
check_paused(void)
{
	const struct paused *p;
	char line[LINE];

	for (p = live.paused; p < live.paused + live.pauses; p++) {
		int64_t s = clock_wall_s() - (int64_t)p->since_s;

		s = s < 0 ? 0 : s;
		(void)snprintf(line, sizeof line, "uid %llu has paused %s, %lld seconds ago; to end it: pneu-qctl resume %s",
		    (unsigned long long)p->uid, p->what, (long long)s, p->what);
		find(PAUSED, (uint64_t)s >= option.paused_s ? WRONG : NOTE, line, "");
	}
}

static void
check_space(void)
{
	struct statvfs v;
	uint64_t free_mb;
	char line[100];

	if (statvfs(place_queue(), &v) != 0) {
		find(SPACE, UNKNOWN, "the queue: ", strerror(errno));
		return;
	}
	free_mb = (uint64_t)v.f_bavail * (v.f_frsize ? v.f_frsize : v.f_bsize) >> 20;
	(void)snprintf(line, sizeof line, "%llu MB free for the queue", (unsigned long long)free_mb);
	if (free_mb < option.megabytes)
		find(SPACE, WRONG, line, "");
	(void)snprintf(line, sizeof line, "%llu inodes free for the queue", (unsigned long long)v.f_favail);
	if (v.f_files && v.f_favail < option.inodes)    /* no number: this file system has no limit */
		find(SPACE, WRONG, line, "");
	if (v.f_flag & ST_RDONLY)
		find(SPACE, WRONG, "the queue's file system is read-only", "");
}

static void
check_destinations(void)
{
	const struct place *p;
	char line[LINE], name[400];

	for (p = live.place; p < live.place + live.places; p++) {
		uint64_t n = p->waiting + p->queued;

		if (!p->dead || p->paused || n < option.messages)
			continue;
		(void)snprintf(line, sizeof line, "%s does not answer, and %llu wait for it%s",
		    place_name(p, name, sizeof name) ? name : p->key, (unsigned long long)n, *p->error ? ": " : "");
		find(DESTINATIONS, WRONG, line, p->error);
	}
}

/* the first line that comes, without its end; false: none did */
static bool
hear_line(int fd, char *line, size_t size)
{
	size_t n = 0;
	ssize_t got;

	while (n < size - 1 && !memchr(line, '\n', n)) {
		got = fd_wait(fd, POLLIN, until_ms) > 0 ? read(fd, line + n, size - 1 - n) : -1;
		if (got <= 0)
			break;
		n += (size_t)got;
	}
	line[n] = 0;
	line[strcspn(line, "\r\n")] = 0;
	return n > 0;
}

/* [ADDRESS:]PORT, IPv6 in brackets, as dial has it */
static const char *
dialled(const char *where, char space[static 200])
{
	const char *colon = strrchr(where, ':');

	(void)snprintf(space, 200, "inet:%s@%.*s", colon ? colon + 1 : where, colon ? (int)(colon - where) : 9,
	    colon ? where : "127.0.0.1");
	return space;
}

/* So its log has no broken connection. Who does not answer that takes little of the others' time. */
static void
goodbye(int fd)
{
	char line[300];
	int64_t whole_ms = until_ms, soon_ms = clock_mono_ms() + GOODBYE_MS;

	if (!fd_write(fd, "QUIT\r\n", 6))
		return;
	if (until_ms > soon_ms)
		until_ms = soon_ms;
	(void)hear_line(fd, line, sizeof line);
	until_ms = whole_ms;
}

static void
check_greeting(const char *where)
{
	char address[200], line[300], text[600];
	int64_t left_ms = until_ms - clock_mono_ms();
	bool heard;
	int fd;

	now_awaited = where;
	fd = dial(dialled(where, address), left_ms > 1 ? (int)left_ms : 1);
	heard = fd >= 0 && hear_line(fd, line, sizeof line);
	now_awaited = 0;
	if (fd < 0) {
		(void)snprintf(text, sizeof text, "%s: %s", where, strerror(errno));
		find(GREETING, WRONG, text, "");
		return;
	}
	if (!heard)
		no_greeting(where);
	else if (strncmp(line, "220", 3) != 0 && strncmp(line, "+OK", 3) != 0) {
		(void)snprintf(text, sizeof text, "%s says: ", where);
		find(GREETING, WRONG, text, line);
	}
	goodbye(fd);
	close(fd);
}

static bool
may_know(enum check c)
{
	bool yes = is_trusted();

	if (!yes && !option.all)
		find(c, UNKNOWN, "only root and the queue's user are told", "");
	return yes;
}

static void
check_all(void)
{
	const bool *wanted = option.wanted;
	bool known;
	size_t i;

	known = (wanted[RUNNER] || wanted[OVERDUE] || wanted[PAUSED] || wanted[DESTINATIONS]) && check_runner();
	if (known && wanted[OVERDUE])
		check_overdue();
	if (known && wanted[PAUSED] && may_know(PAUSED))
		check_paused();
	if (known && wanted[DESTINATIONS] && may_know(DESTINATIONS))
		check_destinations();
	now_checking = SPACE;
	if (wanted[SPACE])
		check_space();
	now_checking = GREETING;
	for (i = 0; i < option.listeners && wanted[GREETING]; i++)
		check_greeting(option.listener[i]);
}

/* ---- usage */

static _Noreturn void
usage(void)
{
	die_say(EX_HARD, "usage: pneu-health [-jq] [-b megabytes] [-i inodes] [-n messages] [-o seconds] [-p seconds] [-t seconds] "
	    "[-s [address:]port] ... [runner | overdue | paused | space | destinations | greeting] ...");
}

static uint64_t
number(uint64_t min, uint64_t max)
{
	uint64_t n = 0;

	if (!num_u64(optarg, min, max, &n))
		die_say(EX_HARD, "not a number that fits here: ", optarg);
	return n;
}

static const char *
listener_of(const char *s)
{
	char address[200];

	if (strlen(s) > 100 || !dial_address(dialled(s, address)) || option.listeners == LISTENERS)
		die_say(EX_HARD, "not an address and port, or too many: ", s);
	return s;
}

static void
read_option(int letter)
{
	switch (letter) {
	case 'b': option.megabytes = number(0, UINT32_MAX); break;
	case 'i': option.inodes = number(0, UINT32_MAX); break;
	case 'j': option.json = true; break;
	case 'n': option.messages = number(1, UINT32_MAX); break;
	case 'o': option.overdue_s = number(0, FOREVER); break;
	case 'p': option.paused_s = number(0, FOREVER); break;
	case 'q': option.quiet = true; break;
	case 's': option.listener[option.listeners] = listener_of(optarg); option.listeners++; break;
	case 't': option.time_s = number(1, 3600); break;
	default: usage();
	}
}

static void
read_check(const char *name)
{
	size_t i;

	for (i = 0; i < CHECKS && strcmp(name, check_name[i]) != 0; i++)
		;
	if (i == CHECKS || (i == GREETING && !option.listeners))
		usage();
	option.wanted[i] = true;
}

int
main(int argc, char **argv)
{
	static const struct option longs[] = { { "json", no_argument, 0, 'j' }, { "quiet", no_argument, 0, 'q' }, { 0, 0, 0, 0 } };
	int letter, i;

	msg_name("pneu-health");
	while ((letter = getopt_long(argc, argv, "b:i:jn:o:p:qs:t:", longs, 0)) != -1)
		read_option(letter);
	option.all = optind == argc;
	for (i = 0; i < CHECKS; i++)
		option.wanted[i] = option.all;
	for (i = optind; i < argc; i++)
		read_check(argv[i]);
	sig_ignore(SIGPIPE);
	sig_catch(SIGALRM, on_alarm);
	until_ms = clock_mono_ms() + (int64_t)option.time_s * 1000 - 200;
	(void)alarm((unsigned)option.time_s);
	check_all();
	end();
}
