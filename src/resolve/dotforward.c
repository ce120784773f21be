#include "resolve/dotforward.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/ascii.h"
#include "lib/fd.h"
#include "lib/num.h"

#define WRITABLE (S_IWGRP | S_IWOTH)

static const char prefix[] = ".forward";

/* ---- the file */

/* false: longer than any name */
static bool
full_name(struct dotforward *d, const char *separator, const char *ext)
{
	size_t n = sizeof prefix - 1, s = strlen(separator), e = strlen(ext), i;

	if (s >= DOTFORWARD_NAME - n || e >= DOTFORWARD_NAME - n - s)
		return false;
	memcpy(d->name, prefix, n);
	memcpy(d->name + n, separator, s);
	memcpy(d->name + n + s, ext, e + 1);
	for (i = n; d->name[i]; i++)
		d->name[i] = d->name[i] == '/' ? ':' : ascii_lower(d->name[i]);
	d->is_exact = s || e;
	return true;
}

/* The descriptor, or -1 and errno. A link that leads nowhere is no absent file: what it leads to may be on a file system
 * that is not mounted. That costs the common case, no file, no call more. */
static int
open_file(const char *name, bool *is_link)
{
	const int flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
	int fd = open(name, flags | O_NOFOLLOW);

	*is_link = fd < 0 && (errno == ELOOP || errno == EMLINK);       /* EMLINK: the BSDs' word for it */
	return *is_link ? open(name, flags) : fd;
}

static bool
is_safe(const char *name, const struct stat *st, uid_t owner, struct outcome *o)
{
	if (!S_ISREG(st->st_mode))
		return outcome_later(o, "4.3.5", name, " is not a regular file", (char *)0);
	if (st->st_uid != owner && st->st_uid != 0)
		return outcome_later(o, "4.7.0", name, " belongs to somebody else", (char *)0);
	if (st->st_mode & WRITABLE)
		return outcome_later(o, "4.7.0", (st->st_mode & S_IWOTH) ? "others may write to " : "its group may write to ", name,
		    "; chmod go-w makes it count", (char *)0);
	if (st->st_nlink > 1)           /* 0: replaced just now, and whole */
		return outcome_later(o, "4.7.0", name, " has a second name (hard link)", (char *)0);
	if (st->st_size > DOTFORWARD_FILE_MAX)
		return outcome_later(o, "4.3.5", name, " is larger than 1 MiB", (char *)0);
	return true;
}

static bool
read_file(struct dotforward *d, int fd, uid_t owner, struct outcome *o)
{
	struct stat st;
	ssize_t r;

	if (fstat(fd, &st) != 0)
		return outcome_trouble(o, "look at", d->name);
	if (!is_safe(d->name, &st, owner, o))
		return false;
	d->text.max = DOTFORWARD_FILE_MAX + 1;
	if (!buf_room(&d->text, (size_t)st.st_size + 1))
		return outcome_trouble(o, "read", d->name);
	r = fd_read(fd, d->text.s, (size_t)st.st_size + 1);
	if (r < 0)
		return outcome_trouble(o, "read", d->name);
	if (r != st.st_size)            /* half of a line may be another address */
		return outcome_later(o, "4.3.0", d->name, " changed while it was read", (char *)0);
	d->text.len = (size_t)r;
	d->text.s[d->text.len] = 0;
	if (memchr(d->text.s, 0, d->text.len))
		return outcome_later(o, "4.3.5", d->name, " holds a NUL byte", (char *)0);
	return true;
}

/* ---- its elements */

void
dotforward_rewind(struct dotforward *d)
{
	d->at = d->line = 0;
	element_walk(&d->walk, "", 0);
}

/* the next line is walked; false: there is none */
static bool
enter_line(struct dotforward *d)
{
	size_t left = d->text.len - d->at, n;
	const char *s, *nl;

	if (left == 0)
		return false;
	s = d->text.s + d->at;
	nl = memchr(s, '\n', left);
	n = nl ? (size_t)(nl - s) : left;
	d->at += n + (nl != 0);
	d->line++;
	if (!element_line(&s, &n))
		n = 0;
	element_walk(&d->walk, s, n);
	return true;
}

static enum element_result
step(struct dotforward *d, struct element *e)
{
	enum element_result r;

	while ((r = element_next(&d->walk, e)) == ELEMENT_END)
		if (!enter_line(d))
			break;
	return r;
}

bool
dotforward_next(struct dotforward *d, struct element *e, size_t *line)
{
	if (step(d, e) != ELEMENT_GOT)
		return false;           /* the end: dotforward_find let nothing bad through */
	*line = d->line;
	return true;
}

static bool
bad_line(const struct dotforward *d, const char *what, const char *why, struct outcome *o)
{
	char line[NUM_TEXT];

	return outcome_later(o, "4.3.5", d->name, " line ", num_text(line, d->line), ": ", what, why, (char *)0);
}

/* all of them, before anything is done; *count: how many there are */
static bool
check(struct dotforward *d, size_t *count, struct outcome *o)
{
	enum element_result r;
	struct element e;

	dotforward_rewind(d);
	for (*count = 0; (r = step(d, &e)) != ELEMENT_END; ++*count) {
		if (r == ELEMENT_BAD)
			return bad_line(d, d->walk.why, "", o);
		if (e.kind == ELEMENT_INCLUDE || e.kind == ELEMENT_FAIL || e.kind == ELEMENT_DEFER)
			return bad_line(d, element_kind_name(e.kind), " is only for alias files", o);
	}
	dotforward_rewind(d);
	return true;
}

enum dotforward_result
dotforward_find(struct dotforward *d, const char *separator, const char *ext, uid_t owner, struct outcome *o)
{
	bool ok, is_link;
	size_t count = 0;
	int fd;

	buf_clear(&d->text);
	dotforward_rewind(d);
	if (!full_name(d, separator, ext))
		return DOTFORWARD_ABSENT;
	fd = open_file(d->name, &is_link);
	if (fd < 0 && !is_link && (errno == ENOENT || errno == ENAMETOOLONG))
		return DOTFORWARD_ABSENT;
	if (fd < 0) {
		outcome_trouble(o, is_link ? "follow the link" : "open", d->name);
		return DOTFORWARD_TROUBLE;
	}
	ok = read_file(d, fd, owner, o) && check(d, &count, o);
	close(fd);
	if (!ok || count == 0) {
		buf_clear(&d->text);
		dotforward_rewind(d);
	}
	return !ok ? DOTFORWARD_TROUBLE : count ? DOTFORWARD_FOUND : DOTFORWARD_ABSENT;
}
