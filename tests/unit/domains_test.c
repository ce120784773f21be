/* domains: names and their subdomains */
#include "mail/domains.h"

#include "lib/conf.h"
#include "tap.h"

static const char list[] = "example.org\0.sub.example\0A.Example.NET";

static bool
has(const char *domain)
{
	struct buf b = { (char *)(uintptr_t)list, sizeof list, sizeof list + 1, sizeof list };

	return domains_has(&b, domain, strlen(domain));
}

int
main(void)
{
	struct buf none = BUF(10);

	ok(has("example.org"), "a listed domain");
	ok(has("EXAMPLE.oRg"), "in any case");
	ok(has("a.example.net"), "whatever the list's case");
	ok(has("x.sub.example") && has("y.x.SUB.example"), ".domain is everything below it");
	ok(!has("sub.example"), "but not the domain itself");
	ok(!has("xsub.example") && !has("xexample.org") && !has("x.example.org"), "nothing that only ends alike");
	ok(!has("example.or") && !has("example.org.") && !has(".example.org"), "nothing nearly alike");
	ok(!has("") && !has("org"), "not the empty name, not the parent");
	ok(!domains_has(&none, "example.org", 11), "a missing list holds nothing");
	return done();
}
