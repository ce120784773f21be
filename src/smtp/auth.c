#include "smtp/auth.h"

#include <string.h>
#include <strings.h>

#include "compat/compat.h"
#include "lib/base64.h"
#include "smtp/answer.h"
#include "smtp/command.h"
#include "smtp/session.h"

bool
auth_configured(const struct session *s)
{
	return s->set->checker || s->set->checkpassword.len > 0;
}

/* read when there is first talk of it; what could not be read is asked for again next time */
static bool
allowed(struct session *s)
{
	struct auth *a = &s->auth;
	const struct conf table[] = {
		{ "authwithouttls", CONF_NUMBER, &a->without_tls, 0, 0, 1 },
		{ "maxauthfail", CONF_NUMBER, &a->most_wrong, 5, 1, 1000 },
		{ "authdelay", CONF_NUMBER, &a->delay_s, 1, 0, CREDENTIALS_DELAY_S },
		{ "timeoutauth", CONF_NUMBER, &a->timeout_s, 60, 1, 3600 },
	};
	struct conf_error e;

	if (!a->read) {
		a->read = conf_take(&s->set->etc, table, sizeof table / sizeof *table, &e);
		if (!a->read)
			log_trouble(s, "no AUTH", e.text);
	}
	return a->read;
}

bool
auth_offered(struct session *s)
{
	return auth_configured(s) && !*s->auth.login && allowed(s) && (s->tls.on || s->auth.without_tls);
}

void
auth_forget(struct session *s)
{
	*s->auth.login = 0;
	s->relay = s->set->relayclient;
}

const char *
auth_blocked(const struct session *s, const char *login, const char *blocked, const char *untold)
{
	struct conf_error e;

	switch (credentials_blocked(s->set->etc.dir, login, &e)) {
	case CREDENTIALS_FREE:
		return 0;
	case CREDENTIALS_BLOCKED:
		return blocked;
	case CREDENTIALS_UNTOLD:
	default:
		log_trouble(s, e.text, login);
		return untold;
	}
}

/* ---- the dialogue */

/* The client's next line, decoded in place; 0 after a reply, or when the client is gone. The bytes end in 0. */
static char *
challenge(struct session *s, const char *text, size_t *n)
{
	char *line;
	size_t len;

	answer_ok(s, text);
	switch (session_line(s, AUTH_LINE, &line, &len, "in AUTH")) {
	case SESSION_WHOLE:
		break;
	case SESSION_LONG:
		answer_senseless(s, "500 5.5.6 line too long");
		return 0;
	case SESSION_GONE:
	default:
		return 0;
	}
	line[len] = 0;
	if (len == 1 && *line == '*')
		answer_refuse(s, "501 5.7.0 given up, as you wish");
	else if (!base64_decode(line, n, line, len)) {
		answer_senseless(s, "501 5.5.2 that is not base64");
	} else {
		line[*n] = 0;           /* where the line end was, or before */
		return line;
	}
	return 0;
}

/* the initial response, or an answer to the challenge */
static char *
response(struct session *s, char *initial, const char *text, size_t *n)
{
	if (!*initial)
		return challenge(s, text, n);
	if (strcmp(initial, "=") == 0) {        /* RFC 4954: it is there, and empty */
		*n = 0;
		*initial = 0;
		return initial;
	}
	if (!base64_decode(initial, n, initial, strlen(initial))) {
		answer_senseless(s, "501 5.5.2 that is not base64");
		return 0;
	}
	initial[*n] = 0;
	return initial;
}

static void
wrong(struct session *s, const char *login, const char *mechanism)
{
	s->auth.wrong++;
	log_login(s, "failed", mechanism, login);
	credentials_wait(s->auth.delay_s, s->auth.wrong);
	if (s->auth.wrong >= s->auth.most_wrong)
		answer_close(s, "4.7.0", "too many wrong passwords");
	else
		answer_refuse(s, "535 5.7.8 login or password is wrong");
}

