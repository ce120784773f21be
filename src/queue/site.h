/* site - the two halves of delivery, as the runner sees them: sites, which have tasks, and workers, which do them
 *
 * One site per destination: a local user or a route. It has
 *   tasks    parts of messages (as many recipients as one job takes) that wait for a worker, first come first served
 *   parked   messages beyond those, closed again, as slots of the schedule
 *   workers  processes that deliver there, each with the jobs given to it and not yet reported
 *   window   how many workers may be busy at once: opens with each success, halves when nobody answers
 *   family   the sites that seem to be one user's: joe, joe+tag and joe-list, or the alias user's instructions. Whatever the
 *            user does with his mail, others' local mail goes on: no family has all workers, or all open messages
 *   dead     until when it is left alone because nobody answered; a growing while
 * site.c decides who gets what and when; worker.c speaks with spawners and workers. Memory: a task belongs to the
 * site's line, then to the worker that has it; a worker belongs to its site; a site is freed by site.c alone. */
#ifndef QUEUE_SITE_H
#define QUEUE_SITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "queue/runner.h"
#include "resolve/routing.h"
#include "wire/job.h"

struct task {
	struct task *next;
	struct message *m;
	uint64_t number;                /* delivery number of its first recipient, once a worker has it */
	size_t n, left, room;           /* recipients; of them not reported */
	size_t bytes;                   /* the job's packet takes no more than that */
	unsigned refusals;              /* workers that could not be given it */
	uint32_t rcpt[];                /* indices in m->file; REPORTED once reported */
};

#define REPORTED UINT32_MAX

struct worker {
	struct worker *next;            /* of the site */
	struct worker *all_next, **all_prev;    /* of all sites */
	struct site *site;
	struct task *task;              /* given, oldest first */
	size_t tasks;
	uint64_t request;               /* number of the unanswered question to the spawner */
	int fd;                         /* -1: still asked for */
	size_t poll;                    /* its place in this turn's wait */
	int64_t since_ms;               /* when it last said something, or when its first task was given to it */
	bool retired;                   /* its settings are old: it gets no more tasks, and ends after those it has */
	bool idle;                      /* in the channel's list of those without a task */
	struct worker *idle_next, *idle_prev;
	unsigned mangled;               /* reports that were nonsense */
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
	struct schedule_line parked;
	struct worker *worker;
	unsigned busy, window, failures;        /* workers with tasks; how many may be; times in a row that nobody answered */
	struct family *family;          /* 0: not a local one */
	int64_t dead_ms;                /* left alone until then; 0 */
	char key[];
};

struct channel_state {
	int spawner;
	size_t poll;
	unsigned busy, limit;           /* workers with tasks; how many may be */
	size_t open;                    /* tasks of all its sites, waiting or given */
	unsigned idle;                  /* workers without */
	struct worker *idle_first, *idle_last;  /* the longest idle first */
	unsigned ahead;                 /* jobs that one worker may have */
	struct site *ring;              /* the next one's turn */
};

extern struct channel_state channels[CHANNELS];        /* in site.c */

/* ---- site.c */
void site_ready(struct site *);         /* back into the ring, if it has tasks */
/* nobody could take it: it is tried again, at once, or soon when what it waits for makes no sound of its own */
void site_put_first(struct site *, struct task *, bool at_once);
void site_defer(struct site *, struct task *, const char *status, const char *text);    /* Z for all of it, and free */
void site_busy_more(struct site *);     /* one worker more of it has a job, */
void site_busy_less(struct site *);     /* or one less */
void site_task_gone(struct site *);     /* one of its tasks is no longer open */
void site_answers(struct site *);       /* somebody is there: the window opens */
void site_silent(struct site *);        /* nobody is there: it is left alone for a growing while */

/* ---- worker.c */
struct worker *worker_new(struct site *);                       /* asked for; 0: errno */
struct worker *worker_idle(const struct site *);                /* 0: none */
struct worker *worker_least_busy(const struct site *, size_t most);     /* with 1 to most - 1 tasks; 0: none */
void worker_start(struct worker *, struct task *);              /* the task is the worker's, or has been answered */
void task_verdict(struct task *, char verdict, const char *status, const char *text);   /* for all not yet reported */
void worker_want(struct wait *);
void worker_do(const struct wait *);                            /* hear them all; end the idle and the mute */
bool worker_hear_spawner(enum channel);                         /* false: it is gone */

#endif
