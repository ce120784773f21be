#include "deliver/offers.h"

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
