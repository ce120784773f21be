/* dnsserver: $DNSCACHEIP and resolv.conf */
#include "remote/dnsserver.h"

#include <arpa/inet.h>

#include "tap.h"

static struct dnsserver list[DNSSERVER_MAX];
static size_t n;

static bool
is(size_t i, int family, const char *ip, unsigned port)
{
	char text[INET6_ADDRSTRLEN];
	const struct dnsserver *d = &list[i];
	bool v4 = family == AF_INET;
	const void *raw = v4 ? (const void *)&d->addr.v4.sin_addr : (const void *)&d->addr.v6.sin6_addr;

	return i < n && d->addr.any.sa_family == family && strcmp(inet_ntop(family, raw, text, sizeof text), ip) == 0 &&
	    ntohs(v4 ? d->addr.v4.sin_port : d->addr.v6.sin6_port) == port &&
	    d->len == (v4 ? sizeof d->addr.v4 : sizeof d->addr.v6);
}

static bool
refused(const char *text)
{
	return !dnsserver_list(text, list, &n);
}

static void
from_environment(void)
{
	ok(dnsserver_list("", list, &n) && n == 0, "nothing is no server");
	ok(dnsserver_list(" 192.0.2.1\t10.0.0.1:5353 ", list, &n) && n == 2 && is(0, AF_INET, "192.0.2.1", 53) &&
	    is(1, AF_INET, "10.0.0.1", 5353), "IPv4, with and without a port");
	ok(dnsserver_list("::1 [2001:db8::1]:65535", list, &n) && n == 2 && is(0, AF_INET6, "::1", 53) &&
	    is(1, AF_INET6, "2001:db8::1", 65535), "IPv6, with and without a port");
	same(list[1].text, "[2001:db8::1]:65535", "called as it was written");
	ok(dnsserver_list("fe80::1%7", list, &n) && list[0].addr.v6.sin6_scope_id == 7, "a link-local one, interface by number");
	ok(dnsserver_list("1.1.1.1 2.2.2.2 3.3.3.3 4.4.4.4 5.5.5.5 6.6.6.6 7.7.7.7 8.8.8.8", list, &n) && n == 8, "eight");
	ok(refused("1.1.1.1 2.2.2.2 3.3.3.3 4.4.4.4 5.5.5.5 6.6.6.6 7.7.7.7 8.8.8.8 9.9.9.9"), "not nine");
	ok(refused("localhost") && refused("1.2.3") && refused("1.2.3.4.5") && refused("1.2.3.4:"), "no names, no halves");
	ok(refused("1.2.3.4:0") && refused("1.2.3.4:65536") && refused("1.2.3.4:5x"), "no strange ports");
	ok(refused("[::1]") && refused("[::1]53") && refused("[::1") && refused("[1.2.3.4]:53"), "brackets are for IPv6 with a port");
	ok(refused("fe80::1%") && refused("fe80::1%nosuchinterface0"), "no unknown interface");
	ok(refused("1111111111111111111111111111111111111111111111111111111111111111111111111111"), "no endless word");
}

static void
from_resolv_conf(void)
{
	static const char text[] = "# comment\nsearch example\nnameserver 192.0.2.1\nnameserver\t::1   # here\r\n"
	    " nameserver 10.0.0.1\nnameserver none\nnameserverx 10.0.0.2\nnameserver\nnameserver \noptions edns0\nnameserver 192.0.2.3";
	static const char many[] = "nameserver 1.1.1.1\nnameserver 1.1.1.1\nnameserver 1.1.1.1\nnameserver 1.1.1.1\n"
	    "nameserver 1.1.1.1\nnameserver 1.1.1.1\nnameserver 1.1.1.1\nnameserver 1.1.1.1\nnameserver 1.1.1.1\n";

	n = dnsserver_resolv(text, sizeof text - 1, list);
	ok(n == 3 && is(0, AF_INET, "192.0.2.1", 53) && is(1, AF_INET6, "::1", 53) && is(2, AF_INET, "192.0.2.3", 53),
	    "the nameserver lines that can be read, also without a newline at the end");
	ok(dnsserver_resolv("", 0, list) == 0, "an empty file");
	ok(dnsserver_resolv("nameserver 1.2.3.4\0x\n", 21, list) == 1, "a NUL ends the address");
	ok(dnsserver_resolv(many, sizeof many - 1, list) == DNSSERVER_MAX, "the first eight");
}

/* how many of the first n are trusted, a bit for each */
static unsigned
trusted(void)
{
	unsigned bits = 0;
	size_t i;

	for (i = 0; i < n; i++)
		bits |= (unsigned)list[i].trusted << i;
	return bits;
}

static unsigned
resolv_trusts(const char *text)
{
	n = dnsserver_resolv(text, strlen(text), list);
	return trusted();
}

static void
trust(void)
{
	ok(dnsserver_list("127.0.0.1 127.255.0.9:53 ::1 [::1]:5353 ::ffff:127.0.0.1", list, &n) && trusted() == 0x1f,
	    "loopback addresses are trusted");
	ok(dnsserver_list("128.0.0.1 126.0.0.1 192.0.2.1 0.0.0.0 ::2 ::ffff:10.127.0.1 fe80::1%1 ::", list, &n) && trusted() == 0,
	    "no others");
	ok(dnsserver_list("192.0.2.1 trust-ad 2001:db8::1", list, &n) && n == 2 && trusted() == 3, "with trust-ad all are");
	ok(refused("trust-ad") && refused("192.0.2.1 trust-adx") && refused("192.0.2.1 trust-a") && refused("192.0.2.1 Trust-AD"),
	    "which is a word, and not the only one");
	ok(dnsserver_list("192.0.2.1", list, &n) && trusted() == 0, "nothing is left of it");
	ok(resolv_trusts("nameserver 192.0.2.1\nnameserver 127.0.0.53\n") == 2, "resolv.conf: loopback addresses");
	ok(resolv_trusts("nameserver 192.0.2.1\noptions edns0 trust-ad\n") == 1 && resolv_trusts("options\ttrust-ad rotate\r\nnameserver "
	    "192.0.2.1\nnameserver 192.0.2.2") == 3, "resolv.conf: options trust-ad, anywhere");
	ok(resolv_trusts("nameserver 192.0.2.1\noptions notrust-ad trust-ad-not\n#options trust-ad\n options trust-ad\n"
	    "optionstrust-ad\nsearch trust-ad\noptions\noptions ") == 0, "resolv.conf: and nothing like it");
	ok(resolv_trusts("nameserver 1.1.1.1\nnameserver 1.1.1.1\nnameserver 1.1.1.1\nnameserver 1.1.1.1\nnameserver 1.1.1.1\n"
	    "nameserver 1.1.1.1\nnameserver 1.1.1.1\nnameserver 1.1.1.1\nnameserver 1.1.1.1\noptions trust-ad") == 0xff,
	    "resolv.conf: also behind more servers than are taken");
}

int
main(void)
{
	from_environment();
	from_resolv_conf();
	trust();
	return done();
}
