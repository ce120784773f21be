/* bounce - tell the sender of a message who did not get it, and why.
 *   fd 0  the queue file, read-only, with 'd' records not yet followed by 'b'    -> wire/queuefile.h
 *   fd 1  when the bounce is queued: "QP ID\n", the injector's pid and the queue's ID of the bounce
 *   argv  the ID of the message
 *   exit  0 the bounce is on disk in the queue; 100 there is nothing to bounce; 111 try again later
 * Invariant: a bounce has the null sender, and a bounce that cannot be delivered goes once more, to the postmaster, with
 * the sender "#@[]", which ends it (the runner drops such a message). RFC 3461, 3464, 6522, 6533; manual: pneu-bounce(8) */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/ascii.h"
#include "lib/clock.h"
#include "lib/conf.h"
#include "lib/fd.h"
#include "lib/msg.h"
#include "lib/num.h"
#include "lib/sig.h"
#include "mail/addr.h"
#include "mail/date.h"
#include "mail/utf8.h"
#include "mail/xtext.h"
#include "wire/envelope.h"
#include "wire/inject.h"
#include "wire/queuefile.h"

#define TEXT_MAX (1u << 20)
#define POUR 65536                      /* text is handed on in pieces of about this size: a million may have failed */
#define SHOWN_MAX 100                   /* recipients described one by one; the rest are counted */
#define REASONS_MAX (4u << 20)          /* bytes of reasons in the second part; who failed after that is named without */
#define LINE_BYTES 900                  /* RFC 5322 2.1.1 has 998 */

struct bounce {
	struct qf file;
	const char *sender;             /* whose failed recipients this bounce is about */
	struct buf me, from, host, double_to, double_host;
	uint64_t max_bytes;             /* of the original that are sent back */
	bool is_double;
	struct buf to;                  /* envelope recipient of the bounce */
	struct inject in;
	struct buf text;                /* what has not been handed on yet */
	bool has_8bit;                  /* the original was declared so */
	bool utf8;                      /* its addresses may hold UTF-8, and the bounce may too (RFC 6533) */
	char boundary[40];
	const char *id;
};

static void
settings(struct bounce *b)
{
	struct conf table[] = {
		{ "me", CONF_LINE, &b->me, 0, 0, 0 },
		{ "bouncefrom", CONF_LINE, &b->from, 0, 0, 0 },
		{ "bouncehost", CONF_LINE, &b->host, 0, 0, 0 },
		{ "doublebounceto", CONF_LINE, &b->double_to, 0, 0, 0 },
		{ "doublebouncehost", CONF_LINE, &b->double_host, 0, 0, 0 },
		{ "bouncemaxbytes", CONF_NUMBER, &b->max_bytes, 50000, 0, 1u << 30 },
	};
	struct conf_error e;

	if (!conf_read(table, sizeof table / sizeof *table, &e))
		die_say(EX_SOFT, e.text);
	if (!conf_host_name(&b->me))
		die_say(EX_SOFT, "control/me is missing and the host has no name");
}

static const char *
or(const struct buf *b, const char *preset)
{
	return b->len ? b->s : preset;
}

static void
puts_or_die(struct buf *b, const char *s)
{
	if (!buf_puts(b, s))
		die_sys(EX_SOFT, "hold the bounce");
}

static void
num_or_die(struct buf *b, uint64_t n)
{
	if (!buf_num(b, n))
		die_sys(EX_SOFT, "hold the bounce");
}

/* several strings, ended by 0 */
#define PUTS(b, ...) puts_all((b), (const char *const[]){ __VA_ARGS__, 0 })

static void
puts_all(struct buf *b, const char *const *s)
{
	for (; *s; s++)
		puts_or_die(b, *s);
}

/* strangers' words: printable ASCII on lines of their own, each but the first begun with prefix; 0: all on one line */
static void
put_masked(struct buf *b, const char *s, const char *prefix)
{
	size_t column = 0;

	for (; *s; s++) {
		char c[2] = { ascii_mask(*s), 0 };

		if (prefix && *s == '\n') {
			if (s[1])
				PUTS(b, "\n", prefix);
			column = 0;
			continue;
		}
		if (prefix && column++ == LINE_BYTES) {
			PUTS(b, "\n", prefix);
			column = 1;
		}
		puts_or_die(b, c);
	}
}

/* An error shows in inject_end. Should we die before that, the injector gets no envelope and queues nothing. */
static void
pour(struct bounce *b)
{
	if (b->text.len >= POUR) {
		inject_write(&b->in, b->text.s, b->text.len);
		buf_clear(&b->text);
	}
}

