#include "tools/walk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compat/compat.h"
#include "lib/place.h"

#define HELD ((uint64_t)1 << 63)
_Static_assert(QID_US_END <= HELD, "the place has a bit of its own");

static const char *const names[WALK_PLACES] = { "msg", "hold" };

bool
walk_enter(void)
{
	return chdir(place_queue()) == 0;
}

static const char *
name_of(const struct walk *w, enum walk_place place)
{
	return w->trash ? "trash" : names[place];
}

static void
dir_path(char path[16], const char *name, unsigned n)
{
	size_t len = strlen(name);

	memcpy(path, name, len);
	path[len] = '/';
	qid_dir_text(path + len + 1, n);
}

/* ---- one after the other */

void
walk_again(struct walk *w)
{
	if (w->stream)
		closedir(w->stream);
	w->stream = 0;
	w->began = w->ended = w->later = false;
	w->at = w->len = 0;
}

/* Stand before the first directory. hold/ may be missing, and a queue whose runner never ran may lack directories below a place,
 * but without msg/ it is no queue. */
static bool
rewind_all(struct walk *w)
{
	w->place = WALK_MSG;
	w->n = 0;
	w->began = true;
	return access(name_of(w, WALK_MSG), F_OK) == 0;
}

/* the next directory; false: there is none left, *trouble or not */
static bool
next_dir(struct walk *w, bool *trouble)
{
	char path[16];

	for (; w->place < (w->trash ? WALK_HOLD : WALK_PLACES); w->place++, w->n = 0)
		while (w->n < QID_DIRS) {
			dir_path(path, name_of(w, w->place), w->n);
			if ((w->stream = opendir(path)))
				return true;
			if (errno != ENOENT) {
				*trouble = true;
				return false;
			}
			w->n++;
		}
	return false;
}

static enum walk_next
next_name(struct walk *w, struct walk_item *item)
{
	const struct dirent *e;
	bool trouble = false;

	while (w->stream || next_dir(w, &trouble)) {
		for (errno = 0; (e = readdir(w->stream)); errno = 0)
			if (e->d_name[0] != '.' && qid_parse(e->d_name, &item->id) && qid_dir(&item->id) == w->n) {
				item->place = w->place;
				return WALK_ITEM;
			}
		if (errno)
			return WALK_TROUBLE;
		closedir(w->stream);
		w->stream = 0;
		w->n++;
	}
	return trouble ? WALK_TROUBLE : WALK_END;
}

/* ---- in order */

static bool
before(const struct walk_key *a, const struct walk_key *b, enum walk_order order)
{
	uint64_t x = a->us & ~HELD, y = b->us & ~HELD;

	if (order == WALK_NEWEST)
		return x != y ? x > y : a->ino != b->ino ? a->ino > b->ino : a->us > b->us;
	return x != y ? x < y : a->ino != b->ino ? a->ino < b->ino : a->us < b->us;
}

/* runs a[0..n) and a[n..all) into one, in to */
static void
merge(struct walk_key *to, const struct walk_key *a, size_t n, size_t all, enum walk_order order)
{
	size_t i = 0, j = n;

	while (i < n && j < all)
		*to++ = before(&a[j], &a[i], order) ? a[j++] : a[i++];
	memcpy(to, a + i, (n - i) * sizeof *a);
	memcpy(to + (n - i), a + j, (all - j) * sizeof *a);
}

/* Merging, bottom up: what directories give is often in order piece by piece, and musl's qsort is slow. The second half of the
 * room is where it merges to. */
static void
sort(struct walk *w)
{
	struct walk_key *from = w->key, *to = w->key + w->room / 2;
	size_t run, at;

	for (run = 1; run < w->len; run *= 2) {
		struct walk_key *t = from;

		for (at = 0; at < w->len; at += 2 * run) {
			size_t left = w->len - at;

			merge(to + at, from + at, left < run ? left : run, left < 2 * run ? left : 2 * run, w->order);
		}
		from = to;
		to = t;
	}
	if (from != w->key)
		memcpy(w->key, from, w->len * sizeof *from);
}

static void
swap(struct walk_key *a, struct walk_key *b)
{
	struct walk_key t = *a;

	*a = *b;
	*b = t;
}

/* the first n in order come first, in whatever order (Hoare's selection) */
static void
select_first(struct walk_key *k, size_t len, size_t n, enum walk_order order)
{
	size_t low = 0, high = len - 1, i, j;

	while (low < high) {
		struct walk_key pivot = k[low + (high - low) / 2];

		for (i = low, j = high; ; i++, j--) {
			while (before(&k[i], &pivot, order))
				i++;
			while (before(&pivot, &k[j], order))
				j--;
			if (i >= j)
				break;
			swap(&k[i], &k[j]);
		}
		if (n <= j)
			high = j;
		else
			low = j + 1;
	}
}

