#include "smtp/answer.h"

#include <string.h>

#include "lib/msg.h"
#include "lib/num.h"

static const char *
ip(const struct session *s)
{
	return *s->peer.ip ? s->peer.ip : "unknown";
}

static const char *
sender(const struct session *s)
{
	return s->envelope.len ? s->envelope.s + 1 : "";
}

/* closing: the status code of a 421, else "" and the text has its own */
static void
log_refused(const struct session *s, const char *closing, const char *text)
{
	char pid[NUM_TEXT];
	bool named = s->envelope.len > 0;

	say(num_text(pid, (uint64_t)s->pid), " refused client ", ip(s), *closing ? ": 421 " : ":", closing, " ", text, ": helo ",
	    *s->helo ? s->helo : "-", named ? " from <" : "", sender(s), named ? ">" : "", " command ", s->command);
}

void
log_accepted(const struct session *s, const char *id, uint64_t bytes)
{
	char pid[NUM_TEXT], rcpts[NUM_TEXT], size[NUM_TEXT];

	say(num_text(pid, (uint64_t)s->pid), " accepted ", *id ? id : "-", " rcpts ", num_text(rcpts, s->rcpts), " bytes ",
	    num_text(size, bytes), " client ", ip(s), " helo ", s->helo, " from <", sender(s), ">");
}

void
log_recipient(const struct session *s, const char *reason, const char *address)
{
	char pid[NUM_TEXT];

	say(num_text(pid, (uint64_t)s->pid), " recipient: ", reason, ": ", address);
}

void
log_lost(const struct session *s, int error, const char *where)
{
	char pid[NUM_TEXT];

	say(num_text(pid, (uint64_t)s->pid), " lost client ", ip(s), " ", where, ": ",
	    error ? strerror(error) : "end of file");
}

void
answer_ok(struct session *s, const char *text)
{
	out_puts(&s->out, text);
	out_put(&s->out, "\r\n", 2);
}

void
answer_more(struct session *s, const char *code, const char *text)
{
	out_puts(&s->out, code);
	out_byte(&s->out, '-');
	answer_ok(s, text);
}

void
answer_close(struct session *s, const char *code, const char *text)
{
	out_puts(&s->out, "421 ");
	out_puts(&s->out, code);
	out_byte(&s->out, ' ');
	out_put(&s->out, s->set->greeting.s, strcspn(s->set->greeting.s, " "));
	out_byte(&s->out, ' ');
	answer_ok(s, text);
	log_refused(s, code, text);
	s->over = true;
}

void
answer_senseless(struct session *s, const char *text)
{
	if (++s->bad > s->set->maxbad) {
		answer_close(s, "4.7.0", "too many bad commands");
		return;
	}
	answer_ok(s, text);
	log_refused(s, "", text);
}

void
answer_refuse(struct session *s, const char *text)
{
	if (++s->idle > s->set->maxidle) {
		answer_close(s, "4.7.0", "too many commands without a message");
		return;
	}
	answer_ok(s, text);
	log_refused(s, "", text);
}
