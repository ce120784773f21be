/* DATA: the text up to a line that holds a dot alone */
#include "smtp/answer.h"
#include "smtp/command.h"
#include "smtp/content.h"

/* false: the client is gone */
static bool
receive(struct session *s)
{
	bool ended, begun = false;
	size_t used, made;

	do {
		char *from;

		if (s->in.pos == s->in.end && session_fill(s, begun, s->set->data_s, "in a message") != SESSION_MORE)
			return false;
		from = s->in.s + s->in.pos;
		ended = undot(&s->content.lines, from, s->in.end - s->in.pos, &used, &made);
		s->in.pos += used;
		content_take(s, from, made);
		begun = true;
	} while (!ended);
	s->in.deadline_ms = 0;
	return true;
}

void
data_run(struct session *s, const char *arg)
{
	(void)arg;
	s->command = "DATA";            /* for the log: where the line stood the message's text comes now */
	content_begin(s);
	if (s->content.refusal) {
		content_end(s);
		return;
	}
	answer_ok(s, "354 end with a line that holds a dot alone");
	if (receive(s))
		content_end(s);
	else
		content_drop(s);
}
