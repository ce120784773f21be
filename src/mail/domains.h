/* domains - is a domain in a list such as rcpthosts?
 *
 * A line is a domain, or ".domain" for every name below it. ASCII case is ignored. */
#ifndef MAIL_DOMAINS_H
#define MAIL_DOMAINS_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/buf.h"

/* lines: as CONF_LINES leaves them (lib/conf.h); an empty or missing list holds nothing */
bool domains_has(const struct buf *lines, const char *domain, size_t len);

#endif
