/* work - one run of pneu-newaliases: the files, what they say, and what is wrong with them
 *
 * load.c reads, loops.c and lint.c look for what is wrong, change.c compares, install.c makes the database. A function
 * that returns false has met trouble of the machine (errno); what is wrong with the files is a finding. */
#ifndef ALIAS_WORK_H
#define ALIAS_WORK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "alias/finding.h"
#include "alias/host.h"
#include "alias/entries.h"

#define WORK_TEXT (1u << 30)            /* bytes of a text file */

struct file {
	const char *name;               /* as findings call it */
	const char *path;               /* absolute, as the database says it */
	uint64_t mtime_ns, size;
	uint64_t aliases, longest_bytes, total_bytes;   /* as sendmail counts: values; names and values */
};

struct work {
	struct findings findings;
	struct file *file;              /* the text files, then the lists they name */
	uint32_t files, texts, file_room;
	struct table table;
	struct host host;
	struct text text;
	struct buf bytes;               /* of the file at hand */
	bool told_root;                 /* that he needs an alias */
	bool told_domain;               /* that names without a domain are not ours */
};

/* One more text file. The strings stay the caller's. False: errno, 0 for more files than can be */
bool load_text(struct work *, const char *name, const char *path);
/* every list that the texts name, and the lists named there */
bool load_lists(struct work *);
void work_free(struct work *);

/* loops, and aliases too deep inside one another; after host_resolve */
bool loops_find(struct work *);
/* everything else that is odd about entries and their elements */
bool lint(struct work *);
/* modes of a file that everything depends on, and of the directories above it */
void lint_modes(struct work *, uint32_t file, struct text_place, const char *path, const struct stat *, enum severity world);
/* What a command's first word is, if that is a program: found where, or what is wrong with it and perhaps what was meant */
void lint_program(struct work *, uint32_t file, struct text_place, const char *command);

/* what the installed database, open at fd (-1: there is none), says differently: one line a name to descriptor 1.
 * False: errno; EPROTO: it is damaged */
bool change_print(struct work *, int fd);

#endif
