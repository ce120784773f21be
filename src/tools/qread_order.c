/* Lists in another order than that of arrival. Entries stand in a heap whose first is the one that comes last: so with a limit
 * the worst is known and leaves when a better one comes. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tools/qread.h"
#include "tools/words.h"

struct entry {
	uint64_t us, ino;               /* the ID, its place in the highest bit of us */
	uint64_t key;                   /* a number, or that of a word */
};

#define HELD ((uint64_t)1 << 63)

struct order {
	enum sort sort;
	bool reverse;
	uint64_t limit;
	struct words words;
	struct entry *entry;
	size_t len, room;
	size_t at;                      /* while they are taken out: the next one */
	bool sorted;
};

struct order *
order_new(enum sort sort, bool reverse, uint64_t limit)
{
	struct order *o = calloc(1, sizeof *o);

	if (!o)
		return 0;
	o->sort = sort;
	o->reverse = reverse;
	o->limit = limit;
	return o;
}

void
order_free(struct order *o)
{
	words_free(&o->words);
	free(o->entry);
	free(o);
}

static bool
by_word(const struct order *o)
{
	return o->sort == SORT_SENDER || o->sort == SORT_DOMAIN;
}

/* does a come after b? Equals by their arrival. */
static bool
after(const struct order *o, const struct entry *a, const struct entry *b)
{
	uint64_t x = a->us & ~HELD, y = b->us & ~HELD;

	if (a->key != b->key) {
		bool more = by_word(o) ? strcmp(words_text(&o->words, (uint32_t)a->key), words_text(&o->words, (uint32_t)b->key)) > 0 : a->key > b->key;

		/* the largest and the most often tried first; the soonest first, and words from a to z */
		return (more != (o->sort == SORT_SIZE || o->sort == SORT_TRIES)) != o->reverse;
	}
	return x != y ? x > y : a->ino > b->ino;
}

static void
sink(const struct order *o, size_t len, size_t i)
{
	struct entry *e = o->entry, moving = e[i];
	size_t child;

	for (; (child = 2 * i + 1) < len; i = child) {
		if (child + 1 < len && after(o, &e[child + 1], &e[child]))
			child++;
		if (!after(o, &e[child], &moving))
			break;
		e[i] = e[child];
	}
	e[i] = moving;
}

static void
rise(const struct order *o, size_t i)
{
	struct entry *e = o->entry, moving = e[i];

	for (; i && after(o, &moving, &e[(i - 1) / 2]); i = (i - 1) / 2)
		e[i] = e[(i - 1) / 2];
	e[i] = moving;
}

static bool
make_room(struct order *o)
{
	size_t room = o->room ? o->room * 2 : 256;
	struct entry *e;

	if (o->len < o->room)
		return true;
	if (!(e = realloc(o->entry, room * sizeof *e)))
		return false;
	o->entry = e;
	o->room = room;
	return true;
}

/* the domain of the first recipient that is still to be reached */
static const char *
domain(const struct look *l)
{
	const char *s, *at;
	size_t i;

	for (i = 0; i < l->file.rcpts; i++)
		if (look_open(l, i) && l->file.rcpt[i].state != QF_EXPANDED) {
			s = qf_address(&l->file, i);
			at = strrchr(s, '@');
			return at ? at + 1 : "";
		}
	return "";
}

static bool
key_of(struct order *o, const struct look *l, uint64_t *key)
{
	const char *word = o->sort == SORT_DOMAIN ? domain(l) : qf_string(&l->file, l->file.sender);
	uint32_t n;

	switch (o->sort) {
	case SORT_SIZE:
		*key = l->file.header.length;
		return true;
	case SORT_TRIES:
		*key = look_tries(l);
		return true;
	case SORT_NEXT:
		*key = l->place == WALK_HOLD ? UINT64_MAX : l->next_s > 0 ? (uint64_t)l->next_s : 0;
		return true;
	default:
		if (!words_add(&o->words, word, strlen(word), &n))
			return false;
		*key = n;
		return true;
	}
}

bool
order_add(struct order *o, const struct look *l)
{
	struct entry e = { l->id.us | (l->place == WALK_HOLD ? HELD : 0), l->id.ino, 0 };

	if (!key_of(o, l, &e.key))
		return false;
	if (o->len && o->len >= o->limit) {
		if (after(o, &o->entry[0], &e)) {
			o->entry[0] = e;
			sink(o, o->len, 0);
		}
		return true;
	}
	if (!make_room(o))
		return false;
	o->entry[o->len++] = e;
	rise(o, o->len - 1);
	return true;
}

bool
order_next(struct order *o, struct walk_item *item)
{
	const struct entry *e;
	size_t n;

	if (!o->sorted)
		for (n = o->len; n > 1; n--) {
			struct entry last = o->entry[0];

			o->entry[0] = o->entry[n - 1];
			o->entry[n - 1] = last;
			sink(o, n - 1, 0);
		}
	o->sorted = true;
	if (o->at == o->len)
		return false;
	e = &o->entry[o->at++];
	*item = (struct walk_item){ { e->us & ~HELD, e->ino }, e->us & HELD ? WALK_HOLD : WALK_MSG };
	return true;
}
