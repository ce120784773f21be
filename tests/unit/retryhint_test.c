#include "mail/retryhint.h"

#include <stdio.h>

#include "tap.h"

static const struct {
	const char *text;
	uint64_t wait_s;
} cases[] = {
	{ "451 4.7.1 Greylisted, please try again in 300 seconds", 300 },
	{ "451 4.7.1 Please try again in 180 seconds.", 180 },
	{ "450 4.2.0 <a@x.example>: Recipient address rejected: Greylisted for 300 seconds (see http://postgrey.example/)", 300 },
	{ "450 4.2.0 <a@x.example>: Recipient address rejected: Greylisted, see http://postgrey.schweikert.ch/help/x.example.html", 0 },
	{ "450 Greylisted, see http://postgrey.example/help/5/x.html (or 'greylisted for 300 seconds')", 300 },
	{ "451 4.7.1 Greylisting in action, please come back in 00:04:57", 297 },
	{ "451 4.7.1 Greylisting in action, please come back later in 01:00:00", 3600 },
	{ "450 4.7.1 Greylisted for 4 minutes and 12 seconds", 252 },
	{ "451 Greylisted for 1 hour, 30 minutes and 5 seconds.", 5405 },
	{ "421 retry in 5 minutes", 300 },
	{ "421 retry=300", 300 },
	{ "421 4.7.0 retry-after: 120", 120 },
	{ "421 4.7.0 Retry_After=45s", 45 },
	{ "451 retry after 2 min", 120 },
	{ "451 delayed for at least 10mins", 600 },
	{ "451 Try again in 1h30m", 5400 },
	{ "451 wait another 90 sec please", 90 },
	{ "451 please wait 3 minute(s)", 180 },
	{ "451 Please retry after 300-seconds", 300 },
	{ "451 TRY AGAIN IN 5 MINUTES", 300 },
	{ "451-4.7.1 You are greylisted.\n451 4.7.1 Try again in 15 minutes", 900 },
	{ "451-4.7.1 Try again in 15\n451 4.7.1 minutes", 900 },
	{ "451-4.7.1 Try again in\n451 4.7.1 60 seconds", 60 },
	{ "450 try again later, in about 20 minutes", 1200 },
	{ "in 30 seconds or 40, again in 50 seconds", 50 },
	{ "451 try again in 1 second", RETRYHINT_LEAST_S },
	{ "451 try again in 0 seconds", RETRYHINT_LEAST_S },
	{ "451 try again in 3 days", RETRYHINT_MOST_S },
	{ "451 try again in 99999999999999999999999 days", RETRYHINT_MOST_S },
	{ "451 4.7.1 try again later", 0 },
	{ "451 4.3.0 try again in a few minutes", 0 },
	{ "451 try again in 300", 0 },
	{ "451 deferred - 4.16.51", 0 },
	{ "451 deferred: 4.16.51", 0 },
	{ "451 deferred at 12:30:00", 0 },
	{ "451 deferred: 12:30", 0 },
	{ "451 10 messages in 60 seconds, try again later", 0 },
	{ "421 Too many connections. Try again later. Limit is 5 in 60 seconds", 0 },
	{ "451 try again from 10.0.0.1", 0 },
	{ "451 try again with id 300 seconds", 0 },
	{ "451 try again in 300 secondsX9", 0 },
	{ "451 try again in 5m7x", 300 },
	{ "451 again", 0 },
	{ "451 again in", 0 },
	{ "451 again in 5", 0 },
	{ "451 retry=", 0 },
	{ "451", 0 },
	{ "", 0 },
};

int
main(void)
{
	size_t i;

	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		uint64_t got = retryhint(cases[i].text);
		char name[200], *s;

		snprintf(name, sizeof name, "%llu of \"%s\"", (unsigned long long)cases[i].wait_s, cases[i].text);
		for (s = name; (s = strchr(s, '\n')); )
			*s = '|';
		if (!ok(got == cases[i].wait_s, name))
			printf("# got %llu\n", (unsigned long long)got);
	}
	return done();
}
