#include "listen/renew.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/msg.h"
#include "lib/proc.h"
#include "listen/find.h"

void
renew_want(const struct renewal *r, int *timeout_ms)
{
	int64_t left = r->trial ? r->until_ms - clock_mono_ms() : 0;

	if (!r->trial)
		return;
	if (left < 0)
		left = 0;
	if (*timeout_ms < 0 || left < *timeout_ms)
		*timeout_ms = (int)left;
}

static void
stay(const struct renewal *r)
{
	warn_say("the program does not start anew: the old one goes on");
	(void)notify_ready(r->notify, "the program does not start anew: the old one goes on, see the log");
}

bool
renew_ended(struct renewal *r, pid_t pid, int status)
{
	if (pid != r->trial)
		return false;
	r->trial = 0;
	r->ripe = proc_code(status) == 0;
	if (!r->ripe)
		stay(r);
	return true;
}

/* found anew each time: where PATH leads may have changed */
static void
become_new(const struct renewal *r)
{
	char path[4096];

	if (find_program(r->argv[0], path, sizeof path))
		heir_exec(r->estate, path, r->argv);
	warn_sys("start ", r->argv[0], " anew");
}

static void
begin_trial(struct renewal *r)
{
	pid_t pid = fork();

	if (pid < 0) {
		warn_sys("fork");
		stay(r);
		return;
	}
	if (pid == 0) {
		if (setenv(HEIR_TRIAL, "1", 1) == 0)
			become_new(r);
		_exit(EX_SOFT);
	}
	r->trial = pid;
	r->until_ms = clock_mono_ms() + RENEW_MS;
}

void
renew_do(struct renewal *r)
{
	if (r->trial && clock_mono_ms() >= r->until_ms) {
		warn_say("the new program does not come to an end with its start");
		(void)kill(r->trial, SIGKILL);          /* its end is seen like any other; again if that takes long */
		r->until_ms = clock_mono_ms() + RENEW_MS;
	}
	if (r->ripe) {
		r->ripe = false;
		if (notify_give(r->notify))
			become_new(r);
		(void)notify_take(r->notify, -1);       /* out of the environment again */
		stay(r);
	}
	if (r->wanted && !r->trial) {
		r->wanted = false;
		(void)notify_reloading(r->notify, "starting anew");
		begin_trial(r);
	}
}
