/* replay - play what a client said in a recorded session to another server, and compare what that says
 *   arguments  FILE ADDRESS: inet:192.0.2.1:25, unix:/path
 *   fd 0       not used         fd 1  the replies that differ: "-" what was recorded, "+" what came
 *   exit       0 the same replies; 1 others; 100 the record or the use is wrong; 111 no connection, or it broke
 * The client's bytes are sent as they were, each group of them when the server has said as many lines as it had before.
 * Times, and words that are new in each session - ids, the text of an accepted message - do not count.     -> pneu-replay(8) */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/dial.h"
#include "lib/fd.h"
#include "lib/file.h"
#include "lib/in.h"
#include "lib/msg.h"
#include "lib/sig.h"
#include "smtp/veil.h"

#define TIMEOUT_MS 60000

static struct in in;
static char input[65536];
static struct buf said = { 0, 0, 0, VEIL_MAX }, came = { 0, 0, 0, VEIL_MAX }, file = { 0, 0, 0, 2 * VEIL_MAX };
static bool differs;

/* up to where two lines must be equal: an id at the end, and what follows "250 2.0.0 ok ", are of one session only */
static size_t
significant(const struct buf *b)
{
	size_t n = b->len;

	while (n && (b->s[n - 1] == '\r' || b->s[n - 1] == '\n'))
		n--;
	if (n > 13 && memcmp(b->s, "250 2.0.0 ok ", 13) == 0)
		return 13;
	if (n && b->s[n - 1] == ']' && (*b->s == '4' || *b->s == '5'))
		while (n && b->s[n - 1] != '[')
			n--;
	return n;
}

static void
compare(void)
{
	size_t n = significant(&said);

	if (n == significant(&came) && memcmp(said.s, came.s, n) == 0)
		return;
	differs = true;
	printf("-%.*s\n+%.*s\n", (int)n, said.s, (int)significant(&came), came.s);
}

/* a line that the server said in the record: now it must come */
static void
expect(const char *s, size_t n)
{
	if (!buf_put(&said, s, n))
		die_sys(EX_SOFT, "keep a reply");
	if (n == 0 || s[n - 1] != '\n')
		return;                         /* it came in parts */
	buf_clear(&came);
	if (in_line(&in, &came, '\n') != IN_LINE) {
		printf("-%.*s\n", (int)significant(&said), said.s);
		(void)fflush(stdout);
		die_say(EX_SOFT, "the server has not said this: the connection ended, or a minute passed");
	}
	compare();
	buf_clear(&said);
}

static void
play(char *line, int sock)
{
	char mark = *line, *text = line;
	long n = -1;

	if (mark == '#')
		die_say(EX_HARD, "the record is cut");
	if ((mark == '>' || mark == '<') && line[1] == ' ' && (text = strchr(line + 2, ' ')))
		n = veil_read(++text);
	if (n < 0)
		die_say(EX_HARD, "this is no line of a record: ", line);
	if (mark == '<')
		expect(text, (size_t)n);
	else if (!fd_write(sock, text, (size_t)n))
		die_sys(EX_SOFT, "write to the server");
}

int
main(int argc, char **argv)
{
	char *line, *next;
	int sock;

	msg_name("pneu-replay");
	if (argc != 3 || !dial_address(argv[2]))
		die_say(EX_HARD, "usage: pneu-replay file inet:address:port");
	sig_ignore(SIGPIPE);
	if (!file_read(AT_FDCWD, argv[1], &file))
		die_sys(errno == ENOENT ? EX_HARD : EX_SOFT, "read ", argv[1]);
	if ((sock = dial(argv[2], TIMEOUT_MS)) < 0)
		die_sys(EX_SOFT, "connect to ", argv[2]);
	in_init(&in, sock, input, sizeof input, TIMEOUT_MS);
	for (line = file.s; *line; line = next) {
		next = line + strcspn(line, "\n");
		if (*next)
			*next++ = 0;
		play(line, sock);
	}
	return fflush(stdout) == 0 ? differs : EX_SOFT;
}
