/* reply_fuzz - what an SMTP server may send: replies, one after another, cut anywhere
 *   input   a byte: the size of the pieces; then the stream
 * sources: src/mail/reply.c src/mail/retryhint.c
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "mail/reply.h"
#include "mail/retryhint.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#define must(x) ((x) ? (void)0 : abort())

static struct reply whole, pieces;

static void
check(const struct reply *r)
{
	char status[REPLY_STATUS] = "";
	const char *value = 0;
	uint64_t wait_s;
	size_t i;

	must(r->len <= REPLY_TEXT && strlen(r->text) == r->len);
	for (i = 0; i < r->len; i++)
		must(r->text[i] == '\n' || (r->text[i] >= ' ' && r->text[i] <= '~'));
	wait_s = retryhint(r->text);
	must(wait_s == 0 || (wait_s >= RETRYHINT_LEAST_S && wait_s <= RETRYHINT_MOST_S));
	if (reply_status(r, status))
		must(strlen(status) >= 5 && strlen(status) < REPLY_STATUS && status[0] == r->text[0]);
	if (reply_offers(r, "SIZE", &value))
		must(value > r->text && value <= r->text + r->len);
}

/* one reply, in pieces; how many bytes it took */
static size_t
take(struct reply *r, const char *s, size_t n, size_t piece, enum reply_result *got)
{
	size_t at = 0;

	reply_init(r);
	for (*got = REPLY_MORE; at < n && *got == REPLY_MORE; ) {
		size_t used, give = n - at < piece ? n - at : piece;

		*got = reply_take(r, s + at, give, &used);
		must(used <= give && (*got != REPLY_MORE || used == give));
		at += used;
	}
	return at;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const char *s = (const char *)data + 1;
	size_t piece;

	if (n == 0)
		return 0;
	piece = 1u + data[0];
	for (n--; n; ) {
		enum reply_result a, b;
		size_t used = take(&whole, s, n, n, &a);

		must(take(&pieces, s, n, piece, &b) == used && a == b);
		if (a == REPLY_MORE)
			break;
		check(&whole);
		must(whole.code == pieces.code && strcmp(whole.text, pieces.text) == 0);
		if (a == REPLY_BAD)
			break;
		must(whole.code >= 200 && whole.code <= 599);
		s += used;
		n -= used;
	}
	return 0;
}
