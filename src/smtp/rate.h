/* rate - how much one login, or one client's address, may send in an hour and in a day
 *
 * control/limits has lines of four words, and one of two:
 *   directory PATH                             where the counters are; writable by the user of pneu-smtpd
 *   login messages hour 100                    login or address; messages or recipients; hour or day; 0 to 1000000000
 * A counter is a file of one line in that directory, held under a lock for the moment of counting. Its windows begin with
 * the hour and the day (UTC). A counter that cannot be kept is a temporary failure, never a way around it. An IPv6 address
 * is counted with all of its /64. Who makes a counter removes, once an hour, those that nobody has counted in for two days.
 * Invariant: only who may send is counted, so strangers make no files. */
#ifndef SMTP_RATE_H
#define SMTP_RATE_H

#include <stdbool.h>

#include "lib/buf.h"
#include "lib/conf.h"

struct session;

/* are the lines what they should be? None is no limit. */
bool rate_check(const struct buf *lines, struct conf_error *);
/* One message more, one recipient more: 0, or the reply, and the log names the login. What is refused is not counted, but for
 * the login of one whose address has reached its limit. */
const char *rate_message(struct session *);
const char *rate_recipient(struct session *);

#endif
