#include "deliver/transaction.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "lib/ascii.h"
#include "lib/fd.h"
#include "lib/msg.h"
#include "lib/num.h"
#include "mail/addr.h"
#include "mail/header.h"
#include "mail/utf8.h"
#include "wire/envelope.h"

#define FRONT_MAX (ENVELOPE_ADDR + sizeof "Delivered-To: \n")
_Static_assert(DOT_MOST(FRONT_MAX) < DOT_MOST(TRANSACTION_CHUNK), "what goes before a message finds room at once");

static struct result said;             /* big, and never two at a time */

static void
report(struct delivery *d, size_t i, const struct result *o)
{
	struct report r = { .number = d->job.number, .index = i, .verdict = o->verdict, .site = o->site,
	    .status = o->status, .text = o->text };

	d->reported[i] = true;
	if (!report_put(d->reports, &r, 0))
		die_sys(EX_SOFT, "report to pneu-send");        /* to which our end means Z for the rest */
}

void
delivery_over(struct delivery *d, const struct result *o)
{
	size_t i;

	for (i = 0; i < d->job.rcpts; i++)
		if (!d->reported[i])
			report(d, i, o);
	close(d->job.message);
	d->job.message = -1;
	d->held = d->sent = false;
}

/* Read and encode the next piece of the message into text; with the last one the final dot. */
static bool
next_piece(struct delivery *d)
{
	static char raw[FRONT_MAX + TRANSACTION_CHUNK];
	uint64_t left = d->job.length - d->at;
	size_t front = d->front.len, n = left < TRANSACTION_CHUNK ? (size_t)left : TRANSACTION_CHUNK;
	const char *from = raw;
	ssize_t r = n ? fd_pread(d->job.message, raw + front, n, (off_t)(d->job.offset + d->at)) : 0;

	if (r != (ssize_t)n) {
		if (r >= 0)
			errno = EIO;            /* the file is shorter than send said */
		return false;
	}
	if (front) {
		memcpy(raw, d->front.s, front);
		buf_clear(&d->front);           /* it finds room: only the first piece has one */
	}
	d->text_len = dot_encode(&d->dot, &from, raw + front + n, n == left, d->text, sizeof d->text);
	d->at += (uint64_t)(from - raw) - front;        /* what found no room is read again */
	return true;
}

/* the Delivered-To field, where the job has one; false: errno */
static bool
put_front(struct delivery *d)
{
	struct buf via = BUF(ENVELOPE_ADDR);
	bool is_there = job_param_get(d->job.params, "VIA", &via), ok;

	d->front.max = FRONT_MAX;
	buf_clear(&d->front);
	ok = is_there ? header_delivered_to(&d->front, via.s) : errno == 0;
	buf_free(&via);
	return ok;
}

/* Can this address stand in a command, with SMTPUTF8 if need be? A domain is in the form of the DNS when it comes here. */
static const char *
objection(const char *address)
{
	const char *at = strrchr(address, '@'), *s;

	for (s = address; *s; s++)
		if ((unsigned char)*s < 128 && !ascii_print(*s))
			return "5.1.3";
	if (!utf8_text(address, strlen(address)) || (at && !utf8_ascii(at, strlen(at))))
		return "5.6.7";
	return at && !addr_domain(at + 1, strlen(at + 1)) ? "5.1.3" : 0;
}

static void
check_recipients(struct delivery *d)
{
	size_t i;

	for (i = 0; i < d->job.rcpts; i++) {
		const char *status = objection(d->job.rcpt[i]);

		d->asked[i] = !status && *d->job.rcpt[i];
		if (d->asked[i])
			continue;
		result_say(&said, 'D', false, status ? status : "5.1.3",
		    "this recipient address cannot be sent through SMTP\n");
		report(d, i, &said);
	}
}

