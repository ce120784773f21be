/* srs - sender addresses of forwarded mail, rewritten so that bounces come back through us (Sender Rewriting Scheme)
 *
 *   local@host                   SRS0=HHHH=TT=host=local@domain          becomes, domain being ours
 *   SRS0=REST@host               SRS1=HHHH=host==REST@domain             already rewritten by host
 *   SRS1=hhhh=host=REST@other    SRS1=HHHH=host=REST@domain              and by others after it
 *
 * TT is the day, counted from 1970 modulo 1024, as two base32 digits (A-Z 2-7). HHHH is the beginning of the base64 of an
 * HMAC-SHA1 of the bytes TT host local (SRS0) or host REST (SRS1, REST with the separator it begins with), all in lower
 * case, nothing between them. These are the forms and the sum of postsrsd: either reverses what the other has made.
 * After the tag '+' and '-' are taken for '=' too; in what comes back case does not count, as some hosts fold it; the hash
 * has then still some 21 bits, and SRS_HASH to SRS_HASH_MAX characters of it are accepted.
 * No day stands in SRS1: whose bounce it is, its first rewriter knows.
 *   addresses  of the inside form (mail/addr.h)
 *   limits     local parts ADDR_LOCAL, domains ADDR_DOMAIN bytes
 *   tests      tests/unit/srs_test.c, tests/program/remote_srs.t (against postsrsd) */
#ifndef MAIL_SRS_H
#define MAIL_SRS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"

#define SRS_HASH 4
#define SRS_HASH_MAX 27                 /* all of it */
#define SRS_AGE_MAX 500                 /* days; the day counts modulo 1024, and what lies ahead must not look old */

/* Does the local part begin with SRS0 or SRS1 and a separator? */
bool srs_is(const char *address, size_t n);

/* Append sender, rewritten. False: errno as buf_put, or EINVAL: it has no domain, or bytes or lengths that could not come
 * back; nothing is put */
bool srs_rewrite(struct buf *, const char *sender, const char *domain, const char *secret, int64_t now_s);

enum srs_result {
	SRS_OK,
	SRS_FORGED,             /* not signed with any of the secrets, or not of the form at all */
	SRS_OLD,                /* signed more than max_age_days ago, or in the future */
	SRS_TROUBLE             /* errno, as buf_put */
};

/* Append what the address (of n bytes; its domain is not looked at) was made from. secrets: as CONF_LINES leaves them.
 * With anything but SRS_OK nothing is put. */
enum srs_result srs_reverse(struct buf *, const char *address, size_t n, const struct buf *secrets, uint64_t max_age_days,
    int64_t now_s);

#endif
