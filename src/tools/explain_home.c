/* What a user's .qmail and .forward say, as pneu-local plans it. A child looks, as that user if we are root: it sees what
 * pneu-local would see, and a link in a home leads nobody's eyes where the user's own do not reach. It writes a record for
 * each finding:
 *   LETTER LINE ' ' TEXT 0
 *   letters  f the file or setting     m b p w what is to be done: maildir, mbox, program, forward     s a word to say
 *            i the user himself, in his .forward     n it cannot be told, and why     d z never, later: status and text
 *            x the .qmail file that would be needed */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/ascii.h"
#include "lib/clock.h"
#include "lib/conf.h"
#include "lib/drop.h"
#include "lib/fd.h"
#include "lib/in.h"
#include "lib/msg.h"
#include "lib/num.h"
#include "lib/place.h"
#include "lib/proc.h"
#include "resolve/plan.h"
#include "resolve/user.h"
#include "tools/explain.h"

#define LOOK_MS 20000                   /* a home on a dead file server hangs */
#define RECORDS_MAX (4u << 20)          /* a file is at most a quarter of that */
#define RECORDS_SHOWN 200

/* for whom */
struct look {
	const struct account *account;
	struct user user;
	const char *rcpt;
	bool preset_missing;
	struct out found;               /* the pipe */
};

/* ---- the child */

static void
record(struct look *l, char letter, size_t line, const char *a, const char *b)
{
	out_byte(&l->found, letter);
	out_num(&l->found, line);
	out_byte(&l->found, ' ');
	out_puts(&l->found, a);
	out_puts(&l->found, b);
	out_byte(&l->found, 0);
}

static void
record_source(struct look *l, const struct plan *p, enum plan_source source)
{
	char name[PLAN_WHERE];

	if (source == PLAN_DEFAULT) {
		record(l, 'f', 0, "control/defaultdelivery", l->preset_missing ? ", which is missing: the preset" : "");
		return;
	}
	snprintf(name, sizeof name, "/%s", source == PLAN_QMAIL ? p->qmail.name : p->forward.name);
	record(l, 'f', 0, l->user.home, name);
}

static void
record_outcome(struct look *l, const struct outcome *o)
{
	char status[20];

	snprintf(status, sizeof status, "%s ", o->status);
	record(l, o->verdict == 'D' ? 'd' : 'z', 0, status, o->text);
}

static void
record_plan(struct look *l, const struct plan *p)
{
	static const char letters[] = "mbpw";   /* in the order of enum plan_kind */
	enum plan_source source = p->from;
	size_t i;

	record_source(l, p, source);
	if (p->from == PLAN_QMAIL && p->qmail.only_forwards)
		record(l, 's', 0, "only forwards may be in it: its owner has made it executable", "");
	if (p->steps == 0)
		record(l, 's', 0, "it says nothing: what comes here is thrown away", "");
	for (i = 0; i < p->steps; i++) {
		const struct plan_step *step = &p->step[i];

		if (step->source != source) {
			source = (enum plan_source)step->source;
			if (source == PLAN_DEFAULT)
				record(l, 'i', 0, "its own name in its own file: goes to the mailbox", "");
			record_source(l, p, source);
		}
		record(l, letters[step->kind], step->line, step->text, "");
	}
}

/* what to make so that the address exists; the name as resolve/dotqmail.c makes it */
static void
record_missing(struct look *l)
{
	const char *s;

	out_puts(&l->found, "x0 .qmail");
	out_puts(&l->found, l->account->dash);
	for (s = l->account->ext; *s; s++)
		out_byte(&l->found, *s == '.' ? ':' : ascii_lower(*s));
	out_puts(&l->found, ", and each default for it");
	out_byte(&l->found, 0);
}

static void
look(struct look *l)
{
	static struct plan plan;
	struct outcome o;

	errno = 0;
	if (user_enter_home(&l->user, &o) && plan_make(&plan, &l->user, l->rcpt, &o))
		record_plan(l, &plan);
	else if (o.verdict != 'D' && errno == EACCES && geteuid() != l->user.owner)
		record(l, 'n', 0, o.text, "");  /* closed to us says nothing about the user, to whom it is open */
	else {
		if (strcmp(o.status, "5.1.1") == 0 && *l->account->dash)
			record_missing(l);
		record_outcome(l, &o);
	}
}

static _Noreturn void
child(struct look *l, int fd)
{
	const struct account *a = l->account;
	static char space[4096];

	out_init(&l->found, fd, space, sizeof space, -1);
	if (geteuid() == 0 && !place_private() && a->uid != 0 && !drop_to(a->uid, a->gid))
		record(l, 'n', 0, "unable to become ", a->user);
	else
		look(l);
	_exit(out_flush(&l->found) ? 0 : EX_SOFT);
}

/* ---- the parent */

const struct explain_trail *
explain_is_home(const char *rcpt, const struct explain_trail *t)
{
	while (t && (t->via != EXPLAIN_HOME || strcasecmp(t->name, rcpt) != 0))
		t = t->up;
	return t;
}

