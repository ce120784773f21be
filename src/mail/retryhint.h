/* retryhint - how long does a server want us to wait? found in the words of a 4xx reply
 *
 * No RFC has a form for it, so this reads what servers say: a hint (again, retry, back, wait, delayed, greylisted, ...), words
 * that may follow it (in, for, after, at least, ...) and a time: "300 seconds", "5 minutes", "4 minutes and 12 seconds", "2h",
 * "00:04:57", or a bare number of seconds behind '=' or ':' ("retry=300"). A time that any other word or the end of a sentence
 * parts from the hint is not meant: "10 messages in 60 seconds, try again later" asks for nothing. */
#ifndef MAIL_RETRYHINT_H
#define MAIL_RETRYHINT_H

#include <stdint.h>

#define RETRYHINT_LEAST_S 10            /* less than this is this */
#define RETRYHINT_MOST_S 86400          /* and more is this */

/* seconds, or 0: nothing is said. reply: lines with their codes as in struct reply, or any other text */
uint64_t retryhint(const char *reply);

#endif
