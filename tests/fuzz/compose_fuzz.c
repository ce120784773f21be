/* compose_fuzz - a message as any program of the host may write it: its header, and the addresses in it
 *   input   a message; the first byte says what is wanted, the second where it is cut
 * Whatever it is, what comes out is a header: nothing secret is left in it, composing it once more changes nothing, its recipients
 * pass on the wire, and the envelope is one.
 * sources: src/inject/compose.c src/inject/author.c src/inject/head.c src/inject/names.c src/mail/mailboxes.c src/mail/addr.c src/mail/utf8.c src/mail/date.c src/wire/envelope.c src/wire/qid.c src/lib/buf.c src/lib/num.c src/lib/map.c src/lib/base64.c src/lib/clock.c src/lib/file.c src/lib/fd.c src/compat/posix/system.c tests/fuzz/compose_house.c
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "inject/compose.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#define must(x) ((x) ? (void)0 : abort())

static void
begin(struct compose *c, unsigned wanted)
{
	compose_init(c);
	c->from_header = wanted & 1;
	c->as_is = wanted & 2;
	c->comment_style = wanted & 4;
	c->own_from = wanted & 8;
	c->mention_nobody = wanted & 16;
	c->take_return_path = wanted & 32;
	c->verp = wanted & 64;
	c->author_is_sender = wanted & 128;
	c->now_us = 1795338486713146;
	c->lists.max = 100;
	must(buf_put(&c->lists, "ann@mx.example\0b@here.mx.example", 33));
}

/* the head, the same wherever the message is cut */
static void
find_head(struct head *h, const char *s, size_t n, size_t cut)
{
	struct head pieces = { 0 };

	memset(h, 0, sizeof *h);
	must(head_scan(h, s, n, true));
	if (!head_scan(&pieces, s, cut < n ? cut : n, false))
		must(head_scan(&pieces, s, n, true));
	must(pieces.start == h->start && pieces.end == h->end && pieces.body == h->body);
	must(h->start <= h->end && h->end <= h->body && h->body <= h->end + 1 && h->body <= n);
}

static void
check_rcpts(const struct compose *c)
{
	struct buf b = BUF(1u << 20);
	const char *s = c->rcpts.len ? c->rcpts.s : "", *end = s + c->rcpts.len;
	struct addr a;
	size_t used, count = 0;

	for (; s < end; s += strlen(s) + 1, count++) {
		buf_clear(&b);
		must(buf_byte(&b, '<') && addr_quote(&b, s, strlen(s)) && buf_byte(&b, '>'));
		must(addr_path_in(&a, b.s, b.len, &used, ADDR_UTF8) == ADDR_OK && used == b.len && strcmp(a.s, s) == 0);
		must(a.local < a.len);
	}
	must(count == c->rcpt_count);
	buf_clear(&b);
	must(envelope_sender(&b, c->sender.s) && compose_envelope(c, &b, count % 2 ? "NEVER" : 0));
	must(envelope_check(b.s, b.len) == (count ? ENVELOPE_OK : ENVELOPE_BAD));
	buf_free(&b);
}

/* what was composed, composed again */
static void
check_again(const struct compose *c, unsigned wanted)
{
	struct compose again;
	struct head h;
	struct head_field f;
	size_t at;

	find_head(&h, c->header.s, c->header.len, c->header.len / 2);
	must(h.start == 0 && h.end == c->header.len);
	for (at = 0; head_field(&h, c->header.s, &at, &f); )
		must(f.kind != HEAD_BCC && f.kind != HEAD_RESENT_BCC && f.kind != HEAD_RETURN_PATH);
	begin(&again, wanted & ~(1u | 8u));
	must(compose_sender(&again, "") == COMPOSE_OK);
	must(compose_header(&again, &h, c->header.s) == COMPOSE_OK);
	must(again.header.len == c->header.len && memcmp(again.header.s, c->header.s, c->header.len) == 0);
	compose_free(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned wanted = size > 2 ? data[0] : 0;
	struct compose c;
	struct head h;
	char *s;
	size_t n;

	if (size < 3 || size > 20000)
		return 0;
	n = size - 2;
	must(s = malloc(n + 1));
	memcpy(s, data + 2, n);
	if (s[n - 1] != '\n')                   /* as inject/draft.h hands it on */
		s[n++] = '\n';
	find_head(&h, s, n, data[1]);
	begin(&c, wanted);
	switch (compose_header(&c, &h, s)) {
	case COMPOSE_OK:
		check_rcpts(&c);
		check_again(&c, wanted);
		break;
	case COMPOSE_BAD:
		must(*c.why);
		break;
	case COMPOSE_TROUBLE:
	default:
		abort();
	}
	compose_free(&c);
	free(s);
	return 0;
}
