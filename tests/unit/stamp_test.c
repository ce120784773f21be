/* stamp: where a header ends and what it has, however the message is cut */
#include "mail/stamp.h"

#include <string.h>

#include "tap.h"

/* the place where something is to be added ('|', with '+' for an empty line after it), then what the header has */
static const char *
mark(const char *s, size_t piece)
{
	static char out[200];
	struct stamp t;
	size_t i = 0, k, n = strlen(s), at, o = 0;

	memset(&t, 0, sizeof t);
	for (; i < n; i += k) {
		enum stamp_end end = STAMP_MORE;

		k = n - i < piece ? n - i : piece;
		if (!t.over)
			end = stamp_scan(&t, s + i, k, &at);
		if (end == STAMP_MORE)
			at = k;
		memcpy(out + o, s + i, at);
		o += at;
		if (end != STAMP_MORE)
			out[o++] = '|';
		if (end == STAMP_BARE)
			out[o++] = '+';
		memcpy(out + o, s + i + at, k - at);
		o += k - at;
	}
	if (!t.over)
		out[o++] = '>';
	if (t.date)
		out[o++] = 'D';
	if (t.id)
		out[o++] = 'M';
	out[o] = 0;
	return out;
}

static void
cuts(const char *s, const char *want, const char *promise)
{
	size_t piece, bad = 0;

	for (piece = 1; piece <= strlen(s) + 1; piece++)
		bad += strcmp(mark(s, piece), want) != 0;
	if (bad)
		printf("# %zu cuts\n", bad);
	ok(bad == 0, promise);
}

int
main(void)
{
	cuts("A: b\n\ntext\n", "A: b\n|\ntext\n", "a header that lacks both");
	cuts("A: b\nDATE: x\n\nDate: y\n", "A: b\nDATE: x\n|\nDate: y\nD", "with Date");
	cuts("Message-Id:\n <x>\ndate \t: y\n\n", "Message-Id:\n <x>\ndate \t: y\n|\nDM", "with both, folded");
	cuts("Dates: x\nDat: x\nX-Date: x\nMessage-ID-2: x\nMessage-I: x\nA: Date: x\n Date: x\n\n",
	    "Dates: x\nDat: x\nX-Date: x\nMessage-ID-2: x\nMessage-I: x\nA: Date: x\n Date: x\n|\n", "names that only look like it");
	cuts("A: b\n", "A: b\n>", "a header alone");
	cuts("\n", "|\n", "nothing but an empty line");
	cuts("\nDate: x\n", "|\nDate: x\n", "what stands in the text");
	ok(strcmp(mark("hello world\n", 100), "|+hello world\n") == 0, "text without a header");
	ok(strcmp(mark(" folded: what\n", 100), "|+ folded: what\n") == 0, "a line that continues nothing");
	ok(strcmp(mark("A: b\n: c\n", 100), "A: b\n|+: c\n") == 0, "a field without a name");
	ok(strcmp(mark("A: b\nFrom joe\nDate: x\n", 100), "A: b\n|+From joe\nDate: x\n") == 0, "a line in the header that is no field");
	ok(strcmp(mark("A: b\nhello world\n", 8), "A: b\nhello world\n") == 0, "nothing is added where its beginning has gone");
	ok(strcmp(mark("A\xc3: b\n\n", 100), "|+A\xc3: b\n\n") == 0, "names are ASCII");
	return done();
}
