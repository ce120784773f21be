#include "resolve/dotqmail.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/ascii.h"
#include "lib/fd.h"

#define WRITABLE_BY_OTHERS 002          /* as qmail is built by default */

static const char prefix[] = ".qmail";
static const char fallback[] = "default";

/* ---- finding */

/* ".qmail" dash ext, with ext in lower case and ':' for '.', so that no ext leaves the directory through ".."; 0: too long */
static size_t
full_name(char *name, const char *dash, const char *ext, size_t *ext_at)
{
	size_t d = strlen(dash), e = strlen(ext), i;

	if (sizeof prefix - 1 + d + e + sizeof fallback > DOTQMAIL_NAME)
		return 0;
	memcpy(name, prefix, sizeof prefix - 1);
	memcpy(name + sizeof prefix - 1, dash, d);
	*ext_at = sizeof prefix - 1 + d;
	for (i = 0; i < e; i++)
		name[*ext_at + i] = ext[i] == '.' ? ':' : ascii_lower(ext[i]);
	name[*ext_at + e] = 0;
	return *ext_at + e;
}

static bool
means_absent(int e)
{
	return e == ENOENT || e == ENOTDIR || e == ENAMETOOLONG || e == ELOOP || e == ENXIO || e == EISDIR;
}

enum opened { OPENED, ABSENT, TROUBLE };

