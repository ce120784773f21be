#include "tools/walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compat/compat.h"
#include "lib/place.h"

static const char *const names[WALK_PLACES] = { "msg", "hold" };

bool
walk_enter(void)
{
	return chdir(place_queue()) == 0;
}

static void
dir_path(char path[16], enum walk_place place, unsigned n)
{
	size_t len = strlen(names[place]);

	memcpy(path, names[place], len);
	path[len] = '/';
	qid_dir_text(path + len + 1, n);
}

/* A queue whose runner never ran may lack directories below a place, but not the place. */
static DIR *
open_dir(enum walk_place place, unsigned n)
{
	char path[16];

	dir_path(path, place, n);
	return opendir(path);
}

static bool
append(struct walk *w, const struct qid *id, enum walk_place place)
{
	if (w->len == w->room) {
		size_t room = w->room ? w->room * 2 : 1024;
		struct walk_item *item = realloc(w->item, room * sizeof *item);

		if (!item)
			return false;
		w->item = item;
		w->room = room;
	}
	w->item[w->len++] = (struct walk_item){ *id, place };
	return true;
}

static bool
list_dir(struct walk *w, DIR *d, enum walk_place place, unsigned n)
{
	const struct dirent *e;
	struct qid id;

	for (errno = 0; (e = readdir(d)); errno = 0)
		if (e->d_name[0] != '.' && qid_parse(e->d_name, &id) && qid_dir(&id) == n && !append(w, &id, place))
			return false;
	return errno == 0;
}

bool
walk_list(struct walk *w, enum walk_place place)
{
	unsigned n;

	if (access(names[place], F_OK) != 0)
		return false;
	for (n = 0; n < QID_DIRS; n++) {
		DIR *d = open_dir(place, n);
		bool ok = d ? list_dir(w, d, place, n) : errno == ENOENT;
		int e = errno;

		if (d)
			closedir(d);
		errno = e;
		if (!ok)
			return false;
	}
	return true;
}

static bool
earlier(const struct walk_item *a, const struct walk_item *b)
{
	return a->id.us != b->id.us ? a->id.us < b->id.us : a->id.ino < b->id.ino;
}

/* runs a[0..n) and a[n..all) into one, in to */
static void
merge(struct walk_item *to, const struct walk_item *a, size_t n, size_t all)
{
	size_t i = 0, j = n;

	while (i < n && j < all)
		*to++ = earlier(&a[j], &a[i]) ? a[j++] : a[i++];
	memcpy(to, a + i, (n - i) * sizeof *a);
	memcpy(to + (n - i), a + j, (all - j) * sizeof *a);
}

/* Merging, bottom up: what directories give is often in order piece by piece, and musl's qsort is slow. */
bool
walk_sort(struct walk *w)
{
	struct walk_item *from = w->item, *to, *other;
	size_t run, at;

	if (w->len < 2)
		return true;
	if (!(to = other = malloc(w->len * sizeof *to)))
		return false;
	for (run = 1; run < w->len; run *= 2) {
		struct walk_item *t = from;

		for (at = 0; at < w->len; at += 2 * run) {
			size_t left = w->len - at;

			merge(to + at, from + at, left < run ? left : run, left < 2 * run ? left : 2 * run);
		}
		from = to;
		to = t;
	}
	if (from == other)
		memcpy(w->item, from, w->len * sizeof *from);
	free(other);
	return true;
}

int
walk_open(struct walk *w, enum walk_place place, const struct qid *id)
{
	unsigned n = qid_dir(id);
	char path[16], name[QID_TEXT];
	int *dir = &w->dir[place][n];

	if (!*dir) {
		dir_path(path, place, n);
		*dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) + 1;
		if (!*dir)
			return -1;
	}
	qid_text(name, id);
	return compat_open_quiet(*dir - 1, name);
}

static bool
count_dir(DIR *d, uint64_t *n)
{
	const struct dirent *e;
	bool ok;
	int error;

	if (!d)
		return errno == ENOENT;
	for (errno = 0; (e = readdir(d)); errno = 0)
		*n += e->d_name[0] != '.';
	ok = errno == 0;
	error = errno;
	closedir(d);
	errno = error;
	return ok;
}

bool
walk_count(enum walk_place place, uint64_t *n)
{
	unsigned i;

	*n = 0;
	if (access(names[place], F_OK) != 0)
		return false;
	for (i = 0; i < QID_DIRS; i++)
		if (!count_dir(open_dir(place, i), n))
			return false;
	return true;
}

bool
walk_count_bad(uint64_t *n)
{
	*n = 0;
	return count_dir(opendir("bad"), n);
}
