/* table - a number for each of a bounded set of numbers: sessions by pid, connections by address
 *
 * Invariant: at most the number of entries given to table_init; memory is taken once, there. Keys may come from
 * strangers: where they land is not theirs to choose, and the longest search is the bound itself. */
#ifndef LISTEN_TABLE_H
#define LISTEN_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct table_slot {
	uint64_t key, value;
	bool used;
};

struct table {
	struct table_slot *slot;
	size_t mask, count, max;        /* mask + 1 slots, a power of two, at least 2 * max */
	uint64_t seed;
};

bool table_init(struct table *, size_t max);            /* false: ENOMEM */
void table_free(struct table *);
uint64_t *table_find(const struct table *, uint64_t key);       /* 0: not there; valid until the next add or drop */
uint64_t *table_add(struct table *, uint64_t key);      /* found, or new with value 0; 0: the table is full */
void table_drop(struct table *, uint64_t key);

#endif
