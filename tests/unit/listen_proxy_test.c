/* proxy: headers of both versions, cut at every byte, damaged, and what follows them left alone */
#include "listen/proxy.h"

#include <sys/socket.h>
#include <unistd.h>

#include "lib/ip.h"
#include "tap.h"

#define SIG "\r\n\r\n\0\r\nQUIT\n"

static struct proxy_header h;

static bool
parse(const char *s, size_t n)
{
	return proxy_parse((const unsigned char *)s, n, &h);
}

/* an array without its last 0 */
#define PARSE(s) parse((s), sizeof(s) - 1)

static const char *
ends(void)
{
	static char text[200];
	char a[IP_TEXT], b[IP_TEXT];

	if (!h.relayed)
		return "own";
	ip_text(a, h.remote.ip);
	ip_text(b, h.local.ip);
	snprintf(text, sizeof text, "%s %u to %s %u", a, h.remote.port, b, h.local.port);
	return text;
}

static void
test_v1(void)
{
	ok(PARSE("PROXY TCP4 192.0.2.1 198.51.100.2 65535 25\r\n"), "version 1, IPv4");
	same(ends(), "192.0.2.1 65535 to 198.51.100.2 25", "both ends");
	ok(PARSE("PROXY TCP6 2001:DB8::1 2001:db8:0::2 0 1\r\n"), "IPv6 in any form");
	same(ends(), "2001:db8::1 0 to 2001:db8::2 1", "both ends");
	ok(PARSE("PROXY TCP6 ::ffff:192.0.2.1 ::ffff:198.51.100.2 7 25\r\n"), "IPv4 in IPv6");
	same(ends(), "192.0.2.1 7 to 198.51.100.2 25", "is IPv4, so that a rule about it applies");
	ok(PARSE("PROXY UNKNOWN\r\n"), "nobody that it can name");
	same(ends(), "own", "is the proxy itself");
	ok(PARSE("PROXY UNKNOWN ffff:f:f:f:f:f:f:ffff ffff:f:f:f:f:f:f:f:ffff 65535 65535\r\n") && !h.relayed,
	    "whatever else is said of it");
	ok(PARSE("PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n"),
	    "the longest addresses");
}

static void
test_v1_wrong(void)
{
	static const char *const wrong[] = {
		"PROXY TCP4 192.0.2.1 198.51.100.2 1 25\n", "PROXY TCP4 192.0.2.1 198.51.100.2 1 25\r\n ",
		"PROXY TCP4 192.0.2.1 198.51.100.2 1\r\n", "PROXY TCP4 192.0.2.1 198.51.100.2 1 25 \r\n",
		"PROXY TCP4 192.0.2.1 198.51.100.2 1 25 3\r\n", "PROXY TCP4  192.0.2.1 198.51.100.2 1 25\r\n",
		"PROXY TCP4 192.0.2.1 198.51.100.2 65536 25\r\n", "PROXY TCP4 192.0.2.1 198.51.100.2 -1 25\r\n",
		"PROXY TCP4 192.0.2.1 198.51.100.2 01 25\r\n", "PROXY TCP4 192.0.2.1 198.51.100.2 1 +25\r\n",
		"PROXY TCP4 192.0.2.1 198.51.100.2  25\r\n", "PROXY TCP4 192.0.2.256 198.51.100.2 1 25\r\n",
		"PROXY TCP4 192.0.2 198.51.100.2 1 25\r\n", "PROXY TCP4 ::1 ::1 1 25\r\n",
		"PROXY TCP4 ::ffff:192.0.2.1 198.51.100.2 1 25\r\n", "PROXY TCP6 192.0.2.1 198.51.100.2 1 25\r\n",
		"PROXY TCP6 fe80::1%lo ::1 1 25\r\n", "PROXY TCP6 [::1] [::1] 1 25\r\n", "PROXY tcp4 192.0.2.1 198.51.100.2 1 25\r\n",
		"PROXY TCP5 192.0.2.1 198.51.100.2 1 25\r\n", "PROXY UNKNOWNX\r\n", "PROXY UNKNOW\r\n", "PROXY \r\n", "PROXY\r\n", "PROXY",
		"proxy TCP4 192.0.2.1 198.51.100.2 1 25\r\n", "PROXY TCP4 192.0.2.1 198.51.100.2 1 25\r", "EHLO a\r\n", "", "\r\n"
	};
	char line[200];
	size_t i;

	for (i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		snprintf(line, sizeof line, "refused: %.*s", (int)strcspn(wrong[i], "\r\n"), wrong[i]);
		ok(!parse(wrong[i], strlen(wrong[i])), line);
	}
	ok(!PARSE("PROXY TCP4 192.0.2.1\0 198.51.100.2 1 25\r\n"), "refused: a NUL");
}

