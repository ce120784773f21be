#include "wire/route.h"

#include <errno.h>
#include <stdlib.h>

#include "tap.h"

static void
both_ways(const char *text, bool mx, const char *name, uint16_t port)
{
	struct buf b = BUF(1000);
	struct route r;

	ok(route_get(text, &r) && r.mx == mx && strcmp(r.name, name) == 0 && r.port == port, text);
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
	both_ways("mx example.org", true, "example.org", 25);
	both_ways("mx [192.0.2.1]", true, "[192.0.2.1]", 25);
	both_ways("mx [IPv6:2001:db8::1]", true, "[IPv6:2001:db8::1]", 25);
	both_ways("host relay.example 2525", false, "relay.example", 2525);
	both_ways("host 2001:db8::1 1", false, "2001:db8::1", 1);
	both_ways("host 192.0.2.1 65535", false, "192.0.2.1", 65535);
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
	limits();
	return done();
}
