/* qstat - how much is in the queue, and what the runner is doing.
 *   argv  [-dst] [-n ROWS] [--json | --prometheus [-o FILE] | --http] [SELECTOR...]
 *         -d -s by domains of recipients and of senders, with ages; -t in all, by state; --qmail as qmail-qstat says it
 *   fd 0  with --http one request; fd 1 the numbers
 *   exit  0 whether a runner answers or not; 100 wrong usage; 111 the queue, or with -d -s -t a file in it, cannot be read
 * Without -d, -s, -t and selectors the numbers come from the directories and the runner alone: a million messages cost no open.
 * -> pneu-qstat(8) */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/msg.h"
#include "lib/num.h"
#include "lib/sig.h"
#include "tools/qstat.h"

#define ROWS 50
#define METRICS_MAX (64u << 20)

static char space[65536];

static const char usage[] = "usage: pneu-qstat [-dst] [-n rows] [-j | --prometheus [-o file] | --http | --qmail] [selector ...]";

struct request {
	enum { PLAIN, JSON, PROMETHEUS, HTTP, QMAIL } form;
	bool totals, deep;
	uint64_t rows;
	const char *file;
	struct selector selector;
	struct stats stats;
	struct names names;
	struct runner runner;
	int64_t now_s;
};

static int unreadable;                  /* files */

static void
complain(const char *id, const char *why)
{
	warn_say(id, ": ", why);
	unreadable++;
}

/* false: errno, *what */
static bool
collect(struct request *q, const char **what)
{
	q->now_s = q->stats.now_s = q->selector.now_s = clock_wall_s();
	if (!names_count(&q->names, q->now_s, what))
		return false;
	*what = "count what is in the messages";
	return !q->deep || stats_collect(&q->stats, &q->selector, complain);
}

static bool
metrics(struct buf *b, void *arg)
{
	struct request *q = arg;
	const char *what;

	return collect(q, &what) && prometheus_put(b, &q->names, &q->runner, q->deep ? &q->stats : 0, q->rows, q->now_s);
}

static void
show(struct request *q, struct out *o)
{
	struct buf b = BUF(METRICS_MAX);
	const char *what;

	if (!collect(q, &what))
		die_sys(EX_SOFT, what);
	switch (q->form) {
	case JSON:
		report_json(o, &q->names, &q->runner, q->deep ? &q->stats : 0, q->rows, q->now_s);
		return;
	case PROMETHEUS:
		if (!prometheus_put(&b, &q->names, &q->runner, q->deep ? &q->stats : 0, q->rows, q->now_s))
			die_sys(EX_SOFT, "hold the numbers");
		if (q->file && !prometheus_file(q->file, &b))
			die_sys(EX_SOFT, "write ", q->file);
		if (!q->file)
			out_buf(o, &b);
		buf_free(&b);
		return;
	case QMAIL:
		out_puts(o, "messages in queue: ");
		out_num(o, q->names.place[WALK_MSG] + q->names.place[WALK_HOLD]);
		out_puts(o, "\nmessages in queue but not yet preprocessed: 0\n");
		return;
	default:
		break;
	}
	if (!q->deep)
		report_names(o, &q->names, &q->runner, q->now_s);
	if (q->totals)
		report_stats(o, &q->stats);
	if (q->stats.by_rcpt)
		report_table(o, &q->stats.rcpt, q->rows);
	if (q->stats.by_sender)
		report_table(o, &q->stats.sender, q->rows);
}

static void
choose(struct request *q, int form)
{
	if (q->form != PLAIN)
		die_say(EX_HARD, usage);
	q->form = form;
}

static void
parse_options(struct request *q, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "json", no_argument, 0, 'j' }, { "prometheus", no_argument, 0, 'p' }, { "http", no_argument, 0, 'w' },
		{ "qmail", no_argument, 0, 'q' }, { "output", required_argument, 0, 'o' }, { 0, 0, 0, 0 }
	};
	struct selector_error error;
	int c;

	while ((c = getopt_long(argc, argv, "+djstn:o:", longs, 0)) != -1)
		switch (c) {
		case 'd': q->stats.by_rcpt = true; break;
		case 's': q->stats.by_sender = true; break;
		case 't': q->totals = true; break;
		case 'j': choose(q, JSON); break;
		case 'p': choose(q, PROMETHEUS); break;
		case 'w': choose(q, HTTP); break;
		case 'q': choose(q, QMAIL); break;
		case 'o': q->file = optarg; break;
		case 'n':
			if (!num_u64(optarg, 1, UINT64_MAX, &q->rows))
				die_say(EX_HARD, optarg, ": not a number from 1 on");
			break;
		default:
			die_say(EX_HARD, usage);
		}
	if (!selector_parse(&q->selector, argv + optind, (size_t)(argc - optind), &error))
		die_say(EX_HARD, error.text);
	if (q->file && q->form != PROMETHEUS)
		die_say(EX_HARD, usage);
	q->totals = q->totals || (optind < argc && !q->stats.by_rcpt && !q->stats.by_sender);
	q->deep = q->totals || q->stats.by_rcpt || q->stats.by_sender;
	if (q->form == QMAIL && q->deep)
		die_say(EX_HARD, usage);
}

/* called as qmail-qstat, which takes no arguments */
static bool
is_qmail(const char *name)
{
	const char *slash = strrchr(name, '/');

	return strcmp(slash ? slash + 1 : name, "qmail-qstat") == 0;
}

int
main(int argc, char **argv)
{
	static struct request q = { .rows = ROWS };
	struct out o;

	msg_name("pneu-qstat");
	parse_options(&q, argc, argv);
	if (argc == 1 && is_qmail(argv[0]))
		q.form = QMAIL;
	sig_ignore(SIGPIPE);
	if (!q.deep || q.form != PLAIN)
		runner_ask(&q.runner);
	if (!walk_enter())
		die_sys(EX_SOFT, "enter the queue");
	if (q.form == HTTP) {
		http_serve(metrics, &q);
		return 0;
	}
	out_init(&o, 1, space, sizeof space, -1);
	show(&q, &o);
	if (!out_flush(&o))
		die_sys(EX_SOFT, "write");
	return unreadable ? EX_SOFT : 0;
}
