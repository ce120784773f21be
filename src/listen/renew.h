/* renew - SIGHUP: our own program file is started anew, in this same process, and takes over all we have
 *
 * First a child tries it with a copy of what we have (heir.h). Only if that ends well, within RENEW_MS, do we become it: so a
 * file that is broken, or gone, or of a version that cannot take over, changes nothing. Whoever asks while a trial runs gets
 * another one after it. */
#ifndef LISTEN_RENEW_H
#define LISTEN_RENEW_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/notify.h"
#include "listen/heir.h"

#define RENEW_MS 30000

struct renewal {
	char **argv;                    /* as we were started */
	const struct estate *estate;
	struct notify *notify;
	bool wanted, ripe;              /* ripe: the trial has ended well */
	pid_t trial;                    /* 0: none runs */
	int64_t until_ms;               /* clock_mono_ms: it is killed then */
};

/* how long the loop may wait, if less than *timeout_ms; -1 there is for ever */
void renew_want(const struct renewal *, int *timeout_ms);
/* a child of ours has ended: was it the trial? */
bool renew_ended(struct renewal *, pid_t, int status);
/* what is to be done now; does not return if it is to become the new program. What fails is in the log, and we go on. */
void renew_do(struct renewal *);

#endif
