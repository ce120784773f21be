/* Who waits to hear what becomes of a message. The answer comes when every recipient has been heard of once, or at once if that has
 * happened; then the connection ends. What became of the last messages is remembered for those who come too late: a message may
 * be delivered and gone before its injector could ask. Nobody hears of another's message, not even whether there is one. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/fd.h"
#include "queue/runner.h"
#include "wire/control.h"
#include "wire/fields.h"

#define WAITERS 128
#define WAITERS_OF_ONE 32               /* of a user */
#define ENDED 1024                      /* messages remembered */
#define ENDED_BYTES 4096                /* of each, at the most */
#define KEEP_RCPTS 100                  /* of a message with more, nobody is told what each was answered, unless from its file */
#define TEXT_BYTES 1000                 /* of an answer */
#define RECORDS_BYTES 65536             /* more is not read again for one who asks */

struct waiter {
	int fd;                         /* -1: free */
	size_t poll;
	uid_t uid;
	struct qid id;
};

static struct waiter waiters[WAITERS];
static unsigned waiting;

/* what the answer to who asks would be; the packet is empty where there was no memory for it */
struct ended {
	struct qid id;
	uint64_t uid;
	struct buf packet;
};

static struct ended ended[ENDED];
static size_t oldest;

void
await_open(void)
{
	size_t i;

	for (i = 0; i < WAITERS; i++)
		waiters[i].fd = -1;
}

static bool
same(const struct qid *a, const struct qid *b)
{
	return a->us == b->us && a->ino == b->ino;
}

/* ---- the answer */

/* K delivered, Z waiting, D failed; 0: others stand for it */
static char
verdict_of(const struct qf_rcpt *r)
{
	switch ((enum qf_state)r->state) {
	case QF_WAITING: return 'Z';
	case QF_DELIVERED: return 'K';
	case QF_FAILED: case QF_BOUNCED: return 'D';
	case QF_EXPANDED: default: return 0;
	}
}

/* Recipients of one verdict, as many as fit. The address is the one that was written to: what an alias stands for is not told. */
static void
put_verdicts(struct buf *b, const struct qf *q, char verdict)
{
	char word[] = { verdict, 0 }, text[TEXT_BYTES + 1];
	size_t i, had;

	for (i = 0; i < q->rcpts; i++) {
		const struct qf_rcpt *r = &q->rcpt[i];

		if (verdict_of(r) != verdict)
			continue;
		/* a status is there if this is what was said last; after a delivery that was read from the file it is older */
		text[0] = 0;
		if (r->last && *r->status)
			strncat(text, qf_string(q, r->last), TEXT_BYTES);
		had = b->len;
		if (!fields_put(b, word) || !fields_put(b, r->status) || !fields_put(b, qf_string(q, q->rcpt[qf_root(q, i)].addr)) ||
		    !fields_put(b, text)) {
			buf_cut(b, had);
			return;
		}
	}
}

static const char *
state_of(const struct qf *q, enum wish wish)
{
	bool some_wait = false, some_failed = false;
	size_t i;

	for (i = 0; i < q->rcpts; i++) {
		some_wait |= verdict_of(&q->rcpt[i]) == 'Z';
		some_failed |= verdict_of(&q->rcpt[i]) == 'D';
	}
	if (some_wait && (wish == WISH_DELETE || wish == WISH_PURGE))
		return "deleted";
	if (some_failed)
		return "failed";
	return !some_wait ? "delivered" : wish == WISH_HOLD ? "held" : "queued";
}

/* what matters most comes first */
static void
make_answer(struct buf *b, const struct qf *q, enum wish wish)
{
	buf_clear(b);
	if (!fields_put(b, "K") || !fields_put(b, state_of(q, wish)))
		return;
	put_verdicts(b, q, 'D');
	put_verdicts(b, q, 'Z');
	put_verdicts(b, q, 'K');
}

static void
forget_waiter(struct waiter *w)
{
	close(w->fd);
	w->fd = -1;
	waiting--;
}

/* who does not take it has no other chance */
static void
answer(int fd, const struct buf *packet)
{
	if (packet->len)
		(void)fd_send(fd, packet->s, packet->len, -1, MSG_DONTWAIT);
}

static void
answer_word(int fd, const char *letter, const char *text)
{
	struct buf b = BUF(200);

	if (fields_put(&b, letter) && fields_put(&b, text))
		answer(fd, &b);
	buf_free(&b);
}

/* ---- what happens to messages */

/* does anybody wait for it? The next one from *w on */
static struct waiter *
next_waiter(struct waiter *w, const struct qid *id)
{
	for (; w < waiters + WAITERS; w++)
		if (w->fd >= 0 && same(&w->id, id))
			return w;
	return 0;
}

static bool
id_of(const struct message *m, struct qid *id)
{
	return qid_parse(m->id, id);
}

void
await_report(struct message *m, size_t i, const struct report *said)
{
	struct qf_rcpt *r = &m->file.rcpt[i];
	char text[TEXT_BYTES + 1] = "";

	if (m->file.rcpts > KEEP_RCPTS || strlen(said->status) >= sizeof r->status || (!waiting && own_is_role(m->file.header.uid)))
		return;
	strcpy(r->status, said->status);
	r->last = 0;
	if (said->verdict == 'K' && r->local)   /* what a user does with his mail is not the sender's business */
		return;
	strncat(text, said->text, TEXT_BYTES);
	if (*text)
		r->last = qf_keep(&m->file, text);
}

