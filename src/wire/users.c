#include "wire/users.h"

#include <cdb.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/ascii.h"
#include "lib/num.h"
#include "wire/spawner.h"
#include "wire/textdb.h"

#define FIELDS 6                /* user uid gid home dash ext */

_Static_assert(USERS_LOCAL >= SPAWNER_KEY, "a key that can be asked for could not be looked up");

/* 1 found: its data is at the end of b, which has grown by it; 0 not there; -1 errno */
static int
get(int fd, const char *key, size_t n, struct buf *b)
{
	unsigned len;
	int r = cdb_seek(fd, key, (unsigned)n, &len);

	if (r <= 0)
		return r;
	if (len > USERS_DATA) {
		errno = EPROTO;
		return -1;
	}
	if (!buf_room(b, len))
		return -1;
	if (len && cdb_bread(fd, b->s + b->len, (int)len) != 0)
		return -1;
	b->len += len;
	b->s[b->len] = 0;
	return 1;
}

/* the entry's fields, each ended by the 0 that separates them, the last by the buf's own */
static enum users_result
parse(const char *s, size_t n, struct users_entry *e)
{
	const char *field[FIELDS], *end = s + n;
	uint64_t uid, gid;
	size_t i;

	for (i = 0; i < FIELDS; i++) {
		const char *stop = s <= end ? memchr(s, 0, (size_t)(end - s) + 1) : 0;

		if (!stop)
			break;
		field[i] = s;
		s = stop + 1;
	}
	if (i != FIELDS || s != end + 1 || !num_u64(field[1], 0, USERS_ID_MAX, &uid) ||
	    !num_u64(field[2], 0, USERS_ID_MAX, &gid)) {
		errno = EPROTO;
		return USERS_TROUBLE;
	}
	e->user = field[0];
	e->uid = (uid_t)uid;
	e->gid = (gid_t)gid;
	e->home = field[3];
	e->dash = field[4];
	e->ext = field[5];
	return USERS_FOUND;
}

/* what a look-up goes through */
struct lookup {
	int fd;
	char key[USERS_LOCAL + 2];      /* '!', local in lower case, 0 */
	size_t n;                       /* bytes of local */
	const char *separators;
	char ends[USERS_DATA];          /* the last bytes of prefixes */
	size_t ends_len;
};

static int
get_ends(struct lookup *l, struct buf *b)
{
	int r = get(l->fd, "", 0, b);

	if (r == 0) {
		errno = EPROTO;
		r = -1;
	}
	if (r > 0) {
		l->ends_len = b->len;
		memcpy(l->ends, b->s, b->len);
	}
	buf_clear(b);
	return r;
}

/* the first n bytes of local as an exact name */
static int
get_exact(struct lookup *l, size_t n, struct buf *b)
{
	char was = l->key[n + 1];
	int r;

	l->key[n + 1] = 0;
	r = get(l->fd, l->key, n + 2, b);
	l->key[n + 1] = was;
	return r;
}

/* The longest of: beginnings before a separator, as exact names; prefixes, of those that end in a byte some prefix ends
 * in. The empty prefix is last. *matched bytes of local are the name */
static int
find_part(struct lookup *l, struct buf *b, size_t *matched, bool *is_base)
{
	size_t n;
	int r;

	if (get_ends(l, b) < 0)
		return -1;
	for (n = l->n + 1; n-- > 0; ) {
		*matched = n;
		if ((*is_base = n > 0 && n < l->n && strchr(l->separators, l->key[n + 1])) && (r = get_exact(l, n, b)) != 0)
			return r;
		*is_base = false;
		if (n > 0 && !memchr(l->ends, l->key[n], l->ends_len))
			continue;
		if ((r = get(l->fd, l->key, n + 1, b)) != 0)
			return r;
	}
	return 0;
}

/* The data ends in an empty dash and an empty ext: they become the separator and what follows it. */
static bool
tag_entry(struct buf *b, struct users_entry *e)
{
	buf_cut(b, b->len - 1);
	if (!buf_byte(b, *e->tag) || !buf_byte(b, 0) || !buf_puts(b, e->tag + 1))
		return false;
	return parse(b->s, b->len, e) == USERS_FOUND;
}

enum users_result
users_find_base(int fd, const char *local, const char *separators, struct buf *b, struct users_entry *e)
{
	struct lookup l;
	size_t matched = l.n = strlen(local), i;
	bool is_base = false;
	int r;

	if (l.n > USERS_LOCAL) {
		errno = EMSGSIZE;
		return USERS_TROUBLE;
	}
	l.fd = fd;
	l.separators = separators;
	l.key[0] = '!';
	for (i = 0; i <= l.n; i++)
		l.key[i + 1] = ascii_lower(local[i]);
	buf_clear(b);
	r = get_exact(&l, l.n, b);
	if (r == 0)
		r = find_part(&l, b, &matched, &is_base);
	if (r == 0)
		return USERS_NONE;
	if (r < 0 || !buf_puts(b, is_base ? "" : local + matched))
		return USERS_TROUBLE;
	e->tag = is_base ? local + matched : 0;
	if (parse(b->s, b->len, e) != USERS_FOUND)
		return USERS_TROUBLE;
	if (*e->dash || *e->ext)
		e->tag = 0;
	return !e->tag || tag_entry(b, e) ? USERS_FOUND : USERS_TROUBLE;
}

