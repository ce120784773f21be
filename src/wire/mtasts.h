/* mtasts - the policies that domains publish for mail to them (MTA-STS, RFC 8461): pneu-mtasts-fetch -> pneu-remote
 *
 *   etc/mtasts, a text, one domain a line: DOMAIN MODE EXPIRES ID PATTERN...
 *   DOMAIN   in lower case                 MODE     enforce, testing or none
 *   EXPIRES  seconds since 1970            ID       of the policy, as the domain's TXT record had it
 *   PATTERN  a host of the domain's mail, or "*.NAME" for one label and NAME
 * Words have one space between them. Lines that are empty or begin with '#' do not count; of two lines for one domain the
 * first does, and none that has expired. The file is renamed into its place, so a reader sees the old one or the new one.
 *   limits  a line MTASTS_LINE bytes
 *   broken  a line of this domain that is not of this form: MTASTS_TROUBLE with EPROTO, never "no policy"
 *   tests   tests/wire/mtasts_test.c       manual: pneu-mtasts-fetch(8) */
#ifndef WIRE_MTASTS_H
#define WIRE_MTASTS_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/buf.h"

#define MTASTS_LINE 8192

enum mtasts_result {
	MTASTS_NONE,            /* no file, no line, an expired one, mode none */
	MTASTS_TESTING,
	MTASTS_ENFORCE,
	MTASTS_TROUBLE          /* errno */
};

/* The policy for the domain in the file etc/mtasts; dir: an open descriptor of etc/. line is overwritten, its ceiling set here;
 * with TESTING and ENFORCE *patterns is in it, a string of words. */
enum mtasts_result mtasts_find(int dir, const char *domain, int64_t now_s, struct buf *line, const char **patterns);
/* does the host agree with one of the patterns? Case does not count */
bool mtasts_match(const char *patterns, const char *host);

#endif
