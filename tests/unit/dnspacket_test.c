/* dnspacket: names, golden bytes of a question, and answers by hand */
#include "remote/dnspacket.h"

#include "tap.h"

static struct dnsname
named(const char *text)
{
	struct dnsname name;

	if (dnsname_get(&name, text) != DNSNAME_OK)
		memset(&name, 0, sizeof name);
	return name;
}

/* n labels of 'x', each of this length */
static const char *
labels(size_t n, size_t length, size_t last)
{
	static char s[1000];
	size_t at = 0, i;

	for (i = 0; i < n; i++) {
		memset(s + at, 'x', length);
		at += length;
		s[at++] = '.';
	}
	memset(s + at, 'y', last);
	s[at + last] = 0;
	return s;
}

static void
names(void)
{
	struct dnsname name;
	char text[DNSNAME_TEXT];

	ok(dnsname_get(&name, "Mail_1.Example.") == DNSNAME_OK && name.len == 16 &&
	    memcmp(name.s, "\6mail_1\7example", 16) == 0, "labels behind their lengths, lower case, the root last");
	ok(dnsname_text(&name, text), "and back");
	same(text, "mail_1.example", "without the dot");
	ok(dnsname_get(&name, "") == DNSNAME_EMPTY && dnsname_get(&name, ".") == DNSNAME_EMPTY &&
	    dnsname_get(&name, ".a") == DNSNAME_EMPTY && dnsname_get(&name, "a..b") == DNSNAME_EMPTY &&
	    dnsname_get(&name, "a..") == DNSNAME_EMPTY, "no empty label");
	ok(dnsname_get(&name, labels(0, 0, 63)) == DNSNAME_OK, "a label of 63");
	ok(dnsname_get(&name, labels(0, 0, 64)) == DNSNAME_LONG, "none of 64");
	ok(dnsname_get(&name, labels(3, 63, 61)) == DNSNAME_OK && name.len == 255, "a name of 253");
	ok(dnsname_text(&name, text) && strlen(text) == 253, "and back");
	ok(dnsname_get(&name, labels(3, 63, 62)) == DNSNAME_LONG, "none of 254");
	ok(dnsname_get(&name, labels(126, 1, 1)) == DNSNAME_OK, "127 labels of one byte");
	ok(dnsname_get(&name, labels(127, 1, 1)) == DNSNAME_LONG, "not 128");
	ok(dnsname_get(&name, "a b") == DNSNAME_BYTE && dnsname_get(&name, "a\n") == DNSNAME_BYTE &&
	    dnsname_get(&name, "\303\274") == DNSNAME_BYTE && dnsname_get(&name, "a@b") == DNSNAME_BYTE &&
	    dnsname_get(&name, "[::1]") == DNSNAME_BYTE, "no other bytes");
	name = (struct dnsname){ .len = 1 };
	ok(dnsname_text(&name, text) && !*text, "the root is the empty text");
	name = (struct dnsname){ .len = 5, .s = "\3a.b" };
	ok(!dnsname_text(&name, text), "a dot inside a label has no text");
}

static void
questions(void)
{
	static const unsigned char want[] = "\x12\x34\x01\x20\0\1\0\0\0\0\0\1" "\1a\7example\0" "\0\x0f\0\1"
	    "\0" "\0\x29\4\xd0" "\0\0\0\0\0\0";
	struct dnspacket_question q = { .type = DNS_MX, .id = 0x1234, .edns = true, .ad = true };
	unsigned char out[DNSPACKET_QUERY];

	q.name = named("a.example");
	ok(dnspacket_ask(out, &q) == sizeof want - 1 && memcmp(out, want, sizeof want - 1) == 0,
	    "a question with EDNS for 1232 bytes, RD and AD");
	q.edns = q.ad = false;
	ok(dnspacket_ask(out, &q) == sizeof want - 1 - 11 && out[11] == 0 && out[3] == 0, "the same without");
	q.name = named(labels(3, 63, 61));
	q.edns = true;
	ok(dnspacket_ask(out, &q) == DNSPACKET_QUERY, "the longest fits exactly");
}