/* is there a byte over 127 in the header, or no end of it in this first piece? */
static bool
header_needs_utf8(const struct delivery *d)
{
	const char *end = d->text_len >= 2 && memcmp(d->text, "\r\n", 2) == 0 ? d->text :
	    memmem(d->text, d->text_len, "\r\n\r\n", 4);

	return end ? !utf8_ascii(d->text, (size_t)(end - d->text)) :
	    !utf8_ascii(d->text, d->text_len) || d->at < d->job.length;
}

void
delivery_take(struct delivery *d)
{
	const char *status;
	size_t i, asked = 0, front;
	bool marked;

	d->held = true;
	d->sender = d->job.sender;
	d->sent = d->rset = d->alone = false;
	memset(d->reported, 0, sizeof d->reported);
	memset(d->taken, 0, sizeof d->taken);
	d->at = 0;
	dot_init(&d->dot);
	if (*d->job.sender && (status = objection(d->job.sender))) {
		result_say(&said, 'D', false, status[2] == '6' ? status : "5.1.7",
		    "this sender address cannot be sent through SMTP\n");
		delivery_over(d, &said);
		return;
	}
	check_recipients(d);
	for (i = 0; i < d->job.rcpts; i++)
		asked += d->asked[i];
	if (asked == 0) {
		delivery_over(d, &said);
		return;
	}
	if (!put_front(d)) {
		result_say(&said, 'Z', false, "4.3.0", "unable to mark the message: ", strerror(errno), "\n");
		delivery_over(d, &said);
		return;
	}
	front = d->front.len ? d->front.len + 1 : 0;    /* with its CR */
	marked = front && !utf8_ascii(d->front.s, d->front.len);
	if (!next_piece(d)) {
		result_say(&said, 'Z', false, "4.3.0", "unable to read the message: ", strerror(errno), "\n");
		delivery_over(d, &said);
		return;
	}
	d->utf8 = job_param_get(d->job.params, "SMTPUTF8", 0);
	d->utf8_text = (d->utf8 || marked) && header_needs_utf8(d);
	d->size = d->dot.done ? d->text_len - strlen(".\r\n") - d->dot.stuffed : front + d->job.length;
}

static bool
put_path(struct buf *b, const char *command, const char *address)
{
	return buf_puts(b, command) && buf_byte(b, '<') && addr_quote(b, address, strlen(address)) && buf_byte(b, '>');
}

static bool
is_8bit(const struct delivery *d)
{
	struct buf body = BUF(sizeof "8BITMIME");
	bool is = job_param_get(d->job.params, "BODY", &body) && strcmp(body.s, "8BITMIME") == 0;

	buf_free(&body);
	return is;
}

/* does its envelope, or what we put before it? */
static bool
needs_utf8(const struct delivery *d)
{
	size_t i;

	for (i = 0; i < d->job.rcpts; i++)
		if (d->asked[i] && !utf8_ascii(d->job.rcpt[i], strlen(d->job.rcpt[i])))
			return true;
	return !utf8_ascii(d->sender, strlen(d->sender));
}

/* The server does not know SMTPUTF8: what needs it fails (RFC 6531 3.5), the rest goes. false: nothing is left */
static bool
without_utf8(struct client *c, struct delivery *d)
{
	bool all = d->utf8_text || !utf8_ascii(d->sender, strlen(d->sender));
	size_t i, left = 0;

	for (i = 0; i < d->job.rcpts; i++) {
		if (!d->asked[i])
			continue;
		d->asked[i] = !all && utf8_ascii(d->job.rcpt[i], strlen(d->job.rcpt[i]));
		left += d->asked[i];
		if (d->asked[i])
			continue;
		result_say(&said, 'D', false, "5.6.7", c->ip, " does not offer SMTPUTF8, which this ",
		    d->utf8_text ? "message" : all ? "sender address" : "recipient address", " needs\n");
		report(d, i, &said);
	}
	if (!left)
		delivery_over(d, &said);        /* nobody is left to hear it */
	return left;
}

