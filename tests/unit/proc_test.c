/* The test starts itself: "show" tells what a program finds when it starts, "exit N" and "signal N" end as asked. */
#include "lib/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "compat/compat.h"
#include "lib/fd.h"
#include "lib/sig.h"
#include "scratch.h"
#include "tap.h"

extern char **environ;
static char self[4096];

/* on standard output: open descriptors with the inode behind each, ignored and blocked signals, the environment */
static int
show(void)
{
	struct sigaction sa;
	struct stat st;
	sigset_t mask;
	int i;

	sigprocmask(SIG_SETMASK, 0, &mask);
	for (i = 0; i < 300; i++)
		if (fstat(i, &st) == 0)
			printf("%d:%llu ", i, (unsigned long long)st.st_ino);
	for (i = 1; i < 32; i++)
		if (i != SIGSEGV && i != SIGBUS && i != SIGFPE &&       /* a sanitizer catches these */
		    sigaction(i, 0, &sa) == 0 && sa.sa_handler != SIG_DFL)
			printf("signal%d%s ", i, sa.sa_handler == SIG_IGN ? "ignored" : "caught");
	for (i = 1; i < 32; i++)
		if (sigismember(&mask, i) == 1)
			printf("blocked%d ", i);
	printf("T=%s", getenv("T") ? getenv("T") : "");
	return 0;
}

static pid_t
start(const char *verb, const char *n, const struct proc_fd *map, size_t entries)
{
	char *argv[] = { self, (char *)(uintptr_t)verb, (char *)(uintptr_t)n, 0 };

	return proc_spawn(self, argv, environ, map, entries);
}

static unsigned long long
inode(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 ? (unsigned long long)st.st_ino : 0;
}

/* what "show" says with this map, which must put something on 1; its reader is p[0] */
static const char *
shown(const struct proc_fd *map, size_t entries, int reader)
{
	static char said[2000];
	ssize_t n;
	pid_t pid = start("show", 0, map, entries);
	size_t i;

	if (pid < 0)
		return strerror(errno);
	for (i = 0; i < entries; i++)
		if (map[i].to == 1)
			close(map[i].from);
	n = fd_read(reader, said, sizeof said - 1);
	said[n > 0 ? n : 0] = 0;
	if (proc_wait(pid) != 0)
		return "failed";
	return said;
}

/* fd, from now on under this number */
static int
on_number(int fd, int number)
{
	if (fd != number && (dup2(fd, number) < 0 || close(fd) != 0))
		return -1;
	fd_cloexec(number, true);
	return number;
}

/* an open file of its own, out of the way of small numbers */
static int
some_file(const char *name, int number)
{
	return on_number(open(name, O_RDWR | O_CREAT, 0600), number);
}

static void
exact(void)
{
	int p[2], a = some_file("a", 40), b = some_file("b", 41);
	char want[300];

	if (!fd_pipe(p))
		return;
	setenv("T", "", 1);
	{
		const struct proc_fd map[] = { { a, 0 }, { p[1], 1 }, { b, 6 } };

		snprintf(want, sizeof want, "0:%llu 1:%llu 2:%llu 6:%llu T=", inode(a), inode(p[1]), inode(2), inode(b));
		same(shown(map, 3, p[0]), want, "exactly the descriptors of the map, and 2");
		ok(fcntl(a, F_GETFD) == FD_CLOEXEC && fcntl(b, F_GETFD) == FD_CLOEXEC, "ours stay open and close-on-exec");
	}
	close(p[0]), close(a), close(b);
}

/* sources and targets that change places, stay where they are, and come twice */
static void
crossed(void)
{
	int p[2], a = some_file("a", 17), b = some_file("b", 16), c = some_file("c", 19);
	char want[300];

	if (!fd_pipe(p))
		return;
	p[1] = on_number(p[1], 18);
	{
		const struct proc_fd map[] = { { a, 16 }, { b, 17 }, { p[1], 1 }, { c, 19 }, { a, 0 }, { c, 18 }, { b, 30 } };

		snprintf(want, sizeof want, "0:%llu 1:%llu 2:%llu 16:%llu 17:%llu 18:%llu 19:%llu 30:%llu T=", inode(a), inode(p[1]),
		    inode(2), inode(a), inode(b), inode(c), inode(c), inode(b));
		same(shown(map, 7, p[0]), want, "swapped, kept in place, doubled, one that makes room for another");
	}
	close(p[0]), close(a), close(b), close(c);
}

/* a program that was itself started with descriptors it knows nothing of, under a low limit */
static void
inherited(void)
{
	struct rlimit was, low;
	int p[2], stray = open("/dev/null", O_RDONLY), seen;
	char want[300], passes[100] = "";
	pid_t pid = fork();

	if (pid == 0) {
		compat_cloexec_from(3);
		_exit(fcntl(stray, F_GETFD) == FD_CLOEXEC);
	}
	if (waitpid(pid, &seen, 0) != pid || !fd_pipe(p))
		return;
	if (seen == 0)          /* not every system can */
		snprintf(passes, sizeof passes, "%d:%llu ", stray, inode(stray));
	getrlimit(RLIMIT_NOFILE, &was);
	low = was;
	low.rlim_cur = 12;
	setrlimit(RLIMIT_NOFILE, &low);
	{
		const struct proc_fd map[] = { { p[1], 1 }, { p[0], p[1] } };

		snprintf(want, sizeof want, "0:%llu 1:%llu 2:%llu %s%d:%llu T=", inode(0), inode(p[1]), inode(2), passes, p[1],
		    inode(p[0]));
		same(shown(map, 2, p[0]), want, *passes ? "a limit of 12 descriptors is enough; what we inherited passes on this system" :
		    "a limit of 12 descriptors is enough; what we inherited does not pass");
	}
	setrlimit(RLIMIT_NOFILE, &was);
	close(stray), close(p[0]);
}

