/* packet - what job and spawner do alike: a packet of fields through a SOCK_SEQPACKET socket, perhaps with a descriptor
 *
 * For wire/job.c and wire/spawner.c alone. */
#ifndef WIRE_PACKET_H
#define WIRE_PACKET_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/buf.h"
#include "wire/fields.h"
#include "wire/job.h"

/* a field of at most JOB_TEXT bytes: a longer one is cut and ends in "..."; false as buf_put */
bool packet_put_text(struct buf *, const char *);
/* Send it if it was built, and free it. pass: a descriptor that goes with it, or -1. False: errno, of the building too */
bool packet_send(int sock, struct buf *, bool built, int pass, int flags);
/* JOB_GOT: a packet of fields in the size bytes of space; *pass is -1 or the caller's. Else *pass is -1, and errno is set
 * (EPROTO: too large, not made of fields, or with more than one descriptor) */
enum job_result packet_receive(int sock, char *space, size_t size, struct fields *, int *pass, int flags);

#endif
