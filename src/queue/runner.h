/* runner - what the parts of pneu-send know of one another
 *
 * One process, one event loop (send.c). The parts, in the order a message meets them:
 *   intake    hears of it: the FIFO, and scans of msg/
 *   schedule  when it is due
 *   message   opens it, and closes it again
 *   way       finds the site of each recipient
 *   expansion replaces a recipient that is an alias by those it stands for
 *   site      one per destination: tasks; decides who gets what and when (site.h)
 *   hop       where sites lead: window, pace (site.h)
 *   worker    the processes of a hop: asks spawners for them, gives jobs, takes reports (site.h)
 *   handout   what a worker is told of a message, and what it reads
 *   outcome   remembers what became of each recipient
 *   round     what follows when all have been heard of
 *   bouncer   runs pneu-bounce for what the sender is to be told
 *   ctl       the control socket
 *   search    finds the waiting messages of one destination, when an operator wants them tried
 *   operate   what operators want done with single messages: hold, delete, redirect...
 *   pause     destinations that an operator wants left alone
 *   trash     what operators deleted, for a while
 *   live      for whom messages wait, and what was said there, for a person who watches
 *   pub       the control socket of those whose mail it is
 *   await     those of them who wait to hear what becomes of a message
 *   own       whose a message is
 * Each part that waits has a pair: x_want says what would wake it, x_do does what is to be done now.
 * The working directory is the queue. */
#ifndef QUEUE_RUNNER_H
#define QUEUE_RUNNER_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/buf.h"
#include "queue/owed.h"
#include "queue/retry.h"
#include "queue/schedule.h"
#include "resolve/routing.h"
#include "wire/job.h"
#include "wire/qid.h"
#include "wire/queuefile.h"

/* ---- send.c */
struct wait {                           /* one turn of the loop: what to wait for */
	struct pollfd *fd;
	size_t len, room;
	int64_t until_ms;               /* monotonic; when the wait must end */
};
/* its index: revents is there after the wait; SIZE_MAX: no memory, so it is not waited for this turn */
size_t want_fd(struct wait *, int fd, short events);
void want_until(struct wait *, int64_t mono_ms);
extern struct schedule *schedule;       /* every message known; slots are its numbers */
extern struct clockwork now;            /* read once a turn */
extern const struct routing *routing;   /* replaced as a whole by a reload */
extern const struct destinations *destinations; /* likewise */
extern int64_t loaded_us;               /* wall clock, when the control files were read that count */
extern bool stopping;                   /* SIGTERM: nothing new is started */
extern bool alone;                      /* no runner at all, but its hands: it obeys one operator and delivers nothing */

struct settings {                       /* control files of these names */
	uint64_t concurrencylocal, concurrencyremote, concurrencysite;
	uint64_t queuelifetime;         /* seconds */
	uint64_t delaywarning;          /* seconds; 0: nobody is told of a delay */
	uint64_t programtimeout;        /* seconds that the programs of one local recipient may take */
	uint64_t trashtime;             /* seconds that deleted mail is kept; 0: it is not */
};
extern struct settings settings;
#define TROUBLE_RETRY_S 300             /* after an error of the disk or the system */

/* ---- intake.c */
bool intake_open(void);                 /* false: errno */
void intake_want(struct wait *);
void intake_do(const struct wait *);
void intake_rescan(void);               /* look at the whole of msg/ again, in slices */
bool intake_scanning(void);

/* ---- message.c */
enum wish { WISH_NONE, WISH_HOLD, WISH_DELETE, WISH_PURGE };   /* DELETE is into the trash */

