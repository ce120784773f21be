#include "mail/header.h"

#include <stdlib.h>

#include "tap.h"

static const char line[] = "Delivered-To: joe@example.org";

/* the same answer however the message is cut */
static enum header_seen
find_cut(const char *s, size_t n, size_t step)
{
	struct header_find h;
	size_t at, len;

	header_find_init(&h, line, sizeof line - 1);
	for (at = 0; at < n; at += len) {
		len = n - at < step ? n - at : step;
		header_find(&h, s + at, len);
	}
	return header_find_end(&h);
}

static void
find(const char *s, enum header_seen want, const char *promise)
{
	size_t n = strlen(s), step;
	bool good = true;

	for (step = 1; step <= n + 1; step++)
		good &= find_cut(s, n, step) == want;
	ok(good, promise);
}

/* header_strip over pieces of step bytes, as a reader with pread does it */
static bool
strip_cut(const char *s, size_t n, size_t step, struct buf *out)
{
	struct header_strip h;
	size_t at = 0, taken, kept;
	char piece[4096];

	header_strip_init(&h, "Return-Path", 11);
	buf_clear(out);
	while (at < n) {
		size_t len = n - at < step ? n - at : step;

		memcpy(piece, s + at, len);
		kept = header_strip(&h, piece, len, at + len == n, &taken);
		if (taken > len || (taken == 0 && step > 12) || !buf_put(out, piece, kept))
			return false;
		at += taken;
		if (len - taken > 12)
			return false;
	}
	return true;
}

static void
strip(const char *s, const char *want, const char *promise)
{
	struct buf out = BUF(1 << 16);
	size_t n = strlen(s), step;
	bool good = true;

	for (step = 13; step <= n + 13; step++)
		good &= strip_cut(s, n, step, &out) && strcmp(out.s ? out.s : "", want) == 0;
	ok(good, promise);
	buf_free(&out);
}

static void
made(bool (*make)(struct buf *, const char *), const char *address, const char *want, const char *promise)
{
	struct buf b = BUF(4096);

	ok(make(&b, address) && strcmp(b.s, want) == 0, promise);
	buf_free(&b);
}

static void
trace(void)
{
	struct buf b = BUF(4096), small = BUF(20);

	made(header_return_path, "", "Return-Path: <>\n", "the null sender");
	made(header_return_path, "a.b@c.example", "Return-Path: <a.b@c.example>\n", "a plain sender");
	made(header_return_path, "a b\"c\\d@e.example", "Return-Path: <\"a b\\\"c\\\\d\"@e.example>\n",
	    "a local part that needs quotes has them");
	made(header_return_path, "a\nBcc: x\r@e", "Return-Path: <\"a_Bcc: x_\"@e>\n", "no address makes a second line");
	made(header_return_path, "a..b@e", "Return-Path: <\"a..b\"@e>\n", "dots in the wrong places are quoted");
	made(header_delivered_to, "a b\n\001\177@e", "Delivered-To: a b___@e\n", "Delivered-To is one line, not quoted");
	ok(header_unix_from(&b, "a b\tc\nd@e", 0) && strcmp(b.s, "From a-b-c-d@e Thu Jan  1 00:00:00 1970\n") == 0,
	    "a From_ line has three words and a date");
	buf_clear(&b);
	ok(header_unix_from(&b, "", 0) && strcmp(b.s, "From MAILER-DAEMON Thu Jan  1 00:00:00 1970\n") == 0,
	    "a From_ line for the null sender");
	buf_puts(&small, "x");
	ok(!header_return_path(&small, "somebody@example.org") && !header_delivered_to(&small, "somebody@example.org") &&
	    !header_unix_from(&small, "somebody@example.org", 0) && strcmp(small.s, "x") == 0,
	    "what does not fit leaves the buf as it was");
	buf_free(&b);
	buf_free(&small);
}

int
main(void)
{
	find("Subject: x\nDelivered-To: joe@example.org\n\nbody\n", HEADER_FOUND, "a line in the header is found");
	find("Delivered-To: joe@example.org\n", HEADER_FOUND, "as the first line");
	find("X: y\nDelivered-To: joe@example.org", HEADER_FOUND, "as a last line without LF");
	find("X: y\n\nDelivered-To: joe@example.org\n", HEADER_OVER, "not in the body");
	find("\nDelivered-To: joe@example.org\n", HEADER_OVER, "not when there is no header");
	find("delivered-to: joe@example.org\n\n", HEADER_OVER, "only the identical line: other case");
	find("Delivered-To: joe@example.or\n\n", HEADER_OVER, "only the identical line: shorter");
	find("Delivered-To: joe@example.orgs\n\n", HEADER_OVER, "only the identical line: longer");
	find(" Delivered-To: joe@example.org\n\n", HEADER_OVER, "only the identical line: folded");
	find("Delivered-To: joe@example.org\r\n\n", HEADER_OVER, "only the identical line: CR");
	find("", HEADER_OVER, "an empty message");

	strip("Return-Path: <a>\nA: b\n\nReturn-Path: <c>\n", "A: b\n\nReturn-Path: <c>\n", "a field goes, the body stays");
	strip("A: b\nRETURN-PATH:\n <a>\n\t(x)\nC: d\n e\nreturn-path : <f>\n\nx", "A: b\nC: d\n e\n\nx",
	    "wherever it stands, in any case, folded lines and all");
	strip("Return-Path-Not: a\nReturn-Pat: b\nReturn-Path", "Return-Path-Not: a\nReturn-Pat: b\nReturn-Path",
	    "names that only begin alike stay");
	strip("A: b\n Return-Path: c\n\n", "A: b\n Return-Path: c\n\n", "a folded line of another field stays");
	strip("Return-Path: <a>\n", "", "nothing may be left");
	strip("Return-Path: <a>", "", "not even without LF");
	strip("\nReturn-Path: <a>\n", "\nReturn-Path: <a>\n", "an empty header");
	strip("", "", "an empty message stays empty");
	trace();
	return done();
}
