#include "wire/passwords.h"

#include <cdb.h>
#include <errno.h>
#include <string.h>

#include "lib/ascii.h"

static bool
is_login(const char *s, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!ascii_print(s[i]) || s[i] == ':')
			return false;
	return n > 0 && n <= PASSWORDS_LOGIN;
}

bool
passwords_login(const char *s)
{
	return is_login(s, strlen(s));
}

/* 1 found, 0 not there, -1 errno */
static int
get(int fd, const char *key, char hash[PASSWORDS_HASH + 1])
{
	unsigned len;
	int r = cdb_seek(fd, key, (unsigned)strlen(key), &len);

	if (r <= 0)
		return r;
	if (len > PASSWORDS_HASH) {
		errno = EPROTO;
		return -1;
	}
	if (len && cdb_bread(fd, hash, (int)len) != 0)
		return -1;
	hash[len] = 0;
	if (strlen(hash) != len) {
		errno = EPROTO;
		return -1;
	}
	return 1;
}

enum passwords_result
passwords_find(int fd, const char *login, struct passwords_entry *e)
{
	int r;

	e->hash[0] = e->model[0] = 0;
	if ((r = get(fd, "", e->model)) == 0)
		errno = EPROTO;                 /* some other database */
	if (r <= 0)
		return PASSWORDS_TROUBLE;
	if (!passwords_login(login))
		return PASSWORDS_NONE;
	r = get(fd, login, e->hash);
	return r < 0 ? PASSWORDS_TROUBLE : r ? PASSWORDS_FOUND : PASSWORDS_NONE;
}

/* ---- writing */

struct compiler {
	struct cdb_make cdb;
	struct compile_error *error;
	const char *model;
	size_t model_len;
};

static bool
bad(struct compiler *c, const char *why)
{
	c->error->why = why;
	errno = EINVAL;
	return false;
}

/* the cdb's own trouble, not the text's */
static bool
trouble(struct compiler *c)
{
	c->error->line = 0;
	c->error->why = 0;
	return false;
}

/* $method$... in the letters that hashes have; a password that stands there by mistake hardly looks so */
static bool
is_hash(const char *s, size_t n)
{
	const char *end = n > 1 ? memchr(s + 1, '$', n - 1) : 0;
	size_t i;

	for (i = 0; i < n; i++)
		if (!ascii_alnum(s[i]) && !strchr("./$,=+_-", s[i] ? s[i] : ' '))
			return false;
	return n > 0 && *s == '$' && end && end > s + 1 && end < s + n - 1;
}

static bool
line(struct compiler *c, const char *s, const char *end)
{
	const char *colon = memchr(s, ':', (size_t)(end - s)), *hash = colon ? colon + 1 : 0, *stop;
	bool locked;
	int r;

	if (!colon)
		return bad(c, "no colon after the login");
	if (!is_login(s, (size_t)(colon - s)))
		return bad(c, "the login is empty, too long or not printable ASCII");
	stop = memchr(hash, ':', (size_t)(end - hash));
	stop = stop ? stop : end;
	locked = hash < stop && (*hash == '!' || *hash == '*');
	if (stop - hash > PASSWORDS_HASH)
		return bad(c, "the hash is too long");
	if (!locked && !is_hash(hash, (size_t)(stop - hash)))
		return bad(c, "this is not a hash of crypt(3) that begins with $");
	r = cdb_make_put(&c->cdb, s, (unsigned)(colon - s), hash, (unsigned)(stop - hash), CDB_PUT_INSERT);
	if (r > 0)
		return bad(c, "the login is there twice");
	if (r < 0)
		return trouble(c);
	if (!c->model && !locked) {
		c->model = hash;
		c->model_len = (size_t)(stop - hash);
	}
	return true;
}

static bool
lines(struct compiler *c, const char *s, const char *end)
{
	for (; s < end; c->error->line++) {
		const char *nl = memchr(s, '\n', (size_t)(end - s)), *stop = nl ? nl : end;

		if (memchr(s, 0, (size_t)(stop - s)))
			return bad(c, "a NUL byte");
		if (s < stop && *s != '#' && !line(c, s, stop))
			return false;
		s = nl ? nl + 1 : end;
	}
	return true;
}

bool
passwords_compile(const char *text, size_t n, int fd, struct compile_error *error)
{
	struct compiler c;
	bool ok;

	memset(&c, 0, sizeof c);
	c.error = error;
	error->line = 1;
	error->why = 0;
	if (cdb_make_start(&c.cdb, fd) != 0)
		return trouble(&c);
	ok = lines(&c, text, text + n);
	if (ok && cdb_make_add(&c.cdb, "", 0, c.model ? c.model : "", (unsigned)c.model_len) != 0)
		ok = trouble(&c);
	if (cdb_make_finish(&c.cdb) != 0 && ok)         /* also frees what it holds */
		ok = trouble(&c);
	return ok;
}
