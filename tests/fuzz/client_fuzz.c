/* client_fuzz - a whole SMTP transaction with a server that says anything
 *   input   a byte of bits: 1 PIPELINING, 2 something was given up before, 4 SIZE, 8 a second message right behind,
 *           16 CHUNKING, 32 LMTP, 64 DSN and SMTPUTF8, 128 RCPTMAX=2; then all that the server says before it closes
 * Each recipient is reported exactly once or, when the server never answered to MAIL, not at all; success only after a 2xx.
 * sources: src/remote/transaction.c src/remote/commands.c src/remote/delivery.c src/remote/client.c src/remote/connect.c src/remote/tlsclient.c src/remote/offers.c src/remote/result.c src/mail/reply.c src/mail/retryhint.c src/mail/dsn.c src/mail/xtext.c src/mail/dot.c src/mail/addr.c src/mail/utf8.c src/mail/header.c src/mail/date.c src/wire/job.c src/wire/packet.c src/wire/percent.c src/wire/fields.c src/lib/buf.c src/lib/num.c src/lib/fd.c src/lib/in.c src/lib/ip.c src/lib/proc.c src/lib/clock.c src/lib/msg.c src/compat/linux/system.c
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "remote/sasl.h"
#include "remote/transaction.h"
#include "lib/fd.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#define must(x) ((x) ? (void)0 : abort())
#define RCPTS 3

/* there is no login here: sasl_fuzz */
bool
sasl_login(struct client *c, struct result *r)
{
	(void)c;
	(void)r;
	abort();
}

static struct client client;
static struct delivery slots[2];
static struct result why;
static int reports[2], message = -1;
static const char text[] = "Subject: x\n\n.hello\n";

static void
set_up(void)
{
	char path[] = "/tmp/client_fuzz.XXXXXX";

	must(fd_pair(reports));
	message = mkstemp(path);
	must(message >= 0 && unlink(path) == 0 && fd_write(message, text, sizeof text - 1));
	signal(SIGPIPE, SIG_IGN);
}

static void
give(struct delivery *d, uint64_t number)
{
	static const char *const rcpt[RCPTS] = { "a@x.example", "b c@x.example", "c@x.example" };
	static const char *const rcpt_params[RCPTS] = { "NOTIFY=NEVER", "", "ORCPT=utf-8;d\xc3\xb6rte@x.example NOTIFY=SUCCESS,DELAY" };

	d->reports = reports[1];
	d->job.number = number;
	d->job.offset = 0;
	d->job.length = sizeof text - 1;
	d->job.sender = "s@y.example";
	d->job.params = number & 1 ? "BODY=8BITMIME VIA=list@y.example RET=HDRS ENVID=x+2By" : "";
	memcpy(d->job.rcpt, rcpt, sizeof rcpt);
	memcpy(d->job.rcpt_params, rcpt_params, sizeof rcpt_params);
	d->job.rcpts = RCPTS;
	d->job.message = dup(message);
	delivery_take(d);
	must(d->held);
}

/* how many reports on job number; a success is one only if there may be */
static unsigned
heard(uint64_t number, bool success)
{
	static char space[JOB_PACKET];
	struct report r;
	bool seen[RCPTS] = { false };
	unsigned n = 0;

	for (; report_get(reports[0], space, &r, MSG_DONTWAIT) == JOB_GOT; n++) {
		must(r.number == number && r.index < RCPTS && !seen[r.index]);
		must(r.verdict != 'K' || success);
		must(r.status[0] == (r.verdict == 'K' ? '2' : r.verdict == 'Z' ? '4' : '5'));
		seen[r.index] = true;
	}
	return n;
}

/* commands, and the text if it goes with them */
static bool
send_envelope(struct delivery *d, struct buf *b)
{
	struct iovec v[2] = { { b->s, b->len }, { (char *)(uintptr_t)d->piece, d->piece_len } };

	return client_send(&client, v, d->way == DELIVERY_AT_ONCE ? 2 : 1);
}

