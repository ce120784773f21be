#include "mail/element.h"

#include <string.h>
#include <strings.h>

#include "lib/ascii.h"
#include "mail/addr.h"

#define NONE ((size_t)-1)

static const char no_quote_end[] = "a \" that is never closed";
static const char no_comment_end[] = "a ( that is never closed";
static const char too_long[] = "too long";
static const char not_ascii[] = "an address with a byte that is not ASCII (domains can be written with xn--)";
static const char hash_ignored[] = "what follows # is ignored; a comment should be a line of its own";
static const char no_backslash[] = "the backslash before | is not needed";
static const char missing_comma[] = "no comma before it";

/* all that begin with a colon */
static const struct directive {
	const char *name;
	enum element_kind kind;
	bool has_words;                 /* to the end of everything */
} directives[] = {
	{ ":include:", ELEMENT_INCLUDE, false },
	{ ":fail:", ELEMENT_FAIL, true },
	{ ":defer:", ELEMENT_DEFER, true },
	{ ":blackhole:", ELEMENT_DISCARD, false },
	{ ":unknown:", ELEMENT_FAIL, false },
};
static const char error_word[] = "error:";      /* OpenSMTPD's */

/* ---- bytes */

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool
is_control(char c)
{
	return ((unsigned char)c < ' ' && c != '\t') || c == 127;
}

static bool
is_atom(char c)
{
	return ascii_alnum(c) || (c && strchr("!#$%&'*+-/=?^_`{|}~.", c));
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
begins(const char *s, size_t n, const char *word)
{
	size_t len = strlen(word);

	return n >= len && strncasecmp(s, word, len) == 0;
}

/* behind the quoted string that begins at at; NONE: it has no end */
static size_t
skip_quoted(const char *s, size_t n, size_t at)
{
	for (at++; at < n; at++)
		if (s[at] == '"')
			return at + 1;
		else if (s[at] == '\\')
			at++;
	return NONE;
}

/* behind the comment that begins at at; comments nest */
static size_t
skip_comment(const char *s, size_t n, size_t at)
{
	size_t depth = 0;

	for (; at < n; at++)
		if (s[at] == '\\')
			at++;
		else if (s[at] == '(')
			depth++;
		else if (s[at] == ')' && --depth == 0)
			return at + 1;
	return NONE;
}

/* behind blanks and whole comments, not beyond n */
static size_t
skip_space(const char *s, size_t n, size_t at)
{
	for (;;) {
		size_t behind;

		while (at < n && is_blank(s[at]))
			at++;
		if (at == n || s[at] != '(' || (behind = skip_comment(s, n, at)) == NONE)
			return at;
		at = behind;
	}
}

/* ---- the element in the making */

static bool
put(struct element *e, char c)
{
	if (e->len == ELEMENT_TEXT)
		return false;
	e->text[e->len++] = c;
	e->text[e->len] = 0;
	return true;
}

static bool
put_bytes(struct element *e, const char *s, size_t n)
{
	if (n > ELEMENT_TEXT - e->len)
		return false;
	memcpy(e->text + e->len, s, n);
	e->len += n;
	e->text[e->len] = 0;
	return true;
}

static void
drop_head(struct element *e, size_t n)
{
	while (n < e->len && is_blank(e->text[n]))
		n++;
	memmove(e->text, e->text + n, e->len - n + 1);
	e->len -= n;
}

static void
drop_blank_end(struct element *e)
{
	while (e->len && is_blank(e->text[e->len - 1]))
		e->len--;
	e->text[e->len] = 0;
}

/* The inside of a quoted string, n bytes. As in an address (RFC 5322) a backslash always quotes; in commands, paths and
 * words it does so only before " and another one, so that the shell gets its own. */
static bool
put_unquoted(struct element *e, const char *s, size_t n, bool as_address)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (s[i] == '\\' && i + 1 < n && (as_address || s[i + 1] == '"' || s[i + 1] == '\\'))
			i++;
		if (!put(e, s[i]))
			return false;
	}
	return true;
}

/* ---- what the text means; each gives 0 or what is wrong */

static const char *
check_address(const struct element *e)
{
	const char *at = strrchr(e->text, '@');
	size_t local = at ? (size_t)(at - e->text) : e->len, i;

	if (local == 0)
		return at ? "nothing before the @" : "an empty address";
	if (local > ADDR_LOCAL)
		return "the part before the @ is too long";
	for (i = 0; i < local; i++)
		if ((unsigned char)e->text[i] >= 128)
			return not_ascii;
		else if (!ascii_print(e->text[i]))
			return "an address with a control byte";
	if (at && !addr_domain(at + 1, e->len - local - 1))
		return "not a domain after the @";
	if (!at && strchr("|/:\\~. ", *e->text))
		return "no name of a user";
	return 0;
}

