/* qmqpc - hand one message to a mail server elsewhere over QMQP, in pneu-queue's place: for hosts without a queue
 *   fd 0  the message, up to end of file
 *   fd 1  the envelope (read, not written)                   -> wire/envelope.h
 *   fd 2  what each server had to say, if it did not take the message
 *   fd 6  if it is a pipe: the ID that the server gave the message, or why it refuses it
 *   exit  0 a server has it; 31 refused for good, 71 for now (82 instead where descriptor 6 is a pipe); 72, 73, 74 no
 *         server was reached; others as pneu-queue          -> pneu-qmqpc(8)
 * Invariant: once the last byte of the message has gone to one server no other is asked, for the first may have taken it.
 *
 * QMQP tells the length first. A file is asked for it; what comes from a pipe is kept, in memory if it is small, else in
 * an unlinked file. What is kept is read again for the next server. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/ascii.h"
#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/conf.h"
#include "lib/dial.h"
#include "lib/fd.h"
#include "lib/file.h"
#include "lib/in.h"
#include "lib/ip.h"
#include "lib/msg.h"
#include "lib/netstring.h"
#include "lib/num.h"
#include "lib/out.h"
#include "mail/date.h"
#include "mail/utf8.h"
#include "wire/envelope.h"
#include "wire/inject.h"
#include "wire/qid.h"
#include "wire/queuefile.h"

#define PORT "628"
#define ANSWER_MAX 4000                 /* bytes of what a server may say */
#define WORDS 200                       /* of which so many are passed on */
#define SERVER_TEXT 100

static char space[96 * 1024];           /* a small message; pieces of a larger one */
static char output[16 * 1024];          /* what fits in here goes out with one write */

struct message {
	int fd;                         /* the whole of it; -1: in the space */
	off_t from;
	uint64_t length;
	char received[160];             /* goes before it */
	size_t received_length;
	struct buf envelope;
	char id[QID_TEXT];
};

static struct settings {
	struct buf servers;
	uint64_t connect_s, wait_s;
} settings;

/* ---- how it ends */

static bool
pipe_6(void)
{
	struct stat st;

	return fstat(6, &st) == 0 && S_ISFIFO(st.st_mode);
}

static void
tell(const char *a, const char *b)
{
	char line[WORDS + 20];
	int n = snprintf(line, sizeof line, "%s%s\n", a, b);
	ssize_t r = write(6, line, n < (int)sizeof line ? (size_t)n : sizeof line - 1);

	(void)r;
}

/* the words may begin with a status code */
static _Noreturn void
refuse(bool for_good, const char *who, const char *words)
{
	int code = for_good ? INJECT_REFUSED : INJECT_LATER;

	if (pipe_6()) {
		tell(for_good ? "D" : "Z", words);
		code = INJECT_WORDS;
	}
	die_say(code, who, "refuses the message", for_good ? ": " : " for now: ", words);
}

/* ---- the servers */

/* a line of control/qmqpservers as lib/dial takes it; false: it is none */
static bool
server_address(const char *line, char out[SERVER_TEXT])
{
	size_t n = strlen(line);
	unsigned char ip[16];
	bool bare = ip_read(line, ip) || (n && line[0] == '[' && line[n - 1] == ']');

	if (n + sizeof "inet:" PORT "@" > SERVER_TEXT)
		return false;
	snprintf(out, SERVER_TEXT, bare ? "inet:" PORT "@%s" : "inet:%s", line);
	return dial_address(out);
}

static void
load_settings(void)
{
	const struct conf table[] = {
		{ "qmqpservers", CONF_LINES, &settings.servers, 0, 0, 0 },
		{ "timeoutqmqpconnect", CONF_NUMBER, &settings.connect_s, 10, 1, 3600 },
		{ "timeoutqmqpc", CONF_NUMBER, &settings.wait_s, 60, 1, 3600 },
	};
	const char *at = 0;
	char address[SERVER_TEXT];
	struct conf_error e;

	if (!conf_read(table, sizeof table / sizeof *table, &e))
		die_say(INJECT_CONF, e.text);
	if (!settings.servers.len)
		die_say(INJECT_CONF, "control/qmqpservers names no server");
	while ((at = conf_next(&settings.servers, at)))
		if (!server_address(at, address)) {
			conf_complain(&e, "qmqpservers", "not ADDRESS or ADDRESS:PORT", at);
			die_say(INJECT_CONF, e.text);
		}
}

/* ---- the message */

static void
keep(struct message *m)
{
	ssize_t r = (ssize_t)m->length;

	if ((m->fd = file_nameless(0)) < 0)
		die_sys(INJECT_WRITE, "make a file for the message");
	do {
		if (!fd_write(m->fd, space, (size_t)r))
			die_sys(INJECT_WRITE, "keep message");
		if ((r = fd_read(0, space, sizeof space)) < 0)
			die_sys(INJECT_READ, "read message");
		m->length += (uint64_t)r;
	} while (r > 0);
}