static volatile sig_atomic_t caught;

static void
on_signal(int sig)
{
	(void)sig;
	caught++;
}

static bool
has_signals(const char *said, const char *want)
{
	const char *s = strstr(said, "signal"), *b = strstr(said, "blocked");

	if (!s || (b && b < s))
		s = b;
	if (!s)
		s = strstr(said, "T=");
	return s && (strcmp(s, want) == 0 || (printf("# got: %s\n", s), false));
}

static void
signals(void)
{
	char want[100];
	int p[2];
	sigset_t mask;

	if (!fd_pipe(p))
		return;
	sig_catch(SIGTERM, on_signal), sig_catch(SIGHUP, on_signal);
	sig_ignore(SIGPIPE), sig_ignore(SIGINT);
	sig_block(SIGUSR1), sig_block(SIGALRM);
	setenv("T", "environment", 1);
	{
		const struct proc_fd map[] = { { p[1], 1 } };

		snprintf(want, sizeof want, "signal%dignored T=environment", SIGINT);
		ok(has_signals(shown(map, 1, p[0]), want), "no signal blocked, SIGPIPE default; one that is ignored stays so");
	}
	sigprocmask(SIG_SETMASK, 0, &mask);
	ok(sigismember(&mask, SIGUSR1) == 1 && sigismember(&mask, SIGALRM) == 1 && sigismember(&mask, SIGTERM) == 0, "our mask is as it was");
	raise(SIGTERM);
	ok(caught == 1, "and so are our handlers");
	sig_unblock(SIGUSR1), sig_unblock(SIGALRM);
	sig_default(SIGTERM), sig_default(SIGHUP), sig_default(SIGINT);
	close(p[0]);
}

static void
endings(void)
{
	const struct proc_fd too_many[PROC_FDS + 1] = { { 0, 0 } };
	char *argv[] = { self, 0 }, *path = getenv("PATH") ? strdup(getenv("PATH")) : 0;
	int status, before = scratch_descriptors();

	ok(proc_wait(start("exit", "0", 0, 0)) == 0, "exit 0");
	ok(proc_wait(start("exit", "1", 0, 0)) == 1 && proc_wait(start("exit", "255", 0, 0)) == 255, "exit 1 and 255");
	ok(proc_wait(start("signal", "9", 0, 0)) == -1 && proc_wait(start("signal", "15", 0, 0)) == -1, "a signal is -1");
	ok(proc_wait(getpid()) == -1, "so is what cannot be waited for");
	errno = 0;
	ok(proc_spawn("/nonexistent/x", argv, environ, 0, 0) == -1 && errno == ENOENT, "a missing program is known at once");
	setenv("PATH", scratch_path, 1);
	errno = 0;
	ok(proc_spawn("pneu-nonexistent", argv, environ, 0, 0) == -1 && errno == ENOENT, "also one searched in PATH");
	scratch_file("text", "no program\n", 11);
	errno = 0;
	ok(proc_spawn("./text", argv, environ, 0, 0) == -1 && errno == EACCES, "one that may not be run");
	chmod("text", 0700);
	errno = 0;
	ok(proc_spawn("./text", argv, environ, 0, 0) == -1 && errno == ENOEXEC, "one that is none");
	{
		const struct proc_fd closed[] = { { 199, 1 } };

		errno = 0;
		ok(start("exit", "0", closed, 1) == -1 && errno == EBADF, "a descriptor that is not open");
	}
	errno = 0;
	ok(start("exit", "0", too_many, PROC_FDS + 1) == -1 && errno == EINVAL, "a map that is too large");
	ok(waitpid(-1, &status, WNOHANG) == -1 && errno == ECHILD, "no failure leaves a child behind");
	ok(scratch_descriptors() == before, "nor a descriptor");
	ok(symlink(self, "found-in-path") == 0 &&
	    (argv[0] = self, proc_wait(proc_spawn("found-in-path", argv, environ, 0, 0)) == 77), "a program is found in PATH");
	setenv("PATH", path ? path : "/usr/bin:/bin", 1);
	free(path);
}

static void
no_fork(void)
{
	struct rlimit none = { 0, 0 };
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0))
			_exit(2);
		setrlimit(RLIMIT_NPROC, &none);
		errno = 0;
		_exit(!(start("exit", "0", 0, 0) == -1 && errno == EAGAIN));
	}
	waitpid(pid, &status, 0);
	ok(status == 0, "no process to be had: EAGAIN");
}

int
main(int argc, char **argv)
{
	ssize_t n;

	if (argc > 1 && strcmp(argv[1], "show") == 0)
		return show();
	if (argc > 1 && strcmp(argv[1], "exit") == 0)
		return atoi(argv[2]);
	if (argc > 1 && strcmp(argv[1], "signal") == 0)
		return raise(atoi(argv[2]));
	/* run in the background by a script, tests are given some ignored signals */
	sig_default(SIGINT);
	sig_default(SIGQUIT);
	sig_default(SIGHUP);
	if (getenv("PNEU_TEST_CHILD"))
		return 77;
	n = readlink("/proc/self/exe", self, sizeof self - 1);
	if (n < 0 && !realpath(argv[0], self)) {
		printf("1..0 # SKIP this test cannot find itself\n");
		return 0;
	}
	setenv("PNEU_TEST_CHILD", "1", 1);
	scratch();
	scratch_keep_own();
	exact();
	crossed();
	inherited();
	signals();
	endings();
	no_fork();
	return done();
}
