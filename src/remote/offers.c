#include "remote/offers.h"

#include <string.h>
#include <strings.h>

#include "lib/num.h"

/* the number of NAME=NUMBER among words with a space between them, up to LF or 0; 0: it is not there, or is no such number */
static uint64_t
limit(const char *words, const char *name)
{
	size_t len = strlen(name), n;
	uint64_t number = 0;

	for (; *words && *words != '\n'; words += n + (words[n] == ' ')) {
		n = strcspn(words, " \n");
		if (n > len && strncasecmp(words, name, len) == 0 && words[len] == '=' &&
		    num_span(words + len + 1, n - len - 1, 1, 999999, &number))
			return number;
	}
	return 0;
}

static unsigned
mechanism(const char *s, size_t n)
{
	static const char *const name[] = { "PLAIN", "LOGIN", "XOAUTH2", "OAUTHBEARER" };
	size_t i;

	for (i = 0; i < sizeof name / sizeof *name; i++)
		if (strlen(name[i]) == n && strncasecmp(s, name[i], n) == 0)
			return 1u << i;
	return 0;
}

/* all lines with AUTH, and with the "AUTH=" of servers older than the standard; one server may have both */
static unsigned
mechanisms(const struct reply *r)
{
	const char *l, *s;
	unsigned all = 0;
	size_t n;

	for (l = strchr(r->text, '\n'); l; l = strchr(l + 1, '\n')) {
		if (strlen(l) < 10 || strncasecmp(l + 5, "AUTH", 4) != 0 || (l[9] != ' ' && l[9] != '='))
			continue;
		for (s = l + 10; *s && *s != '\n'; s += n + (s[n] == ' ')) {
			n = strcspn(s, " \n");
			all |= mechanism(s, n);
		}
	}
	return all;
}

void
offers_read(struct offers *o, const struct reply *r)
{
	const char *value;

	offers_none(o);
	o->pipelining = reply_offers(r, "PIPELINING", 0);
	o->eightbit = reply_offers(r, "8BITMIME", 0);
	o->utf8 = reply_offers(r, "SMTPUTF8", 0);
	o->dsn = reply_offers(r, "DSN", 0);
	o->chunking = reply_offers(r, "CHUNKING", 0);
	o->starttls = reply_offers(r, "STARTTLS", 0);
	o->auth = mechanisms(r);
	o->sized = reply_offers(r, "SIZE", &value);
	if (o->sized)
		(void)num_span(value, strcspn(value, " \n"), 0, UINT64_MAX, &o->size_max);
	if (reply_offers(r, "LIMITS", &value)) {
		o->mail_max = limit(value, "MAILMAX");
		o->rcpt_max = limit(value, "RCPTMAX");
		o->domain_max = limit(value, "RCPTDOMAINMAX");
	}
}

void
offers_none(struct offers *o)
{
	memset(o, 0, sizeof *o);
}
