/* tlsrelay - joins openssl s_client, which can only connect, with a connection that is open already
 *   usage  pneu-tlsrelay PROGRAM ARGUMENT...        an argument {} becomes the path of a socket to connect to
 *   fd 0,1 the clear text, which is PROGRAM's       fd 2   log
 *   fd 3   what became of the handshake             -> remote/tlsclient.h
 *   fd 6,7 the network
 *   exit   0 the connection has ended; 1 no handshake; 2 the certificate is refused; 100 misused; 111 trouble here
 * Invariant: bytes pass as they are; nobody but this user's programs can reach the socket, and only one does. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/drop.h"
#include "lib/fd.h"
#include "lib/msg.h"
#include "lib/proc.h"
#include "lib/sig.h"

#define FACTS 3
#define NET_IN 6
#define NET_OUT 7
#define ARGUMENTS 200
#define SPACE 65536
#define LINE 1000
#define EX_HANDSHAKE 1
#define EX_REFUSED 2

struct way {                            /* one direction */
	int from, to;
	bool from_ended, to_ended;      /* nothing more comes, nothing more goes */
	size_t at, end;                 /* bytes at..end of s have still to go */
	char s[SPACE];
};

extern char **environ;

static struct way out = { .to = NET_OUT }, in = { .from = NET_IN };
static char directory[200], path[sizeof(((struct sockaddr_un *)0)->sun_path)];
static char line[LINE + 1];             /* of PROGRAM's messages, so far */
static size_t line_len;
static char version[64], reason[300];
static bool told, refused;

static void
forget_socket(void)
{
	if (*path)
		(void)unlink(path);
	if (*directory)
		(void)rmdir(directory);
	*path = *directory = 0;
}

static _Noreturn void
leave(int code)
{
	forget_socket();
	_exit(code);
}

/* one line to who started us; it may be gone */
static void
tell(const char *a, const char *b, const char *c)
{
	char text[LINE + 100];
	size_t n = 0, i;
	const char *part[] = { a, b, c };

	if (told)
		return;
	told = true;
	for (i = 0; i < 3; i++) {
		size_t len = strlen(part[i]);

		if (len > sizeof text - 1 - n)
			len = sizeof text - 1 - n;
		memcpy(text + n, part[i], len);
		n += len;
	}
	text[n++] = '\n';
	(void)fd_write(FACTS, text, n);
	close(FACTS);
}

static _Noreturn void
fail(int code, const char *what)
{
	tell("- unable to ", what, errno == EBADF ? ": descriptors 3, 6 and 7 must be open" : "");
	msg_warn(errno, "unable to ", what, (char *)0);
	leave(code);
}

static int
listen_privately(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	const char *tmp = getenv("TMPDIR");
	int fd;

	if (!tmp || *tmp != '/' || strlen(tmp) > 60)
		tmp = "/tmp";
	strcpy(directory, tmp);
	strcat(directory, "/pneu-tls.XXXXXX");
	if (!mkdtemp(directory)) {              /* mode 0700 */
		*directory = 0;
		fail(EX_SOFT, "make a directory");
	}
	strcpy(path, directory);
	strcat(path, "/s");
	strcpy(a.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)(void *)&a, sizeof a) != 0 || listen(fd, 1) != 0)
		fail(EX_SOFT, "make a socket");
	return fd;
}

/* descriptors 0 and 1 are handed over, 2 is a pipe to us */
static pid_t
start(int argc, char **argv, int messages)
{
	static char *arguments[ARGUMENTS + 1];
	const struct proc_fd map[] = { { 0, 0 }, { 1, 1 }, { messages, 2 } };
	pid_t pid;
	int i;

	for (i = 1; i < argc; i++)
		arguments[i - 1] = strcmp(argv[i], "{}") == 0 ? path : argv[i];
	pid = proc_spawn(arguments[0], arguments, environ, map, 3);
	if (pid < 0) {
		tell("- unable to start ", arguments[0], ": is it installed?");
		msg_warn(errno, "unable to start ", arguments[0], (char *)0);
		leave(EX_HARD);
	}
	close(messages);
	return pid;
}

static void
copy(char *to, size_t size, const char *from, size_t n)
{
	if (n >= size)
		n = size - 1;
	memcpy(to, from, n);
	to[n] = 0;
}

/* "...:error:NUMBER:library:function:reason:file:line:data" of libcrypto: its fifth field */
static void
note_error(const char *s)
{
	const char *end;
	int i;

	for (i = 0; i < 4 && s; i++)
		if ((s = strchr(s, ':')))
			s++;
	if (!s || !*s || (refused && *reason))
		return;
	end = strchr(s, ':');
	copy(reason, sizeof reason, s, end ? (size_t)(end - s) : strlen(s));
}

