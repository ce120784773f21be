/* qmqp_fuzz - what a client of pneu-qmqpd may send
 *   input   a byte: 1 small limits, 2 a suffix for recipients, 4 the queue program stops reading, the other bits say in how
 *           small pieces input arrives; then what the client sends
 * The reader and the queue program are doubles in memory. The request is parsed a second time, simply, and both must agree:
 * it is queued if it is right, and then message and envelope are what it says.
 * sources: src/smtp/qmqp.c src/lib/netstring.c src/lib/num.c src/lib/buf.c src/lib/clock.c src/mail/hops.c src/mail/received.c src/mail/date.c src/mail/utf8.c src/wire/envelope.c src/compat/linux/system.c
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/netstring.h"
#include "mail/received.h"
#include "mail/utf8.h"
#include "smtp/filter.h"
#include "smtp/qmqp.h"
#include "wire/envelope.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#define must(x) ((x) ? (void)0 : abort())

static struct {
	const uint8_t *s;
	size_t left, piece;
	bool breaks;
	int open;                       /* messages in work */
	bool queued;
	char message[70000];
	size_t len;
	char envelope[70000];
	size_t envelope_len;
} world;

ssize_t
in_fill(struct in *in)
{
	size_t n = world.piece && world.piece < world.left ? world.piece : world.left;

	if (in->pos == in->end)
		in->pos = in->end = 0;
	if (in->end == in->size) {
		must(in->pos > 0);
		memmove(in->s, in->s + in->pos, in->end - in->pos);
		in->end -= in->pos;
		in->pos = 0;
	}
	if (n > in->size - in->end)
		n = in->size - in->end;
	memcpy(in->s + in->end, world.s, n);
	in->end += n;
	world.s += n;
	world.left -= n;
	return (ssize_t)n;
}

bool
filter_tell(const struct filter_facts *f)
{
	must(strcmp(f->protocol, "QMQP") == 0);
	return true;
}

void
inject_begin(struct inject *i)
{
	memset(i, 0, sizeof *i);
	must(world.open == 0);
	world.open++;
}

bool
inject_write(struct inject *i, const void *p, size_t n)
{
	must(world.open == 1);
	if (world.breaks && world.len > 200) {
		i->error = 32;
		return false;
	}
	must(n <= sizeof world.message - world.len);
	memcpy(world.message + world.len, p, n);
	world.len += n;
	return true;
}

void
inject_end(struct inject *i, const struct buf *envelope, struct inject_result *r)
{
	must(world.open-- == 1);
	memset(r, 0, sizeof *r);
	r->verdict = 'Z';
	memset(r->status, '4', sizeof r->status - 1);
	memset(r->text, 'x', sizeof r->text - 1);
	if (i->error)
		return;
	must(envelope_check(envelope->s, envelope->len) == ENVELOPE_OK);
	must(envelope->len <= sizeof world.envelope);
	memcpy(world.envelope, envelope->s, envelope->len);
	world.envelope_len = envelope->len;
	world.queued = true;
	r->verdict = 'K';
}

void
inject_drop(struct inject *i)
{
	(void)i;
	must(world.open-- == 1);
}

/* one netstring at *s, before end; false: it is none */
static bool
simple(const uint8_t **s, const uint8_t *end, const uint8_t **what, size_t *n)
{
	const uint8_t *p = *s;

	*n = 0;
	for (; p < end && *p >= '0' && *p <= '9' && p - *s < 8; p++)
		*n = *n * 10 + (size_t)(*p - '0');
	if (p == *s || p == end || *p != ':' || (**s == '0' && p - *s > 1) || (size_t)(end - p) < *n + 2 || p[*n + 1] != ',')
		return false;
	*what = p + 1;
	*s = p + *n + 2;
	return true;
}

static void
check_queued(const uint8_t *s, size_t n, const struct qmqp_settings *set, const struct qmqp *q)
{
	const uint8_t *end = s + n, *inner, *inner_end, *part;
	const char *at = world.envelope, *value;
	char want[2 * ENVELOPE_ADDR], letter;
	uint64_t parts = 0;
	size_t len;

	must(simple(&s, end, &inner, &len));
	inner_end = inner + len;
	must(simple(&inner, inner_end, &part, &len));
	must(world.len >= len && memcmp(world.message + world.len - len, part, len) == 0);
	must(memcmp(world.message, "Received: from ", 15) == 0 && world.len - len < RECEIVED_MAX && q->bytes == len);
	must(!set->databytes || len <= set->databytes);
	while (envelope_next(&at, &letter, &value)) {
		if (letter == 'U') {
			must(!strcmp(value, "1") && q->utf8 && parts == 1);
			continue;
		}
		must(simple(&inner, inner_end, &part, &len));
		must(letter == (parts++ ? 'T' : 'F'));
		snprintf(want, sizeof want, "%.*s%s", (int)len, (const char *)part, letter == 'T' ? set->suffix : "");
		must(strcmp(want, value) == 0 && utf8_text(value, strlen(value)) && (utf8_ascii(value, strlen(value)) || q->utf8));
	}
	must(inner == inner_end && parts == q->rcpts + 1);
}

int
LLVMFuzzerTestOneInput(const uint8_t *s, size_t n)
{
	static char me[] = "mx.example", input[QMQP_INPUT];
	static const struct peer peer = { "192.0.2.1", "h.example", "", "" };
	struct qmqp_settings set = { { me, 10, 11, 10 }, 0, 3, 1, 1, "" };
	static struct qmqp q;

	if (n == 0 || n > 60000)
		return 0;
	memset(&q, 0, sizeof q);
	memset(&world, 0, sizeof world);
	world.s = s + 1;
	world.left = n - 1;
	world.piece = s[0] >> 3;
	world.breaks = s[0] & 4;
	if (s[0] & 1)
		set.databytes = 50;
	if (s[0] & 2)
		set.suffix = ".via.example";
	q.set = &set;
	q.peer = &peer;
	strcpy(q.id, "1k0v78bqdt5aeqgx");
	q.in.s = input;
	q.in.size = sizeof input;
	qmqp_receive(&q);
	must(world.open == 0 && !q.open);
	must(q.verdict != 'K' || world.queued);
	must(!world.queued || (q.verdict == 'K' && q.whole));
	must(strlen(q.text) < sizeof q.text && (!q.verdict || strchr(q.text, '[')));
	if (world.queued)
		check_queued(s + 1, n - 1, &set, &q);
	buf_free(&q.envelope);
	return 0;
}