static bool
put_mail(struct client *c, struct delivery *d, struct buf *b)
{
	if (!put_path(b, "MAIL FROM:", d->sender))
		return false;
	if (c->offers.sized && !(buf_puts(b, " SIZE=") && buf_num(b, d->size)))
		return false;
	if (c->offers.eightbit && is_8bit(d) && !buf_puts(b, " BODY=8BITMIME"))
		return false;
	if (c->offers.utf8 && (d->utf8 || needs_utf8(d)) && !buf_puts(b, " SMTPUTF8"))
		return false;
	return buf_puts(b, "\r\n");
}

static bool
put_rcpt(struct delivery *d, size_t i, struct buf *b)
{
	return put_path(b, "RCPT TO:", d->job.rcpt[i]) && buf_puts(b, "\r\n");
}

static bool
put_envelope(struct client *c, struct delivery *d, struct buf *b)
{
	size_t i;

	d->rset = c->dirty;
	if (d->rset && !buf_puts(b, "RSET\r\n"))
		return false;
	if (!c->offers.pipelining)
		return d->rset || put_mail(c, d, b);
	if (!put_mail(c, d, b))
		return false;
	for (i = 0; i < d->job.rcpts; i++)
		if (d->asked[i] && !put_rcpt(d, i, b))
			return false;
	return buf_puts(b, "DATA\r\n");
}

bool
transaction_envelope(struct client *c, struct delivery *d, struct buf *b)
{
	size_t before = b->len;
	char size[NUM_TEXT], most[NUM_TEXT];

	if (c->offers.sized && c->offers.size_max && d->size > c->offers.size_max) {
		result_say(&said, 'D', false, "5.3.4", "message of ", num_text(size, d->size), " bytes is too large: ", c->ip,
		    " takes ", num_text(most, c->offers.size_max), "\n");
		delivery_over(d, &said);
		return false;
	}
	if (!c->offers.utf8 && (d->utf8_text || needs_utf8(d)) && !without_utf8(c, d))
		return false;
	if (!put_envelope(c, d, b)) {
		result_say(&said, 'Z', false, "4.3.0", "unable to build the commands: ", strerror(errno), "\n");
		buf_cut(b, before);
		delivery_over(d, &said);
		return false;
	}
	c->dirty = false;
	c->jobs++;
	return true;
}

/* The connection is no good any more. Who is still to be heard of hears this. */
static enum transaction_result
broken(struct client *c, struct delivery *d, int error, const char *when)
{
	result_say(&said, 'Z', false, "4.4.2", c->ip, " ", client_trouble(error), " ", when, "\n");
	client_close(c);
	delivery_over(d, &said);
	return TRANSACTION_OVER;
}

/* a 421: the server ends the connection, whatever was asked */
static enum transaction_result
dismissed(struct client *c, struct delivery *d)
{
	result_reply(&said, &c->reply, false, ".3.2", c->ip, "ended the connection.");
	client_close(c);
	delivery_over(d, &said);
	return TRANSACTION_OVER;
}

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
		if (!c->offers.pipelining && !send_one(c, &b, put_mail(c, d, &b)))
			return false;
	}
	return client_reply(c, CLIENT_COMMAND_S);
}

static enum transaction_result
answer_to_rcpt(struct client *c, struct delivery *d, size_t i, bool sender_ok)
{
	struct buf b = BUF(TRANSACTION_COMMANDS);

	if ((!c->offers.pipelining && !send_one(c, &b, put_rcpt(d, i, &b))) || !client_reply(c, CLIENT_COMMAND_S))
		return broken(c, d, errno, "before it had answered to all recipients");
	if (c->reply.code == 421)
		return dismissed(c, d);
	if (!sender_ok)
		return TRANSACTION_GO;
	d->taken[i] = c->reply.code / 100 == 2;
	if (!d->taken[i]) {
		result_reply(&said, &c->reply, false, ".1.0", c->ip, "refused this recipient.");
		report(d, i, &said);
	}
	return TRANSACTION_GO;
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
		return TRANSACTION_GO;
	}
	if (c->reply.code / 100 == 2)           /* what it takes the next bytes for, nobody knows */
		return broken(c, d, EPROTO, "when asked with DATA");
	c->dirty = true;
	result_reply(&said, &c->reply, false, ".3.0", c->ip, "did not want the message's text.");
	delivery_over(d, &said);
	return TRANSACTION_OVER;
}

