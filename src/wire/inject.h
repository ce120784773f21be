/* inject - handing a message to pneu-queue, or to the program that stands in its place
 *
 * inject_begin, inject_write..., then inject_end with the envelope, or inject_drop. The message goes into a pipe;
 * the program is started only when the pipe is full or the message complete, so a small message costs one start
 * and no waiting, and a dropped one often nothing.
 *
 * The program is $PNEU_FILTER, else $QMAILQUEUE, else pneu-queue. It gets
 *   fd 0  the message       fd 1  the envelope (wire/envelope.h)       fd 2  ours
 *   fd 6  a pipe to us: with exit 0 the queue's ID of the message; with exit 82 "D" or "Z" and a text, which may
 *         begin with an enhanced status code ("D5.7.1 no")
 * and answers with an exit code of qmail-queue; what they mean is in inject.c and in pneu-queue(8).
 * SIGPIPE must be ignored by the caller, and SIGCHLD not. There is no time limit: a program that hangs holds the caller,
 * who may set an alarm. A caller that dies leaves a cut envelope: nothing is queued. */
#ifndef WIRE_INJECT_H
#define WIRE_INJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "lib/buf.h"

enum {
	INJECT_ADDR = 11, INJECT_REFUSED = 31, INJECT_MEMORY = 51, INJECT_TIMEOUT = 52, INJECT_WRITE = 53, INJECT_READ = 54,
	INJECT_CONF = 55, INJECT_SOCKET = 56, INJECT_PLACE = 61, INJECT_BROKEN = 62, INJECT_CREATE = 63, INJECT_NAME = 64,
	INJECT_SYNC = 65, INJECT_SYNC_DIR = 66, INJECT_LATER = 71, INJECT_SLOW = 72, INJECT_UNREACHED = 73, INJECT_LOST = 74,
	INJECT_BUG = 81, INJECT_WORDS = 82, INJECT_ENVELOPE = 91, INJECT_ADDR_OLD = 115, INJECT_RUN = 120, INJECT_NO_RUN = 127
};

struct inject {
	pid_t pid;              /* 0: not started yet */
	int message[2];         /* pipes; -1 closed */
	int envelope[2];
	int report[2];
	int error;              /* first errno of ours; inject_end answers Z with it */
};

struct inject_result {
	char verdict;           /* K queued and on disk, Z not queued, try later, D not queued, never will be */
	char status[10];        /* enhanced status code: "2.0.0", "4.3.0" */
	char text[256];         /* K: the ID, or ""; else the reason, printable */
	pid_t pid;              /* of the program ("qp"), 0 if it was never started */
};

void inject_begin(struct inject *);
/* false: it will fail, the rest may be skipped; inject_end or inject_drop is still owed */
bool inject_write(struct inject *, const void *, size_t n);
void inject_end(struct inject *, const struct buf *envelope, struct inject_result *);
void inject_drop(struct inject *);      /* nothing will be queued; returns when the program has ended */
/* A program in the place of pneu-queue may take QF_INJECT_S: then SIGALRM comes to it. */

/* The other end, first of all in such a program: sets right what a caller may have left us, closed descriptors and odd signals,
 * and has the program end with INJECT_TIMEOUT after QF_INJECT_S, or a stuck caller would hold a slot for ever. 0, or the code to
 * exit with because descriptors are not open and cannot be. */
int inject_enter(void);

#endif
