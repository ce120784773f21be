/* resolve - where an address leads: the one answer that pneu-smtpd gives at RCPT and pneu-explain shows
 *
 * In the order of a delivery: routing (locals, virtualdomains, the per cent hack, SRS); for an address of ours the
 * alias database; then the users. What a user's files say is not looked into, but whether there is one for joe-ext is.
 * For an address whose mail goes to another host: etc/recipients.cdb (wire/recipientdb.h), if there is one and it lists the domain.
 *
 * postmaster of any domain, ours or not, is accepted whatever is found (RFC 5321 4.5.1), unless an alias refuses him; nothing is
 * delivered by that: where nobody gets his mail it will bounce, so what asks should say it aloud.
 *
 * A struct resolver is opened once and asked as often as wanted. Nothing is opened or read before it is needed: an address
 * that is not ours costs no more than the routing, one with an alias no look at users, and a login name that is in
 * /etc/passwd no program. It keeps what it opened: a new users.cdb or /etc/passwd counts for the next process, a new
 * aliases.cdb at once.
 *   tests    tests/program/smtpd_rcpt.t      manual: pneu-smtpd(8) */
#ifndef RESOLVE_RESOLVE_H
#define RESOLVE_RESOLVE_H

#include <stdbool.h>

#include "lib/buf.h"
#include "lib/conf.h"
#include "mail/outcome.h"
#include "resolve/account.h"
#include "resolve/aliases.h"
#include "resolve/dotqmail.h"
#include "resolve/passwd.h"
#include "resolve/routing.h"
#include "wire/envelope.h"
#include "wire/recipientdb.h"

#define RESOLUTION_STATUS 10            /* "5.123.123" and its 0 */

struct resolver {
	const struct conf_view *etc;    /* 0: etc/ is opened for each */
	struct routing *routing;
	struct aliases aliases;
	struct accounts accounts;
	struct passwd_file passwd;
	int recipients;                 /* recipients.cdb, open; -1: there is none */
	struct buf rcpt, asked, key, space;     /* of the last answer */
	bool thorough;                  /* find out also what does not change the verdict */
	bool has_aliases, has_accounts, has_users, has_recipients;      /* they have been opened or read */
};

enum resolution_kind {
	RESOLUTION_REMOTE,      /* key: the route; K */
	RESOLUTION_ALIAS,       /* alias, alias_name; K, or what :fail: and :defer: say */
	RESOLUTION_USER,        /* account; key: the local part; K, or D 5.1.1: no .qmail file for the extension */
	RESOLUTION_NOBODY,      /* an address of ours without a mailbox, one that is not among those listed, or makes no sense; D, but
	                         * K for postmaster */
	RESOLUTION_LATER        /* it could not be told; Z, but K for postmaster */
};

/* Strings live until the resolver is asked again or closed. */
struct resolution {
	enum resolution_kind kind;
	enum routing_class class;       /* not set when the routing itself failed (NOBODY, LATER) */
	const char *address;            /* as routed; after virtualdomains for a user */
	const char *asked;              /* as aliases are looked up by it: complete, before virtualdomains */
	const char *key;                /* REMOTE: wire/route.h; USER, NOBODY: the local part as the spawner gets it; else "" */
	struct aliasdb_entry alias;     /* not yet walked */
	const char *alias_name;
	enum recipientdb_result listed; /* class ROUTING_REMOTE: what recipients.cdb has; without one, and for postmaster, UNLISTED */
	struct account account;
	char file[DOTQMAIL_NAME];       /* USER: the .qmail file that decides, in the home; "" none, or not looked for */
	bool guessed;                   /* USER: we may not look at the home or the file (EACCES); if it matters, K is a guess */
	char status[RESOLUTION_STATUS]; /* the outcome's, where an alias has one of its own */
	struct outcome outcome;         /* what to say at RCPT: K, D or Z, status, and a reason in one line (not masked) */
};

/* thorough: all names are asked, and .qmail is looked for also where the verdict does not depend on it. Reads the routing.
 * etc: what the settings and databases are taken from, and has to live as long as the resolver; 0: etc/ as it is then. False: why is in the error; nothing to close */
bool resolver_open(struct resolver *, const struct conf_view *etc, bool thorough, struct conf_error *);
void resolver_close(struct resolver *);
/* address: the inside form, at most ENVELOPE_ADDR bytes. Always fills the resolution, trouble is its outcome. */
void resolver_ask(struct resolver *, const char *address, struct resolution *);

#endif
