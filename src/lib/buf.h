/* buf - bytes that grow, up to a ceiling
 *
 * Invariant: s is 0 or s[len] is 0; len rules, NULs may sit inside; len <= max.
 * The buffer owns s; who declares a buf frees it with buf_free.
 * Every function that grows returns false and leaves the buf as it was:
 * errno EMSGSIZE is the ceiling, ENOMEM is memory. */
#ifndef LIB_BUF_H
#define LIB_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf {
	char *s;
	size_t len, cap, max;
};

#define BUF(ceiling) { 0, 0, 0, (ceiling) }

bool buf_room(struct buf *, size_t n);                  /* room for n more bytes */
bool buf_put(struct buf *, const void *, size_t n);
bool buf_puts(struct buf *, const char *);
bool buf_byte(struct buf *, char);
bool buf_num(struct buf *, uint64_t);                   /* in decimal */
void buf_clear(struct buf *);                           /* len 0, memory kept */
void buf_cut(struct buf *, size_t len);                 /* shorter, never longer */
void buf_free(struct buf *);                            /* memory gone, ceiling kept */

#endif
