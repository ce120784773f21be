#include "pop/keeper.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "lib/fd.h"
#include "lib/msg.h"
#include "lib/num.h"
#include "lib/proc.h"
#include "wire/tlswrap.h"

extern char **environ;

enum keeper_answer
keeper_ask(int sock, char where, const char *question, size_t n)
{
	char packet[CREDENTIALS_ASKED + 1], answer;
	bool ok;
	int none;

	if (n > CREDENTIALS_ASKED)
		return KEEPER_WRONG;
	packet[0] = where;
	memcpy(packet + 1, question, n);
	ok = fd_send(sock, packet, n + 1, -1, 0);
	explicit_bzero(packet, sizeof packet);
	if (!ok || fd_receive(sock, &answer, 1, &none, 0) != 1)
		return KEEPER_TROUBLE;
	return answer == KEEPER_DONE ? KEEPER_DONE : answer == KEEPER_WRONG ? KEEPER_WRONG : KEEPER_TROUBLE;
}

/* the exit code, or -1: errno, 0 if a signal killed it */
static int
run(char **argv, char where, const char *question, size_t n)
{
	struct tls tls = { .way = where == KEEPER_UCSPI ? TLS_UCSPI : TLS_NONE, .on = where == KEEPER_UCSPI };
	struct proc_fd map[3] = { { -1, 0 }, { -1, 1 }, { -1, 3 } };
	int asked;
	pid_t pid;

	tlswrap_connection(&tls, &map[0].from, &map[1].from);
	if ((asked = fd_filled_pipe(question, n)) < 0)
		return -1;
	map[2].from = asked;
	pid = proc_spawn(argv[0], argv, environ, map, 3);
	close(asked);
	if (pid < 0)
		return -1;
	errno = 0;
	return proc_wait(pid);
}

static enum keeper_answer
check(char **argv, const char *packet, size_t n, const char *id)
{
	char number[NUM_TEXT];
	int code = run(argv, packet[0], packet + 1, n - 1);

	if (code == 0)
		return KEEPER_DONE;
	if (code == 1)
		return KEEPER_WRONG;
	if (code < 0)
		say(id, " trouble: ", argv[0], ": ", errno ? strerror(errno) : "was killed");
	else
		say(id, " trouble: ", argv[0], " ended with code ", num_text(number, (uint64_t)code));
	return KEEPER_TROUBLE;
}

void
keeper_run(int sock, char **argv, const char *id)
{
	char packet[CREDENTIALS_ASKED + 1], answer;
	ssize_t n;
	int none;

	while ((n = fd_receive(sock, packet, sizeof packet, &none, 0)) > 0) {
		answer = (char)check(argv, packet, (size_t)n, id);
		explicit_bzero(packet, sizeof packet);
		if (!fd_send(sock, &answer, 1, -1, 0))
			break;
	}
}