/* as in remote/remote.c: what another host gets is no reason to go on here */
static bool
may_follow(const struct delivery *d)
{
	return delivery_count(d, DELIVERY_WAITS) + delivery_count(d, DELIVERY_ELSEWHERE) == 0 && (client.proven || !client.others);
}

/* the last piece, and next's envelope right behind it */
static bool
send_end(struct delivery *d, struct delivery *next, struct buf *b)
{
	struct iovec v[3] = { { (char *)(uintptr_t)d->piece, d->piece_len } };
	int n = 1;

	if (d->piece_len == 0)
		return true;
	if (next && client.offers.pipelining && may_follow(d) && transaction_envelope(&client, next, b)) {
		v[1] = (struct iovec){ b->s, b->len };
		v[2] = (struct iovec){ (char *)(uintptr_t)next->piece, next->piece_len };
		n = next->way == DELIVERY_AT_ONCE ? 3 : 2;
	}
	if (client_send(&client, v, n)) {
		if (n > 1)
			next->sent = true;
		return true;
	}
	transaction_unsent(&client, d, errno);
	return false;
}

/* one transaction; was there a success? */
static bool
transact(struct delivery *d, struct delivery *next)
{
	struct buf b = BUF(TRANSACTION_COMMANDS);
	enum transaction_result r = TRANSACTION_GO;
	bool good = false;

	if (!d->sent) {
		if (!transaction_envelope(&client, d, &b)) {
			buf_free(&b);
			return false;
		}
		r = send_envelope(d, &b) ? TRANSACTION_GO : TRANSACTION_NOTHING;
		buf_clear(&b);
	}
	if (r == TRANSACTION_GO)
		r = transaction_answers(&client, d, &why);
	if (r == TRANSACTION_NOTHING) {
		client_close(&client);
		delivery_over(d, &why);
	}
	if (r == TRANSACTION_GO)
		r = transaction_text(&client, d);
	if (r == TRANSACTION_GO && send_end(d, next, &b)) {
		transaction_end(&client, d);
		good = client.lmtp || client.reply.code / 100 == 2;
	}
	buf_free(&b);
	return good;
}

/* one message, in as many transactions as it takes; next, if any, goes with its end */
static void
carry(struct delivery *d, struct delivery *next)
{
	bool good = false;
	int rounds = 0;

	do {
		good |= transact(d, next);
		must(++rounds <= RCPTS + 1);
	} while (d->held && client.fd >= 0 && delivery_count(d, DELIVERY_WAITS));
	if (d->held)
		delivery_over(d, &why);
	must(heard(d->job.number, good) == RCPTS);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	int pair[2];

	if (n == 0 || n > 60000)
		return 0;
	if (message < 0)
		set_up();
	must(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	must(fd_write(pair[1], data + 1, n - 1) && shutdown(pair[1], SHUT_WR) == 0);
	memset(&client, 0, sizeof client);
	client.fd = pair[0];
	client.remote_s = 10;
	strcpy(client.ip, "192.0.2.1");
	in_init(&client.in, client.fd, client.space, sizeof client.space, 5000);
	client.offers.pipelining = data[0] & 1;
	client.dirty = data[0] & 2;
	client.offers.sized = data[0] & 4;
	client.offers.size_max = 100;
	client.offers.chunking = client.wants_chunking = data[0] & 16;
	client.lmtp = data[0] & 32;
	client.offers.dsn = client.offers.utf8 = data[0] & 64;
	client.offers.rcpt_max = data[0] & 128 ? 2 : 0;
	client.others = n & 1;                  /* no bit is left: as long inputs as short ones are odd */
	result_say(&why, 'Z', true, "4.4.2", "nothing");
	give(&slots[0], 1);
	if (data[0] & 8)
		give(&slots[1], 11);
	carry(&slots[0], data[0] & 8 ? &slots[1] : 0);
	if (slots[1].held && client.fd >= 0)
		carry(&slots[1], 0);
	else if (slots[1].held) {
		delivery_over(&slots[1], &why);
		must(heard(11, false) == RCPTS);
	}
	client_close(&client);
	close(pair[1]);
	return 0;
}