/* 5.1.1 and the like at s: its length, else 0 */
static size_t
status_length(const char *s)
{
	size_t at = 1, digits, part;

	if (*s != '4' && *s != '5')
		return 0;
	for (part = 0; part < 2; part++) {
		if (s[at++] != '.')
			return 0;
		for (digits = 0; is_digit(s[at]); at++)
			digits++;
		if (digits < 1 || digits > 3)
			return 0;
	}
	return s[at] == 0 || s[at] == ':' || is_blank(s[at]) ? at : 0;
}

/* 550 and the like */
static size_t
code_length(const char *s)
{
	if ((*s != '4' && *s != '5') || !is_digit(s[1]) || !is_digit(s[2]) || (s[3] && !is_blank(s[3])))
		return 0;
	return 3;
}

static size_t
behind_blanks(const char *s, size_t at)
{
	while (is_blank(s[at]))
		at++;
	return at;
}

/* Takes the codes off the words, but leaves an enhanced one in front: "550 5.1.1 gone", "5.1.1:550 gone" and "5.1.1 gone"
 * become "5.1.1 gone". The first digit of what there was, 0 if nothing, '?' if they contradict each other. */
static char
take_codes(struct element *e)
{
	char *s = e->text, class = 0;
	size_t code = code_length(s), from = code ? behind_blanks(s, code) : 0, status, words;

	if (code)
		class = *s;
	status = status_length(s + from);
	if (status) {
		if (code && s[from] != class)
			return '?';
		class = s[from];
	}
	words = from + status;
	if (status && !code) {
		words = behind_blanks(s, words + (s[words] == ':'));
		code = code_length(s + words);
		if (code && s[words] != class)
			return '?';
		words += code;
	}
	words = behind_blanks(s, words);
	memmove(s, s + from, status);
	if (status && words < e->len)
		s[status++] = ' ';
	memmove(s + status, s + words, e->len - words + 1);
	e->len = status + e->len - words;
	return class;
}

static const char *
classify_error(struct element *e)
{
	char class;

	drop_head(e, sizeof error_word - 1);
	class = take_codes(e);
	if (class != '4' && class != '5')
		return class ? "codes that contradict each other" : "no code of three digits, 4 or 5 first, after error:";
	e->kind = class == '5' ? ELEMENT_FAIL : ELEMENT_DEFER;
	return 0;
}

static const char *
classify_directive(struct element *e)
{
	size_t i;
	char class;

	for (i = 0; !begins(e->text, e->len, directives[i].name); i++)
		if (i + 1 == sizeof directives / sizeof directives[0])
			return "no such word between colons";
	e->kind = directives[i].kind;
	drop_head(e, strlen(directives[i].name));
	if (e->kind == ELEMENT_INCLUDE)
		return *e->text == '/' ? 0 : "no path that begins with / after :include:";
	if (directives[i].has_words) {
		class = take_codes(e);
		if (class && class != (e->kind == ELEMENT_FAIL ? '5' : '4'))
			return "a code that contradicts the word between colons";
		return 0;
	}
	if (e->len)
		return "more text after the second colon";
	if (e->kind == ELEMENT_FAIL)
		put_bytes(e, "5.1.1 no such mailbox here", 26);
	return 0;
}

static const char *
classify(struct element *e)
{
	drop_head(e, 0);
	drop_blank_end(e);
	if (e->len > 1 && e->text[0] == '\\' && e->text[1] == '|') {
		e->warning = no_backslash;
		drop_head(e, 1);
	}
	switch (*e->text) {
	case '|':
		e->kind = ELEMENT_PROGRAM;
		drop_head(e, 1);
		return e->len ? 0 : "no command after |";
	case '/':
		e->kind = strcmp(e->text, "/dev/null") == 0 ? ELEMENT_DISCARD : ELEMENT_FILE;
		return 0;
	case ':':
		return classify_directive(e);
	case '\\':
		e->kind = ELEMENT_MAILBOX;
		drop_head(e, 1);
		return check_address(e);
	default:
		if (begins(e->text, e->len, error_word))
			return classify_error(e);
		e->kind = ELEMENT_ADDRESS;
		return check_address(e);
	}
}

