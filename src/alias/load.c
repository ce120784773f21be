#include "alias/work.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/fd.h"
#include "lib/num.h"
#include "lib/progress.h"
#include "resolve/expand.h"

static const struct text_place top = { 1, 1 };

static bool
add_file(struct work *w, const char *name, const char *path)
{
	if (w->files == w->file_room) {
		uint32_t room = w->file_room ? w->file_room * 2 : 16;
		struct file *f = realloc(w->file, room * sizeof *f);

		if (!f)
			return false;
		w->file = f;
		w->file_room = room;
	}
	w->file[w->files++] = (struct file){ .name = name, .path = path };
	return true;
}

/* all of it, or errno (EMSGSIZE: more than max); it may grow meanwhile */
static bool
read_all(int fd, off_t size, size_t max, struct buf *b)
{
	ssize_t n = 0;

	b->max = max + 1;
	buf_clear(b);
	do {
		size_t want = b->len == 0 ? (size_t)size + 1 : b->len;

		if (want > b->max - b->len)
			want = b->max - b->len;
		if (want == 0) {
			errno = EMSGSIZE;
			return false;
		}
		if (!buf_room(b, want) || (n = fd_read(fd, b->s + b->len, want)) < 0)
			return false;
		b->len += (size_t)n;
		b->s[b->len] = 0;
		if ((size_t)n < want)
			return true;
	} while (n > 0);
	return true;
}

/* ---- text files */

static bool
said_before(struct work *w, const struct text_entry *e, uint32_t file, uint32_t index)
{
	const struct entry *first = &w->table.entry[index];
	char line[NUM_TEXT];

	found_error(&w->findings, file, e->place, e->name, " has an entry already, at ",
	    w->file[first->file].name, ":", num_text(line, first->place.line));
	return true;
}

/* the elements; they are looked at even if they are not kept */
static bool
members(struct work *w, const struct text_entry *e, uint32_t file, bool keep)
{
	static struct element el;               /* a kilobyte */
	struct findings *f = &w->findings;
	struct element_walk walk;
	enum element_result r;
	uint64_t bytes = strlen(w->file[file].path) + NUM_TEXT + 1;
	bool any = false;

	element_walk(&walk, e->value, e->value_len);
	while ((r = element_next(&walk, &el)) != ELEMENT_END) {
		any = true;
		if (r == ELEMENT_BAD) {
			found_error(f, file, text_where(&w->text, e->value_at + walk.bad_at), walk.why);
			continue;
		}
		if (el.warning)
			found_warning(f, file, text_where(&w->text, e->value_at + el.at), el.warning);
		bytes += el.len + 2;
		if (keep && !entries_member(&w->table, el.kind, el.text, el.len, text_where(&w->text, e->value_at + el.at)))
			return false;
	}
	if (walk.remark && text_where(&w->text, e->value_at + walk.remark).line !=
	    text_where(&w->text, e->value_at + e->value_len - 1).line)      /* what hides them is not meant to */
		found_error(f, file, text_where(&w->text, e->value_at + walk.remark),
		    "a # before the end of the entry; a comment has to be a line of its own");
	if (!any)
		found_error(f, file, e->place, "no recipients");
	if (bytes > ALIASDB_DATA)
		found_error(f, file, e->place, "the entry is longer than 16777216 bytes");
	return true;
}

static bool
entry(struct work *w, const struct text_entry *e, uint32_t file)
{
	struct file *f = &w->file[file];
	uint32_t index;

	if (e->warning)
		found_warning(&w->findings, file, e->place, e->warning);
	switch (entries_add(&w->table, false, e->name, e->name_len, &index)) {
	case TABLE_KNOWN:
		return said_before(w, e, file, index) && members(w, e, file, false);
	case TABLE_NEW:
		break;
	case TABLE_TROUBLE:
	default:
		return false;
	}
	w->table.entry[index].file = file;
	w->table.entry[index].place = e->place;
	f->aliases++;
	f->total_bytes += e->name_len + e->value_len;
	if (e->value_len > f->longest_bytes)
		f->longest_bytes = e->value_len;
	return members(w, e, file, true);
}

static bool
entries(struct work *w, uint32_t file)
{
	static struct text_entry e;
	struct text_error error;
	enum text_result r;
	struct progress p;

	text_init(&w->text, w->bytes.s ? w->bytes.s : "", w->bytes.len);
	progress_begin(&p, w->file[file].name, w->bytes.len);
	while ((r = text_next(&w->text, &e, &error)) == TEXT_ENTRY || r == TEXT_BAD)
		if (r == TEXT_BAD)
			found_error(&w->findings, file, error.place, error.why);
		else if (!entry(w, &e, file)) {
			r = TEXT_TROUBLE;
			break;
		} else
			progress_at(&p, w->text.at);
	progress_end(&p);
	text_free(&w->text);
	return r == TEXT_END;
}

