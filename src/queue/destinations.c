#include "queue/destinations.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/num.h"
#include "queue/runner.h"
#include "wire/job.h"

#define RATE_MOST 1000000

struct destinations {
	struct buf lines;               /* cut into names and words */
	struct destination *list;       /* by name */
	size_t count;
	struct destination preset;
};

static bool
complain(struct conf_error *e, const char *why, const char *line)
{
	conf_complain(e, "destinations", why, line);
	return false;
}

/* N/m or N/h */
static bool
take_rate(const char *s, struct destination *d)
{
	size_t n = strlen(s);
	uint64_t many;

	if (n < 3 || s[n - 2] != '/' || (s[n - 1] != 'm' && s[n - 1] != 'h') || !num_span(s, n - 2, 1, RATE_MOST, &many))
		return false;
	d->rate = s;
	d->interval_us = (s[n - 1] == 'm' ? 60u : 3600u) * UINT64_C(1000000) / many;
	return true;
}

static bool
take_word(char *word, struct destination *d)
{
	struct {
		const char *name;
		uint64_t *value, most;
	} const numbers[] = {
		{ "concurrency", &d->concurrency, CONCURRENCY_MOST },
		{ "perconnection", &d->per_connection, UINT32_MAX },
		{ "recipients", &d->recipients, JOB_RECIPIENTS },
	};
	char *value = strchr(word, '=');
	size_t i;

	if (!value)
		return false;
	*value++ = 0;
	if (strcmp(word, "rate") == 0)
		return !d->interval_us && take_rate(value, d);
	for (i = 0; i < sizeof numbers / sizeof *numbers; i++)
		if (strcmp(word, numbers[i].name) == 0)
			return !*numbers[i].value && num_u64(value, 1, numbers[i].most, numbers[i].value);
	return false;
}

static bool
take_line(char *line, struct destination *d, struct conf_error *e)
{
	char said[120], *words = strrchr(line, ':'), *word, *rest;      /* an address has colons too */

	strncpy(said, line, sizeof said - 1);
	said[sizeof said - 1] = 0;
	if (!words)
		return complain(e, "no colon in", said);
	*words++ = 0;
	*d = (struct destination){ .name = line, .rate = "" };
	if (strcspn(line, " \t") != strlen(line))
		return complain(e, "a blank in the name of", said);
	rest = words + strspn(words, " \t");
	if (!*rest)
		return complain(e, "nothing after the colon of", said);
	while ((word = rest) && *word) {
		rest += strcspn(rest, " \t");
		if (*rest) {
			*rest++ = 0;
			rest += strspn(rest, " \t");
		}
		if (!take_word(word, d))
			return complain(e, "not a word that may be there, or twice, in", said);
	}
	return true;
}

static int
by_name(const void *a, const void *b)
{
	return strcasecmp(((const struct destination *)a)->name, ((const struct destination *)b)->name);
}

static bool
take_lines(struct destinations *d, struct conf_error *e)
{
	size_t n = 0, i;
	const char *at;

	for (at = 0; (at = conf_next(&d->lines, at)); )
		n++;
	if (n && !(d->list = calloc(n, sizeof *d->list)))
		return complain(e, strerror(errno), 0);
	for (i = 0, at = n ? d->lines.s : 0; i < n; i++) {
		char *line = d->lines.s + (at - d->lines.s);

		at += strlen(at) + 1;           /* before the line is cut */
		if (!take_line(line, &d->list[i], e))
			return false;
	}
	d->count = n;
	if (n)
		qsort(d->list, n, sizeof *d->list, by_name);
	for (i = 1; i < n; i++)
		if (by_name(&d->list[i - 1], &d->list[i]) == 0)
			return complain(e, "two lines for", d->list[i].name);
	if (n && !*d->list[0].name)
		d->preset = d->list[0];
	return true;
}

struct destinations *
destinations_load(struct conf_error *e)
{
	struct destinations *d = calloc(1, sizeof *d);
	struct conf lines = { .name = "destinations", .kind = CONF_LINES };

	if (!d) {
		(void)complain(e, strerror(errno), 0);
		return 0;
	}
	lines.value = &d->lines;
	d->preset.name = d->preset.rate = "";
	if (!conf_read(&lines, 1, e) || !take_lines(d, e)) {
		destinations_free(d);
		return 0;
	}
	return d;
}

void
destinations_free(struct destinations *d)
{
	if (!d)
		return;
	buf_free(&d->lines);
	free(d->list);
	free(d);
}

/* bytes a..a+n with a dot before them if dot; as strcasecmp with the whole of b */
static int
compare(bool dot, const char *a, size_t n, const char *b)
{
	int c;

	if (dot) {
		if (*b != '.')
			return '.' - (unsigned char)*b;
		b++;
	}
	c = strncasecmp(a, b, n);
	return c ? c : -(b[n] != 0);
}

static const struct destination *
look_up(const struct destinations *d, bool dot, const char *name, size_t n)
{
	size_t low = 0, high = d->count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int c = compare(dot, name, n, d->list[mid].name);

		if (c == 0)
			return &d->list[mid];
		if (c < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return 0;
}

const struct destination *
destinations_find(const struct destinations *d, const char *name, size_t n)
{
	const struct destination *found = n ? look_up(d, false, name, n) : 0;
	const char *dot;

	while (!found && n) {
		found = look_up(d, true, name, n);
		if (!(dot = memchr(name, '.', n)))
			break;
		n -= (size_t)(dot + 1 - name);
		name = dot + 1;
	}
	return found;
}

const struct destination *
destinations_preset(const struct destinations *d)
{
	return &d->preset;
}

bool
destinations_match(const char *pattern, const char *name, size_t n)
{
	size_t len;

	if (*pattern != '.')
		return strlen(pattern) == n && strncasecmp(pattern, name, n) == 0;
	len = strlen(++pattern);
	return len && n >= len && strncasecmp(pattern, name + n - len, len) == 0 && (n == len || name[n - len - 1] == '.');
}
