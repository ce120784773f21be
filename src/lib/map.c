#include "lib/map.h"

#include <stdint.h>
#include <stdlib.h>
#include <strings.h>

#include "lib/ascii.h"

static size_t
hash(const char *s, size_t len)
{
	uint64_t h = 0xcbf29ce484222325u;

	while (len--)
		h = (h ^ (unsigned char)ascii_lower(*s++)) * 0x100000001b3u;
	return (size_t)(h ^ h >> 32);
}

static struct map_entry *
probe(const struct map *m, const char *name, size_t len)
{
	size_t i = hash(name, len) & (m->size - 1);

	while (m->entry[i].name && (m->entry[i].len != len || strncasecmp(m->entry[i].name, name, len) != 0))
		i = (i + 1) & (m->size - 1);
	return &m->entry[i];
}

static bool
grow(struct map *m)
{
	struct map old = *m;
	size_t i;

	m->size = old.size ? old.size * 2 : 16;
	if (!(m->entry = calloc(m->size, sizeof *m->entry))) {
		*m = old;
		return false;
	}
	for (i = 0; i < old.size; i++)
		if (old.entry[i].name)
			*probe(m, old.entry[i].name, old.entry[i].len) = old.entry[i];
	free(old.entry);
	return true;
}

bool
map_add(struct map *m, const char *name, size_t len, const char *value)
{
	struct map_entry *e;

	if (m->count >= m->size / 2 && !grow(m))
		return false;
	e = probe(m, name, len);
	if (!e->name) {
		*e = (struct map_entry){ name, value, len };
		m->count++;
	}
	return true;
}

const char *
map_get(const struct map *m, const char *name, size_t len)
{
	return m->size ? probe(m, name, len)->value : 0;
}

void
map_free(struct map *m)
{
	free(m->entry);
	m->entry = 0;
	m->size = m->count = 0;
}