bool
load_text(struct work *w, const char *name, const char *path)
{
	uint32_t file = w->files;
	struct stat st;
	bool ok;
	int fd, e;

	if (!add_file(w, name, path) || (fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)) < 0)
		return false;
	w->texts = w->files;
	ok = fstat(fd, &st) == 0;
	if (ok && !S_ISREG(st.st_mode))
		found_error(&w->findings, file, top, "not a regular file");
	else if (ok) {
		/* as it is before it is read: what is written meanwhile makes the database stale, and that is seen */
		w->file[file].mtime_ns = (uint64_t)st.st_mtim.tv_sec * 1000000000u + (uint64_t)st.st_mtim.tv_nsec;
		w->file[file].size = (uint64_t)st.st_size;
		lint_modes(w, file, top, path, &st, ERROR);
		ok = read_all(fd, st.st_size, WORK_TEXT, &w->bytes) && entries(w, file);
	}
	e = errno;
	close(fd);
	errno = e;
	return ok;
}

/* ---- lists */

static bool
list_line(struct work *w, uint32_t file, const char *s, size_t n, uint32_t line)
{
	static struct element el;
	struct element_walk walk;
	enum element_result r;
	const char *from = s;

	if (!element_line(&from, &n))
		return true;
	element_walk(&walk, from, n);
	while ((r = element_next(&walk, &el)) != ELEMENT_END) {
		struct text_place p = { line, (uint32_t)((size_t)(from - s) + 1 + (r == ELEMENT_BAD ? walk.bad_at : el.at)) };

		if (r == ELEMENT_BAD) {
			found_warning(&w->findings, file, p, walk.why);
			continue;
		}
		if (el.warning)
			found_warning(&w->findings, file, p, el.warning);
		if (!entries_member(&w->table, el.kind, el.text, el.len, p))
			return false;
	}
	return true;
}

static bool
list_lines(struct work *w, uint32_t file)
{
	const char *s = w->bytes.s ? w->bytes.s : "", *end = s + w->bytes.len;
	uint32_t line = 1;

	for (; s < end; line++) {
		const char *nl = memchr(s, '\n', (size_t)(end - s)), *stop = nl ? nl : end;

		if (!list_line(w, file, s, (size_t)(stop - s), line))
			return false;
		s = stop + 1;
	}
	return true;
}

static void
cannot(struct work *w, uint32_t file, struct text_place place, const char *path, const char *why)
{
	found_warning(&w->findings, file, place, "list ", path, ": ", why, "; its mail would wait");
}

/* the list of this name, which is the entry added last; file and place say who names it */
static bool
read_list(struct work *w, uint32_t index, uint32_t file, struct text_place place)
{
	const char *path = w->table.entry[index].name;
	bool roots = w->table.entry[index].programs;    /* who names it is root */
	const char *odd;
	struct listfile l;
	struct stat *st = &l.st;
	bool ok = true;

	if (!listfile_open(&l, path))
		cannot(w, file, place, path, strerror(errno));
	else if ((odd = listfile_odd(&l, roots)))
		cannot(w, file, place, path, odd + 3);  /* without its "is " */
	else if (!read_all(l.fd, st->st_size, EXPAND_LIST_BYTES, &w->bytes))
		cannot(w, file, place, path, strerror(errno));
	else if ((ok = add_file(w, path, path))) {
		uint32_t own = w->files - 1;

		w->table.entry[index].file = own;
		w->table.entry[index].programs = listfile_programs(&l);
		lint_modes(w, own, top, path, st, WARNING);
		if (!host_runner_reads(&w->host, st))
			found_warning(&w->findings, own, top, "the runner, pneuq, may not read this list; its mail would wait");
		ok = list_lines(w, own);
	}
	if (l.fd >= 0)
		close(l.fd);
	return ok;
}

bool
load_lists(struct work *w)
{
	struct table *t = &w->table;
	uint32_t i, j, to;

	/* reading a list adds an entry behind the last, which is looked at in its turn */
	for (i = 0; i < t->entries; i++)
		for (j = t->entry[i].first; j < t->entry[i].first + t->entry[i].count; j++) {
			if (t->member[j].kind != ELEMENT_INCLUDE)
				continue;
			switch (entries_add(t, true, t->member[j].text, t->member[j].len, &to)) {
			case TABLE_NEW:
				t->entry[to].file = t->entry[i].file;
				t->entry[to].place = top;
				t->entry[to].programs = !t->entry[i].list || t->entry[i].programs;
				if (!read_list(w, to, t->entry[i].file, t->member[j].place))
					return false;
				break;
			case TABLE_KNOWN:
				break;
			case TABLE_TROUBLE:
			default:
				return false;
			}
			t->member[j].to = to;
		}
	buf_free(&w->bytes);
	return true;
}

void
work_free(struct work *w)
{
	findings_free(&w->findings);
	entries_free(&w->table);
	host_close(&w->host);
	buf_free(&w->bytes);
	free(w->file);
}
