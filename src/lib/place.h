/* place - where this installation keeps things
 *
 * PNEU_ETC and PNEU_QUEUE name the directories of a private instance; without them the compiled-in ones count.
 * A program that runs setuid or setgid ignores both. In an instance the programs are found through PATH,
 * otherwise in the compiled-in directory. All results live as long as the environment. */
#ifndef LIB_PLACE_H
#define LIB_PLACE_H

#include <stdbool.h>
#include <stddef.h>

bool place_private(void);               /* a private instance, all of it run by one user */
const char *place_etc(void);
const char *place_queue(void);
/* what proc_spawn is to be given for "pneu-NAME" (give the whole name); false: EMSGSIZE */
bool place_program(char *path, size_t size, const char *name);

#endif
