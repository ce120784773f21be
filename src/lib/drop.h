/* drop - give up being root for good */
#ifndef LIB_DROP_H
#define LIB_DROP_H

#include <stdbool.h>
#include <sys/types.h>

/* From root to this user and group, without supplementary groups, with no way back; checked. False: errno; the process
 * may be half-way and must end. EPERM also: uid 0 was asked for. */
bool drop_to(uid_t, gid_t);

#endif
