/* Which messages are meant, and what they are. */
#include "tools/qctl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/fd.h"
#include "lib/in.h"
#include "lib/msg.h"
#include "lib/num.h"
#include "tools/look.h"
#include "tools/put.h"
#include "tools/selector.h"

#define SAMPLE 10                       /* shown of many */
#define MANY 20                         /* more are not changed at a terminal without a question */

static struct walk live, trash = { .trash = true };

void
pick_forget(struct picked *p)
{
	free(p->id);
	*p = (struct picked){ 0 };
}

bool
pick_add(struct picked *p, const struct qid *id)
{
	if (p->n == p->room) {
		size_t room = p->room ? p->room * 2 : 1024;
		struct qid *grown = realloc(p->id, room * sizeof *grown);

		if (!grown)
			return false;
		p->id = grown;
		p->room = room;
	}
	p->id[p->n++] = *id;
	return true;
}

static void
add(struct picked *p, const struct qid *id)
{
	if (!pick_add(p, id))
		die_sys(EX_SOFT, "keep so many IDs");
}

/* ---- by name */

static void
add_name(struct picked *p, const char *name)
{
	struct qid id;

	if (!qid_parse(name, &id))
		die_say(EX_HARD, name, ": not an ID");
	add(p, &id);
}

/* from fd 0: the first word of each line */
static void
read_names(struct picked *p)
{
	static char space[65536];
	struct buf line = BUF(4096);
	struct in in;
	enum in_result r;

	in_init(&in, 0, space, sizeof space, -1);
	while ((r = in_line(&in, &line, '\n')) == IN_LINE || r == IN_CUT) {
		char *s = line.s + strspn(line.s, " \t");

		s[strcspn(s, " \t\r*!")] = 0;   /* as other programs' lists mark them */
		if (*s)
			add_name(p, s);
	}
	if (r != IN_END)
		die_sys(EX_SOFT, "read IDs");
	buf_free(&line);
}

static bool
all_names(char **words, size_t n)
{
	struct qid id;
	size_t i;

	for (i = 0; i < n && (strcmp(words[i], "-") == 0 || qid_parse(words[i], &id)); i++)
		;
	return i == n;
}

/* ---- by what they are */

static void
match_all(struct picked *p, const struct selector *sel, struct walk *w, unsigned places)
{
	static struct look look;
	enum look_result why;
	struct walk_item item;
	enum walk_next next;
	char id[QID_TEXT];

	walk_again(w);
	w->order = WALK_OLDEST;
	while ((next = walk_next(w, &item)) == WALK_ITEM) {
		if (!(places & (w->trash ? QCTL_TRASH : item.place == WALK_HOLD ? QCTL_HOLD : QCTL_MSG)))
			continue;
		look_at(&look, w, &item);
		switch (selector_match(sel, &look, &why)) {
		case SELECTOR_YES:
			add(p, &item.id);
			break;
		case SELECTOR_UNREADABLE:
			if (why != LOOK_GONE) {
				qid_text(id, &item.id);
				warn_say(id, ": ", look_reason(why), ", passed over");
			}
			break;
		case SELECTOR_NO:
		default:
			break;
		}
		look_away(&look);
	}
	if (next == WALK_TROUBLE && !(w->trash && errno == ENOENT))
		die_sys(EX_SOFT, "read the queue");
}

static int back = -1;

