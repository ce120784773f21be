#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/fd.h"
#include "tools/top.h"
#include "wire/control.h"
#include "wire/fields.h"

#define AGAIN_MS 1000                   /* where nobody answers */

void
asker_init(struct asker *a, int64_t pause_ms)
{
	memset(a, 0, sizeof *a);
	a->fd = -1;
	a->pause_ms = pause_ms;
}

bool
asker_order(struct asker *a, const char *verb, const char *word)
{
	if (*a->verb || strlen(verb) >= sizeof a->verb || strlen(word) >= sizeof a->word)
		return false;
	strcpy(a->verb, verb);
	strcpy(a->word, word);
	return true;
}

static enum heard
gone(struct asker *a, int error)
{
	if (a->fd >= 0)
		close(a->fd);
	a->fd = -1;
	a->state = ASK_AWAY;
	a->error = error;
	a->next_ms = clock_mono_ms() + AGAIN_MS;
	*a->verb = 0;                   /* it was meant for what was seen then */
	return HEARD_GONE;
}

/* its socket holds more than one request, so this never waits */
static enum heard
ask(struct asker *a, const char *verb, const char *word)
{
	struct buf b = BUF(CONTROL_PACKET);
	bool ok = fields_put(&b, verb) && (!*word || fields_put(&b, word)) && control_send(a->fd, &b);
	int e = errno;

	buf_free(&b);
	a->asked_ms = clock_mono_ms();
	return ok ? HEARD_NOTHING : gone(a, e);
}

static enum heard
hear(struct asker *a, struct buf *text)
{
	enum asking was = a->state;
	bool done;

	if (!fd_wait(a->fd, POLLIN, 0)) {
		if (clock_mono_ms() >= a->asked_ms + CONTROL_TIMEOUT_S * 1000)
			return gone(a, ETIMEDOUT);
		return HEARD_NOTHING;
	}
	if (!control_receive(a->fd, &done, text))
		return errno == ETIMEDOUT ? HEARD_NOTHING : gone(a, errno == EPROTO ? ECONNRESET : errno);
	a->state = ASK_IDLE;
	if (was == ASK_LIVE)
		return done ? HEARD_LIVE : HEARD_REFUSED;
	a->next_ms = 0;                         /* what has it changed? */
	return HEARD_ORDER;
}

static enum heard
arrive(struct asker *a)
{
	if (clock_mono_ms() < a->next_ms)
		return HEARD_NOTHING;
	if ((a->fd = control_connect(false)) < 0 || !fd_nonblock(a->fd, true))
		return gone(a, errno);
	a->state = ASK_IDLE;
	a->next_ms = 0;
	return HEARD_NOTHING;
}

enum heard
asker_do(struct asker *a, struct buf *text)
{
	enum heard h = HEARD_NOTHING;

	if (a->state == ASK_AWAY)
		h = arrive(a);
	else if (a->state != ASK_IDLE)
		h = hear(a, text);
	if (h == HEARD_GONE || a->state != ASK_IDLE)
		return h;
	if (*a->verb && h == HEARD_NOTHING) {
		a->state = ASK_ORDER;
		h = ask(a, a->verb, a->word);
		*a->verb = 0;
		return h;
	}
	if (clock_mono_ms() < a->next_ms)
		return h;
	a->state = ASK_LIVE;
	a->next_ms = clock_mono_ms() + a->pause_ms;
	return ask(a, "live", "") == HEARD_GONE ? HEARD_GONE : h;
}

int64_t
asker_until(const struct asker *a)
{
	if (a->state == ASK_LIVE || a->state == ASK_ORDER)
		return a->asked_ms + CONTROL_TIMEOUT_S * 1000;
	return *a->verb && a->state == ASK_IDLE ? 0 : a->next_ms;
}
