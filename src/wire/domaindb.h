/* domaindb - the compiled list of domains that mail is taken for: pneu-newmrh -> pneu-smtpd
 *
 * A constant database (cdb), etc/morercpthosts.cdb; that of qmail-newmrh is the same.
 *   key   a domain in lower case, or ".domain" for every name below it        data  none
 *   limits  a domain ADDR_DOMAIN bytes (mail/addr.h)
 *   trust   the reader maps nothing, so a file cut under its hands is an error and no signal
 *   broken  a damaged file: DOMAINDB_TROUBLE with EPROTO or EIO, never "not there"
 *   tests   tests/program/smtpd_badlists.t    manual: pneu-newmrh(8) */
#ifndef WIRE_DOMAINDB_H
#define WIRE_DOMAINDB_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/compile.h"

enum domaindb_result { DOMAINDB_FOUND, DOMAINDB_NONE, DOMAINDB_TROUBLE };

/* fd is the open cdb, whose offset moves. TROUBLE: errno */
enum domaindb_result domaindb_find(int fd, const char *domain, size_t n);

/* Compile a whole text, one domain a line, as control/rcpthosts has them, into the empty file fd (read and write), without
 * syncing it. */
bool domaindb_compile(const char *text, size_t n, int fd, struct compile_error *);

#endif
