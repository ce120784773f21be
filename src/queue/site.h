/* site - the halves of delivery, as the runner sees them: sites, which have tasks, hops, where they lead, and workers
 *
 * One site per destination: a local user or a route. It has
 *   tasks    parts of messages (as many recipients as one job takes) that wait for a worker, first come first served
 *   parked   messages beyond those, closed again, as slots of the schedule
 *   family   the sites that seem to be one user's: joe, joe+tag and joe-list, or the alias user's instructions. Whatever the
 *            user does with his mail, others' local mail goes on: no family has all workers, or all open messages
 *   hop      where its mail goes next: what it may have in common with other sites
 * A hop is one site's own until a worker of a route by MX has said which exchangers it found (wire/job.h); then it is that of
 * all sites with the same ones, by the name that the worker gave it. It has
 *   workers  processes that deliver there, each with the jobs given to it and not yet reported; one that has said the name and
 *            heard "G" takes the tasks of any site of the hop
 *   window   how many workers may be busy at once: opens with each success, halves when nobody answers
 *   dead     until when it is left alone because nobody answered; a growing while
 *   pace     when the next message may go, where control/destinations says how fast
 * What a site knows of its exchangers it knows for SITE_KNOWS_MS; then a worker of its own has to find out again, and what
 * that one finds at a busy hop waits in line with the others, what it finds at an idle connection goes there.
 *
 * The way of a task, from its message to the worker and back:
 *   site.c    site_add fills it, site_added puts it into the site's line and the site into the ring of its hop, with the hop in
 *             the ring of its channel
 *   dispatch.c  turns the rings: choose finds who shall have the next task, an idle worker, a new one, or a busy one that may
 *             have one ahead
 *   worker.c  worker_start gives it away: from then on it has a number and is in the log. A worker that the spawner still
 *             owes gets it in worker_arrives. A worker that has found its exchangers asks first (announced): it may connect,
 *             or its tasks go back to the front of their lines (send_home)
 *   worker.c  take_report for each recipient, to message_report; after the last one task_end, to message_task_done
 *   hop.c     what reports say of the place opens or halves the window, and answers what hops and control/destinations allow
 * Whoever dies, spawner or worker, costs its tasks a Z each (worker_lost); nothing of them is lost.
 * Memory: a task belongs to the site's line, then to the worker that has it; a worker belongs to its hop; a site is freed by
 * site.c alone, a hop when no site and no worker leads to it any more. */
#ifndef QUEUE_SITE_H
#define QUEUE_SITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "queue/destinations.h"
#include "queue/runner.h"
#include "resolve/routing.h"
#include "wire/job.h"

struct task {
	struct task *next;
	struct message *m;
	struct site *site;
	uint64_t number;                /* delivery number of its first recipient, once a worker has it */
	size_t n, left, room;           /* recipients; of them not reported */
	size_t bytes;                   /* the job's packet takes no more than that */
	int64_t began_ms;               /* when it was given to the worker */
	unsigned refusals;              /* workers that could not be given it */
	uint32_t rcpt[];                /* indices in m->file; REPORTED once reported */
};

#define REPORTED UINT32_MAX

struct worker {
	struct worker *next;            /* of the hop */
	struct worker *all_next, **all_prev;    /* of all hops */
	struct hop *hop;
	struct site *home;              /* whose key it was started with */
	struct site *site;              /* with tasks: whose first of them was when it had none; busy counts there */
	struct task *task;              /* given, oldest first */
	size_t tasks;
	uint64_t messages;              /* given to it so far */
	uint64_t request;               /* number of the unanswered question to the spawner */
	int fd;                         /* -1: still asked for */
	size_t poll;                    /* its place in this turn's wait */
	int64_t since_ms;               /* when it last said something, or when its first task was given to it */
	bool going;                     /* it has said the name of its hop, and heard that it may connect */
	bool retired;                   /* its settings are old, or its connection is: it gets no more tasks, and ends after those */
	bool idle;                      /* in the channel's list of those without a task */
	struct worker *idle_next, *idle_prev;
	unsigned mangled;               /* reports that were nonsense */
};

/* so many messages in a time: the next one not before this; microseconds, monotonic */
struct pace {
	int64_t next_us;
};

struct hop {
	struct hop *next;               /* same hash, of those with a name */
	struct hop *ring_next, *ring_prev;
	struct site *ring;              /* those with tasks; the next one's turn */
	struct worker *worker;
	enum channel channel;
	bool in_ring;
	unsigned sites, workers;        /* that lead there */
	unsigned busy, window, failures;        /* workers with tasks; how many may be; times in a row that nobody answered */
	size_t open;                    /* tasks of all its sites, waiting or given */
	int64_t dead_ms;                /* left alone until then; 0 */
	struct pace pace;
	const struct destination *own;  /* the line of control/destinations for its host; 0 */
	char name[];                    /* what workers call it: HOST/WORD; "": nobody has said */
};

struct family {
	unsigned busy;                  /* workers with tasks, */
	size_t open;                    /* and tasks, of all its sites */
};