/* ---- reading; each moves the walk */

static enum element_result
bad(struct element_walk *w, const char *why, size_t bad_at, size_t next)
{
	w->why = why;
	w->bad_at = bad_at;
	w->at = next;
	w->words_end = 0;
	return ELEMENT_BAD;
}

static enum element_result
finish(struct element_walk *w, struct element *e, size_t next)
{
	const char *why = classify(e);

	if (why)
		return bad(w, why, e->at, next);
	w->at = next;
	return ELEMENT_GOT;
}

static size_t
find_control(const struct element_walk *w, size_t from, size_t to)
{
	while (from < to && !is_control(w->s[from]))
		from++;
	return from < to ? from : NONE;
}

/* Is what stands behind # only a comment? An '@', '<' or comma there may be a recipient whom nobody meant to leave out. */
static bool
is_remark(const struct element_walk *w, size_t hash)
{
	const char *s = w->s + hash;
	size_t n = w->n - hash;

	return !memchr(s, ',', n) && !memchr(s, '@', n) && !memchr(s, '<', n);
}

static enum element_result
bad_hash(struct element_walk *w, size_t hash)
{
	return bad(w, "a # outside quotes; a comment has to be a line of its own", hash, w->n);
}

/* an element without quotes ended at at, where a comma may stand, or the end, or blanks and a remark */
static enum element_result
finish_bare(struct element_walk *w, struct element *e, size_t at)
{
	size_t next = at;

	while (next < w->n && is_blank(w->s[next]))
		next++;
	if (next < w->n && next > at && w->s[next] == '#') {
		if (!is_remark(w, next))
			return bad_hash(w, next);
		e->warning = hash_ignored;
		w->remark = next;
		next = w->n;
	}
	if (next < w->n && w->s[next] != ',') {
		const char *comma = memchr(w->s + next, ',', w->n - next);

		return bad(w, next > at ? "a blank; what contains one needs quotes around the whole element" :
		    "a \" inside; quotes belong around the whole element", next, comma ? (size_t)(comma - w->s) : w->n);
	}
	return finish(w, e, next);
}

/* "/path", or /path up to a blank, comma or quote */
static enum element_result
read_path(struct element_walk *w, struct element *e, size_t at)
{
	size_t from = at, end;

	if (at < w->n && w->s[at] == '"') {
		if ((end = skip_quoted(w->s, w->n, at)) == NONE)
			return bad(w, no_quote_end, at, w->n);
		if (!put_unquoted(e, w->s + at + 1, end - at - 2, false))
			return bad(w, too_long, e->at, end);
	} else {
		for (end = at; end < w->n && !is_blank(w->s[end]) && w->s[end] != ',' && w->s[end] != '"'; )
			end++;
		if (!put_bytes(e, w->s + at, end - at))
			return bad(w, too_long, e->at, end);
	}
	if ((at = find_control(w, from, end)) != NONE)
		return bad(w, "a control byte", at, end);
	return finish_bare(w, e, end);
}

/* |command, to the comma that no double quotes hold; quotes around all of the command are none of it */
static enum element_result
read_program(struct element_walk *w, struct element *e)
{
	size_t bar = w->s[w->at] == '\\' ? w->at + 1 : w->at, at = bar + 1, first, end, quoted_end = NONE, control;
	bool apostrophe = false, fits;

	if (bar > w->at)
		e->warning = no_backslash;
	while (at < w->n && is_blank(w->s[at]))
		at++;
	for (first = end = at; at < w->n && w->s[at] != ','; end = at) {
		size_t quote = at;

		if (w->s[at] == '\'')
			apostrophe = !apostrophe;
		at = w->s[at] == '"' ? skip_quoted(w->s, w->n, at) : at + 1 + (w->s[at] == '\\' && at + 1 < w->n);
		if (at == NONE)
			return bad(w, no_quote_end, quote, w->n);
		if (quote == first && w->s[quote] == '"')
			quoted_end = at;
	}
	if ((control = find_control(w, bar, end)) != NONE)
		return bad(w, "a control byte", control, end);
	if (at < w->n && apostrophe)
		return bad(w, "the comma stands between apostrophes; the whole element needs double quotes", at, at);
	while (end > first && is_blank(w->s[end - 1]))
		end--;
	fits = put(e, '|') && (quoted_end == end ? put_unquoted(e, w->s + first + 1, end - first - 2, false) :
	    put_bytes(e, w->s + first, end - first));
	return fits ? finish(w, e, at) : bad(w, too_long, e->at, at);
}

