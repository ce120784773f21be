/* smtproutes - the route of a remote recipient: control/smtproutes by his domain, control/senderroutes by the sender
 *
 *   smtproutes     DOMAIN:RELAYS WORDS      DOMAIN: itself, or .domain for all below it, or nothing for all
 *   senderroutes   SENDER:RELAYS WORDS      SENDER: an address, or @domain
 *
 *   RELAYS   HOST, HOST:PORT, [ADDRESS] or [ADDRESS]:PORT, up to ROUTE_HOPS of them with commas, tried in turn; or /PATH, a unix
 *            socket where LMTP is spoken; or nothing: the MX of the recipient's domain
 *   WORDS    those of wire/route.h, and "lmtp": the relays speak it. The port is 25, with tls=smtps 465, with lmtp 24.
 *
 * A line for the recipient's own domain goes before one for the sender, and that before the one for all. So do words: those of
 * a sender's line without relays count where the line for his recipient's domain has none of the kind, and before those of the
 * line for all. But such a login= is for the relays of the line for all alone; of other lines a login= needs a relay. An empty
 * SENDER is that of bounces.
 * ASCII letters match without case. */
#ifndef RESOLVE_SMTPROUTES_H
#define RESOLVE_SMTPROUTES_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/buf.h"
#include "lib/conf.h"
#include "lib/map.h"

struct smtproutes {                     /* all zero at first */
	struct buf lines, sender_lines;
	struct map route, sender;
};

/* false: why is in the error; what is there is for smtproutes_free in any case */
bool smtproutes_load(struct smtproutes *, const struct conf_view *etc, struct conf_error *);
void smtproutes_free(struct smtproutes *);
/* The text of the route (wire/route.h), appended to key, for a domain without NULs. false as buf_put, or EINVAL: the domain
 * cannot be one (empty, longer than ROUTE_NAME, with a space) */
bool smtproutes_find(const struct smtproutes *, const char *domain, size_t len, const char *sender, struct buf *key);
/* What may follow DOMAIN: in a line ("relay.example:2525 tls=must"), as the text of a route, appended; false: it is none, or as buf_put */
bool smtproutes_value(const char *value, struct buf *route);
/* the line that decided, and its file; 0: none did */
const char *smtproutes_why(const struct smtproutes *, const char *domain, const char *sender, const char **file);
/* the line of senderroutes whose words count as well; 0: none */
const char *smtproutes_words(const struct smtproutes *, const char *sender);

#endif
