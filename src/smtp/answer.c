#include "smtp/answer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/msg.h"
#include "lib/num.h"

#define REPLY_MAX 510                   /* bytes of a reply line without its end, RFC 5321 4.5.3.1.5 */

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
	bool named = s->envelope.len > 0;

	say(s->id, " refused client ", ip(s), *closing ? ": 421 " : ":", closing, " ", text, ": helo ",
	    *s->helo ? s->helo : "-", named ? " from <" : "", sender(s), named ? ">" : "", " command ", s->command);
}

/* a look whether we are there, in which nothing happened */
static bool
nothing_to_tell(const struct session *s)
{
	return s->set->healthcheck && s->state <= SESSION_READY && s->messages == 0 && s->refusals == 0;
}

void
log_session_begin(const struct session *s)
{
	const char *local = getenv("TCPLOCALIP"), *port = getenv("TCPLOCALPORT");
	char pid[NUM_TEXT];

	if (nothing_to_tell(s))
		return;
	say(s->id, " connect client ", ip(s), " host ", *s->peer.host ? s->peer.host : "-", " to ", local ? local : "-", " port ",
	    port ? port : "-", " relay ", s->set->relayclient ? "yes" : "no", " pid ", num_text(pid, (uint64_t)getpid()));
}

void
log_session_end(const struct session *s)
{
	char messages[NUM_TEXT], taken[NUM_TEXT], refusals[NUM_TEXT], seconds[NUM_TEXT];

	if (nothing_to_tell(s))
		return;
	say(s->id, " end client ", ip(s), " messages ", num_text(messages, s->messages), " recipients ", num_text(taken, s->taken),
	    " refusals ", num_text(refusals, s->refusals), " seconds ",
	    num_text(seconds, (uint64_t)(clock_mono_ms() - s->began_ms) / 1000));
}

void
log_accepted(struct session *s, const char *id, uint64_t bytes)
{
	char rcpts[NUM_TEXT], size[NUM_TEXT];

	s->messages++;
	s->taken += s->rcpts;
	say(s->id, " accepted ", *id ? id : "-", " rcpts ", num_text(rcpts, s->rcpts), " bytes ",
	    num_text(size, bytes), " client ", ip(s), *s->auth.login ? " login " : "", s->auth.login, " helo ", s->helo, " from <", sender(s),
	    ">");
}

void
log_recipient(const struct session *s, const char *reason, const char *address)
{
	say(s->id, " recipient: ", reason, ": ", address);
}

void
log_trouble(const struct session *s, const char *reason, const char *about)
{
	say(s->id, " trouble: ", reason, ": ", about);
}

void
log_policy(const struct session *s, const char *server, const char *words)
{
	say(s->id, " policy ", server, ": ", words);
}

void
log_tls(const struct session *s)
{
	say(s->id, " tls client ", ip(s), " ", tlswrap_words(&s->tls));
}

void
log_login(const struct session *s, const char *how, const char *mechanism, const char *login)
{
	say(s->id, " auth ", how, " client ", ip(s), " mechanism ", mechanism, " tls ", s->tls.on ? "yes" : "no", " login ", login);
}

void
log_rate(const struct session *s, const char *what, const char *whose, const char *name)
{
	say(s->id, " limit of ", what, " reached client ", ip(s), " ", whose, " ", name);
}

void
log_lost(const struct session *s, int error, const char *where)
{
	if (nothing_to_tell(s))
		return;
	say(s->id, " lost client ", ip(s), " ", where, ": ",
	    error ? strerror(error) : "end of file");
}

/* A refusal ends in the session's id, so that whoever gets it can name it to us. */
void
answer_ok(struct session *s, const char *text)
{
	size_t n = strlen(text), most;

	if (*text == '4' || *text == '5') {
		most = REPLY_MAX - 3 - strlen(s->id);
		out_put(&s->out, text, n < most ? n : most);
		out_puts(&s->out, " [");
		out_puts(&s->out, s->id);
		out_byte(&s->out, ']');
		s->refusals++;
	} else
		out_put(&s->out, text, n);
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
	char line[REPLY_MAX + 1];
	const char *name = s->set->greeting.s;

	snprintf(line, sizeof line, "421 %s %.*s %s", code, (int)strcspn(name, " "), name, text);
	answer_ok(s, line);
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

/* 421 and 521, which a policy server may order, are the last reply (RFC 5321 3.8, RFC 7504) */
void
answer_refuse(struct session *s, const char *text)
{
	if (++s->idle > s->set->maxidle) {
		answer_close(s, "4.7.0", "too many commands without a message");
		return;
	}
	answer_ok(s, text);
	log_refused(s, "", text);
	s->over = s->over || strncmp(text + 1, "21 ", 3) == 0;
}
