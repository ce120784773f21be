#include "remote/transaction.h"

#include <errno.h>
#include <string.h>

#include "remote/commands.h"
#include "lib/num.h"
#include "mail/utf8.h"

static struct result said;             /* big, and never two at a time */

static void
say_reply(const struct client *c, const char *detail, const char *what)
{
	result_reply(&said, &c->reply, false, detail, c->ip, what);
	client_via(c, &said, said.verdict == 'K' && c->offers.dsn);
}

#define say(c, verdict, status, ...) \
	(result_say(&said, (verdict), false, (status), __VA_ARGS__), client_via((c), &said, false))

/* ---- the envelope */

/* The server does not know SMTPUTF8: what needs it fails (RFC 6531 3.5), the rest goes. false: nothing is left */
static bool
without_utf8(const struct client *c, struct delivery *d)
{
	bool all = d->utf8_text || !utf8_ascii(d->sender, strlen(d->sender));
	size_t i;

	say(c, 'D', "5.6.7", c->ip, " does not offer SMTPUTF8, which this ",
	    d->utf8_text ? "message" : all ? "sender address" : "recipient address", " needs\n");
	for (i = 0; i < d->job.rcpts; i++)
		if (d->rcpt[i] != DELIVERY_REPORTED && (all || !utf8_ascii(d->job.rcpt[i], strlen(d->job.rcpt[i]))))
			delivery_report(d, i, &said);
	if (delivery_count(d, DELIVERY_REPORTED) < d->job.rcpts)
		return true;
	delivery_over(d, &said);                /* nobody is left to hear it */
	return false;
}

/* can the server take this message at all? false: it is over, or what is left of it */
static bool
is_fit(const struct client *c, struct delivery *d)
{
	const struct offers *o = &c->offers;
	char size[NUM_TEXT], most[NUM_TEXT];

	if (o->sized && o->size_max && d->size > o->size_max) {
		say(c, 'D', "5.3.4", "message of ", num_text(size, d->size), " bytes is too large: ", c->ip, " takes ",
		    num_text(most, o->size_max), "\n");
		delivery_over(d, &said);
		return false;
	}
	if (d->eightbit && !o->eightbit && c->strict_8bit) {
		say(c, 'D', "5.6.3", c->ip, " does not offer 8BITMIME, which this message needs\n");
		delivery_over(d, &said);
		return false;
	}
	return o->utf8 || !(d->utf8_text || commands_need_utf8(d)) || without_utf8(c, d);
}

/* How the text will go, and its first piece. LMTP gets DATA: there is no round trip to be saved within a host, and what
 * servers say to BDAT without a recipient differs. */
static bool
choose_way(const struct client *c, struct delivery *d)
{
	bool bdat = c->offers.chunking && c->wants_chunking && !c->lmtp;

	d->way = bdat ? DELIVERY_CHUNKS : DELIVERY_DATA;
	if (!delivery_text(d, bdat))
		return false;
	if (bdat && d->dot.done && c->offers.pipelining && d->text_len <= TRANSACTION_AT_ONCE) {
		d->way = DELIVERY_AT_ONCE;
		delivery_head(d);
	}
	return true;
}

static bool
put_commands(struct client *c, struct delivery *d, struct buf *b)
{
	size_t i;

	d->rset = c->dirty;
	if (d->rset && !buf_puts(b, "RSET\r\n"))
		return false;
	if (!c->offers.pipelining)
		return d->rset || commands_mail(b, d, &c->offers);
	if (!commands_mail(b, d, &c->offers))
		return false;
	for (i = 0; i < d->job.rcpts; i++)
		if (d->rcpt[i] == DELIVERY_ASKED && !commands_rcpt(b, d, i, &c->offers))
			return false;
	return d->way != DELIVERY_DATA || buf_puts(b, "DATA\r\n");
}

bool
transaction_envelope(struct client *c, struct delivery *d, struct buf *b)
{
	size_t before = b->len;

	if (!is_fit(c, d))
		return false;
	commands_pick(d, &c->offers);
	if (!choose_way(c, d) || !put_commands(c, d, b)) {
		say(c, 'Z', "4.3.0", "unable to prepare the message: ", strerror(errno), "\n");
		buf_cut(b, before);
		delivery_over(d, &said);
		return false;
	}
	c->dirty = false;
	c->jobs++;
	return true;
}

/* ---- what another host may do better */

