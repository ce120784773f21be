#include "local/mbox.h"

#include <unistd.h>

#include "nameless.h"
#include "tap.h"

/* s through mbox_quote in pieces of step bytes */
static char *
quoted(const char *s, size_t step)
{
	static char space[64], result[4096];
	struct mbox_quote q = { false, false, 0 };
	size_t n = strlen(s), at, len;
	struct out o;
	int fd = nameless();
	ssize_t r;

	out_init(&o, fd, space, sizeof space, -1);
	for (at = 0; at < n; at += len) {
		len = n - at < step ? n - at : step;
		mbox_quote(&q, &o, s + at, len);
	}
	mbox_quote_end(&q, &o);
	out_flush(&o);
	r = pread(fd, result, sizeof result - 1, 0);
	close(fd);
	result[r < 0 ? 0 : r] = 0;
	return result;
}

static void
quotes(const char *s, const char *want, const char *promise)
{
	size_t step;
	bool good = true;

	for (step = 1; step <= strlen(s) + 1; step++)
		good &= strcmp(quoted(s, step), want) == 0;
	if (!ok(good, promise))
		printf("# got: %s\n", quoted(s, strlen(s) + 1));
}

int
main(void)
{
	quotes("From a\n", ">From a\n", "From at the start is quoted");
	quotes("x\nFrom a\ny\n>From b\n>>From c\n", "x\n>From a\ny\n>>From b\n>>>From c\n", "and with any number of > before it");
	quotes("x From a\n From b\nFromage\nfrom c\n", "x From a\n From b\nFromage\nfrom c\n", "and nothing else is");
	quotes(">\n>>\n\n>x\nF\nFr\nFro\nFrom\nFrom\t\n", ">\n>>\n\n>x\nF\nFr\nFro\nFrom\nFrom\t\n", "nor what only begins so");
	quotes("x", "x\n", "a last line without LF gets one");
	quotes("x\nFrom", "x\nFrom\n", "even if it is half a From");
	quotes("x\n>>", "x\n>>\n", "or nothing but >");
	quotes("From ", ">From \n", "the shortest From line");
	quotes("", "", "nothing stays nothing");
	quotes("\n\n\n", "\n\n\n", "empty lines stay");
	return done();
}
