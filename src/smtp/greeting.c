#include "smtp/greeting.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/fd.h"
#include "lib/num.h"
#include "smtp/answer.h"
#include "smtp/policy.h"

#define TARPIT_AFTER 1000000
#define TARPIT_S 60

enum waited { WAITED, SPOKE, GONE };

/* up to limit_ms, or until there is something of this kind at the client's descriptor */
static enum waited
wait_for(struct session *s, short events, int64_t limit_ms)
{
	int there = fd_wait(s->in.fd, events, clock_mono_ms() + limit_ms);

	return !there ? WAITED : there > 0 && there & POLLIN ? SPOKE : GONE;
}

/* false: the session is over */
static bool
wait_first(struct session *s)
{
	ssize_t n;

	if (!s->set->greetdelay_ms || s->relay)
		return true;
	switch (wait_for(s, POLLIN, (int64_t)s->set->greetdelay_ms)) {
	case WAITED:
		return true;
	case SPOKE:
		if ((n = in_fill(&s->in)) > 0) {
			s->command = "(before the greeting)";
			answer_refuse(s, "554 5.5.1 you spoke before you were greeted");
		} else
			log_lost(s, n < 0 ? errno : 0, "before the greeting");
		break;
	default:
		log_lost(s, 0, "before the greeting");
	}
	s->over = true;
	return false;
}

/* RFC 5321 3.1: what takes the greeting's place is 554, or 421 */
static void
refuse(struct session *s, const char *text)
{
	char line[512];

	snprintf(line, sizeof line, "%s%s", *text == '4' ? "421" : "554", text + 3);
	s->command = "(none)";
	answer_refuse(s, line);
	s->over = true;
}

void
greeting_give(struct session *s)
{
	const char *refusal;

	log_session_begin(s);
	if (!wait_first(s))
		return;
	if ((refusal = policy_connect(s))) {
		refuse(s, refusal);
		return;
	}
	out_puts(&s->out, "220 ");
	out_buf(&s->out, &s->set->greeting);
	answer_ok(s, " ESMTP");
}

/* control/tarpit, read when the first recipient is refused: "N M", the Nth refusal and each after it takes M seconds */
static bool
tarpit_setting(struct session *s, uint64_t *after, uint64_t *seconds)
{
	struct buf b = BUF(0);
	const struct conf setting = { "tarpit", CONF_LINE, &b, 0, 0, 0 };
	struct conf_error e;
	size_t n;
	bool ok;

	*after = *seconds = 0;
	ok = conf_take(&s->set->etc, &setting, 1, &e);
	if (ok && b.len) {
		n = strcspn(b.s, " ");
		ok = num_span(b.s, n, 0, TARPIT_AFTER, after) && num_u64(b.s + n + strspn(b.s + n, " "), 0, TARPIT_S, seconds);
		if (!ok)
			conf_complain(&e, "tarpit", "is not a number of refusals and one of seconds", b.s);
	}
	if (!ok)
		log_trouble(s, e.text, "tarpit is off");
	buf_free(&b);
	return ok;
}

void
greeting_tarpit(struct session *s)
{
	static uint64_t refusals, after, seconds;       /* the process has one session */

	if (refusals++ == 0 && !tarpit_setting(s, &after, &seconds))
		seconds = 0;
	if (!seconds || refusals <= after || !out_flush(&s->out))
		return;
	(void)wait_for(s, 0, (int64_t)seconds * 1000);  /* if the client is gone the next read tells */
}
