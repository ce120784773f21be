/* explain - what the parts of pneu-explain share
 *
 * Each fact is one line: two blanks for each level of depth, a word that stays what it is, a colon, and text. What comes from
 * strangers is masked there. The exit code is the worst of what was found, in the order of enum explain_exit. */
#ifndef TOOLS_EXPLAIN_H
#define TOOLS_EXPLAIN_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/buf.h"
#include "lib/out.h"
#include "mail/element.h"
#include "mail/outcome.h"
#include "resolve/resolve.h"
#include "wire/route.h"

/* sysexits.h, from good to bad: explain_worst takes them in this order */
enum explain_exit { EXPLAIN_GOOD = 0, EXPLAIN_LATER = 75, EXPLAIN_NEVER = 67, EXPLAIN_USAGE = 64 };

#define EXPLAIN_DEPTH 100               /* forwards through homes, one after the other */
#define EXPLAIN_SHOWN 65536             /* bytes of addresses and routes that are shown for one address */

struct explain {
	struct out out;
	bool no_dns;
	const char *sender;             /* of the envelope; "": the null sender */
	enum explain_exit exit;
	struct resolver resolver;       /* open when an address is explained, as are the accounts */
	struct accounts accounts;       /* as pneu-lspawn looks: for what the resolver is not asked, below aliases */
	struct buf shown;               /* what was shown of this address, each ends in 0 */
};

enum explain_via { EXPLAIN_ALIAS, EXPLAIN_LIST, EXPLAIN_HOME };

/* What led to an address, the nearest first. */
struct explain_trail {
	const struct explain_trail *up;
	enum explain_via via;
	const char *name;               /* of an alias; the path of a list; at a home the recipient */
	unsigned depth;
};

/* ---- explain_tell.c */

/* the pieces of the text, ended by (char *)0 */
void explain_tell(struct explain *, size_t depth, const char *word, ...);
#define tell(e, depth, ...) explain_tell((e), (depth), __VA_ARGS__, (char *)0)
void explain_worst(struct explain *, enum explain_exit);
/* a line "refused" or "later", with status and text, and the exit code that goes with it; a verdict K says nothing */
void explain_outcome(struct explain *, size_t depth, const struct outcome *);

/* ---- explain_address.c: where the mail of one address goes, through however many aliases and forwards */

void explain_address(struct explain *, const char *address);
/* one element of an alias, a list or a .forward file, which is what the trail begins with */
void explain_element(struct explain *, size_t depth, enum element_kind, const char *text, const struct explain_trail *);
void explain_list(struct explain *, size_t depth, const char *path, const struct explain_trail *);

/* ---- explain_home.c: what a user's own files say about the mail for rcpt, whose local part is local for the spawner;
 * mailbox_only: they do not count */

void explain_home(struct explain *, size_t depth, const struct account *, const char *local, const char *rcpt,
    bool mailbox_only, const struct explain_trail *);
/* the home on the trail that had this recipient already, or 0 */
const struct explain_trail *explain_is_home(const char *rcpt, const struct explain_trail *);

/* ---- explain_run.c */

/* Run a program of ours (place_program finds it) with descriptor 0 empty, for limit_ms at the most, and take what it writes
 * to 1 and to 2, each up to its buf's ceiling. Its exit code; -1: it ended otherwise, with what in why (a string that
 * stays, or of the caller's errno at that moment). */
int explain_run(char *const argv[], int limit_ms, struct buf *out, struct buf *err, const char **why);

/* ---- explain_route.c: a remote destination and, unless no_dns, its hosts */

void explain_route(struct explain *, size_t depth, const struct route *);

/* ---- explain_smtp.c: what pneu-smtpd says to a client */

struct explain_client {
	const char *ip;                 /* as ip_text writes it */
	const char *sender, *helo;      /* helo 0: the address literal of ip */
	const char *rules;              /* 0: etc/rules.cdb */
};

/* false: the recipient was refused or deferred because of its address, which is then worth explaining too */
bool explain_smtp(struct explain *, const struct explain_client *, const char *rcpt);

#endif
