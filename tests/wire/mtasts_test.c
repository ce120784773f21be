/* mtasts: which policy counts, and which hosts it names */
#include "wire/mtasts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scratch.h"
#include "tap.h"

static struct buf line;
static const char *patterns;
static int dir;

static void
file(const char *text, size_t n)
{
	int fd = openat(dir, "mtasts", O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd < 0 || write(fd, text, n) != (ssize_t)n || close(fd) != 0)
		ok(false, "a file of policies");
}

static enum mtasts_result
find(const char *text, const char *domain)
{
	file(text, strlen(text));
	patterns = "";
	errno = 0;
	return mtasts_find(dir, domain, 1000, &line, &patterns);
}

int
main(void)
{
	char *big = malloc(20000);

	scratch();
	dir = open(".", O_RDONLY | O_DIRECTORY);
	if (dir < 0 || !big)
		return 1;
	ok(mtasts_find(dir, "a.example", 1000, &line, &patterns) == MTASTS_NONE, "no file, no policy");
	ok(find("# of today\n\nb.example enforce 2000 x mx.b.example\na.example enforce 2000 20260101 mx.a.example *.a.example\n",
	    "A.example") == MTASTS_ENFORCE, "a line of a domain");
	same(patterns, "mx.a.example *.a.example", "its patterns");
	ok(find("a.example testing 1001 x mx\n", "a.example") == MTASTS_TESTING, "one in testing");
	ok(find("a.example none 2000 x\n", "a.example") == MTASTS_NONE, "mode none");
	ok(find("a.example enforce 1000 x mx\n", "a.example") == MTASTS_NONE, "an expired one");
	ok(find("a.example enforce 2000 x m1\na.example none 2000 x\n", "a.example") == MTASTS_ENFORCE, "the first line counts");
	ok(find("a.example.com enforce 2000 x m1\nxa.example enforce 2000 x m\n", "a.example") == MTASTS_NONE, "whole names only");
	ok(find("a.example enforce 2000 x\n", "a.example") == MTASTS_TROUBLE && errno == EPROTO, "no hosts");
	ok(find("a.example enforced 2000 x mx\n", "a.example") == MTASTS_TROUBLE && errno == EPROTO, "an unknown mode");
	ok(find("a.example enforce 2k x mx\n", "a.example") == MTASTS_TROUBLE && errno == EPROTO, "no time");
	ok(find("a.example \n", "a.example") == MTASTS_TROUBLE && errno == EPROTO, "nothing after the domain");
	ok(find("b.example enforce 2000 x mx\na.example enf", "a.example") == MTASTS_TROUBLE && errno == EPROTO, "a cut file");
	memset(big, 'x', 20000);
	file(big, 20000);
	ok(mtasts_find(dir, "a.example", 1000, &line, &patterns) == MTASTS_TROUBLE, "a line without end");
	big[19999] = '\n';
	file(big, 20000);
	ok(mtasts_find(dir, "a.example", 1000, &line, &patterns) == MTASTS_TROUBLE && errno == EMSGSIZE, "one that is too long");
	unlinkat(dir, "mtasts", 0);
	mkdirat(dir, "mtasts", 0700);
	ok(mtasts_find(dir, "a.example", 1000, &line, &patterns) == MTASTS_TROUBLE, "no file of ours is not no policy");
	unlinkat(dir, "mtasts", AT_REMOVEDIR);

	ok(mtasts_match("mx1.a.example MX2.a.example", "mx2.A.example"), "a host by its name");
	ok(mtasts_match("x *.a.example", "mx.a.example"), "by a star");
	ok(!mtasts_match("*.a.example", "a.example"), "which is not nothing");
	ok(!mtasts_match("*.a.example", ".a.example"), "nor an empty label");
	ok(!mtasts_match("*.a.example", "x.mx.a.example"), "nor two");
	ok(!mtasts_match("m*.a.example *. *", "mx.a.example"), "nor a part of one");
	ok(!mtasts_match("mx.a.example.net", "mx.a.example") && !mtasts_match("mx.a", "mx.a.example"), "no beginnings");
	ok(!mtasts_match("", "mx") && !mtasts_match("mx", ""), "nothing is nobody");
	buf_free(&line);
	free(big);
	return done();
}
