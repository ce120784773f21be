/* start - bring up pneu-lspawn, pneu-rspawn and pneu-send, joined by socket pairs, and end when one of them ends.
 *   fd 2  the log of all of them
 *   argv  -N FD: a newline comes there when the runner is ready; systemd is told over NOTIFY_SOCKET      -> lib/notify.h
 *   exit  0 after SIGTERM, when pneu-send has ended well; else 111
 * As root lspawn stays root, rspawn becomes pneur, send becomes pneuq. In one-user mode (PNEU_ETC or PNEU_QUEUE set)
 * and as an ordinary user all stay who they are. SIGTERM, SIGHUP and SIGALRM are passed on to pneu-send.  -> pneu-start(8) */
#include <errno.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "compat/compat.h"
#include "lib/drop.h"
#include "lib/fd.h"
#include "lib/msg.h"
#include "lib/notify.h"
#include "lib/num.h"
#include "lib/place.h"
#include "lib/proc.h"
#include "lib/sig.h"
#include "lib/vars.h"
#include "wire/news.h"

#define INHERITED_MOST 1024

extern char **environ;

struct role {
	const char *program;
	const char *user;               /* 0: stays who we are */
	struct proc_fd map[4];
	size_t fds;
	pid_t pid;
	char *argument[2];              /* or 0 */
};

static volatile sig_atomic_t got[NSIG];
static const int passed_on[] = { SIGTERM, SIGHUP, SIGALRM };
static bool told;                       /* SIGTERM came: from now on an end is no surprise */
static bool failed;                     /* one ended unasked */
static struct notify notify;            /* the supervisor, if it wants to know */
static int news = -1;                   /* from the runner, if so */

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

/* Of what a supervisor has in its environment no program here sees more than this; an administrator's choice for a TLS program
 * stands in its command. */
static const char *const kept[] = { "PATH", "TZ", "TMPDIR", "PNEU_*", "QMAILQUEUE", "DNSCACHEIP", "ASAN_OPTIONS", 0 };

/* As root outside one-user mode: what we were started with, and where, is not our children's business. */
static void
settle(void)
{
	vars_keep(environ, kept);
	umask(077);
	if (chdir("/") != 0)
		die_sys(EX_SOFT, "enter /");
}

/* the child's side: fork, because users are looked up in between */
static _Noreturn void
run(const struct role *r, const char *path, pid_t parent)
{
	char *argv[] = { (char *)(uintptr_t)r->program, r->argument[0], r->argument[1], 0 };

	if (geteuid() == 0 && !place_private())
		settle();
	if (r->user) {
		drop_core();                    /* a user's programs, below pneu-lspawn, keep the limit they have */
		become(r->user);
	}
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

/* What the runner says is passed on. Nobody there to hear it is no reason to do anything else. */
static void
pass_on(enum news n)
{
	switch (n) {
	case NEWS_READY:
		if (!notify_ready(&notify, "takes mail from the queue"))
			warn_sys("tell the supervisor that all is up");
		return;
	case NEWS_RELOADED:
		(void)notify_ready(&notify, "settings reloaded");
		return;
	case NEWS_UNCHANGED:
		(void)notify_ready(&notify, "unable to reload, the old settings stay: see the log");
		return;
	case NEWS_ALIVE:
		(void)notify_alive(&notify);
		return;
	default:
		return;                 /* a runner of another version */
	}
}

static void
hear_news(void)
{
	unsigned char byte[64];
	ssize_t n, i;

	while (news >= 0 && (n = read(news, byte, sizeof byte)) != -1) {
		for (i = 0; i < n; i++)
			pass_on(byte[i]);
		if (n == 0) {           /* it has ended */
			close(news);
			news = -1;
		}
	}
}

/* until a signal or news */
static void
wait_for_events(void)
{
	struct pollfd p = { .fd = news, .events = POLLIN };
	sigset_t none;

	sigemptyset(&none);
	(void)ppoll(&p, news >= 0, 0, &none);
	hear_news();
}

static void
heed_signals(const struct role *send)
{
	size_t i;

	for (i = 0; i < sizeof passed_on / sizeof *passed_on; i++) {
		int sig = passed_on[i];

		sig_unblock(sig);               /* one that is pending comes now */
		sig_block(sig);
		if (!got[sig])
			continue;
		got[sig] = 0;
		if (sig == SIGTERM && !told)
			(void)notify_stopping(&notify, "running deliveries may end");
		else if (sig == SIGHUP && !told)
			(void)notify_reloading(&notify, "reading the settings again");
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
		if (wait)
			wait_for_events();
		heed_signals(send);
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
		if (fd != notify.fd)
			(void)close(fd);
}

/* -N FD */
static int
read_options(int argc, char **argv)
{
	uint64_t fd;

	if (argc == 1)
		return -1;
	if (argc != 3 || strcmp(argv[1], "-N") != 0 || !num_u64(argv[2], 3, INHERITED_MOST - 1, &fd))
		die_say(EX_HARD, "usage: pneu-start [-N descriptor]");
	return (int)fd;
}

/* If a supervisor wants to know how the runner is: the runner's end of a pipe for that, else -1. */
static int
ask_for_news(void)
{
	int p[2];

	if (!notify.path[0] && notify.fd < 0)
		return -1;
	if (!fd_pipe(p) || !fd_nonblock(p[0], true) || !fd_nonblock(p[1], true))
		die_sys(EX_SOFT, "make a pipe");
	news = p[0];
	return p[1];
}

int
main(int argc, char **argv)
{
	bool roles = geteuid() == 0 && !place_private();
	int local[2], remote[2], to_us, code;
	char often[NUM_TEXT];
	size_t i;

	msg_name("pneu-start");
	if (!notify_take(&notify, read_options(argc, argv)))
		warn_sys("use what the supervisor gave us to tell that all is up");
	close_inherited();
	if (!fd_pair(local) || !fd_pair(remote))
		die_sys(EX_SOFT, "make sockets");
	to_us = ask_for_news();
	{
		struct role role[] = {
			{ .program = "pneu-lspawn", .map = { { local[1], 0 }, { 2, 2 } }, .fds = 2 },
			{ .program = "pneu-rspawn", .user = roles ? "pneur" : 0, .map = { { remote[1], 0 }, { 2, 2 } }, .fds = 2 },
			{ .program = "pneu-send", .user = roles ? "pneuq" : 0,
			    .map = { { 2, 2 }, { local[0], 3 }, { remote[0], 4 }, { to_us, NEWS_FD } }, .fds = to_us < 0 ? 3 : 4 },
		};
		const size_t n = sizeof role / sizeof *role;

		if (to_us >= 0) {
			role[n - 1].argument[0] = (char *)(uintptr_t)"-n";
			(void)num_text(often, (notify.watchdog_ms + 1999) / 2000);
			role[n - 1].argument[1] = often;
		}
		catch_signals();
		for (i = 0; i < n; i++)
			start(&role[i]);
		/* only they hold the sockets now: when one ends, its partner reads end of file */
		close(local[0]);
		close(local[1]);
		close(remote[0]);
		close(remote[1]);
		if (to_us >= 0)
			close(to_us);
		code = watch(role, n, &role[n - 1]);
	}
	return code;
}
