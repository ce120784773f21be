#include "smtp/submission.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/clock.h"
#include "mail/date.h"
#include "mail/received.h"
#include "smtp/answer.h"
#include "smtp/rate.h"
#include "smtp/session.h"

#define BROKEN "451 4.3.5 this mail server is not set up correctly, try later"

void
submission_learn(struct session *s)
{
	const char *value = getenv("SUBMISSION");

	s->submission.required = value && *value && strcmp(value, "0") != 0;
}

static bool
users_own(const struct session *s)
{
	return s->submission.required || *s->auth.login;
}

/* what could not be read is asked for again next time */
static bool
settings(struct session *s)
{
	struct submission *u = &s->submission;
	const struct conf table[] = {
		{ "senderlogins", CONF_LINES, &u->senders, 0, 0, 0 },
		{ "limits", CONF_LINES, &u->limits, 0, 0, 0 },
		{ "hideclient", CONF_NUMBER, &u->hide, 0, 0, 1 },
		{ "showlogin", CONF_NUMBER, &u->show, 0, 0, 1 },
	};
	struct conf_error e;

	if (!u->read) {
		u->read = conf_take(&s->set->etc, table, sizeof table / sizeof *table, &e) && rate_check(&u->limits, &e);
		if (!u->read)
			log_trouble(s, "no submission", e.text);
	}
	return u->read;
}

/* RFC 3207 4. Whoever is not offered STARTTLS is not sent to look for it. */
static const char *
needs_tls(struct session *s)
{
	return tlswrap_offered(&s->tls) ? "530 5.7.0 no mail without encryption here: STARTTLS comes first" :
	    "530 5.7.0 no mail without encryption here, and it is not offered on this port: use one with TLS, such as 465";
}

const char *
submission_may_begin(struct session *s)
{
	const char *refusal;

	if (!s->tls.on && !s->set->local && s->set->requiretls.len && *s->set->requiretls.s != '0')
		return needs_tls(s);
	if (s->submission.required && !*s->auth.login)
		return "530 5.7.0 log in first: AUTH is required here";
	if (*s->auth.login &&
	    (refusal = auth_blocked(s, s->auth.login, "550 5.7.1 this login is blocked: ask the administrator", BROKEN)))
		return refusal;
	if (users_own(s) && !settings(s))
		return BROKEN;
	return 0;
}

/* SENDER of a line: an address, @domain, or * */
static bool
fits(const char *sender, const char *address)
{
	const char *domain = strrchr(address, '@');

	if (strcmp(sender, "*") == 0)
		return true;
	return strcasecmp(*sender == '@' && domain ? domain : address, sender) == 0;
}

static bool
bound_to_other(const struct session *s, const char *address)
{
	const char *login = s->auth.login, *line = 0;
	size_t n = strlen(login);

	if (!n || !s->submission.senders.s || !*address)
		return false;
	if (strchr(login, '@') && strcasecmp(login, address) == 0)
		return false;
	while ((line = conf_next(&s->submission.senders, line)))
		if (strncmp(line, login, n) == 0 && line[n] == ':' && fits(line + n + 1, address))
			return false;
	return true;
}

const char *
submission_sender(struct session *s, const char *address)
{
	if (bound_to_other(s, address))
		return "553 5.7.1 your login may not send under that address";
	return users_own(s) ? rate_message(s) : 0;
}

const char *
submission_recipient(struct session *s)
{
	return users_own(s) ? rate_recipient(s) : 0;
}

/* ---- the message */

void
submission_message(struct session *s)
{
	s->submission.message++;
	memset(&s->submission.stamp, 0, sizeof s->submission.stamp);
	s->submission.stamp.over = !users_own(s);
}

bool
submission_stamps(const struct session *s)
{
	return !s->submission.stamp.over;
}

static void
add_fields(struct session *s, bool blank)
{
	const struct stamp *t = &s->submission.stamp;
	char text[600], date[DATE_RFC5322];
	int n = 0;

	if (!t->date) {
		date_rfc5322(date, clock_wall_s());
		n += snprintf(text, sizeof text, "Date: %s\n", date);
	}
	if (!t->id)
		n += snprintf(text + n, sizeof text - (size_t)n, "Message-ID: <%s.%llu@%s>\n", s->id,
		    (unsigned long long)s->submission.message, s->set->me.s);
	if (blank)
		n += snprintf(text + n, sizeof text - (size_t)n, "\n");
	if (n)
		(void)inject_write(&s->content.inject, text, (size_t)n);
}

void
submission_put(struct session *s, char *from, size_t head, size_t n)
{
	size_t at = 0;
	enum stamp_end end = stamp_scan(&s->submission.stamp, from, n, &at);

	if (end == STAMP_MORE)
		at = n;
	if (head + at)
		(void)inject_write(&s->content.inject, from - head, head + at);
	if (end != STAMP_MORE)
		add_fields(s, end == STAMP_BARE);
	if (at < n)
		(void)inject_write(&s->content.inject, from + at, n - at);
}

void
submission_end(struct session *s)
{
	if (submission_stamps(s) && !s->content.refusal)
		add_fields(s, false);
	s->submission.stamp.over = true;
}

const char *
submission_protocol(const struct session *s)
{
	static const char *const names[2][4] = {
		{ "ESMTP", "ESMTPA", "ESMTPS", "ESMTPSA" },
		{ "UTF8SMTP", "UTF8SMTPA", "UTF8SMTPS", "UTF8SMTPSA" },
	};

	return s->extended ? names[s->utf8][(*s->auth.login ? 1 : 0) + (s->tls.on ? 2 : 0)] : "SMTP";
}

void
submission_trace(const struct session *s, struct received *r)
{
	r->tls = s->tls.facts;
	if (!users_own(s))
		return;
	if (s->submission.show)
		r->login = s->auth.login;
	if (s->submission.hide) {
		r->helo = "hidden.invalid";     /* RFC 2606: nobody's name */
		r->host = r->ip = r->ident = 0;
	}
}
