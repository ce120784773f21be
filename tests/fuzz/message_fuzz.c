/* message_fuzz - what local delivery does with a message's bytes: header lines, a field taken out, ">From " quoting
 *   input   a byte: the size of the pieces; then the message
 * Pieces must give what the whole gives; the quoting must leave no "From " line and be undone by taking one '>' away.
 * sources: src/mail/header.c src/mail/addr.c src/mail/utf8.c src/mail/date.c src/local/mbox.c src/local/message.c src/mail/outcome.c src/lib/buf.c src/lib/clock.c src/lib/fd.c src/lib/file.c src/lib/num.c src/compat/linux/system.c
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "local/mbox.h"
#include "mail/header.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#define must(x) ((x) ? (void)0 : abort())
#define MOST 20000

/* lib/out in memory */
static struct buf sink = BUF(4 * MOST);

void
out_init(struct out *o, int fd, char *space, size_t size, int timeout_ms)
{
	(void)fd, (void)space, (void)size, (void)timeout_ms;
	memset(o, 0, sizeof *o);
}

void
out_put(struct out *o, const void *p, size_t n)
{
	(void)o;
	must(buf_put(&sink, p, n));
}

void
out_byte(struct out *o, char c)
{
	out_put(o, &c, 1);
}

void
out_puts(struct out *o, const char *s)
{
	out_put(o, s, strlen(s));
}

void
out_buf(struct out *o, const struct buf *b)
{
	out_put(o, b->s, b->len);
}

bool
out_flush(struct out *o)
{
	(void)o;
	return true;
}

static size_t
strip(const char *s, size_t n, size_t piece, char *result)
{
	struct header_strip h;
	size_t at = 0, len = 0, taken, kept;
	char *space = malloc(piece);

	must(space);
	header_strip_init(&h, "Return-Path", 11);
	while (at < n) {
		size_t part = n - at < piece ? n - at : piece;

		memcpy(space, s + at, part);
		kept = header_strip(&h, space, part, at + part == n, &taken);
		must(kept <= taken && taken <= part && part - taken <= 11 && taken > 0);
		memcpy(result + len, space, kept);
		len += kept;
		at += taken;
	}
	free(space);
	return len;
}

static enum header_seen
find(const char *s, size_t n, size_t piece)
{
	struct header_find h;
	size_t at, part;

	header_find_init(&h, "To: a", 5);
	for (at = 0; at < n; at += part) {
		part = n - at < piece ? n - at : piece;
		header_find(&h, s + at, part);
	}
	return header_find_end(&h);
}

static void
quote(const char *s, size_t n, size_t piece)
{
	struct mbox_quote q;
	struct out o;
	size_t at, part;

	buf_clear(&sink);
	memset(&q, 0, sizeof q);
	out_init(&o, -1, 0, 0, 0);
	for (at = 0; at < n; at += part) {
		part = n - at < piece ? n - at : piece;
		mbox_quote(&q, &o, s + at, part);
	}
	mbox_quote_end(&q, &o);
}

/* sink against the message: line by line */
static void
check_quoting(const char *s, size_t n)
{
	const char *end = s + n, *q = sink.s, *q_end = sink.s + sink.len;

	while (s < end) {
		const char *nl = memchr(s, '\n', (size_t)(end - s)), *from = s;
		size_t len = (size_t)((nl ? nl : end) - s);

		while (from < s + len && *from == '>')
			from++;
		if ((size_t)(s + len - from) >= 5 && memcmp(from, "From ", 5) == 0)
			must(q < q_end && *q++ == '>');
		must((size_t)(q_end - q) > len && memcmp(q, s, len) == 0 && q[len] == '\n');
		q += len + 1;
		s += len + (nl != 0);
	}
	must(q == q_end);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static char whole[MOST], pieces[MOST];
	const char *s = (const char *)data + 1;
	size_t piece, len;

	if (n < 2 || n > MOST)
		return 0;
	piece = 1u + data[0];
	n--;
	len = strip(s, n, n < 12 ? 12 : n, whole);
	must(strip(s, n, piece < 12 ? 12 : piece, pieces) == len && memcmp(whole, pieces, len) == 0);
	must(find(s, n, n) == find(s, n, piece));
	quote(s, n, piece);
	check_quoting(s, n);
	return 0;
}
