/* recipientdb - who there is in domains whose mail goes on to another host: pneu-newrcpt -> pneu-smtpd, pneu-explain
 *
 * The text, one line each; empty lines and lines that begin with '#' do not count, blanks at the end of a line neither:
 *   ann@example.org     this address, in the inside form (mail/addr.h)
 *   list-*@example.org  all whose local part begins so; before the '*' stands '-' or a character that may begin an extension
 *   @example.org        everybody there
 *   .example.org        everybody in every domain below
 *   example.org         the domain is listed: nobody there but whom other lines name. Any line above lists its domain, too
 * Of a domain that is not listed nothing is known. ASCII letters count without case.
 * The cdb, keys in lower case:
 *   key   each line as it is; the domain of each address                       data  none
 *         ""                                                                   data  "recipients 1", and " *" with a '*' line
 *   limits  a local part ADDR_LOCAL bytes, a domain ADDR_DOMAIN
 *   trust   the reader maps nothing, so a file cut under its hands is an error and no signal
 *   broken  a damaged file, or some other database: RECIPIENTDB_TROUBLE with EPROTO or EIO, never "nobody"
 *   tests   tests/wire/recipientdb_test.c, tests/program/newrcpt.t     manual: pneu-newrcpt(8) */
#ifndef WIRE_RECIPIENTDB_H
#define WIRE_RECIPIENTDB_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/compile.h"

enum recipientdb_result {
	RECIPIENTDB_UNLISTED,           /* the domain is not listed */
	RECIPIENTDB_FOUND,
	RECIPIENTDB_NOBODY,             /* the domain is, and does not have this name */
	RECIPIENTDB_TROUBLE             /* errno */
};

/* address: n bytes of the inside form. separators: the characters that may begin an extension (joe+tag is joe's), "" none.
 * fd is the open cdb, whose offset moves. */
enum recipientdb_result recipientdb_find(int fd, const char *address, size_t n, const char *separators);

/* compile a whole text into the empty file fd (read and write), without syncing it */
bool recipientdb_compile(const char *text, size_t n, int fd, struct compile_error *);

#endif
