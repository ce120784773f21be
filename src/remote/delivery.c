#include "remote/delivery.h"

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
#define END ".\r\n"
_Static_assert(DOT_MOST(FRONT_MAX) < DOT_MOST(DELIVERY_CHUNK), "what goes before a message finds room at once");
_Static_assert(DELIVERY_HEAD >= sizeof "BDAT  LAST\r\n" + NUM_DEC, "BDAT finds room before a piece");

static struct result said;             /* big, and never two at a time */

void
delivery_report(struct delivery *d, size_t i, const struct result *o)
{
	struct report r = { .number = d->job.number, .index = i, .verdict = o->verdict, .site = o->site, .wait_s = o->wait_s,
	    .status = o->status, .via = o->via, .text = o->text };

	d->rcpt[i] = DELIVERY_REPORTED;
	if (!report_put(d->reports, &r, 0))
		die_sys(EX_SOFT, "report to pneu-send");        /* to which our end means Z for the rest */
}

static void
finish(struct delivery *d)
{
	close(d->job.message);
	d->job.message = -1;
	d->held = d->sent = false;
}

void
delivery_over(struct delivery *d, const struct result *o)
{
	size_t i;

	for (i = 0; i < d->job.rcpts; i++)
		if (d->rcpt[i] != DELIVERY_REPORTED)
			delivery_report(d, i, o);
	finish(d);
}

void
delivery_settle(struct delivery *d, const struct result *o)
{
	size_t i;

	for (i = 0; i < d->job.rcpts; i++)
		if (d->rcpt[i] == DELIVERY_ASKED || d->rcpt[i] == DELIVERY_TAKEN)
			delivery_report(d, i, o);
	d->sent = false;
	if (delivery_count(d, DELIVERY_WAITS) + delivery_count(d, DELIVERY_ELSEWHERE) == 0)
		finish(d);
}

bool
delivery_elsewhere(struct delivery *d, const struct result *o, bool all)
{
	size_t i;

	for (i = 0; i < d->job.rcpts; i++)
		if (d->rcpt[i] == DELIVERY_ASKED || d->rcpt[i] == DELIVERY_TAKEN || (all && d->rcpt[i] == DELIVERY_WAITS))
			d->rcpt[i] = DELIVERY_ELSEWHERE;
	if (delivery_count(d, DELIVERY_ELSEWHERE) == 0)
		return false;
	if (!d->elsewhere.verdict)
		d->elsewhere = *o;
	d->sent = false;
	return true;
}

void
delivery_return(struct delivery *d)
{
	size_t i;

	for (i = 0; i < d->job.rcpts; i++)
		if (d->rcpt[i] == DELIVERY_ELSEWHERE)
			d->rcpt[i] = DELIVERY_WAITS;
	d->elsewhere.verdict = 0;
}

size_t
delivery_count(const struct delivery *d, enum delivery_recipient what)
{
	size_t i, n = 0;

	for (i = 0; i < d->job.rcpts; i++)
		n += d->rcpt[i] == what;
	return n;
}

void
delivery_again(struct delivery *d)
{
	size_t i;

	for (i = 0; i < d->job.rcpts; i++)
		if (d->rcpt[i] == DELIVERY_ASKED || d->rcpt[i] == DELIVERY_TAKEN)
			d->rcpt[i] = DELIVERY_WAITS;
	d->sent = d->rset = d->alone = false;
}

/* ---- the text */

