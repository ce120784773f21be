#include "wire/policy.h"

#include <string.h>

#include "tap.h"

static struct policy_action a;

/* one character of the kind and the text; "-": not known */
static const char *
meaning(const char *words)
{
	static char s[POLICY_TEXT + 1];

	memset(&a, 0, sizeof a);
	if (!policy_read(&a, words))
		return "-";
	s[0] = "uorDphdRBw"[a.kind];
	strcpy(s + 1, a.text);
	return s;
}

int
main(void)
{
	static const char *const table[][2] = {
		{ "dunno", "u" }, { "DUNNO ", "u" }, { "dunnox", "-" }, { "", "-" }, { " ok", "-" }, { "ok", "o" }, { "Permit", "o" },
		{ "reject", "r554 5.7.1 refused by policy" }, { "reject \tno", "r554 5.7.1 no" }, { "reject 5.1.8 no", "r554 5.1.8 no" },
		{ "reject 2.1.8 no", "r554 5.7.1 2.1.8 no" }, { "defer 4.2.0", "r450 4.2.0" }, { "defer_if_permit x", "D450 4.7.1 x" },
		{ "defer_if_reject x", "ux" }, { "450", "r450 4.7.1 try later" }, { "599 no", "-" }, { "559 no", "r559 5.7.1 no" },
		{ "45", "-" }, { "450no", "-" }, { "350 no", "-" }, { "hold", "h" }, { "hold on", "hon" }, { "discard", "d" },
		{ "warn x", "wx" }, { "info", "w" }, { "prepend X: y", "pX: y" }, { "prepend X:", "-" }, { "prepend X y: z", "-" },
		{ "prepend : z", "-" }, { "prepend", "-" }, { "prepend X: a\r\xe9\x01 b", "pX: a??? b" }, { "redirect a@b", "Ra@b" },
		{ "REDIRECT <\"a b\"@c> ", "Ra b@c" }, { "redirect", "-" }, { "redirect a", "-" }, { "redirect <>", "-" }, { "redirect a@b c@d", "-" },
		{ "bcc <a@b>", "Ba@b" }, { "bcc a@b>", "-" }, { "bcc a@\xc3\xa9.de", "-" },
	};
	char big[3000];
	struct buf b = BUF(4000), small = BUF(20);
	size_t i;

	for (i = 0; i < sizeof table / sizeof *table; i++)
		same(meaning(table[i][0]), table[i][1], table[i][0]);
	memset(big, 'x', sizeof big - 1);
	big[sizeof big - 1] = 0;
	memcpy(big, "550 ", 4);
	ok(policy_read(&a, big) && strlen(a.text) == POLICY_TEXT - 1, "a long text is cut");
	memcpy(big, "prepend X: ", 11);
	ok(policy_read(&a, big) && strlen(a.text) == POLICY_TEXT - 1, "a long field too");
	ok(policy_put(&b, "a", "b=c d\xc3\xa9") && policy_put(&b, "n", "x\ny\r\t\x7f\x1f") && policy_put_num(&b, "k", 12), "values");
	same(b.s, "a=b=c d\xc3\xa9\nn=x?y????\nk=12\n", "none begins a line");
	buf_clear(&b);
	ok(policy_put(&b, "a", big) && b.len == 2 + POLICY_VALUE + 1, "a long one is cut");
	ok(policy_put(&small, "a", "b") && !policy_put(&small, "a", "0123456789012345") && small.len == 4, "no room: nothing is added");
	buf_free(&b);
	buf_free(&small);
	return done();
}
