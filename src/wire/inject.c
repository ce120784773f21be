#include "wire/inject.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compat/compat.h"
#include "lib/ascii.h"
#include "lib/fd.h"
#include "lib/place.h"
#include "lib/proc.h"
#include "lib/sig.h"
#include "lib/vars.h"
#include "mail/reply.h"
#include "wire/queuefile.h"

extern char **environ;

static void
close_one(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void
close_all(struct inject *i)
{
	int k;

	for (k = 0; k < 2; k++) {
		close_one(&i->message[k]);
		close_one(&i->envelope[k]);
		close_one(&i->report[k]);
	}
}

static bool
trouble(struct inject *i)
{
	if (!i->error)
		i->error = errno ? errno : EIO;
	return false;
}

void
inject_begin(struct inject *i)
{
	memset(i, 0, sizeof *i);
	i->message[0] = i->message[1] = i->envelope[0] = i->envelope[1] = i->report[0] = i->report[1] = -1;
	if (!fd_pipe(i->message))
		i->message[0] = i->message[1] = -1, trouble(i);
	else if (!fd_nonblock(i->message[1], true))     /* nobody reads yet: a full pipe must say so */
		trouble(i);
}

/* pneu-queue reads nothing of the environment outside a private instance; a filter's is what it is for */
static const char *const for_queue[] = { "PATH", "ASAN_OPTIONS", 0 };

static bool
start(struct inject *i)
{
	char path[1024], *few[sizeof for_queue / sizeof *for_queue], **env = environ;
	bool asked = !compat_elevated();        /* else the environment is a stranger's */
	const char *program = asked ? getenv("PNEU_FILTER") : 0;
	char *argv[2];
	struct proc_fd map[3];

	if (asked && (!program || !*program))
		program = getenv("QMAILQUEUE");
	if (!program || !*program) {
		if (!place_program(path, sizeof path, "pneu-queue"))
			return trouble(i);
		program = path;
		if (!place_private()) {
			vars_pick(few, sizeof few / sizeof *few, environ, for_queue);
			env = few;
		}
	}
	if (i->envelope[0] < 0 && !fd_pipe(i->envelope)) {
		i->envelope[0] = i->envelope[1] = -1;
		return trouble(i);
	}
	if (!fd_pipe(i->report)) {
		i->report[0] = i->report[1] = -1;
		return trouble(i);
	}
	argv[0] = (char *)(uintptr_t)program;
	argv[1] = 0;
	map[0] = (struct proc_fd){ i->message[0], 0 };
	map[1] = (struct proc_fd){ i->envelope[0], 1 };
	map[2] = (struct proc_fd){ i->report[1], 6 };
	i->pid = proc_spawn_limited(program, argv, env, map, 3, program == path ? 0 : QF_INJECT_S);     /* ours has a limit of its own */
	if (i->pid < 0) {
		i->pid = 0;
		return trouble(i);
	}
	close_one(&i->message[0]);
	close_one(&i->envelope[0]);
	close_one(&i->report[1]);
	return true;
}

/* fill the pipe; when it is full, start the reader and then wait for it as any writer does */
static bool
fill(struct inject *i, int fd, const char *p, size_t n)
{
	while (n) {
		ssize_t r = write(fd, p, n);

		if (r < 0) {
			if (errno == EINTR)
				continue;
			if (errno != EAGAIN && errno != EWOULDBLOCK)
				return trouble(i);
			if (!i->pid && !start(i))
				return false;
			if (!fd_nonblock(fd, false))
				return trouble(i);
			continue;
		}
		p += r;
		n -= (size_t)r;
	}
	return true;
}

bool
inject_write(struct inject *i, const void *p, size_t n)
{
	return !i->error && fill(i, i->message[1], p, n);
}

static const struct {
	int code;
	char verdict;
	const char *status, *text;
} table[] = {
	{ INJECT_ADDR, 'D', "5.1.3", "address too long" },
	{ INJECT_REFUSED, 'D', "5.3.0", "mail server refuses the message" },
	{ INJECT_MEMORY, 'Z', "4.3.0", "out of memory" },
	{ INJECT_TIMEOUT, 'Z', "4.3.0", "timeout while queueing" },
	{ INJECT_WRITE, 'Z', "4.3.1", "disk full or write error" },
	{ INJECT_READ, 'Z', "4.3.0", "message or envelope was cut off" },
	{ INJECT_CONF, 'Z', "4.3.5", "unable to read configuration" },
	{ INJECT_SOCKET, 'Z', "4.3.0", "network problem" },
	{ INJECT_PLACE, 'Z', "4.3.0", "the queue directory cannot be used" },
	{ INJECT_BROKEN, 'Z', "4.3.0", "queue directory is broken" },
	{ INJECT_CREATE, 'Z', "4.3.0", "unable to create queue file" },
	{ INJECT_NAME, 'Z', "4.3.0", "unable to name queue file" },
	{ INJECT_SYNC, 'Z', "4.3.0", "unable to sync queue file" },
	{ INJECT_SYNC_DIR, 'Z', "4.3.0", "unable to sync queue directory" },
	{ INJECT_LATER, 'Z', "4.3.0", "mail server refuses the message for now" },
	{ INJECT_SLOW, 'Z', "4.4.1", "connection to mail server timed out" },
	{ INJECT_UNREACHED, 'Z', "4.4.1", "connection to mail server refused" },
	{ INJECT_LOST, 'Z', "4.4.2", "connection to mail server lost" },
	{ INJECT_BUG, 'Z', "4.3.0", "internal bug" },
	{ INJECT_ENVELOPE, 'Z', "4.3.0", "envelope format error" },
	{ INJECT_ADDR_OLD, 'D', "5.1.3", "address too long" },      /* 11, as old programs say it */
	{ INJECT_RUN, 'Z', "4.3.0", "unable to run the queue program" },
	{ INJECT_NO_RUN, 'Z', "4.3.0", "unable to run the queue program" },
};

static void
conclude(struct inject_result *r, char verdict, const char *status, const char *text)
{
	r->verdict = verdict;
	snprintf(r->status, sizeof r->status, "%s", status);
	snprintf(r->text, sizeof r->text, "%s", text);
}

/* its words may begin with a status of their own */
static void
refused(struct inject_result *r, char verdict, const char *status, const char *text)
{
	char own[sizeof r->status];
	size_t n = reply_status_length(text, *status);

	if (n && n < sizeof own && text[n] == ' ') {
		memcpy(own, text, n);
		own[n] = 0;
		conclude(r, verdict, own, text + n + 1);
	} else
		conclude(r, verdict, status, text);
}

/* text from fd 6: a filter may be anybody's program, so only printable bytes pass */
static void
own_words(struct inject_result *r, int code, char *words, size_t n)
{
	size_t k;

	for (k = 0; k < n; k++)
		words[k] = words[k] == '\n' && k + 1 == n ? 0 : ascii_mask(words[k]);
	words[n] = 0;
	if (code == 0)
		conclude(r, 'K', "2.0.0", words);
	else if (words[0] == 'D')
		refused(r, 'D', "5.3.0", words + 1);
	else
		refused(r, 'Z', "4.3.0", words[0] == 'Z' ? words + 1 : "queue program gave no reason");
}

static void
judge(struct inject_result *r, int code, int report)
{
	char words[256];
	ssize_t n = 0;
	size_t k;

	if (code == 0 || code == INJECT_WORDS) {
		if (fd_nonblock(report, true))  /* someone else may still hold the other end */
			n = read(report, words, sizeof words - 1);
		own_words(r, code, words, n > 0 ? (size_t)n : 0);
		return;
	}
	for (k = 0; k < sizeof table / sizeof *table; k++)
		if (table[k].code == code) {
			conclude(r, table[k].verdict, table[k].status, table[k].text);
			return;
		}
	if (code >= 11 && code <= 40)
		conclude(r, 'D', "5.3.0", "mail server refuses the message");
	else
		conclude(r, 'Z', "4.3.0", code < 0 ? "queue program crashed" : "queue program failed");
}

void
inject_end(struct inject *i, const struct buf *envelope, struct inject_result *r)
{
	int code;

	memset(r, 0, sizeof *r);
	close_one(&i->message[1]);
	if (!i->error && i->envelope[1] < 0 && !fd_pipe(i->envelope)) {
		i->envelope[0] = i->envelope[1] = -1;
		trouble(i);
	}
	if (!i->error && !fd_nonblock(i->envelope[1], true))
		trouble(i);
	if (!i->error)
		fill(i, i->envelope[1], envelope->s, envelope->len);
	close_one(&i->envelope[1]);
	if (!i->error && !i->pid)
		start(i);
	r->pid = i->pid;
	/* a program that stopped reading early (EPIPE) has its own, better reason */
	if (i->pid) {
		code = proc_wait(i->pid);
		if (code == 0 && i->error)
			conclude(r, 'Z', "4.3.0", "queue program did not read all of the message");
		else
			judge(r, code, i->report[0]);
	} else
		conclude(r, 'Z', "4.3.0", strerror(i->error));
	close_all(i);
}

void
inject_drop(struct inject *i)
{
	close_all(i);                   /* no envelope: the program queues nothing */
	if (i->pid)
		(void)proc_wait(i->pid);
}

/* ---- the other end */

static void
timeout(int sig)
{
	(void)sig;
	_exit(INJECT_TIMEOUT);
}

int
inject_enter(void)
{
	if (fcntl(0, F_GETFD) < 0 || fcntl(1, F_GETFD) < 0)
		return INJECT_READ;
	if (fcntl(2, F_GETFD) < 0 && errno == EBADF && open("/dev/null", O_WRONLY) != 2)  /* no file of the program's may get this number */
		return INJECT_BUG;
	sig_ignore(SIGPIPE);
	sig_ignore(SIGXFSZ);                    /* a file size limit is a write error */
	sig_catch(SIGALRM, timeout);
	sig_unblock(SIGALRM);
	alarm(QF_INJECT_S);
	return 0;
}
