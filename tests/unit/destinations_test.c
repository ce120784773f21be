/* destinations: names, the nearest with a dot, what is wrong */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "queue/destinations.h"
#include "tap.h"

static char dir[] = "/tmp/pneu-destinations.XXXXXX";
static struct conf_error why;

static struct destinations *
load(const char *text)
{
	char path[100];
	FILE *f;

	snprintf(path, sizeof path, "%s/destinations", dir);
	if (!(f = fopen(path, "w")) || fputs(text, f) < 0 || fclose(f) != 0)
		exit(1);
	return destinations_load(&why);
}

/* the line that counts for a name, "-" if there is none */
static const char *
line_of(const struct destinations *d, const char *name)
{
	const struct destination *x = destinations_find(d, name, strlen(name));

	return x ? x->name : "-";
}

static void
names(void)
{
	struct destinations *d = load("example.org:concurrency=2\n.example.org:concurrency=3\n.b.example.org:rate=30/m\n"
	    ":rate=7200/h recipients=50\nRelay.test:perconnection=5\n.z:concurrency=1\n2001:db8::1:concurrency=9\n");
	const struct destination *p;

	if (!ok(d, "a file of all sorts"))
		return;
	same(line_of(d, "example.org"), "example.org", "a name goes before one with a dot");
	same(line_of(d, "EXAMPLE.ORG"), "example.org", "in any case");
	same(line_of(d, "a.example.org"), ".example.org", "a dot stands for what is below");
	same(line_of(d, "x.b.example.org"), ".b.example.org", "the nearest");
	same(line_of(d, "b.example.org"), ".b.example.org", "and for the name itself");
	same(line_of(d, "badexample.org"), "-", "not for others that end so");
	same(line_of(d, "relay.test"), "Relay.test", "however it is written");
	same(line_of(d, "a.relay.test"), "-", "without a dot only the name itself");
	same(line_of(d, "a.z"), ".z", "the last line is found");
	same(line_of(d, "z"), ".z", "by its name too");
	same(line_of(d, "2001:db8::1"), "2001:db8::1", "an address has colons");
	same(line_of(d, ""), "-", "no name, no line");
	p = destinations_preset(d);
	ok(p->interval_us == 500000 && p->recipients == 50 && !p->concurrency && !p->per_connection, "the line without a name");
	ok(destinations_find(d, "x.b.example.org", 15)->interval_us == 2000000, "thirty a minute are one in two seconds");
	destinations_free(d);
	d = load("");
	ok(d && strcmp(line_of(d, "example.org"), "-") == 0 && !destinations_preset(d)->concurrency, "an empty file");
	destinations_free(d);
	ok(destinations_match("a.b", "A.B", 3) && !destinations_match("a.b", "x.a.b", 5) && destinations_match(".a.b", "x.a.b", 5) &&
	    destinations_match(".a.b", "a.b", 3) && !destinations_match(".a.b", "xa.b", 4) && !destinations_match(".", "a", 1) &&
	    !destinations_match("a.b", "a.bc", 3 + 1), "what a pattern stands for");
}

static void
wrong(void)
{
	static const char *const bad[] = { "a", "a:", "a: ", "a:b", "a:b=1", "a:concurrency", "a:concurrency=", "a:concurrency=0",
		"a:concurrency=1001", "a:rate=1", "a:rate=/m", "a:rate=1/s", "a:rate=0/h", "a:rate=1000001/m", "a:recipients=0",
		"a:recipients=101", "a:perconnection=0", "a:perconnection=-1", "a:concurrency=1 concurrency=2", "a b:concurrency=1",
		"a:rate=1/m\nA:rate=2/m", ":rate=1/m\n:rate=2/m" };
	bool all = true;
	size_t i;

	for (i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct destinations *d = load(bad[i]);

		if (d || strncmp(why.text, "control/destinations: ", 22) != 0) {
			printf("# took \"%s\", or: %s\n", bad[i], why.text);
			all = false;
		}
		destinations_free(d);
	}
	ok(all, "what is none");
}

int
main(void)
{
	char path[100];

	if (!mkdtemp(dir))
		return 1;
	setenv("PNEU_ETC", dir, 1);
	setenv("PNEU_QUEUE", dir, 1);
	names();
	wrong();
	snprintf(path, sizeof path, "%s/destinations", dir);
	(void)unlink(path);
	(void)rmdir(dir);
	return done();
}
