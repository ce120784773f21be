/* entries - names and what they stand for, a million of them
 *
 * An entry is a name and its members (elements), which lie in a row. :include: lists are entries too, named by their path,
 * in a name space of their own. Strings are copied and stay where they are until entries_free; each ends in 0.
 * Entries and members are referred to by index: adding may move them. */
#ifndef ALIAS_ENTRIES_H
#define ALIAS_ENTRIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alias/text.h"
#include "mail/element.h"

#define TABLE_NONE UINT32_MAX

struct member {
	const char *text;
	uint32_t len;
	uint32_t to;                    /* the entry it leads to, after host_resolve and for lists that were read; or TABLE_NONE */
	struct text_place place;
	uint8_t kind;                   /* enum element_kind */
	bool local;                     /* an address or mailbox in a domain of locals, after host_resolve */
};

struct entry {
	const char *name;
	uint32_t len;
	uint32_t file;                  /* index of the file it is written in; of a list, its own */
	struct text_place place;
	uint32_t first, count;          /* of its members */
	bool list;
	bool programs;                  /* of a list: programs and files in it are carried out */
};

struct table {
	struct entry *entry;
	struct member *member;
	uint32_t entries, members;      /* counts */
	uint32_t entry_room, member_room;
	uint32_t *slot;                 /* of the hash table: index + 1, 0 is free */
	uint32_t slots;                 /* a power of two, or 0 */
	struct chunk *chunk;            /* where the strings are */
	bool wild;                      /* some name has an '@' */
};

enum table_result { TABLE_NEW, TABLE_KNOWN, TABLE_TROUBLE };

/* A new entry, which members are then added to, or the one that has this name already. TABLE_TROUBLE: errno */
enum table_result entries_add(struct table *, bool list, const char *name, size_t n, uint32_t *index);
/* a member of the entry that was added last; false: errno */
bool entries_member(struct table *, enum element_kind, const char *text, size_t n, struct text_place);
uint32_t entries_find(const struct table *, bool list, const char *name, size_t n);       /* or TABLE_NONE */
void entries_free(struct table *);

#endif
