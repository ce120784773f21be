/* vars - which variables of the environment go on to other programs */
#ifndef LIB_VARS_H
#define LIB_VARS_H

#include <stddef.h>

/* Leave only the variables with these names, in place: the array keeps its order and its end of 0, nothing is freed. A name that
 * ends in '*' stands for all that begin so; the list of names ends in 0. */
void vars_keep(char **environ_, const char *const *names);
/* The same into another array, of that room with its end of 0, which points to the same strings; what does not fit is left out. */
void vars_pick(char **to, size_t room, char **environ_, const char *const *names);

#endif
