/* separators - control/separators: the characters that begin an extension, joe+tag; preset "+", empty: none does */
#ifndef RESOLVE_SEPARATORS_H
#define RESOLVE_SEPARATORS_H

#include <stdbool.h>

#include "lib/buf.h"
#include "lib/conf.h"

/* a row of the table of who reads more settings; the buf is the caller's */
#define SEPARATORS_CONF(b) { "separators", CONF_LINE, (b), 0, 0, 0 }
/* What was read, with its preset; then s is not 0. False: why is in the error (a letter is none, nor what an address has only in
 * quotes) */
bool separators_settle(struct buf *, struct conf_error *);

#endif
