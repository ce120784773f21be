#include "wire/passwords.h"

#include <cdb.h>
#include <errno.h>
#include <string.h>

#include "lib/ascii.h"
#include "wire/textdb.h"

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
	struct textdb to;
	const char *model;
	size_t model_len;
};

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
		return textdb_bad(&c->to, "no colon after the login");
	if (!is_login(s, (size_t)(colon - s)))
		return textdb_bad(&c->to, "the login is empty, too long or not printable ASCII");
	stop = memchr(hash, ':', (size_t)(end - hash));
	stop = stop ? stop : end;
	locked = hash < stop && (*hash == '!' || *hash == '*');
	if (stop - hash > PASSWORDS_HASH)
		return textdb_bad(&c->to, "the hash is too long");
	if (!locked && !is_hash(hash, (size_t)(stop - hash)))
		return textdb_bad(&c->to, "this is not a hash of crypt(3) that begins with $");
	r = cdb_make_put(&c->to.cdb, s, (unsigned)(colon - s), hash, (unsigned)(stop - hash), CDB_PUT_INSERT);
	if (r > 0)
		return textdb_bad(&c->to, "the login is there twice");
	if (r < 0)
		return textdb_trouble(&c->to);
	if (!c->model && !locked) {
		c->model = hash;
		c->model_len = (size_t)(stop - hash);
	}
	return true;
}

static bool
lines(struct compiler *c, const char *s, const char *end)
{
	for (; s < end; c->to.error->line++) {
		const char *nl = memchr(s, '\n', (size_t)(end - s)), *stop = nl ? nl : end;

		if (memchr(s, 0, (size_t)(stop - s)))
			return textdb_bad(&c->to, "a NUL byte");
		if (s < stop && *s != '#' && !line(c, s, stop))
			return false;
		s = nl ? nl + 1 : end;
	}
	return true;
}

bool
passwords_compile(const char *text, size_t n, int fd, struct compile_error *error)
{
	struct compiler c = { .model = 0 };
	bool ok;

	if (!textdb_begin(&c.to, fd, error))
		return false;
	ok = lines(&c, text, text + n);
	if (ok && cdb_make_add(&c.to.cdb, "", 0, c.model ? c.model : "", (unsigned)c.model_len) != 0)
		ok = textdb_trouble(&c.to);
	return textdb_end(&c.to, ok);
}
