#include "wire/policy.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "lib/ascii.h"
#include "lib/num.h"
#include "mail/addr.h"
#include "mail/reply.h"

bool
policy_put(struct buf *b, const char *name, const char *value)
{
	size_t had = b->len, n = strlen(value), i;

	if (n > POLICY_VALUE)
		n = POLICY_VALUE;
	if (!buf_puts(b, name) || !buf_byte(b, '=') || !buf_put(b, value, n) || !buf_byte(b, '\n')) {
		buf_cut(b, had);
		return false;
	}
	for (i = b->len - 1 - n; i < b->len - 1; i++)
		if ((unsigned char)b->s[i] < ' ' || b->s[i] == 0x7f)
			b->s[i] = '?';
	return true;
}

bool
policy_put_num(struct buf *b, const char *name, uint64_t value)
{
	char text[NUM_TEXT];

	return policy_put(b, name, num_text(text, value));
}

/* the rest, masked and cut */
static void
take_text(struct policy_action *a, size_t at, const char *s)
{
	for (; *s && at + 1 < sizeof a->text; s++)
		a->text[at++] = ascii_mask(*s);
	a->text[at] = 0;
}

/* "CODE STATUS why": the status is what the text begins with, if that fits the code */
static void
take_reply(struct policy_action *a, const char *code, const char *status, const char *text, const char *otherwise)
{
	size_t at;

	if (reply_status_length(text, *code))
		status = "";                    /* it has its own */
	at = (size_t)snprintf(a->text, sizeof a->text, "%.3s %s%s", code, status, *status ? " " : "");
	take_text(a, at, *text ? text : otherwise);
}

/* a field's name, a colon, a value */
static bool
take_field(struct policy_action *a, const char *text)
{
	size_t name = strcspn(text, ": \t"), i;

	for (i = 0; i < name; i++)
		if (!ascii_print(text[i]))
			return false;
	if (name == 0 || text[name] != ':' || !text[name + 1])
		return false;
	take_text(a, 0, text);
	return true;
}

/* an address, with or without < >, as the envelope has it; one that does not fit is none */
static bool
take_address(struct policy_action *a, const char *text)
{
	struct addr it;
	size_t used;

	if (addr_path_in(&it, text, strlen(text), &used, ADDR_BARE) != ADDR_OK || text[used + strspn(text + used, " \t")] ||
	    it.local == it.len || it.len >= sizeof a->text)
		return false;
	memcpy(a->text, it.s, it.len + 1);
	return true;
}

static bool
is_code(const char *s)
{
	return (s[0] == '4' || s[0] == '5') && s[1] >= '0' && s[1] <= '5' && s[2] >= '0' && s[2] <= '9' &&
	    (s[3] == ' ' || s[3] == 0);
}

bool
policy_read(struct policy_action *a, const char *words)
{
	static const struct {
		const char *word;
		enum policy_kind kind;
	} table[] = {
		{ "dunno", POLICY_DUNNO }, { "defer_if_reject", POLICY_DUNNO }, { "ok", POLICY_OK }, { "permit", POLICY_OK },
		{ "reject", POLICY_REFUSE }, { "defer", POLICY_REFUSE }, { "defer_if_permit", POLICY_DEFER },
		{ "prepend", POLICY_PREPEND }, { "hold", POLICY_HOLD }, { "discard", POLICY_DISCARD },
		{ "redirect", POLICY_REDIRECT }, { "bcc", POLICY_BCC }, { "warn", POLICY_WARN }, { "info", POLICY_WARN },
	};
	size_t n = strcspn(words, " \t"), i;
	const char *text = words + n + strspn(words + n, " \t");

	if (is_code(words)) {
		a->kind = POLICY_REFUSE;
		take_reply(a, words, *words == '4' ? "4.7.1" : "5.7.1", text, *words == '4' ? "try later" : "refused by policy");
		return true;
	}
	for (i = 0; i < sizeof table / sizeof *table; i++)
		if (n == strlen(table[i].word) && strncasecmp(words, table[i].word, n) == 0)
			break;
	if (i == sizeof table / sizeof *table)
		return false;
	a->kind = table[i].kind;
	if (a->kind == POLICY_PREPEND)
		return take_field(a, text);
	if (a->kind == POLICY_REDIRECT || a->kind == POLICY_BCC)
		return take_address(a, text);
	if (a->kind == POLICY_REFUSE && ascii_lower(*words) == 'r')
		take_reply(a, "554", "5.7.1", text, "refused by policy");
	else if (a->kind == POLICY_REFUSE || a->kind == POLICY_DEFER)
		take_reply(a, "450", "4.7.1", text, "try later");
	else
		take_text(a, 0, text);
	return true;
}
