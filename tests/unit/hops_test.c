/* hops: Received fields, in the header only, wherever the text is cut */
#include "mail/hops.h"

#include "tap.h"

static uint64_t
count(const char *s, size_t one, size_t two)
{
	struct hops h = { 0 };
	size_t n = strlen(s);

	hops_scan(&h, s, one);
	hops_scan(&h, s + one, two - one);
	hops_scan(&h, s + two, n - two);
	return h.count;
}

static void
check(const char *s, uint64_t want, const char *promise)
{
	size_t n = strlen(s), one, two;
	bool good = true;

	for (one = 0; one <= n; one++)
		for (two = one; two <= n; two++)
			good &= count(s, one, two) == want;
	ok(good, promise);
}

int
main(void)
{
	check("", 0, "an empty message has passed none");
	check("Received: a\nReceived: b\nSubject: c\n\n", 2, "each field counts");
	check("RECEIVED: a\nrEcEiVeD: b\n", 2, "in any case");
	check("Received: a\n b\n\tReceived: c\nX: d\n", 1, "a folded field is one");
	check("Received:\n a\nReceived : b\nReceived \t: c\n", 3, "folded at once, blanks before the colon");
	check("X: a\n\nReceived: b\n\nReceived: c\n", 0, "the body does not count");
	check("\nReceived: b\n", 0, "nor a message without header");
	check("X-Received: a\nReceived-SPF: b\nReceivedx: c\nReceive: d\nReceived\nReceived x: e\n Received: f\n", 0,
	    "other fields do not count");
	check("Received\n: a\nReceived \nReceived: b\n", 1, "a cut name does not count, the next line does");
	check("Receive\n\nReceived: a\n", 0, "an empty line after a cut name ends the header");
	check("Received \n\nReceived: a\n", 0, "and after a name with blanks");
	return done();
}