enum users_result
users_find(int fd, const char *local, struct buf *b, struct users_entry *e)
{
	return users_find_base(fd, local, "", b, e);
}

/* ---- writing */

struct compiler {
	struct textdb to;
	bool ends[256];                 /* bytes that some prefix ends in */
};

static bool
is_id(const char *s, size_t n)
{
	uint64_t id;

	return num_span(s, n, 0, USERS_ID_MAX, &id);
}

/* s..end is what follows the name's colon: six fields, each ended by a colon; data gets them 0-separated */
static bool
fields(struct compiler *c, const char *s, const char *end, struct buf *data)
{
	size_t i;

	for (i = 0; i < FIELDS; i++) {
		const char *colon = memchr(s, ':', (size_t)(end - s));
		size_t n;

		if (!colon)
			return textdb_bad(&c->to, "fewer than six fields, each ended by a colon, after the name");
		n = (size_t)(colon - s);
		if ((i == 1 || i == 2) && !is_id(s, n))
			return textdb_bad(&c->to, i == 1 ? "the uid is not a number" : "the gid is not a number");
		if (i == 0 && n == 0)
			return textdb_bad(&c->to, "no user");
		if (i == 3 && (n == 0 || *s != '/'))
			return textdb_bad(&c->to, "the home directory does not begin with a slash");
		if (!(i == 0 || buf_byte(data, 0)) || !buf_put(data, s, n))
			return errno == EMSGSIZE ? textdb_bad(&c->to, "the entry is too long") : textdb_trouble(&c->to);
		s = colon + 1;
	}
	return true;
}

static bool
assignment(struct compiler *c, const char *s, const char *end, struct buf *key, struct buf *data)
{
	bool prefix = *s == '+';
	const char *colon = memchr(s, ':', (size_t)(end - s));

	if (!colon)
		return textdb_bad(&c->to, "no colon");
	buf_clear(key);
	buf_clear(data);
	if (colon - s - 1 > USERS_LOCAL)
		return textdb_bad(&c->to, "the name is too long");
	if (!buf_byte(key, '!'))
		return textdb_trouble(&c->to);
	for (s++; s < colon; s++)
		if (!buf_byte(key, ascii_lower(*s)))
			return textdb_trouble(&c->to);
	if (prefix && key->len > 1)
		c->ends[(unsigned char)key->s[key->len - 1]] = true;
	if (!prefix && !buf_byte(key, 0))
		return textdb_trouble(&c->to);
	if (!fields(c, colon + 1, end, data))
		return false;
	return cdb_make_add(&c->to.cdb, key->s, (unsigned)key->len, data->s, (unsigned)data->len) == 0 || textdb_trouble(&c->to);
}

/* every line up to the one with the dot */
static bool
assignments(struct compiler *c, const char *s, const char *end, struct buf *key, struct buf *data)
{
	for (; s < end; c->to.error->line++) {
		const char *nl = memchr(s, '\n', (size_t)(end - s));
		const char *stop = nl ? nl : end;

		if (memchr(s, 0, (size_t)(stop - s)))
			return textdb_bad(&c->to, "a NUL byte");
		if (*s == '.')
			return true;
		if (!nl)
			return textdb_bad(&c->to, "the line does not end");
		if (s == stop || (*s != '=' && *s != '+'))
			return textdb_bad(&c->to, "neither = nor + nor . at its beginning");
		if (!assignment(c, s, stop, key, data))
			return false;
		s = nl + 1;
	}
	return textdb_bad(&c->to, "no line with a dot at the end");
}

static bool
write_ends(struct compiler *c)
{
	char ends[256];
	unsigned n = 0;
	int i;

	for (i = 0; i < 256; i++)
		if (c->ends[i])
			ends[n++] = (char)i;
	return cdb_make_add(&c->to.cdb, "", 0, ends, n) == 0 || textdb_trouble(&c->to);
}

bool
users_compile(const char *text, size_t n, int fd, struct compile_error *error)
{
	struct buf key = BUF(USERS_LOCAL + 2), data = BUF(USERS_DATA);
	struct compiler c = { .ends = { false } };
	bool ok;

	if (!textdb_begin(&c.to, fd, error))
		return false;
	ok = textdb_end(&c.to, assignments(&c, text, text + n, &key, &data) && write_ends(&c));
	buf_free(&key);
	buf_free(&data);
	return ok;
}
