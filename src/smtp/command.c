#include "smtp/command.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "lib/clock.h"
#include "smtp/answer.h"
#include "smtp/policy.h"

#define LIMIT_MOST 999999               /* six digits, RFC 9422 3 */
#define MINUTE_MS 60000

enum argument { NONE, SOME, ANY };

struct command {
	const char *verb;
	unsigned when;                  /* session states; else 503 */
	enum argument argument;         /* else 501 */
	bool idle;                      /* brings no message nearer */
	void (*run)(struct session *, const char *arg);
};

/* Any name will do: clients that call themselves nonsense send good mail too. What is no printable ASCII, and blanks,
 * become '?'. */
static bool
greet(struct session *s, const char *name, bool extended)
{
	const char *refusal;
	size_t i, n = strlen(name);

	if (n > SESSION_HELO) {
		answer_senseless(s, "501 5.5.4 name too long");
		return false;
	}
	for (i = 0; i < n; i++)
		s->helo[i] = name[i] > ' ' && name[i] <= '~' ? name[i] : '?';
	s->helo[n] = 0;
	s->extended = extended;
	session_reset(s);
	if (!(refusal = policy_helo(s)))
		return true;
	answer_refuse(s, refusal);
	*s->helo = 0;
	s->extended = false;
	session_reset(s);
	return false;
}

/* our name, the first word of the greeting */
static void
put_name(struct session *s)
{
	out_put(&s->out, s->set->greeting.s, strcspn(s->set->greeting.s, " "));
	out_put(&s->out, "\r\n", 2);
}

static void
on_helo(struct session *s, const char *arg)
{
	if (!greet(s, arg, false))
		return;
	out_puts(&s->out, "250 ");
	put_name(s);
}

/* only what works is announced */
static void
on_ehlo(struct session *s, const char *arg)
{
	if (!greet(s, arg, true))
		return;
	out_puts(&s->out, "250-");
	put_name(s);
	answer_more(s, "250", "PIPELINING");
	answer_more(s, "250", "8BITMIME");
	answer_more(s, "250", "SMTPUTF8");
	answer_more(s, "250", "DSN");
	answer_more(s, "250", "CHUNKING");
	if (tlswrap_offered(&s->tls))
		answer_more(s, "250", "STARTTLS");
	if (auth_offered(s))
		answer_more(s, "250", "AUTH PLAIN LOGIN");
	if (s->set->maxrcpt <= LIMIT_MOST) {
		out_puts(&s->out, "250-LIMITS RCPTMAX=");
		out_num(&s->out, s->set->maxrcpt);
		out_put(&s->out, "\r\n", 2);
	}
	out_puts(&s->out, "250-SIZE ");
	out_num(&s->out, s->set->databytes);
	out_put(&s->out, "\r\n", 2);
	answer_ok(s, "250 ENHANCEDSTATUSCODES");
}

static void
on_rset(struct session *s, const char *arg)
{
	(void)arg;
	session_reset(s);
	answer_ok(s, "250 2.0.0 forgotten");
}

static void
on_noop(struct session *s, const char *arg)
{
	(void)arg;
	answer_ok(s, "250 2.0.0 ok");
}

static void
on_vrfy(struct session *s, const char *arg)
{
	(void)arg;
	answer_ok(s, "252 2.0.0 send some mail and see");
}

static void
on_help(struct session *s, const char *arg)
{
	(void)arg;
	answer_ok(s, "214 2.0.0 HELO EHLO MAIL RCPT DATA BDAT RSET NOOP VRFY HELP QUIT, see RFC 5321");
}

static void
on_quit(struct session *s, const char *arg)
{
	(void)arg;
	out_puts(&s->out, "221 2.0.0 ");
	put_name(s);
	s->over = true;
}

static void
on_missing(struct session *s, const char *arg)
{
	(void)arg;
	answer_senseless(s, "502 5.5.1 command not offered here");
}

/* offered or not, that is asked when it comes */
static void
on_auth(struct session *s, const char *arg)
{
	if (!auth_configured(s))
		on_missing(s, arg);
	else if (!*arg)
		answer_senseless(s, "501 5.5.4 AUTH MECHANISM [RESPONSE] is expected");
	else
		auth_run(s, arg);
}

static void
on_starttls(struct session *s, const char *arg)
{
	if (s->tls.on)
		answer_senseless(s, "503 5.5.1 TLS is in use");
	else if (!tlswrap_offered(&s->tls))
		on_missing(s, arg);
	else if (*arg)
		answer_senseless(s, "501 5.5.4 this command takes no argument");
	else
		tls_start(s, arg);
}

/* a browser was sent here: nothing that follows its first line may reach the other commands */
static void
on_http(struct session *s, const char *arg)
{
	(void)arg;
	answer_close(s, "4.7.0", "HTTP is not spoken here");
}

#define ALWAYS (SESSION_NEW | SESSION_READY | SESSION_MAIL | SESSION_RCPT | SESSION_BDAT)

