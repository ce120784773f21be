#include "wire/envelope.h"

#include <errno.h>

#include "tap.h"

static const char plain[] = "Fjoe@a.example\0Tx@b.example\0Ty@b.example\0";
static const char full[] = "Fjoe@a.example\0B8BITMIME\0EQQ314159\0RHDRS\0U\0W1\0Tx@b.example\0NSUCCESS,DELAY\0Orfc822;x@b.example\0T\0";

static void
golden(void)
{
	struct buf b = BUF(ENVELOPE_MAX);
	const char *at, *value;
	char letter, said[300];
	size_t n = 0;

	ok(envelope_sender(&b, "joe@a.example") && envelope_rcpt(&b, "x@b.example") && envelope_rcpt(&b, "y@b.example") && envelope_end(&b),
	    "as qmail-queue's callers write it");
	ok(b.len == sizeof plain && memcmp(b.s, plain, b.len) == 0, "these bytes");
	buf_clear(&b);
	ok(envelope_sender(&b, "joe@a.example") && envelope_param(&b, 'B', "8BITMIME") && envelope_param(&b, 'E', "QQ314159") &&
	    envelope_param(&b, 'R', "HDRS") && envelope_param(&b, 'U', "") && envelope_param(&b, 'W', "1") && envelope_rcpt(&b, "x@b.example") &&
	    envelope_param(&b, 'N', "SUCCESS,DELAY") && envelope_param(&b, 'O', "rfc822;x@b.example") && envelope_rcpt(&b, "") &&
	    envelope_end(&b), "with every parameter");
	ok(b.len == sizeof full && memcmp(b.s, full, b.len) == 0, "these bytes");
	ok(envelope_check(plain, sizeof plain) == ENVELOPE_OK && envelope_check(full, sizeof full) == ENVELOPE_OK, "both are envelopes");
	for (at = full; envelope_next(&at, &letter, &value); )
		n += (size_t)sprintf(said + n, "%c<%s>", letter, value);
	same(said, "F<joe@a.example>B<8BITMIME>E<QQ314159>R<HDRS>U<>W<1>T<x@b.example>N<SUCCESS,DELAY>O<rfc822;x@b.example>T<>", "the walk");
	ok(at == full + sizeof full - 1 && !envelope_next(&at, &letter, &value), "ends at the last 0, and stays there");
	buf_free(&b);
}

static void
cut_and_spoilt(void)
{
	char copy[sizeof full];
	size_t n, i;
	bool all = true;
	int v;

	for (n = 0; n < sizeof full; n++)
		all &= envelope_check(full, n) == ENVELOPE_CUT;
	for (n = 0; n < sizeof plain; n++)
		all &= envelope_check(plain, n) == ENVELOPE_CUT;
	ok(all, "cut anywhere: cut");
	ok(envelope_check("", 0) == ENVELOPE_CUT && envelope_check("F", 1) == ENVELOPE_CUT, "nothing at all: cut");
	for (all = true, i = 0; i < sizeof full; i++)
		for (v = 0; v < 256; v++) {
			const char *at = copy, *value;
			char letter;
			enum envelope_result r;

			memcpy(copy, full, sizeof full);
			copy[i] = (char)v;
			r = envelope_check(copy, sizeof copy);
			if (r != ENVELOPE_OK)
				continue;
			while (envelope_next(&at, &letter, &value))
				;
			all &= at == copy + sizeof copy - 1;
		}
	ok(all, "any byte changed: refused, or an envelope that the walk ends with");
}

#define IS_BAD(literal, promise) ok(envelope_check(literal, sizeof(literal) - 1) == ENVELOPE_BAD, promise)
#define IS_GOOD(literal, promise) ok(envelope_check(literal, sizeof(literal) - 1) == ENVELOPE_OK, promise)

static void
grammar(void)
{
	IS_GOOD("F\0Ta\0\0", "the null sender");
	IS_GOOD("F\0T\0\0", "an empty recipient");
	IS_GOOD("F#@[]\0Ta\0\0", "a double bounce");
	IS_GOOD("Fa b\0T\"c d\"@e\0\0", "blanks in addresses");
	IS_GOOD("F\xc3\xa4@b\0T\xff\x80\0\0", "bytes above 127");
	IS_GOOD("Fa\0Aann lee\0C192.0.2.1\0Tb\0\0", "who the client was; a login may have a blank");
	IS_BAD("Fa\0C192.0.2.1 x\0Tb\0\0", "an address may not");
	IS_BAD("Fa\0Tb\0Aann\0\0", "a login of a recipient");
	IS_GOOD("Fa\0L1\0Tb\0\0", "a second to live");
	IS_GOOD("Fa\0L31536000\0Tb\0\0", "a year");
	IS_BAD("Fa\0L31536001\0Tb\0\0", "more");
	IS_BAD("Fa\0L0\0Tb\0\0", "nothing");
	IS_BAD("Fa\0L\0Tb\0\0", "no number");
	IS_BAD("Fa\0L1d\0Tb\0\0", "a day");
	IS_BAD("Fa\0L5\0L5\0Tb\0\0", "twice");
	IS_BAD("Fa\0Tb\0L5\0\0", "of a recipient");
	IS_BAD("\0", "no sender");
	IS_BAD("Fa\0\0", "no recipient");
	IS_BAD("Ta\0\0", "a recipient first");
	IS_BAD("BX\0Fa\0Tb\0\0", "a parameter first");
	IS_BAD("Fa\0Fb\0Tc\0\0", "two senders");
	IS_BAD("Fa\0Tb\0Fc\0\0", "a sender after a recipient");
	IS_BAD("Fa\0NX\0Tb\0\0", "a recipient's parameter before any");
	IS_BAD("Fa\0Tb\0BX\0\0", "a message's parameter after a recipient");
	IS_BAD("Fa\0Xb\0Tc\0\0", "an unknown letter");
	IS_BAD("fa\0Tc\0\0", "a small letter");
	IS_BAD("Fa\0Tb\0\0x", "a byte after the end");
	IS_BAD("Fa\0Tb\0\0\0", "a 0 after the end");
	IS_BAD("Fa\0Tb\0\0Fa\0Tb\0\0", "a second envelope");
	IS_BAD("Fa\0B8BITMIME\0B7BIT\0Tb\0\0", "a parameter twice");
	IS_BAD("Fa\0Tb\0NX\0OY\0NX\0\0", "a recipient's twice");
	IS_GOOD("Fa\0Tb\0NX\0Tc\0NX\0\0", "of two recipients");
	IS_BAD("Fa\nTx\0Tb\0\0", "a newline in the sender");
	IS_BAD("Fa\0Tb\r\nDATA\0\0", "CR LF in a recipient");
	IS_BAD("Fa\0Tb\x7f\0\0", "DEL in a recipient");
	IS_BAD("Fa\0Tb\x01\0\0", "a control byte in a recipient");
	IS_BAD("Fa\0EX SIZE=1\0Tb\0\0", "a blank in a parameter");
	IS_GOOD("Fa\0Hlooks like spam\0Tb\0\0", "but in a reason");
	IS_BAD("Fa\0Hlooks\tlike\0Tb\0\0", "not other controls");
	IS_BAD("Fa\0Tb\0Hwhy\0\0", "a reason is the message's");
	IS_BAD("Fa\0Tb\0Orfc822;a\rb\0\0", "a control byte in a parameter");
	IS_GOOD("Fa\0Tb\0Outf-8;\xc3\xa4@b\0\0", "bytes above 127 in one");
}

