/* qread - list the messages in the queue, or show one.
 *   argv  [options] [SELECTOR...]   those that are meant, all if nothing is said     -> tools/selector.h
 *         [options] ID...           these, with all that happened to them
 *         -m ID                     the message as it is
 *         -h ID                     its header
 *   fd 1  the list or the message; fd 2 what could not be read
 *   exit  0; 100 no such message, wrong usage; 111 the queue, or a file in it, cannot be read
 * Invariant: it only reads. It needs no runner and no lock; what the runner removes meanwhile is not shown. Its memory does not
 * grow with the queue, unless another order than that of arrival is asked for, or with a message's recipients.
 * -> pneu-qread(8) */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/fd.h"
#include "lib/msg.h"
#include "lib/num.h"
#include "lib/sig.h"
#include "tools/qread.h"

static char space[65536];

static const char usage[] = "usage: pneu-qread [-1jqv] [-ur] [-s key] [-n number] [--mailq=form] [selector ... | ID ...], "
    "pneu-qread -m ID, pneu-qread -h ID";

void
qread_complain(struct reader *r, const char *why)
{
	warn_say(r->id, ": ", why);
	r->exit = EX_SOFT;
}

/* ---- the list */

/* false: it is as if it were not there */
static bool
deeper(struct reader *r, enum look_depth depth)
{
	enum look_result result = look_deeper(&r->look, depth);

	if (result != LOOK_OK && result != LOOK_GONE)
		qread_complain(r, look_reason(result));
	return result == LOOK_OK;
}

static bool
is_meant(struct reader *r)
{
	enum look_result why;

	switch (selector_match(&r->selector, &r->look, &why)) {
	case SELECTOR_YES:
		return true;
	case SELECTOR_UNREADABLE:
		if (why != LOOK_GONE)
			qread_complain(r, look_reason(why));
		return false;
	case SELECTOR_NO:
	default:
		return false;
	}
}

static void
show(struct reader *r)
{
	if (r->form->deep && !deeper(r, LOOK_ALL))
		return;
	r->shown++;
	r->bytes += r->form->deep ? r->look.file.header.length : 0;
	r->form->message(r);
}

static void
take(struct reader *r, const struct walk_item *item)
{
	look_at(&r->look, &r->walk, item);
	qid_text(r->id, &item->id);
}

static void
list_by_arrival(struct reader *r)
{
	struct walk_item item;
	enum walk_next next = WALK_END;

	r->walk.order = r->unsorted ? WALK_UNSORTED : r->reverse ? WALK_NEWEST : WALK_OLDEST;
	while (r->shown < r->limit && !r->out.error && (next = walk_next(&r->walk, &item)) == WALK_ITEM) {
		take(r, &item);
		if (is_meant(r))
			show(r);
	}
	if (next == WALK_TROUBLE)
		die_sys(EX_SOFT, "list the queue");
}

static void
list_by_key(struct reader *r)
{
	struct order *order = order_new(r->sort, r->reverse, r->limit);
	struct walk_item item;
	enum walk_next next;

	if (!order)
		die_sys(EX_SOFT, "sort");
	while ((next = walk_next(&r->walk, &item)) == WALK_ITEM) {
		take(r, &item);
		if (is_meant(r) && deeper(r, LOOK_ALL) && !order_add(order, &r->look))
			die_sys(EX_SOFT, "sort");
	}
	if (next == WALK_TROUBLE)
		die_sys(EX_SOFT, "list the queue");
	while (!r->out.error && order_next(order, &item)) {
		take(r, &item);
		if (!r->form->deep || look_deeper(&r->look, LOOK_ALL) == LOOK_OK)       /* what cannot be read has been named */
			show(r);
	}
	order_free(order);
}

static void
list(struct reader *r)
{
	if (r->form->begin)
		r->form->begin(r);
	if (r->sort == SORT_ARRIVAL)
		list_by_arrival(r);
	else
		list_by_key(r);
	if (r->form->end)
		r->form->end(r);
}

/* ---- these */

/* false: there is none, said so */
static bool
find(struct reader *r, const char *id)
{
	static struct walk trash = { .trash = true };
	struct walk_item item;
	int fd;

	strcpy(r->id, id);
	if (!qid_parse(id, &item.id))
		die_say(EX_HARD, id, ": not an ID");
	if ((fd = walk_find(&r->walk, &item.id, &item.place)) >= 0) {
		look_at_open(&r->look, &r->walk, &item, fd);
		return true;
	}
	if (errno != ENOENT) {
		qread_complain(r, strerror(errno));
		return false;
	}
	if ((fd = walk_open(&trash, WALK_MSG, &item.id)) >= 0)
		close(fd);
	warn_say(id, fd >= 0 ? ": deleted; pneu-qctl undo brings it back" : ": no such message; pneu-trace tells what became of it");
	r->exit = EX_HARD;
	return false;
}

static void
show_these(struct reader *r, char **id)
{
	r->history = r->form == &form_full || r->form == &form_json;
	if (r->form->begin)
		r->form->begin(r);
	for (; *id && !r->out.error; id++)
		if (find(r, *id))
			show(r);
	if (r->form->end)
		r->form->end(r);
}

/* ---- one message */

/* bytes of s that belong to the header; *line_start: s begins a line. n: it goes on */
static size_t
header_part(const char *s, size_t n, bool *line_start)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (*line_start && s[i] == '\n')
			break;
		*line_start = s[i] == '\n';
	}
	return i;
}

