/* What a user's .qmail and .forward say. A child looks, as that user if we are root: it sees what pneu-local would see, and
 * a link in a home leads nobody's eyes where the user's own do not reach. It writes a record for each finding:
 *   LETTER LINE ' ' TEXT 0
 *   letters  f the file     A M F P I X Z D an element of .forward     m b p w l an instruction of .qmail
 *            s a word to say about the file     n it cannot be told, and why     d z never, later: status and text */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/conf.h"
#include "lib/drop.h"
#include "lib/fd.h"
#include "lib/in.h"
#include "lib/msg.h"
#include "lib/num.h"
#include "lib/place.h"
#include "lib/proc.h"
#include "resolve/instructions.h"
#include "tools/explain.h"

#define LOOK_MS 20000                   /* a home on a dead file server hangs */
#define RECORDS_MAX (4u << 20)          /* a file is at most a quarter of that */
#define RECORDS_SHOWN 200
#define PRESET_DELIVERY "./Maildir/\n"  /* as pneu-lspawn has it */
#define HOME_WRITABLE 002               /* as pneu-local has it */

/* for whom */
struct look {
	const struct account *account;
	const char *local, *separators, *preset;
	bool mailbox_only, preset_missing;
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
record_outcome(struct look *l, const struct outcome *o)
{
	char status[20];

	snprintf(status, sizeof status, "%s ", o->status);
	record(l, o->verdict == 'D' ? 'd' : 'z', 0, status, o->text);
}

static void
record_file(struct look *l, bool is_default, const char *name)
{
	if (is_default)
		record(l, 'f', 0, "control/defaultdelivery", l->preset_missing ? ", which is missing: the preset" : "");
	else {
		out_puts(&l->found, "f0 ");
		out_puts(&l->found, l->account->home);
		out_byte(&l->found, '/');
		out_puts(&l->found, name);
		out_byte(&l->found, 0);
	}
}

static void
qmail(struct look *l, struct dotqmail *d)
{
	static const char letters[] = "mbpwl";  /* in the order of enum dotqmail_kind */
	struct dotqmail_instruction i;

	record_file(l, d->is_default, d->name);
	if (d->only_forwards)
		record(l, 's', 0, "only forwards may be in it: its owner has made it executable", "");
	while (dotqmail_next(d, &i))
		record(l, letters[i.kind], i.line, i.text, "");
}

static void
forward(struct look *l, struct dotforward *d)
{
	static struct element element;
	size_t line;

	record_file(l, false, d->name);
	while (dotforward_next(d, &element, &line))
		record(l, "AMFPIXZD"[element.kind], line, element.text, "");
}

/* pneu-local's own conditions, see there */
static bool
home_is_open(struct outcome *o)
{
	struct stat st;

	if (stat(".", &st) != 0)
		return outcome_trouble(o, "look at", "the home directory");
	if (st.st_mode & S_ISVTX)
		return outcome_later(o, "4.2.1", "the home directory is sticky: its owner holds his mail back", (char *)0);
	return !(st.st_mode & HOME_WRITABLE) || outcome_later(o, "4.7.0", "others may write to the home directory", (char *)0);
}

static void
look(struct look *l)
{
	const struct account *a = l->account;
	static struct dotqmail q;
	static struct dotforward w;
	struct instructions_for f = { l->local, a->dash, a->ext, l->separators, l->preset, a->uid };
	struct outcome o;

	errno = 0;
	if (chdir(a->home) != 0)
		(void)outcome_trouble(&o, "switch to the home directory", a->home);
	else if (home_is_open(&o)) {
		if (l->mailbox_only) {
			if (dotqmail_default(&q, l->preset, &o))
				qmail(l, &q);
			else
				record_outcome(l, &o);
			return;
		}
		switch (instructions_find(&f, &q, &w, &o)) {
		case INSTRUCTIONS_QMAIL:
		case INSTRUCTIONS_DEFAULT:
			qmail(l, &q);
			return;
		case INSTRUCTIONS_FORWARD:
			forward(l, &w);
			return;
		case INSTRUCTIONS_NONE:
		default:
			break;
		}
	}
	/* a deferral because something is closed to us says nothing about the user, to whom it is open */
	if (o.verdict != 'D' && errno == EACCES && geteuid() != a->uid)
		record(l, 'n', 0, o.text, "");
	else
		record_outcome(l, &o);
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
explain_is_home(const struct account *a, const char *local, const struct explain_trail *t)
{
	size_t n = strlen(a->user);

	for (; t; t = t->up)
		if (t->via == EXPLAIN_HOME && strncmp(t->name, a->user, n) == 0 && t->name[n] == ' ' &&
		    strcmp(t->name + n + 1, local) == 0)
			return t;
	return 0;
}

static enum element_kind
element_kind(char letter)
{
	static const char letters[] = "AMFPIXZD";       /* in the order of enum element_kind */

	return (enum element_kind)(strchr(letters, letter) - letters);
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
	case 's': tell(e, depth + 1, "note", text); break;
	case 'n': tell(e, depth, "unknown", text, ": not readable by you"); break;
	case 'm': tell(e, deeper, "maildir", text); break;
	case 'b': tell(e, deeper, "mbox", text); break;
	case 'p': tell(e, deeper, "program", text); break;
	case 'l': tell(e, deeper, "list", "from here on only forwards count"); break;
	case 'w': explain_element(e, deeper, ELEMENT_ADDRESS, text, here); break;
	case 'd':
	case 'z':
		tell(e, depth, letter == 'd' ? "refused" : "later", text);
		explain_worst(e, letter == 'd' ? EXPLAIN_NEVER : EXPLAIN_LATER);
		break;
	default:
		if (strchr("AMFPIXZD", letter))
			explain_element(e, deeper, element_kind(letter), text, here);
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
	return !*missing || buf_puts(b, PRESET_DELIVERY);
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
explain_home(struct explain *e, size_t depth, const struct account *a, const char *local, bool mailbox_only,
    const struct explain_trail *up)
{
	const struct explain_trail *again = mailbox_only ? 0 : explain_is_home(a, local, up);
	struct buf preset = BUF(0), name = BUF(8192);
	struct explain_trail here = { up, EXPLAIN_HOME, 0, up ? up->depth + 1 : 0 };
	struct look l = { a, local, routing_separators(e->resolver.routing), 0, mailbox_only || again, false, { .fd = -1 } };

	if (again && again != up) {
		tell(e, depth, "loop", "the mail was here before: Delivered-To ends it");
		explain_worst(e, EXPLAIN_NEVER);
	} else if (buf_puts(&name, a->user) && buf_byte(&name, ' ') && buf_puts(&name, local) &&
	    default_delivery(e, depth, &preset, &l.preset_missing)) {
		if (again)
			tell(e, depth, "itself", "its own name in its own file: goes to the mailbox");
		here.name = name.s;
		l.preset = preset.s;
		open_home(e, depth, &l, &here);
	}
	buf_free(&preset);
	buf_free(&name);
}
