/* the order of hosts for a route, with a DNS that is a table */
#include <arpa/inet.h>
#include <string.h>

#include "remote/hosts.h"
#include "remote/tcpto.h"
#include "tap.h"

static unsigned mx_asked, addr_asked;
static const char *failing = "";        /* this host's addresses cannot be had for now */

enum dns_result
dns_get_mx(const char *domain, struct dns_mx *list, size_t max, size_t *n)
{
	static const struct dns_mx three[] = { { 20, "second.example" }, { 10, "first.example" }, { 30, "third.example" } };
	static const struct dns_mx equal[] = { { 10, "a.example" }, { 10, "b.example" }, { 5, "first.example" } };
	static const struct dns_mx lost[] = { { 10, "none.example" }, { 20, "gone.example" } };
	static const struct dns_mx null[] = { { 0, "" } };
	static const struct dns_mx mixed[] = { { 0, "" }, { 10, "first.example" } };
	static const struct {
		const char *domain;
		const struct dns_mx *list;
		size_t n;
	} table[] = { { "three.example", three, 3 }, { "equal.example", equal, 3 }, { "lost.example", lost, 2 },
		{ "null.example", null, 1 }, { "mixed.example", mixed, 2 } };
	size_t i;

	mx_asked++;
	*n = 0;
	for (i = 0; i < sizeof table / sizeof *table; i++)
		if (strcmp(table[i].domain, domain) == 0 && table[i].n <= max) {
			memcpy(list, table[i].list, table[i].n * sizeof *list);
			*n = table[i].n;
			return DNS_OK;
		}
	return strcmp(domain, "temp.example") == 0 ? DNS_TEMP : strcmp(domain, "nobody.example") == 0 ? DNS_NXDOMAIN : DNS_NODATA;
}

static bool
take(struct dns_host *h, const char *ip)
{
	struct dns_addr *a = &h->list[h->n];
	int family = strchr(ip, ':') ? AF_INET6 : AF_INET;

	if (h->n == h->max || (h->family && h->family != family) || inet_pton(family, ip, a->ip) != 1)
		return false;
	a->family = family;
	h->n++;
	return true;
}

static void
answer(struct dns_host *h)
{
	static const struct {
		const char *host, *ip[5];
	} table[] = { { "first.example", { "2001:db8::1", "192.0.2.1" } }, { "second.example", { "192.0.2.2" } },
		{ "third.example", { "192.0.2.3" } }, { "a.example", { "192.0.2.10" } }, { "b.example", { "192.0.2.11" } },
		{ "bare.example", { "192.0.2.4" } },
		{ "many.example", { "2001:db8::a", "2001:db8::b", "192.0.2.5", "192.0.2.6" } } };
	size_t i, k;

	h->n = 0;
	memset(h->list, 0, h->max * sizeof *h->list);
	strcpy(h->why, "the table says so");
	if (strcmp(h->name, failing) == 0) {
		h->result = DNS_TEMP;
		return;
	}
	if (!take(h, h->name))
		for (i = 0; i < sizeof table / sizeof *table; i++)
			for (k = 0; strcmp(table[i].host, h->name) == 0 && table[i].ip[k]; k++)
				(void)take(h, table[i].ip[k]);
	h->result = h->n ? DNS_OK : strcmp(h->name, "gone.example") == 0 ? DNS_NXDOMAIN : DNS_NODATA;
}

void
dns_get_addrs_of(struct dns_host *h, size_t n)
{
	addr_asked++;
	while (n--)
		answer(h++);
}

bool
dns_was_secure(void)
{
	return false;
}

const char *
dns_why(void)
{
	return "the table says so";
}

static struct hosts h;
static struct result why;

static bool
begin(const char *route)
{
	memset(&h, 0, sizeof h);
	return route_get(route, &h.route) && hosts_begin(&h, &why);
}

static struct dns_addr
address(const char *ip)
{
	struct dns_addr a;

	memset(&a, 0, sizeof a);
	a.family = strchr(ip, ':') ? AF_INET6 : AF_INET;
	inet_pton(a.family, ip, a.ip);
	return a;
}