static void
put_message(struct reader *r, bool header_only)
{
	uint64_t at, length = r->look.file.header.length;
	char chunk[16384];
	bool line_start = true;

	for (at = 0; at < length; at += sizeof chunk) {
		size_t want = length - at < sizeof chunk ? (size_t)(length - at) : sizeof chunk, part = want;
		ssize_t n = fd_pread(r->look.fd, chunk, want, (off_t)(QF_HEADER + at));

		if (n < (ssize_t)want) {
			qread_complain(r, n < 0 ? strerror(errno) : "cut off");
			return;
		}
		if (header_only)
			part = header_part(chunk, want, &line_start);
		out_put(&r->out, chunk, part);
		if (part < want)
			return;
	}
}

static void
show_message(struct reader *r, const char *id, bool header_only)
{
	enum look_result result;

	if (!find(r, id))
		return;
	/* the header tells where the message is; what is wrong behind it is no reason to hide the message */
	if ((result = look_deeper(&r->look, LOOK_HEADER)) == LOOK_OK)
		put_message(r, header_only);
	else
		qread_complain(r, look_reason(result));
}

/* ---- arguments */

static void
choose_form(struct reader *r, const struct form *form)
{
	if (r->form)
		die_say(EX_HARD, usage);
	r->form = form;
}

static const struct form *
mailq_form(const char *name)
{
	static const struct form *const forms[] = { &form_postfix, &form_sendmail, &form_postfix_json };
	size_t i;

	for (i = 0; i < sizeof forms / sizeof *forms; i++)
		if (strcmp(name, forms[i]->name) == 0)
			return forms[i];
	die_say(EX_HARD, name, ": the forms of mailq are postfix, sendmail and postfix-json");
}

static enum sort
sort_key(const char *name)
{
	static const char *const keys[] = { "age", "size", "tries", "next", "sender", "domain" };
	size_t i;

	for (i = 0; i < sizeof keys / sizeof *keys; i++)
		if (strcmp(name, keys[i]) == 0)
			return (enum sort)i;
	die_say(EX_HARD, name, ": can be sorted by age, size, tries, next, sender and domain");
}

static bool
all_ids(char **arg)
{
	struct qid id;

	if (!*arg)
		return false;
	for (; *arg; arg++)
		if (!qid_parse(*arg, &id))
			return false;
	return true;
}

/* what: 'm' or 'h', one message as it is; else 0 */
static char
parse_options(struct reader *r, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "json", no_argument, 0, 'j' }, { "mailq", optional_argument, 0, 'M' }, { "sort", required_argument, 0, 's' },
		{ "reverse", no_argument, 0, 'r' }, { "number", required_argument, 0, 'n' }, { 0, 0, 0, 0 }
	};
	char what = 0;
	bool sorts = false;
	int c;

	while ((c = getopt_long(argc, argv, "+1jquvmhrs:n:", longs, 0)) != -1)
		switch (c) {
		case '1': choose_form(r, &form_line); break;
		case 'q': choose_form(r, &form_id); break;
		case 'j': choose_form(r, &form_json); break;
		case 'M': choose_form(r, mailq_form(optarg ? optarg : "postfix")); break;
		case 'u': r->unsorted = true; break;
		case 'v': r->history = true; break;
		case 'r': r->reverse = true; break;
		case 's': r->sort = sort_key(optarg); sorts = true; break;
		case 'n':
			if (!num_u64(optarg, 1, UINT64_MAX, &r->limit))
				die_say(EX_HARD, optarg, ": not a number from 1 on");
			break;
		case 'm': case 'h':
			what = (char)c;
			break;
		default:
			die_say(EX_HARD, usage);
		}
	if ((what && (argc - optind != 1 || r->form || r->unsorted || r->history)) || (r->unsorted && (sorts || r->reverse)) ||
	    (r->history && r->form && r->form != &form_json))
		die_say(EX_HARD, usage);
	if (!r->form)
		r->form = &form_full;
	return what;
}

/* called as mailq, which takes -v and nothing that would mean something to us */
static bool
is_mailq(const char *name)
{
	const char *slash = strrchr(name, '/');

	return strcmp(slash ? slash + 1 : name, "mailq") == 0;
}

int
main(int argc, char **argv)
{
	static struct reader r = { .limit = UINT64_MAX };
	struct selector_error error;
	char what = 0;
	bool ids;

	msg_name("pneu-qread");
	if (argc > 0 && is_mailq(argv[0])) {
		if (argc > 2 || (argc == 2 && strcmp(argv[1], "-v") != 0))
			die_say(EX_HARD, "usage: mailq [-v]");
		r.form = &form_postfix;
		optind = argc;
	} else
		what = parse_options(&r, argc, argv);
	ids = !what && all_ids(argv + optind);
	if (!what && !ids && !selector_parse(&r.selector, argv + optind, (size_t)(argc - optind), &error))
		die_say(EX_HARD, error.text);
	sig_ignore(SIGPIPE);
	out_init(&r.out, 1, space, sizeof space, -1);
	r.now_s = r.selector.now_s = clock_wall_s();
	if (!walk_enter())
		die_sys(EX_SOFT, "enter the queue");
	if (what)
		show_message(&r, argv[optind], what == 'h');
	else if (ids)
		show_these(&r, argv + optind);
	else
		list(&r);
	if (!out_flush(&r.out) && r.out.error != EPIPE)       /* who reads no further has seen enough */
		die_sys(EX_SOFT, "write");
	return r.exit;
}