#define HEAD(flags, an, ns, ar) "\x12\x34" flags "\0\1\0" an "\0" ns "\0" ar "\1a\7example\0\0\x0f\0\1"
#define MX_A "\xc0\x0c\0\x0f\0\1\0\0\0\x3c\0\7\0\x0a\2mx\xc0\x0c"

#define READ(bytes) dnspacket_read((const unsigned char *)(bytes), sizeof (bytes) - 1, &q, &hops, &a)

static void
answers(void)
{
	struct dnspacket_question q = { .type = DNS_MX, .id = 0x1234 };
	struct dnspacket_answer a;
	struct dnsname host;
	const unsigned char *rdata;
	unsigned hops = 10;
	uint16_t preference;
	char text[DNSNAME_TEXT];
	size_t len;

	q.name = named("A.example");
	ok(READ(HEAD("\x81\x80", "\1", "\0", "\0") MX_A) == DNSPACKET_OK && !a.authentic, "an MX record");
	ok(dnspacket_next(&a, &rdata, &len) && len == 7, "its rdata");
	dnspacket_mx(&a, rdata, &preference, &host);
	ok(preference == 10 && dnsname_text(&host, text), "its preference");
	same(text, "mx.a.example", "its host, through a pointer");
	ok(!dnspacket_next(&a, &rdata, &len), "no other");
	ok(READ(HEAD("\x81\xa0", "\1", "\0", "\0") MX_A) == DNSPACKET_OK && a.authentic, "the AD bit is kept");
	ok(READ(HEAD("\x81\x80", "\1", "\0", "\0") MX_A "trailing") == DNSPACKET_OK, "what follows the records does not matter");
	ok(READ(HEAD("\x81\x80", "\0", "\0", "\0")) == DNSPACKET_NODATA, "no record");
	ok(READ(HEAD("\x81\x83", "\0", "\0", "\0")) == DNSPACKET_NXDOMAIN, "no such name");
	ok(READ(HEAD("\x83\x80", "\0", "\0", "\0")) == DNSPACKET_CUT, "TC");
	ok(READ(HEAD("\x81\x82", "\0", "\0", "\0")) == DNSPACKET_ERROR && a.rcode == 2, "SERVFAIL");
	ok(READ(HEAD("\x81\x81", "\0", "\0", "\0")) == DNSPACKET_OLD, "FORMERR");
	ok(READ(HEAD("\x81\0", "\0", "\0", "\0")) == DNSPACKET_LAME, "no recursion and nothing to say");
	ok(READ(HEAD("\x85\0", "\0", "\0", "\0")) == DNSPACKET_NODATA, "the zone's own server needs none");
	ok(READ(HEAD("\x89\x80", "\1", "\0", "\0") MX_A) == DNSPACKET_OTHER, "another opcode");
	ok(READ(HEAD("\x01\x80", "\1", "\0", "\0") MX_A) == DNSPACKET_OTHER, "a question is no answer");
	ok(READ(HEAD("\x81\x80", "\2", "\0", "\0") MX_A) == DNSPACKET_BROKEN, "one record, said to be two");
	ok(READ(HEAD("\x81\x80", "\1", "\1", "\0") MX_A "\0") == DNSPACKET_BROKEN, "a cut authority section");
	ok(READ(HEAD("\x81\x80", "\0", "\0", "\1") "\0\0\x29\4\xd0\1\0\0\0\0\0") == DNSPACKET_OLD, "BADVERS, in EDNS's upper bits");
	q.id = 0x1235;
	ok(READ(HEAD("\x81\x80", "\1", "\0", "\0") MX_A) == DNSPACKET_OTHER, "another id");
}

#define HEAD_OF(type, an, ar) "\x12\x34\x81\xa0\0\1\0" an "\0\0\0" ar "\1a\7example\0\0" type "\0\1"
#define RR(type, length, rdata) "\xc0\x0c\0" type "\0\1\0\0\0\x3c\0" length rdata
#define OPTION(length, bytes) "\0\0\x29\4\xd0\0\0\0\0\0" length bytes

