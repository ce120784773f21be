/* mailboxes - the addresses in a list as a message's header and the arguments of sendmail write them (RFC 5322 3.4, 4.4)
 *
 * Phrases, comments, groups (name: a, b;), routes, quoted words and folding are understood. Beyond the grammar: ';' outside a group
 * separates like ','; addresses without < > may have nothing but blanks between them; after '>' the next address may follow
 * without a comma; dots may stand in the local part as they like; a backslash quotes a byte, but in a host; bytes from 128 on are
 * letters (RFC 6532). Whether it is an address that may travel is not asked: that is addr_path_in's matter, once it has a host.
 * Nothing is looked up, nothing is ever cut. One pass in linear time, without memory of its own.
 *   limits  MAILBOX_TEXT bytes of an address    tests  tests/unit/mailboxes_test.c, tests/fuzz/compose_fuzz.c */
#ifndef MAIL_MAILBOXES_H
#define MAIL_MAILBOXES_H

#include <stdbool.h>
#include <stddef.h>

#define MAILBOX_TEXT 1000

enum mailboxes_result { MAILBOXES_GOT, MAILBOXES_END, MAILBOXES_BAD };

struct mailbox {
	char s[MAILBOX_TEXT + 1];       /* local@domain as in mail/addr.h, or local; "" is <>. Ends in 0 */
	size_t len;
	size_t local;                   /* bytes of the local part; local == len: no domain */
	size_t domain_at, end;          /* in the list: where the domain is written, or would be ("@" and it); where it ends */
};

struct mailboxes {
	const char *s;                  /* the caller's; line ends may be in it */
	size_t n, at;
	size_t bare;                    /* up to there nothing but addresses without < > */
	const char *why;                /* after MAILBOXES_BAD: what is wrong with what begins at bad_at */
	size_t bad_at;
};

void mailboxes_init(struct mailboxes *, const char *s, size_t n);
/* the next one; nothing is to be had after MAILBOXES_BAD */
enum mailboxes_result mailboxes_next(struct mailboxes *, struct mailbox *);

#endif
