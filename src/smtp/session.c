#include "smtp/session.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "smtp/command.h"
#include "smtp/answer.h"
#include "smtp/greeting.h"
#include "smtp/policy.h"

#define TLS_HANDSHAKE 0x16              /* first byte of a TLS client that expected TLS at once */

void
session_name(char id[QID_TEXT])
{
	struct qid q = { (uint64_t)clock_wall_us(), (uint64_t)getpid() };

	qid_text(id, &q);
}

void
session_open(struct session *s, const struct settings *set, int in, int out, struct session_space *space)
{
	int timeout_ms = (int)set->timeout_s * 1000;    /* at most a day */

	s->set = set;
	in_init(&s->in, in, space->input + SESSION_ROOM, SESSION_INPUT, timeout_ms);
	out_init(&s->out, out, space->output, sizeof space->output, timeout_ms);
	s->envelope.s = space->envelope;        /* never reallocated: cap is over max */
	s->envelope.cap = sizeof space->envelope;
	s->envelope.max = SESSION_ENVELOPE;
	s->envelope.len = 0;
	s->state = SESSION_NEW;
	s->helo[0] = 0;
	session_name(s->id);
	s->began_ms = clock_mono_ms();
	s->command = "";
	s->relay = set->relayclient;
	tlswrap_learn(&s->tls);
	submission_learn(s);
}

void
session_reset(struct session *s)
{
	content_drop(s);
	buf_clear(&s->envelope);
	s->rcpts = s->refused = s->declared = 0;
	s->utf8 = false;
	policy_forget();
	s->state = *s->helo ? SESSION_READY : SESSION_NEW;
}

/* A wait ends at the deadline, not only the next one after it. */
static void
shorten_wait(struct session *s)
{
	int64_t left_ms = s->in.deadline_ms - clock_mono_ms();

	if (left_ms < s->in.timeout_ms)
		in_timeout(&s->in, left_ms > 1 ? (int)left_ms : 1);
}

enum session_read
session_fill(struct session *s, bool begun, uint64_t limit_s, const char *where)
{
	int full_ms = (int)s->set->timeout_s * 1000;
	ssize_t n;

	if (!out_flush(&s->out)) {
		log_lost(s, errno, where);
		s->over = true;
		return SESSION_LOST;
	}
	if (begun) {
		if (s->in.deadline_ms == 0)
			s->in.deadline_ms = clock_mono_ms() + (int64_t)limit_s * 1000;
		shorten_wait(s);
	} else if (s->in.timeout_ms != full_ms)
		in_timeout(&s->in, full_ms);
	n = in_fill(&s->in);
	if (n > 0)
		return SESSION_MORE;
	if (n < 0 && errno == ETIMEDOUT)
		answer_close(s, "4.4.2", "timeout, closing connection");
	else if (n < 0 || s->state > SESSION_READY || begun)
		log_lost(s, n < 0 ? errno : 0, where);
	s->over = true;
	return SESSION_LOST;
}

enum session_line
session_line(struct session *s, size_t most, char **line, size_t *len, const char *where)
{
	bool too_long = false;
	size_t have, limit;
	char *at, *end;

	for (;;) {
		at = s->in.s + s->in.pos;
		have = s->in.end - s->in.pos;
		limit = most ? most : command_most(at, have);
		end = have ? memchr(at, '\n', have) : 0;
		if (end)
			break;
		if (have >= limit || too_long) {
			too_long = true;
			s->in.pos = s->in.end;
		}
		if (session_fill(s, have > 0, s->set->command_s, where) != SESSION_MORE)
			return SESSION_GONE;
	}
	s->in.pos += (size_t)(end - at) + 1;
	s->in.deadline_ms = 0;
	*line = at;
	*len = (size_t)(end - at);
	if (*len >= limit || too_long)
		return SESSION_LONG;
	if (*len && at[*len - 1] == '\r')
		--*len;
	return SESSION_WHOLE;
}

void
session_run(struct session *s)
{
	enum session_line got;
	char *line;
	size_t len;

	greeting_give(s);
	if (!s->over && session_fill(s, false, 0, "after the greeting") == SESSION_MORE && s->in.s[0] == TLS_HANDSHAKE) {
		s->command = "";
		answer_close(s, "4.7.0", "TLS is not spoken here before SMTP");
	}
	while (!s->over && (got = session_line(s, 0, &line, &len, "in a command")) != SESSION_GONE) {
		if (clock_mono_ms() - s->began_ms >= (int64_t)s->set->session_s * 1000)
			answer_close(s, "4.4.2", "this session has lasted too long");
		else if (got == SESSION_LONG)
			command_too_long(s);
		else {
			line[len] = 0;          /* where the line end was */
			command_answer(s, line, len);
		}
		s->command = "";
	}
	(void)out_flush(&s->out);               /* the session is over either way */
	content_drop(s);
	log_session_end(s);
}
