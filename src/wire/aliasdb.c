#include "wire/aliasdb.h"

#include <cdb.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/ascii.h"
#include "lib/num.h"
#include "mail/element.h"

/* ---- reading */

static enum aliasdb_result
damaged(void)
{
	errno = EPROTO;
	return ALIASDB_TROUBLE;
}

static enum aliasdb_result
get(int fd, const char *key, size_t n, struct buf *b)
{
	unsigned len;
	int r = cdb_seek(fd, key, (unsigned)n, &len);

	buf_clear(b);
	b->max = ALIASDB_DATA;
	if (r <= 0)
		return r == 0 ? ALIASDB_NONE : ALIASDB_TROUBLE;
	if (len == 0 || len > ALIASDB_DATA)
		return damaged();
	if (!buf_room(b, len) || cdb_bread(fd, b->s, (int)len) != 0)
		return ALIASDB_TROUBLE;
	b->len = len;
	b->s[len] = 0;
	/* every field ends in a 0: who walks them needs no other check of where they end */
	return b->s[len - 1] ? damaged() : ALIASDB_FOUND;
}

static const char *
after(const char *s)
{
	return s + strlen(s) + 1;
}

/* letter and text, as the writer makes them */
static bool
is_element(const char *s)
{
	size_t n = *s ? strlen(s + 1) : 0;

	if (!*s || !strchr("AMFPIXZD", *s) || n > ELEMENT_TEXT)
		return false;
	return n || *s == 'X' || *s == 'Z' || *s == 'D';
}

/* FILE 0 LINE 0 (letter text 0)+ */
static enum aliasdb_result
parse(const struct buf *space, struct aliasdb_entry *e)
{
	const char *s, *end = space->s + space->len;

	e->file = space->s;
	s = after(e->file);
	if (!*e->file || s == end || !num_u64(s, 1, UINT64_MAX, &e->line))
		return damaged();
	e->at = s = after(s);
	e->end = end;
	if (s == end)
		return damaged();
	for (; s < end; s = after(s))
		if (!is_element(s))
			return damaged();
	return ALIASDB_FOUND;
}

enum aliasdb_result
aliasdb_find(int fd, const char *name, size_t n, struct buf *space, struct aliasdb_entry *e)
{
	char key[ALIASDB_NAME + 1];
	enum aliasdb_result r;
	size_t i;

	if (n == 0 || n > ALIASDB_NAME)         /* no entry has such a name */
		return ALIASDB_NONE;
	key[0] = ':';
	for (i = 0; i < n; i++)
		key[i + 1] = ascii_lower(name[i]);
	r = get(fd, key, n + 1, space);
	return r == ALIASDB_FOUND ? parse(space, e) : r;
}

static const char letters[] = {
	[ELEMENT_ADDRESS] = 'A', [ELEMENT_MAILBOX] = 'M', [ELEMENT_FILE] = 'F', [ELEMENT_PROGRAM] = 'P',
	[ELEMENT_INCLUDE] = 'I', [ELEMENT_FAIL] = 'X', [ELEMENT_DEFER] = 'Z', [ELEMENT_DISCARD] = 'D',
};

char
aliasdb_letter(enum element_kind kind)
{
	return letters[kind];
}

enum element_kind
aliasdb_kind(char letter)
{
	const char *at = memchr(letters, letter, sizeof letters);

	return at ? (enum element_kind)(at - letters) : ELEMENT_DISCARD;
}

bool
aliasdb_next(struct aliasdb_entry *e, char *letter, const char **text)
{
	if (e->at == e->end)
		return false;
	*letter = *e->at;
	*text = e->at + 1;
	e->at = after(e->at);
	return true;
}

/* PATH MTIME SIZE at s, or false; *s then behind them */
static bool
source(const char **s, const char *end, struct aliasdb_source *f)
{
	const char *at = *s;

	f->path = at;
	at = after(at);
	if (!*f->path || at == end || !num_u64(at, 0, UINT64_MAX, &f->mtime_ns))
		return false;
	at = after(at);
	if (at == end || !num_u64(at, 0, UINT64_MAX, &f->size))
		return false;
	*s = after(at);
	return true;
}

enum aliasdb_result
aliasdb_about(int fd, struct buf *space, struct aliasdb_about *a)
{
	enum aliasdb_result r = get(fd, "", 0, space);
	struct aliasdb_source f;
	const char *s, *end;

	if (r != ALIASDB_FOUND)
		return r == ALIASDB_NONE ? damaged() : r;
	end = space->s + space->len;
	s = after(space->s);
	if (strcmp(space->s, ALIASDB_VERSION) != 0 || s == end)
		return damaged();
	a->wild = strcmp(s, "@") == 0;
	if (*s && !a->wild)
		return damaged();
	a->at = s = after(s);
	a->end = end;
	while (s < end)
		if (!source(&s, end, &f))
			return damaged();
	return ALIASDB_FOUND;
}

bool
aliasdb_next_source(struct aliasdb_about *a, struct aliasdb_source *f)
{
	return a->at < a->end && source(&a->at, a->end, f);
}

/* ---- walking */

/* n bytes of the entries' part */
static bool
take(struct aliasdb_walk *w, char *to, size_t n)
{
	if (n > w->left) {
		errno = EPROTO;
		return false;
	}
	w->left -= n;
	while (n) {
		size_t have = w->in.end - w->in.pos;
		ssize_t r;

		if (have == 0) {
			r = in_fill(&w->in);
			if (r == 0)
				errno = EIO;    /* shorter than its tables say */
			if (r <= 0)
				return false;
			continue;
		}
		if (have > n)
			have = n;
		memcpy(to, w->in.s + w->in.pos, have);
		w->in.pos += have;
		to += have;
		n -= have;
	}
	return true;
}