/* Read and encode the next piece of the message into text; with the last one the end. */
static bool
encode(struct delivery *d)
{
	static char raw[FRONT_MAX + DELIVERY_CHUNK];
	uint64_t left = d->job.length - d->at;
	size_t front = d->begun ? 0 : d->front.len, n = left < DELIVERY_CHUNK ? (size_t)left : DELIVERY_CHUNK;
	const char *from = raw;
	ssize_t r = n ? fd_pread(d->job.message, raw + front, n, (off_t)(d->job.offset + d->at)) : 0;

	if (r != (ssize_t)n) {
		if (r >= 0)
			errno = EIO;            /* the file is shorter than send said */
		return false;
	}
	if (front)
		memcpy(raw, d->front.s, front); /* it finds room: only the first piece has one */
	d->begun = true;
	d->text_len = dot_encode(&d->dot, &from, raw + front + n, n == left, d->text + DELIVERY_HEAD,
	    sizeof d->text - DELIVERY_HEAD);
	d->at += (uint64_t)(from - raw) - front;        /* what found no room is read again */
	d->piece = d->text + DELIVERY_HEAD;
	d->piece_len = d->text_len;
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

static bool
rewind_text(struct delivery *d, bool bdat)
{
	d->at = 0;
	d->begun = false;
	dot_init(&d->dot);
	d->dot.plain = bdat;
	d->fresh = encode(d);
	return d->fresh;
}

bool
delivery_text(struct delivery *d, bool bdat)
{
	d->chunks = 0;
	if (!d->fresh || (d->dot.plain != bdat && d->dot.stuffed))
		return rewind_text(d, bdat);
	/* without a line that begins with a dot both forms are the same but for the end */
	if (d->dot.done && d->dot.plain != bdat) {
		if (bdat)
			d->text_len -= strlen(END);
		else {
			memcpy(d->text + DELIVERY_HEAD + d->text_len, END, strlen(END));
			d->text_len += strlen(END);
		}
	}
	d->dot.plain = bdat;
	d->piece = d->text + DELIVERY_HEAD;
	d->piece_len = d->text_len;
	return true;
}

bool
delivery_next(struct delivery *d)
{
	d->fresh = false;
	return encode(d);
}

void
delivery_head(struct delivery *d)
{
	char head[DELIVERY_HEAD] = "BDAT ";
	size_t n = strlen(head);

	n += num_dec(head + n, d->text_len);
	strcpy(head + n, d->dot.done ? " LAST\r\n" : "\r\n");
	n = strlen(head);
	memcpy(d->text + DELIVERY_HEAD - n, head, n);
	d->piece = d->text + DELIVERY_HEAD - n;
	d->piece_len = n + d->text_len;
}

/* ---- the job */

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
		const char *status = *d->job.rcpt[i] ? objection(d->job.rcpt[i]) : "5.1.3";

		if (!status)
			continue;
		result_say(&said, 'D', false, status, "this recipient address cannot be sent through SMTP\n");
		delivery_report(d, i, &said);
	}
}

/* is there a byte over 127 in the header, or no end of it in this first piece? */
static bool
header_needs_utf8(const struct delivery *d)
{
	const char *text = d->piece, *end = d->text_len >= 2 && memcmp(text, "\r\n", 2) == 0 ? text :
	    memmem(text, d->text_len, "\r\n\r\n", 4);

	return end ? !utf8_ascii(text, (size_t)(end - text)) :
	    !utf8_ascii(text, d->text_len) || d->at < d->job.length;
}

static bool
is_8bit(const struct delivery *d)
{
	struct buf body = BUF(sizeof "8BITMIME");
	bool is = job_param_get(d->job.params, "BODY", &body) && strcmp(body.s, "8BITMIME") == 0;

	buf_free(&body);
	return is;
}

void
delivery_begin(struct delivery *d)
{
	d->held = true;
	/* nothing comes back of a double bounce; to other hosts that is the null sender */
	d->sender = strcmp(d->job.sender, "#@[]") == 0 ? "" : d->job.sender;
	d->sent = d->rset = d->alone = d->fresh = false;
	d->elsewhere.verdict = 0;
	memset(d->rcpt, 0, sizeof d->rcpt);
}

static void
no_message(struct delivery *d, const char *what)
{
	result_say(&said, 'Z', false, "4.3.0", "unable to ", what, " the message: ", strerror(errno), "\n");
	delivery_over(d, &said);
}

void
delivery_take(struct delivery *d)
{
	const char *status;
	size_t front;
	bool marked;

	delivery_begin(d);
	if (*d->sender && (status = objection(d->sender))) {
		result_say(&said, 'D', false, status[2] == '6' ? status : "5.1.7",
		    "this sender address cannot be sent through SMTP\n");
		delivery_over(d, &said);
		return;
	}
	check_recipients(d);
	if (delivery_count(d, DELIVERY_WAITS) == 0) {
		finish(d);
		return;
	}
	if (!put_front(d)) {
		no_message(d, "mark");
		return;
	}
	front = d->front.len ? d->front.len + 1 : 0;    /* with its CR */
	marked = front && !utf8_ascii(d->front.s, d->front.len);
	if (!rewind_text(d, false)) {
		no_message(d, "read");
		return;
	}
	d->eightbit = is_8bit(d);
	d->utf8 = job_param_get(d->job.params, "SMTPUTF8", 0);
	d->utf8_text = (d->utf8 || marked) && header_needs_utf8(d);
	d->size = d->dot.done ? d->text_len - strlen(END) - d->dot.stuffed : front + d->job.length;
}
