#include "tools/walk.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include "scratch.h"
#include "tap.h"

#define MOST 5000

static struct walk w;
static struct walk_item got[MOST];
static size_t gots;

static void
make_file(enum walk_place place, const struct qid *id)
{
	static const char *const names[] = { "msg", "hold" };
	char path[100], xx[QID_DIR], text[QID_TEXT];

	qid_dir_text(xx, qid_dir(id));
	qid_text(text, id);
	snprintf(path, sizeof path, "%s/%s", names[place], xx);
	(void)mkdir(path, 0700);
	snprintf(path, sizeof path, "%s/%s/%s", names[place], xx, text);
	scratch_file(path, "", 0);
}

static enum walk_next
all(enum walk_order order, size_t chunk)
{
	enum walk_next r;

	walk_again(&w);
	w.order = order;
	w.chunk = chunk;
	for (gots = 0; gots < MOST && (r = walk_next(&w, &got[gots])) == WALK_ITEM; gots++)
		;
	return r;
}

/* is it in this order, n of them, so many held? */
static bool
in_order(int sign, size_t n, size_t held)
{
	size_t i, h = 0;

	for (i = 0; i < gots; i++) {
		const struct qid *a = &got[i ? i - 1 : 0].id, *b = &got[i].id;
		int cmp = a->us != b->us ? (a->us < b->us ? -1 : 1) : a->ino != b->ino ? (a->ino < b->ino ? -1 : 1) : 0;

		h += got[i].place == WALK_HOLD;
		if (i && cmp == sign)
			return false;
	}
	return gots == n && h == held;
}

static void
orders(void)
{
	static const size_t chunk[] = { 1, 2, 3, 7, 100, 511, 512, 999, 1000, 1001, 0 };
	uint64_t x = 1;
	size_t i;

	for (i = 0; i < 1000; i++) {
		struct qid id;

		x = x * 6364136223846793005u + 1442695040888963407u;
		/* many share their time, and then differ in the inode */
		id = (struct qid){ 1700000000000000 + (x >> 40) % 600 * 100000, i };
		make_file(i % 5 ? WALK_MSG : WALK_HOLD, &id);
	}
	ok(all(WALK_UNSORTED, 0) == WALK_END && gots == 1000, "every one comes once");
	for (i = 0; i < sizeof chunk / sizeof *chunk; i++) {
		char promise[80];

		snprintf(promise, sizeof promise, "from the oldest on, and from the newest, in rounds of %zu", chunk[i]);
		ok(all(WALK_OLDEST, chunk[i]) == WALK_END && in_order(1, 1000, 200) && all(WALK_NEWEST, chunk[i]) == WALK_END &&
		    in_order(-1, 1000, 200), promise);
	}
	ok(walk_next(&w, got) == WALK_END && walk_next(&w, got) == WALK_END, "the end stays the end");
}

static void
one(void)
{
	struct qid id = { 1600000000000000, 5 }, none = { 1600000000000000, 6 };
	enum walk_place place;
	int fd;

	make_file(WALK_HOLD, &id);
	ok((fd = walk_find(&w, &id, &place)) >= 0 && place == WALK_HOLD, "one is found where it is");
	close(fd);
	ok((fd = walk_open(&w, WALK_MSG, &id)) < 0 && errno == ENOENT, "it is not anywhere else");
	ok(walk_find(&w, &none, &place) < 0 && errno == ENOENT, "one that is not there is not found");
}

static void
no_queue(void)
{
	ok(all(WALK_OLDEST, 0) == WALK_TROUBLE && errno == ENOENT, "without msg/ it is no queue");
	ok(all(WALK_UNSORTED, 0) == WALK_TROUBLE && errno == ENOENT, "in whatever order");
	mkdir("msg", 0700);
	ok(all(WALK_OLDEST, 0) == WALK_END && gots == 0, "an empty one has nothing");
	mkdir("hold", 0700);
	scratch_file("msg/x", "", 0);
	mkdir("msg/00", 0700);
	scratch_file("msg/00/.hidden", "", 0);
	scratch_file("msg/00/README", "", 0);
	scratch_file("msg/00/1ga4gc1wg005", "", 0);
	ok(all(WALK_OLDEST, 0) == WALK_END && gots == 0, "nor are other files messages, or IDs where they do not belong");
}

int
main(void)
{
	scratch();
	no_queue();
	orders();
	one();
	return done();
}
