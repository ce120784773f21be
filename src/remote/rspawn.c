/* rspawn - start pneu-remote for each place that pneu-send wants to reach
 *   fd 0   SOCK_SEQPACKET: requests in, workers out                 -> wire/spawner.h
 *   fd 2   log, shared with the workers
 *   exit   0 pneu-send is gone (the workers go on); 100 started as root; 111 trouble
 * Invariant: each request gets one answer; a worker has the job socket, the log and the table of addresses
 * that did not answer, nothing else of ours. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/drop.h"
#include "lib/fd.h"
#include "lib/msg.h"
#include "lib/place.h"
#include "lib/proc.h"
#include "lib/sig.h"
#include "remote/tcpto.h"
#include "wire/route.h"
#include "wire/spawner.h"

#define SEND 0                          /* the socket to pneu-send */

extern char **environ;

static volatile sig_atomic_t child_ended;
static unsigned workers;
static char program[4096];
static int shunned;                     /* the table of addresses that did not answer */

static void
on_child(int sig)
{
	(void)sig;
	child_ended = 1;
}

static void
reap(void)
{
	child_ended = 0;
	while (waitpid(-1, 0, WNOHANG) > 0)     /* how it ended is for its socket to tell */
		workers--;
}

static void
answer(struct spawner_answer *a)
{
	if (spawner_answer(SEND, a, 0))
		return;
	if (errno == EPIPE || errno == ECONNRESET)
		_exit(0);
	die_sys(EX_SOFT, "answer pneu-send");
}

static void
refuse(uint64_t number, char verdict, const char *status, const char *text)
{
	struct spawner_answer a = { .number = number, .verdict = verdict, .status = status, .text = text, .worker = -1 };

	answer(&a);
}

static void
start(const struct spawner_request *r)
{
	struct spawner_answer a = { .number = r->number, .verdict = 'K', .status = "", .text = "" };
	char *argv[] = { "pneu-remote", (char *)(uintptr_t)r->key, 0 };
	struct proc_fd map[] = { { .to = 0 }, { .from = 2, .to = 1 }, { .from = shunned, .to = TCPTO_FD } };
	int pair[2];
	pid_t pid;

	if (!fd_pair(pair)) {
		warn_sys("make a socket pair");
		refuse(r->number, 'Z', "4.3.0", "unable to make a socket pair for a worker");
		return;
	}
	map[0].from = pair[1];
	pid = proc_spawn(program, argv, environ, map, shunned < 0 ? 2 : 3);
	if (pid < 0)
		warn_sys("start ", program);
	close(pair[1]);
	if (pid > 0) {
		workers++;
		a.worker = pair[0];
		answer(&a);
	} else
		refuse(r->number, 'Z', "4.3.0", "unable to start pneu-remote");
	close(pair[0]);
}

static void
serve(const struct spawner_request *r)
{
	struct route route;

	if (!route_get(r->key, &route))
		refuse(r->number, 'D', "5.3.5", "not a route");
	else if (workers >= SPAWNER_WORKERS)
		refuse(r->number, 'Z', "4.3.2", "too many workers");
	else
		start(r);
}

/* until there is a request; the workers that end meanwhile are reaped */
static void
wait_request(const sigset_t *unblocked)
{
	struct pollfd p = { .fd = SEND, .events = POLLIN };

	while (ppoll(&p, 1, 0, unblocked) < 0) {
		if (errno != EINTR)
			die_sys(EX_SOFT, "wait for pneu-send");
		if (child_ended)
			reap();
	}
	sig_let_in();
	if (child_ended)
		reap();
}

int
main(void)
{
	static char space[SPAWNER_PACKET];
	struct spawner_request r;
	sigset_t unblocked;

	msg_name("pneu-rspawn");
	if (getuid() == 0 && !place_private())
		die_say(EX_HARD, "not as root");
	drop_sight();                           /* our workers have our uid */
	if (!drop_powers())                     /* the workers, and the TLS programs of theirs, inherit it at no cost */
		warn_sys("forbid system calls");
	if (!place_program(program, sizeof program, "pneu-remote"))
		die_sys(EX_HARD, "name pneu-remote");
	if ((shunned = tcpto_create()) < 0)
		warn_sys("make a table of addresses that do not answer; each worker has its own");
	sig_ignore(SIGPIPE);
	sig_catch(SIGCHLD, on_child);
	sig_block(SIGCHLD);                     /* comes through in wait_request only */
	sigemptyset(&unblocked);
	for (;;) {
		wait_request(&unblocked);
		if (child_ended)
			reap();
		switch (spawner_asked(SEND, space, &r, MSG_DONTWAIT)) {
		case JOB_GOT:
			serve(&r);
			break;
		case JOB_NONE:
			break;
		case JOB_GO:
		case JOB_BAD:
			warn_say("a packet from pneu-send is not a request");
			break;
		case JOB_END:
			return 0;
		case JOB_TROUBLE:
			die_sys(EX_SOFT, "read from pneu-send");
		}
	}
}