struct message {
	struct message *next, *prev;
	uint32_t slot;                  /* SLOT_NONE: it is held */
	int fd;                         /* the queue file, read-only */
	int copy;                       /* the message alone, for local jobs; -1 */
	char id[QID_TEXT];
	char path[9 + QID_TEXT];        /* msg/XX/ID, or hold/XX/ID */
	struct qf file;
	struct buf history;             /* records not yet written */
	size_t found_again;             /* so many bytes of it tell only what the aliases would tell again */
	size_t pending;                 /* recipients in tasks */
	uint64_t wait_s;                /* the longest that a server asked to wait in this round; 0 */
	bool last;                      /* too old or told so: what is deferred now has failed */
	bool local_deferred;            /* retry at the local pace */
	bool stuck;                     /* its end could not be written yet */
	bool heard;                     /* this round has ended: what its recipients are now is no more than told of */
	enum wish wish;
	struct buf orders;              /* of operators, to be carried out when its deliveries of now have ended */
	bool at_once;                   /* an operator changed something: it is due now */
	enum owed report;               /* while it is with the bouncer: what is to be told */
};

void message_do(void);                  /* open what is due, within bounds */
void message_want(struct wait *);
struct message *message_first(void);    /* the open ones, by next */
struct message *message_active(uint32_t slot);  /* the open message of a slot; 0: it is not open */
/* For how many seconds the message has been due that has waited longest for being opened, or a line of messages and tasks has
 * not moved (site_waits_s); 0: there is none, or nobody may be tried at all */
uint64_t message_overdue_s(void);
size_t message_count(void);             /* open ones */
size_t message_limit(void);             /* how many may be open at once; settles with the descriptor limit */
void message_set_limit(size_t);
/* OUT: open it and give its recipients to their sites; last: what is deferred now has failed. false: not opened */
bool message_start(uint32_t slot, bool last);
bool message_too_old(uint64_t arrival_us);
/* Close it again, if it is as it was when it was opened, and waits for nothing but a task of so many recipients; its slot is
 * OUT then. false: it stays open */
bool message_close(struct message *, size_t recipients, uint32_t *slot);
void message_bounce(uint32_t slot);     /* OUT: open it only for its report */
bool message_room(enum channel);        /* may one more be opened that was parked for such a site? */
/* For operate.c, which changes what it finds. A message that waits: its slot was in the heap, and is OUT; message_settle puts it
 * back. 0: it has been dealt with */
struct message *message_open(uint32_t slot);
struct message *message_open_held(const struct qid *);  /* 0: errno; ENOENT: it is not held; EBADMSG: it is damaged */
bool message_record(struct message *);                  /* write its history; false: errno */
void message_put_back(struct message *, int64_t due_s); /* to the schedule; the file's mtime tells the next runner the same. Frees it */
void message_forget(struct message *);                  /* it is the runner's no more. Frees it */
void message_unload(struct message *);                  /* closed, and nothing else; its slot stays as it is. Frees it */
bool message_is_address(const struct qf_rcpt *);        /* and no program, file or list */
const char *message_sender(const struct message *);
const char *message_rcpt(const struct message *, size_t i);     /* as routed */

/* ---- way.c: where its recipients go */
#define ROUTED_ROOM 4096                /* an address may grow by routing */
/* All waiting recipients to their sites; false: it has been parked with one of them, closed */
bool message_distribute(struct message *);

/* ---- outcome.c: what became of them */
/* what became of recipient i, as a worker or the runner for it has reported (number and index do not matter here);
 * delivery 0: no attempt was made (logged as skipped) */
void message_report(struct message *, size_t i, uint64_t delivery, const struct report *);
/* the same without an attempt */
void message_answer(struct message *, size_t i, char verdict, const char *status, const char *text);

/* ---- round.c: and then */
void round_want(struct wait *);
void round_do(void);                    /* write what could not be written, now and then */
void round_retry_stuck(void);           /* at the next turn */
int64_t message_lifetime_s(const struct message *);     /* what it may spend in the queue */
void message_settle(struct message *);                  /* nothing of it is being delivered: what follows from that; may free it */
void message_hold_as_asked(struct message *);           /* by its envelope, before anything is done with it. Frees it */
/* so many recipients of a task have all been reported; the last task ends the round, and may end and free the message */
void message_task_done(struct message *, size_t recipients);
/* what became of its report; queued: ID and injector's pid of it, "" and a word if it was dropped. May free the message */
void message_bounced(struct message *, bool queued, const char *qp, const char *bounce_id);

