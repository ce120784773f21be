#include "mail/dsn.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "lib/ascii.h"
#include "mail/utf8.h"
#include "mail/xtext.h"

static const struct {
	const char *word;
	unsigned bit;
} words[] = {
	{ "NEVER", DSN_NEVER }, { "SUCCESS", DSN_SUCCESS }, { "FAILURE", DSN_FAILURE }, { "DELAY", DSN_DELAY }
};

static unsigned
word_bit(const char *s, size_t n)
{
	size_t i;

	for (i = 0; i < sizeof words / sizeof *words; i++)
		if (strlen(words[i].word) == n && strncasecmp(s, words[i].word, n) == 0)
			return words[i].bit;
	return 0;
}

unsigned
dsn_notify(const char *s, size_t n)
{
	unsigned bits = 0, bit;
	const char *comma, *end = s + n;

	for (;; s = comma + 1) {
		comma = memchr(s, ',', (size_t)(end - s));
		bit = word_bit(s, (size_t)((comma ? comma : end) - s));
		if (!bit || bits & bit)
			return 0;
		bits |= bit;
		if (!comma)
			break;
	}
	return bits & DSN_NEVER && bits != DSN_NEVER ? 0 : bits;
}

void
dsn_notify_text(char out[DSN_NOTIFY_TEXT], unsigned bits)
{
	size_t i, at = 0;

	for (i = 0; i < sizeof words / sizeof *words; i++)
		if (bits & words[i].bit) {
			if (at)
				out[at++] = ',';
			memcpy(out + at, words[i].word, strlen(words[i].word));
			at += strlen(words[i].word);
		}
	out[at] = 0;
}

bool
dsn_failure(unsigned bits)
{
	return !bits || bits & DSN_FAILURE;
}

bool
dsn_envid(const char *s, size_t n)
{
	return n && n <= DSN_ENVID && xtext_valid(s, n);
}

bool
dsn_orcpt(const char *s, size_t n, bool utf8)
{
	const char *semicolon = memchr(s, ';', n);
	size_t type = semicolon ? (size_t)(semicolon - s) : 0, i;

	for (i = 0; i < type; i++)
		if (!ascii_alnum(s[i]) && s[i] != '-' && s[i] != '_' && s[i] != '.')
			return false;
	if (type == 0 || n > DSN_ORCPT || n - type < 2)
		return false;
	/* Postfix writes the bytes of an address in UTF-8 so, with type rfc822 */
	if (xtext_utf8(semicolon + 1, n - type - 1))
		return true;
	return utf8 && type == 5 && strncasecmp(s, "utf-8", 5) == 0 && utf8_text(s, n) && !memchr(s, ' ', n);
}

static bool
put_embedded(struct buf *b, uint32_t code)
{
	char hex[9];
	int i, digits = 1;

	while (digits < 8 && code >> (4 * digits))
		digits++;
	for (i = 0; i < digits; i++)
		hex[i] = "0123456789ABCDEF"[code >> (4 * (digits - 1 - i)) & 15];
	return buf_puts(b, "\\x{") && buf_put(b, hex, (size_t)digits) && buf_byte(b, '}');
}

bool
dsn_orcpt_ascii(struct buf *b, const char *orcpt)
{
	size_t before = b->len, left = strlen(orcpt), n;
	uint32_t code = 0;

	for (; left; orcpt += n, left -= n) {
		n = utf8_char(orcpt, left, &code);
		if (n > 1 ? put_embedded(b, code) : buf_byte(b, *orcpt)) {
			n += !n;
			continue;
		}
		buf_cut(b, before);
		return false;
	}
	return true;
}
