/* tcpto - which addresses did not answer lately, known to all workers of one pneu-rspawn
 *
 * That is: no connection, no greeting, or one that said "later". Who greets and does not take the mail then, for whatever reason,
 * has answered.
 * A table in memory that they share. Nothing depends on it but the order in which addresses are tried: one that failed comes
 * after the others, for TCPTO_FIRST_MS and twice as long after each further failure, TCPTO_MOST_MS at the most. So nobody locks
 * it: two who write the same place at once leave one of both, or an entry that fits nobody.
 * Each address has TCPTO_WAYS places; the one that is over first is overwritten. */
#ifndef REMOTE_TCPTO_H
#define REMOTE_TCPTO_H

#include <stdbool.h>

#include "remote/dns.h"

#define TCPTO_FIRST_MS 60000
#define TCPTO_MOST_MS 3600000
#define TCPTO_SETS 512
#define TCPTO_WAYS 4
#define TCPTO_FD 3                      /* where pneu-remote gets it */

/* a new table for tcpto_open, in memory; -1: errno */
int tcpto_create(void);
/* use the table behind fd from now on, if it is one; otherwise this process has one of its own */
void tcpto_open(int fd);
bool tcpto_is_shunned(const struct dns_addr *);
void tcpto_failed(const struct dns_addr *);
void tcpto_answered(const struct dns_addr *);

#endif