/* a word between colons without quotes, or error: */
static enum element_result
read_directive(struct element_walk *w, struct element *e)
{
	const char *s = w->s + w->at;
	size_t n = w->n - w->at, i, control;

	for (i = 0; i < sizeof directives / sizeof directives[0]; i++) {
		size_t len = strlen(directives[i].name), at = w->at + len;

		if (directives[i].has_words || !begins(s, n, directives[i].name))
			continue;
		put_bytes(e, s, len);
		if (directives[i].kind != ELEMENT_INCLUDE)
			return finish_bare(w, e, at);
		while (at < w->n && is_blank(w->s[at]))
			at++;
		return read_path(w, e, at);
	}
	if ((control = find_control(w, w->at, w->n)) != NONE)
		return bad(w, "a control byte", control, w->n);
	if (!put_bytes(e, s, n))
		return bad(w, too_long, e->at, w->n);
	return finish(w, e, w->n);
}

/* ---- addresses */

/* from at on; there is one */
static size_t
first_8bit(const struct element_walk *w, size_t at)
{
	while ((unsigned char)w->s[at] < 128)
		at++;
	return at;
}

/* Local part and domain from *at on, up to a blank, ';' or '>' or end; comments right inside are left out.
 * 0, or what is wrong at *at. */
static const char *
take_local(const struct element_walk *w, struct element *e, size_t *at, size_t end)
{
	size_t behind;

	while (*at < end) {
		char c = w->s[*at];

		if (c == '@' || c == '>' || c == ';' || is_blank(c))
			return 0;
		if (c == '"' || c == '(') {     /* both are closed: scan_words has seen to it */
			behind = c == '"' ? skip_quoted(w->s, end, *at) : skip_comment(w->s, end, *at);
			if (behind == NONE)
				return c == '"' ? no_quote_end : no_comment_end;
			if (c == '"' && !put_unquoted(e, w->s + *at + 1, behind - *at - 2, true))
				return too_long;
			*at = behind;
			continue;
		}
		if ((unsigned char)c >= 128)
			return not_ascii;
		if (c == ':' && e->len == 7 && memcmp(e->text, "maildir", 7) == 0)
			return "maildir: is not known here; a path that ends in / is a Maildir";
		if (c == ':')
			return "a : in an address; groups of addresses (name: a, b;) are not supported";
		if (!is_atom(c))
			return "a character that an address has only inside quotes";
		if (!put(e, c))
			return too_long;
		++*at;
	}
	return 0;
}

static const char *
take_domain(const struct element_walk *w, struct element *e, size_t *at, size_t end)
{
	size_t i, behind;

	for (i = *at; i < end && w->s[i] != '>' && w->s[i] != ';' && !is_blank(w->s[i]); i++) {
		if (w->s[i] == '(') {
			if ((behind = skip_comment(w->s, end, i)) == NONE)
				return no_comment_end;
			i = behind - 1;
			continue;
		}
		if ((unsigned char)w->s[i] >= 128) {
			*at = i;
			return not_ascii;
		}
		if (w->s[i] == '@') {
			*at = i;
			return "a second @; the first one needs quotes";
		}
		if (!put(e, w->s[i]))
			return too_long;
	}
	if (e->text[e->len - 1] == '.')
		e->text[--e->len] = 0;
	*at = i;
	return 0;
}

static const char *
take_address(const struct element_walk *w, struct element *e, size_t *at, size_t end)
{
	size_t start = *at, from = start, domain;
	const char *why = take_local(w, e, at, end);

	if (why)
		return why;
	if (*at == end || w->s[*at] != '@') {
		if (memchr(e->text, '@', e->len)) {
			*at = start;
			return "an @ inside quotes and no domain behind them";
		}
	} else if (!put(e, '@')) {
		return too_long;
	} else {
		domain = ++*at;
		if ((why = take_domain(w, e, at, end)))
			return why;
		if (e->text[0] != '@' && domain - start <= ADDR_LOCAL)
			from = domain;          /* nothing else is left that check_address may not like */
	}
	if ((why = check_address(e)))
		*at = why == not_ascii ? first_8bit(w, start) : from;
	return why;
}

/* @one,@two: before the address that it leads to is left out, as in RFC 5321 appendix C */
static size_t
skip_route(const struct element_walk *w, size_t at, size_t end)
{
	const char *colon = at < end && w->s[at] == '@' ? memchr(w->s + at, ':', end - at) : 0;

	return colon ? (size_t)(colon - w->s) + 1 : at;
}

