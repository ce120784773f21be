#include "filter/milter_envelope.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "lib/ascii.h"
#include "wire/envelope.h"

#define GONE '\1'                       /* in place of a record's letter */
#define STEP 4096

enum milter_envelope_read
milter_envelope_read(struct milter_envelope *e, int fd)
{
	const char *at = 0;
	ssize_t r;

	memset(e, 0, sizeof *e);
	e->b.max = ENVELOPE_MAX + 1;            /* one more tells that it is too large */
	do {
		size_t want = e->b.len < STEP ? STEP : e->b.len, left = e->b.max - e->b.len;

		if (left == 0)
			return MILTER_ENVELOPE_BAD;
		want = want < left ? want : left;
		if (!buf_room(&e->b, want))
			return MILTER_ENVELOPE_TROUBLE;
		r = read(fd, e->b.s + e->b.len, want);
		if (r > 0)
			e->b.len += (size_t)r;
		else if (r < 0 && errno != EINTR)
			return MILTER_ENVELOPE_TROUBLE;
	} while (r != 0);
	e->b.s[e->b.len] = 0;
	switch (envelope_check(e->b.s, e->b.len)) {
	case ENVELOPE_OK:
		break;
	case ENVELOPE_CUT:
		return MILTER_ENVELOPE_CUT;
	case ENVELOPE_LONG:
		return MILTER_ENVELOPE_LONG;
	default:
		return MILTER_ENVELOPE_BAD;
	}
	while (milter_rcpt_next(e, &at))
		e->rcpts++;
	return MILTER_ENVELOPE_OK;
}

const char *
milter_sender(const struct milter_envelope *e)
{
	return e->sender ? e->sender : e->b.s + 1;
}

const char *
milter_rcpt_next(const struct milter_envelope *e, const char **at)
{
	const char *value;
	char letter;

	if (!*at)
		*at = e->b.s;
	while (envelope_next(at, &letter, &value))
		if (letter == 'T')
			return value;
	return 0;
}

static bool
parameter(struct buf *b, const char *keyword, const char *value)
{
	return buf_puts(b, keyword) && (!*value || (buf_byte(b, '=') && buf_puts(b, value))) && buf_byte(b, 0);
}

bool
milter_sender_parameters(const struct milter_envelope *e, struct buf *b)
{
	const char *at = e->b.s, *value;
	bool ok = true;
	char letter;

	while (ok && envelope_next(&at, &letter, &value) && letter != 'T' && letter != GONE)
		switch (letter) {
		case 'B':
			ok = parameter(b, "BODY", value);
			break;
		case 'E':
			ok = parameter(b, "ENVID", value);
			break;
		case 'R':
			ok = parameter(b, "RET", value);
			break;
		case 'U':
			ok = parameter(b, "SMTPUTF8", "");
			break;
		default:
			break;
		}
	return ok;
}

bool
milter_utf8(const struct milter_envelope *e)
{
	const char *at = e->b.s, *value;
	char letter;

	while (envelope_next(&at, &letter, &value) && letter != 'T' && letter != GONE)
		if (letter == 'U')
			return true;
	return false;
}

bool
milter_rcpt_parameters(const char *at, struct buf *b)
{
	const char *value;
	bool ok = true;
	char letter;

	while (ok && envelope_next(&at, &letter, &value) && (letter == 'N' || letter == 'O'))
		ok = parameter(b, letter == 'N' ? "NOTIFY" : "ORCPT", value);
	return ok;
}

/* ---- changes */

bool
milter_set_sender(struct milter_envelope *e, const char *sender)
{
	char *s;

	if (strlen(sender) > ENVELOPE_ADDR) {
		errno = EMSGSIZE;
		return false;
	}
	if (!(s = strdup(sender)))
		return false;
	free(e->sender);
	e->sender = s;
	e->changed = true;
	return true;
}

static bool
same(const char *a, const char *b)
{
	const char *at = strrchr(a, '@');
	size_t n = at ? (size_t)(at - a) : strlen(a);

	return strncmp(a, b, n) == 0 && strcasecmp(a + n, b + n) == 0;
}

bool
milter_add_rcpt(struct milter_envelope *e, const char *rcpt, const char *notify, const char *orcpt)
{
	const char *at = 0, *s;
	size_t had = e->b.len;

	while ((s = milter_rcpt_next(e, &at)))
		if (same(rcpt, s))
			return true;
	if (e->rcpts == ENVELOPE_RCPTS) {
		errno = EMSGSIZE;
		return false;
	}
	buf_cut(&e->b, had - 1);                /* the end, which comes again */
	if (envelope_rcpt(&e->b, rcpt) && (!notify || envelope_param(&e->b, 'N', notify)) &&
	    (!orcpt || envelope_param(&e->b, 'O', orcpt)) && envelope_end(&e->b)) {
		e->rcpts++;
		return e->changed = true;
	}
	buf_cut(&e->b, had - 1);
	(void)envelope_end(&e->b);              /* it was there before */
	return false;
}

void
milter_delete_rcpt(struct milter_envelope *e, const char *rcpt)
{
	const char *at = 0, *s, *value;
	char letter;

	while ((s = milter_rcpt_next(e, &at))) {
		if (!same(rcpt, s))
			continue;
		e->b.s[s - 1 - e->b.s] = GONE;
		for (s = at; envelope_next(&s, &letter, &value) && (letter == 'N' || letter == 'O'); )
			e->b.s[value - 1 - e->b.s] = GONE;
		e->rcpts--;
		e->changed = true;
	}
}

void
milter_hold(struct milter_envelope *e, const char *why)
{
	size_t n;

	for (n = 0; n < MILTER_REASON && why[n]; n++)
		e->hold[n] = ascii_mask(why[n]);
	e->hold[n] = 0;
	if (n == 0)
		strcpy(e->hold, "a milter asked for it");
	e->changed = true;
}

const struct buf *
milter_envelope_end(struct milter_envelope *e)
{
	static struct buf b = BUF(ENVELOPE_MAX);
	const char *at = e->b.s, *value;
	bool ok, held = !*e->hold;
	char letter;

	if (!e->changed)
		return &e->b;
	buf_clear(&b);
	ok = envelope_sender(&b, milter_sender(e));
	while (ok && envelope_next(&at, &letter, &value)) {
		if (letter == 'F' || letter == GONE || (letter == 'H' && !held))
			continue;
		if (letter == 'T' && !held) {
			ok = envelope_param(&b, 'H', e->hold);
			held = true;
		}
		ok = ok && envelope_param(&b, letter, value);
	}
	return ok && envelope_end(&b) ? &b : 0;
}
