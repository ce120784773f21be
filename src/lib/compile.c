#include "lib/compile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/buf.h"
#include "lib/file.h"
#include "lib/msg.h"
#include "lib/place.h"

struct run {
	const struct compile *c;
	char *why;
	struct stat of_text;
	struct buf text;
	struct swap new;
};

bool
compile_in_etc(struct compile *c, const char *name)
{
	c->text = c->space[0];
	c->database = c->space[1];
	return (size_t)snprintf(c->space[0], SWAP_PATH, "%s/%s", place_etc(), name) < SWAP_PATH &&
	    (size_t)snprintf(c->space[1], SWAP_PATH, "%s/%s.cdb", place_etc(), name) < SWAP_PATH;
}

const char *
compile_choose(struct compile *c, int argc, char **argv, const char *name)
{
	if (argc == 3) {
		c->text = argv[1];
		c->database = argv[2];
		return 0;
	}
	if (argc == 1)
		return compile_in_etc(c, name) ? 0 : "the path of etc is too long";
	(void)snprintf(c->space[0], sizeof c->space[0], "usage: %s [TEXT CDB]", c->program);
	return c->space[0];
}

__attribute__((format(printf, 3, 4))) static int
fail(struct run *r, int code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(r->why, COMPILE_WHY, format, args);     /* what is too long is cut where it is said */
	va_end(args);
	return code;
}

/* ... with what errno says */
static int
trouble(struct run *r, int code, const char *what, const char *path)
{
	return fail(r, code, "unable to %s%s: %s", what, path, strerror(errno));
}

static int
read_text(struct run *r)
{
	const char *path = r->c->text;

	if (stat(path, &r->of_text) == 0 && file_read(AT_FDCWD, path, &r->text))
		return 0;
	if (errno == EMSGSIZE)
		return fail(r, EX_HARD, "%s is larger than %u MiB", path, r->c->text_mib);
	return trouble(r, errno == ENOENT ? EX_HARD : EX_SOFT, "read ", path);
}

static mode_t
mode(const struct run *r)
{
	return r->c->secret ? 0600 | (r->of_text.st_mode & S_IRGRP) : 0644;
}

static int
open_new(struct run *r)
{
	switch (swap_open(&r->new, r->c->database, r->c->secret ? 0600 : 0644)) {
	case SWAP_OPEN:
		return 0;
	case SWAP_BUSY:
		return fail(r, EX_SOFT, "unable to lock %s (does another %s run?): %s", r->new.tmp, r->c->program, strerror(errno));
	case SWAP_LATE:
		return fail(r, EX_SOFT, "another %s has just finished: try again", r->c->program);
	case SWAP_IN_THE_WAY:
		return fail(r, EX_HARD, "%s is in the way: not a file of its own", r->new.tmp);
	case SWAP_TROUBLE:
	default:
		if (errno == ENAMETOOLONG)
			return fail(r, EX_HARD, "the database's path is too long");
		return trouble(r, EX_SOFT, "create ", r->new.tmp);
	}
}

/* whoever may read the text as one of its group is in the database's, too */
static bool
share(const struct run *r)
{
	struct stat st;

	if (!r->c->secret || !(r->of_text.st_mode & S_IRGRP))
		return true;
	return fstat(r->new.fd, &st) == 0 && (st.st_gid == r->of_text.st_gid || fchown(r->new.fd, (uid_t)-1, r->of_text.st_gid) == 0);
}

/* fills the new file and gives it its name; else it is still to be dropped */
static int
make(struct run *r)
{
	const struct compile *c = r->c;
	struct compile_error e;
	bool named;

	if (!c->make(r->text.s, r->text.len, r->new.fd, &e))
		return e.line ? fail(r, EX_HARD, "%s:%zu: %s", c->text, e.line, e.why) : trouble(r, EX_SOFT, "write ", r->new.tmp);
	if (!share(r))
		return fail(r, EX_SOFT, "unable to give %s to the group of %s: %s", r->new.tmp, c->text, strerror(errno));
	if (!swap_close(&r->new, mode(r), &named))
		return trouble(r, EX_SOFT, named ? "sync the directory of " : "replace ", c->database);
	return 0;
}

int
compile_run(const struct compile *c, char why[COMPILE_WHY])
{
	struct run r = { .c = c, .why = why, .text = BUF((size_t)c->text_mib << 20) };
	int code = read_text(&r);

	if (!code && !(code = open_new(&r)) && (code = make(&r)))
		swap_drop(&r.new);
	buf_free(&r.text);
	return code;
}
