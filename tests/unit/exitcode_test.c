#include "local/exitcode.h"

#include <string.h>

#include "tap.h"

static struct exitcode x;

static char
means(enum exitcode_dialect d, int code, const char *output)
{
	exitcode_judge(&x, d, code, output);
	return "KSZD"[x.means];
}

/* every code: what is not in the two lists is rest */
static bool
all(enum exitcode_dialect d, const int *never, const int *later, char rest)
{
	int code, i;

	for (code = 1; code < 256; code++) {
		char want = rest;

		for (i = 0; never[i]; i++)
			want = never[i] == code ? 'D' : want;
		for (i = 0; later[i]; i++)
			want = later[i] == code ? 'Z' : want;
		if (d == EXITCODE_QMAIL && code == 99)
			want = 'S';
		if (means(d, code, "") != want || x.status[0] != (want == 'D' ? '5' : want == 'Z' ? '4' : '2')) {
			printf("# code %d: %c %s, not %c\n", code, "KSZD"[x.means], x.status, want);
			return false;
		}
	}
	return true;
}

int
main(void)
{
	static const int none[] = { 0 }, qmail[] = { 100, 64, 65, 70, 76, 77, 78, 112, 0 }, sysexits[] = { 71, 74, 75, 126, 127, 0 };

	ok(means(EXITCODE_QMAIL, 0, "5.1.1 x") == 'K' && means(EXITCODE_SENDMAIL, 0, "5.1.1 x") == 'K', "0 is success in both, whatever was said");
	ok(all(EXITCODE_QMAIL, qmail, none, 'Z'), "qmail: eight codes are for ever, 99 stops, the others are for now");
	ok(all(EXITCODE_SENDMAIL, none, sysexits, 'D'), "sendmail: five codes are for now, the others for ever");
	ok(means(EXITCODE_QMAIL, -1, "") == 'Z' && means(EXITCODE_SENDMAIL, -1, "") == 'Z', "a signal is for now in both");
	means(EXITCODE_SENDMAIL, 67, "");
	same(x.status, "5.1.1", "67 is user unknown");
	means(EXITCODE_SENDMAIL, 77, "not you");
	same(x.status, "5.7.0", "77 is permission denied");
	same(x.text, "not you", "the output is the text");

	ok(means(EXITCODE_SENDMAIL, 67, "4.2.2 mailbox full") == 'Z', "a leading status code decides");
	same(x.status, "4.2.2", "as it is");
	same(x.text, "mailbox full", "and is taken from the text");
	ok(means(EXITCODE_SENDMAIL, 75, "5.7.123") == 'D' && strcmp(x.status, "5.7.123") == 0 && !*x.text, "the other way round, and alone");
	ok(means(EXITCODE_SENDMAIL, -1, "5.1.1 x") == 'Z' && means(EXITCODE_SENDMAIL, 127, "5.1.1 x") == 'Z', "not for a signal or a missing program");
	ok(means(EXITCODE_QMAIL, 111, "5.1.1 x") == 'Z' && strcmp(x.text, "5.1.1 x") == 0, "nor in qmail's dialect");
	ok(means(EXITCODE_SENDMAIL, 67, "2.1.1 x") == 'D' && strcmp(x.status, "5.1.1") == 0, "2 is no class of failure");
	ok(means(EXITCODE_SENDMAIL, 67, "4.2 x") == 'D' && means(EXITCODE_SENDMAIL, 67, "4.2.1234 x") == 'D' && means(EXITCODE_SENDMAIL, 67, "4..1 x") == 'D' &&
	    means(EXITCODE_SENDMAIL, 67, "4.2.1x") == 'D' && means(EXITCODE_SENDMAIL, 67, "4") == 'D' && means(EXITCODE_SENDMAIL, 67, " 4.2.1 x") == 'D', "nor are these codes");
	return done();
}
