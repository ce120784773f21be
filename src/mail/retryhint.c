#include "mail/retryhint.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "mail/reply.h"

#define NUMBER_MOST 10000000            /* no wait is longer in any unit */

static const char *const hints[] = {
	"again", "retry", "retries", "retrying", "reattempt", "resend", "back", "wait", "waiting", "delay", "delayed", "defer",
	"deferred", "greylist", "greylisted", "greylisting", "graylist", "graylisted", "graylisting", 0
};
static const char *const fillers[] = {
	"in", "for", "after", "at", "least", "about", "approximately", "approx", "another", "the", "next", "a", "minimum", "of",
	"time", "is", "be", "please", "later", "then", "you", "must", "period", "seconds", 0
};
static const struct {
	const char *name;
	uint64_t s;
} units[] = {
	{ "s", 1 }, { "sec", 1 }, { "secs", 1 }, { "second", 1 }, { "seconds", 1 },
	{ "m", 60 }, { "min", 60 }, { "mins", 60 }, { "minute", 60 }, { "minutes", 60 },
	{ "h", 3600 }, { "hr", 3600 }, { "hrs", 3600 }, { "hour", 3600 }, { "hours", 3600 },
	{ "d", 86400 }, { "day", 86400 }, { "days", 86400 }
};

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static size_t
word_length(const char *s)
{
	size_t n = 0;

	while (is_letter(s[n]))
		n++;
	return n;
}

static bool
is_among(const char *const *list, const char *s, size_t n)
{
	for (; *list; list++)
		if (strlen(*list) == n && strncasecmp(*list, s, n) == 0)
			return true;
	return false;
}

static uint64_t
unit(const char *s, size_t n)
{
	size_t i;

	for (i = 0; i < sizeof units / sizeof *units; i++)
		if (strlen(units[i].name) == n && strncasecmp(units[i].name, s, n) == 0)
			return units[i].s;
	return 0;
}

/* code and enhanced code at the start of a line */
static const char *
after_codes(const char *s)
{
	size_t n;

	if (!is_digit(s[0]) || !is_digit(s[1]) || !is_digit(s[2]) || (s[3] != ' ' && s[3] != '-'))
		return s;
	n = reply_status_length(s + 4, s[0]);
	return s + 4 + n;
}

/* blanks, and from one line to the next */
static const char *
skip_blanks(const char *s)
{
	while (*s == ' ' || *s == '\n')
		s = *s == '\n' ? after_codes(s + 1) : s + 1;
	return s;
}

static const char *
number(const char *s, uint64_t *n)
{
	for (*n = 0; is_digit(*s); s++)
		if (*n < NUMBER_MOST)
			*n = *n * 10 + (uint64_t)(*s - '0');
	return s;
}

/* "HH:MM:SS" */
static bool
clock_form(const char *s, uint64_t *seconds)
{
	uint64_t sum = 0, part;
	int parts;

	for (parts = 1; parts <= 3; parts++) {
		const char *end = number(s, &part);

		if (end == s || (parts > 1 && (part > 59 || end - s != 2)) || (*end == ':') != (parts < 3))
			return false;
		sum = sum * 60 + part;
		s = end + 1;
	}
	*seconds = sum;
	return true;
}

/* one number and its unit; where it ends, 0: it is none */
static const char *
measure(const char *s, uint64_t *seconds)
{
	uint64_t n, each;
	const char *end = number(s, &n), *word;
	size_t len;

	if (end == s)
		return 0;
	word = *end == '-' ? end + 1 : skip_blanks(end);
	len = word_length(word);
	each = unit(word, len);
	if (!each)
		return 0;
	*seconds += n * each;
	if (strncmp(word + len, "(s)", 3) == 0)
		len += 3;
	return word + len;
}

/* "4 minutes and 12 seconds", "1h30m" */
static bool
duration(const char *s, uint64_t *seconds)
{
	const char *end;

	*seconds = 0;
	if (!(end = measure(s, seconds)))
		return false;
	for (;;) {
		s = skip_blanks(*end == ',' ? end + 1 : end);
		if (strncasecmp(s, "and ", 4) == 0)
			s = skip_blanks(s + 4);
		if (!(end = measure(s, seconds)))
			return true;
	}
}

/* Does a time stand here? assigned: '=' or ':' is before it; at: the word "at", which makes it a time of day */
static bool
is_time(const char *s, bool assigned, bool at, uint64_t *seconds)
{
	const char *end;

	if ((!at && clock_form(s, seconds)) || duration(s, seconds))
		return true;
	end = number(s, seconds);
	return assigned && end != s && !is_letter(*end) && *end != ':' && *end != '-' &&
	    !(*end == '.' && is_digit(end[1]));
}

uint64_t
retryhint(const char *reply)
{
	const char *s = skip_blanks(after_codes(reply));
	bool hinted = false, assigned = false, at = false;
	uint64_t seconds;

	while (*s) {
		size_t n = word_length(s);

		if (n) {
			hinted = is_among(hints, s, n) || (hinted && is_among(fillers, s, n));
			at = n == 2 && strncasecmp(s, "at", 2) == 0;
			assigned = false;
			s += n;
		} else if (is_digit(*s)) {
			if (hinted && is_time(s, assigned, at, &seconds))
				return seconds < RETRYHINT_LEAST_S ? RETRYHINT_LEAST_S :
				    seconds > RETRYHINT_MOST_S ? RETRYHINT_MOST_S : seconds;
			hinted = false;
			s = number(s, &seconds);
		} else {
			assigned = (assigned && *s == ' ') || *s == '=' || *s == ':';
			hinted = hinted && strchr(" \n=:,(~'\"-_", *s);
			s = *s == '\n' || *s == ' ' ? skip_blanks(s) : s + 1;
		}
	}
	return 0;
}