static void
put_address(const struct bounce *b, struct buf *t, const char *s)
{
	struct buf quoted = BUF(8192);

	if (!addr_quote(&quoted, s, strlen(s)))
		die_sys(EX_SOFT, "hold an address");
	if (b->utf8 && utf8_text(quoted.s ? quoted.s : "", quoted.len))
		puts_or_die(t, quoted.len ? quoted.s : "");
	else
		put_masked(t, quoted.len ? quoted.s : "", 0);   /* nothing was put of the null sender */
	buf_free(&quoted);
}

/* in a field of the second part, with its type */
static void
put_typed_address(struct bounce *b, const char *s)
{
	puts_or_die(&b->text, utf8_ascii(s, strlen(s)) || !b->utf8 ? "rfc822; " : "utf-8; ");
	put_address(b, &b->text, s);
}

/* A bounce goes to the sender; of a bounce, to the postmaster; of mail to a list with an address for each
 * recipient ("pre@host-@[]"), to the list's own address ("pre@host"). */
static void
choose_recipient(struct bounce *b)
{
	const char *sender = b->sender;
	size_t n = strlen(sender);

	b->to.max = 4096;
	b->is_double = n == 0;
	if (b->is_double)
		PUTS(&b->to, or(&b->double_to, "postmaster"), "@", or(&b->double_host, b->me.s));
	else if (n > 4 && strcmp(sender + n - 4, "-@[]") == 0) {
		puts_or_die(&b->to, sender);
		buf_cut(&b->to, n - 4);
	} else
		puts_or_die(&b->to, sender);
}

/* nothing in the original can guess it */
static void
choose_boundary(struct bounce *b)
{
	unsigned char r[16];
	size_t i;

	if (getentropy(r, sizeof r) != 0)
		die_sys(EX_SOFT, "get random bytes");
	memcpy(b->boundary, "pneu-", 5);
	for (i = 0; i < sizeof r; i++) {
		b->boundary[5 + 2 * i] = "0123456789abcdef"[r[i] >> 4];
		b->boundary[6 + 2 * i] = "0123456789abcdef"[r[i] & 15];
	}
}

static void
put_header(struct bounce *b)
{
	char date[DATE_RFC5322];

	date_rfc5322(date, clock_wall_s());
	PUTS(&b->text, "From: Mail delivery <", or(&b->from, "MAILER-DAEMON"), "@", or(&b->host, b->me.s), ">\nTo: <");
	put_address(b, &b->text, b->to.s);
	PUTS(&b->text, ">\nSubject: ", b->is_double ? "Undeliverable bounce" : "Mail could not be delivered",
	    "\nDate: ", date, "\nMessage-ID: <", b->id, ".bounce.");
	num_or_die(&b->text, (uint64_t)getpid());
	PUTS(&b->text, "@", b->me.s, ">\nAuto-Submitted: auto-replied\nMIME-Version: 1.0\n",
	    b->has_8bit ? "Content-Transfer-Encoding: 8bit\n" : "", "Content-Type: multipart/report; report-type=",
	    b->utf8 ? "global-" : "", "delivery-status;\n\tboundary=\"", b->boundary, "\"\n\n");
}

static bool
owed(const struct bounce *b, size_t i)
{
	return b->file.rcpt[i].state == QF_FAILED && (!b->sender || strcmp(qf_sender(&b->file, i), b->sender) == 0);
}

/* One bounce is for one sender: a list has its owner. The first one's turn is now, the others' come later. */
static size_t
choose_sender(struct bounce *b)
{
	size_t i, failed = 0;

	for (i = 0; i < b->file.rcpts; i++) {
		failed += owed(b, i);
		if (failed && !b->sender)
			b->sender = qf_sender(&b->file, i);
	}
	return failed;
}

/* the end of the address, and whom the sender wrote to, if that was an alias */
static void
put_alias(struct bounce *b, size_t i)
{
	size_t root = qf_root(&b->file, i);
	const char *alias = qf_string(&b->file, b->file.rcpt[root].addr);

	puts_or_die(&b->text, ">");
	if (strcmp(alias, qf_address(&b->file, i)) == 0)
		return;
	puts_or_die(&b->text, " (for <");
	put_address(b, &b->text, alias);
	puts_or_die(&b->text, ">)");
}

