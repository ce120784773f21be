#include "lib/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "compat/compat.h"
#include "lib/clock.h"

#define STEP_MS 5

/* In the child, whose memory is the parent's: it only makes system calls.
 * A source that another target would overwrite is first moved out of the way, above all targets. */
static bool
place_fds(const struct proc_fd *map, size_t n)
{
	int from[PROC_FDS], above = 3;
	size_t i, j;

	compat_cloexec_from(3);                 /* also what we ourselves inherited and know nothing of */
	for (i = 0; i < n; i++)
		if (map[i].to >= above)
			above = map[i].to + 1;
	for (i = 0; i < n; i++) {
		from[i] = map[i].from;
		for (j = 0; j < n; j++)
			if (j != i && map[j].to == from[i]) {
				from[i] = fcntl(from[i], F_DUPFD_CLOEXEC, above);
				if (from[i] < 0)
					return false;
				break;
			}
	}
	for (i = 0; i < n; i++) {
		if (from[i] == map[i].to) {
			if (fcntl(from[i], F_SETFD, 0) != 0)
				return false;
		} else if (dup2(from[i], map[i].to) < 0)
			return false;
	}
	return true;
}

/* Our handlers would run on the parent's memory; what is ignored stays ignored (nohup), but for SIGPIPE, which
 * we ignore for ourselves, and SIGCHLD, without which no program can wait for another. */
static void
reset_signals(void)
{
	static const int caught[] = { SIGHUP, SIGINT, SIGTERM, SIGALRM, SIGUSR1, SIGUSR2 };
	struct sigaction plain, was;
	size_t i;

	memset(&plain, 0, sizeof plain);
	plain.sa_handler = SIG_DFL;
	sigaction(SIGPIPE, &plain, 0);
	sigaction(SIGCHLD, &plain, 0);
	for (i = 0; i < sizeof caught / sizeof *caught; i++)
		if (sigaction(caught[i], &plain, &was) == 0 && was.sa_handler == SIG_IGN)
			sigaction(caught[i], &was, 0);
}

/* no controlling terminal, no group with us, nothing of what we do about signals */
static void
stand_apart(void)
{
	struct sigaction plain;
	int sig;

	(void)setsid();                         /* cannot fail: a new process leads no group */
	memset(&plain, 0, sizeof plain);
	plain.sa_handler = SIG_DFL;
	for (sig = 1; sig <= SIGSYS; sig++)
		(void)sigaction(sig, &plain, 0);
}

static void
become(const char *file, char *const argv[], char *const envp[], const struct proc_fd *map, size_t n)
{
	sigset_t none;

	sigemptyset(&none);
	reset_signals();
	if (!place_fds(map, n))
		return;
	sigprocmask(SIG_SETMASK, &none, 0);
	if (strchr(file, '/'))
		execve(file, argv, envp);
	else
		execvpe(file, argv, envp);
}

int
proc_exec(const char *file, char *const argv[], char *const envp[], const struct proc_fd *map, size_t n)
{
	if (n > PROC_FDS) {
		errno = EINVAL;
		return -1;
	}
	become(file, argv, envp, map, n);
	return -1;
}

static pid_t
spawn(const char *file, char *const argv[], char *const envp[], const struct proc_fd *map, size_t n, bool apart, unsigned limit_s)
{
	sigset_t all, old;
	volatile int error = 0;
	pid_t pid;

	if (n > PROC_FDS) {
		errno = EINVAL;
		return -1;
	}
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &old);   /* no handler of ours may run in the child */
	pid = vfork();                          /* cheapest by far; see src/README, "Starting programs" */
	if (pid == 0) {
		if (apart)
			stand_apart();
		if (limit_s)
			alarm(limit_s);         /* it goes on behind exec */
		become(file, argv, envp, map, n);
		error = errno;
		_exit(127);
	}
	if (pid < 0)
		error = errno;
	sigprocmask(SIG_SETMASK, &old, 0);
	if (error && pid > 0) {
		(void)proc_wait(pid);
		pid = -1;
	}
	if (error)
		errno = error;
	return pid;
}

pid_t
proc_spawn(const char *file, char *const argv[], char *const envp[], const struct proc_fd *map, size_t n)
{
	return spawn(file, argv, envp, map, n, false, 0);
}

pid_t
proc_spawn_limited(const char *file, char *const argv[], char *const envp[], const struct proc_fd *map, size_t n,
    unsigned limit_s)
{
	return spawn(file, argv, envp, map, n, false, limit_s);
}

pid_t
proc_spawn_apart(const char *file, char *const argv[], char *const envp[], const struct proc_fd *map, size_t n)
{
	return spawn(file, argv, envp, map, n, true, 0);
}

int
proc_code(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int
proc_wait(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return proc_code(status);
}

/* It is not taken away yet, so that its number is nobody else's. */
static bool
has_ended(pid_t pid)
{
	siginfo_t info;

	info.si_pid = 0;
	return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == pid;
}

int
proc_end(pid_t pid, int64_t until_ms)
{
	while (!has_ended(pid) && clock_mono_ms() < until_ms)
		(void)poll(0, 0, STEP_MS);
	(void)kill(-pid, SIGKILL);              /* and what it may have left behind */
	return proc_wait(pid);
}
