#include "resolve/aliases.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/ascii.h"
#include "lib/conf.h"
#include "lib/place.h"
#include "wire/job.h"

static const char file[] = "aliases.cdb";

static int64_t
mtime_ns(const struct stat *st)
{
	return (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec;
}

/* the database as it is now; ENOENT is a good answer */
static bool
open_now(struct aliases *a, int etc)
{
	struct aliasdb_about about;
	struct stat st;
	int fd = openat(etc, file, O_RDONLY | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT) {
		aliases_close(a);
		return true;
	}
	if (fd < 0)
		return false;
	if (fstat(fd, &st) != 0 || aliasdb_about(fd, &a->space, &about) != ALIASDB_FOUND) {
		int e = errno;

		close(fd);
		errno = e;
		return false;
	}
	aliases_close(a);
	a->fd = fd;
	a->dev = st.st_dev;
	a->ino = st.st_ino;
	a->mtime_ns = mtime_ns(&st);
	a->wild = about.wild;
	return true;
}

bool
aliases_open_in(struct aliases *a, int etc)
{
	memset(a, 0, sizeof *a);
	a->fd = -1;
	return open_now(a, etc);
}

bool
aliases_open(struct aliases *a)
{
	int etc = conf_open();
	bool ok;

	memset(a, 0, sizeof *a);
	a->fd = -1;
	if (etc < 0)
		return false;
	ok = open_now(a, etc);
	close(etc);
	return ok;
}

bool
aliases_refresh(struct aliases *a)
{
	char path[4096];
	struct stat st;
	bool ok;
	int etc;

	if (!a->etc)
		a->etc = place_etc();
	if ((size_t)snprintf(path, sizeof path, "%s/%s", a->etc, file) >= sizeof path) {
		errno = ENAMETOOLONG;
		return false;
	}
	if (stat(path, &st) != 0) {
		if (errno != ENOENT)
			return false;
		aliases_close(a);
		return true;
	}
	if (a->fd >= 0 && st.st_dev == a->dev && st.st_ino == a->ino && mtime_ns(&st) == a->mtime_ns)
		return true;
	if ((etc = conf_open()) < 0)
		return false;
	ok = open_now(a, etc);
	close(etc);
	return ok;
}

void
aliases_close(struct aliases *a)
{
	if (a->fd >= 0)
		close(a->fd);
	a->fd = -1;
	a->wild = false;
	buf_free(&a->space);
	buf_free(&a->name);
}

/* the name local[0..n) and domain, either of them possibly nothing, with an '@' between if wanted */
static enum aliasdb_result
look(struct aliases *a, const char *local, size_t n, bool at, const char *domain, struct aliasdb_entry *e)
{
	size_t i;

	a->name.max = ALIASDB_NAME;
	buf_clear(&a->name);
	if (!buf_put(&a->name, local, n) || (at && !buf_byte(&a->name, '@')) || !buf_puts(&a->name, domain))
		return errno == EMSGSIZE ? ALIASDB_NONE : ALIASDB_TROUBLE;      /* no name is that long */
	for (i = 0; i < a->name.len; i++)
		a->name.s[i] = ascii_lower(a->name.s[i]);       /* one alias has one name */
	return aliasdb_find(a->fd, a->name.s, a->name.len, &a->space, e);
}

/* the local part whole, then its base */
static enum aliasdb_result
look_both(struct aliases *a, const char *local, size_t n, size_t base, bool at, const char *domain, struct aliasdb_entry *e)
{
	enum aliasdb_result r = look(a, local, n, at, domain, e);

	return r == ALIASDB_NONE && base < n && base > 0 ? look(a, local, base, at, domain, e) : r;
}

enum aliasdb_result
aliases_find(struct aliases *a, const char *address, bool local, const char *separators, struct aliasdb_entry *e,
    const char **name)
{
	const char *at = strrchr(address, '@'), *domain = at ? at + 1 : "";
	size_t n = at ? (size_t)(at - address) : strlen(address), base = strcspn(address, separators);
	enum aliasdb_result r = ALIASDB_NONE;

	if (base > n)
		base = n;
	if (a->fd < 0)
		return ALIASDB_NONE;
	if (a->wild && *domain)
		r = look_both(a, address, n, base, true, domain, e);
	if (r == ALIASDB_NONE && local)
		r = look_both(a, address, n, base, false, "", e);
	if (r == ALIASDB_NONE && a->wild)
		r = look_both(a, address, n, base, true, "", e);
	if (r == ALIASDB_NONE && a->wild && *domain)
		r = look(a, "", 0, true, domain, e);
	if (name)
		*name = a->name.s;
	return r;
}

const char *
aliases_words(char letter, const char *text, char status[ALIASES_STATUS])
{
	size_t n = strcspn(text, " ");
	bool has = false;

	if (n < ALIASES_STATUS) {
		memcpy(status, text, n);
		status[n] = 0;
		has = job_status(status) && status[0] == (letter == 'X' ? '5' : '4');
	}
	if (has)
		text += n + strspn(text + n, " ");
	else
		strcpy(status, letter == 'X' ? "5.1.1" : "4.3.0");
	return *text ? text : letter == 'X' ? "no such mailbox here" : "try again later";
}

const char *
aliases_stale(struct aliases *a)
{
	struct aliasdb_about about;
	struct aliasdb_source s;
	struct stat st;

	if (a->fd < 0 || aliasdb_about(a->fd, &a->space, &about) != ALIASDB_FOUND)
		return 0;
	while (aliasdb_next_source(&about, &s))
		if (stat(s.path, &st) == 0 && ((uint64_t)mtime_ns(&st) != s.mtime_ns || (uint64_t)st.st_size != s.size))
			return s.path;
	return 0;
}
