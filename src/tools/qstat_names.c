#include <errno.h>
#include <string.h>

#include "lib/num.h"
#include "tools/qstat.h"
#include "wire/control.h"

size_t
age_column(int64_t age_s)
{
	size_t i = 0;

	while (i < AGES - 1 && age_s > (int64_t)AGE_FIRST_S << i)
		i++;
	return i;
}

const char *
age_name(size_t column)
{
	static const char *const name[AGES] = { "5", "10", "20", "40", "80", "160", "320", "640", "1280", "1280+" };

	return name[column];
}

bool
names_count(struct names *n, int64_t now_s, const char **what)
{
	static struct walk w;
	struct walk_item item;
	enum walk_next next;

	memset(n, 0, sizeof *n);
	*what = "count the queue";
	while ((next = walk_next(&w, &item)) == WALK_ITEM) {
		int64_t s = (int64_t)(item.id.us / 1000000);

		n->place[item.place]++;
		n->age[age_column(now_s - s)]++;
		if (!n->oldest_s || s < n->oldest_s)
			n->oldest_s = s;
	}
	if (next != WALK_END)
		return false;
	walk_again(&w);
	*what = "count what is damaged";
	return walk_count_bad(&n->bad);
}

void
runner_ask(struct runner *r)
{
	r->text.max = CONTROL_PACKET;
	buf_clear(&r->text);
	r->came = control_ask(false, "status", 0, &r->done, &r->text);
	r->error = errno;
}

const char *
runner_line(const struct runner *r, const char **at, size_t *n)
{
	const char *line = *at ? *at : r->text.s;

	if (!r->came || !line || !*line)
		return 0;
	*n = strcspn(line, "\n");
	*at = line + *n + (line[*n] == '\n');
	return line;
}

bool
runner_number(const struct runner *r, const char *name, uint64_t *n)
{
	const char *at = 0, *line;
	size_t len, skip = strlen(name);

	while (r->done && (line = runner_line(r, &at, &len)))
		if (len > skip + 1 && memcmp(line, name, skip) == 0 && line[skip] == ' ')
			return num_span(line + skip + 1, len - skip - 1, 0, UINT64_MAX, n);
	return false;
}

/* the word at *s, which goes behind it and the blank after it */
static bool
word(const char **s, const char *end, const char **w, size_t *n)
{
	const char *blank = memchr(*s, ' ', (size_t)(end - *s));

	*w = *s;
	*n = (size_t)((blank ? blank : end) - *s);
	*s = blank ? blank + 1 : end;
	return *n > 0;
}

bool
runner_rate(const char *line, size_t len, struct rate *r)
{
	const char *end = line + len, *w;
	size_t n, i;

	if (!word(&line, end, &w, &n) || n != 4 || memcmp(w, "rate", 4) != 0 || !word(&line, end, &w, &n) || n >= sizeof r->name)
		return false;
	memcpy(r->name, w, n);
	r->name[n] = 0;
	for (i = 0; i < 4; i++)
		if (!word(&line, end, &w, &n) || !word(&line, end, &w, &n) || !num_span(w, n, 0, UINT64_MAX, &r->n[i]))
			return false;
	return true;
}