/* a thing of that name that is no regular file counts as not there */
static enum opened
open_file(const char *name, int *fd, struct stat *st, struct outcome *o)
{
	*fd = open(name, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (*fd < 0) {
		if (means_absent(errno))
			return ABSENT;
		outcome_trouble(o, "open", name);
		return TROUBLE;
	}
	if (fstat(*fd, st) != 0) {
		outcome_trouble(o, "look at", name);
		close(*fd);
		return TROUBLE;
	}
	if (!S_ISREG(st->st_mode)) {
		close(*fd);
		return ABSENT;
	}
	return OPENED;
}

/* the names to look at, one after the other */
struct names {
	size_t ext_at, n;               /* of the name: where ext begins, what is before "default" */
	bool begun;
};

/* The exact file, else ...-default for ever shorter beginnings of ext; false: those were all. n == 0: too long a name. */
static bool
next_name(struct names *w, char *name, size_t *default_at, const char *dash, const char *ext)
{
	if (!w->begun) {
		w->begun = true;
		*default_at = (size_t)-1;
		return (w->n = full_name(name, dash, ext, &w->ext_at)) > 0;
	}
	if (!*dash || w->n == 0)
		return false;
	if (*default_at != (size_t)-1 && w->n-- == w->ext_at)
		return false;
	while (w->n > w->ext_at && name[w->n - 1] != '-')
		w->n--;
	memcpy(name + w->n, fallback, sizeof fallback);
	*default_at = w->n - w->ext_at;
	return true;
}

static enum opened
search(struct dotqmail *d, const char *dash, const char *ext, int *fd, struct stat *st, struct outcome *o)
{
	struct names w = { 0, 0, false };
	enum opened r = ABSENT;

	while (r == ABSENT && next_name(&w, d->name, &d->default_at, dash, ext))
		r = open_file(d->name, fd, st, o);
	return r;
}

enum dotqmail_seen
dotqmail_exists(int home, const char *dash, const char *ext, char name[DOTQMAIL_NAME])
{
	struct names w = { 0, 0, false };
	size_t default_at;
	struct stat st;

	while (next_name(&w, name, &default_at, dash, ext)) {
		if (fstatat(home, name, &st, 0) == 0) {
			if (S_ISREG(st.st_mode))
				return DOTQMAIL_THERE;
		} else if (!means_absent(errno))
			return DOTQMAIL_UNKNOWN;
	}
	*name = 0;
	return DOTQMAIL_ABSENT;
}

/* ---- reading */

static bool
read_file(struct dotqmail *d, int fd, const struct stat *st, struct outcome *o)
{
	ssize_t r;

	if (st->st_mode & WRITABLE_BY_OTHERS)
		return outcome_later(o, "4.7.0", "others may write to ", d->name, (char *)0);
	if (st->st_size > DOTQMAIL_FILE_MAX)
		return outcome_later(o, "4.3.5", d->name, " is larger than 1 MiB", (char *)0);
	d->text.max = DOTQMAIL_FILE_MAX + 1;
	if (!buf_room(&d->text, (size_t)st->st_size + 1))
		return outcome_trouble(o, "read", d->name);
	r = fd_read(fd, d->text.s, (size_t)st->st_size + 1);
	if (r < 0)
		return outcome_trouble(o, "read", d->name);
	if (r != st->st_size)           /* half of a line may be another address */
		return outcome_later(o, "4.3.0", d->name, " changed while it was read", (char *)0);
	d->text.len = (size_t)r;
	d->text.s[d->text.len] = 0;
	d->only_forwards = st->st_mode & 0100;
	return true;
}

static bool
take_default(struct dotqmail *d, const char *instructions, struct outcome *o)
{
	snprintf(d->name, sizeof d->name, "defaultdelivery");
	d->is_default = true;
	d->only_forwards = false;
	d->text.max = DOTQMAIL_FILE_MAX + 1;
	buf_clear(&d->text);
	return buf_puts(&d->text, instructions) || outcome_trouble(o, "read", d->name);
}

/* one 0 after each line instead of LF, blanks at their ends gone; no line holds a 0 of its own */
static bool
split(struct dotqmail *d, struct outcome *o)
{
	char *s = d->text.s, *out = s, *end = s + d->text.len;

	if (memchr(s, 0, d->text.len))
		return outcome_later(o, "4.3.5", d->name, " holds a NUL byte", (char *)0);
	if (*s == '\n')
		return outcome_later(o, "4.3.5", "the first line of ", d->name, " is empty", (char *)0);
	while (s < end) {
		char *nl = memchr(s, '\n', (size_t)(end - s)), *stop = nl ? nl : end, *next = nl ? nl + 1 : end;

		while (stop > s && (stop[-1] == ' ' || stop[-1] == '\t'))
			stop--;
		memmove(out, s, (size_t)(stop - s));
		out += stop - s;
		*out++ = 0;             /* at the most where the LF was, or the buf's own 0 */
		s = next;
	}
	d->text.len = (size_t)(out - d->text.s);
	return true;
}

bool
dotqmail_find(struct dotqmail *d, const char *dash, const char *ext, const char *instructions, struct outcome *o)
{
	struct stat st;
	bool ok;
	int fd;

	buf_clear(&d->text);
	d->is_default = false;
	switch (search(d, dash, ext, &fd, &st, o)) {
	case OPENED:
		ok = read_file(d, fd, &st, o);
		close(fd);
		if (ok && d->text.len == 0)
			ok = take_default(d, instructions, o);
		break;
	case ABSENT:
		ok = *dash ? outcome_never(o, "5.1.1", "no such mailbox here", (char *)0) :
		    take_default(d, instructions, o);
		break;
	default:
		ok = false;
	}
	if (ok && split(d, o)) {
		dotqmail_rewind(d);
		return true;
	}
	return false;
}

bool
dotqmail_default(struct dotqmail *d, const char *instructions, struct outcome *o)
{
	d->default_at = (size_t)-1;
	if (!take_default(d, instructions, o) || !split(d, o))
		return false;
	dotqmail_rewind(d);
	return true;
}

/* ---- walking */

void
dotqmail_rewind(struct dotqmail *d)
{
	d->at = d->line = 0;
}

static bool
interpret(const char *s, size_t n, struct dotqmail_instruction *i)
{
	i->text = s;
	switch (*s) {
	case 0:
	case '#':
		return false;
	case '.':
	case '/':
		i->kind = s[n - 1] == '/' ? DOTQMAIL_MAILDIR : DOTQMAIL_MBOX;
		return true;
	case '|':
		i->kind = DOTQMAIL_PROGRAM;
		i->text++;
		return true;
	case '+':
		i->kind = DOTQMAIL_LIST;
		return strcmp(s, "+list") == 0;         /* other words after + are for others */
	case '&':
		i->text++;
		break;
	default:
		break;
	}
	i->kind = DOTQMAIL_FORWARD;
	return true;
}

bool
dotqmail_next(struct dotqmail *d, struct dotqmail_instruction *i)
{
	while (d->at < d->text.len) {
		const char *s = d->text.s + d->at;
		size_t n = strlen(s);

		d->at += n + 1;
		i->line = ++d->line;
		if (interpret(s, n, i))
			return true;
	}
	return false;
}
