#include "smtp/veil.h"

#include <string.h>
#include <strings.h>

#include "lib/ascii.h"

void
veil_server(struct veil *v, const char *s, size_t n)
{
	for (; n; n--, s++) {
		if (v->code_at < 3)
			v->code[v->code_at++] = *s;
		if (*s != '\n')
			continue;
		if (strcmp(v->code, "334") == 0)
			v->secret = true;
		else if (v->code[0] >= '4' || strcmp(v->code, "235") == 0)
			v->secret = false;
		v->text = strcmp(v->code, "354") == 0;
		v->dot = 2;
		v->code_at = 0;
		memset(v->code, 0, sizeof v->code);
	}
}

static bool
blank(char c)
{
	return c == ' ' || c == '\t';
}

static enum veil_line
kind(const char *word, size_t n, bool wary)
{
	static const char commands[] = "HELO EHLO MAIL RCPT DATA RSET NOOP VRFY HELP QUIT EXPN STARTTLS TURN ETRN ";
	const char *at;

	if (n == 4 && strncasecmp(word, "AUTH", n) == 0)
		return VEIL_AUTH;
	if (n > 4 && strncasecmp(word, "AUTH", 4) == 0)
		return VEIL_LIKE_AUTH;          /* a blank too few */
	if (n == 4 && strncasecmp(word, "BDAT", n) == 0)
		return VEIL_BDAT;
	for (at = commands; *at; at += strcspn(at, " ") + 1)
		if (strcspn(at, " ") == n && strncasecmp(word, at, n) == 0)
			return VEIL_SHOWN;
	return wary ? VEIL_HIDDEN : VEIL_SHOWN;
}

static void
line_ends(struct veil *v)
{
	if (v->line == VEIL_AUTH)
		v->secret = true;               /* until that is over: a client may not wait for 334 */
	v->wary |= v->line == VEIL_AUTH || v->line == VEIL_LIKE_AUTH;
	v->in_chunk = v->line == VEIL_BDAT && v->chunk > 0;
	v->line = VEIL_UNKNOWN;
	v->words = 0;
	v->in_word = false;
}

static void
count_chunk(struct veil *v, char c)
{
	if (c < '0' || c > '9')
		return;
	v->chunk = v->chunk < INT64_MAX / 10 ? v->chunk * 10 + (uint64_t)(c - '0') : INT64_MAX;
}

/* a byte of a line of which it is known what it is */
static char
shown(struct veil *v, char c)
{
	if (c == '\n') {
		line_ends(v);
		return c;
	}
	v->words += !blank(c) && !v->in_word;
	v->in_word = !blank(c);
	if (v->line == VEIL_BDAT && v->words == 2)
		count_chunk(v, c);
	if (v->line == VEIL_HIDDEN || v->line == VEIL_LIKE_AUTH || (v->line == VEIL_AUTH && v->words > 2))
		return c == '\r' ? c : '*';
	return c;
}

static size_t
blanks(const struct veil *v)
{
	size_t n = 0;

	while (n < v->holds && blank(v->held[n]))
		n++;
	return n;
}

/* the first word is complete, or too long for a command */
static size_t
decide(struct veil *v, char *out)
{
	size_t from = blanks(v), n = 0, i;

	while (from + n < v->holds && !blank(v->held[from + n]) && v->held[from + n] != '\r' && v->held[from + n] != '\n')
		n++;
	v->line = v->secret || from == VEIL_HELD ? VEIL_HIDDEN : kind(v->held + from, n, v->wary);
	v->chunk = 0;
	for (i = 0; i < v->holds; i++)
		out[i] = shown(v, v->held[i]);
	n = v->holds;
	v->holds = 0;
	return n;
}

/* the text ends with a dot on a line of its own, CR before each LF */
static void
pass_text(struct veil *v, char c)
{
	static const char end[] = "\r\n.\r\n";

	v->dot = c == end[v->dot] ? v->dot + 1 : c == '\r' ? 1 : 0;
	if (v->dot == sizeof end - 1)
		v->text = false;
}

size_t
veil_client(struct veil *v, char c, char *out)
{
	*out = c;
	if (v->in_chunk) {
		v->in_chunk = --v->chunk > 0;
		return 1;
	}
	if (v->text) {
		pass_text(v, c);
		return 1;
	}
	if (v->line != VEIL_UNKNOWN) {
		*out = shown(v, c);
		return 1;
	}
	v->held[v->holds++] = c;
	if (c != '\n' && c != '\r' && v->holds < VEIL_HELD && (!blank(c) || v->holds == blanks(v)))
		return 0;
	return decide(v, out);
}

size_t
veil_rest(struct veil *v, char *out)
{
	return v->holds ? decide(v, out) : 0;
}

bool
veil_write(struct buf *b, const char *s, size_t n)
{
	static const char digits[] = "0123456789abcdef";
	bool ok = true;

	for (; ok && n; n--, s++) {
		unsigned char c = (unsigned char)*s;

		if (*s == '\\' || *s == '\r' || *s == '\n')
			ok = buf_byte(b, '\\') && buf_byte(b, *s == '\\' ? '\\' : *s == '\r' ? 'r' : 'n');
		else if (ascii_print(*s))
			ok = buf_byte(b, *s);
		else
			ok = buf_puts(b, "\\x") && buf_byte(b, digits[c >> 4]) && buf_byte(b, digits[c & 15]);
	}
	return ok;
}

static int
digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

long
veil_read(char *text)
{
	char *out = text;
	const char *s;

	for (s = text; *s; s++) {
		if (*s != '\\') {
			*out++ = *s;
			continue;
		}
		s++;
		if (*s == 'x' && digit(s[1]) >= 0 && digit(s[2]) >= 0) {
			*out++ = (char)(digit(s[1]) * 16 + digit(s[2]));
			s += 2;
		} else if (*s == '\\' || *s == 'r' || *s == 'n')
			*out++ = *s == '\\' ? '\\' : *s == 'r' ? '\r' : '\n';
		else
			return -1;
	}
	return out - text;
}
