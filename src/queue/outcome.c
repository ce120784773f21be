/* What became of one recipient, as it is remembered. */
#include <errno.h>

#include "queue/log.h"
#include "queue/runner.h"

/* Many words about many recipients must not make a file that is too long to read: then deferrals go unrecorded, and
 * what must be recorded is, without the words. */
static bool
record(struct message *m, size_t i, char letter, const char *status, const char *via, const char *text)
{
	bool much = m->file.size + m->history.len >= m->file.header.length + QF_RECORDS / 2;

	if (much && letter == 'z')
		return true;
	if (much) {
		text = "";
		via = job_via_duty(via) ? "/dsn" : "";
	}
	m->file.rcpt[i].tries += letter == 'z';
	if (qf_put_attempt(&m->history, letter, i, now.wall_s, status, via, text))
		return true;
	log_say("warning", "unable to record a delivery, it may be repeated: ", m->id, errno);
	return false;
}

/* the end of a site's patience, in the words of RFC 3463's 4.4.7 */
static bool
record_expired(struct message *m, size_t i, const char *via, const char *text)
{
	struct buf b = BUF(JOB_TEXT + 200);
	bool ok;

	if (buf_puts(&b, text) && buf_puts(&b, "\nThis message has been in the queue too long; it will not be tried again."))
		text = b.s;
	ok = record(m, i, 'd', "5.4.7", via, text);
	buf_free(&b);
	return ok;
}

/* A single recipient's file goes away instead of a record, if nothing has to be told. What cannot be recorded cannot be told
 * either: the message is delivered, that is worth more. */
static void
record_delivered(struct message *m, size_t i, const struct report *said)
{
	struct qf_rcpt *r = &m->file.rcpt[i];

	r->state = QF_DELIVERED;
	if (job_via_duty(said->via))
		r->dsn |= QF_TOLD_END;
	if (m->file.rcpts == 1 && !owed(&m->file, i, OWED_SUCCESS))
		return;
	if (!record(m, i, 'k', 0, said->via, said->text))
		r->dsn |= QF_TOLD_END;
	else if (owed(&m->file, i, OWED_SUCCESS) && *said->via)
		r->via = qf_keep(&m->file, said->via);
}

void
message_report(struct message *m, size_t i, uint64_t delivery, const struct report *said)
{
	struct qf_rcpt *r = &m->file.rcpt[i];
	const char *text = said->text;
	bool local = r->local;

	if (delivery)
		log_result(delivery, said->verdict, text, said->via);
	else
		log_skip(m->id, message_rcpt(m, i), text);
	if (said->verdict == 'K')
		record_delivered(m, i, said);
	else if (said->verdict == 'D') {        /* unrecorded it would not be in the bounce: then it waits */
		if (record(m, i, 'd', said->status, said->via, text))
			r->state = QF_FAILED;
	} else if (m->last && !stopping) {
		if (record_expired(m, i, said->via, text))
			r->state = QF_FAILED;
	} else {
		m->local_deferred |= local;
		if (said->wait_s > m->wait_s)
			m->wait_s = said->wait_s;
		if (delivery || !r->last)
			(void)record(m, i, 'z', said->status, said->via, text);
	}
	await_report(m, i, said);
}

void
message_answer(struct message *m, size_t i, char verdict, const char *status, const char *text)
{
	struct report r = { .verdict = verdict, .status = status, .via = "", .text = text };

	message_report(m, i, 0, &r);
}
