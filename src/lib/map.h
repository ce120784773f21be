/* map - names to values, for settings that may have many lines; ASCII letters match without case
 *
 * Built once, then only read. Both strings belong to the caller and must outlive the map. */
#ifndef LIB_MAP_H
#define LIB_MAP_H

#include <stdbool.h>
#include <stddef.h>

struct map_entry {
	const char *name, *value;
	size_t len;                     /* of name, which need not end in 0 */
};

struct map {
	struct map_entry *entry;
	size_t size, count;
};

/* false: ENOMEM; a name that is there already keeps its first value */
bool map_add(struct map *, const char *name, size_t len, const char *value);
const char *map_get(const struct map *, const char *name, size_t len);  /* 0: not there */
void map_free(struct map *);

#endif
