/* the second part of a report, for programs: RFC 3464 */
#include <string.h>

#include "mail/utf8.h"
#include "queue/bounce.h"
#include "wire/job.h"

#define REASONS_MAX (4u << 20)          /* bytes of reasons; who comes after that is named without */

/* in a field, with its type */
static void
put_typed_address(struct bounce *b, const char *s)
{
	PUTS(&b->text, utf8_ascii(s, strlen(s)) || !b->utf8 ? "rfc822; " : "utf-8; ");
	bounce_address(b, &b->text, s);
}

/* ORCPT=TYPE;address, as the sender gave it */
static void
put_original_recipient(struct bounce *b, const char *orcpt)
{
	const char *semicolon = orcpt ? strchr(orcpt, ';') : 0;

	if (!semicolon || semicolon - orcpt >= 64)
		return;
	PUTS(&b->text, "Original-Recipient: ");
	bounce_masked(&b->text, orcpt, (size_t)(semicolon - orcpt), 0);
	PUTS(&b->text, "; ");
	bounce_xtext(b, &b->text, semicolon + 1);
	PUTS(&b->text, "\n");
}

/* the number that the sender gave the message; those of a list's owner are not told */
static void
put_envelope_id(struct bounce *b)
{
	if (!b->file.envid || strcmp(b->sender, qf_string(&b->file, b->file.sender)) != 0)
		return;
	PUTS(&b->text, "Original-Envelope-Id: ");
	bounce_xtext(b, &b->text, qf_string(&b->file, b->file.envid));
	PUTS(&b->text, "\n");
}

/* one that agrees with what is told: the class is that of the action */
static const char *
status_of(const struct bounce *b, const struct qf_rcpt *r)
{
	switch (b->what) {
	case OWED_SUCCESS:
		return "2.0.0";
	case OWED_DELAYED:
		return r->status[0] == '4' ? r->status : "4.0.0";
	default:
		return r->status[0] == '5' ? r->status : "5.0.0";
	}
}

/* what our own programs said of a success is of no use elsewhere */
static void
put_reason(struct bounce *b, const char *reason)
{
	size_t n;
	const char *reply = bounce_reply(reason, &n);

	if (!n && (b->what == OWED_SUCCESS || !*reason))
		return;
	PUTS(&b->text, "Diagnostic-Code: ", n ? "smtp; " : "X-Pneu; ");
	bounce_masked(&b->text, n ? reply : reason, n ? n : strlen(reason), "    ");
	PUTS(&b->text, "\n");
}

static void
put_recipient(struct bounce *b, size_t i, size_t *reasons)
{
	const struct qf_rcpt *r = &b->file.rcpt[i];
	const char *reason = qf_string(&b->file, r->last);
	char space[JOB_VIA + 1];
	struct bounce_way way;

	PUTS(&b->text, "\n");
	put_original_recipient(b, qf_orcpt(&b->file, i));
	PUTS(&b->text, "Final-Recipient: ");
	put_typed_address(b, qf_address(&b->file, i));
	PUTS(&b->text, "\nAction: ", owed_action(&b->file, i, b->what), "\nStatus: ", status_of(b, r), "\n");
	bounce_way(&way, qf_string(&b->file, r->via), space);
	if (*way.host)
		PUTS(&b->text, "Remote-MTA: dns; ", way.host, "\n");
	if ((*reasons += strlen(reason)) <= REASONS_MAX)
		put_reason(b, reason);
	if (r->when_s) {
		PUTS(&b->text, "Last-Attempt-Date: ");
		bounce_date(&b->text, r->when_s);
		PUTS(&b->text, "\n");
	}
	if (b->what == OWED_DELAYED) {
		PUTS(&b->text, "Will-Retry-Until: ");
		bounce_date(&b->text, bounce_retry_until(b));
		PUTS(&b->text, "\n");
	}
}

void
bounce_status(struct bounce *b)
{
	struct buf *t = &b->text;
	size_t i, reasons = 0;

	PUTS(t, "--", b->boundary, "\nContent-Type: message/", b->utf8 ? "global-delivery-status\nContent-Transfer-Encoding: 8bit" :
	    "delivery-status", "\n\n");
	put_envelope_id(b);
	PUTS(t, "Reporting-MTA: dns; ", b->me.s, "\nArrival-Date: ");
	bounce_date(t, (int64_t)(b->file.header.arrival_us / 1000000));
	PUTS(t, "\nX-Pneu-Queue-ID: ", b->id, "\n");
	for (i = 0; i < b->file.rcpts; i++) {
		if (!bounce_about(b, i))
			continue;
		put_recipient(b, i, &reasons);
		bounce_pour(b);
	}
	PUTS(t, "\n");
}
