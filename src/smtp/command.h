/* command - the table of SMTP commands: who may come when, and what answers */
#ifndef SMTP_COMMAND_H
#define SMTP_COMMAND_H

#include <stddef.h>

#include "smtp/session.h"

/* line[len] is 0; there may be others before it, which are refused */
void command_answer(struct session *, char *line, size_t len);
void command_too_long(struct session *);
/* how long a line may be with its end, of which n bytes are there */
size_t command_most(const char *line, size_t n);

/* The handlers that have a file of their own. The argument is what follows the verb and its blanks; it ends in 0. */
void transaction_mail(struct session *, const char *arg);       /* transaction.c */
void transaction_rcpt(struct session *, const char *arg);
void data_run(struct session *, const char *arg);               /* data.c */
/* AUTH and STARTTLS: auth.h, tls.h */
void bdat_run(struct session *, const char *arg);               /* bdat.c */

#endif
