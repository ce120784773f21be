/* patterns - is an address in a list such as badmailfrom?
 *
 * A line is an address local@domain, or "@domain" for all addresses of that domain, or ".domain" for those of every name
 * below it. ASCII case is ignored, in local parts too: a list that refuses is not to be dodged by a capital letter. */
#ifndef MAIL_PATTERNS_H
#define MAIL_PATTERNS_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/buf.h"

/* lines: as CONF_LINES leaves them (lib/conf.h). address: of the inside form (mail/addr.h); "" is in no list */
bool patterns_have(const struct buf *lines, const char *address, size_t len);

#endif
