/* news - send -> start: how the runner is, over a pipe
 *
 * One byte for each event, no answer. pneu-start makes the pipe when somebody wants to know, and starts "pneu-send -n SECONDS"
 * with its writing end, which does not block, as NEWS_FD.
 *   tests  tests/program/start.t    manual: pneu-start(8), READINESS */
#ifndef WIRE_NEWS_H
#define WIRE_NEWS_H

#define NEWS_FD 5

enum news {
	NEWS_READY = 'R',               /* it has the lock, hears of new mail, takes orders, and delivers */
	NEWS_RELOADED = 'L',            /* it has read its control files again */
	NEWS_UNCHANGED = 'F',           /* it could not, and goes on with what it had */
	NEWS_ALIVE = 'W'                /* its loop turns: once in SECONDS at the least, if they are not 0 */
};

#endif