/* "LINE TEXT"; what is not is a child that went wrong */
static void
show(struct explain *e, size_t depth, char letter, char *s, const struct explain_trail *here)
{
	char *blank = strchr(s, ' '), *text = blank ? blank + 1 : s;
	size_t deeper = depth + 2;

	if (!blank)
		return;
	*blank = 0;
	if (strcmp(s, "0") != 0)
		tell(e, depth + 1, "line", s);
	switch (letter) {
	case 'f': tell(e, depth, "by", text); break;
	case 'i': tell(e, depth, "itself", text); break;
	case 's': tell(e, depth + 1, "note", text); break;
	case 'x': tell(e, depth, "missing", text); break;
	case 'n': tell(e, depth, "unknown", text, ": not readable by you"); break;
	case 'm': tell(e, deeper, "maildir", text); break;
	case 'b': tell(e, deeper, "mbox", text); break;
	case 'p': tell(e, deeper, "program", text); break;
	case 'w': explain_element(e, deeper, ELEMENT_ADDRESS, text, here); break;
	default:
		tell(e, depth, letter == 'd' ? "refused" : "later", text);
		explain_worst(e, letter == 'd' ? EXPLAIN_NEVER : EXPLAIN_LATER);
	}
}

/* Everything first and then shown: what it leads to may take longer than a look. */
static void
hear(struct explain *e, size_t depth, int fd, pid_t pid, const struct explain_trail *here)
{
	struct buf all = BUF(RECORDS_MAX);
	const char *why = 0;
	struct in in;
	size_t at, n = 0;
	ssize_t r = -1;

	if (buf_room(&all, RECORDS_MAX)) {
		in_init(&in, fd, all.s, RECORDS_MAX, LOOK_MS);
		in.deadline_ms = clock_mono_ms() + LOOK_MS;
		while ((r = in_fill(&in)) > 0)
			;
		all.len = in.end;
	}
	if (r < 0 && errno != ENOBUFS)
		why = errno == ETIMEDOUT ? "the home directory does not answer" : strerror(errno);
	if (r < 0)
		kill(pid, SIGKILL);
	if (proc_wait(pid) != 0 && r == 0)
		why = "looking into the home directory failed";
	for (at = 0; at < all.len && n < RECORDS_SHOWN && memchr(all.s + at, 0, all.len - at); n++) {
		char *s = all.s + at;

		at += strlen(s) + 1;
		if (*s)
			show(e, depth, *s, s + 1, here);
	}
	if (at < all.len)
		tell(e, depth + 1, "more", "is not shown");
	if (why) {
		tell(e, depth, "later", why);
		explain_worst(e, EXPLAIN_LATER);
	}
	buf_free(&all);
}

/* the lines of control/defaultdelivery, an LF after each */
static bool
default_delivery(struct explain *e, size_t depth, struct buf *b, bool *missing)
{
	struct conf setting = { .name = "defaultdelivery", .kind = CONF_LINES, .value = b };
	struct conf_error error;
	struct outcome o;
	size_t i;

	if (!conf_read(&setting, 1, &error)) {
		(void)outcome_later(&o, "4.3.5", error.text, (char *)0);
		explain_outcome(e, depth, &o);
		return false;
	}
	for (i = 0; i < b->len; i++)
		if (b->s[i] == 0)
			b->s[i] = '\n';
	*missing = b->len == 0;
	return !*missing || buf_puts(b, USER_DELIVERY "\n");
}

static void
open_home(struct explain *e, size_t depth, struct look *l, const struct explain_trail *here)
{
	int p[2];
	pid_t pid = -1;

	(void)out_flush(&e->out);               /* or the child has it too */
	if (fd_pipe(p)) {
		pid = fork();
		if (pid == 0)
			child(l, p[1]);
		close(p[1]);
		if (pid > 0)
			hear(e, depth, p[0], pid, here);
		close(p[0]);
	}
	if (pid < 0) {
		tell(e, depth, "later", "unable to look into the home directory: ", strerror(errno));
		explain_worst(e, EXPLAIN_LATER);
	}
}

void
explain_home(struct explain *e, size_t depth, const struct account *a, const char *local, const char *rcpt, bool mailbox_only,
    const struct explain_trail *up)
{
	struct buf preset = BUF(0);
	struct explain_trail here = { up, EXPLAIN_HOME, rcpt, up ? up->depth + 1 : 0 };
	struct look l = { .account = a, .rcpt = rcpt, .user = { mailbox_only ? USER_MAILBOX : USER_ALL,
		routing_separators(e->resolver.routing), 0, a->user, a->home, local, a->dash, a->ext, 0, a->uid } };

	if (explain_is_home(rcpt, up)) {
		tell(e, depth, "loop", "the mail was here before: its Delivered-To line ends it");
		explain_worst(e, EXPLAIN_NEVER);
	} else if (here.depth > EXPLAIN_DEPTH) {
		tell(e, depth, "later", "too deep to follow");
		explain_worst(e, EXPLAIN_LATER);
	} else if (default_delivery(e, depth, &preset, &l.preset_missing)) {
		l.user.instructions = preset.s;
		open_home(e, depth, &l, &here);
	}
	buf_free(&preset);
}