void
pick_enter(void)
{
	if (back < 0 && (back = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
		die_sys(EX_SOFT, "open the working directory");
	if (!walk_enter())
		die_sys(EX_SOFT, "enter the queue");
}

void
pick_leave(void)
{
	if (fchdir(back) != 0)
		die_sys(EX_SOFT, "return to the working directory");
}

void
pick(struct picked *p, const struct verb *v, const struct options *o, char **words, size_t n)
{
	struct selector sel = { 0 };
	struct selector_error e;
	unsigned places = o->trash ? QCTL_TRASH : v->places;
	size_t i;

	if ((p->by_name = all_names(words, n))) {
		for (i = 0; i < n; i++)
			if (strcmp(words[i], "-") == 0)
				read_names(p);
			else
				add_name(p, words[i]);
		return;
	}
	if (!selector_parse(&sel, words, n, &e))
		die_say(EX_HARD, e.text);
	if (places & (QCTL_MSG | QCTL_HOLD))
		match_all(p, &sel, &live, places);
	if (places & QCTL_TRASH)
		match_all(p, &sel, &trash, places);
	selector_free(&sel);
}

/* ---- for people */

/* those that are not reached yet, the first by name */
static void
put_rcpts(struct out *o, const struct qf *q)
{
	size_t i, n = 0, first = 0;

	for (i = q->rcpts; i-- > 0; )
		if (q->rcpt[i].state == QF_WAITING || q->rcpt[i].state == QF_FAILED) {
			first = i;
			n++;
		}
	if (!n)
		return;
	out_puts(o, " to ");
	put_masked(o, qf_address(q, first));
	if (n > 1) {
		out_puts(o, " and ");
		out_num(o, n - 1);
		out_puts(o, " more");
	}
}

bool
pick_line(struct out *o, const struct qid *id, bool in_trash)
{
	static struct look look;
	struct walk *w = in_trash ? &trash : &live;
	struct walk_item item = { .id = *id };
	char text[QID_TEXT];
	int fd = in_trash ? walk_open(w, WALK_MSG, id) : walk_find(w, id, &item.place);
	bool ok;

	if (fd < 0)
		return false;
	look_at_open(&look, w, &item, fd);
	if ((ok = look_deeper(&look, LOOK_ALL) == LOOK_OK)) {
		qid_text(text, id);
		out_puts(o, text);
		out_byte(o, ' ');
		put_age(o, clock_wall_s() - (int64_t)(id->us / 1000000));
		out_byte(o, ' ');
		out_num(o, look.file.header.length);
		out_puts(o, " bytes <");
		put_masked(o, qf_string(&look.file, look.file.sender));
		out_byte(o, '>');
		put_rcpts(o, &look.file);
		out_puts(o, in_trash ? " (trash)\n" : item.place == WALK_HOLD ? " (held)\n" : "\n");
	}
	look_away(&look);
	return ok;
}

static void
put_one(struct out *o, const struct qid *id, const struct verb *v, const struct options *opt)
{
	char text[QID_TEXT];

	if (pick_line(o, id, opt->trash || v->places == QCTL_TRASH) || (v->places & QCTL_TRASH && pick_line(o, id, true)))
		return;
	qid_text(text, id);
	out_puts(o, text);
	out_puts(o, " is not there, or cannot be read\n");
}

void
pick_show(struct out *o, const struct picked *p, const struct verb *v, const struct options *opt)
{
	size_t shown = opt->all || p->n <= MANY ? p->n : SAMPLE, i;

	for (i = 0; i < shown && !o->error; i++)
		put_one(o, &p->id[i], v, opt);
	if (shown < p->n) {
		out_puts(o, "... and ");
		out_num(o, p->n - shown);
		out_puts(o, " more\n");
	}
	out_num(o, p->n);
	out_puts(o, p->n == 1 ? " message would be " : " messages would be ");
	out_puts(o, v->done);
	out_byte(o, '\n');
}

bool
pick_confirmed(const struct picked *p, const struct verb *v, const struct options *o)
{
	char text[NUM_TEXT], answer[100];
	struct buf b = BUF(300);
	ssize_t n;

	if (o->yes || p->n <= MANY || !isatty(0) || !isatty(2))
		return true;
	if (buf_puts(&b, v->name) && buf_byte(&b, ' ') && buf_puts(&b, num_text(text, p->n)) && buf_puts(&b, " messages? [y/N] "))
		(void)fd_write(2, b.s, b.len);
	buf_free(&b);
	n = read(0, answer, sizeof answer);
	return n > 0 && (*answer == 'y' || *answer == 'Y');
}
