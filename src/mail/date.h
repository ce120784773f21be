/* date - dates as mail writes them, in UTC (no time zone files: same output everywhere, no disk) */
#ifndef MAIL_DATE_H
#define MAIL_DATE_H

#include <stdint.h>

#define DATE_RFC5322 32         /* "Sun, 22 Nov 2026 08:19:00 +0000" and its 0 */
#define DATE_MBOX 25            /* "Sun Nov 22 08:19:00 2026" and its 0 */

/* seconds since 1970; years outside 1 to 9999 are shown as their nearest neighbour inside */
void date_rfc5322(char out[DATE_RFC5322], int64_t s);
void date_mbox(char out[DATE_MBOX], int64_t s);

#endif