static void
test_v2(void)
{
	char full[PROXY_MAX + 1] = SIG "\x20\0", units[16 + 216 + 1] = SIG "\x21\x31\0\xd8";

	ok(PARSE(SIG "\x21\x11\0\x0c\xc0\0\x02\x01\xc6\x33\x64\x02\xff\xff\0\x19"), "version 2, IPv4");
	same(ends(), "192.0.2.1 65535 to 198.51.100.2 25", "both ends");
	ok(PARSE(SIG "\x21\x21\0\x24" "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01" "\0\0\0\0\0\0\0\0\0\0\xff\xff\x7f\0\0\x01"
	    "\0\x07\x02\x4b"), "IPv6");
	same(ends(), "2001:db8::1 7 to 127.0.0.1 587", "both ends");
	ok(PARSE(SIG "\x20\0\0\0"), "a health check");
	same(ends(), "own", "is the proxy itself");
	ok(PARSE(SIG "\x20\x11\0\x0c\xc0\0\x02\x01\xc6\x33\x64\x02\xff\xff\0\x19") && !h.relayed, "whatever addresses it brings");
	ok(PARSE(SIG "\x21\0\0\x02xy") && !h.relayed, "unspecified is the proxy itself");
	ok(parse(units, sizeof units - 1) && !h.relayed, "so is a local socket");
	ok(PARSE(SIG "\x21\x12\0\x0c\xc0\0\x02\x01\xc6\x33\x64\x02\xff\xff\0\x19") && !h.relayed, "so is UDP");
	full[14] = (PROXY_MAX - 16) >> 8;
	full[15] = (char)((PROXY_MAX - 16) & 255);
	ok(parse(full, PROXY_MAX), "the longest header");
	full[15]++;
	ok(!parse(full, PROXY_MAX + 1), "one byte more is refused");
}

#define V4 "\xc0\0\x02\x01\xc6\x33\x64\x02\xff\xff\0\x19"

static void
test_facts(void)
{
	ok(PARSE(SIG "\x21\x11\0\x12" V4 "\x04\0\x03xyz") && h.relayed, "a fact that we do not know");
	ok(PARSE(SIG "\x21\x11\0\x2c" V4 "\x20\0\x1d\x01\0\0\0\0" "\x21\0\x07TLSv1.3" "\x23\0\x0b" "AES128-GCM_"),
	    "TLS between client and proxy");
	same(h.tls, "TLSv1.3", "its version");
	same(h.cipher, "AES128-GCM_", "its cipher");
	ok(PARSE(SIG "\x21\x11\0\x1e" V4 "\x20\0\x0f\x00\0\0\0\0" "\x21\0\x07TLSv1.3") && !h.tls[0], "no TLS if the flag says so");
	ok(PARSE(SIG "\x21\x11\0\x1e" V4 "\x20\0\x0f\x01\0\0\0\0" "\x21\0\x07TLS 1\n3") && !h.tls[0], "a name with other bytes is left out");
	ok(!PARSE(SIG "\x21\x11\0\x1e" V4 "\x20\0\x0f\x01\0\0\0\0" "\x21\0\x08TLSv1.3"), "a fact within a fact that is cut");
	ok(!PARSE(SIG "\x21\x11\0\x13" V4 "\x20\0\x04\x01\0\0\0"), "too little about TLS");
	ok(!PARSE(SIG "\x21\x11\0\x12" V4 "\x04\0\x04xyz"), "a fact that is cut");
	ok(!PARSE(SIG "\x21\x11\0\x0e" V4 "\x04\0"), "a fact without a length");
	ok(PARSE(SIG "\x21\x11\0\x13" V4 "\x03\0\x04\xb2\x1a\x9d\xa1"), "a checksum that is right");
	ok(!PARSE(SIG "\x21\x11\0\x13" V4 "\x03\0\x04\xb2\x1a\x9d\xa0"), "one that is not");
	ok(!PARSE(SIG "\x21\x11\0\x12" V4 "\x03\0\x03\xb2\x1a\x9d"), "one that is short");
}

static void
test_v2_wrong(void)
{
	ok(!PARSE(SIG "\x11\x11\0\x0c" V4), "refused: version 1 in the form of 2");
	ok(!PARSE(SIG "\x31\x11\0\x0c" V4), "refused: version 3");
	ok(!PARSE(SIG "\x22\x11\0\x0c" V4), "refused: a command of no meaning");
	ok(!PARSE(SIG "\x21\x41\0\x0c" V4), "refused: a family of no meaning");
	ok(!PARSE(SIG "\x21\x13\0\x0c" V4), "refused: a transport of no meaning");
	ok(!PARSE(SIG "\x21\x11\0\x0b" "\xc0\0\x02\x01\xc6\x33\x64\x02\xff\xff\0"), "refused: too short for its addresses");
	ok(!PARSE(SIG "\x21\x21\0\x0c" V4), "refused: likewise for IPv6");
	ok(!PARSE(SIG "\x21\x31\0\x0c" V4), "refused: likewise for a local socket");
}

