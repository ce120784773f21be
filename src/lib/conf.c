#include "lib/conf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "compat/compat.h"
#include "lib/file.h"
#include "lib/num.h"
#include "lib/place.h"

#define LISTING 2048                    /* names of some 60 files; of more nothing is known */
#define FEW 512                         /* a control file is a line or two: no heap for that */

static bool
bad(struct conf_error *e, const char *name, const char *why)
{
	snprintf(e->text, sizeof e->text, "control/%s: %s", name, why);
	return false;
}

/* the end of the line that starts at s, without blanks before it */
static size_t
line_length(const char *s, size_t have, size_t *with_newline)
{
	const char *nl = memchr(s, '\n', have);
	size_t n = nl ? (size_t)(nl - s) : have;

	*with_newline = nl ? n + 1 : n;
	while (n && (s[n - 1] == ' ' || s[n - 1] == '\t' || s[n - 1] == '\r'))
		n--;
	return n;
}

static bool
take_number(const struct conf *c, const struct buf *file, struct conf_error *e)
{
	size_t all, n = line_length(file->s, file->len, &all);
	char why[200];

	if (num_span(file->s, n, c->min, c->max, c->value))
		return true;
	snprintf(why, sizeof why, "\"%.*s\" is not a number from %llu to %llu", (int)(n < 40 ? n : 40), file->s,
	    (unsigned long long)c->min, (unsigned long long)c->max);
	return bad(e, c->name, why);
}

static bool
take_line(const struct conf *c, const struct buf *file, struct conf_error *e)
{
	struct buf *b = c->value;
	size_t all, n = line_length(file->s, file->len, &all);

	if (memchr(file->s, 0, n))
		return bad(e, c->name, "holds a NUL");
	return buf_put(b, file->s, n) || bad(e, c->name, strerror(errno));
}

static bool
take_lines(const struct conf *c, const struct buf *file, struct conf_error *e)
{
	struct buf *b = c->value;
	size_t at = 0, all, n;

	for (; at < file->len; at += all) {
		n = line_length(file->s + at, file->len - at, &all);
		if (n == 0 || file->s[at] == '#')
			continue;
		if (memchr(file->s + at, 0, n))
			return bad(e, c->name, "holds a NUL");
		if (!buf_put(b, file->s + at, n) || !buf_byte(b, 0))
			return bad(e, c->name, strerror(errno));
	}
	return true;
}

/* One setting into fresh, or its reason in e. Inlined, its room would be on the stack for each of the settings. */
static __attribute__((noinline)) bool
load_one(const struct conf_view *v, const struct conf *c, void *fresh, struct conf_error *e)
{
	struct conf into = *c;
	char space[FEW];
	struct buf file = { space, 0, sizeof space, sizeof space - 1 }, large = BUF(CONF_FILE_MAX);
	bool ok;

	if (!conf_may_have(v, c->name))
		return true;
	into.value = fresh;
	ok = file_read(v->dir, c->name, &file);
	if (!ok && errno == EMSGSIZE && (ok = file_read(v->dir, c->name, &large)))
		file = large;
	if (!ok) {
		ok = errno == ENOENT || bad(e, c->name, strerror(errno));
		buf_free(&large);
		return ok;
	}
	if (c->kind == CONF_NUMBER)
		ok = take_number(&into, &file, e);
	else if (!buf_room(fresh, 1))           /* present, though perhaps empty */
		ok = bad(e, c->name, strerror(errno));
	else
		ok = c->kind == CONF_LINE ? take_line(&into, &file, e) : take_lines(&into, &file, e);
	buf_free(&large);
	return ok;
}

/* The others come between reading a setting and storing it: either all are stored or none. */
bool
conf_take(const struct conf_view *v, const struct conf *c, size_t n, struct conf_error *e)
{
	struct buf text = BUF(CONF_FILE_MAX * 2);
	uint64_t number;

	if (n == 0)
		return true;
	number = c->preset;
	if (!load_one(v, c, c->kind == CONF_NUMBER ? (void *)&number : &text, e) || !conf_take(v, c + 1, n - 1, e)) {
		buf_free(&text);
		return false;
	}
	if (c->kind == CONF_NUMBER)
		*(uint64_t *)c->value = number;
	else {
		buf_free(c->value);
		*(struct buf *)c->value = text;
	}
	return true;
}

bool
conf_load(int dir, const struct conf *c, size_t n, struct conf_error *e)
{
	struct conf_view v = { .dir = dir };

	memset(v.names, 0xff, sizeof v.names);
	return conf_take(&v, c, n, e);
}

int
conf_open(void)
{
	return openat(AT_FDCWD, place_etc(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);       /* musl's open makes two calls of it */
}

static bool
unopened(struct conf_error *e)
{
	snprintf(e->text, sizeof e->text, "unable to open the directory of control files: %s", strerror(errno));
	return false;
}

static unsigned
name_bit(const char *name)
{
	unsigned h = 0;

	while (*name)
		h = h * 33 + (unsigned char)*name++;
	return h % 512;
}

bool
conf_may_have(const struct conf_view *v, const char *name)
{
	unsigned bit = name_bit(name);

	return v->names[bit / 64] >> bit % 64 & 1;
}

bool
conf_look(struct conf_view *v, struct conf_error *e)
{
	char names[LISTING], *name = names;
	ssize_t n;
	unsigned bit;

	if ((v->dir = conf_open()) < 0)
		return unopened(e);
	n = compat_names(v->dir, names, sizeof names);
	memset(v->names, n < 0 ? 0xff : 0, sizeof v->names);
	for (; name < names + n; name += strlen(name) + 1) {
		bit = name_bit(name);
		v->names[bit / 64] |= (uint64_t)1 << bit % 64;
	}
	return true;
}

bool
conf_read(const struct conf *c, size_t n, struct conf_error *e)
{
	int dir = conf_open();
	bool ok;

	if (dir < 0)
		return unopened(e);
	ok = conf_load(dir, c, n, e);
	close(dir);
	return ok;
}

bool
conf_host_name(struct buf *b)
{
	char host[256];

	if (b->len)
		return true;
	if (gethostname(host, sizeof host) != 0)
		return false;
	if (!*host || !memchr(host, 0, sizeof host)) {
		errno = ENOENT;
		return false;
	}
	return buf_puts(b, host);
}

const char *
conf_next(const struct buf *lines, const char *at)
{
	if (lines->len == 0)
		return 0;
	at = at ? at + strlen(at) + 1 : lines->s;
	return at < lines->s + lines->len ? at : 0;
}

void
conf_complain(struct conf_error *e, const char *name, const char *why, const char *line)
{
	snprintf(e->text, sizeof e->text, "control/%s: %s%s%.100s%s", name, why, line ? ": \"" : "", line ? line : "",
	    line ? "\"" : "");
}
