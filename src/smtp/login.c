/* asking a checkpassword program: login 0 password 0 timestamp 0 on its descriptor 3, the answer is its exit code */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/fd.h"
#include "lib/num.h"
#include "lib/proc.h"
#include "lib/sig.h"
#include "smtp/answer.h"
#include "smtp/auth.h"

#define WORDS 32                        /* most of them in control/checkpassword */
#define ASKED_FD 3

extern char **environ;

/* the setting's words, cut at blanks in place once; those of our arguments come first. 0: E2BIG */
static char **
words(struct session *s)
{
	static char *list[WORDS + 2];   /* one more than there may be, and the end */
	char *p = s->set->checkpassword.s;
	size_t n = 0;

	if (s->set->checker)
		return s->set->checker;
	if (!list[0])
		while (n <= WORDS && *(p += strspn(p, " \t"))) {
			list[n++] = p;
			p += strcspn(p, " \t");
			if (*p)
				*p++ = 0;
		}
	errno = E2BIG;
	return list[WORDS] ? 0 : list;
}

/* its end is a signal that we wait for with a limit: who hangs, with all that it started, is killed */
static int
await(pid_t pid, uint64_t limit_s)
{
	int64_t until_ms = clock_mono_ms() + (int64_t)limit_s * 1000, left;
	struct timespec t;
	sigset_t child;
	int status;
	pid_t r;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	while ((r = waitpid(pid, &status, WNOHANG)) == 0) {
		left = until_ms - clock_mono_ms();
		if (left <= 0) {
			kill(-pid, SIGKILL);
			kill(pid, SIGKILL);
			(void)proc_wait(pid);
			errno = ETIMEDOUT;
			return -1;
		}
		t.tv_sec = (time_t)(left / 1000);
		t.tv_nsec = (long)(left % 1000) * 1000000;
		(void)sigtimedwait(&child, 0, &t);
	}
	errno = r < 0 ? errno : 0;
	return r < 0 ? -1 : proc_code(status);
}

/* all of it fits into a pipe, so nobody need read yet */
static bool
put_question(int p[2], const char *login, const char *password)
{
	char asked[AUTH_ASKED], *at = asked;
	size_t a = strlen(login) + 1, b = strlen(password) + 1;
	bool ok;

	memcpy(at, login, a);
	memcpy(at += a, password, b);
	at += b;
	at += num_dec(at, (uint64_t)clock_wall_s());
	*at++ = 0;
	ok = fd_pipe(p);
	if (ok && !fd_write(p[1], asked, (size_t)(at - asked))) {
		close(p[0]);
		close(p[1]);
		ok = false;
	} else if (ok)
		close(p[1]);
	explicit_bzero(asked, sizeof asked);
	return ok;
}

static int
run(struct session *s, int question)
{
	struct proc_fd map[3] = { { -1, 0 }, { -1, 1 }, { question, ASKED_FD } };
	char **argv = words(s);
	int nothing, code;
	pid_t pid;

	if (!argv || !argv[0] || (nothing = open("/dev/null", O_RDWR | O_CLOEXEC)) < 0)
		return -1;
	map[0].from = map[1].from = nothing;    /* the client is none of its business */
	sig_block(SIGCHLD);
	pid = proc_spawn_apart(argv[0], argv, environ, map, 3);
	close(nothing);
	code = pid < 0 ? -1 : await(pid, s->auth.timeout_s);
	sig_unblock(SIGCHLD);
	return code;
}

enum login_result
login_check(struct session *s, const char *login, const char *password)
{
	int p[2], code;
	char text[NUM_TEXT];

	if (strlen(login) + strlen(password) + 2 + NUM_TEXT > AUTH_ASKED)
		return LOGIN_WRONG;
	if (!put_question(p, login, password)) {
		log_trouble(s, "unable to ask the checkpassword program", strerror(errno));
		return LOGIN_TROUBLE;
	}
	errno = 0;
	code = run(s, p[0]);
	close(p[0]);
	if (code == 0)
		return LOGIN_RIGHT;
	if (code == 1)
		return LOGIN_WRONG;
	if (code < 0)
		log_trouble(s, "checkpassword program", errno ? strerror(errno) : "was killed");
	else
		log_trouble(s, "checkpassword program ended with code", num_text(text, (uint64_t)code));
	return LOGIN_TROUBLE;
}
