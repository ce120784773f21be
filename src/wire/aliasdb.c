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

enum aliasdb_result
aliasdb_find(int fd, const char *name, size_t n, struct buf *space, struct aliasdb_entry *e)
{
	char key[ALIASDB_NAME + 1];
	enum aliasdb_result r;
	const char *s, *end;
	size_t i;

	if (n == 0 || n > ALIASDB_NAME)         /* no entry has such a name */
		return ALIASDB_NONE;
	key[0] = ':';
	for (i = 0; i < n; i++)
		key[i + 1] = ascii_lower(name[i]);
	r = get(fd, key, n + 1, space);
	if (r != ALIASDB_FOUND)
		return r;
	end = space->s + space->len;
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
