/* What a worker is told of a message, and what it gets to read. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/fd.h"
#include "mail/dsn.h"
#include "queue/runner.h"
#include "wire/envelope.h"
#include "wire/job.h"

/* "pre@host-@[]": each recipient gets an envelope sender of his own (VERP, as qmail's) */
static size_t
verp(const char *sender)
{
	size_t n = strlen(sender);

	return n > 4 && strcmp(sender + n - 4, "-@[]") == 0 && memchr(sender, '@', n - 4) ? n - 4 : 0;
}

bool
message_same_job(const struct message *m, size_t a, size_t b)
{
	const struct qf_rcpt *ra = &m->file.rcpt[a], *rb = &m->file.rcpt[b];

	if (verp(qf_sender(&m->file, a)))
		return false;
	if (!ra->parent && !rb->parent)
		return true;
	return ra->parent && rb->parent && qf_root(&m->file, a) == qf_root(&m->file, b) &&
	    strcmp(qf_sender(&m->file, a), qf_sender(&m->file, b)) == 0;
}

/* pre@host-@[] and user@there: pre user=there @host */
const char *
message_job_sender(const struct message *m, size_t i, struct buf *space)
{
	const char *sender = qf_sender(&m->file, i), *rcpt = message_rcpt(m, i), *at, *rcpt_at;
	size_t n = verp(sender), made;

	if (!n)
		return sender;
	at = memrchr(sender, '@', n);
	rcpt_at = strrchr(rcpt, '@');
	space->max = 2 * ENVELOPE_ADDR;
	buf_clear(space);
	made = n + strlen(rcpt);
	if (made <= ENVELOPE_ADDR && rcpt_at) {
		if (!buf_put(space, sender, (size_t)(at - sender)) || !buf_put(space, rcpt, (size_t)(rcpt_at - rcpt)) ||
		    !buf_byte(space, '=') || !buf_puts(space, rcpt_at + 1) || !buf_put(space, at, n - (size_t)(at - sender)))
			return 0;
	} else if (!buf_put(space, sender, n))  /* too long: bounces go to the list, and do not say whose they are */
		return 0;
	return space->s;
}

/* RFC 3461: what the sender said of the report, where he is whom it would go to */
static bool
put_report_wishes(const struct message *m, size_t i, struct buf *b)
{
	static const char *const word[] = { [QF_RET_FULL] = "FULL", [QF_RET_HDRS] = "HDRS" };

	if (qf_of_list(&m->file, i))
		return true;
	return (m->file.ret == QF_RET_UNSAID || job_param_put(b, "RET", word[m->file.ret])) &&
	    (!m->file.envid || job_param_put(b, "ENVID", qf_string(&m->file, m->file.envid)));
}

bool
message_rcpt_params(const struct message *m, size_t i, struct buf *b)
{
	struct buf words = BUF(JOB_RCPT_PARAMS);
	unsigned notify = qf_notify(&m->file, i);
	const char *orcpt = qf_orcpt(&m->file, i);
	char text[DSN_NOTIFY_TEXT];
	bool ok;

	if (!notify && !orcpt)
		return true;
	dsn_notify_text(text, notify);
	ok = (!notify || job_param_put(&words, "NOTIFY", text)) && (!orcpt || job_param_put(&words, "ORCPT", orcpt)) &&
	    buf_put(b, words.s, words.len);
	buf_free(&words);
	return ok;
}

bool
message_job_params(const struct message *m, size_t i, struct buf *b)
{
	const struct qf_rcpt *r = &m->file.rcpt[i];

	buf_clear(b);
	if (m->file.body && strcmp(qf_string(&m->file, m->file.body), "8BITMIME") == 0 &&
	    !job_param_put(b, "BODY", "8BITMIME"))
		return false;
	if (m->file.utf8 && !job_param_put(b, "SMTPUTF8", 0))
		return false;
	if ((r->parent || m->file.forwarded) && !job_param_put(b, "FORWARDED", 0))
		return false;
	if (!put_report_wishes(m, i, b))
		return false;
	return !r->parent || job_param_put(b, "VIA", message_rcpt(m, qf_root(&m->file, i)));
}

/* The queue file tells who else got the message; hand out a copy unless there is nobody else.
 * It lives under a name only for the moment between two opens, so that the worker's descriptor is read-only. */
static int
copy_message(const struct message *m)
{
	char path[12 + QID_TEXT];
	int out, in = -1;

	snprintf(path, sizeof path, "tmp/%s.copy", m->id);
	(void)unlink(path);
	if ((out = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)) < 0)
		return -1;
	if (fd_copy(out, m->fd, QF_HEADER, (size_t)m->file.header.length))
		in = open(path, O_RDONLY | O_CLOEXEC);
	(void)unlink(path);
	close(out);
	return in;
}

/* Nobody was written to but one, and that one is delivered to as such or as the only one that an alias stands for. */
static bool
names_one(const struct message *m)
{
	size_t i, left = 0;

	if (m->file.injected != 1 || m->file.rcpts > 8)
		return false;
	for (i = 0; i < m->file.rcpts; i++)
		left += m->file.rcpt[i].state != QF_EXPANDED;
	return left == 1;
}

int
message_local_fd(struct message *m, uint64_t *offset)
{
	*offset = QF_HEADER;
	if (names_one(m))
		return m->fd;
	*offset = 0;
	if (m->copy < 0)
		m->copy = copy_message(m);
	return m->copy;
}
