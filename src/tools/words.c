#include "tools/words.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"

static uint32_t
hash(const struct words *w, const char *s, size_t n)
{
	uint32_t h = w->seed;

	while (n--)
		h = (h ^ (unsigned char)*s++) * 16777619u;
	return h ^ h >> 15;
}

const char *
words_text(const struct words *w, uint32_t number)
{
	return w->text.s + w->offset[number];
}

/* never more than half full */
static bool
grow_slots(struct words *w)
{
	size_t slots = w->slots ? w->slots * 2 : 64, at;
	uint32_t *slot, i;

	if (!(slot = calloc(slots, sizeof *slot)))
		return false;
	if (!w->slots)                          /* strangers choose the words: where they meet is not to be known */
		w->seed = (uint32_t)(clock_wall_us() ^ clock_mono_us() << 12 ^ (int64_t)getpid() << 20);
	for (i = 0; i < w->count; i++) {
		const char *s = words_text(w, i);

		for (at = hash(w, s, strlen(s)) & (slots - 1); slot[at]; at = (at + 1) & (slots - 1))
			;
		slot[at] = i + 1;
	}
	free(w->slot);
	w->slot = slot;
	w->slots = slots;
	return true;
}

static bool
append(struct words *w, const char *s, size_t n)
{
	uint32_t room = w->room ? w->room * 2 : 32, *offset;

	w->text.max = WORDS_BYTES;
	if (w->count == WORDS_MAX) {
		errno = EMSGSIZE;
		return false;
	}
	if (w->count == w->room) {
		if (!(offset = realloc(w->offset, room * sizeof *offset)))
			return false;
		w->offset = offset;
		w->room = room;
	}
	w->offset[w->count] = (uint32_t)w->text.len;
	return buf_room(&w->text, n + 1) && buf_put(&w->text, s, n) && buf_byte(&w->text, 0);
}

/* the slot that holds it, or the free one where it belongs; there are slots */
static size_t
find(const struct words *w, const char *s, size_t n)
{
	size_t at;

	for (at = hash(w, s, n) & (w->slots - 1); w->slot[at]; at = (at + 1) & (w->slots - 1)) {
		const char *have = words_text(w, w->slot[at] - 1);

		if (strncmp(have, s, n) == 0 && !have[n])
			break;
	}
	return at;
}

bool
words_find(const struct words *w, const char *s, size_t n, uint32_t *number)
{
	size_t at;

	if (!w->slots || !w->slot[at = find(w, s, n)])
		return false;
	*number = w->slot[at] - 1;
	return true;
}

bool
words_add(struct words *w, const char *s, size_t n, uint32_t *number)
{
	if (words_find(w, s, n, number))
		return true;
	if ((w->count >= w->slots / 2 && !grow_slots(w)) || !append(w, s, n))
		return false;
	*number = w->count;
	w->slot[find(w, s, n)] = ++w->count;
	return true;
}

void
words_free(struct words *w)
{
	buf_free(&w->text);
	free(w->offset);
	free(w->slot);
	memset(w, 0, sizeof *w);
}
