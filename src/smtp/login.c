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
	char asked[CREDENTIALS_ASKED], text[NUM_TEXT];
	size_t n = credentials_put(asked, login, password, num_text(text, (uint64_t)clock_wall_s()));
	int question, code;

	if (n == 0)
		return LOGIN_WRONG;
	question = fd_filled_pipe(asked, n);
	explicit_bzero(asked, sizeof asked);
	if (question < 0) {
		log_trouble(s, "unable to ask the checkpassword program", strerror(errno));
		return LOGIN_TROUBLE;
	}
	errno = 0;
	code = run(s, question);
	close(question);
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