struct site {
	struct site *next;              /* same hash */
	struct site *ring_next, *ring_prev, *building_next, *line_next;
	enum channel channel;
	bool in_ring;
	bool listed;                    /* among those being filled by site_add */
	bool in_line;                   /* among those with parked messages */
	struct task *task, **task_end;
	struct task *building;          /* being filled by site_add */
	size_t tasks, open;             /* tasks waiting; waiting or given */
	int64_t moved_ms;               /* if something waits: when the last task was begun, or the first of them came */
	unsigned busy;                  /* workers that count for it */
	unsigned homes;                 /* workers started with its key */
	struct schedule_line parked;
	struct hop *hop;                /* never 0 */
	struct family *family;          /* 0: not a local one */
	int64_t known_ms;               /* until then others' workers of the hop may have its tasks; 0 */
	struct pace pace;
	const struct destination *own;  /* the line of control/destinations for its domain or relay; 0 */
	char key[];
};

#define SITE_KNOWS_MS (5 * 60000)

struct channel_state {
	int spawner;
	size_t poll;
	unsigned busy, limit;           /* workers with tasks; how many may be */
	size_t open;                    /* tasks of all its sites, waiting or given */
	unsigned idle;                  /* workers without */
	struct worker *idle_first, *idle_last;  /* the longest idle first */
	unsigned ahead;                 /* jobs that one worker may have */
	struct hop *ring;               /* those with tasks; the next one's turn */
};

extern struct channel_state channels[CHANNELS];        /* in site.c */

/* ---- site.c */
void site_ready(struct site *);         /* back into the ring, if it has tasks */
void site_unready(struct site *);       /* out of the ring, and its hop, if it was the last one there */
void site_task_counts(struct site *);   /* one task more of it is open */
void site_busy_more(struct site *, struct hop *);       /* one worker more of that hop has a job of it, */
void site_busy_less(struct site *, struct hop *);       /* or one less */
void site_task_gone(struct site *);     /* one of its tasks is no longer open */
/* Its worker says what its exchangers are called: it leads there from now on. The hop, or 0: ENOMEM, nothing has changed */
struct hop *site_learns(struct site *, const char *name);
void site_relieve(struct site *);        /* if there is too much open for its hop, close what of it waits */
void site_leaves(struct site *);        /* it has a hop of its own again, if it has not and there is memory for one */
bool site_knows(const struct site *);   /* may others' workers of its hop have its tasks? */
uint64_t site_recipients(const struct site *);  /* that one of its tasks may have */
uint64_t site_per_connection(const struct site *);      /* messages; 0: no limit */

void site_each(void (*)(const struct site *));
void site_refill(void);                 /* open what is parked for sites with little to do */
void site_sweep(void);                  /* a few of those that nobody needs any more */

/* ---- dispatch.c, with site_want and site_do (queue/runner.h) */
struct task *site_next_task(struct site *);     /* out of its line, which is not empty; the caller's */
/* nobody could take it: it is tried again, at once, or soon when what it waits for makes no sound of its own */
void site_put_first(struct site *, struct task *, bool at_once);
void site_defer(struct site *, struct task *, const char *status, const char *text);    /* Z for all of it, and free */

/* ---- hop.c */
struct hop *hop_new(enum channel, const char *name);    /* with nobody leading there; 0: ENOMEM */
struct hop *hop_named(const char *name);        /* found or new; 0: ENOMEM */
void hop_drop(struct hop *);            /* free it, if nobody leads there and it has no name */
void hop_sweep(void);                   /* a few of those with a name that nobody leads to any more */
void hop_answers(struct hop *, const struct site *);    /* somebody is there: the window opens */
void hop_silent(struct hop *);          /* nobody is there: it is left alone for a growing while */
bool hop_is_dead(const struct hop *);   /* is it left alone now? */
unsigned hop_most(const struct hop *, const struct site *);     /* the ceiling of its window */
/* may one more worker there have tasks of the site, if so many others have some? */
bool hop_has_room(const struct hop *, const struct site *, unsigned others);
/* May a message of the site go there now? false: not before *again_ms, which becomes that if it was 0 or later */
bool hop_in_time(const struct hop *, const struct site *, int64_t *again_ms);
void hop_pace(struct hop *, struct site *);     /* a message of the site goes there now; */
void hop_unpace(struct hop *, struct site *);   /* it did not */
void hop_wake(struct hop *);            /* forget that nobody answered */
bool hop_matches(const struct hop *, const char *pattern);      /* destinations_match of its host */
void hop_wake_named(const char *pattern);       /* all with a name; "": whatever it is */
void hop_reload(void);                  /* control/destinations has been read again */
const char *hop_rate(const struct hop *, const struct site *);  /* the slowest that control/destinations says; "" */
bool hop_status(struct buf *);          /* a line for each with a name; false: ENOMEM */

/* ---- worker.c */
struct worker *worker_new(struct site *);                       /* asked for; 0: errno */
struct worker *worker_idle(const struct site *);                /* that may have its next task; 0: none */
struct worker *worker_least_busy(const struct site *, size_t most);     /* the same with 1 to most - 1 tasks; 0: none */
void worker_start(struct worker *, struct task *);              /* the task is the worker's, or has been answered */
void task_verdict(struct task *, char verdict, const char *status, const char *text);   /* for all not yet reported */
void worker_want(struct wait *);
void worker_do(const struct wait *);                            /* hear them all; end the idle and the mute */
void worker_each_task(void (*)(const struct task *));   /* that a worker has */
bool worker_hear_spawner(enum channel);                         /* false: it is gone */

#endif
