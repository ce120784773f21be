#include "mail/patterns.h"

#include <string.h>

#include "tap.h"

static char text[] = "joe@bad.example\0@all.example\0.below.example\0Mixed@Case.Example\0nodomain";
static struct buf lines = { text, sizeof text, sizeof text, sizeof text };

static bool
in(const char *address)
{
	return patterns_have(&lines, address, strlen(address));
}

int
main(void)
{
	static const char *const yes[] = { "joe@bad.example", "JOE@BAD.example", "x@all.example", "a@b@ALL.example",
	    "x@a.below.example", "x@a.b.Below.Example", "mixed@case.example", "nodomain" };
	static const char *const no[] = { "", "jo@bad.example", "xjoe@bad.example", "joe@bad.example.com", "joe@x.bad.example",
	    "x@xall.example", "x@b.all.example", "x@below.example", "x@.below.example", "x.below.example", "x.below.example@y",
	    "@all.example@y", "x", "x@", "@", "." };
	struct buf none = BUF(10);
	size_t i;

	for (i = 0; i < sizeof yes / sizeof *yes; i++)
		ok(in(yes[i]), yes[i]);
	for (i = 0; i < sizeof no / sizeof *no; i++)
		ok(!in(no[i]), no[i]);
	ok(!patterns_have(&none, "a@b", 3), "an empty list");
	return done();
}
