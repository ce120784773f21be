#include "local/command.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/ascii.h"
#include "lib/clock.h"
#include "lib/fd.h"
#include "lib/proc.h"
#include "lib/sig.h"

#define SHELL "/bin/sh"
#define LAST_READS 16                   /* of 4 KB: what a pipe holds. A child left behind may write for ever */

struct run {
	pid_t pid;
	int output;                     /* -1: everybody has closed it */
	int64_t deadline_ms;
	bool told;                      /* SIGTERM was sent */
	struct command_end *end;
};

static void
on_child(int sig)
{
	(void)sig;                      /* it ends ppoll */
}

void
command_prepare(void)
{
	sig_block(SIGCHLD);
	sig_catch(SIGCHLD, on_child);
}

/* ---- output */

static void
keep(struct command_end *e, const char *s, size_t n)
{
	size_t i;

	for (i = 0; i < n && e->len < COMMAND_OUTPUT; i++)
		e->output[e->len++] = s[i] == '\n' ? '\n' : s[i] == '\t' ? ' ' : ascii_mask(s[i]);
	e->cut |= i < n;
}

/* one piece; false: there is none now, or there never will be */
static bool
take_output(struct run *r)
{
	char s[4096];
	ssize_t n = r->output < 0 ? 0 : read(r->output, s, sizeof s);

	if (n > 0) {
		keep(r->end, s, (size_t)n);
		return true;
	}
	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
		return false;
	if (r->output >= 0)
		close(r->output);
	r->output = -1;
	return false;
}

static void
finish_output(struct run *r)
{
	struct command_end *e = r->end;
	int i;

	for (i = 0; i < LAST_READS && take_output(r); i++)
		;
	if (r->output >= 0)
		close(r->output);
	while (e->len && (e->output[e->len - 1] == '\n' || e->output[e->len - 1] == ' '))
		e->len--;
	if (e->cut) {
		memcpy(e->output + e->len, "...", 3);
		e->len += 3;
	}
	e->output[e->len] = 0;
}

/* ---- waiting */

/* Has it ended? It is not waited for yet, so its number cannot become anybody else's. */
static bool
has_ended(const struct run *r)
{
	siginfo_t info;

	info.si_pid = 0;
	if (waitid(P_PID, (id_t)r->pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0)
		return errno == ECHILD;
	return info.si_pid == r->pid;
}

/* until output comes, a child ends or the time is over */
static void
wait_some(struct run *r)
{
	int64_t left = r->deadline_ms - clock_mono_ms();
	struct timespec t = { .tv_sec = (time_t)(left / 1000), .tv_nsec = (long)(left % 1000) * 1000000 };
	struct pollfd p = { .fd = r->output, .events = POLLIN };
	sigset_t none;

	if (left <= 0)
		return;
	sigemptyset(&none);
	if (ppoll(&p, r->output >= 0 ? 1 : 0, &t, &none) > 0)
		(void)take_output(r);
}

/* The time is over: ask all of them to end, and then make them. False: nothing is left to wait for. */
static bool
hurry(struct run *r)
{
	if (r->told)
		return false;
	r->told = r->end->timed_out = true;
	(void)kill(-r->pid, SIGTERM);
	(void)kill(-r->pid, SIGCONT);   /* one that was stopped, too */
	r->deadline_ms = clock_mono_ms() + COMMAND_GRACE_S * 1000;
	return true;
}

/* When it was told to end, those it has started get their time too: as long as one of them holds the pipe. */
static void
wait_for(struct run *r)
{
	while (!has_ended(r) || (r->told && r->output >= 0)) {
		if (clock_mono_ms() >= r->deadline_ms && !hurry(r))
			break;
		wait_some(r);
	}
	if (r->told)
		(void)kill(-r->pid, SIGKILL);
	r->end->code = proc_wait(r->pid);
}

bool
command_run(const char *command, char *const envp[], int input, int64_t limit_ms, struct command_end *e)
{
	char *argv[] = { "sh", "-c", "--", (char *)(uintptr_t)command, 0 };
	struct run r = { .deadline_ms = clock_mono_ms() + limit_ms, .end = e };
	int output[2], cause;

	memset(e, 0, sizeof *e);
	if (!fd_pipe(output))
		return false;
	if (fd_nonblock(output[0], true)) {
		struct proc_fd map[] = { { input, 0 }, { output[1], 1 }, { output[1], 2 } };

		r.pid = proc_spawn_apart(SHELL, argv, envp, map, 3);
	} else
		r.pid = -1;
	cause = errno;
	close(output[1]);
	r.output = output[0];
	if (r.pid < 0) {
		close(output[0]);
		errno = cause;
		return false;
	}
	wait_for(&r);
	finish_output(&r);
	return true;
}