static void
take_message(struct message *m)
{
	struct stat st;
	ssize_t r;

	m->fd = -1;
	if (fstat(0, &st) == 0 && S_ISREG(st.st_mode) && (m->from = lseek(0, 0, SEEK_CUR)) >= 0) {
		m->fd = 0;
		m->length = st.st_size > m->from ? (uint64_t)(st.st_size - m->from) : 0;
		return;
	}
	m->from = 0;
	if ((r = fd_read(0, space, sizeof space)) < 0)
		die_sys(INJECT_READ, "read message");
	m->length = (uint64_t)r;
	if ((size_t)r == sizeof space)
		keep(m);
}

/* bytes of the message from at on, how many of them in *n */
static const char *
piece(const struct message *m, uint64_t at, size_t *n)
{
	uint64_t left = m->length - at;
	ssize_t r;

	if (m->fd < 0) {
		*n = (size_t)left;
		return space + at;
	}
	*n = left < sizeof space ? (size_t)left : sizeof space;
	r = fd_pread(m->fd, space, *n, m->from + (off_t)at);
	if (r >= 0 && (size_t)r < *n)
		die_say(INJECT_READ, "the message became shorter");
	if (r < 0)
		die_sys(INJECT_READ, "read message");
	return space;
}

/* ---- what QMQP cannot tell */

/* is nothing but ASCII in the header of the message? */
static bool
header_ascii(const struct message *m)
{
	uint64_t at = 0;
	char last = '\n';
	const char *s;
	size_t n, i;

	while (at < m->length) {
		s = piece(m, at, &n);
		for (i = 0; i < n; i++) {
			if (s[i] & '\x80')
				return false;
			if (s[i] == '\n' && last == '\n')
				return true;
			last = s[i];
		}
		at += n;
	}
	return true;
}

/* A message has a sender and recipients here, nothing else. What is a wish of the sender's about reports is lost, what
 * the server could do harm without is not sent. */
static void
check_parameters(const struct message *m)
{
	const char *at = m->envelope.s, *value;
	bool utf8 = false, ascii = true;
	char letter;

	while (envelope_next(&at, &letter, &value)) {
		if (letter == 'H')
			refuse(true, "", "5.3.3 the message is to be held, and QMQP cannot ask a server for that");
		utf8 |= letter == 'U';
		ascii &= (letter != 'F' && letter != 'T') || utf8_ascii(value, strlen(value));
	}
	if (utf8 && !(ascii && header_ascii(m)))
		refuse(true, "", "5.6.7 the message needs SMTPUTF8, and QMQP cannot tell a server of that");
}

static void
take_envelope(struct message *m)
{
	m->envelope = (struct buf)BUF(ENVELOPE_MAX + 1);
	switch (envelope_read(&m->envelope, 1)) {
	case ENVELOPE_OK:
		break;
	case ENVELOPE_TROUBLE:
		die_sys(errno == ENOMEM ? INJECT_MEMORY : INJECT_READ, "read envelope");
	case ENVELOPE_CUT:
		die_say(INJECT_READ, "unable to find the end of the envelope");
	case ENVELOPE_LONG:
		die_say(INJECT_ADDR, "unable to take an address so long");
	case ENVELOPE_BAD:
	default:
		die_say(INJECT_ENVELOPE, "unable to understand the envelope, or take one so large");
	}
	check_parameters(m);
}

/* as pneu-queue's; the message has no ID yet that is kept anywhere, this one only tells it from others */
static void
make_received(struct message *m)
{
	int64_t now_us = clock_wall_us();
	struct qid id = { (uint64_t)now_us % QID_US_END, (uint64_t)getpid() };
	char date[DATE_RFC5322];

	qid_text(m->id, &id);
	date_rfc5322(date, now_us / 1000000);
	m->received_length = (size_t)snprintf(m->received, sizeof m->received, "Received: (pneu-qmqpc %s pid %ld by uid %lu); %s\n",
	    m->id, (long)getpid(), (unsigned long)getuid(), date);
}

/* ---- one server */

static void
put_head(struct out *o, uint64_t n)
{
	char head[NETSTRING_HEAD];

	out_put(o, head, netstring_begin(head, n));
}

static uint64_t
size_of_all(const struct message *m)
{
	uint64_t sum = netstring_size(m->received_length + m->length);
	const char *at = m->envelope.s, *value;
	char letter;

	while (envelope_next(&at, &letter, &value))
		if (letter == 'F' || letter == 'T')
			sum += netstring_size(strlen(value));
	return sum;
}

/* true: the server has every byte, as far as the kernel knows; else errno, and it lacks at least the last one */
static bool
send_all(const struct message *m, int fd)
{
	const char *at = m->envelope.s, *value, *s;
	uint64_t done = 0;
	struct out o;
	char letter;
	size_t n;

	out_init(&o, fd, output, sizeof output, (int)settings.wait_s * 1000);
	put_head(&o, size_of_all(m));
	put_head(&o, m->received_length + m->length);
	out_put(&o, m->received, m->received_length);
	for (; done < m->length && !o.error; done += n) {
		s = piece(m, done, &n);
		out_put(&o, s, n);
	}
	out_byte(&o, ',');
	while (envelope_next(&at, &letter, &value))
		if (letter == 'F' || letter == 'T') {
			put_head(&o, strlen(value));
			out_puts(&o, value);
			out_byte(&o, ',');
		}
	out_byte(&o, ',');
	return out_flush(&o);
}