static const struct command table[] = {
	{ "HELO", ALWAYS, SOME, true, on_helo },
	{ "EHLO", ALWAYS, SOME, true, on_ehlo },
	{ "MAIL", SESSION_READY, SOME, false, transaction_mail },
	{ "RCPT", SESSION_MAIL | SESSION_RCPT, SOME, false, transaction_rcpt },
	{ "DATA", SESSION_RCPT, NONE, false, data_run },
	{ "BDAT", ALWAYS, ANY, false, bdat_run },       /* what follows it is to be read whatever the state */
	{ "RSET", ALWAYS, NONE, true, on_rset },
	{ "NOOP", ALWAYS, ANY, true, on_noop },
	{ "VRFY", ALWAYS, SOME, true, on_vrfy },
	{ "HELP", ALWAYS, ANY, true, on_help },
	{ "QUIT", ALWAYS, NONE, false, on_quit },
	{ "EXPN", ALWAYS, ANY, false, on_missing },
	{ "AUTH", ALWAYS, ANY, false, on_auth },
	{ "STARTTLS", ALWAYS, ANY, false, on_starttls },
	{ "TURN", ALWAYS, ANY, false, on_missing },
	{ "ETRN", ALWAYS, ANY, false, on_missing },
	{ "GET", ALWAYS, ANY, false, on_http },
	{ "PUT", ALWAYS, ANY, false, on_http },
	{ "HEAD", ALWAYS, ANY, false, on_http },
	{ "POST", ALWAYS, ANY, false, on_http },
	{ "OPTIONS", ALWAYS, ANY, false, on_http },
	{ "CONNECT", ALWAYS, ANY, false, on_http },
};

static const struct command *
find(const char *verb, size_t n)
{
	size_t i;

	for (i = 0; i < sizeof table / sizeof *table; i++)
		if (strncasecmp(table[i].verb, verb, n) == 0 && table[i].verb[n] == 0)
			return &table[i];
	return 0;
}

static const char *
why_not_now(const struct session *s, const struct command *c)
{
	if (s->state == SESSION_NEW)
		return "503 5.5.1 say HELO or EHLO first";
	if (s->state == SESSION_BDAT)
		return "503 5.5.1 BDAT has begun the message: BDAT or RSET comes next";
	if (c->run == transaction_mail)
		return "503 5.5.1 MAIL was already given";
	if (s->state == SESSION_READY)
		return "503 5.5.1 MAIL comes first";
	return "503 5.5.1 RCPT comes first";
}

/* A pipelining client sends DATA before it knows what became of its recipients: no fault of its own. */
static void
not_now(struct session *s, const struct command *c)
{
	if (c->run == data_run && s->refused)
		answer_refuse(s, "554 5.5.1 no valid recipients");
	else
		answer_senseless(s, why_not_now(s, c));
}

/* What the log may show: what we know and not what may be a password, as in AUTH or on the line after it. */
static const char *
fit_to_show(const struct command *c, const char *line)
{
	return !c ? "(unknown)" : c->run == on_missing || c->run == on_auth ? c->verb : line;
}

/* more commands in a minute than a client may give? The minutes are its own, one after the other. */
static bool
too_fast(struct session *s)
{
	int64_t now_ms;

	if (s->set->commandrate == 0)
		return false;
	now_ms = clock_mono_ms();
	if (s->minute_ms == 0 || now_ms >= s->minute_ms + MINUTE_MS) {
		s->minute_ms = now_ms;
		s->hurry = 0;
	}
	return ++s->hurry > s->set->commandrate;
}

size_t
command_most(const char *line, size_t n)
{
	return n >= 5 && strncasecmp(line, "AUTH ", 5) == 0 ? AUTH_LINE : SESSION_COMMAND;
}

void
command_answer(struct session *s, char *line, size_t len)
{
	size_t verb = strcspn(line, " "), end = len;
	const struct command *c = find(line, verb);
	const char *arg = line + verb + strspn(line + verb, " ");

	if (!tls_first(s))
		return;
	if (strlen(line) != len || memchr(line, '\r', len)) {
		s->command = "with CR or NUL";
		answer_senseless(s, "501 5.5.2 CR and NUL have no place in a command");
		s->over = s->over || (c && c->run == bdat_run);         /* what comes now may be a chunk */
		return;
	}
	while (end > verb && (line[end - 1] == ' ' || line[end - 1] == '\t'))
		line[--end] = 0;
	s->command = fit_to_show(c, line);
	if (too_fast(s))
		answer_close(s, "4.7.0", "too many commands in a minute");
	else if (!c)
		answer_senseless(s, "500 5.5.1 command unknown");
	else if (!(c->when & s->state))
		not_now(s, c);
	else if (c->argument == NONE && *arg)
		answer_senseless(s, "501 5.5.4 this command takes no argument");
	else if (c->argument == SOME && !*arg)
		answer_senseless(s, "501 5.5.4 this command needs an argument");
	else if (c->idle && ++s->idle > s->set->maxidle)
		answer_close(s, "4.7.0", "too many commands without a message");
	else
		c->run(s, arg);
}

void
command_too_long(struct session *s)
{
	s->command = "too long";
	answer_senseless(s, "500 5.5.2 line too long");
}
