/* parameters - the words after the address of MAIL and RCPT: SIZE, BODY, SMTPUTF8, RET, ENVID; NOTIFY, ORCPT
 *
 * RFC 1870, 6152, 6531, 3461. Each is checked whole, and none may be given twice. */
#ifndef SMTP_PARAMETERS_H
#define SMTP_PARAMETERS_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/buf.h"
#include "mail/dsn.h"

struct session;

struct mail_parameters {                /* all zero: none */
	unsigned given;
	uint64_t size;
	bool eight, utf8;
	const char *ret;                /* FULL, HDRS, 0 */
	char envid[DSN_ENVID + 1];
};

struct rcpt_parameters {
	unsigned given;
	unsigned notify;                /* enum dsn */
	char orcpt[DSN_ORCPT + 1];
};

/* The words, with blanks between them, into a struct that is all zero. 0, or the reply to those that will not do. */
const char *parameters_mail(const struct session *, const char *words, struct mail_parameters *);
const char *parameters_rcpt(const struct session *, const char *words, struct rcpt_parameters *);
/* Append them after the sender's or the recipient's record; false as buf_put, what was put stays */
bool parameters_put_mail(struct buf *envelope, const struct mail_parameters *);
bool parameters_put_rcpt(struct buf *envelope, const struct rcpt_parameters *);

#endif
