/* serve - a POP3 client with its messages: the TRANSACTION state of RFC 1939
 *
 * Messages are removed and moved at QUIT and never before; a session that ends otherwise changes nothing. */
#ifndef POP_SERVE_H
#define POP_SERVE_H

#include <stdbool.h>
#include <stdint.h>

#include "pop/dialog.h"
#include "pop/maildrop.h"

struct serving {
	struct dialog *d;
	struct maildrop *drop;
	const char *who;                /* "client IP login NAME", for the log, and the session's id */
	const char *id;
	uint64_t bad;                   /* commands without sense */
	uint64_t retrieved, deleted;    /* messages sent; removed at the end */
	uint64_t last;                  /* the highest number retrieved, for LAST */
	bool over;
};

/* From the first answer, which says that the login was right, to the end. */
void serve(struct serving *);

#endif
