/* received: the trace field, and strangers who would leave their place in it */
#include "mail/received.h"

#include "tap.h"

#define DATE "; Thu, 01 Jan 1970 00:00:00 +0000\n"

static struct buf b = BUF(RECEIVED_MAX);

static const char *
line(const char *helo, const char *host, const char *ip, const char *ident)
{
	struct received r = { helo, host, ip, ident, "mx.example", "ESMTP", 0, 0, 0, 0 };

	buf_clear(&b);
	return received_put(&b, &r) ? b.s : "failed";
}

int
main(void)
{
	struct received r = { "h", 0, 0, 0, "by", "SMTP", 0, "1k0v9dmchas3v4", 0, 0 };
	struct buf tiny = BUF(60);
	char many[2000], rest[300];
	size_t i;

	same(line("h.example", "rev.example", "192.0.2.1", "joe"),
	    "Received: from h.example (rev.example [192.0.2.1]) (ident joe)\n\tby mx.example with ESMTP" DATE, "all is known");
	same(line("h", "", "192.0.2.1", 0), "Received: from h ([192.0.2.1])\n\tby mx.example with ESMTP" DATE, "no name");
	same(line("h", 0, "2001:db8::1", ""), "Received: from h ([IPv6:2001:db8::1])\n\tby mx.example with ESMTP" DATE, "IPv6");
	same(line("h", 0, "::ffff:192.0.2.1", 0), "Received: from h ([192.0.2.1])\n\tby mx.example with ESMTP" DATE,
	    "IPv4 in IPv6");
	same(line(0, 0, 0, 0), "Received: from unknown\n\tby mx.example with ESMTP" DATE, "nothing is known");
	same(line("[IPv6:::1]", 0, 0, 0), "Received: from [IPv6:::1]\n\tby mx.example with ESMTP" DATE, "a literal");
	same(line("a) (b\nX: y;\"\\\xff", "c\r\n)", "1.2.3.4", "d(\x01"),
	    "Received: from a???b?X:?y???? (c??? [1.2.3.4]) (ident d?" "?)\n\tby mx.example with ESMTP" DATE,
	    "nobody leaves his place");
	memset(many, 'x', sizeof many - 1);
	many[sizeof many - 1] = 0;
	line(many, many, many, many);
	ok(b.len > 4 * RECEIVED_WORD && b.len < RECEIVED_MAX - 2 * RECEIVED_WORD, "a field is shorter than RECEIVED_MAX");
	for (i = 0; i < RECEIVED_WORD; i++)
		rest[i] = 'x';
	memcpy(rest + i, "... (", 6);
	ok(strncmp(b.s + strlen("Received: from "), rest, i + 5) == 0, "a word too long is visibly cut");
	many[RECEIVED_WORD] = 0;
	memcpy(rest + i, "\n", 2);
	ok(strncmp(line(many, 0, 0, 0) + strlen("Received: from "), rest, i + 1) == 0, "a word of just that length is not");
	buf_clear(&b);
	ok(received_put(&b, &r), "a session has an id");
	same(b.s, "Received: from h\n\tby by with SMTP id 1k0v9dmchas3v4" DATE, "which follows the protocol");
	r.login = "joe+tag@b.example";
	buf_clear(&b);
	ok(received_put(&b, &r), "a login is told");
	same(b.s, "Received: from h (login joe+tag@b.example)\n\tby by with SMTP id 1k0v9dmchas3v4" DATE, "an address as it is");
	r.login = "a)\n (X: \\y;<\"\xff,";
	buf_clear(&b);
	ok(received_put(&b, &r), "anything may be a login");
	same(b.s, "Received: from h (login a????X:??y????" "?)\n\tby by with SMTP id 1k0v9dmchas3v4" DATE, "which does not leave its place");
	buf_puts(&tiny, "kept");
	ok(!received_put(&tiny, &r) && tiny.len == 4, "no room: nothing is added");
	buf_free(&tiny);
	buf_free(&b);
	return done();
}