/* the addresses to the end, a verdict and status for each host without */
static const char *
all(void)
{
	static char text[1000];
	char ip[INET6_ADDRSTRLEN];
	struct host *x;
	size_t i;

	text[0] = 0;
	while ((x = hosts_next(&h, &why))) {
		for (i = 0; i < x->addrs; i++) {
			strcat(text, inet_ntop(x->addr[i].addr.family, x->addr[i].addr.ip, ip, sizeof ip));
			strcat(text, " ");
		}
		if (!x->addrs) {
			strncat(text, &why.verdict, 1);
			strcat(text, why.status);
			strcat(text, " ");
		}
	}
	return text;
}

static void
routes(void)
{
	ok(begin("host 192.0.2.7 26"), "a host as address");
	same(all(), "192.0.2.7 ", "is that address");
	ok(begin("host first.example 26"), "a host by name");
	same(all(), "2001:db8::1 192.0.2.1 ", "is all of its addresses");
	ok(begin("host none.example 26"), "a host without address");
	same(all(), "D5.1.2 ", "is a failure");
	ok(begin("mx [192.0.2.8]"), "an address literal");
	same(all(), "192.0.2.8 ", "is that address");
	ok(begin("mx [IPv6:2001:db8::9]"), "an IPv6 literal");
	same(all(), "2001:db8::9 ", "is that address");
	ok(!begin("mx [2001:db8::9]") && why.verdict == 'D', "IPv6 without its tag is none");
	ok(!begin("mx [localhost]") && !begin("mx []") && !begin("mx [") && !begin("mx [192.0.2.8"), "nor are these literals");
	ok(mx_asked == 0, "none of these asks for an MX");
}

static void
mx(void)
{
	ok(begin("mx three.example"), "three MX");
	same(all(), "2001:db8::1 192.0.2.1 192.0.2.2 192.0.2.3 ", "are tried by preference");
	ok(begin("mx bare.example"), "a domain without MX");
	same(all(), "192.0.2.4 ", "is its own host");
	ok(begin("mx none.example"), "one without addresses, too");
	same(all(), "D5.1.2 ", "is a failure");
	ok(begin("mx lost.example"), "MX hosts without addresses");
	same(all(), "D5.4.4 D5.4.4 ", "are failures, the domain's own address is not tried");
	ok(begin("mx mixed.example"), "a null MX among others");
	same(all(), "D5.4.4 2001:db8::1 192.0.2.1 ", "is no host, the others are");
	ok(!begin("mx null.example") && why.verdict == 'D' && strcmp(why.status, "5.1.10") == 0, "a null MX alone refuses all mail");
	ok(!begin("mx nobody.example") && why.verdict == 'D' && strcmp(why.status, "5.1.2") == 0, "a domain that does not exist");
	ok(!begin("mx temp.example") && why.verdict == 'Z' && strcmp(why.status, "4.4.3") == 0, "one that cannot be looked up now");
	failing = "first.example";
	ok(begin("mx three.example"), "a host that cannot be looked up now");
	same(all(), "Z4.4.3 192.0.2.2 192.0.2.3 ", "does not hide the others");
	failing = "";
}

static void
equals(void)
{
	unsigned a_first = 0, b_first = 0, i;

	for (i = 0; i < 200; i++) {
		const char *got = begin("mx equal.example") ? all() : "";

		a_first += strcmp(got, "2001:db8::1 192.0.2.1 192.0.2.10 192.0.2.11 ") == 0;
		b_first += strcmp(got, "2001:db8::1 192.0.2.1 192.0.2.11 192.0.2.10 ") == 0;
	}
	ok(a_first + b_first == 200, "equals come after the better one");
	ok(a_first > 0 && b_first > 0, "in either order");
	same(all(), "", "after the end is the end");
}

