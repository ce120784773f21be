/* schedule - every message in the queue, and when it is next due
 *
 * A message waiting costs a slot of 32 bytes, 4 in the heap and 4 to 11 in the hash table: under 64 in all, growth
 * included. A slot is always in exactly one place:
 *   SCHEDULE_HEAP    waiting for its time
 *   SCHEDULE_OUT     taken out by the program, which keeps the slot's number
 *   SCHEDULE_PARKED  due, in a line that the program keeps, because what it needs is busy
 * Slot numbers stay valid until schedule_remove. */
#ifndef QUEUE_SCHEDULE_H
#define QUEUE_SCHEDULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/qid.h"

#define SLOT_NONE UINT32_MAX

enum schedule_place { SCHEDULE_FREE, SCHEDULE_HEAP, SCHEDULE_OUT, SCHEDULE_PARKED };

#define SCHEDULE_SCANNED 1      /* flag: found by a scan, so its sum is still to be checked */
#define SCHEDULE_TOLD 2         /* flag: "new msg" has been logged */
#define SCHEDULE_LAST 4         /* flag: an operator wants the next attempt to be the last */
#define SCHEDULE_BRIEF 8        /* flag: its sender wants it tried for less time than others */

struct schedule;

/* slots that wait for one thing, first come first served; the links are in the slots */
struct schedule_line {
	uint32_t first, last;           /* SLOT_NONE: nobody */
	uint32_t number;                /* 0 until somebody stands in it */
	size_t count;
};

#define SCHEDULE_LINE { SLOT_NONE, SLOT_NONE, 0, 0 }

struct schedule *schedule_new(void);                            /* 0: ENOMEM */
/* a new message, in the heap; SLOT_NONE with EEXIST: known already, or ENOMEM */
uint32_t schedule_add(struct schedule *, const struct qid *, int64_t due_s);
uint32_t schedule_find(const struct schedule *, const struct qid *);
void schedule_remove(struct schedule *, uint32_t slot);         /* from wherever it is but a list of yours */
/* the earliest if it is due by now_s, moved to OUT; SLOT_NONE: nothing is due */
uint32_t schedule_take(struct schedule *, int64_t now_s);
bool schedule_take_one(struct schedule *, uint32_t slot);       /* this one, if it is in the heap */
void schedule_put(struct schedule *, uint32_t slot, int64_t due_s);     /* OUT or PARKED, back into the heap */
void schedule_park(struct schedule *, struct schedule_line *, uint32_t slot);   /* OUT to PARKED, last in the line */
uint32_t schedule_unpark(struct schedule *, struct schedule_line *);            /* the first to OUT; SLOT_NONE: nobody */
/* this one to OUT, if it stands in this line */
bool schedule_pull(struct schedule *, struct schedule_line *, uint32_t slot);
void schedule_all_due(struct schedule *, int64_t now_s);        /* everything in the heap is due now */
bool schedule_due(const struct schedule *, int64_t *due_s);     /* when the earliest is; false: heap is empty */
size_t schedule_slots(const struct schedule *);                 /* all slot numbers are below; some may be FREE */
/* is it in the heap, and not due yet? */
bool schedule_waits(const struct schedule *, uint32_t slot, int64_t now_s);
const struct qid *schedule_qid(const struct schedule *, uint32_t slot);
enum schedule_place schedule_place(const struct schedule *, uint32_t slot);
unsigned schedule_flags(const struct schedule *, uint32_t slot);
void schedule_flag(struct schedule *, uint32_t slot, unsigned set, unsigned clear);
/* a number that the program keeps with it; 0 at first */
unsigned schedule_mark(const struct schedule *, uint32_t slot);
void schedule_set_mark(struct schedule *, uint32_t slot, uint16_t mark);
size_t schedule_count(const struct schedule *);                 /* messages known, wherever they are */
size_t schedule_bytes(const struct schedule *);                 /* memory taken for all of them */

#endif
