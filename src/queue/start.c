/* start - bring up pneu-lspawn, pneu-rspawn and pneu-send, joined by socket pairs, and end when one of them ends.
 *   fd 2  the log of all of them
 *   exit  0 after SIGTERM, when pneu-send has ended well; else 111
 * As root lspawn stays root, rspawn becomes pneur, send becomes pneuq. In one-user mode (PNEU_ETC or PNEU_QUEUE set)
 * and as an ordinary user all stay who they are. SIGTERM, SIGHUP and SIGALRM are passed on to pneu-send.  -> pneu-start(8) */
#include <errno.h>
#include <pwd.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "compat/compat.h"
#include "lib/drop.h"
#include "lib/fd.h"
#include "lib/msg.h"
#include "lib/place.h"
#include "lib/proc.h"
#include "lib/sig.h"

#define INHERITED_MOST 1024

extern char **environ;

struct role {
	const char *program;
	const char *user;               /* 0: stays who we are */
	struct proc_fd map[3];
	size_t fds;
	pid_t pid;
};

static volatile sig_atomic_t got[NSIG];
static const int passed_on[] = { SIGTERM, SIGHUP, SIGALRM };
static bool told;                       /* SIGTERM came: from now on an end is no surprise */
static bool failed;                     /* one ended unasked */

static void
on_signal(int sig)
{
	got[sig] = 1;
}

/* who it becomes; only as root outside one-user mode, and never root again */
static void
become(const char *name)
{
	const struct passwd *pw = getpwnam(name);

	if (!pw || pw->pw_uid == 0)
		die_say(EX_HARD, "no user ", name, ": see INSTALL");
	if (!drop_to(pw->pw_uid, pw->pw_gid))
		die_sys(EX_SOFT, "become ", name);
}

/* the child's side: fork, because users are looked up in between */
static _Noreturn void
run(const struct role *r, const char *path, pid_t parent)
{
	char *argv[2] = { (char *)(uintptr_t)r->program, 0 };

	if (r->user)
		become(r->user);
	compat_end_with(parent);        /* killed outright we must not leave a runner that keeps the next one out */
	(void)proc_exec(path, argv, environ, r->map, r->fds);
	die_sys(EX_SOFT, "run ", path);
}

static void
start(struct role *r)
{
	char path[1024];
	pid_t parent = getpid();

	if (!place_program(path, sizeof path, r->program))
		die_sys(EX_SOFT, "find ", r->program);
	r->pid = fork();
	if (r->pid < 0)
		die_sys(EX_SOFT, "fork");
	if (r->pid == 0)
		run(r, path, parent);
}

/* All of them are blocked but where heed_signals looks, so that none is lost before the wait for the next one, nor at
 * the start. SIGCHLD has a handler only so that it ends that wait. */
static void
catch_signals(void)
{
	size_t i;

	for (i = 0; i < sizeof passed_on / sizeof *passed_on; i++) {
		sig_block(passed_on[i]);
		sig_catch(passed_on[i], on_signal);
	}
	sig_block(SIGCHLD);
	sig_catch(SIGCHLD, on_signal);
}

static void
heed_signals(const struct role *send, bool wait)
{
	sigset_t none;
	size_t i;

	sigemptyset(&none);
	if (wait)
		(void)sigsuspend(&none);
	for (i = 0; i < sizeof passed_on / sizeof *passed_on; i++) {
		int sig = passed_on[i];

		sig_unblock(sig);               /* one that is pending comes now */
		sig_block(sig);
		if (!got[sig])
			continue;
		got[sig] = 0;
		told |= sig == SIGTERM;
		if (send->pid > 0)
			(void)kill(send->pid, sig);
	}
}

/* One child has ended. The first to do so unasked takes the others with it: pneu-send is told, and when that is gone
 * the spawners read end of file. */
static void
bury(struct role *dead, int status, const struct role *send)
{
	bool killed = WIFSIGNALED(status) && WTERMSIG(status) != SIGTERM;

	dead->pid = 0;                          /* the number may be somebody else's from now on */
	if (told)
		return;
	if (failed) {                           /* the cause may be seen after what it brought about */
		if (killed)
			warn_say(dead->program, " was killed");
		return;
	}
	warn_say(dead->program, killed ? " was killed" : " ended", ", so all end");
	failed = true;
	if (send->pid > 0)
		(void)kill(send->pid, SIGTERM);
}

/* Until all have ended. 0 if SIGTERM came first and pneu-send ended well; whose end is seen first does not matter then. */
static int
watch(struct role *role, size_t n, const struct role *send)
{
	int status, code = EX_SOFT;
	bool wait = false;
	pid_t pid;
	size_t i;

	for (;; wait = pid == 0) {
		heed_signals(send, wait);
		pid = waitpid(-1, &status, WNOHANG);
		if (pid < 0 && errno == ECHILD)
			return code;
		if (pid < 0)
			die_sys(EX_SOFT, "wait");
		for (i = 0; pid > 0 && i < n; i++)
			if (role[i].pid == pid) {
				if (told && !failed && &role[i] == send && proc_code(status) == 0)
					code = 0;
				bury(&role[i], status, send);
			}
	}
}

/* whatever a supervisor or a shell left open is none of our children's business; 0, 1 and 2 are */
static void
close_inherited(void)
{
	int fd;

	for (fd = 3; fd < INHERITED_MOST; fd++)
		(void)close(fd);
}

int
main(void)
{
	bool roles = geteuid() == 0 && !place_private();
	int local[2], remote[2], code;
	size_t i;

	msg_name("pneu-start");
	close_inherited();
	if (!fd_pair(local) || !fd_pair(remote))
		die_sys(EX_SOFT, "make sockets");
	{
		struct role role[] = {
			{ .program = "pneu-lspawn", .map = { { local[1], 0 }, { 2, 2 } }, .fds = 2 },
			{ .program = "pneu-rspawn", .user = roles ? "pneur" : 0, .map = { { remote[1], 0 }, { 2, 2 } }, .fds = 2 },
			{ .program = "pneu-send", .user = roles ? "pneuq" : 0,
			    .map = { { 2, 2 }, { local[0], 3 }, { remote[0], 4 } }, .fds = 3 },
		};
		const size_t n = sizeof role / sizeof *role;

		catch_signals();
		for (i = 0; i < n; i++)
			start(&role[i]);
		/* only they hold the sockets now: when one ends, its partner reads end of file */
		close(local[0]);
		close(local[1]);
		close(remote[0]);
		close(remote[1]);
		code = watch(role, n, &role[n - 1]);
	}
	return code;
}