static enum transaction_result
nobody_taken(struct client *c, struct delivery *d)
{
	c->dirty = true;
	delivery_over(d, &said);                /* nobody is left to hear it */
	return TRANSACTION_OVER;
}

enum transaction_result
transaction_answers(struct client *c, struct delivery *d, struct result *why)
{
	bool sender_ok, any = false;
	size_t i;

	if (!answer_to_mail(c, d)) {
		result_say(why, 'Z', true, "4.4.2", c->ip, " ", client_trouble(errno), " before it had answered to MAIL\n");
		return TRANSACTION_NOTHING;
	}
	if (c->reply.code == 421) {
		result_reply(why, &c->reply, true, ".3.2", c->ip, "ended the connection.");
		return TRANSACTION_NOTHING;
	}
	sender_ok = c->reply.code / 100 == 2;
	if (!sender_ok) {
		result_reply(&said, &c->reply, false, ".1.0", c->ip, "refused the sender.");
		for (i = 0; i < d->job.rcpts; i++)
			if (!d->reported[i])
				report(d, i, &said);
		if (!c->offers.pipelining)
			return nobody_taken(c, d);
	}
	for (i = 0; i < d->job.rcpts; i++) {
		if (!d->asked[i])
			continue;
		if (answer_to_rcpt(c, d, i, sender_ok) == TRANSACTION_OVER)
			return TRANSACTION_OVER;
		any = any || d->taken[i];
	}
	return any || c->offers.pipelining ? answer_to_data(c, d, any) : nobody_taken(c, d);
}

void
transaction_unsent(struct client *c, struct delivery *d, int error)
{
	/* a server that refuses a text before its end may have said why */
	if (error != ETIMEDOUT && error != EPROTO && client_reply(c, 0) && c->reply.code >= 400) {
		result_reply(&said, &c->reply, false, ".3.0", c->ip, "refused the message before its end.");
		client_close(c);
		delivery_over(d, &said);
	} else
		(void)broken(c, d, error, "inside the message's text");
}

enum transaction_result
transaction_text(struct client *c, struct delivery *d)
{
	struct iovec v;

	if (d->alone) {
		memcpy(d->text, ".\r\n", 3);
		d->text_len = 3;
		return TRANSACTION_GO;
	}
	while (!d->dot.done) {
		v.iov_base = d->text;
		v.iov_len = d->text_len;
		if (d->text_len && !client_send(c, &v, 1)) {
			transaction_unsent(c, d, errno);
			return TRANSACTION_OVER;
		}
		if (next_piece(d))
			continue;
		result_say(&said, 'Z', false, "4.3.0", "unable to read the message: ", strerror(errno), "\n");
		client_close(c);                /* no dot was sent: the server drops what it has */
		delivery_over(d, &said);
		return TRANSACTION_OVER;
	}
	return TRANSACTION_GO;
}

void
transaction_end(struct client *c, struct delivery *d)
{
	if (!client_reply(c, CLIENT_FINAL_S)) {
		(void)broken(c, d, errno, "after the whole message was sent; it may arrive twice");
		return;
	}
	if (c->reply.code == 421) {
		(void)dismissed(c, d);
		return;
	}
	if (c->reply.code / 100 == 2)
		result_reply(&said, &c->reply, false, ".0.0", c->ip, "accepted message.");
	else
		result_reply(&said, &c->reply, false, ".3.0", c->ip, "refused the message.");
	delivery_over(d, &said);
}
