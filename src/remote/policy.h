/* policy - would a receiver refuse mail from us under this sender's domain, going by what the domain publishes?
 *
 * The domain's SPF record (RFC 7208) is evaluated against our own address: all, ip4, ip6, a, mx, include and redirect, with
 * at most POLICY_LOOKUPS of those that ask the DNS. ptr, exists and macros are not evaluated and never count for us.
 * Wherever the answer is in doubt it is yes: DNS trouble, nonsense in a record, two records, too many look-ups, no more
 * look-up begun after POLICY_S seconds. A domain that publishes nothing refuses nothing.
 * Answers are kept in a small table for POLICY_KEEP_S seconds: one process, one of it. */
#ifndef REMOTE_POLICY_H
#define REMOTE_POLICY_H

#include <stdbool.h>

#define POLICY_LOOKUPS 10
#define POLICY_S 20
#define POLICY_KEEP_S 300

/* ip: our address as lib/ip.h has them; 0: not known (a relay will be the one that the receiver sees): no address is ours */
bool policy_refuses(const char *domain, const unsigned char ip[16]);
/* the same without asking anybody: is the answer in the table? */
bool policy_known(const char *domain, const unsigned char ip[16]);

#endif