/* every beginning is a part, and the end is where it is whatever follows */
static void
test_parts(const char *s, size_t n, const char *promise)
{
	const unsigned char *u = (const unsigned char *)s;
	unsigned char more[PROXY_MAX];
	size_t i, used = 0;
	bool good = true;

	for (i = 0; i < n; i++)
		good &= proxy_end(u, i, &used) == PROXY_PART && !parse(s, i);
	memcpy(more, s, n);
	memset(more + n, 'x', sizeof more - n);
	for (i = n; i < n + 20; i++)
		good &= proxy_end(more, i, &used) == PROXY_WHOLE && used == n;
	ok(good && parse(s, n), promise);
}

static void
test_bounds(void)
{
	char line[200] = "PROXY UNKNOWN ";
	size_t used;

	memset(line + strlen(line), 'x', sizeof line - strlen(line));
	memcpy(line + 105, "\r\n", 2);
	ok(proxy_end((unsigned char *)line, 107, &used) == PROXY_WHOLE && used == 107, "a line of 107 bytes");
	memcpy(line + 105, "x\r\n", 3);
	ok(proxy_end((unsigned char *)line, 106, &used) == PROXY_PART, "it is waited for");
	ok(proxy_end((unsigned char *)line, 107, &used) == PROXY_WRONG, "but not one byte longer");
	ok(proxy_end((unsigned char *)line, 108, &used) == PROXY_WRONG, "also when the end is there");
	ok(proxy_end((const unsigned char *)"PROXX", 5, &used) == PROXY_WRONG, "another word is wrong at once");
	ok(proxy_end((const unsigned char *)"E", 1, &used) == PROXY_WRONG, "another letter too");
	ok(proxy_end((const unsigned char *)"\r\n\r\n\r", 5, &used) == PROXY_WRONG, "another signature too");
}

/* what comes in two writes, cut at every byte, with the client's own words right behind it */
static void
test_reading(const char *s, size_t n, const char *promise)
{
	bool good = true;
	char after[20];
	size_t i;
	int p[2];

	for (i = 0; i <= n; i++) {
		if (socketpair(AF_UNIX, SOCK_STREAM, 0, p) != 0)
			break;
		good &= write(p[0], s, i) == (ssize_t)i;
		if (fork() == 0) {
			good = write(p[0], s + i, n - i) == (ssize_t)(n - i) && write(p[0], "QUIT\r\n", 6) == 6;
			_exit(!good);
		}
		close(p[0]);
		good &= proxy_read(p[1], 20000, &h) == 0 && h.relayed;
		good &= read(p[1], after, 6) == 6 && memcmp(after, "QUIT\r\n", 6) == 0;
		close(p[1]);
	}
	ok(good && i == n + 1, promise);
}

static const char *
why_not(const char *s, bool end)
{
	const char *why;
	int p[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, p) != 0 || write(p[0], s, strlen(s)) != (ssize_t)strlen(s))
		return "broken";
	if (end)
		shutdown(p[0], SHUT_WR);
	why = proxy_read(p[1], end ? 20000 : 10, &h);
	close(p[0]);
	close(p[1]);
	return why;
}

int
main(void)
{
	static const char one[] = "PROXY TCP4 192.0.2.1 198.51.100.2 65535 25\r\n", two[] = SIG "\x21\x11\0\x12" V4 "\x04\0\x03xyz";

	test_v1();
	test_v1_wrong();
	test_v2();
	test_facts();
	test_v2_wrong();
	test_parts(one, sizeof one - 1, "every beginning of a line is a part of it");
	test_parts(two, sizeof two - 1, "so with version 2");
	test_bounds();
	test_reading(one, sizeof one - 1, "a line in two pieces is read, and not a byte more");
	test_reading(two, sizeof two - 1, "so with version 2");
	same(why_not("", true), "nothing came", "no header: nothing");
	same(why_not("PROXY TCP4 192.0.2.1", true), "it is cut", "no header: cut");
	same(why_not("HELO x\r\n", false), "something else came", "no header: something else");
	same(why_not("PROXY TCP4 192.0.2.1 me 1 25\r\n", false), "it makes no sense", "no header: nonsense");
	same(why_not("PROXY TCP4 192.0.2.1", false), "it did not come in time", "no header: late");
	return done();
}
