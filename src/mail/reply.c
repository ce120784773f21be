#include "mail/reply.h"

#include <string.h>
#include <strings.h>

#include "lib/ascii.h"

static void
begin_line(struct reply *r)
{
	r->at = r->len;
	r->in_line = 0;
	r->last_byte = 0;
	memset(r->head, 0, sizeof r->head);
}

void
reply_init(struct reply *r)
{
	r->code = 0;
	r->len = r->lines = r->bytes = 0;
	r->text[0] = 0;
	begin_line(r);
}

/* part of a line, without its LF */
static void
add(struct reply *r, const char *s, size_t n)
{
	size_t keep = n, i;

	if (n == 0)
		return;
	r->last_byte = s[n - 1];
	for (i = 0; i < n && r->in_line + i < sizeof r->head; i++)
		r->head[r->in_line + i] = s[i];
	if (keep > REPLY_LINE - (r->len - r->at))
		keep = REPLY_LINE - (r->len - r->at);
	if (keep > REPLY_TEXT - r->len)
		keep = REPLY_TEXT - r->len;
	memcpy(r->text + r->len, s, keep);
	r->len += keep;
	r->in_line += n;
}

/* what stays of the line is fit for logs and mail */
static void
mask(struct reply *r, bool whole)
{
	size_t i;

	if (whole && r->last_byte == '\r' && r->len > r->at)
		r->len--;
	for (i = r->at; i < r->len; i++)
		if (r->text[i] == '\t')
			r->text[i] = ' ';
		else
			r->text[i] = ascii_mask(r->text[i]);
	r->text[r->len] = 0;
}

static bool
digit(char c)
{
	return c >= '0' && c <= '9';
}

static enum reply_result
end_line(struct reply *r)
{
	const char *h = r->head;
	int code;
	char after;

	mask(r, r->in_line == r->len - r->at);
	if (h[0] < '2' || h[0] > '5' || !digit(h[1]) || !digit(h[2]))
		return REPLY_BAD;
	code = (h[0] - '0') * 100 + (h[1] - '0') * 10 + (h[2] - '0');
	after = r->in_line > 3 ? h[3] : ' ';
	if ((after != ' ' && after != '-' && after != '\r') || (r->lines && code != r->code))
		return REPLY_BAD;
	r->code = code;
	if (++r->lines > REPLY_LINES)
		return REPLY_BAD;
	if (after != '-')
		return REPLY_DONE;
	if (r->len < REPLY_TEXT)
		r->text[r->len++] = '\n';
	r->text[r->len] = 0;
	begin_line(r);
	return REPLY_MORE;
}

enum reply_result
reply_take(struct reply *r, const char *s, size_t n, size_t *used)
{
	enum reply_result got = REPLY_MORE;
	size_t at = 0;

	while (at < n && got == REPLY_MORE) {
		const char *lf = memchr(s + at, '\n', n - at);
		size_t piece = lf ? (size_t)(lf - s) - at : n - at;

		add(r, s + at, piece);
		at += piece;
		if (lf) {
			at++;
			got = end_line(r);
		}
	}
	*used = at;
	r->bytes += at;
	if (r->bytes > REPLY_BYTES && got == REPLY_MORE)
		got = REPLY_BAD;
	if (got == REPLY_BAD)
		mask(r, false);
	return got;
}

/* one to three digits; how many, 0: none or more */
static size_t
digits(const char *s)
{
	size_t n = 0;

	while (n < 4 && digit(s[n]))
		n++;
	return n < 4 ? n : 0;
}

size_t
reply_status_length(const char *s, char class)
{
	size_t subject, detail, n;

	if (s[0] != class || s[1] != '.')
		return 0;
	subject = digits(s + 2);
	if (!subject || s[2 + subject] != '.')
		return 0;
	detail = digits(s + 3 + subject);
	n = 3 + subject + detail;
	return detail && (!s[n] || s[n] == ' ' || s[n] == '\n') ? n : 0;
}

bool
reply_status(const struct reply *r, char status[REPLY_STATUS])
{
	size_t n = r->len < 9 ? 0 : reply_status_length(r->text + 4, r->text[0]);

	if (n) {
		memcpy(status, r->text + 4, n);
		status[n] = 0;
	}
	return n > 0;
}

bool
reply_too_many(const struct reply *r)
{
	char status[REPLY_STATUS];

	if (r->code / 100 != 4 && r->code != 552)
		return false;
	if (strcasestr(r->text, "too many recipients") || strcasestr(r->text, "multiple destination domains"))
		return true;
	return reply_status(r, status) ? strcmp(status + 1, ".5.3") == 0 : r->code == 452;
}

bool
reply_offers(const struct reply *r, const char *keyword, const char **value)
{
	size_t n = strlen(keyword);
	const char *l;

	for (l = strchr(r->text, '\n'); l; l = strchr(l + 1, '\n')) {   /* the first line is the server's name */
		const char *k = l + 5;

		if (strlen(l) < 5 || strncasecmp(k, keyword, n) != 0 || (k[n] && k[n] != ' ' && k[n] != '\n'))
			continue;
		if (value)
			*value = k[n] == ' ' ? k + n + 1 : k + n;
		return true;
	}
	return false;
}