/* Is what was said, and the reply is still there, of the host alone? Then another one may take what it does not (RFC 5321 5.1).
 * Of the address, the mailbox and what is allowed they would all say the same, and a time to wait is a promise. */
static bool
is_hosts_trouble(const struct client *c)
{
	char status[REPLY_STATUS];

	if (!c->others || c->reply.code / 100 != 4 || said.wait_s)
		return false;
	if (c->reply.code == 421)
		return true;
	if (reply_status(&c->reply, status) && status[0] == '4')
		return (status[2] == '3' || status[2] == '4') && status[3] == '.';
	return c->reply.code != 450;
}

/* the transaction has come to nothing, or to something: what was said is for those that were asked */
static void
settle(const struct client *c, struct delivery *d)
{
	if (!is_hosts_trouble(c) || !delivery_elsewhere(d, &said, false))
		delivery_settle(d, &said);
}

/* ---- what ends a connection */

/* The connection is no good any more. Who is still to be heard of hears this. */
static enum transaction_result
broken(struct client *c, struct delivery *d, int error, const char *when)
{
	say(c, 'Z', "4.4.2", c->ip, " ", client_trouble(error), " ", when, "\n");
	client_close(c);
	delivery_over(d, &said);
	return TRANSACTION_OVER;
}

/* a 421: the server ends the connection, whatever was asked */
static enum transaction_result
dismissed(struct client *c, struct delivery *d)
{
	say_reply(c, ".3.2", "ended the connection.");
	client_close(c);
	if (!is_hosts_trouble(c) || !delivery_elsewhere(d, &said, true))
		delivery_over(d, &said);
	return TRANSACTION_OVER;
}

/* It offered CHUNKING and does not know BDAT, so it may have taken the message for commands: let it go, and never again in
 * this process. Nobody took the message, the next connection tries with DATA. */
static enum transaction_result
without_chunking(struct client *c, struct delivery *d)
{
	c->wants_chunking = false;
	client_close(c);
	delivery_again(d);
	return TRANSACTION_OVER;
}

/* is this an answer to the first BDAT that says so? */
static bool
knows_no_bdat(const struct client *c, const struct delivery *d)
{
	return d->way != DELIVERY_DATA && d->chunks == 0 && c->reply.code >= 500 && c->reply.code <= 504 &&
	    delivery_count(d, DELIVERY_TAKEN) > 0;
}

/* ---- the answers to it */

static bool
send_one(struct client *c, struct buf *b, bool built)
{
	struct iovec v = { .iov_base = b->s, .iov_len = b->len };
	bool ok = built && client_send(c, &v, 1);
	int e = errno;

	buf_free(b);
	errno = e;
	return ok;
}

/* the answers to RSET, if there was one, and MAIL; false: nothing of use came */
static bool
answer_to_mail(struct client *c, struct delivery *d)
{
	struct buf b = BUF(TRANSACTION_COMMANDS);

	if (d->rset) {
		if (!client_reply(c, CLIENT_COMMAND_S))
			return false;
		if (c->reply.code / 100 != 2) {
			errno = EPROTO;
			return false;
		}
		if (!c->offers.pipelining && !send_one(c, &b, commands_mail(&b, d, &c->offers)))
			return false;
	}
	return client_reply(c, CLIENT_COMMAND_S);
}

/* one recipient, for what was said */
static void
not_taken(const struct client *c, struct delivery *d, size_t i)
{
	if (!is_hosts_trouble(c)) {
		delivery_report(d, i, &said);
		return;
	}
	d->rcpt[i] = DELIVERY_ELSEWHERE;
	if (!d->elsewhere.verdict)
		d->elsewhere = said;
}

static enum transaction_result
answer_to_rcpt(struct client *c, struct delivery *d, size_t i, bool sender_ok)
{
	struct buf b = BUF(TRANSACTION_COMMANDS);
	size_t taken;

	if ((!c->offers.pipelining && !send_one(c, &b, commands_rcpt(&b, d, i, &c->offers))) ||
	    !client_reply(c, CLIENT_COMMAND_S))
		return broken(c, d, errno, "before it had answered to all recipients");
	if (c->reply.code == 421)
		return dismissed(c, d);
	if (!sender_ok)
		return TRANSACTION_GO;
	if (c->reply.code / 100 == 2) {
		d->rcpt[i] = DELIVERY_TAKEN;
		return TRANSACTION_GO;
	}
	if (reply_too_many(&c->reply) && (taken = delivery_count(d, DELIVERY_TAKEN)) > 0) {
		d->rcpt[i] = DELIVERY_WAITS;
		if (!c->offers.rcpt_max || taken < c->offers.rcpt_max)
			c->offers.rcpt_max = taken;
		return TRANSACTION_GO;
	}
	say_reply(c, ".1.0", "refused this recipient.");
	not_taken(c, d, i);
	return TRANSACTION_GO;
}

