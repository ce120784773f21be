/* dsn - what a sender wants to hear of his mail: the values of RFC 3461's parameters */
#ifndef MAIL_DSN_H
#define MAIL_DSN_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/buf.h"

#define DSN_ENVID 100                   /* bytes of an ENVID, RFC 3461 4.4 */
#define DSN_ORCPT 500                   /* and of an ORCPT, 4.2 */
#define DSN_NOTIFY_TEXT 22              /* "SUCCESS,FAILURE,DELAY" and its 0 */

enum dsn {                              /* of a recipient; none of them: he left it to us, which is failure */
	DSN_NEVER = 1,
	DSN_SUCCESS = 2,
	DSN_FAILURE = 4,
	DSN_DELAY = 8
};

/* NOTIFY's value as bits; 0: it is none, or says a word twice */
unsigned dsn_notify(const char *s, size_t n);
void dsn_notify_text(char out[DSN_NOTIFY_TEXT], unsigned bits);
/* is he to be told of a failure? */
bool dsn_failure(unsigned bits);
bool dsn_envid(const char *s, size_t n);
/* TYPE;xtext that stands for UTF-8 (3461 has ASCII, but it is sent), or with utf8 also utf-8;text (RFC 6533 3) */
bool dsn_orcpt(const char *s, size_t n, bool utf8);
/* Append an ORCPT in a form for servers without SMTPUTF8: what is not ASCII is written \x{HEX} (RFC 6533 3).
 * False as buf_put, b unchanged */
bool dsn_orcpt_ascii(struct buf *b, const char *orcpt);

#endif
