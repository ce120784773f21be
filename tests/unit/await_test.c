/* what a caller makes of what the runner says, or does not say */
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "inject/await.h"
#include "lib/fd.h"
#include "tap.h"
#include "wire/control.h"

/* a runner that takes one connection for each answer, in order; an empty one hangs up */
static pid_t
runner(const char *const *answers, const size_t *len)
{
	int l = control_listen_users(), s;
	static char space[CONTROL_PACKET];
	pid_t pid;

	(void)fd_nonblock(l, false);
	if (l < 0 || (pid = fork()) != 0) {
		close(l);
		return l < 0 ? -1 : pid;
	}
	for (; *answers; answers++, len++) {
		if ((s = accept(l, 0, 0)) < 0 || control_packet(s, space) != 9 || memcmp(space, "await\0ID", 9) != 0)
			_exit(1);
		if (*len && !fd_send(s, *answers, *len, -1, 0))
			_exit(1);
		close(s);
	}
	_exit(0);
}

#define SAYS(x) runner((const char *const[]){ x, 0 }, (const size_t[]){ sizeof x - 1 })

static bool
as_asked(pid_t pid)
{
	int status;

	return waitpid(pid, &status, 0) == pid && status == 0;
}

static void
several(void)
{
	struct await a;
	struct await_reply r;
	pid_t pid = SAYS("K\0failed\0D\0005.1.1\0b@x\0said: 550 no\nsuch\033user\0Z\0\0c@x\0\0");

	ok(await_message(&a, "ID", 20) == AWAIT_FAILED, "failed");
	ok(await_reply(&a, &r) && r.verdict == 'D', "with a reply");
	same(r.status, "5.1.1", "its status");
	same(r.rcpt, "b@x", "whose it is");
	same(r.text, "said: 550 no such?user", "one line, and printable");
	ok(await_reply(&a, &r) && r.verdict == 'Z' && !*r.status && !*r.text && strcmp(r.rcpt, "c@x") == 0, "and one without words");
	ok(!await_reply(&a, &r), "and no more");
	await_free(&a);
	ok(as_asked(pid), "the runner was asked properly");
}

static enum await_result
result_of(pid_t pid, unsigned limit_s, const char *why)
{
	struct await a;
	struct await_reply r;
	enum await_result got = await_message(&a, "ID", limit_s);

	if (why)
		same(a.why, why, why);
	while (await_reply(&a, &r))
		;
	await_free(&a);
	if (pid > 0)
		ok(as_asked(pid), "the runner was asked properly");
	return got;
}

int
main(void)
{
	char dir[] = "/tmp/pneu-await.XXXXXX";
	int l;

	signal(SIGPIPE, SIG_IGN);
	if (!mkdtemp(dir) || chdir(dir) != 0 || mkdir("pub", 0700) != 0 || setenv("PNEU_QUEUE", dir, 1) != 0)
		return 1;
	ok(result_of(0, 20, 0) == AWAIT_NO_RUNNER, "no socket: no runner");
	several();
	ok(result_of(0, 20, 0) == AWAIT_NO_RUNNER, "a socket that nobody listens to: no runner");
	ok(result_of(SAYS("K\0delivered\0K\0002.0.0\0b@x\0ok\0"), 20, "delivered") == AWAIT_DELIVERED, "delivered");
	ok(result_of(SAYS("K\0queued\0"), 20, 0) == AWAIT_QUEUED, "queued");
	ok(result_of(SAYS("K\0held\0"), 20, 0) == AWAIT_HELD, "held");
	ok(result_of(SAYS("K\0deleted\0"), 20, 0) == AWAIT_DELETED, "deleted");
	ok(result_of(SAYS("K\0gone\0"), 20, 0) == AWAIT_UNKNOWN, "another state is none");
	ok(result_of(SAYS("K\0delivered"), 20, 0) == AWAIT_UNKNOWN, "a cut packet is no answer");
	ok(result_of(SAYS("K\0"), 20, 0) == AWAIT_UNKNOWN, "nor is one without a state");
	ok(result_of(SAYS("K\0queued\0Z\0004.2.2\0b@x\0"), 20, 0) == AWAIT_QUEUED, "half a reply is none");
	ok(result_of(SAYS("E\0no such message of yours\0"), 20, "no such message of yours") == AWAIT_UNKNOWN, "what the runner does not know");
	ok(result_of(runner((const char *const[]){ "", "", "K\0delivered\0", 0 }, (const size_t[]){ 0, 0, 12 }), 20, 0) == AWAIT_DELIVERED,
	    "who is hung up on asks again");
	ok(result_of(runner((const char *const[]){ "", 0 }, (const size_t[]){ 0 }), 20, 0) == AWAIT_NO_RUNNER, "and finds out that nobody is left");
	l = control_listen_users();
	ok(l >= 0 && result_of(0, 0, "no answer within the time") == AWAIT_QUEUED, "a runner that says nothing is not waited for longer than wanted");
	close(l);
	unlink("pub/ctl");
	rmdir("pub");
	rmdir(dir);
	return done();
}
