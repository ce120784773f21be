#include "lib/msg.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/fd.h"
#include "tap.h"

static char got[4 * MSG_MAX];
static int status;

/* what the child writes to descriptor 2, counting the writes by packet */
static int
hear(void (*speak)(void))
{
	int p[2], packets = 0;
	size_t n = 0;
	ssize_t r;
	pid_t pid;

	got[0] = 0;
	if (!fd_pair(p) || (pid = fork()) < 0)
		return -1;
	if (pid == 0) {
		dup2(p[1], 2);
		close(p[0]);
		close(p[1]);
		speak();
		_exit(0);
	}
	close(p[1]);
	while ((r = read(p[0], got + n, sizeof got - 1 - n)) > 0) {
		n += (size_t)r;
		packets++;
	}
	got[n] = 0;
	close(p[0]);
	waitpid(pid, &status, 0);
	return packets;
}

static void
say_plain(void)
{
	say("new msg ", "4711");
}

static void
say_nothing(void)
{
	say("");
}

static void
say_odd(void)
{
	say("a\nb\rc\td\x1b[31m\x7f\x80\xff\x01z");
}

static void
say_warn(void)
{
	errno = ENOENT;
	warn_sys("open ", "control/me");
	if (errno == ENOENT)
		warn_say("errno stays");
}

static void
say_die_sys(void)
{
	errno = ENOSPC;
	die_sys(EX_SOFT, "write ", "file");
}

static void
say_die(void)
{
	die_say(EX_HARD, "no");
}

static char filler[MSG_MAX + 100];

static void
say_filler(void)
{
	say(filler);
}

static void
say_filler_die(void)
{
	errno = ENOENT;
	die_sys(EX_SOFT, filler);
}

static void
say_to_nobody(void)
{
	close(2);
	errno = EIO;
	say("text");
	_exit(errno == EIO ? 0 : 1);
}

static void
lengths(void)
{
	char want[MSG_MAX + 10];
	const size_t head = strlen("t: ");
	size_t n;

	for (n = MSG_MAX - 1; n <= MSG_MAX + 1; n++) {
		memset(filler, 'x', sizeof filler);
		filler[n - head] = 0;
		hear(say_filler);
		memcpy(want, "t: ", head);
		memset(want + head, 'x', MSG_MAX);
		strcpy(want + (n < MSG_MAX ? n : MSG_MAX), n > MSG_MAX ? "...\n" : "\n");
		same(got, want, n < MSG_MAX ? "one byte below the limit" : n == MSG_MAX ? "at the limit" : "one above: it ends in ...");
	}
	memset(filler, 'x', sizeof filler - 1);
	filler[sizeof filler - 1] = 0;
	ok(hear(say_filler_die) == 1 && strlen(got) == MSG_MAX + 4 && strcmp(got + MSG_MAX, "...\n") == 0,
	    "also when the reason does not fit");
}

int
main(void)
{
	msg_name("t");
	ok(hear(say_plain) == 1, "a message is one write");
	same(got, "t: new msg 4711\n", "program and text");
	hear(say_nothing);
	same(got, "t: \n", "nothing is said as nothing");
	ok(hear(say_odd) == 1, "with odd bytes too");
	same(got, "t: a?b?c?d?[31m????z\n", "what does not print is masked");
	ok(hear(say_warn) == 2, "a warning; errno stays as it was");
	same(got, "t: warning: unable to open control/me: No such file or directory\nt: warning: errno stays\n", "with its reason");
	hear(say_die_sys);
	same(got, "t: fatal: unable to write file: No space left on device\n", "a fatal one with its reason");
	ok(WIFEXITED(status) && WEXITSTATUS(status) == 111, "ends with its code");
	hear(say_die);
	same(got, "t: fatal: no\n", "a fatal one without");
	ok(WIFEXITED(status) && WEXITSTATUS(status) == 100, "ends with its code");
	lengths();
	hear(say_to_nobody);
	ok(WIFEXITED(status) && WEXITSTATUS(status) == 0, "a closed descriptor 2 harms nothing");
	return done();
}