static void
put_words(struct bounce *b, size_t failed)
{
	struct buf *t = &b->text;
	size_t i, shown = 0;

	PUTS(t, "--", b->boundary, "\nContent-Type: text/plain; charset=",
	    b->utf8 ? "utf-8\nContent-Transfer-Encoding: 8bit" : "us-ascii", "\n\n"
	    "This is the mail system at ", b->me.s, ".\n\n");
	puts_or_die(t, b->is_double ?
	    "A bounce could not be delivered to the address it was meant for:\n\n" :
	    "Your message could not be delivered to the address below. It will not be\ntried again. "
	    "What the mail system there, or this one, gave as the reason\nstands after each address.\n\n");
	for (i = 0; i < b->file.rcpts && shown < SHOWN_MAX; i++) {
		const struct qf_rcpt *r = &b->file.rcpt[i];

		if (!owed(b, i))
			continue;
		shown++;
		puts_or_die(t, "<");
		put_address(b, t, qf_address(&b->file, i));
		put_alias(b, i);
		puts_or_die(t, ":\n  ");
		put_masked(t, qf_string(&b->file, r->last), "  ");
		puts_or_die(t, "\n\n");
		pour(b);
	}
	if (failed > shown) {
		puts_or_die(t, "... and ");
		num_or_die(t, failed - shown);
		puts_or_die(t, " more; the second part of this message names them all.\n\n");
	}
}

static const char *
status_of(const struct qf_rcpt *r)
{
	return r->status[0] == '5' ? r->status : "5.0.0";
}

/* what xtext stands for, on one line; raw UTF-8 (RFC 6533) only where it may stand */
static void
put_xtext(struct bounce *b, const char *s)
{
	struct buf text = BUF(8192);

	if (!xtext_get(&text, s))
		die_sys(EX_SOFT, "hold a parameter");
	if (b->utf8 && utf8_text(text.s ? text.s : "", text.len))
		puts_or_die(&b->text, text.len ? text.s : "");
	else
		put_masked(&b->text, text.len ? text.s : "", 0);
	buf_free(&text);
}

/* ORCPT=TYPE;address, as the sender gave it */
static void
put_original_recipient(struct bounce *b, const char *orcpt)
{
	const char *semicolon = orcpt ? strchr(orcpt, ';') : 0;
	char type[64];

	if (!semicolon || (size_t)(semicolon - orcpt) >= sizeof type)
		return;
	memcpy(type, orcpt, (size_t)(semicolon - orcpt));
	type[semicolon - orcpt] = 0;
	puts_or_die(&b->text, "Original-Recipient: ");
	put_masked(&b->text, type, 0);
	puts_or_die(&b->text, "; ");
	put_xtext(b, semicolon + 1);
	puts_or_die(&b->text, "\n");
}

/* the number that the sender gave the message; those of a list's owner are not told */
static void
put_envelope_id(struct bounce *b)
{
	if (!b->file.envid || strcmp(b->sender, qf_string(&b->file, b->file.sender)) != 0)
		return;
	puts_or_die(&b->text, "Original-Envelope-Id: ");
	put_xtext(b, qf_string(&b->file, b->file.envid));
	puts_or_die(&b->text, "\n");
}

static void
put_status(struct bounce *b)
{
	struct buf *t = &b->text;
	char date[DATE_RFC5322];
	size_t i, reasons = 0;

	date_rfc5322(date, (int64_t)(b->file.header.arrival_us / 1000000));
	PUTS(t, "--", b->boundary, "\nContent-Type: message/", b->utf8 ? "global-delivery-status\nContent-Transfer-Encoding: 8bit" :
	    "delivery-status", "\n\n");
	put_envelope_id(b);
	PUTS(t, "Reporting-MTA: dns; ", b->me.s, "\nArrival-Date: ", date, "\nX-Pneu-Queue-ID: ", b->id, "\n");
	for (i = 0; i < b->file.rcpts; i++) {
		const struct qf_rcpt *r = &b->file.rcpt[i];
		const char *reason = qf_string(&b->file, r->last);

		if (!owed(b, i))
			continue;
		puts_or_die(t, "\n");
		put_original_recipient(b, qf_orcpt(&b->file, i));
		puts_or_die(t, "Final-Recipient: ");
		put_typed_address(b, qf_address(&b->file, i));
		PUTS(t, "\nAction: failed\nStatus: ", status_of(r), "\n");
		if ((reasons += strlen(reason)) <= REASONS_MAX) {
			puts_or_die(t, "Diagnostic-Code: X-Pneu; ");
			put_masked(t, reason, "    ");
			puts_or_die(t, "\n");
		}
		pour(b);
	}
	puts_or_die(t, "\n");
}

