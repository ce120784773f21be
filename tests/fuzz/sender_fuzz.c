/* sender_fuzz - what strangers write into senders, return addresses and SPF records
 *   input   text: taken as a sender to rewrite, as a return address, as an SPF record and as %XX
 * What was rewritten comes back, nothing that was not signed does, and no term reaches beyond its record.
 * sources: src/mail/srs.c src/mail/spf.c src/mail/addr.c src/mail/utf8.c src/wire/percent.c src/lib/sha1.c src/lib/ip.c src/lib/buf.c src/lib/num.c src/lib/conf.c src/lib/file.c src/lib/place.c src/lib/clock.c src/compat/linux/system.c
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "mail/addr.h"
#include "mail/spf.h"
#include "mail/srs.h"
#include "wire/percent.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#define must(x) ((x) ? (void)0 : abort())
#define NOW 1795338487
#define DOMAIN "fwd.example"

static struct buf made = BUF(20000), back = BUF(20000);

static void
sender(const char *s)
{
	struct buf secrets = BUF(100);
	size_t n = strlen(s);

	must(buf_put(&secrets, "other\0secret\0", 13));
	buf_clear(&made);
	buf_clear(&back);
	if (srs_rewrite(&made, s, DOMAIN, "secret", NOW)) {
		must(made.len <= ADDR_MAX && srs_is(made.s, made.len));
		must(srs_reverse(&back, made.s, made.len, &secrets, 21, NOW) == SRS_OK);
		must(back.len <= ADDR_MAX);
		if (strncmp(made.s, "SRS0", 4) == 0)
			must(strcmp(back.s, s) == 0);
		else                            /* of one that was rewritten before only the end is left */
			must(srs_is(s, n) && strncmp(back.s, "SRS0", 4) == 0);
		buf_clear(&back);
		must(srs_reverse(&back, made.s, made.len, &secrets, 21, NOW - 86400) != SRS_OK || strncmp(made.s, "SRS1", 4) == 0);
	} else
		must(made.len == 0);
	buf_clear(&back);
	must(srs_reverse(&back, s, n, &secrets, 21, NOW) == SRS_OK || back.len == 0);
	buf_free(&secrets);
}

static void
record(const char *s)
{
	const char *at = s, *end = s + strlen(s), *before;
	struct spf_term t;
	enum spf_result r;

	do {
		before = at;
		r = spf_next(&at, &t);
		must(at >= before && at <= end);
		if (r != SPF_TERM)
			break;
		must(at > before && strchr("+-~?", t.qualifier));
		must(t.bits4 <= 128 && t.bits6 <= 128);
		must(!t.domain || (t.domain > before && t.len > 0 && t.domain + t.len <= at));
	} while (r == SPF_TERM);
}

static void
escaped(const char *s)
{
	buf_clear(&made);
	buf_clear(&back);
	if (percent_get(&made, s, strlen(s))) {
		must(!memchr(made.s ? made.s : "x", 0, made.len));
		must(made.len == 0 || (percent_put(&back, made.s, true) && !strchr(back.s, ' ')));
	}
	buf_clear(&made);
	buf_clear(&back);
	if (percent_put(&made, s, true) && made.len)
		must(percent_get(&back, made.s, made.len) && strcmp(back.s, s) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char *s;

	if (n > 3000)
		return 0;
	must((s = malloc(n + 1)));
	memcpy(s, data, n);
	s[n] = 0;
	sender(s);
	record(s);
	escaped(s);
	free(s);
	return 0;
}
