#include "smtp/recipient.h"

#include <stdio.h>
#include <string.h>

#include "lib/ascii.h"
#include "resolve/resolve.h"
#include "smtp/answer.h"

#define WORDS 200                       /* shown of an alias's words */

static struct resolver resolver;        /* the process has one session */
static char reply[256];

/* an alias's own words are its author's, so they are masked like a stranger's */
static const char *
compose(const char *code, const struct outcome *o, const char *words)
{
	char *p;

	snprintf(reply, sizeof reply, "%s %.9s %.*s%s", code, o->status, WORDS, words, strlen(words) > WORDS ? "..." : "");
	for (p = reply; *p; p++)
		*p = ascii_mask(*p);
	return reply;
}

const char *
recipient_refusal(const struct session *s, const char *address)
{
	struct resolution r;
	struct conf_error e;

	if (!resolver.routing && !resolver_open(&resolver, &s->set->etc, false, &e)) {
		log_recipient(s, e.text, address);
		return "451 4.3.5 this mail server is not set up correctly, try later";
	}
	resolver_ask(&resolver, address, &r);
	switch (r.outcome.verdict) {
	case 'K':
		if (r.kind == RESOLUTION_NOBODY || r.kind == RESOLUTION_LATER)
			log_recipient(s, r.outcome.text, address);
		return 0;
	case 'D':
		return compose("550", &r.outcome, r.outcome.text);
	default:
		if (r.kind == RESOLUTION_ALIAS)         /* it says so itself */
			return compose("451", &r.outcome, r.outcome.text);
		log_recipient(s, r.outcome.text, address);
		return compose("451", &r.outcome, "unable to look this recipient up, try later");
	}
}

void
recipient_end(void)
{
	if (resolver.routing)
		resolver_close(&resolver);
}
