/* start - bring up pneu-lspawn, pneu-rspawn and pneu-send, joined by socket pairs, and end when one of them ends.
 *   fd 2  the log of all of them
 *   exit  0 after SIGTERM, when pneu-send has ended well; else 111
 * As root lspawn stays root, rspawn becomes pneur, send becomes pneuq. In one-user mode (PNEU_ETC or PNEU_QUEUE set)
 * and as an ordinary user all stay who they are. SIGTERM, SIGHUP and SIGALRM are passed on to pneu-send.  -> pneu-start(8) */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "compat/compat.h"
#include "lib/fd.h"
#include "lib/msg.h"
#include "lib/place.h"
#include "lib/proc.h"
#include "lib/sig.h"

extern char **environ;

struct role {
	const char *program;
	const char *user;               /* 0: stays who we are */
	struct proc_fd map[3];
	size_t fds;
	pid_t pid;
};

static volatile sig_atomic_t got[NSIG];

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
	if (setgroups(0, 0) != 0 || setgid(pw->pw_gid) != 0 || setuid(pw->pw_uid) != 0)
		die_sys(EX_SOFT, "become ", name);
	if (getuid() != pw->pw_uid || geteuid() != pw->pw_uid || getgid() != pw->pw_gid || setuid(0) == 0)
		die_say(EX_HARD, "still root after becoming ", name);
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

static void
pass_on(const struct role *send, int sig)
{
	if (got[sig]) {
		got[sig] = 0;
		if (send->pid > 0)
			(void)kill(send->pid, sig);
	}
}

/* Wait for the first to end, passing signals on meanwhile. 0 if it was pneu-send after SIGTERM and it ended well. */
static int
watch(struct role *role, size_t n, const struct role *send)
{
	bool told = false;
	int status;
	pid_t pid;
	size_t i;

	for (;;) {
		pid = waitpid(-1, &status, 0);
		if (pid < 0 && errno != EINTR)
			die_sys(EX_SOFT, "wait");
		told |= got[SIGTERM] != 0;
		pass_on(send, SIGTERM);
		pass_on(send, SIGHUP);
		pass_on(send, SIGALRM);
		for (i = 0; pid > 0 && i < n; i++)
			if (role[i].pid == pid) {
				bool well = &role[i] == send && told && proc_code(status) == 0;

				role[i].pid = 0;
				if (!well)
					warn_say(role[i].program, " ended, so all end");
				return well ? 0 : EX_SOFT;
			}
	}
}

int
main(void)
{
	bool roles = geteuid() == 0 && !place_private();
	int local[2], remote[2], code;
	size_t i;

	msg_name("pneu-start");
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

		for (i = 0; i < n; i++)
			start(&role[i]);
		/* only they hold the sockets now: when one ends, its partner reads end of file */
		close(local[0]);
		close(local[1]);
		close(remote[0]);
		close(remote[1]);
		sig_catch(SIGTERM, on_signal);
		sig_catch(SIGHUP, on_signal);
		sig_catch(SIGALRM, on_signal);
		code = watch(role, n, &role[n - 1]);
		if (role[n - 1].pid > 0)
			(void)kill(role[n - 1].pid, SIGTERM);
		while (waitpid(-1, 0, 0) > 0 || errno == EINTR)
			pass_on(&role[n - 1], SIGTERM);
	}
	return code;
}