static void
decide(struct session *s, const char *login, const char *password, const char *mechanism)
{
	const char *refusal;

	if (!credentials_sane(login) || !*password) {
		wrong(s, login, mechanism);
		return;
	}
	switch (login_check(s, login, password)) {
	case LOGIN_RIGHT:
		if ((refusal = auth_blocked(s, login, "535 5.7.8 this login is blocked: ask the administrator",
		    "454 4.7.0 unable to check logins now, try later"))) {
			log_login(s, "blocked", mechanism, login);
			answer_refuse(s, refusal);
			break;
		}
		strcpy(s->auth.login, login);   /* sane: it fits */
		s->auth.method = mechanism;
		if (!s->relay)
			s->relay = "";
		log_login(s, "ok", mechanism, login);
		answer_ok(s, "235 2.7.0 welcome");
		break;
	case LOGIN_WRONG:
		wrong(s, login, mechanism);
		break;
	case LOGIN_TROUBLE:
	default:
		answer_refuse(s, "454 4.7.0 unable to check passwords now, try later");
	}
}

/* authorization identity 0 login 0 password (RFC 4616) */
static void
plain(struct session *s, char *initial)
{
	size_t n;
	char *text = response(s, initial, "334 ", &n), *login, *password;

	if (!text)
		return;
	login = memchr(text, 0, n);
	password = login ? memchr(login + 1, 0, n - (size_t)(login + 1 - text)) : 0;
	if (!password || strlen(password + 1) != n - (size_t)(password + 1 - text))
		answer_senseless(s, "501 5.5.2 that is not what PLAIN says");
	else if (*text && strcmp(text, login + 1) != 0)
		wrong(s, login + 1, "PLAIN");   /* nobody acts for others here */
	else
		decide(s, login + 1, password + 1, "PLAIN");
}

static void
login(struct session *s, char *initial)
{
	char name[CREDENTIALS_LOGIN + 1];
	size_t n;
	char *text = response(s, initial, "334 VXNlcm5hbWU6", &n);

	if (!text)
		return;
	if (n > CREDENTIALS_LOGIN || strlen(text) != n)
		*text = 0, n = 0;               /* nobody's */
	memcpy(name, text, n + 1);
	if (!(text = challenge(s, "334 UGFzc3dvcmQ6", &n)))
		return;
	if (strlen(text) != n)
		answer_senseless(s, "501 5.5.2 a password has no zero bytes");
	else
		decide(s, name, text, "LOGIN");
}

static const char *
why_not_now(struct session *s)
{
	if (*s->auth.login)
		return "503 5.5.1 you are logged in";
	if (s->state > SESSION_READY)
		return "503 5.5.1 AUTH has no place within a transaction";
	if (s->state == SESSION_NEW || !s->extended)
		return "503 5.5.1 say EHLO first";
	return 0;
}

void
auth_run(struct session *s, const char *arg)
{
	size_t n = strcspn(arg, " ");
	char *initial = (char *)(uintptr_t)arg + n + strspn(arg + n, " ");
	const char *no;

	s->command = "AUTH";
	compat_undumpable();            /* no core file has the password, nor may another session, of our uid, look at it */
	if ((no = why_not_now(s)))
		answer_senseless(s, no);
	else if (!allowed(s))
		answer_refuse(s, "454 4.3.5 passwords cannot be checked here now");
	else if (!s->tls.on && !s->auth.without_tls)
		answer_senseless(s, tlswrap_offered(&s->tls) ? "538 5.7.11 a password needs encryption: STARTTLS comes first" :
		    "538 5.7.11 a password needs encryption, which is not offered on this port: use one with TLS, such as 465");
	else if (strchr(initial, ' '))
		answer_senseless(s, "501 5.5.4 AUTH MECHANISM [RESPONSE] is expected");
	else if (n == 5 && strncasecmp(arg, "PLAIN", 5) == 0)
		plain(s, initial);
	else if (n == 5 && strncasecmp(arg, "LOGIN", 5) == 0)
		login(s, initial);
	else
		answer_senseless(s, "504 5.5.4 no such mechanism here; PLAIN and LOGIN are");
	explicit_bzero(s->in.s, s->in.pos);     /* all that was said here, decoded or not */
}
