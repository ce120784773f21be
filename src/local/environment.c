#include "local/environment.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/ascii.h"
#include "lib/place.h"

#define SAFE_PATH "/usr/local/bin:/usr/bin:/bin"

static bool
begin(struct environment *e, const char *name)
{
	if (e->n == ENVIRONMENT_VARS) {
		errno = E2BIG;
		return false;
	}
	e->at[e->n++] = e->text.len;
	return buf_puts(&e->text, name) && buf_byte(&e->text, '=');
}

/* a value of ours, n bytes, as it is */
static bool
put_n(struct environment *e, const char *name, const char *value, size_t n)
{
	return begin(e, name) && buf_put(&e->text, value, n) && buf_byte(&e->text, 0);
}

static bool
put(struct environment *e, const char *name, const char *value)
{
	return !value || put_n(e, name, value, strlen(value));
}

/* a line: its control bytes have been taken out where it was made */
static bool
put_line(struct environment *e, const char *name, const char *line, size_t n)
{
	return begin(e, name) && buf_put(&e->text, line, n) && buf_put(&e->text, "\n", 2);
}

static bool
passes(char c, enum exitcode_dialect d)
{
	if (d == EXITCODE_QMAIL)
		return (unsigned char)c >= ' ' && c != 127;
	return ascii_alnum(c) || (c && strchr("!@%-_=+:,./", c));
}

/* a value that a stranger may have chosen */
static bool
put_strange_n(struct environment *e, const struct environment_of *of, const char *name, const char *value, size_t n)
{
	size_t at, i;

	if (!begin(e, name))
		return false;
	at = e->text.len;
	if (!buf_put(&e->text, value, n) || !buf_byte(&e->text, 0))
		return false;
	for (i = at; i < at + n; i++)
		if (!passes(e->text.s[i], of->dialect))
			e->text.s[i] = '_';
	if (strncmp(e->text.s + at, "() {", 4) == 0)
		e->text.s[at] = '_';
	return true;
}

static bool
put_strange(struct environment *e, const struct environment_of *of, const char *name, const char *value)
{
	return !value || put_strange_n(e, of, name, value, strlen(value));
}

/* what the address has beyond the name: for an alias's program that is not the alias user's but the recipient's */
static const char *
extension(const struct environment_of *of, size_t *n)
{
	const char *ext = of->user->ext, *at;

	*n = strlen(ext);
	if (of->user->mode != USER_INSTRUCTION)
		return ext;
	*n = (at = strrchr(of->rcpt, '@')) ? (size_t)(at - of->rcpt) : strlen(of->rcpt);
	for (ext = of->rcpt; *n > 0 && !strchr(of->user->separators, *ext); ext++)
		--*n;
	if (*n > 0) {
		ext++;
		--*n;
	}
	return ext;
}

/* EXT and what follows its first, second and third hyphen. EXTENSION is there only if it says something: mlmmj takes
 * an empty one for an answer */
static bool
put_ext(struct environment *e, const struct environment_of *of)
{
	static const char *const names[] = { "EXT", "EXT2", "EXT3", "EXT4" };
	size_t n, i;
	const char *ext = extension(of, &n);

	if (n > 0 && !put_strange_n(e, of, "EXTENSION", ext, n))
		return false;
	for (i = 0; i < 4; i++) {
		const char *hyphen;

		if (!put_strange_n(e, of, names[i], ext, n))
			return false;
		hyphen = memchr(ext, '-', n);
		n = hyphen ? n - (size_t)(hyphen + 1 - ext) : 0;
		ext = hyphen ? hyphen + 1 : "";
	}
	return true;
}

/* HOST and what stands before its last, second last and third last dot; where there is none, all of it */
static bool
put_host(struct environment *e, const struct environment_of *of)
{
	static const char *const names[] = { "HOST", "HOST2", "HOST3", "HOST4" };
	const char *at = strrchr(of->rcpt, '@'), *host = at ? at + 1 : "";
	size_t n = strlen(host), i, dot;

	for (i = 0; i < 4; i++) {
		if (!put_strange_n(e, of, names[i], host, n))
			return false;
		for (dot = n; dot > 0 && host[dot - 1] != '.'; dot--)
			;
		if (dot > 0)
			n = dot - 1;
	}
	return put_strange(e, of, "DOMAIN", host);
}

static bool
put_local(struct environment *e, const struct environment_of *of)
{
	const char *at = strrchr(of->rcpt, '@');

	if (of->user->mode != USER_INSTRUCTION)
		return put_strange(e, of, "LOCAL", of->user->local);
	return put_strange_n(e, of, "LOCAL", of->rcpt, at ? (size_t)(at - of->rcpt) : strlen(of->rcpt));
}

static bool
put_place(struct environment *e)
{
	if (!place_private())
		return put(e, "PATH", SAFE_PATH);
	return put(e, "PATH", getenv("PATH")) && put(e, "PNEU_ETC", getenv("PNEU_ETC")) &&
	    put(e, "PNEU_QUEUE", getenv("PNEU_QUEUE"));
}

static bool
put_all(struct environment *e, const struct environment_of *of)
{
	const struct user *u = of->user;

	return put_place(e) && put(e, "HOME", u->home) && put(e, "USER", u->name) && put(e, "LOGNAME", u->name) &&
	    put(e, "SHELL", "/bin/sh") && put(e, "LANG", "C") && put_strange(e, of, "SENDER", of->sender) &&
	    put_strange(e, of, "NEWSENDER", of->new_sender) && put_strange(e, of, "RECIPIENT", of->rcpt) &&
	    put_strange(e, of, "ORIGINAL_RECIPIENT", of->via ? of->via : of->rcpt) && put_local(e, of) && put_ext(e, of) &&
	    put_host(e, of) && put_strange(e, of, "DEFAULT", of->matched) && (of->dialect != EXITCODE_QMAIL ||
	    (put_line(e, "DTLINE", of->dtline, of->dtline_n) && put_line(e, "RPLINE", of->rpline, of->rpline_n) &&
	    put_line(e, "UFLINE", of->ufline->s, of->ufline->len - 1)));
}

bool
environment_make(struct environment *e, const struct environment_of *of)
{
	size_t i;

	e->text.max = ENVIRONMENT_MAX;
	buf_clear(&e->text);
	e->n = 0;
	if (!put_all(e, of))
		return false;
	for (i = 0; i < e->n; i++)              /* only now does the text stay where it is */
		e->envp[i] = e->text.s + e->at[i];
	e->envp[i] = 0;
	return true;
}
