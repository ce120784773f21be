/* finding - what is to be said about the files: collected, sorted, then printed all at once
 *
 * "FILE:LINE:COLUMN: error: text" or "... warning: text", one a line, bytes that are not printable ASCII as '?'. Sorted
 * by file in the order they were named, line and column; what is said of one place keeps its order. */
#ifndef ALIAS_FINDING_H
#define ALIAS_FINDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alias/text.h"

struct finding;

struct findings {
	struct finding *one;
	size_t count, room;
	struct buf text;                /* of all of them */
	size_t errors;
	bool failed;                    /* one was lost: no memory */
};

enum severity { ERROR, WARNING };

/* file: its index in what findings_print gets; the pieces of the text, ended by (char *)0 */
void findings_add(struct findings *, enum severity, size_t file, struct text_place, ...);
/* all of them to fd; false: errno. path[file] are the names of the files */
bool findings_print(struct findings *, int fd, const char *const *path);
void findings_free(struct findings *);

#define found_error(f, file, place, ...) findings_add((f), ERROR, (file), (place), __VA_ARGS__, (char *)0)
#define found_warning(f, file, place, ...) findings_add((f), WARNING, (file), (place), __VA_ARGS__, (char *)0)

#endif
