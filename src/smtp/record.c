/* record - write a session of SMTP down while it happens, and hand it on unchanged
 *   arguments  [-t SECONDS] PROGRAM ARGUMENTS: pneu-smtpd
 *   fd 0       from the client      fd 1  to the client      fd 2  the log
 *   exit       that of PROGRAM; 111 it could not be started
 * Invariant: what passes is neither changed nor held back; where $RECORD does not name a directory PROGRAM takes our place, and
 * where nothing can be written there, or descriptors run out, likewise: a session is worth more than its record.
 *                                                                                               -> pneu-record(8) */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/fd.h"
#include "lib/msg.h"
#include "lib/num.h"
#include "lib/out.h"
#include "lib/place.h"
#include "lib/proc.h"
#include "lib/sig.h"
#include "smtp/veil.h"
#include "wire/qid.h"

extern char **environ;

static struct {
	int file;
	int64_t began_ms;
	size_t written;
	struct veil veil;
} record = { .file = -1 };

#define WAIT_S 1200             /* until somebody reads what the other has said */
#define WAIT_MOST_S 86400

static char input[16384], hidden[sizeof input + VEIL_HELD];

/* with all that we were given: STARTTLS may need descriptors of a program before us */
static _Noreturn void
become(char **argv)
{
	sig_default(SIGPIPE);
	execvp(argv[0], argv);
	die_sys(EX_SOFT, "run ", argv[0]);
}

static bool
open_file(const char *dir)
{
	struct qid q = { (uint64_t)clock_wall_us(), (uint64_t)getpid() };
	char path[4096], id[QID_TEXT];

	qid_text(id, &q);
	if ((size_t)snprintf(path, sizeof path, "%s/%s", dir, id) >= sizeof path) {
		errno = ENAMETOOLONG;
		return false;
	}
	record.began_ms = clock_mono_ms();
	record.file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (record.file >= 0)
		say("recording to ", path);
	return record.file >= 0;
}

static void
put(const char *s, size_t n)
{
	if (record.file < 0)
		return;
	if (n > VEIL_MAX - record.written || !fd_write(record.file, s, n)) {
		(void)fd_write(record.file, "# cut\n", 6);
		close(record.file);
		record.file = -1;
	}
	record.written += n;
}

/* one line of the record for each line, or part of one, that passed */
static void
note(char mark, const char *s, size_t n)
{
	char space[64 + 4 * 1000];
	struct buf b = { space, 0, sizeof space, sizeof space - 1 };    /* never reallocated */
	const char *nl;
	size_t part;

	for (; n; s += part, n -= part) {
		nl = memchr(s, '\n', n);
		part = nl ? (size_t)(nl - s) + 1 : n;
		if (part > 1000)
			part = 1000;
		buf_clear(&b);
		if (buf_byte(&b, mark) && buf_byte(&b, ' ') && buf_num(&b, (uint64_t)(clock_mono_ms() - record.began_ms)) &&
		    buf_byte(&b, ' ') && veil_write(&b, s, part) && buf_byte(&b, '\n'))
			put(b.s, b.len);
	}
}

static void
note_client(size_t n)
{
	size_t i, made = 0;

	for (i = 0; i < n; i++)
		made += veil_client(&record.veil, input[i], hidden + made);
	note('>', hidden, made);
}

/* once from one to the other; false: there is no more, or nobody reads it */
static bool
pass(int from, struct out *to, char mark)
{
	ssize_t n;

	do
		n = read(from, input, sizeof input);
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		return false;
	if (mark == '>')
		note_client((size_t)n);
	else {
		veil_server(&record.veil, input, (size_t)n);
		note(mark, input, (size_t)n);
	}
	out_put(to, input, (size_t)n);
	return out_flush(to);
}

/* until the server is done; when the client is, the server learns it and may still answer */
static void
relay(int server, int timeout_ms)
{
	struct pollfd p[2] = { { .fd = server, .events = POLLIN }, { .fd = 0, .events = POLLIN } };
	struct out to_client, to_server;
	char none[2];

	out_init(&to_client, 1, &none[0], 1, timeout_ms);
	out_init(&to_server, server, &none[1], 1, timeout_ms);
	for (;;) {
		if (poll(p, 2, -1) < 0) {
			if (errno == EINTR)
				continue;
			return;
		}
		if (p[0].revents && !pass(server, &to_client, '<'))
			return;
		if (p[1].fd >= 0 && p[1].revents && !pass(0, &to_server, '>')) {
			shutdown(server, SHUT_WR);
			p[1].fd = -1;
		}
	}
}

/* the program to run */
static char **
read_arguments(int argc, char **argv, uint64_t *wait_s)
{
	int c;

	while ((c = getopt(argc, argv, "+t:")) != -1)
		if (c != 't' || !num_u64(optarg, 1, WAIT_MOST_S, wait_s))
			optind = argc;
	if (optind >= argc)
		die_say(EX_HARD, "usage: pneu-record [-t seconds] program [argument ...]");
	return argv + optind;
}

int
main(int argc, char **argv)
{
	const char *dir = getenv("RECORD");
	uint64_t wait_s = WAIT_S;
	int pair[2], code;
	size_t rest;
	pid_t pid;

	msg_name("pneu-record");
	argv = read_arguments(argc, argv, &wait_s);
	if (!dir || !*dir)
		become(argv);
	if (!open_file(dir)) {
		warn_sys("record in ", dir);
		become(argv);
	}
	sig_ignore(SIGPIPE);
	sig_default(SIGCHLD);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
		warn_sys("make a socket pair");
		become(argv);
	}
	pid = proc_spawn(argv[0], argv, environ, (struct proc_fd[]){ { pair[1], 0 }, { pair[1], 1 } }, 2);
	if (pid < 0)
		die_sys(EX_SOFT, "run ", argv[0]);
	close(pair[1]);
	relay(pair[0], (int)wait_s * 1000);
	close(pair[0]);
	rest = veil_rest(&record.veil, hidden);
	note('>', hidden, rest);
	code = proc_wait(pid);
	return code < 0 ? EX_SOFT : code;
}
