/* veil: what of a session is recorded, however it is cut into packets */
#include "smtp/veil.h"

#include <stdlib.h>

#include "tap.h"

static char said[4000];
static size_t n;
static struct veil v;

static void
begin(void)
{
	memset(&v, 0, sizeof v);
	n = 0;
}

static void
client(const char *s)
{
	for (; *s; s++)
		n += veil_client(&v, *s, said + n);
}

static void
server(const char *s)
{
	veil_server(&v, s, strlen(s));
}

static const char *
recorded(void)
{
	n += veil_rest(&v, said + n);
	said[n] = 0;
	return said;
}

int
main(void)
{
	begin();
	client("EHLO h\r\nMAIL FROM:<a@b>\r\nnonsense x\r\n\r\n\n  \r\nQU");
	same(recorded(), "EHLO h\r\nMAIL FROM:<a@b>\r\nnonsense x\r\n\r\n\n  \r\nQU", "without AUTH all is recorded, up to the last byte");

	begin();
	client("AUTH PLAIN c2Vj\r\n");
	server("235 ok\r\n");
	client("RSET\r\n");
	same(recorded(), "AUTH PLAIN ****\r\nRSET\r\n", "the initial response is hidden, what follows success is not");

	begin();
	client("auth login\r\n");
	server("334 x\r\n");
	client("QUIT\r\n");
	server("334 x\r\n");
	client("MAIL\r\n");
	server("535 no\r\n");
	client("NOOP x\r\n");
	same(recorded(), "auth login\r\n****\r\n****\r\nNOOP x\r\n", "answers to challenges are hidden, though they look like commands");

	begin();
	client("AUTH LOGIN\r\n");
	server("538 no\r\n");
	client("c2VjcmV0\r\nc2VjcmV0IHdpdGggYSBsb25nIHRhaWw=\r\nc2Vj");
	same(recorded(), "AUTH LOGIN\r\n********\r\n********************************\r\n****", "so are lines after an AUTH that was refused");
	begin();
	client("AUTH LOGIN\r\n");
	server("538 no\r\n");
	client("c2VjcmV0\r\nMAIL FROM:<a@b>\r\nStartTLS\r\nQUIT\r\n");
	same(recorded(), "AUTH LOGIN\r\n********\r\nMAIL FROM:<a@b>\r\nStartTLS\r\nQUIT\r\n", "but commands are not");
	begin();
	client("AUTHPLAIN c2Vj\r\n AUTH PLAIN c2Vj\r\n");
	server("500 no\r\n500 no\r\n");
	client("\tAUTH\tPLAIN  c2Vj x\r\nAU c2Vj\r\n");
	server("500 no\r\n");
	client("                    AUTH PLAIN c2Vj\r\n");
	same(recorded(), "**************\r\n AUTH PLAIN ****\r\n\tAUTH\tPLAIN  ******\r\n*******\r\n***********************************\r\n",
	    "nor does a blank too many or too few show a secret");

	begin();
	client("BDAT 17\r\nAUTH PLAIN x\r\nabcBDAT 3 LAST\r\n\r\n.AUTH PLAIN c2Vj\r\n");
	server("250 ok\r\n");
	same(recorded(), "BDAT 17\r\nAUTH PLAIN x\r\nabcBDAT 3 LAST\r\n\r\n.AUTH PLAIN ****\r\n", "a chunk is no command, what follows it is");
	begin();
	client("BDAT 0 LAST\r\nAUTH PLAIN c2Vj\r\n");
	same(recorded(), "BDAT 0 LAST\r\nAUTH PLAIN ****\r\n", "a chunk may be empty");

	begin();
	client("DATA\r\n");
	server("354 go\r\n");
	client("AUTH PLAIN x\r\n.\n.x\r\n\r\n.\r\nAUTH PLAIN c2Vj\r\n");
	server("250 ok\r\n");
	same(recorded(), "DATA\r\nAUTH PLAIN x\r\n.\n.x\r\n\r\n.\r\nAUTH PLAIN ****\r\n", "a text ends where the server says it does");
	begin();
	server("354 go\r\n");
	client(".\r\nAUTH PLAIN c2Vj\r\n");
	same(recorded(), ".\r\nAUTH PLAIN ****\r\n", "an empty one too");
	return done();
}
