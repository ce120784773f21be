/* senders - the sender that another host hears for forwarded mail: its own, or one of ours that leads back to it
 *
 * A sender is rewritten (mail/srs.h) if control/srs says so and its domain is none of ours: not control/srsdomain, not in
 * locals, virtualdomains or rcpthosts. With "policy", only if its domain's SPF record would make the receiver refuse
 * (remote/policy.h). The null sender, "#@[]" and senders that could not be turned back stay as they are.
 * Control files: srs srssecret srsdomain srsmaxage me locals virtualdomains rcpthosts. */
#ifndef REMOTE_SENDERS_H
#define REMOTE_SENDERS_H

#include <stdbool.h>

#include "lib/buf.h"
#include "lib/conf.h"
#include "resolve/rewriting.h"

struct senders {                        /* all zero at first */
	bool loaded;
	struct rewriting rewriting;
	struct buf me, locals, virtualdomains, rcpthosts;
	struct conf_error error;        /* "" if all is well */
};

/* read the settings, at the first call alone. false: error says why, also at each later call */
bool senders_load(struct senders *);
/* Must the DNS be asked before senders_choose can answer? ip as below */
bool senders_must_ask(const struct senders *, const char *sender, const unsigned char ip[16]);
/* What is to be said in MAIL: sender, or another one in space, which is overwritten and should have room for ADDR_MAX bytes
 * already. ip: our end of the connection (lib/ip.h); 0: behind it stands a relay. */
const char *senders_choose(const struct senders *, const char *sender, const unsigned char ip[16], struct buf *space);

#endif