/* ---- handout.c: what a worker is told, and what it reads */
/* descriptor to hand to a local worker and where the message begins in it; the message's own, not to be closed;
 * -1: errno */
int message_local_fd(struct message *, uint64_t *offset);
bool message_same_job(const struct message *, size_t a, size_t b);      /* may one job carry both? */
/* the envelope sender: its own, or of a list with an address for each recipient (VERP) the one for it, made in space.
 * 0: errno */
const char *message_job_sender(const struct message *, size_t rcpt, struct buf *space);
/* its params (wire/job.h) into b; false as buf_put */
bool message_job_params(const struct message *, size_t rcpt, struct buf *);
/* the recipient's own, appended, no 0; false as buf_put */
bool message_rcpt_params(const struct message *, size_t rcpt, struct buf *);

/* ---- expansion.c */
enum expansion {
	EXPANSION_NOT,                  /* it is to be delivered to as it is */
	EXPANSION_DONE                  /* it has been replaced by others, or answered for */
};
bool expansion_begin(struct message *); /* before the recipients of a message; false: no memory */
enum expansion expansion_do(struct message *, size_t rcpt);

/* ---- site.c */
#define CONCURRENCY_MOST 1000           /* of a channel; busy workers are no more than that */
#define WORKER_IDLE_MOST 200            /* of a channel, kept for a while in case there is more for them to do */
struct site;
void site_open(int lspawn, int rspawn); /* sockets to the spawners */
void site_want(struct wait *);
bool site_do(const struct wait *);      /* false: a spawner is gone */
/* found or new; valid until the turn ends, longer only with a task, a parked message or a worker. 0: ENOMEM */
struct site *site_get(enum channel, const char *key);
bool site_full(const struct site *);    /* it has enough to do: better park than open one message more for it */
void site_park(struct site *, uint32_t slot);   /* OUT to PARKED, last in its line */
bool site_unpark(uint32_t slot);        /* PARKED to OUT, if it is parked here */
/* one recipient more for it; site_added after the last of a message. false: ENOMEM */
bool site_add(struct site *, struct message *, size_t rcpt);
void site_added(void);
/* forget which of these do not answer: all, with ""; else the pattern is as site_matches has it */
void site_wake(const char *pattern);
void site_wake_one(enum channel, const char *key);
/* Does mail for a site with such a key go where the pattern says? It is a domain, a relay or a host of an MX, if a worker has
 * told lately; or with a dot before it, what is below too; or all of a local key */
bool site_matches(enum channel, const char *key, const char *pattern);
bool site_paused(const struct site *);  /* an operator wants it left alone: nothing new is begun there */
void site_pause(void);                  /* what has not begun there has to wait, closed or for another round */
void site_reload(void);                 /* control/destinations has been read again */
void worker_retire_all(void);           /* worker.c: workers read settings when they start; new ones for what comes now */
unsigned site_busy(enum channel);       /* workers that have jobs */
unsigned site_limit(enum channel);      /* how many may */
/* For how many seconds nothing has been begun at the site where that is longest, of those where something waits, and neither
 * an operator nor a rate holds it back, and it may answer; 0: there is none */
uint64_t site_waits_s(void);
/* a line for each, as wire/control.h has it, as far as there is room; false: ENOMEM */
bool site_status(struct buf *);

/* ---- bouncer.c */
void bouncer_add(struct message *);     /* its report is to be made; ends in message_bounced */
void bouncer_want(struct wait *);
void bouncer_do(const struct wait *);
bool bouncer_full(void);                /* a message more is better parked than kept open */
void bouncer_park(uint32_t slot);       /* OUT to PARKED, last in its line; message_bounce opens it again */
bool bouncer_unpark(uint32_t slot);     /* PARKED to OUT, if it is parked here */
bool bouncer_busy(void);

