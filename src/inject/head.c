#include "inject/head.h"

#include <string.h>
#include <strings.h>

#include "lib/ascii.h"

#define NAME_MAX_BYTES 500              /* no field has a longer name; so a body without line ends is seen soon */

enum line { LINE_UNSURE, LINE_FIELD, LINE_MORE, LINE_EMPTY, LINE_FROM, LINE_BODY };

static bool
begins(const char *s, size_t n, const char *with)
{
	size_t len = strlen(with);

	return n >= len && memcmp(s, with, len) == 0;
}

static enum line
classify(const char *s, size_t n, bool any)
{
	size_t i;

	if (n == 0)
		return LINE_UNSURE;
	if (*s == '\n')
		return LINE_EMPTY;
	if (*s == ' ' || *s == '\t')
		return any ? LINE_MORE : LINE_BODY;
	if (!any && (begins(s, n, "From ") || begins(s, n, ">From ")))
		return LINE_FROM;
	for (i = 0; i < n && i < NAME_MAX_BYTES && ascii_print(s[i]) && s[i] != ' ' && s[i] != ':'; i++)
		;
	if (i == 0 || i == NAME_MAX_BYTES)
		return LINE_BODY;
	while (i < n && i < NAME_MAX_BYTES && (s[i] == ' ' || s[i] == '\t'))
		i++;
	return i == n ? LINE_UNSURE : s[i] == ':' ? LINE_FIELD : LINE_BODY;
}

static bool
over(struct head *h, size_t end, size_t body)
{
	h->end = end;
	h->body = body;
	return true;
}

bool
head_scan(struct head *h, const char *s, size_t n, bool whole)
{
	enum line line;
	const char *lf;

	for (;;) {
		if (h->inside) {
			if (!(lf = memchr(s + h->pos, '\n', n - h->pos))) {
				h->pos = n;
				return whole && over(h, n, n);
			}
			h->at = (size_t)(lf - s) + 1;
			h->inside = false;
			if (!h->any)
				h->start = h->at;       /* a From line */
		}
		line = classify(s + h->at, n - h->at, h->any);
		if (line == LINE_UNSURE)
			return whole && over(h, h->at, h->at);
		if (line == LINE_EMPTY || line == LINE_BODY)
			return over(h, h->at, h->at + (line == LINE_EMPTY));
		h->any |= line == LINE_FIELD;
		h->inside = true;
		h->pos = h->at;
	}
}

static const struct {
	const char *name;
	enum head_kind kind;
} kinds[] = {
	{ "From", HEAD_FROM }, { "Sender", HEAD_SENDER }, { "Reply-To", HEAD_REPLY_TO }, { "To", HEAD_TO }, { "Cc", HEAD_CC },
	{ "Bcc", HEAD_BCC }, { "Apparently-To", HEAD_APPARENTLY_TO }, { "Date", HEAD_DATE }, { "Message-ID", HEAD_MESSAGE_ID },
	{ "Mail-Followup-To", HEAD_MAIL_FOLLOWUP_TO }, { "Mail-Reply-To", HEAD_NOTICES_TO }, { "Errors-To", HEAD_NOTICES_TO },
	{ "Return-Receipt-To", HEAD_NOTICES_TO }, { "Disposition-Notification-To", HEAD_NOTICES_TO },
	{ "Resent-From", HEAD_RESENT_FROM }, { "Resent-Sender", HEAD_RESENT_SENDER }, { "Resent-Reply-To", HEAD_RESENT_REPLY_TO },
	{ "Resent-To", HEAD_RESENT_TO }, { "Resent-Cc", HEAD_RESENT_CC }, { "Resent-Bcc", HEAD_RESENT_BCC },
	{ "Resent-Date", HEAD_RESENT_DATE }, { "Resent-Message-ID", HEAD_RESENT_MESSAGE_ID },
	{ "Return-Path", HEAD_RETURN_PATH }, { "Content-Length", HEAD_CONTENT_LENGTH }, { "Received", HEAD_RECEIVED },
};

static enum head_kind
kind_of(const char *name, size_t n)
{
	size_t i;

	for (i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (strlen(kinds[i].name) == n && strncasecmp(kinds[i].name, name, n) == 0)
			return kinds[i].kind;
	return HEAD_OTHER;
}

bool
head_field(const struct head *h, const char *s, size_t *at, struct head_field *f)
{
	const char *p = s + *at, *end = s + h->end, *lf;
	size_t name = 0;

	if (p >= end)
		return false;
	f->s = p;
	do {
		lf = memchr(p, '\n', (size_t)(end - p));
		p = lf ? lf + 1 : end;
	} while (p < end && (*p == ' ' || *p == '\t'));
	f->n = (size_t)(p - f->s);
	*at += f->n;
	f->value = (size_t)((const char *)memchr(f->s, ':', f->n) - f->s) + 1;
	while (name < f->value - 1 && f->s[name] != ' ' && f->s[name] != '\t')
		name++;
	f->kind = kind_of(f->s, name);
	return true;
}
