/* find - a program's file by its name */
#ifndef LISTEN_FIND_H
#define LISTEN_FIND_H

#include <stdbool.h>
#include <stddef.h>

/* The first executable of that name in PATH, or the name itself if it has a slash; false: errno, ENOENT if there is none or
 * its path does not fit into size bytes */
bool find_program(const char *name, char *path, size_t size);

#endif