/* bytes of the header of the original with its last newline, or what there is of it in limit */
static uint64_t
header_bytes(uint64_t limit)
{
	char space[8192];
	uint64_t at = 0;
	char last = '\n';

	while (at < limit) {
		ssize_t n = fd_pread(0, space, limit - at < sizeof space ? (size_t)(limit - at) : sizeof space,
		    (off_t)(QF_HEADER + at));
		ssize_t i;

		if (n < 0)
			die_sys(EX_SOFT, "read the message");
		if (n == 0)
			break;
		for (i = 0; i < n; i++) {
			if (space[i] == '\n' && last == '\n')
				return at + (uint64_t)i;
			last = space[i];
		}
		at += (uint64_t)n;
	}
	return at;
}

static void
send_original(struct bounce *b)
{
	char space[65536];
	uint64_t left = b->file.header.length, at = QF_HEADER;
	bool whole = left <= b->max_bytes && !(b->file.headers);
	const char *type = b->utf8 ? (whole ? "message/global" : "message/global-headers") :
	    whole ? "message/rfc822" : "text/rfc822-headers";

	PUTS(&b->text, "--", b->boundary, "\nContent-Type: ", type, "\n", b->has_8bit ? "Content-Transfer-Encoding: 8bit\n" : "",
	    "\nReturn-Path: <");
	put_address(b, &b->text, b->sender);
	puts_or_die(&b->text, ">\n");
	inject_write(&b->in, b->text.s, b->text.len);
	if (!whole)
		left = header_bytes(left < b->max_bytes ? left : b->max_bytes); /* behind the message stands its envelope */
	while (left) {
		ssize_t n = fd_pread(0, space, left < sizeof space ? (size_t)left : sizeof space, (off_t)at);

		if (n <= 0)
			die_sys(EX_SOFT, "read the message");
		inject_write(&b->in, space, (size_t)n);
		at += (uint64_t)n;
		left -= (uint64_t)n;
	}
	buf_clear(&b->text);
	PUTS(&b->text, "\n--", b->boundary, "--\n");
	inject_write(&b->in, b->text.s, b->text.len);
}

static void
send_bounce(struct bounce *b)
{
	struct buf envelope = BUF(ENVELOPE_MAX);
	struct inject_result r;
	char line[64];
	int n;

	send_original(b);
	if (!envelope_sender(&envelope, b->is_double ? "#@[]" : "") ||
	    (b->has_8bit && !envelope_param(&envelope, 'B', "8BITMIME")) ||
	    (b->utf8 && !envelope_param(&envelope, 'U', "1")) ||
	    !envelope_rcpt(&envelope, b->to.s) || !envelope_end(&envelope))
		die_sys(EX_SOFT, "hold the envelope");
	inject_end(&b->in, &envelope, &r);
	if (r.verdict != 'K')           /* a D too: the failures must not be forgotten because our own queue refuses */
		die_say(EX_SOFT, "unable to queue the bounce: ", r.text);
	n = snprintf(line, sizeof line, "%ld %s\n", (long)r.pid, r.text[0] ? r.text : "-");
	if (n > 0 && (size_t)n < sizeof line)
		(void)fd_write(1, line, (size_t)n);
}

int
main(int argc, char **argv)
{
	struct bounce b;
	size_t failed;

	msg_name("pneu-bounce");
	if (argc != 2)
		die_say(EX_HARD, "usage: pneu-bounce ID, the queue file on descriptor 0");
	sig_ignore(SIGPIPE);
	sig_default(SIGCHLD);                       /* ignored, it would hide how pneu-queue ended */
	memset(&b, 0, sizeof b);
	b.id = argv[1];
	b.text.max = TEXT_MAX;
	settings(&b);
	if (qf_load(&b.file, 0, false) != QF_OK)
		die_say(EX_SOFT, "descriptor 0 is not a queue file: ", b.id);
	if ((failed = choose_sender(&b)) == 0)
		die_say(EX_HARD, "nothing to bounce: ", b.id);
	choose_recipient(&b);
	b.utf8 = b.file.utf8 || !utf8_ascii(b.to.s, b.to.len);
	b.has_8bit = b.utf8 || (b.file.body && strcmp(qf_string(&b.file, b.file.body), "8BITMIME") == 0);
	choose_boundary(&b);
	inject_begin(&b.in);
	put_header(&b);
	put_words(&b, failed);
	put_status(&b);
	send_bounce(&b);
	return 0;
}