static void
memory(void)
{
	struct dns_addr best = address("2001:db8::1"), second = address("192.0.2.2");
	unsigned before;

	begin("mx three.example");
	before = mx_asked;
	tcpto_failed(&best);
	tcpto_failed(&second);
	ok(hosts_begin(&h, &why) && mx_asked == before, "what DNS said is kept for the next search");
	same(all(), "192.0.2.1 2001:db8::1 192.0.2.3 192.0.2.2 ", "what failed lately comes last: of a host, and a whole host");
	tcpto_answered(&best);
	tcpto_answered(&second);
	hosts_begin(&h, &why);
	same(all(), "2001:db8::1 192.0.2.1 192.0.2.2 192.0.2.3 ", "until it answers");
	h.found_ms -= HOSTS_FRESH_MS;
	ok(hosts_begin(&h, &why) && mx_asked == before + 1, "later DNS is asked again");
	before = addr_asked;
	begin("mx three.example");
	ok(addr_asked == before + 1, "the addresses of all hosts are looked up at once");
}

static void
families(void)
{
	begin("host many.example 25");
	same(all(), "2001:db8::a 192.0.2.5 2001:db8::b 192.0.2.6 ", "the families take turns");
	begin("host many.example 25 family=46");
	same(all(), "192.0.2.5 2001:db8::a 192.0.2.6 2001:db8::b ", "IPv4 first where the route says so");
	begin("host many.example 25 family=4");
	same(all(), "192.0.2.5 192.0.2.6 ", "or alone");
	begin("mx three.example family=6");
	same(all(), "2001:db8::1 D5.4.4 D5.4.4 ", "a host without the only family has no address");
	begin("host none.example 25 first.example 26");
	same(all(), "D5.1.2 2001:db8::1 192.0.2.1 ", "several hosts of one route, in their order");
	ok(h.host[1].port == 26, "each with its port");
}

static bool
begin_as(const char *me, const char *route)
{
	memset(&h, 0, sizeof h);
	h.me = me;
	return route_get(route, &h.route) && hosts_begin(&h, &why);
}

static void
ourselves(void)
{
	ok(begin_as("Second.example", "mx three.example"), "our own name in the list");
	same(all(), "2001:db8::1 192.0.2.1 ", "is dropped, and everything worse");
	ok(!begin_as("first.example", "mx three.example") && why.verdict == 'D' && strcmp(why.status, "5.4.6") == 0, "nothing is left: a failure");
	ok(begin_as("a.example", "mx equal.example"), "one of two equals");
	same(all(), "2001:db8::1 192.0.2.1 ", "takes the other along");
	ok(begin_as("first.example", "host first.example 25"), "a route to ourselves is an operator's own wish");
	begin_as(0, "mx three.example");
	hosts_next(&h, &why);
	hosts_ourselves(&h, &h.host[1], &why);
	ok(why.verdict == 'Z' && !hosts_next(&h, &why), "found out by its address: the better ones may answer later");
	begin_as(0, "mx three.example");
	hosts_ourselves(&h, hosts_next(&h, &why), &why);
	ok(why.verdict == 'D' && strcmp(why.status, "5.4.6") == 0 && !hosts_next(&h, &why), "if there are better ones");
}

static const char *
word(const char *route, const char *salt)
{
	static struct buf b = BUF(JOB_VIA);

	buf_clear(&b);
	return begin(route) && hosts_word(&h, salt, &b) ? b.s : "";
}

static void
words(void)
{
	struct buf none = BUF(JOB_VIA);
	char first[JOB_VIA + 1];
	unsigned i, same_word = 0;

	strcpy(first, word("mx equal.example", ""));
	for (i = 0; i < 50; i++)
		same_word += strcmp(word("mx equal.example", ""), first) == 0;
	ok(same_word == 50, "the same hosts make the same word, in whatever order");
	ok(strncmp(first, "first.example/", 14) == 0 && strlen(first) == 14 + 32, "which begins with the best");
	ok(strcmp(word("mx equal.example tls=must", ""), first) != 0, "other rules make another");
	ok(strcmp(word("mx equal.example", "x"), first) != 0, "whatever they are");
	ok(strcmp(word("mx three.example", ""), first) != 0, "and other hosts");
	ok(strncmp(word("mx bare.example", ""), "bare.example/", 13) == 0, "a domain without MX is such a host itself");
	ok(!begin("mx nobody.example"), "one that has no host");
	buf_clear(&none);
	ok(hosts_word(&h, "", &none), "has a word all the same");
	same(none.s, "nobody.example/-", "which is nobody else's");
}

int
main(void)
{
	routes();
	mx();
	equals();
	memory();
	families();
	ourselves();
	words();
	return done();
}
