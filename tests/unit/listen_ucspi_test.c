/* ucspi: which variables a session has, and which of two with one name */
#include "listen/ucspi.h"

#include <stdlib.h>

#include "tap.h"

/* all variables, joined by spaces */
static const char *
joined(char **env)
{
	static char out[8000];

	out[0] = 0;
	for (; *env; env++)
		strcat(strcat(out, out[0] ? " " : ""), *env);
	return out;
}

static struct connection
connection(const char *local, unsigned lport, const char *remote, unsigned rport)
{
	struct connection c = { .fd = -1 };

	ok(ip_read(local, c.local.ip) && ip_read(remote, c.remote.ip), "addresses");
	c.local.port = (uint16_t)lport;
	c.remote.port = (uint16_t)rport;
	return c;
}

int
main(void)
{
	char *from[] = { "PATH=/bin", "TCPREMOTEIP=6.6.6.6", "TCPREMOTEHOST=evil.example", "TCPREMOTEINFO=x", "PROTO=UNIX",
		"TCPLOCALHOST=y", "TCPREMOTEIPX=kept", "LISTEN_FDS=1", "LISTEN_PID=1", "RELAYCLIENT=no", "PROTOCOL=kept", 0 };
	char *none[] = { 0 };
	struct connection four = connection("127.0.0.1", 25, "192.0.2.1", 65535);
	struct connection six = connection("2001:db8:1111:2222:3333:4444:5555:6666", 65535,
	    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 1);
	struct connection mapped = connection("::ffff:127.0.0.1", 25, "::ffff:192.0.2.255", 1);
	struct rule plain = { .vars = 0 }, two = { .var = { "RELAYCLIENT=first", "RELAYCLIENT=" }, .vars = 2 },
	    own = { .var = { "TCPREMOTEIP=10.0.0.1", "PATH=/x", "NEW=1" }, .vars = 3 }, full = { .vars = RULES_VARS };
	char names[RULES_VARS][8];
	struct ucspi u;
	size_t i, n;

	ok(ucspi_init(&u, from, 0), "an environment to start from");
	same(ucspi_connection(&u, &four), "192.0.2.1", "the client's address");
	same(joined(ucspi_env(&u, &plain)), "PROTO=TCP TCPLOCALIP=127.0.0.1 TCPLOCALPORT=25 TCPREMOTEIP=192.0.2.1 "
	    "TCPREMOTEPORT=65535 PATH=/bin TCPREMOTEIPX=kept RELAYCLIENT=no PROTOCOL=kept",
	    "IPv4: ours are set, those of another connection are gone, the rest is inherited");
	same(joined(ucspi_env(&u, &two)), "RELAYCLIENT= PROTO=TCP TCPLOCALIP=127.0.0.1 TCPLOCALPORT=25 "
	    "TCPREMOTEIP=192.0.2.1 TCPREMOTEPORT=65535 PATH=/bin TCPREMOTEIPX=kept PROTOCOL=kept",
	    "a rule goes before what was inherited, its last word before its first, and no name is there twice");
	same(joined(ucspi_env(&u, &own)), "TCPREMOTEIP=10.0.0.1 PATH=/x NEW=1 PROTO=TCP TCPLOCALIP=127.0.0.1 "
	    "TCPLOCALPORT=25 TCPREMOTEPORT=65535 TCPREMOTEIPX=kept RELAYCLIENT=no PROTOCOL=kept",
	    "a rule may speak for us too");
	same(ucspi_connection(&u, &mapped), "192.0.2.255", "IPv4 in IPv6 is IPv4");
	ok(strstr(joined(ucspi_env(&u, &plain)), "PROTO=TCP TCPLOCALIP=127.0.0.1") != 0, "also in PROTO and for our end");
	ucspi_connection(&u, &six);
	ok(strstr(joined(ucspi_env(&u, &plain)), "PROTO=TCP6 TCPLOCALIP=2001:db8:1111:2222:3333:4444:5555:6666 "
	    "TCPLOCALPORT=65535 TCPREMOTEIP=ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff TCPREMOTEPORT=1 ") != 0,
	    "IPv6 of full length, and the same variables");
	for (i = 0; i < RULES_VARS; i++) {
		snprintf(names[i], sizeof names[i], "V%u=", (unsigned)i);
		full.var[i] = names[i];
	}
	for (n = 0; ucspi_env(&u, &full)[n]; n++)
		;
	ok(n == RULES_VARS + 5 + 4, "a rule with all the variables it may have fits");
	ucspi_free(&u);
	ok(ucspi_init(&u, none, "mail.example"), "an empty environment, and a name of our own");
	ucspi_connection(&u, &four);
	same(joined(ucspi_env(&u, &plain)), "PROTO=TCP TCPLOCALIP=127.0.0.1 TCPLOCALPORT=25 TCPREMOTEIP=192.0.2.1 "
	    "TCPREMOTEPORT=65535 TCPLOCALHOST=mail.example", "TCPLOCALHOST is set when there is one");
	ucspi_free(&u);
	return done();
}