/* phrase <address> */
static enum element_result
read_angle(struct element_walk *w, struct element *e, size_t angle)
{
	size_t end = w->words_end, next = w->words_next, at = w->at;
	const char *why;

	if (w->s[at] == '\\')
		return bad(w, "a backslash and < >; the mailbox of a user is \\name alone", at, next);
	while (at < angle) {
		if (w->s[at] == '"' || w->s[at] == '(') {
			at = w->s[at] == '"' ? skip_quoted(w->s, end, at) : skip_comment(w->s, end, at);
			continue;
		}
		if (w->s[at] == '@' || w->s[at] == ':' || w->s[at] == ';')
			return bad(w, w->s[at] == '@' ? "an address before another in < >, and no comma" :
			    "groups of addresses (name: a, b;) are not supported", at, next);
		at++;
	}
	at = skip_route(w, skip_space(w->s, end, angle + 1), end);
	at = skip_space(w->s, end, at);
	if ((why = take_address(w, e, &at, end)))
		return bad(w, why, at, next);
	at = skip_space(w->s, end, at);
	if (at == end || w->s[at] != '>')
		return bad(w, "something behind the address inside < >", at, next);
	at = skip_space(w->s, end, at + 1);
	if (at < end)
		return bad(w, "something behind >, and no comma", at, next);
	e->kind = ELEMENT_ADDRESS;
	if (w->words_hash)
		e->warning = hash_ignored;
	w->at = next;
	w->words_end = 0;
	return ELEMENT_GOT;
}

/* one quoted string that is a whole word: as if it stood without quotes, but with all that is in it */
static const char *
take_quoted(struct element_walk *w, struct element *e, size_t from, size_t behind)
{
	const char *s = w->s + from + 1;
	size_t n = behind - from - 2;
	bool as_address;

	while (n && is_blank(*s)) {
		s++;
		n--;
	}
	as_address = n == 0 || !(strchr("|/:\\", *s) || begins(s, n, error_word));
	if (n && *s == '\\' && n > 1 && s[1] != '"') {          /* \name, and \\name, which means the same */
		size_t skip = s[1] == '\\' ? 2 : 1;

		if (!put(e, '\\'))
			return too_long;
		s += skip;
		n -= skip;
		as_address = n && *s != '|';
	}
	return put_unquoted(e, s, n, as_address) ? classify(e) : too_long;
}

static const char *
not_a_word(const struct element_walk *w, size_t at, size_t end)
{
	size_t i;

	switch (w->s[at]) {
	case '|':
	case '/':
	case ':':
		return "no comma before it";
	case '.':
		return at + 1 < end && (w->s[at + 1] == '/' || w->s[at + 1] == '.') ?
		    "a relative path; paths begin with /" : "an address that begins with a dot";
	case '~':
		for (i = at; i < end && !is_blank(w->s[i]); i++)
			if (w->s[i] == '/')
				return "~ is not known here; paths begin with /";
		return 0;
	default:
		return 0;
	}
}

/* one address, \name or quoted element of those that blanks separate */
static enum element_result
read_word(struct element_walk *w, struct element *e)
{
	size_t at = w->at, end = w->words_end, behind = end;
	bool mailbox = w->s[at] == '\\', semicolon = false;
	const char *why = not_a_word(w, at, end);

	if (!why && w->s[at] == '"')
		behind = skip_quoted(w->s, end, at);
	while (!why && behind < end && w->s[behind] == '(')
		behind = skip_comment(w->s, end, behind);
	if (!why && w->s[at] == '"' && (behind == end || w->s[behind] == ';' || is_blank(w->s[behind]))) {
		why = take_quoted(w, e, at, skip_quoted(w->s, end, at));
		at = !why ? behind : why == not_ascii ? first_8bit(w, at) : at;
	} else if (!why) {
		at += mailbox;
		why = take_address(w, e, &at, end);
		e->kind = mailbox ? ELEMENT_MAILBOX : ELEMENT_ADDRESS;
	}
	if (why)
		return bad(w, why, at, w->words_next);
	if (at < end && w->s[at] == '>')
		return bad(w, "a > without <", at, w->words_next);
	for (; at < end && (w->s[at] == ';' || is_blank(w->s[at]) || w->s[at] == '('); ) {
		semicolon |= w->s[at] == ';';
		at = w->s[at] == '(' ? skip_comment(w->s, end, at) : at + 1;
	}
	if (semicolon)
		e->warning = "a semicolon instead of a comma behind it";
	if (e->at != w->words_at)
		e->warning = missing_comma;
	w->at = at;
	if (at == end) {
		if (w->words_hash)
			e->warning = hash_ignored;
		w->at = w->words_next;
		w->words_end = 0;
	}
	return ELEMENT_GOT;
}