static size_t
chunk(const struct walk *w)
{
	return w->chunk ? w->chunk : WALK_CHUNK;
}

static bool
collect(struct walk *w, const struct walk_key *key)
{
	if (w->len == w->room && w->room >= 2 * chunk(w)) {
		select_first(w->key, w->len, chunk(w), w->order);
		w->len = chunk(w);
	} else if (w->len == w->room) {
		size_t room = w->room ? w->room * 2 : chunk(w) < 512 ? 2 * chunk(w) : 1024;
		struct walk_key *k = realloc(w->key, room * sizeof *k);

		if (!k)
			return false;
		w->key = k;
		w->room = room;
	}
	w->key[w->len++] = *key;
	return true;
}

/* there must be as much room again for merging */
static bool
make_room_to_sort(struct walk *w)
{
	struct walk_key *k;

	if (w->len > chunk(w)) {
		select_first(w->key, w->len, chunk(w), w->order);
		w->len = chunk(w);
	}
	if (w->room >= 2 * w->len)
		return true;
	if (!(k = realloc(w->key, 2 * w->len * sizeof *k)))
		return false;
	w->key = k;
	w->room = 2 * w->len;
	return true;
}

/* those that come next, up to so many */
static enum walk_next
next_chunk(struct walk *w)
{
	struct walk_item item;
	struct walk_key key;
	enum walk_next r;

	w->at = w->len = 0;
	if (!rewind_all(w))
		return WALK_TROUBLE;
	while ((r = next_name(w, &item)) == WALK_ITEM) {
		key = (struct walk_key){ item.id.us | (item.place == WALK_HOLD ? HELD : 0), item.id.ino };
		if (w->later && !before(&w->last, &key, w->order))
			continue;
		if (!collect(w, &key))
			return WALK_TROUBLE;
	}
	if (r == WALK_TROUBLE || !make_room_to_sort(w))
		return WALK_TROUBLE;
	if (w->len == 0)
		return WALK_END;
	sort(w);
	w->last = w->key[w->len - 1];
	w->later = true;
	return WALK_ITEM;
}

enum walk_next
walk_next(struct walk *w, struct walk_item *item)
{
	enum walk_next r;

	if (w->ended)
		return WALK_END;
	if (w->order == WALK_UNSORTED) {
		if (!w->began && !rewind_all(w))
			return WALK_TROUBLE;
		r = next_name(w, item);
		w->ended = r == WALK_END;
		return r;
	}
	if (w->at == w->len) {
		/* a chunk that was not full was the last one */
		r = w->later && w->len < chunk(w) ? WALK_END : next_chunk(w);
		w->ended = r == WALK_END;
		if (r != WALK_ITEM)
			return r;
	}
	item->id = (struct qid){ w->key[w->at].us & ~HELD, w->key[w->at].ino };
	item->place = w->key[w->at].us & HELD ? WALK_HOLD : WALK_MSG;
	w->at++;
	return WALK_ITEM;
}

/* ---- one of them */

int
walk_open(struct walk *w, enum walk_place place, const struct qid *id)
{
	unsigned n = qid_dir(id);
	char path[16], name[QID_TEXT];
	int *dir = &w->dir[place][n];

	if (!*dir) {
		dir_path(path, name_of(w, place), n);
		*dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) + 1;
		if (!*dir)
			return -1;
	}
	qid_text(name, id);
	return compat_open_quiet(*dir - 1, name);
}

/* it may move between two looks, so msg/ is looked at again */
int
walk_find(struct walk *w, const struct qid *id, enum walk_place *place)
{
	static const enum walk_place order[] = { WALK_MSG, WALK_HOLD, WALK_MSG };
	size_t i;
	int fd = -1;

	for (i = 0; i < 3 && fd < 0; i++) {
		*place = order[i];
		fd = walk_open(w, *place, id);
		if (fd < 0 && errno != ENOENT)
			break;
	}
	return fd;
}

/* ---- numbers */

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
	char path[16];
	unsigned i;

	*n = 0;
	if (access(names[place], F_OK) != 0)
		return false;
	for (i = 0; i < QID_DIRS; i++) {
		dir_path(path, names[place], i);
		if (!count_dir(opendir(path), n))
			return false;
	}
	return true;
}

bool
walk_count_bad(uint64_t *n)
{
	*n = 0;
	return count_dir(opendir("bad"), n);
}
