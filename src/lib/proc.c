#include "lib/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* In the child, whose memory is the parent's: it only makes system calls.
 * A source that a later target would overwrite is first moved out of the way. */
static bool
place_fds(const struct proc_fd *map, size_t n)
{
	int from[PROC_FDS];
	size_t i, j;

	for (i = 0; i < n; i++) {
		from[i] = map[i].from;
		for (j = 0; j < n; j++)
			if (j != i && map[j].to == from[i]) {
				from[i] = fcntl(from[i], F_DUPFD_CLOEXEC, 64);
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

pid_t
proc_spawn(const char *file, char *const argv[], char *const envp[], const struct proc_fd *map, size_t n)
{
	sigset_t all, old, none;
	volatile int error = 0;
	pid_t pid;

	if (n > PROC_FDS) {
		errno = EINVAL;
		return -1;
	}
	sigfillset(&all);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &all, &old);   /* no handler of ours may run in the child */
	pid = vfork();                          /* cheapest by far; see src/README, "Starting programs" */
	if (pid == 0) {
		struct sigaction sa;

		memset(&sa, 0, sizeof sa);
		sa.sa_handler = SIG_DFL;
		sigaction(SIGPIPE, &sa, 0);
		if (place_fds(map, n)) {
			sigprocmask(SIG_SETMASK, &none, 0);
			if (strchr(file, '/'))
				execve(file, argv, envp);
			else
				execvpe(file, argv, envp);
		}
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