/* How far do the words at w->at go? Sets words_*, and angle to the first '<' outside quotes and comments. */
static bool
scan_words(struct element_walk *w, size_t *angle)
{
	size_t at = w->at, next;
	bool inside = false;

	*angle = NONE;
	for (; at < w->n && (w->s[at] != ',' || inside); at = next) {
		char c = w->s[at];

		next = c == '"' ? skip_quoted(w->s, w->n, at) : c == '(' ? skip_comment(w->s, w->n, at) : at + 1;
		if (next == NONE) {
			bad(w, c == '"' ? no_quote_end : no_comment_end, at, w->n);
			return false;
		}
		if (c == '<' && *angle == NONE) {
			*angle = at;
			inside = true;
		} else if (c == '>') {
			inside = false;
		} else if (c == '#' && !inside && at > w->at && (is_blank(w->s[at - 1]) || w->s[at - 1] == ';')) {
			break;
		}
	}
	if (inside) {
		bad(w, "a < that is never closed", *angle, w->n);
		return false;
	}
	w->words_at = w->at;
	w->words_end = at;
	w->words_hash = at < w->n && w->s[at] == '#';
	w->words_next = w->words_hash ? w->n : at;
	if (w->words_hash && !is_remark(w, at)) {
		bad_hash(w, at);
		return false;
	}
	if (w->words_hash)
		w->remark = at;
	if ((next = find_control(w, w->at, at)) != NONE) {
		bad(w, "a control byte", next, w->words_next);
		return false;
	}
	return true;
}

static enum element_result
read_words(struct element_walk *w, struct element *e)
{
	size_t angle;

	if (!scan_words(w, &angle))
		return ELEMENT_BAD;
	return angle == NONE ? read_word(w, e) : read_angle(w, e, angle);
}

/* ---- the walk */

bool
element_line(const char **s, size_t *n)
{
	while (*n && is_blank(**s)) {
		++*s;
		--*n;
	}
	if (*n && (*s)[*n - 1] == '\r')
		--*n;
	return *n && **s != '#';
}

void
element_walk(struct element_walk *w, const char *s, size_t n)
{
	memset(w, 0, sizeof *w);
	w->s = s;
	w->n = n;
}

static bool
is_separator(char c)
{
	return c == ',' || c == ';' || is_blank(c);
}

enum element_result
element_next(struct element_walk *w, struct element *e)
{
	e->len = 0;
	e->text[0] = 0;
	e->warning = 0;
	e->at = w->at;
	if (w->words_end)
		return read_word(w, e);
	while (w->at < w->n && (is_separator(w->s[w->at]) || w->s[w->at] == '(')) {
		size_t behind = w->s[w->at] == '(' ? skip_comment(w->s, w->n, w->at) : w->at + 1;

		if (behind == NONE)
			return bad(w, no_comment_end, w->at, w->n);
		w->at = behind;
	}
	e->at = w->at;
	if (w->at == w->n)
		return ELEMENT_END;
	switch (w->s[w->at]) {
	case '|':
		return read_program(w, e);
	case '/':
		return read_path(w, e, w->at);
	case ':':
		return read_directive(w, e);
	case '#':
		return bad_hash(w, w->at);
	case '\\':
		if (w->at + 1 < w->n && w->s[w->at + 1] == '|')
			return read_program(w, e);
		break;
	default:
		if (begins(w->s + w->at, w->n - w->at, error_word))
			return read_directive(w, e);
	}
	return read_words(w, e);
}

const char *
element_kind_name(enum element_kind kind)
{
	static const char *const names[] = {
		[ELEMENT_ADDRESS] = "address",
		[ELEMENT_MAILBOX] = "mailbox",
		[ELEMENT_FILE] = "file",
		[ELEMENT_PROGRAM] = "program",
		[ELEMENT_INCLUDE] = "list",
		[ELEMENT_FAIL] = "refusal",
		[ELEMENT_DEFER] = "deferral",
		[ELEMENT_DISCARD] = "discard",
	};

	return names[kind];
}
