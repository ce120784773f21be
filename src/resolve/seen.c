#include "resolve/seen.h"

#include <stdlib.h>
#include <string.h>

#define ROOM_FIRST 64
#define ROOM_KEPT 4096                  /* of a cleared one */
#define STRINGS_KEPT (1u << 20)

const char *
seen_string(const struct seen *s, uint32_t at)
{
	return at ? s->strings.s + at : "";
}

uint32_t
seen_keep(struct seen *s, const char *text)
{
	uint32_t at;

	if (s->strings.len == 0 && !buf_byte(&s->strings, 0))
		return 0;
	at = (uint32_t)s->strings.len;
	return buf_put(&s->strings, text, strlen(text) + 1) ? at : 0;
}

static size_t
slot_of(const struct seen *s, const char *text)
{
	uint64_t h = 0xcbf29ce484222325u;
	const char *p;
	size_t i;

	for (p = text; *p; p++)
		h = (h ^ (unsigned char)*p) * 0x100000001b3u;
	for (i = (size_t)(h ^ h >> 32) & (s->room - 1); s->slot[i]; i = (i + 1) & (s->room - 1))
		if (strcmp(seen_string(s, s->slot[i]), text) == 0)
			break;
	return i;
}

/* a table of this size with what was put before the strings had grown to so many bytes */
static bool
rebuild(struct seen *s, size_t room, size_t before)
{
	size_t had = s->room, i;
	uint32_t *old = s->slot, *slot = calloc(room, sizeof *slot);

	if (!slot)
		return false;
	s->slot = slot;
	s->room = room;
	s->count = 0;
	for (i = 0; i < had; i++)
		if (old[i] && old[i] < before) {
			slot[slot_of(s, seen_string(s, old[i]))] = old[i];
			s->count++;
		}
	free(old);
	return true;
}

enum seen_result
seen_put(struct seen *s, const char *text)
{
	size_t i;

	if (2 * (s->count + 1) > s->room && !rebuild(s, s->room ? s->room * 2 : ROOM_FIRST, SIZE_MAX))
		return SEEN_TROUBLE;
	i = slot_of(s, text);
	if (s->slot[i])
		return SEEN_BEFORE;
	if (!(s->slot[i] = seen_keep(s, text)))
		return SEEN_TROUBLE;
	s->count++;
	return SEEN_NEW;
}

bool
seen_cut(struct seen *s, size_t mark)
{
	if (s->count && !rebuild(s, s->room, mark))
		return false;
	buf_cut(&s->strings, mark);
	return true;
}

void
seen_clear(struct seen *s)
{
	if (s->room > ROOM_KEPT || s->strings.cap > STRINGS_KEPT) {
		seen_free(s);
		return;
	}
	if (s->count)
		memset(s->slot, 0, s->room * sizeof *s->slot);
	s->count = 0;
	buf_clear(&s->strings);
}

void
seen_free(struct seen *s)
{
	free(s->slot);
	s->slot = 0;
	s->count = s->room = 0;
	buf_free(&s->strings);
}
