#include "inject/await.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "lib/ascii.h"
#include "lib/clock.h"
#include "lib/fd.h"
#include "wire/control.h"

#define PAUSE_MS 100                    /* a connection was closed unanswered: the runner is being restarted, or has no place now */
#define TRIES 30

static enum await_result
result(struct await *a, enum await_result r, const char *why)
{
	a->result = r;
	a->why = why;
	return r;
}

/* ---- one connection */

enum heard { HEARD_ANSWER, HEARD_NOTHING, HEARD_END, HEARD_TROUBLE };

/* a packet from the runner, or no more patience */
static enum heard
listen_to(int s, int64_t until_ms, struct buf *answer)
{
	int there = fd_wait(s, POLLIN, until_ms);
	ssize_t n;

	if (there <= 0)
		return there == 0 ? HEARD_NOTHING : HEARD_TROUBLE;
	buf_clear(answer);
	if (!buf_room(answer, CONTROL_PACKET))
		return HEARD_TROUBLE;
	if ((n = control_packet(s, answer->s)) < 0)
		return errno == ECONNRESET ? HEARD_END : HEARD_TROUBLE;
	answer->len = (size_t)n;
	answer->s[n] = 0;
	return n ? HEARD_ANSWER : HEARD_END;
}

static enum heard
ask(int s, const char *id, int64_t until_ms, struct buf *answer)
{
	struct buf b = BUF(CONTROL_PACKET);
	enum heard h = HEARD_TROUBLE;

	if (fields_put(&b, "await") && fields_put(&b, id))
		h = control_send(s, &b) ? listen_to(s, until_ms, answer) : errno == EPIPE || errno == ECONNRESET ? HEARD_END : HEARD_TROUBLE;
	buf_free(&b);
	return h;
}

/* ---- the answer */

static void
make_printable(struct buf *b)
{
	size_t i;

	for (i = 0; i < b->len; i++)
		if (b->s[i])
			b->s[i] = b->s[i] == '\n' ? ' ' : ascii_mask(b->s[i]);
}

static enum await_result
understand(struct await *a)
{
	static const struct { const char *state; enum await_result result; const char *why; } table[] = {
		{ "delivered", AWAIT_DELIVERED, "delivered" },
		{ "failed", AWAIT_FAILED, "not delivered, and it will not be tried again" },
		{ "deleted", AWAIT_DELETED, "deleted by an operator" },
		{ "queued", AWAIT_QUEUED, "not delivered yet, and will be tried again" },
		{ "held", AWAIT_HELD, "held, until an operator releases it" },
	};
	const char *letter, *word;
	size_t i;

	make_printable(&a->answer);
	if (!fields_open(&a->rest, a->answer.s, a->answer.len) || !(letter = fields_next(&a->rest)) || !(word = fields_next(&a->rest)))
		return result(a, AWAIT_UNKNOWN, "the runner gave no sensible answer");
	if (*letter != 'K')
		return result(a, AWAIT_UNKNOWN, word);
	for (i = 0; i < sizeof table / sizeof *table; i++)
		if (strcmp(word, table[i].state) == 0)
			return result(a, table[i].result, table[i].why);
	return result(a, AWAIT_UNKNOWN, "the runner gave no sensible answer");
}

enum await_result
await_message(struct await *a, const char *id, unsigned limit_s)
{
	int64_t until_ms = clock_mono_ms() + (int64_t)(limit_s < AWAIT_MOST_S ? limit_s : AWAIT_MOST_S) * 1000;
	enum heard h = HEARD_NOTHING;
	bool was_there = false;
	int s, tries;

	*a = (struct await){ .answer = BUF(CONTROL_PACKET) };
	for (tries = 0; tries < TRIES; tries++) {
		if (tries && (clock_mono_ms() >= until_ms || (poll(0, 0, PAUSE_MS) < 0 && errno != EINTR)))
			break;
		if ((s = control_connect(true)) < 0) {
			if (errno != ENOENT && errno != ECONNREFUSED)
				return result(a, AWAIT_UNKNOWN, strerror(errno));
			if (!was_there)
				break;
			h = HEARD_NOTHING;
			continue;
		}
		was_there = true;
		h = ask(s, id, until_ms, &a->answer);
		close(s);
		if (h == HEARD_ANSWER)
			return understand(a);
		if (h == HEARD_NOTHING)
			return result(a, AWAIT_QUEUED, "no answer within the time");
		if (h == HEARD_TROUBLE)
			return result(a, AWAIT_UNKNOWN, strerror(errno));
	}
	if (h == HEARD_END && clock_mono_ms() < until_ms)
		return result(a, AWAIT_UNKNOWN, "the runner hangs up");
	return result(a, AWAIT_NO_RUNNER, "no runner is there; it waits until one is started");
}

bool
await_reply(struct await *a, struct await_reply *r)
{
	const char *verdict;

	if (!(verdict = fields_next(&a->rest)) || !(r->status = fields_next(&a->rest)) || !(r->rcpt = fields_next(&a->rest)) ||
	    !(r->text = fields_next(&a->rest)))
		return false;
	r->verdict = *verdict;
	return true;
}

void
await_free(struct await *a)
{
	buf_free(&a->answer);
}
