/* which route a recipient's mail takes, by his domain and by the sender */
#include "resolve/smtproutes.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "scratch.h"
#include "tap.h"

static struct smtproutes s;
static struct conf_error error;

static bool
given(const char *routes, const char *senders)
{
	struct conf_view etc;
	bool good;

	smtproutes_free(&s);
	memset(&s, 0, sizeof s);
	error.text[0] = 0;
	scratch_file("smtproutes", routes, strlen(routes));
	scratch_file("senderroutes", senders, strlen(senders));
	if (!conf_look(&etc, &error))
		return false;
	good = smtproutes_load(&s, &etc, &error);
	close(etc.dir);
	return good;
}

static const char *
route(const char *domain, const char *sender)
{
	static struct buf key = BUF(1100);

	buf_clear(&key);
	return smtproutes_find(&s, domain, strlen(domain), sender, &key) ? key.s : strerror(errno);
}

static void
lines(void)
{
	ok(given("", ""), "no lines");
	same(route("A.example", ""), "mx a.example", "the MX");
	ok(given("a.example:Relay.example\nb.example:[192.0.2.1]:26\nc.example:[IPv6:2001:db8::1]\nd.example:\n.example:x:27\n:all\n", ""), "hosts");
	same(route("A.example", ""), "host relay.example 25", "a host, port 25");
	same(route("b.example", ""), "host 192.0.2.1 26", "an address with a port");
	same(route("c.example", ""), "host 2001:db8::1 25", "an IPv6 address");
	same(route("d.example", ""), "mx d.example", "an exception");
	same(route("x.d.example", ""), "host x 27", "everything below a domain");
	same(route("org", ""), "host all 25", "everything else");
	ok(given("a:one,two:26,[192.0.2.1] tls=must login=isp\nb:one tls=smtps\nc:one,two:1 tls=smtps-verify\n"
	    "d:/run/Lmtp\ne:back lmtp\nf:back:26\tlmtp bind=192.0.2.9\ng: tls=verify family=4\n", ""), "words");
	same(route("a", ""), "host one 25 two 26 192.0.2.1 25 tls=must login=isp", "several hosts, and words");
	same(route("b", ""), "host one 465 tls=smtps", "implicit TLS has its port");
	same(route("c", ""), "host one 465 two 1 tls=smtps-verify", "unless another is said");
	same(route("d", ""), "lmtp /run/Lmtp", "a unix socket");
	same(route("e", ""), "lmtp back 24", "LMTP to a host");
	same(route("f", ""), "lmtp back 26 bind=192.0.2.9", "and port");
	same(route("g", ""), "mx g tls=verify family=4", "the MX under rules");
}

static void
senders(void)
{
	ok(given("a.example:own\n:all tls=may\n", "joe@b.example:joes login=joe\n@b.example:bs\n@c.example: bind=192.0.2.3 tls=must\n"), "senders");
	same(route("x.example", "joe@b.example"), "host joes 25 login=joe", "by the sender's address");
	same(route("x.example", "Joe@B.example"), "host joes 25 login=joe", "whatever its case");
	same(route("x.example", "ann@b.example"), "host bs 25", "by his domain");
	same(route("x.example", "ann@x.b.example"), "host all 25 tls=may", "not one below it");
	same(route("x.example", ""), "host all 25 tls=may", "nor a null sender");
	same(route("a.example", "joe@b.example"), "host own 25", "the recipient's own line goes before");
	same(route("a.example", "ann@c.example"), "host own 25 tls=must bind=192.0.2.3", "words for any route");
	same(route("x.example", "ann@c.example"), "host all 25 tls=must bind=192.0.2.3", "also in the place of those for all");
	ok(given("a.example:own tls=may bind=192.0.2.4\n:all family=4\n", "@c.example: bind=192.0.2.3 tls=must family=6\n"), "words of all kinds");
	same(route("a.example", "ann@c.example"), "host own 25 tls=may family=6 bind=192.0.2.4", "but not of the recipient's own");
	same(route("x.example", "ann@c.example"), "host all 25 tls=must family=6 bind=192.0.2.3", "of each kind");
}

static void
logins(void)
{
	ok(given("a.example:own\nb.example:\n:all\n", "joe@c.example: login=joe\n@d.example:ds login=d\n:bounces login=b\n"), "logins");
	same(route("x.example", "joe@c.example"), "host all 25 login=joe", "for the relay of all");
	same(route("a.example", "joe@c.example"), "host own 25", "not for one of some recipients");
	same(route("b.example", "joe@c.example"), "mx b.example", "nor for their MX");
	same(route("x.example", "ann@d.example"), "host ds 25 login=d", "for the sender's own relay");
	same(route("x.example", ""), "host bounces 25 login=b", "bounces have a sender, too");
	ok(given(":all login=all tls=must\n", "joe@c.example: login=joe\n"), "one for all");
	same(route("x.example", "joe@c.example"), "host all 25 tls=must login=joe", "gives way to the sender's");
	same(route("x.example", "ann@c.example"), "host all 25 tls=must login=all", "of whom has one");
	ok(given("", "joe@c.example: login=joe tls=must\n"), "without a relay");
	same(route("x.example", "joe@c.example"), "mx x.example tls=must", "there is none");
	ok(!given("a.example: login=a\n", "") && strstr(error.text, "needs a relay"), "nor is one given to a domain's MX");
	ok(!given(": login=a\n", ""), "of any domain");
}

static const char *
why(const char *domain, const char *sender)
{
	static char text[400];
	const char *file, *line = smtproutes_why(&s, domain, sender, &file);

	snprintf(text, sizeof text, "%s %s", file ? file : "-", line ? line : "-");
	return text;
}

static void
reasons(void)
{
	ok(given("a.example:own\nb.example:\n", "@c.example:cs"), "reasons");
	same(why("a.example", "x@c.example"), "smtproutes a.example:own", "the recipient's line");
	same(why("b.example", "x@c.example"), "smtproutes b.example:", "one without a host");
	same(why("x.example", "x@c.example"), "senderroutes @c.example:cs", "the sender's");
	same(why("x.example", ""), "- -", "none");
}

static void
refused(const char *line)
{
	ok(!given(line, "") && strstr(error.text, "smtproutes"), line);
	ok(!given("", line) && strstr(error.text, "senderroutes"), "by senders neither");
}

int
main(void)
{
	static char many[400], longest[1300];
	int i;

	scratch();
	setenv("PNEU_ETC", ".", 1);
	lines();
	senders();
	logins();
	reasons();
	refused("a");
	refused("a:b:0");
	refused("a:b:65536");
	refused("a:b,");
	refused("a:,b");
	refused("a:b,,c");
	refused("a:[b");
	refused("a:[]");
	refused("a:2001:db8::1");
	refused("a:b/c");
	refused("a:b tls");
	refused("a:b tls=x");
	refused("a:b lmtp=1");
	refused("a: lmtp");
	refused("a:b tls=must tls=may");
	for (i = 0; i < 9; i++)
		strcat(many, i ? ",h" : "a:h");
	refused(many);
	strcpy(longest, "a:");
	memset(longest + 2, 'x', 257);
	refused(longest);
	for (i = 0; i < 6; i++)
		memset(longest + 2 + 201 * i, 'x', 200), longest[2 + 201 * i + 200] = i < 5 ? ',' : 0;
	ok(!given(longest, ""), "a route too long to be a key");
	ok(given("", "") && strcmp(route("", ""), strerror(EINVAL)) == 0 && strcmp(route("a b", ""), strerror(EINVAL)) == 0, "what cannot be a domain");
	smtproutes_free(&s);
	return done();
}
