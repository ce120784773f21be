/* bounce - tell the sender of a message what became of it: who did not get it and why, who got it, who has to wait.
 *   fd 0  the queue file, read-only                                              -> wire/queuefile.h
 *   fd 1  when the report is queued: "QP ID\n", the injector's pid and the queue's ID of the report
 *   argv  the ID of the message; and what is to be told: "failed" (preset), "success" or "delayed"       -> queue/owed.h
 *   exit  0 the report is on disk in the queue; 100 there is nothing to tell; 111 try again later
 * Invariant: a report has the null sender, and a bounce that cannot be delivered goes once more, to the postmaster, with
 * the sender "#@[]", which ends it (the runner drops such a message). RFC 3461, 3464, 6522, 6533; manual: pneu-bounce(8) */
#include "queue/bounce.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/conf.h"
#include "lib/drop.h"
#include "lib/fd.h"
#include "lib/msg.h"
#include "lib/sig.h"
#include "mail/utf8.h"
#include "wire/envelope.h"

#define TEXT_MAX (1u << 20)

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
		{ "queuelifetime", CONF_NUMBER, &b->lifetime_s, 604800, 0, 31536000 },
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

/* A report goes to the sender; of a bounce, to the postmaster; of mail to a list with an address for each
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
	else
		PUTS(&b->to, sender);
	if (n > 4 && strcmp(sender + n - 4, "-@[]") == 0)
		buf_cut(&b->to, n - 4);
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

bool
bounce_about(const struct bounce *b, size_t i)
{
	return owed(&b->file, i, b->what) && strcmp(qf_sender(&b->file, i), b->sender) == 0;
}

int64_t
bounce_retry_until(const struct bounce *b)
{
	uint64_t own = b->file.lifetime_s, s = own && own < b->lifetime_s ? own : b->lifetime_s;

	return (int64_t)(b->file.header.arrival_us / 1000000 + s);
}

/* One report is for one sender: a list has its owner. The first one's turn is now, the others' come later. */
static void
choose_sender(struct bounce *b)
{
	size_t i;

	for (i = 0; i < b->file.rcpts; i++) {
		if (!b->sender && owed(&b->file, i, b->what))
			b->sender = qf_sender(&b->file, i);
		b->recipients += b->sender && bounce_about(b, i);
	}
	if (!b->sender)
		die_say(EX_HARD, b->what == OWED_FAILED ? "nothing to bounce: " : "nothing to tell: ", b->id);
}

/* of a success: what became of all of them, if it is the same */
static const char *
subject(const struct bounce *b)
{
	const char *action = 0, *other;
	size_t i;

	if (b->what != OWED_SUCCESS)
		return b->what == OWED_DELAYED ? "Mail is delayed" : b->is_double ? "Undeliverable bounce" : "Mail could not be delivered";
	for (i = 0; i < b->file.rcpts; i++) {
		if (!bounce_about(b, i))
			continue;
		other = owed_action(&b->file, i, b->what);
		if (action && strcmp(action, other) != 0)
			return "What became of your mail";
		action = other;
	}
	return strcmp(action, "relayed") == 0 ? "Mail was relayed" : strcmp(action, "expanded") == 0 ? "Mail was sent on to several addresses" :
	    "Mail was delivered";
}

static void
put_header(struct bounce *b)
{
	struct buf *t = &b->text, about = BUF(1000);

	PUTS(t, "From: Mail delivery <", or(&b->from, "MAILER-DAEMON"), "@", or(&b->host, b->me.s), ">\nTo: <");
	bounce_address(b, t, b->to.s);
	PUTS(t, ">\nSubject: ", subject(b), "\nDate: ");
	bounce_date(t, clock_wall_s());
	PUTS(t, "\nMessage-ID: <", b->id, ".bounce.");
	bounce_num(t, (uint64_t)getpid());
	PUTS(t, "@", b->me.s, ">\n");
	bounce_message_id(b, &about);
	if (about.len)                          /* so that it is shown beside what it is about */
		PUTS(t, "In-Reply-To: ", about.s, "\nReferences: ", about.s, "\n");
	PUTS(t, "Auto-Submitted: auto-replied\nMIME-Version: 1.0\n",
	    b->has_8bit ? "Content-Transfer-Encoding: 8bit\n" : "", "Content-Type: multipart/report; report-type=",
	    b->utf8 ? "global-" : "", "delivery-status;\n\tboundary=\"", b->boundary, "\"\n\n");
	buf_free(&about);
}

static void
send_bounce(struct bounce *b)
{
	struct buf envelope = BUF(ENVELOPE_MAX);
	struct inject_result r;
	char line[64];
	int n;

	if (!envelope_sender(&envelope, b->is_double ? "#@[]" : "") ||
	    (b->has_8bit && !envelope_param(&envelope, 'B', "8BITMIME")) ||
	    (b->utf8 && !envelope_param(&envelope, 'U', "1")) ||
	    !envelope_rcpt(&envelope, b->to.s) || !envelope_end(&envelope))
		die_sys(EX_SOFT, "hold the envelope");
	inject_end(&b->in, &envelope, &r);
	buf_free(&envelope);
	if (r.verdict != 'K')           /* a D too: the failures must not be forgotten because our own queue refuses */
		die_say(EX_SOFT, "unable to queue the bounce: ", r.text);
	n = snprintf(line, sizeof line, "%ld %s\n", (long)r.pid, r.text[0] ? r.text : "-");
	if (n > 0 && (size_t)n < sizeof line)
		(void)fd_write(1, line, (size_t)n);
}

int
main(int argc, char **argv)
{
	static struct bounce b = { .what = OWED_FAILED };

	msg_name("pneu-bounce");
	if (argc < 2 || argc > 3 || (argc == 3 && !owed_parse(argv[2], &b.what)))
		die_say(EX_HARD, "usage: pneu-bounce ID [failed | success | delayed], the queue file on descriptor 0");
	drop_sight();
	sig_ignore(SIGPIPE);
	sig_default(SIGCHLD);                       /* ignored, it would hide how pneu-queue ended */
	b.id = argv[1];
	b.text.max = TEXT_MAX;
	settings(&b);
	if (qf_load(&b.file, BOUNCE_QUEUEFILE, false) != QF_OK)
		die_say(EX_SOFT, "descriptor 0 is not a queue file: ", b.id);
	choose_sender(&b);
	choose_recipient(&b);
	b.utf8 = b.file.utf8 || !utf8_ascii(b.to.s, b.to.len);
	b.has_8bit = b.utf8 || (b.file.body && strcmp(qf_string(&b.file, b.file.body), "8BITMIME") == 0);
	choose_boundary(&b);
	inject_begin(&b.in);
	put_header(&b);
	bounce_words(&b);
	bounce_status(&b);
	bounce_original(&b);
	send_bounce(&b);
	return 0;
}
