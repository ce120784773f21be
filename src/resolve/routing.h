/* routing - where one recipient's mail goes: locals, virtualdomains, a route (resolve/smtproutes.h), else its MX
 *
 * The rules are read from the control files as a whole; a reload that fails leaves the old ones in force.
 * Before all that an address that pneu-remote made of a sender when it forwarded mail (mail/srs.h) becomes again what it was,
 * when control/srs is not off; one that we did not make, or made too long ago, is refused.
 * Control files: me envnoathost locals percenthack virtualdomains smtproutes senderroutes, srs srssecret srsdomain srsmaxage, see
 * pneu-control(5). */
#ifndef RESOLVE_ROUTING_H
#define RESOLVE_ROUTING_H

#include <stdbool.h>

#include "lib/buf.h"
#include "lib/conf.h"

enum channel { CHANNEL_LOCAL, CHANNEL_REMOTE, CHANNELS };

struct routing;

/* the caller's, ended by routing_free; 0: why is in the error */
struct routing *routing_load(struct conf_error *);
/* the same from etc/ as it was looked at */
struct routing *routing_load_from(const struct conf_view *etc, struct conf_error *);
void routing_free(struct routing *);
/* the characters that begin an extension (joe+tag), control/separators, preset "+"; lives as long as the routing */
const char *routing_separators(const struct routing *);

enum routing_class {
	ROUTING_LOCAL,          /* its domain is in locals */
	ROUTING_VIRTUAL,        /* virtualdomains has something for it */
	ROUTING_REMOTE
};

/* what *why below is for an address that looks like one of SRS: nobody here has it (5.1.1); any other is 5.1.2 */
extern const char routing_no_return[];

/* Completes rcpt (a domain where it has none, the per cent hack) and says whose it is, before anything else is decided:
 * aliases are looked up by what it leaves. false: as routing_find */
bool routing_class(const struct routing *, struct buf *rcpt, enum routing_class *, const char **why);
/* Rewrites rcpt (a whole address without NULs, its ceiling a little over ADDR) and sets key, the name of the site:
 * for CHANNEL_LOCAL the local part, for CHANNEL_REMOTE the route (wire/route.h), which may depend on the envelope sender.
 * false: *why says what is wrong with the address or setting (EX: too long), or errno with *why 0: a temporary
 * trouble (ENOMEM, EACCES: control/srssecret is not for this user), or EMSGSIZE */
bool routing_find(const struct routing *, struct buf *rcpt, const char *sender, enum channel *, struct buf *key,
    const char **why);

/* For people: the line of a control file that decided, file 0 if none did. The strings are the routing's, or asked. */
struct routing_reason {
	const char *file, *line;
};

/* Why an address, as routing_class completed it, has its class: a line of locals (the preset is me) or virtualdomains, there
 * also the exception that makes it remote. */
struct routing_reason routing_why_class(const struct routing *, const char *asked);
/* ... and a remote one its route: a line of smtproutes or senderroutes */
struct routing_reason routing_why_route(const struct routing *, const char *asked, const char *sender);
/* the line of senderroutes that has words for any route of this sender; 0: none */
const char *routing_sender_words(const struct routing *, const char *sender);

#endif
