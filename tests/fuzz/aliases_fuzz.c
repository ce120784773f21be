/* aliases_fuzz - alias files and databases of any bytes
 *   input   't': a text; 'd': a database; 'e': the data of its one entry "a" up to 0xff, then that of the key ""
 * sources: src/alias/text.c src/wire/aliasdb.c src/mail/element.c src/mail/addr.c src/mail/utf8.c src/lib/buf.c src/lib/num.c src/lib/in.c src/lib/clock.c src/lib/ip.c src/compat/linux/system.c -lcdb
 */
#include <cdb.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "alias/text.h"
#include "mail/element.h"
#include "wire/aliasdb.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#define must(x) ((x) ? (void)0 : abort())

/* the byte of the file at a place; -1: behind the end of its line */
static int
byte_at(const char *s, size_t n, struct text_place p)
{
	uint32_t line = 1;
	size_t i = 0;

	for (; i < n && line < p.line; i++)
		line += s[i] == '\n';
	must(line == p.line && p.column >= 1);
	for (; i < n && p.column > 1; i++, p.column--)
		must(s[i] != '\n');
	return i < n ? s[i] : -1;
}

static void
check_elements(const struct text *t, const struct text_entry *e, const char *s, size_t n)
{
	static struct element el;
	struct element_walk w;
	enum element_result r;
	size_t steps = 0;

	element_walk(&w, e->value, e->value_len);
	while ((r = element_next(&w, &el)) != ELEMENT_END) {
		size_t at = r == ELEMENT_BAD ? w.bad_at : el.at;

		must(at <= e->value_len && ++steps <= e->value_len + 1);
		(void)byte_at(s, n, text_where(t, e->value_at + at));
		if (r == ELEMENT_BAD)
			must(w.why);
		else
			must(el.len <= ELEMENT_TEXT && strlen(el.text) == el.len);
	}
}

static void
text(const char *s, size_t n)
{
	static struct text_entry e;
	struct text_error error;
	struct text t;
	enum text_result r;
	uint32_t line = 0;
	size_t i;

	text_init(&t, s, n);
	while ((r = text_next(&t, &e, &error)) != TEXT_END) {
		must(r == TEXT_ENTRY || r == TEXT_BAD);
		must(t.line > line && t.at <= n);
		if (r == TEXT_BAD) {
			must(error.why && error.place.line > line && error.place.line <= t.line);
			(void)byte_at(s, n, error.place);
		} else {
			must(e.name_len > 0 && e.name_len <= ALIASDB_NAME && strlen(e.name) == e.name_len);
			must(e.place.line > line && e.value_len > 0);
			for (i = 0; i < e.value_len; i++) {
				int c = byte_at(s, n, text_where(&t, e.value_at + i));

				must(c == (e.value[i] & 0xff) || c == e.value[i] || (e.value[i] == ' ' && c == '\t'));
				if (i > 300)
					break;
			}
			check_elements(&t, &e, s, n);
		}
		line = t.line;
	}
	text_free(&t);
}

static void
walk_entry(struct aliasdb_entry *e)
{
	const char *s;
	char letter;
	size_t n = 0;

	must(*e->file && e->line);
	while (aliasdb_next(e, &letter, &s)) {
		must(strchr("AMFPIXZD", letter) && strlen(s) <= ELEMENT_TEXT && s + strlen(s) < e->end);
		n++;
	}
	must(n > 0);
}

static void
database(int fd)
{
	static struct aliasdb_walk w;
	struct buf b = BUF(0);
	struct aliasdb_entry e;
	struct aliasdb_about a;
	struct aliasdb_source f;

	if (aliasdb_find(fd, "a", 1, &b, &e) == ALIASDB_FOUND)
		walk_entry(&e);
	if (aliasdb_find(fd, "Postmaster", 10, &b, &e) == ALIASDB_FOUND)
		walk_entry(&e);
	if (aliasdb_about(fd, &b, &a) == ALIASDB_FOUND)
		while (aliasdb_next_source(&a, &f))
			must(*f.path);
	if (aliasdb_walk(&w, fd))
		while (aliasdb_walk_next(&w, &b, &e) == ALIASDB_FOUND) {
			must(w.name_len > 0 && w.name_len <= ALIASDB_NAME);
			walk_entry(&e);
		}
	buf_free(&b);
}

static void
entry(int fd, const char *s, size_t n)
{
	const char *cut = memchr(s, 0xff, n);
	size_t first = cut ? (size_t)(cut - s) : n;
	struct cdb_make c;

	must(cdb_make_start(&c, fd) == 0);
	cdb_make_add(&c, ":a", 2, s, (unsigned)first);
	if (cut)
		cdb_make_add(&c, "", 0, cut + 1, (unsigned)(n - first - 1));
	must(cdb_make_finish(&c) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const char *s = (const char *)data + 1;
	static int fd = -1;

	if (n < 1)
		return 0;
	if (*data == 't') {
		text(s, n - 1);
		return 0;
	}
	if (fd < 0)
		fd = memfd_create("aliases.cdb", 0);
	must(fd >= 0 && ftruncate(fd, 0) == 0 && lseek(fd, 0, SEEK_SET) == 0);
	if (*data == 'e')
		entry(fd, s, n - 1);
	else if (*data == 'd')
		must(write(fd, s, n - 1) == (ssize_t)(n - 1));
	database(fd);
	return 0;
}
