#include "remote/result.h"

#include <stdarg.h>
#include <string.h>

#include "mail/retryhint.h"

void
result_append(struct result *r, const char *s)
{
	size_t have = strlen(r->text), n = strlen(s);

	if (n > sizeof r->text - 1 - have)
		n = sizeof r->text - 1 - have;
	memcpy(r->text + have, s, n);
	r->text[have + n] = 0;
}

void
result_say_list(struct result *r, char verdict, bool site, const char *status, const char *s, ...)
{
	va_list ap;

	r->verdict = verdict;
	r->site = site;
	r->wait_s = 0;
	r->status[0] = r->via[0] = r->text[0] = 0;
	strncat(r->status, status, sizeof r->status - 1);
	va_start(ap, s);
	for (; s; s = va_arg(ap, const char *))
		result_append(r, s);
	va_end(ap);
}

void
result_reply(struct result *r, const struct reply *reply, bool site, const char *detail, const char *ip, const char *what)
{
	char first = reply->code / 100 == 2 ? '2' : reply->code / 100 == 5 ? '5' : '4';
	char status[REPLY_STATUS];

	if (!reply_status(reply, status) || status[0] != first) {
		status[0] = first;
		status[1] = 0;
		strncat(status, detail, sizeof status - 2);
	}
	result_say(r, first == '2' ? 'K' : first == '5' ? 'D' : 'Z', site, status, ip, " ", what,
	    JOB_SAID, reply->text, "\n");
	if (first == '4')
		r->wait_s = retryhint(reply->text);
}