static enum transaction_result
nobody_taken(struct client *c, struct delivery *d)
{
	c->dirty = true;
	delivery_settle(d, &said);              /* nobody of this transaction is left to hear it */
	return TRANSACTION_OVER;
}

static enum transaction_result
answer_to_data(struct client *c, struct delivery *d, bool any)
{
	struct buf b = BUF(TRANSACTION_COMMANDS);

	if ((!c->offers.pipelining && !send_one(c, &b, buf_puts(&b, "DATA\r\n"))) || !client_reply(c, CLIENT_DATA_S))
		return broken(c, d, errno, "before it had answered to DATA");
	if (c->reply.code == 421)
		return dismissed(c, d);
	if (c->reply.code / 100 == 3) {
		d->alone = !any;
		if (any || !c->lmtp)
			return TRANSACTION_GO;
		client_close(c);                /* how many answers a dot would have, nobody knows */
		return nobody_taken(c, d);
	}
	if (c->reply.code / 100 == 2)           /* what it takes the next bytes for, nobody knows */
		return broken(c, d, EPROTO, "when asked with DATA");
	c->dirty = true;
	say_reply(c, ".3.0", "did not want the message's text.");
	settle(c, d);
	return TRANSACTION_OVER;
}

/* what was said of the sender holds for all of them */
static void
sender_refused(struct client *c, struct delivery *d)
{
	size_t i;

	say_reply(c, ".1.0", "refused the sender.");
	if (is_hosts_trouble(c) && delivery_elsewhere(d, &said, true))
		return;
	for (i = 0; i < d->job.rcpts; i++)
		if (d->rcpt[i] != DELIVERY_REPORTED)
			delivery_report(d, i, &said);
}

enum transaction_result
transaction_answers(struct client *c, struct delivery *d, struct result *why)
{
	bool asked[JOB_RECIPIENTS], sender_ok, any;
	size_t i;

	if (!answer_to_mail(c, d)) {
		result_say(why, 'Z', true, "4.4.2", c->ip, " ", client_trouble(errno), " before it had answered to MAIL\n");
		client_via(c, why, false);
		return TRANSACTION_NOTHING;
	}
	if (c->reply.code == 421) {
		result_reply(why, &c->reply, true, ".3.2", c->ip, "ended the connection.");
		client_via(c, why, false);
		return TRANSACTION_NOTHING;
	}
	for (i = 0; i < d->job.rcpts; i++)
		asked[i] = d->rcpt[i] == DELIVERY_ASKED;
	sender_ok = c->reply.code / 100 == 2;
	if (!sender_ok)
		sender_refused(c, d);
	if (!sender_ok && !c->offers.pipelining)
		return nobody_taken(c, d);
	for (i = 0; i < d->job.rcpts; i++)
		if (asked[i] && answer_to_rcpt(c, d, i, sender_ok) == TRANSACTION_OVER)
			return TRANSACTION_OVER;
	any = delivery_count(d, DELIVERY_TAKEN) > 0;
	if (d->way == DELIVERY_DATA)
		return any || c->offers.pipelining ? answer_to_data(c, d, any) : nobody_taken(c, d);
	return any || d->way == DELIVERY_AT_ONCE ? TRANSACTION_GO : nobody_taken(c, d);
}

/* ---- the text */

/* It speaks, or has gone, before the end of the text. Nobody has this message. */
static enum transaction_result
cut_short(struct client *c, struct delivery *d, int error)
{
	if (!client_reply(c, 0) || c->reply.code < 400)
		return broken(c, d, error, "inside the message's text");
	if (c->reply.code == 421)
		return dismissed(c, d);
	say_reply(c, ".3.0", "refused the message before its end.");
	client_close(c);
	settle(c, d);
	return TRANSACTION_OVER;
}