static void
limits(void)
{
	char value[ENVELOPE_ADDR + 2], at_limit[3000];
	struct buf b = BUF(ENVELOPE_MAX), small = BUF(6);
	size_t n, i;

	memset(value, 'a', sizeof value);
	for (n = ENVELOPE_ADDR - 1; n <= ENVELOPE_ADDR + 1; n++) {
		value[n] = 0;
		buf_clear(&b);
		errno = 0;
		if (n > ENVELOPE_ADDR)
			ok(!envelope_sender(&b, value) && errno == EMSGSIZE && b.len == 0 && !envelope_rcpt(&b, value) &&
			    !envelope_param(&b, 'E', value) && b.len == 0, "a value above the limit: EMSGSIZE, nothing put");
		else
			ok(envelope_sender(&b, value) && envelope_param(&b, 'E', value) && envelope_rcpt(&b, value) && envelope_end(&b) &&
			    envelope_check(b.s, b.len) == ENVELOPE_OK, n < ENVELOPE_ADDR ? "values below the limit" : "at the limit");
		value[n] = 'a';
	}
	for (i = 0; i < 2; i++) {
		n = (size_t)sprintf(at_limit, i ? "Fa" : "F");
		if (i)
			n++, at_limit[n++] = 'T';
		memset(at_limit + n, 'a', ENVELOPE_ADDR + 1);
		ok(envelope_check(at_limit, n + ENVELOPE_ADDR) == ENVELOPE_CUT && envelope_check(at_limit, n + ENVELOPE_ADDR + 1) == ENVELOPE_LONG,
		    i ? "a recipient that grows too long is known at once" : "a sender that grows too long is known at once");
		memcpy(at_limit + n + ENVELOPE_ADDR + 1, "\0Tb\0", 5);
		ok(envelope_check(at_limit, n + ENVELOPE_ADDR + 6) == ENVELOPE_LONG, "and when it is complete");
	}
	errno = 0;
	ok(envelope_sender(&small, "ab") && !envelope_rcpt(&small, "c") && errno == EMSGSIZE && small.len == 4, "no room: EMSGSIZE, nothing put");
	buf_free(&b);
	buf_free(&small);
}

static void
many(void)
{
	struct buf b = BUF(ENVELOPE_MAX);
	const char *at, *value;
	char rcpt[50], letter;
	size_t i, n = 100000;
	bool all = envelope_sender(&b, "s");

	for (i = 0; i < n; i++) {
		snprintf(rcpt, sizeof rcpt, "r%zu@b.example", i);
		all &= envelope_rcpt(&b, rcpt);
	}
	ok(all && envelope_end(&b) && envelope_check(b.s, b.len) == ENVELOPE_OK, "a hundred thousand recipients");
	for (at = b.s, i = 0; envelope_next(&at, &letter, &value); )
		if (letter == 'T') {
			snprintf(rcpt, sizeof rcpt, "r%zu@b.example", i++);
			all &= strcmp(rcpt, value) == 0;
		}
	ok(all && i == n, "all of them, in order");
	buf_clear(&b);
	all = envelope_sender(&b, "");
	for (i = 0; i < ENVELOPE_RCPTS - 1; i++)
		all &= envelope_rcpt(&b, "");
	for (; i <= ENVELOPE_RCPTS + 1; i++) {
		ok(all && envelope_end(&b) && envelope_check(b.s, b.len) == (i <= ENVELOPE_RCPTS ? ENVELOPE_OK : ENVELOPE_BAD),
		    i < ENVELOPE_RCPTS ? "one recipient fewer than the limit" : i == ENVELOPE_RCPTS ? "at the limit" : "one more");
		buf_cut(&b, b.len - 1);
		all &= envelope_rcpt(&b, "");
	}
	buf_free(&b);
}

int
main(void)
{
	golden();
	cut_and_spoilt();
	grammar();
	limits();
	many();
	return done();
}