/* a line that s_client -brief says */
static void
note(void)
{
	static const char version_is[] = "Protocol version: ", cipher_is[] = "Ciphersuite: ", verify[] = "verify error:num=";
	const char *s;

	if (strncmp(line, version_is, strlen(version_is)) == 0) {
		copy(version, sizeof version, line + strlen(version_is), strlen(line + strlen(version_is)));
	} else if (strncmp(line, cipher_is, strlen(cipher_is)) == 0) {
		tell(*version ? version : "TLS", " ", line + strlen(cipher_is));
	} else if (strncmp(line, verify, strlen(verify)) == 0 && (s = strchr(line + strlen(verify), ':'))) {
		copy(reason, sizeof reason, s + 1, strlen(s + 1));
	} else if (strstr(line, "certificate verify failed")) {
		refused = true;
	} else if ((s = strstr(line, ":error:"))) {
		note_error(s + 1);
	} else if (!*reason)
		copy(reason, sizeof reason, line, strlen(line));
}

/* its messages; false: no more will come */
static bool
hear(int messages)
{
	char s[4096];
	ssize_t r = read(messages, s, sizeof s), i;

	if (r < 0)
		return errno == EINTR || errno == EAGAIN;
	for (i = 0; i < r; i++)
		if (s[i] == '\n') {
			line[line_len] = 0;
			note();
			line_len = 0;
		} else if (line_len < LINE)
			line[line_len++] = s[i];
	return r > 0;
}

/* wait until PROGRAM has connected, or will not */
static int
meet(int listening, int messages)
{
	struct pollfd p[2] = { { .fd = listening, .events = POLLIN }, { .fd = messages, .events = POLLIN } };
	int fd;

	for (;;) {
		if (poll(p, 2, -1) < 0 && errno != EINTR)
			fail(EX_SOFT, "wait");
		if (p[0].revents && (fd = accept(listening, 0, 0)) >= 0)
			break;
		if (p[1].revents && !hear(messages))
			return -1;
	}
	close(listening);
	forget_socket();
	if (!fd_cloexec(fd, true) || !fd_nonblock(fd, true) || !fd_nonblock(NET_IN, true) || !fd_nonblock(NET_OUT, true))
		fail(EX_SOFT, "use descriptors");
	return fd;
}

static bool
for_now(void)
{
	return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

/* as much as goes without waiting */
static void
pass(struct way *w)
{
	ssize_t r;

	if (w->at == w->end && !w->from_ended) {
		r = read(w->from, w->s, SPACE);
		w->at = 0;
		w->end = r > 0 ? (size_t)r : 0;
		if (r == 0 || (r < 0 && !for_now()))
			w->from_ended = true;
	}
	if (w->at < w->end) {
		r = w->to_ended ? (ssize_t)(w->end - w->at) : send(w->to, w->s + w->at, w->end - w->at, MSG_NOSIGNAL);
		if (r >= 0)
			w->at += (size_t)r;
		else if (!for_now())
			w->to_ended = true;
	}
	if (w->at == w->end && w->from_ended && !w->to_ended) {
		(void)shutdown(w->to, SHUT_WR);
		w->to_ended = true;
	}
}

static void
look_at(struct pollfd *from, struct pollfd *to, const struct way *w)
{
	from->fd = w->at == w->end && !w->from_ended ? w->from : -1;
	from->events = POLLIN;
	to->fd = w->at < w->end ? w->to : -1;
	to->events = POLLOUT;
}

/* until PROGRAM has ended and what it wrote is gone */
static void
relay(int messages)
{
	bool runs = true;

	while (runs || !out.to_ended) {
		struct pollfd p[5] = { { .fd = runs ? messages : -1, .events = POLLIN } };

		look_at(&p[1], &p[2], &out);
		look_at(&p[3], &p[4], &in);
		if (poll(p, 5, -1) < 0 && errno != EINTR)
			fail(EX_SOFT, "wait");
		if (p[0].revents && runs)
			runs = hear(messages);
		if (p[1].revents || p[2].revents)
			pass(&out);
		if (p[3].revents || p[4].revents)
			pass(&in);
	}
}

int
main(int argc, char **argv)
{
	int listening, messages[2], fd, code;
	pid_t pid;

	msg_name("pneu-tlsrelay");
	if (argc < 2 || argc > ARGUMENTS)
		die_say(EX_HARD, "usage: pneu-tlsrelay PROGRAM ARGUMENT...");
	drop_sight();                           /* all that TLS hides passes here */
	sig_ignore(SIGPIPE);
	if (!fd_cloexec(FACTS, true) || !fd_cloexec(NET_IN, true) || !fd_cloexec(NET_OUT, true))
		fail(EX_HARD, "use descriptors");
	listening = listen_privately();
	if (!fd_pipe(messages))
		fail(EX_SOFT, "make a pipe");
	pid = start(argc, argv, messages[1]);
	fd = meet(listening, messages[0]);
	close(0);                               /* end of file there is PROGRAM's alone to make */
	close(1);
	if (fd >= 0) {
		out.from = in.to = fd;
		relay(messages[0]);
	}
	code = proc_wait(pid);
	if (told)
		leave(0);
	tell("- ", *reason ? reason : fd < 0 ? "the TLS program did not connect" : "no handshake", "");
	if (fd < 0)
		leave(code < 0 ? EX_SOFT : EX_HARD);
	leave(refused ? EX_REFUSED : EX_HANDSHAKE);
}
