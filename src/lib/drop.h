/* drop - give up rights for good */
#ifndef LIB_DROP_H
#define LIB_DROP_H

#include <stdbool.h>
#include <sys/types.h>

/* From root to this user and group, without supplementary groups, with no way back; checked. False: errno; the process
 * may be half-way and must end. EPERM also: uid 0 was asked for. */
bool drop_to(uid_t, gid_t);

/* For who runs nothing that is setuid, and all it starts: no exec gives rights, and calls of the kernel that no mail program makes
 * are refused (compat_no_new_privileges, compat_forbid). True also where the system was built without; false: errno, and
 * nothing is wrong but that the kernel does not do it. */
bool drop_powers(void);

/* what is held of others' mail and passwords goes into no core file, of this process and all it starts */
void drop_core(void);

/* From now on root alone may look into this process: others of our uid talk to strangers too, and what they let in must
 * neither read nor change us. Not in a private instance, which is one user's anyway. An exec ends it. */
void drop_sight(void);

#endif
