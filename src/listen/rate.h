/* rate - how many new connections each of any number of clients may make in a time
 *
 * A key's time begins with its first connection; when it is over, its count is forgotten.
 * Memory is taken once and never grows: RATE_KEYS keys. Each has a place in one of many small sets, by a secret hash; in a
 * full set the newcomer takes the place with the lowest count. So a crowd of addresses that each come once forget one
 * another, but neither keep a newcomer out nor make those forgotten that are at their limit; whoever is forgotten may
 * have more than the limit, never less. */
#ifndef LISTEN_RATE_H
#define LISTEN_RATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RATE_SET 8
#define RATE_SETS 4096                  /* a power of two */
#define RATE_KEYS (RATE_SET * RATE_SETS)
#define RATE_MOST 1000000               /* connections */
#define RATE_LONGEST_S 86400

struct rate_slot {
	uint64_t key;
	int64_t began_ms;
	uint32_t count;                 /* 0: free */
};

struct rate {
	struct rate_slot *slot;         /* 0: no limit */
	uint64_t seed[2];
	int64_t time_ms;
	uint32_t limit;
};

/* at most limit (1 to RATE_MOST) in each seconds (1 to RATE_LONGEST_S); the struct was all zero; false: ENOMEM */
bool rate_init(struct rate *, uint64_t limit, uint64_t seconds);
void rate_free(struct rate *);
/* may it make one more? now_ms never goes back; with no limit always */
bool rate_within(const struct rate *, uint64_t key, int64_t now_ms);
/* it made so many, the first of them then: from an earlier life of ours */
void rate_recall(struct rate *, uint64_t key, int64_t began_ms, uint32_t count);
/* it made one more */
void rate_count(struct rate *, uint64_t key, int64_t now_ms);

#endif
