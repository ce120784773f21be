/* dial - connect to a service that is named by its address: no names are looked up
 *
 *   unix:PATH  local:PATH  inet:PORT@HOST  inet:HOST:PORT  inet6: the same
 * PATH begins with '/'; HOST is an address, in brackets if you like, or localhost. */
#ifndef LIB_DIAL_H
#define LIB_DIAL_H

#include <stdbool.h>

bool dial_address(const char *);        /* is it one? */
/* A connected stream socket, close-on-exec, without Nagle's delay; its time limit for writing is timeout_ms. -1: errno
 * (ETIMEDOUT; EINVAL: not an address) */
int dial(const char *address, int timeout_ms);

#endif