/* K, Z or D, and its words, which are printable. 0: errno, EPROTO where it is no answer */
static char
hear(int fd, int wait_ms, char words[WORDS + 1])
{
	char line[NETSTRING_HEAD + ANSWER_MAX + 1];
	enum netstring_result head;
	uint64_t len = 0, i;
	size_t used = 0;
	struct in in;
	ssize_t r;

	in_init(&in, fd, line, sizeof line, wait_ms);
	in.deadline_ms = wait_ms ? clock_mono_ms() + wait_ms : 0;
	while ((head = netstring_head(line, in.end, ANSWER_MAX, &len, &used)) == NETSTRING_MORE ||
	    (head == NETSTRING_OK && in.end - used < len + 1)) {
		if ((r = in_fill(&in)) < 0)
			return 0;
		if (r == 0) {
			errno = ECONNRESET;
			return 0;
		}
	}
	errno = EPROTO;
	if (head != NETSTRING_OK || line[used + len] != ',' || len == 0 || !strchr("KZD", line[used]) || !line[used])
		return 0;
	for (i = 0; i + 1 < len && i < WORDS; i++)
		words[i] = ascii_mask(line[used + 1 + i]);
	words[i] = 0;
	return line[used];
}

/* What the caller logs as the message's ID: the server's, if one of its words is such; else its words in one */
static _Noreturn void
taken(const char *words)
{
	char text[WORDS + 1], *p, *word;
	struct qid id;

	strcpy(text, words);
	for (word = strtok(text, " "); word; word = strtok(0, " "))
		if (qid_parse(word, &id))
			break;
	if (!word) {
		strcpy(text, words);
		word = strncasecmp(text, "ok ", 3) == 0 || strncasecmp(text, "ok:", 3) == 0 ? text + 3 : text;
		word += strspn(word, " ");
		for (p = word; *p; p++)
			if (!ascii_alnum(*p) && !strchr("-.:", *p))
				*p = '_';
	}
	if (pipe_6())
		tell(*word ? word : "-", "");
	exit(0);
}

/* What is to be said if no server takes it: what one of them said, else why the last one said nothing */
struct trouble {
	int code;
	const char *server;             /* with words: whose they are */
	char words[WORDS + 1];          /* "": none */
};

static int
connect_code(int e)
{
	if (e == ETIMEDOUT)
		return INJECT_SLOW;
	return e == EMFILE || e == ENFILE || e == ENOBUFS || e == ENOMEM || e == EAFNOSUPPORT ? INJECT_SOCKET : INJECT_UNREACHED;
}

/* Ends the program, unless another server may be tried. */
static void
try_server(const struct message *m, const char *server, struct trouble *t)
{
	char address[SERVER_TEXT], words[WORDS + 1] = "", verdict;
	bool sent;
	int fd, e;

	(void)server_address(server, address);
	if ((fd = dial(address, (int)settings.connect_s * 1000)) < 0) {
		t->code = connect_code(errno);
		warn_sys("connect to ", server);
		return;
	}
	sent = send_all(m, fd);
	e = errno;
	/* a server that hangs up on us may have said why */
	verdict = hear(fd, sent ? (int)settings.wait_s * 1000 : 0, words);
	if (sent && !verdict)
		die_sys(errno == ETIMEDOUT ? INJECT_SLOW : INJECT_LOST, "hear whether ", server, " took the message: it may have");
	close(fd);
	if (sent && verdict == 'K')
		taken(words);
	if (verdict == 'D') {
		snprintf(address, sizeof address, "%s ", server);
		refuse(true, address, words);
	}
	if (verdict == 'Z') {
		warn_say(server, " does not take the message now: ", words);
		t->server = server;
		strcpy(t->words, words);
		return;
	}
	errno = e;
	t->code = e == ETIMEDOUT ? INJECT_SLOW : INJECT_LOST;
	warn_sys("send to ", server);
}

int
main(void)
{
	struct trouble t = { INJECT_UNREACHED, 0, "" };
	const char *server = 0;
	struct message m;
	int code;

	msg_name("pneu-qmqpc");
	if ((code = inject_enter()) != 0)
		die_say(code, "descriptors 0 and 1 must be open");
	load_settings();
	take_message(&m);
	take_envelope(&m);
	make_received(&m);
	while ((server = conf_next(&settings.servers, server)))
		try_server(&m, server, &t);
	if (t.server) {
		char who[SERVER_TEXT];

		snprintf(who, sizeof who, "%s ", t.server);
		refuse(false, who, t.words);
	}
	die_say(t.code, "no server of control/qmqpservers could be reached");
}