/* the answer to a chunk that is not the last one */
static enum transaction_result
answer_to_chunk(struct client *c, struct delivery *d)
{
	if (!client_reply(c, CLIENT_BLOCK_S))
		return broken(c, d, errno, "inside the message's text");
	c->owed--;
	if (c->reply.code / 100 == 2) {
		d->chunks++;
		return TRANSACTION_GO;
	}
	if (c->reply.code == 421)
		return dismissed(c, d);
	if (knows_no_bdat(c, d))
		return without_chunking(c, d);
	say_reply(c, ".3.0", "refused the message before its end.");
	client_close(c);                        /* rather than hear what it says to the others on their way */
	settle(c, d);
	return TRANSACTION_OVER;
}

void
transaction_unsent(struct client *c, struct delivery *d, int error)
{
	/* a server that refuses a text before its end may have said why */
	bool may_have_said = error != ETIMEDOUT;

	while (may_have_said && c->owed && client_is_heard(c))
		if (answer_to_chunk(c, d) == TRANSACTION_OVER)
			return;
	if (may_have_said && !c->owed)
		(void)cut_short(c, d, error);
	else
		(void)broken(c, d, error, "inside the message's text");
}

/* one piece that is not the last */
static enum transaction_result
send_piece(struct client *c, struct delivery *d)
{
	struct iovec v;

	if (d->way == DELIVERY_CHUNKS)
		delivery_head(d);
	v.iov_base = (char *)(uintptr_t)d->piece;
	v.iov_len = d->piece_len;
	if (d->way == DELIVERY_DATA && client_is_heard(c))
		return cut_short(c, d, EPROTO);
	if (d->piece_len && !client_send(c, &v, 1)) {
		transaction_unsent(c, d, errno);
		return TRANSACTION_OVER;
	}
	if (d->way == DELIVERY_DATA)
		return TRANSACTION_GO;
	c->owed++;
	while (c->owed && (c->owed == (c->offers.pipelining ? TRANSACTION_AHEAD : 1) || client_is_heard(c)))
		if (answer_to_chunk(c, d) == TRANSACTION_OVER)
			return TRANSACTION_OVER;
	return TRANSACTION_GO;
}

enum transaction_result
transaction_text(struct client *c, struct delivery *d)
{
	if (d->alone) {
		d->piece = ".\r\n";
		d->piece_len = 3;
		return TRANSACTION_GO;
	}
	if (d->way == DELIVERY_AT_ONCE) {       /* it is gone */
		d->piece_len = 0;
		return TRANSACTION_GO;
	}
	while (!d->dot.done) {
		if (send_piece(c, d) == TRANSACTION_OVER)
			return TRANSACTION_OVER;
		if (delivery_next(d))
			continue;
		say(c, 'Z', "4.3.0", "unable to read the message: ", strerror(errno), "\n");
		client_close(c);                /* no end was sent: the server drops what it has */
		delivery_over(d, &said);
		return TRANSACTION_OVER;
	}
	if (d->way == DELIVERY_CHUNKS)
		delivery_head(d);
	return TRANSACTION_GO;
}

/* ---- and what becomes of it */

static enum transaction_result
final_reply(struct client *c, struct delivery *d)
{
	if (!client_reply(c, CLIENT_FINAL_S))
		return broken(c, d, errno, "after the whole message was sent; it may arrive twice");
	if (c->reply.code == 421)
		return dismissed(c, d);
	if (c->reply.code / 100 == 2)
		say_reply(c, ".0.0", "accepted message.");
	else
		say_reply(c, ".3.0", "refused the message.");
	return TRANSACTION_GO;
}

/* an answer for each recipient, in their order (RFC 2033 4.2) */
static void
lmtp_end(struct client *c, struct delivery *d)
{
	size_t i;

	for (i = 0; i < d->job.rcpts; i++) {
		if (d->rcpt[i] != DELIVERY_TAKEN)
			continue;
		if (final_reply(c, d) == TRANSACTION_OVER)
			return;
		not_taken(c, d, i);
	}
	delivery_settle(d, &said);
}

void
transaction_end(struct client *c, struct delivery *d)
{
	while (c->owed)
		if (answer_to_chunk(c, d) == TRANSACTION_OVER)
			return;
	if (c->lmtp) {
		lmtp_end(c, d);
		return;
	}
	if (final_reply(c, d) == TRANSACTION_OVER)
		return;
	if (knows_no_bdat(c, d)) {
		(void)without_chunking(c, d);
		return;
	}
	if (d->way != DELIVERY_DATA && c->reply.code / 100 != 2)
		c->dirty = true;                /* RFC 3030 leaves open whether the transaction is over */
	c->proven = c->proven || c->reply.code / 100 == 2;
	settle(c, d);
}
