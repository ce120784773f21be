/* aliasdb - the compiled aliases: pneu-newaliases -> pneu-smtpd, pneu-send, pneu-explain
 *
 * A constant database (cdb), etc/aliases.cdb, readable by all. Names are in lower case.
 *   key   ":" name                data  FILE 0 LINE 0 (letter text 0)+
 *         name is "local", "local@domain", "@domain" or "local@"; FILE and LINE (decimal, from 1) say where it is written;
 *         letters: A address  M \mailbox  F file  P program  I :include:  X fail, with text  Z defer, with text  D discard
 *   key   ""                      data  ALIASDB_VERSION 0 WILD 0 (PATH 0 MTIME 0 SIZE 0)*
 *         WILD "@" if any name holds an '@', else ""; then each text file compiled, as it was: mtime in nanoseconds
 * It is made under another name, synced and renamed, and the directory synced: a reader sees the old one or the new one.
 *   trust   the reader maps nothing, so a file cut under its hands is an error and no signal; each length is checked
 *   broken  a cut or damaged file: ALIASDB_TROUBLE with EPROTO or EIO, never "no such alias"
 *   limits  a name ALIASDB_NAME bytes, the data of one entry ALIASDB_DATA
 *   tests   tests/wire/aliasdb_test.c    manual: pneu-aliases(5) */
#ifndef WIRE_ALIASDB_H
#define WIRE_ALIASDB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"
#include "mail/element.h"
#include "lib/in.h"

#define ALIASDB_VERSION "pneu-aliases1"
#define ALIASDB_NAME 1002
#define ALIASDB_DATA (16u << 20)

enum aliasdb_result { ALIASDB_FOUND, ALIASDB_NONE, ALIASDB_TROUBLE };

struct aliasdb_entry {
	const char *file;               /* where it is written; strings inside the caller's buf */
	uint64_t line;
	const char *at, *end;           /* of the elements not yet walked */
};

/* the entry of this name (n bytes; case does not count); fd is the open cdb, whose offset moves. space is overwritten
 * and keeps the entry's strings; its ceiling is set here. ALIASDB_TROUBLE: errno */
enum aliasdb_result aliasdb_find(int fd, const char *name, size_t n, struct buf *space, struct aliasdb_entry *);
/* the letter of a kind; and the kind of a letter, ELEMENT_DISCARD for one that is none */
char aliasdb_letter(enum element_kind);
enum element_kind aliasdb_kind(char letter);
/* the next element; false: that was all */
bool aliasdb_next(struct aliasdb_entry *, char *letter, const char **text);

/* All entries, in the order they were written. The whole file is read, in pieces; only for tools. */
struct aliasdb_walk {
	struct in in;
	char space[1 << 16];
	uint64_t left;                  /* bytes of entries */
	char name[ALIASDB_NAME + 1];    /* of the last entry; ends in 0 */
	size_t name_len;
};

bool aliasdb_walk(struct aliasdb_walk *, int fd);               /* false: errno */
/* ALIASDB_NONE: that was all */
enum aliasdb_result aliasdb_walk_next(struct aliasdb_walk *, struct buf *space, struct aliasdb_entry *);

/* what the key "" says; strings inside space as above */
struct aliasdb_about {
	bool wild;
	const char *at, *end;           /* of the text files not yet walked */
};

struct aliasdb_source {
	const char *path;
	uint64_t mtime_ns, size;
};

enum aliasdb_result aliasdb_about(int fd, struct buf *space, struct aliasdb_about *);   /* NONE is damage too: EPROTO */
bool aliasdb_next_source(struct aliasdb_about *, struct aliasdb_source *);

/* ---- making one: begin, add..., end, all into the empty file fd (read and write), which the caller syncs and names.
 * False: errno; after false only aliasdb_make_end is owed. */
struct aliasdb_make;
struct aliasdb_make *aliasdb_make(int fd);                      /* 0: errno */
/* elements: letter text 0 each, as above */
bool aliasdb_add(struct aliasdb_make *, const char *name, size_t n, const char *file, uint64_t line, const struct buf *elements);
bool aliasdb_make_end(struct aliasdb_make *, const struct aliasdb_source *, size_t sources);

#endif
