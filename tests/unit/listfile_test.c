#include "resolve/listfile.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "resolve/expand.h"
#include "scratch.h"
#include "tap.h"

static struct aliases aliases = { .fd = -1 };
static struct routing *routing;
static struct expand x;
static char top[PATH_MAX];              /* the scratch directory, without links */
static bool rooted;                     /* we are root, and only root can change what leads there */

static const char *
path_of(const char *name)
{
	static char path[2][sizeof top + 100];
	static int turn;

	turn ^= 1;
	snprintf(path[turn], sizeof path[turn], "%s/%s", top, name);
	return path[turn];
}

static bool
only_roots(void)
{
	char path[sizeof top], *slash;
	struct stat st;

	strcpy(path, top);
	do {
		if (stat(*path ? path : "/", &st) != 0 || st.st_uid != 0 || ((st.st_mode & 022) && !(st.st_mode & S_ISVTX)))
			return false;
		if ((slash = strrchr(path, '/')))
			*slash = 0;
	} while (slash);
	return geteuid() == 0;
}

/* "plain roots", or what is wrong */
static const char *
seen(const char *path)
{
	static char got[100];
	struct listfile l;

	if (!listfile_open(&l, path))
		return strerror(errno);
	if (l.fd < 0)
		return "not regular";
	snprintf(got, sizeof got, "%d %d", l.plain, l.roots);
	close(l.fd);
	return got;
}

static void
files(void)
{
	const char *root = rooted ? "1 1" : "1 0";
	int fds = scratch_descriptors();

	mkdir("dir", 0755);
	scratch_file("dir/list", "a\n", 2);
	same(seen(path_of("dir/list")), root, "a file");
	same(seen(path_of("dir//./list")), root, "a path with nothing in it");
	same(seen(path_of("dir/../dir/list")), "0 0", "up and down again");
	ok(symlink("dir", "way") == 0 && symlink("dir/list", "link") == 0, "links");
	same(seen(path_of("way/list")), "0 0", "on the way");
	same(seen(path_of("link")), "0 0", "at its end");
	ok(link("dir/list", "second") == 0, "a second name");
	same(seen(path_of("second")), "0 0", "may be somebody else's");
	unlink("second");
	chmod("dir/list", 0664);
	same(seen(path_of("dir/list")), "1 0", "not root's alone: the file");
	chmod("dir/list", 0644);
	chmod("dir", 0775);
	same(seen(path_of("dir/list")), "1 0", "the directory");
	chmod("dir", 01777);
	same(seen(path_of("dir/list")), root, "one in which nobody can move it");
	mkfifo("fifo", 0644);
	same(seen(path_of("fifo")), "not regular", "a FIFO is not opened");
	same(seen("/dev/null"), "not regular", "nor a device");
	same(seen(path_of("dir")), "not regular", "nor a directory");
	same(seen(path_of("none")), strerror(ENOENT), "none");
	same(seen(path_of("link/x")), strerror(ENOTDIR), "a file is no directory");
	same(seen("/"), "not regular", "the root");
	ok(scratch_descriptors() == fds, "nothing stays open");
}

static const char *
list(void)
{
	static char got[4000];
	size_t i, n = 0;

	expand_begin(&x, routing, &aliases, "+");
	if (expand(&x, QF_INCLUDE, path_of("list"), "s@s.test") != EXPAND_DONE)
		return x.outcome.text;
	got[0] = 0;
	for (i = 0; i < x.children && n < 3000; i++)
		n += (size_t)sprintf(got + n, "%s%c %s", i ? ", " : "", x.child[i].kind,
		    x.child[i].why ? "waits or fails" : expand_string(&x, x.child[i].text));
	return got;
}

static void
write_list(const char *name, const char *format, const char *path)
{
	char text[1000];
	int n = snprintf(text, sizeof text, format, path);

	scratch_file(name, text, (size_t)n);
}

/* What only we can read is not read for somebody else. */
static void
confidence(void)
{
	if (!rooted) {
		ok(true, "others' lists # SKIP not root, or a TMPDIR that is not root's alone");
		return;
	}
	unsetenv("PNEU_ETC");
	unsetenv("PNEU_QUEUE");
	scratch_file("secret", "hunter2\n", 8);
	chmod("secret", 0600);
	write_list("list", ":include:%s\n", path_of("secret"));
	same(list(), "a hunter2@here.test", "root's list may name one that only we can read");
	if (chown("list", 1, (gid_t)-1) != 0)
		exit(1);
	same(list(), "l waits or fails", "another's may not");
	expand_begin(&x, routing, &aliases, "+");
	ok(expand(&x, QF_NESTED, path_of("secret"), "") == EXPAND_LATER, "nor when it is tried again");
	chmod("secret", 0644);
	same(list(), "a hunter2@here.test", "but what everybody can read");
	write_list("secret", "|prog\nann\n%s", "");
	same(list(), "p prog, a ann@here.test", "which counts for what it is");
	chmod("secret", 0600);
	unlink("list");
	ok(symlink("secret", "list") == 0 && strstr(list(), "is not readable by everybody"), "nor is a link followed to it");
	chmod("secret", 0644);
	same(list(), "i waits or fails, a ann@here.test", "a link is followed to what everybody can read, but not believed to be root's");
	unlink("list");
	setenv("PNEU_ETC", scratch_path, 1);
}

/* Many names of one large file, or many elements that yield nothing, cost what one may cost. */
static void
limits(void)
{
	struct buf b = BUF(EXPAND_LIST_BYTES);
	size_t i;

	scratch_file("large", "#\n", 2);
	if (truncate("large", (off_t)EXPAND_LIST_BYTES / 2) != 0)
		exit(1);
	for (i = 0; i < 3; i++)
		if (!buf_puts(&b, ":include:") || !buf_puts(&b, path_of(i == 0 ? "large" : i == 1 ? "./large" : "././large")) ||
		    !buf_byte(&b, '\n'))
			exit(1);
	scratch_file("list", b.s, b.len);
	ok(strstr(list(), "i waits or fails") && x.listed <= EXPAND_LIST_BYTES, "one file under many names is not read without end");
	buf_clear(&b);
	for (i = 0; i < EXPAND_LISTS; i++)
		if (!buf_puts(&b, ":include:/none/") || !buf_num(&b, i) || !buf_byte(&b, '\n'))
			exit(1);
	scratch_file("list", b.s, b.len);
	same(list(), "the aliases behind this address name too many recipients", "nor are there lists without end");
	buf_clear(&b);
	for (i = 0; i < EXPAND_ELEMENTS; i++)
		if (!buf_puts(&b, "\\joe\n"))
			exit(1);
	scratch_file("list", b.s, b.len);
	same(list(), "m joe@here.test", "as many elements as may be");
	if (!buf_puts(&b, "\\joe\n"))
		exit(1);
	scratch_file("list", b.s, b.len);
	same(list(), "the aliases behind this address name too many recipients", "one more");
	buf_free(&b);
}

int
main(void)
{
	struct conf_error e = { 0 };

	scratch();
	setenv("PNEU_ETC", scratch_path, 1);
	if (!realpath(scratch_path, top))
		return 1;
	rooted = only_roots();
	scratch_file("me", "here.test\n", 10);
	if (!(routing = routing_load(&e)))
		return 1;
	files();
	confidence();
	limits();
	expand_free(&x);
	routing_free(routing);
	return done();
}
