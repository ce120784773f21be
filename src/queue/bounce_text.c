#include <errno.h>
#include <string.h>

#include "lib/ascii.h"
#include "lib/msg.h"
#include "mail/addr.h"
#include "mail/date.h"
#include "mail/utf8.h"
#include "mail/xtext.h"
#include "queue/bounce.h"
#include "wire/job.h"

#define POUR 65536                      /* text is handed on in pieces of about this size: a million may have failed */
#define LINE_BYTES 900                  /* RFC 5322 2.1.1 has 998 */

void
bounce_puts(struct buf *b, const char *const *s)
{
	for (; *s; s++)
		if (!buf_puts(b, *s))
			die_sys(EX_SOFT, "hold the bounce");
}

void
bounce_num(struct buf *b, uint64_t n)
{
	if (!buf_num(b, n))
		die_sys(EX_SOFT, "hold the bounce");
}

void
bounce_date(struct buf *b, int64_t when_s)
{
	char date[DATE_RFC5322];

	date_rfc5322(date, when_s);
	PUTS(b, date);
}

void
bounce_masked(struct buf *b, const char *s, size_t n, const char *prefix)
{
	size_t column = 0;

	for (; n; s++, n--) {
		char c[2] = { ascii_mask(*s), 0 };

		if (prefix && *s == '\n') {
			if (n > 1)
				PUTS(b, "\n", prefix);
			column = 0;
			continue;
		}
		if (prefix && column++ == LINE_BYTES) {
			PUTS(b, "\n", prefix);
			column = 1;
		}
		PUTS(b, c);
	}
}

/* UTF-8 only where it may stand */
static void
put_text(const struct bounce *b, struct buf *t, const struct buf *s)
{
	if (s->len == 0)                        /* of the null sender nothing was put */
		return;
	if (b->utf8 && utf8_text(s->s, s->len))
		PUTS(t, s->s);
	else
		bounce_masked(t, s->s, strlen(s->s), 0);
}

void
bounce_address(const struct bounce *b, struct buf *t, const char *s)
{
	struct buf quoted = BUF(8192);

	if (!addr_quote(&quoted, s, strlen(s)))
		die_sys(EX_SOFT, "hold an address");
	put_text(b, t, &quoted);
	buf_free(&quoted);
}

void
bounce_xtext(const struct bounce *b, struct buf *t, const char *s)
{
	struct buf text = BUF(8192);

	if (!xtext_get(&text, s))
		die_sys(EX_SOFT, "hold a parameter");
	put_text(b, t, &text);
	buf_free(&text);
}

void
bounce_pour(struct bounce *b)
{
	if (b->text.len >= POUR) {
		inject_write(&b->in, b->text.s, b->text.len);
		buf_clear(&b->text);
	}
}

void
bounce_way(struct bounce_way *w, const char *via, char *space)
{
	char *address, *protection, *more;
	size_t n;

	*w = (struct bounce_way){ "", "", "" };
	if (strlen(via) > JOB_VIA)
		return;
	for (n = 0; via[n]; n++)
		space[n] = via[n] == ' ' ? '?' : ascii_mask(via[n]);
	space[n] = 0;
	if (!(address = strchr(space, '/')) || !(protection = strchr(address + 1, '/')))
		return;
	*address++ = *protection++ = 0;
	if ((more = strchr(protection, '/')))
		*more = 0;
	*w = (struct bounce_way){ space, address, protection };
}

static bool
is_coded(const char *s)
{
	int i;

	for (i = 0; i < 3; i++)
		if (s[i] < '0' || s[i] > '9')
			return false;
	return true;
}

const char *
bounce_reply(const char *text, size_t *n)
{
	const char *said = strstr(text, JOB_SAID), *s;

	*n = 0;
	if (!said)
		return "";
	said += strlen(JOB_SAID);
	for (s = said; is_coded(s); s += *s == '\n') {
		s += strcspn(s, "\n");
		*n = (size_t)(s - said);
	}
	return said;
}