void
await_round(struct message *m)
{
	struct buf b = BUF(CONTROL_PACKET / 2);
	struct waiter *w;
	struct qid id;

	m->heard = true;
	if (!waiting || !id_of(m, &id) || !(w = next_waiter(waiters, &id)))
		return;
	make_answer(&b, &m->file, m->wish);
	for (; w; w = next_waiter(w + 1, &id)) {
		answer(w->fd, &b);
		forget_waiter(w);
	}
	buf_free(&b);
}

void
await_end(const struct message *m)
{
	struct ended *e;
	struct qid id;

	if (own_is_role(m->file.header.uid) || !id_of(m, &id))
		return;
	e = &ended[oldest];
	oldest = (oldest + 1) % ENDED;
	buf_free(&e->packet);
	*e = (struct ended){ .id = id, .uid = m->file.header.uid, .packet = BUF(ENDED_BYTES) };
	make_answer(&e->packet, &m->file, m->wish);
}

void
await_gone(const struct message *m)
{
	struct waiter *w;
	struct qid id;

	if (!waiting || !id_of(m, &id))
		return;
	for (w = waiters; (w = next_waiter(w, &id)); w++) {
		answer_word(w->fd, "E", "no longer in the queue");
		forget_waiter(w);
	}
}

/* ---- who asks */

static const struct ended *
find_ended(const struct qid *id, uid_t uid)
{
	size_t i;

	for (i = 0; i < ENDED; i++)
		if (ended[i].packet.len && same(&ended[i].id, id) && (ended[i].uid == uid || uid == 0))
			return &ended[i];
	return 0;
}

/* has any of them been answered for, in this round or an earlier one? */
static bool
was_tried(const struct qf *q)
{
	size_t i;

	for (i = 0; i < q->rcpts; i++)
		if (q->rcpt[i].last || (q->rcpt[i].state != QF_WAITING && q->rcpt[i].state != QF_EXPANDED))
			return true;
	return false;
}

/* A message that waits for another round: what was said in the last one stands in its file, the caller's. */
static bool
answer_from_file(int to, int file)
{
	static struct qf q;
	struct buf b = BUF(CONTROL_PACKET / 2);
	char head[QF_HEADER];
	struct qf_header h;
	struct stat st;

	if (fd_pread(file, head, QF_HEADER, 0) != QF_HEADER || !qf_header_get(head, &h) || fstat(file, &st) != 0 ||
	    (uint64_t)st.st_size - h.length > RECORDS_BYTES || qf_load(&q, file, false) != QF_OK || !was_tried(&q))
		return false;
	make_answer(&b, &q, WISH_NONE);
	answer(to, &b);
	buf_free(&b);
	return true;
}

/* Its own file is open and in msg/. true: answered; false: it has to be waited for */
static bool
answer_now(int to, int file, const struct qid *id)
{
	struct buf b = BUF(CONTROL_PACKET / 2);
	uint32_t slot = schedule_find(schedule, id);
	const struct message *m;

	if (slot == SLOT_NONE)                  /* it has not been heard of yet */
		return false;
	if (schedule_place(schedule, slot) != SCHEDULE_OUT)
		return answer_from_file(to, file);
	if (!(m = message_active(slot)) || !m->heard)
		return false;
	make_answer(&b, &m->file, m->wish);
	answer(to, &b);
	buf_free(&b);
	return true;
}

static const char *
keep_waiting(int fd, uid_t uid, const struct qid *id)
{
	struct waiter *w, *place = 0;
	unsigned of_one = 0;

	for (w = waiters; w < waiters + WAITERS; w++) {
		if (w->fd < 0)
			place = place ? place : w;
		else
			of_one += w->uid == uid;
	}
	if (!place || of_one >= WAITERS_OF_ONE)
		return "too many wait already";
	*place = (struct waiter){ .fd = fd, .poll = SIZE_MAX, .uid = uid, .id = *id };
	waiting++;
	return 0;
}

const char *
await_begin(int fd, uid_t uid, const struct qid *id)
{
	const struct ended *e = find_ended(id, uid);
	int file;
	bool done = true;

	if (own_is_role(uid))
		return "not for you";
	if (e)
		answer(fd, &e->packet);
	else if ((file = own_open("msg", id, uid, true)) >= 0) {
		done = answer_now(fd, file, id);
		close(file);
	} else if ((file = own_open("hold", id, uid, true)) >= 0) {
		answer_word(fd, "K", "held");
		close(file);
	} else
		return "no such message of yours";      /* also where there is one of somebody else */
	if (!done)
		return keep_waiting(fd, uid, id);
	close(fd);
	return 0;
}

/* ---- connections */

void
await_want(struct wait *w)
{
	struct waiter *who;

	for (who = waiters; waiting && who < waiters + WAITERS; who++)
		who->poll = who->fd >= 0 ? want_fd(w, who->fd, POLLIN) : SIZE_MAX;
}

/* they have nothing more to say: who says it anyway, or is gone, is forgotten */
void
await_do(const struct wait *w)
{
	struct waiter *who;

	for (who = waiters; waiting && who < waiters + WAITERS; who++)
		if (who->fd >= 0 && who->poll < w->len && w->fd[who->poll].revents)
			forget_waiter(who);
}