/* ---- search.c */
/* Try now what waits for a place, as site_matches has it, and forget that nobody answered there. Messages are looked at in
 * slices; the log says when that is over. false: too many searches at a time, or the pattern is too long */
bool search_begin(const char *pattern);
void search_want(struct wait *);
void search_do(void);

/* ---- operate.c */
#define ORDER_WORDS 2
struct order {
	const char *verb;               /* of wire/control.h */
	const char *word[ORDER_WORDS];  /* what it needs beside IDs; 0: not given */
	uint64_t uid;                   /* who wants it */
};
/* are its words fit? 0: yes; else what is wrong */
const char *operate_check(const struct order *);
/* the message of this ID: at once, or when its deliveries of now have ended. 0: done; else why not */
const char *operate(const struct order *, const char *id);
void operate_orders(struct message *);  /* those kept meanwhile; nothing of it is being delivered */

/* ---- pause.c */
#define PAUSES 100                      /* at a time */
bool pause_open(void);                  /* those of the last runner; false: errno */
/* what: "all", "local", "remote", or as site_matches has it. 0: done, on disk; else why not */
const char *pause_begin(const char *what, uint64_t uid);
const char *pause_end(const char *what);
bool pause_is_class(const char *what);  /* one of the three words? */
bool pause_all(void);                   /* is everything paused? */
bool pause_hits(enum channel, const char *key); /* is the site of that key? */
bool pause_status(struct buf *);        /* a line for each, as wire/control.h has it; false: ENOMEM */

/* ---- trash.c */
/* from msg/XX/ID or hold/XX/ID into the trash, or away for good; false: errno */
bool trash_put(const char *path);
void trash_want(struct wait *);
void trash_do(void);

/* ---- pub.c */
bool pub_open(void);                    /* false: errno */
void pub_want(struct wait *);
void pub_do(const struct wait *);

/* ---- own.c */
#define OWN_PATH (9 + QID_TEXT)         /* trash/XX/ID is longer, and nobody's */
void own_learn_roles(void);             /* who is in passwd now */
/* Mail that came from elsewhere is injected by such a one, and is nobody's own */
bool own_is_role(uint64_t uid);
void own_path(char path[OWN_PATH], const char *place, const struct qid *);
/* In msg or hold, if this user has injected it (or is root, where root may have all): a descriptor, read-only. -1: it is somebody
 * else's, or not there */
int own_open(const char *place, const struct qid *, uid_t, bool root);

/* ---- await.c */
void await_open(void);
/* The user at the other end of fd awaits word of this message. 0: fd is no longer the caller's; else why not */
const char *await_begin(int fd, uid_t, const struct qid *);
/* what a report says of recipient i is kept for who may ask; its state is new already */
void await_report(struct message *, size_t i, const struct report *);
void await_round(struct message *);     /* all recipients of a round have been heard of, or it is held: tell who waits */
void await_end(const struct message *); /* it is about to be forgotten: remember what became of it */
void await_gone(const struct message *);        /* its file is no longer in msg/, for whatever reason */
void await_want(struct wait *);
void await_do(const struct wait *);

/* ---- live.c */
/* Z or D, there, for one recipient; tried: somebody has been asked */
void live_trouble(const struct message *, const struct site *, const struct report *, bool tried);
bool live_ages(struct buf *);           /* how old messages are, as wire/control.h has it; false: ENOMEM */
bool live_lists(struct buf *);          /* and the rest of the verb live, as far as there is room */

/* ---- ctl.c */
bool ctl_open(void);                    /* false: errno */
void ctl_want(struct wait *);
void ctl_do(const struct wait *);
int ctl_alone(int fd);                  /* obey the one at the other end until it is gone; the exit code */
const char *ctl_numbers(struct buf *);  /* those of status that everybody may know; 0: done; else why not */
void runner_flush(void);                /* send.c: what SIGALRM does */
bool runner_reload(void);               /* send.c: what SIGHUP does */

#endif
