/* rewriting - how senders of forwarded mail are rewritten (mail/srs.h): the settings that pneu-remote, which does it, and
 * routing, which undoes it, share
 *
 * Control files: srs srssecret srsdomain srsmaxage, see pneu-control(5). srssecret is read only when srs is not off. */
#ifndef RESOLVE_REWRITING_H
#define RESOLVE_REWRITING_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/conf.h"

enum rewriting_mode {
	REWRITING_OFF,
	REWRITING_ALWAYS,
	REWRITING_POLICY                /* only where the sender's SPF record would make a receiver refuse */
};

struct rewriting {                      /* all zero at first */
	enum rewriting_mode mode;
	struct buf secrets;             /* as CONF_LINES; none: nothing is rewritten or reversed */
	struct buf domain;              /* "": control/me, which the caller knows */
	uint64_t max_age_days;
	bool unreadable;                /* there is a srssecret, and it is not for this user */
};

/* from etc/; false: why is in the error. rewriting_free is owed in any case. */
bool rewriting_load(const struct conf_view *, struct rewriting *, struct conf_error *);
void rewriting_free(struct rewriting *);

#endif
