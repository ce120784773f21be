#include "wire/route.h"

#include <errno.h>
#include <stdlib.h>

#include "tap.h"

static void
both_ways(const char *text, enum route_way way, const char *name, uint16_t port)
{
	struct buf b = BUF(1000);
	struct route r;

	ok(route_get(text, &r) && r.way == way && strcmp(r.hop[0].name, name) == 0 && r.hop[0].port == port, text);
	ok(route_put(&b, &r) && strcmp(b.s, text) == 0, "and back");
	buf_free(&b);
}

static void
refused(const char *text)
{
	struct route r;

	ok(!route_get(text, &r), *text ? text : "nothing");
}

static void
words(void)
{
	struct buf b = BUF(1000);
	struct route r;

	ok(route_get("host a 25 b 26 2001:db8::1 27", &r) && r.hops == 3 && strcmp(r.hop[1].name, "b") == 0 && r.hop[1].port == 26 &&
	    strcmp(r.hop[2].name, "2001:db8::1") == 0 && r.hop[2].port == 27, "several hosts");
	ok(route_get("host a 25 bind=2001:db8::1 bind=::ffff:192.0.2.1 family=64 login=Joe@a.b tls=smtps-verify", &r) &&
	    r.tls == ROUTE_TLS_SMTPS_VERIFY && r.family == ROUTE_FAMILY_64 && strcmp(r.login, "Joe@a.b") == 0 && r.bound[0] && r.bound[1],
	    "all words");
	ok(route_put(&b, &r) && strcmp(b.s, "host a 25 tls=smtps-verify login=Joe@a.b family=64 bind=192.0.2.1 bind=2001:db8::1") == 0,
	    "which have one order and form");
	ok(!route_get("mx a login=joe", &r) && !route_get("mx [192.0.2.1] login=joe", &r), "no login for the hosts of a domain");
	ok(route_get("lmtp /run/x=y/lmtp tls=no", &r) && r.way == ROUTE_LMTP_UNIX && strcmp(r.hop[0].name, "/run/x=y/lmtp") == 0 &&
	    r.tls == ROUTE_TLS_NO, "a unix socket");
	buf_free(&b);
}

static void
limits(void)
{
	char text[400];
	struct buf b = BUF(15);
	struct route r;
	size_t n;

	for (n = ROUTE_NAME - 1; n <= ROUTE_NAME + 1; n++) {
		memcpy(text, "mx ", 3);
		memset(text + 3, 'x', n);
		text[3 + n] = 0;
		ok(route_get(text, &r) == (n <= ROUTE_NAME), "a name below, at and above the limit");
		memcpy(text, "host ", 5);
		memset(text + 5, 'x', n);
		strcpy(text + 5 + n, " 25");
		ok(route_get(text, &r) == (n <= ROUTE_NAME), "of a host as well");
	}
	ok(route_get("host a 25", &r) && route_put(&b, &r) && b.len == 9, "room enough");
	errno = 0;
	ok(!route_put(&b, &r) && errno == EMSGSIZE && strcmp(b.s, "host a 25") == 0, "no room: EMSGSIZE, nothing put");
	buf_free(&b);
}

int
main(void)
{
	both_ways("mx example.org", ROUTE_MX, "example.org", 25);
	both_ways("mx [192.0.2.1]", ROUTE_MX, "[192.0.2.1]", 25);
	both_ways("mx [IPv6:2001:db8::1]", ROUTE_MX, "[IPv6:2001:db8::1]", 25);
	both_ways("host relay.example 2525", ROUTE_HOST, "relay.example", 2525);
	both_ways("host 2001:db8::1 1", ROUTE_HOST, "2001:db8::1", 1);
	both_ways("host 192.0.2.1 65535", ROUTE_HOST, "192.0.2.1", 65535);
	refused("");
	refused("mx");
	refused("mx ");
	refused("mx a b");
	refused("mxa");
	refused("MX a");
	refused("host");
	refused("host ");
	refused("host a");
	refused("host a ");
	refused("host  25");
	refused("host a 0");
	refused("host a 65536");
	refused("host a 25 ");
	refused("host a b 25");
	refused("host a -1");
	refused("relay a 25");
	refused("mx a tls=");
	refused("mx a tls=perhaps");
	refused("mx a tls=may tls=may");
	refused("mx a tls=may ");
	refused("mx a  tls=may");
	refused("mx a xtls=may");
	refused("mx a bind=192.0.2");
	refused("mx a bind=192.0.2.1 bind=192.0.2.2");
	refused("mx a family=5");
	refused("mx a login=");
	refused("mx a login=a:b");
	refused("mx a login=a login=b");
	refused("host tls=may");
	refused("host a 25 b");
	refused("host a 000025");
	refused("lmtp a");
	refused("lmtp /a 24");
	refused("host a 1 a 2 a 3 a 4 a 5 a 6 a 7 a 8 a 9");
	both_ways("host a 1 a 2 a 3 a 4 a 5 a 6 a 7 a 8", ROUTE_HOST, "a", 1);
	both_ways("lmtp localhost 24", ROUTE_LMTP, "localhost", 24);
	words();
	limits();
	return done();
}
