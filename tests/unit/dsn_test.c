#include "mail/dsn.h"

#include <string.h>

#include "mail/xtext.h"
#include "tap.h"

static unsigned
notify(const char *s)
{
	return dsn_notify(s, strlen(s));
}

static bool
orcpt(const char *s, bool utf8)
{
	return dsn_orcpt(s, strlen(s), utf8);
}

static bool
xtext(const char *s)
{
	return xtext_valid(s, strlen(s));
}

static const char *
plain(const char *s)
{
	static struct buf b = BUF(200);

	buf_clear(&b);
	return xtext_get(&b, s) ? b.len ? b.s : "" : "?";
}

int
main(void)
{
	char text[DSN_NOTIFY_TEXT], long_one[600];
	static const char *const bad[] = { "", ",", "NEVER,", ",NEVER", "NEVER,FAILURE", "FAILURE,NEVER", "FAILURE,FAILURE", "FAILURE, DELAY",
		"NEVERR", "NEVE", "SUCCESS;DELAY", "FAILURE,,DELAY", "NEVER,NEVER" };
	struct buf b = BUF(DSN_ORCPT);
	size_t i, wrong = 0;
	unsigned bits;

	ok(notify("NEVER") == DSN_NEVER && notify("never") == DSN_NEVER && notify("Success") == DSN_SUCCESS, "one word, in any case");
	ok(notify("DELAY,FAILURE,SUCCESS") == (DSN_SUCCESS | DSN_FAILURE | DSN_DELAY), "several");
	for (i = 0; i < sizeof bad / sizeof *bad; i++)
		wrong += notify(bad[i]) != 0;
	ok(wrong == 0, "anything else is none");
	for (bits = DSN_NEVER; bits <= (DSN_SUCCESS | DSN_FAILURE | DSN_DELAY); bits++) {
		if (bits & DSN_NEVER && bits != DSN_NEVER)
			continue;
		dsn_notify_text(text, bits);
		wrong += notify(text) != bits;
	}
	ok(wrong == 0, "each there and back");
	dsn_notify_text(text, 14);
	same(text, "SUCCESS,FAILURE,DELAY", "as text");
	ok(dsn_failure(0) && dsn_failure(DSN_FAILURE | DSN_DELAY) && !dsn_failure(DSN_NEVER) && !dsn_failure(DSN_SUCCESS | DSN_DELAY), "who hears of failure");
	ok(xtext("a@b.example") && xtext("+20+7E") && xtext("") && xtext("QQ314159"), "xtext");
	ok(!xtext("a b") && !xtext("a=b") && !xtext("+") && !xtext("+4") && !xtext("+4g") && !xtext("+4a") && !xtext("\x80") && !xtext("\n"), "what is none");
	ok(!xtext("+0A") && !xtext("+00") && !xtext("+7F") && !xtext("+80") && !xtext("a+0Db"), "controls, however written");
	same(plain("+2B+3D+20x"), "+= x", "decoded");
	same(plain("+4+zz+00+"), "+4+zz+00+", "what is none stands for itself");
	memset(long_one, 'x', sizeof long_one);
	ok(dsn_envid(long_one, 100) && !dsn_envid(long_one, 101) && !dsn_envid("", 0), "an ENVID has 1 to 100 bytes");
	memcpy(long_one, "rfc822;", 7);
	ok(dsn_orcpt(long_one, 500, false) && !dsn_orcpt(long_one, 501, false), "an ORCPT 500 at the most");
	ok(orcpt("rfc822;joe@a.example", false) && orcpt("RFC822;a+20b", false) && orcpt("x400;abc", false), "a type and xtext");
	ok(!orcpt("rfc822", false) && !orcpt(";a", false) && !orcpt("rfc822;", false) && !orcpt("rfc 822;a", false) && !orcpt("rfc822;a b", false) &&
	    !orcpt("rfc822;+0A", false) && !orcpt("a@b", false), "else it is none");
	ok(orcpt("rfc822;gr+C3+BC+C3+9Fe@a.example", false) && !orcpt("rfc822;gr+FC+DFe@a.example", false) && !orcpt("rfc822;a+C2+85", false) &&
	    !orcpt("rfc822;a+C3", false) && !orcpt("rfc822;a+7F", false) && !orcpt("rfc822;a+4", false) && !orcpt("rfc822;a=b", false),
	    "what xtext stands for may be UTF-8");
	ok(orcpt("utf-8;j\xc3\xbcrgen@a.example", true) && !orcpt("utf-8;j\xc3\xbcrgen@a.example", false) && !orcpt("rfc822;j\xc3\xbcrgen@a.example", true) &&
	    !orcpt("utf-8;j\xfcrgen@a.example", true) && !orcpt("utf-8;j\xc3\xbc rgen", true), "UTF-8 only in its own type, where it may stand");
	ok(dsn_orcpt_ascii(&b, "utf-8;j\xc3\xbcrgen+2B\xe2\x82\xac\xf0\x9f\x98\x80@a.example"), "for ASCII");
	same(b.s, "utf-8;j\\x{FC}rgen+2B\\x{20AC}\\x{1F600}@a.example", "each character by its number");
	ok(dsn_orcpt(b.s, b.len, false), "is an ORCPT there");
	b.max = 20;
	buf_clear(&b);
	ok(!dsn_orcpt_ascii(&b, "utf-8;\xc3\xbc\xc3\xbc\xc3\xbc") && b.len == 0, "or does not fit");
	buf_free(&b);
	return done();
}
