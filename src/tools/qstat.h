/* qstat - what the parts of pneu-qstat know of one another */
#ifndef TOOLS_QSTAT_H
#define TOOLS_QSTAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/out.h"
#include "tools/look.h"
#include "tools/selector.h"
#include "tools/walk.h"
#include "tools/words.h"

/* ages in minutes: up to 5, 10, 20, ... 1280, and more */
#define AGES 10
#define AGE_FIRST_S 300

size_t age_column(int64_t age_s);
const char *age_name(size_t column);            /* "5", ... "1280", "1280+" */

/* ---- qstat_names.c: what names alone tell, and the runner */

struct names {
	uint64_t place[WALK_PLACES], bad;
	uint64_t age[AGES];                     /* of both places */
	int64_t oldest_s;                       /* seconds since 1970; 0: there is none */
};
/* false: errno, *what says what could not be done */
bool names_count(struct names *, int64_t now_s, const char **what);

struct runner {
	bool came, done;                        /* it answered, and did not refuse */
	int error;                              /* errno, if it did not */
	struct buf text;                        /* what it said */
};
void runner_ask(struct runner *);               /* before walk_enter: PNEU_QUEUE may be relative */
/* the number in the line of that name; false: there is none */
bool runner_number(const struct runner *, const char *name, uint64_t *);
/* Each line in turn: *at is 0 at first; *n bytes. 0: that was the last */
const char *runner_line(const struct runner *, const char **at, size_t *n);
/* a line "rate NAME total N 1m N 5m N 15m N": its name, and the numbers; false: it is another one */
struct rate {
	char name[32];
	uint64_t n[4];
};
bool runner_rate(const char *line, size_t n, struct rate *);

/* ---- qstat_table.c: what is in the files of those that are meant */

#define TABLE_ROWS 100000                       /* domains; what is beyond is counted in one row */

struct row {
	uint64_t recipients, messages, bytes, age[AGES];
	uint64_t seen;                          /* the message that was counted last */
	int64_t oldest_us;                      /* arrival; 0: there is none */
	uint32_t name;
};

struct table {
	struct words words;
	struct row *row;
	size_t len, room;
	struct row all, others;
	size_t *order;                          /* by table_sort: rows with most recipients first */
};

struct stats {
	int64_t now_s;
	struct row all;                         /* every message; recipients still to be reached */
	uint64_t held, active, waiting;         /* messages */
	uint64_t state[5], deferred;            /* recipients by enum qf_state; waiting ones that have been tried */
	struct qid oldest;
	bool by_rcpt, by_sender;                /* which tables are wanted */
	struct table rcpt, sender;
};

/* all messages that the selector means; complain is told of files that cannot be read. false: errno */
bool stats_collect(struct stats *, const struct selector *, void (*complain)(const char *id, const char *why));
bool table_sort(struct table *);                /* false: ENOMEM */

/* ---- qstat_report.c: for people, and JSON */
void report_names(struct out *, const struct names *, const struct runner *, int64_t now_s);
void report_stats(struct out *, const struct stats *);
void report_table(struct out *, const struct table *, uint64_t rows);
void report_json(struct out *, const struct names *, const struct runner *, const struct stats *, uint64_t rows, int64_t now_s);

/* ---- qstat_prometheus.c: the text format 0.0.4; stats may be 0. false as buf_put */
bool prometheus_put(struct buf *, const struct names *, const struct runner *, const struct stats *, uint64_t rows, int64_t now_s);
/* Written to a file that is complete or not there, or not changed; false: errno */
bool prometheus_file(const char *path, const struct buf *);

/* ---- qstat_http.c: one request on descriptor 0, one answer on descriptor 1 (HTTP/1.0). make fills the body, and is only called for
 * the right request; false: it could not. */
void http_serve(bool (*make)(struct buf *, void *), void *);

#endif