static bool
take_number(struct aliasdb_walk *w, uint32_t *n)
{
	char b[4];

	if (!take(w, b, sizeof b))
		return false;
	*n = cdb_unpack((const unsigned char *)b);
	return true;
}

#define TABLES 2048                     /* bytes of a cdb's first part; entries follow it */

bool
aliasdb_walk(struct aliasdb_walk *w, int fd)
{
	char b[TABLES - 4];
	uint32_t end;

	if (lseek(fd, 0, SEEK_SET) != 0)
		return false;
	in_init(&w->in, fd, w->space, sizeof w->space, -1);
	w->left = TABLES;
	if (!take_number(w, &end) || !take(w, b, sizeof b))
		return false;
	if (end < TABLES) {
		errno = EPROTO;
		return false;
	}
	w->left = end - TABLES;         /* the first table is behind the last entry */
	return true;
}

enum aliasdb_result
aliasdb_walk_next(struct aliasdb_walk *w, struct buf *space, struct aliasdb_entry *e)
{
	uint32_t key, data;
	char colon;

	space->max = ALIASDB_DATA;
	do {
		if (w->left == 0)
			return ALIASDB_NONE;
		if (!take_number(w, &key) || !take_number(w, &data))
			return ALIASDB_TROUBLE;
		if (key == 1 || key > ALIASDB_NAME + 1 || data == 0 || data > ALIASDB_DATA || data > w->left)
			return damaged();
		buf_clear(space);
		if (!buf_room(space, data))
			return ALIASDB_TROUBLE;
		w->name_len = key ? key - 1 : 0;
		if ((key && (!take(w, &colon, 1) || !take(w, w->name, w->name_len))) || !take(w, space->s, data))
			return ALIASDB_TROUBLE;
	} while (!key);
	w->name[w->name_len] = 0;
	space->len = data;
	space->s[data] = 0;
	return colon != ':' || space->s[data - 1] ? damaged() : parse(space, e);
}

/* ---- writing */

struct aliasdb_make {
	struct cdb_make cdb;
	struct buf key, data;
	bool wild, failed;
	int error;                      /* the first errno */
};

struct aliasdb_make *
aliasdb_make(int fd)
{
	struct aliasdb_make *m = calloc(1, sizeof *m);

	if (!m)
		return 0;
	m->key.max = ALIASDB_NAME + 1;
	m->data.max = ALIASDB_DATA;
	/* it writes from wherever the descriptor stands */
	if (lseek(fd, 0, SEEK_SET) == 0 && cdb_make_start(&m->cdb, fd) == 0)
		return m;
	free(m);
	return 0;
}

static bool
fail(struct aliasdb_make *m)
{
	if (!m->failed)
		m->error = errno;
	m->failed = true;
	errno = m->error;
	return false;
}

static bool
put_string(struct buf *b, const char *s)
{
	return buf_put(b, s, strlen(s) + 1);
}

static bool
put_number(struct buf *b, uint64_t n)
{
	return buf_num(b, n) && buf_byte(b, 0);
}

static bool
store(struct aliasdb_make *m)
{
	return cdb_make_add(&m->cdb, m->key.s, (unsigned)m->key.len, m->data.s, (unsigned)m->data.len) == 0;
}

bool
aliasdb_add(struct aliasdb_make *m, const char *name, size_t n, const char *file, uint64_t line, const struct buf *elements)
{
	size_t i;

	buf_clear(&m->key);
	buf_clear(&m->data);
	if (n == 0 || elements->len == 0) {     /* no reader would believe it */
		errno = EINVAL;
		return fail(m);
	}
	if (!buf_byte(&m->key, ':') || !buf_put(&m->key, name, n))
		return fail(m);
	for (i = 1; i <= n; i++)
		m->key.s[i] = ascii_lower(m->key.s[i]);
	if (memchr(name, '@', n))
		m->wild = true;
	if (!put_string(&m->data, file) || !put_number(&m->data, line) || !buf_put(&m->data, elements->s, elements->len))
		return fail(m);
	return store(m) || fail(m);
}

static bool
put_about(struct aliasdb_make *m, const struct aliasdb_source *f, size_t sources)
{
	size_t i;

	buf_clear(&m->key);
	buf_clear(&m->data);
	if (!put_string(&m->data, ALIASDB_VERSION) || !put_string(&m->data, m->wild ? "@" : ""))
		return false;
	for (i = 0; i < sources; i++)
		if (!put_string(&m->data, f[i].path) || !put_number(&m->data, f[i].mtime_ns) || !put_number(&m->data, f[i].size))
			return false;
	return cdb_make_add(&m->cdb, "", 0, m->data.s, (unsigned)m->data.len) == 0;
}

bool
aliasdb_make_end(struct aliasdb_make *m, const struct aliasdb_source *f, size_t sources)
{
	bool ok;
	int e;

	if (!m->failed && !put_about(m, f, sources))
		fail(m);
	if (cdb_make_finish(&m->cdb) != 0)      /* also frees what it holds */
		fail(m);
	buf_free(&m->key);
	buf_free(&m->data);
	ok = !m->failed;
	e = m->error;
	free(m);
	errno = e;
	return ok;
}
