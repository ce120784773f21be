/* element_fuzz - what the right side of an alias, a line of a list file or of a .forward may be
 *   input   the line
 * Every byte is walked once; what comes out is what the rest of the house believes it to be: written down again in its
 * plainest form it means the same, an address passes on the wire and in an envelope, and a list said twice is twice that.
 * sources: src/mail/element.c src/mail/addr.c src/mail/utf8.c src/wire/envelope.c src/lib/buf.c src/lib/num.c
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/buf.h"
#include "mail/addr.h"
#include "mail/element.h"
#include "wire/envelope.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#define must(x) ((x) ? (void)0 : abort())
#define MOST 20000

static struct element e, again;

/* the bytes mean one element, this one */
static void
must_mean(const struct buf *b, const struct element *want)
{
	struct element_walk w;

	element_walk(&w, b->s, b->len);
	must(element_next(&w, &again) == ELEMENT_GOT && again.kind == want->kind && again.len == want->len);
	must(memcmp(again.text, want->text, want->len) == 0 && element_next(&w, &again) == ELEMENT_END);
}

static void
check_address(const struct element *x)
{
	struct buf quoted = BUF(4 * MOST), envelope = BUF(4 * MOST);
	struct addr a;
	size_t used;

	must(buf_byte(&quoted, '<') && addr_quote(&quoted, x->text, x->len) && buf_byte(&quoted, '>'));
	must(addr_path(&a, quoted.s, quoted.len, &used) == ADDR_OK);
	must(used == quoted.len && a.len == x->len && memcmp(a.s, x->text, a.len) == 0);
	if (x->kind == ELEMENT_ADDRESS)
		must_mean(&quoted, x);
	must(envelope_sender(&envelope, "") && envelope_rcpt(&envelope, x->text) && envelope_end(&envelope));
	must(envelope_check(envelope.s, envelope.len) == ENVELOPE_OK);
	buf_free(&quoted);
	buf_free(&envelope);
}

/* "HEAD text" with all of text quoted */
static void
check_quoted(const struct element *x, const char *head)
{
	struct buf b = BUF(4 * MOST);
	size_t i;

	must(buf_byte(&b, '"') && buf_puts(&b, head));
	for (i = 0; i < x->len; i++)
		must(((x->text[i] != '"' && x->text[i] != '\\') || buf_byte(&b, '\\')) && buf_byte(&b, x->text[i]));
	must(buf_byte(&b, '"'));
	must_mean(&b, x);
	buf_free(&b);
}

static void
check(const struct element *x)
{
	size_t i;

	must(x->len <= ELEMENT_TEXT && strlen(x->text) == x->len && element_kind_name(x->kind));
	for (i = 0; i < x->len; i++)
		must((unsigned char)x->text[i] >= ' ' ? x->text[i] != 127 : x->text[i] == '\t');
	switch (x->kind) {
	case ELEMENT_ADDRESS:
	case ELEMENT_MAILBOX:
		check_address(x);
		break;
	case ELEMENT_FILE:
		must(x->text[0] == '/');
		check_quoted(x, "");
		break;
	case ELEMENT_PROGRAM:
		must(x->len && x->text[0] != ' ');
		check_quoted(x, "|");
		break;
	case ELEMENT_INCLUDE:
		must(x->text[0] == '/');
		check_quoted(x, ":include: ");
		break;
	case ELEMENT_FAIL:
	case ELEMENT_DEFER:
	case ELEMENT_DISCARD:
		break;
	default:
		abort();
	}
}

/* how many elements there are; *simple: none is bad, and none takes all that follows */
static size_t
walk(const char *s, size_t n, bool *simple)
{
	struct element_walk w;
	enum element_result r;
	size_t count = 0, was = 0;

	*simple = true;
	for (element_walk(&w, s, n); (r = element_next(&w, &e)) != ELEMENT_END; was = w.at) {
		must(w.at > was && w.at <= n);
		if (r == ELEMENT_BAD) {
			must(w.why && *w.why && w.bad_at >= was && w.bad_at <= n);
			*simple = false;
			continue;
		}
		must(r == ELEMENT_GOT && e.at >= was && e.at < w.at && e.at < n);
		check(&e);
		*simple &= e.kind != ELEMENT_FAIL && e.kind != ELEMENT_DEFER && !(e.warning && strchr(e.warning, '#'));
		count++;
	}
	must(w.at == n);
	return count;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const char *s = (const char *)data;
	struct buf twice = BUF(2 * MOST + 1);
	bool simple, second;
	size_t count;

	if (n > MOST)
		return 0;
	count = walk(s, n, &simple);
	if (simple && n && s[n - 1] != '\\') {  /* it would quote the comma of a command */
		must(buf_put(&twice, s, n) && buf_byte(&twice, ',') && buf_put(&twice, s, n));
		if (!memchr(s, '\'', n))        /* one apostrophe more may open what the comma ends */
			must(walk(twice.s, twice.len, &second) == 2 * count && second);
	}
	buf_free(&twice);
	return 0;
}