static void
tlsa_and_cname(void)
{
	struct dnspacket_question q = { .type = DNS_TLSA, .id = 0x1234 };
	struct dnspacket_answer a;
	struct dnsname target;
	const unsigned char *rdata;
	char text[DNSNAME_TEXT];
	unsigned hops = 10;
	size_t len;

	q.name = named("a.example");
	ok(READ(HEAD_OF("\x34", "\1", "\0") RR("\x34", "\5", "\3\1\1xy")) == DNSPACKET_OK && a.authentic &&
	    dnspacket_next(&a, &rdata, &len) && len == 5 && memcmp(rdata, "\3\1\1xy", 5) == 0, "a TLSA record");
	ok(READ(HEAD_OF("\x34", "\1", "\0") RR("\x34", "\3", "\3\1\1")) == DNSPACKET_OK, "one with no data");
	ok(READ(HEAD_OF("\x34", "\1", "\0") RR("\x34", "\2", "\3\1")) == DNSPACKET_BROKEN, "not half of one");
	ok(READ(HEAD_OF("\x34", "\1", "\0") RR("\x34", "\6", "\3\1\1xy")) == DNSPACKET_BROKEN, "nor one past the end");
	q.type = DNS_CNAME;
	ok(READ(HEAD_OF("\x05", "\1", "\0") RR("\x05", "\4", "\1b\xc0\x0e")) == DNSPACKET_OK && dnspacket_next(&a, &rdata, &len),
	    "a CNAME that is asked for is not followed");
	dnspacket_cname(&a, rdata, &target);
	ok(dnsname_text(&target, text) && hops == 10, "its target");
	same(text, "b.example", "through a pointer");
}

static void
extended_errors(void)
{
	struct dnspacket_question q = { .type = DNS_MX, .id = 0x1234 };
	struct dnspacket_answer a;
	unsigned hops = 10;

	q.name = named("a.example");
	ok(READ(HEAD_OF("\x0f", "\0", "\1") OPTION("\6", "\0\x0f\0\2\0\6")) == DNSPACKET_NODATA && a.ede == 6, "an extended error");
	ok(READ(HEAD_OF("\x0f", "\0", "\1") OPTION("\x0d", "\0\3\0\2ab\0\x0f\0\3\0\7c")) == DNSPACKET_NODATA && a.ede == 7,
	    "behind another option, with words");
	ok(READ(HEAD_OF("\x0f", "\0", "\1") OPTION("\5", "\0\x0f\0\1\6")) == DNSPACKET_NODATA && a.ede == -1, "none in one byte");
	ok(READ(HEAD_OF("\x0f", "\0", "\1") OPTION("\6", "\0\x0f\0\3\0\6")) == DNSPACKET_NODATA && a.ede == -1, "none past the end");
	ok(READ(HEAD_OF("\x0f", "\0", "\1") OPTION("\3", "\0\x0f\0")) == DNSPACKET_NODATA && a.ede == -1, "none in half an option");
	ok(READ(HEAD_OF("\x0f", "\0", "\0")) == DNSPACKET_NODATA && a.ede == -1, "none without EDNS");
}

/* every prefix of a good answer is refused, and nothing past its end is read (under ASan a copy shows it) */
static void
prefixes(void)
{
	static const char whole[] = HEAD("\x81\x80", "\1", "\0", "\0") MX_A;
	struct dnspacket_question q = { .type = DNS_MX, .id = 0x1234 };
	struct dnspacket_answer a;
	enum dnspacket_result r;
	unsigned hops = 10, good = 0;
	size_t n;

	q.name = named("a.example");
	for (n = 0; n < sizeof whole - 1; n++) {
		r = dnspacket_read((const unsigned char *)whole, n, &q, &hops, &a);
		good += r != DNSPACKET_OTHER && r != DNSPACKET_BROKEN;
	}
	ok(good == 0, "no part of an answer is an answer");
}

int
main(void)
{
	names();
	questions();
	answers();
	tlsa_and_cname();
	extended_errors();
	prefixes();
	return done();
}
