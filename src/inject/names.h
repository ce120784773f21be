/* names - how addresses of this host's users are completed: control/defaulthost, defaultdomain, plusdomain, idhost
 *
 * An address without a host gets defaulthost. So does one at "localhost", which elsewhere would be another host. A host that ends
 * in '+' gets plusdomain in its place, one without a dot gets a dot and defaultdomain. $QMAILDEFAULTHOST, $QMAILDEFAULTDOMAIN,
 * $QMAILPLUSDOMAIN and $QMAILIDHOST come before the files. Presets are control/me; but then that itself is not completed.
 *   manual  pneu-inject(8), pneu-control(5) */
#ifndef INJECT_NAMES_H
#define INJECT_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/conf.h"
#include "mail/addr.h"
#include "mail/mailboxes.h"

struct names {
	struct buf me, host, domain, plus, id;  /* completed; s is never 0. domain: "" if there is none to add */
	uint64_t hops;                  /* control/maxhops */
};

/* environment: may it speak? false: the error says why, and nothing is set */
bool names_load(struct names *, bool environment, struct conf_error *);
void names_free(struct names *);
/* Append the host of n bytes in its full form; of none: defaulthost. False as buf_put */
bool names_host(const struct names *, struct buf *, const char *host, size_t n);
/* The whole address, as the envelope has it; ADDR_OK, or why it is none. UTF-8 passes */
enum addr_result names_address(const struct names *, const struct mailbox *, struct addr *);
/* why, in words */
const char *names_why(enum addr_result);

#endif
