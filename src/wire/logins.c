#include "wire/logins.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/ascii.h"
#include "lib/fd.h"

#define FILE_NAME "smtplogins"

/* Not a buf: what grows leaves copies behind. */
static char space[LOGINS_FILE + 1];

void
logins_forget(struct login *l)
{
	explicit_bzero(l, sizeof *l);
}

static bool
bad(struct conf_error *e, const char *why)
{
	conf_complain(e, FILE_NAME, why, 0);
	return false;
}

/* the whole file into space; *n is what has been used of it, also when it is false and why is said */
static bool
read_file(int etc, size_t *n, struct conf_error *e)
{
	int fd = openat(etc, FILE_NAME, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	const char *why = 0;
	struct stat st;
	ssize_t got;

	if (fd < 0)
		return bad(e, strerror(errno));
	if (fstat(fd, &st) != 0)
		why = strerror(errno);
	else if (!S_ISREG(st.st_mode))
		why = "is not a regular file";
	else if (st.st_mode & 077)
		why = "others than its owner may use it: it has passwords, and wants mode 600";
	else {
		got = fd_read(fd, space, sizeof space);
		*n = got < 0 ? sizeof space : (size_t)got;
		why = got < 0 ? strerror(errno) : got > LOGINS_FILE ? "is longer than 65536 bytes" : 0;
	}
	close(fd);
	return !why || bad(e, why);
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* n bytes without control bytes; UTF-8 may be among them */
static bool
copy(char *to, size_t most, const char *s, size_t n)
{
	size_t i;

	if (n == 0 || n > most)
		return false;
	for (i = 0; i < n; i++)
		if (!ascii_print(s[i]) && !((unsigned char)s[i] & 0x80))
			return false;
	memcpy(to, s, n);
	to[n] = 0;
	return true;
}

/* "USER:SECRET" of n bytes */
static bool
take(struct login *l, const char *s, size_t n)
{
	const char *colon = memchr(s, ':', n), *secret;
	size_t left;

	if (!colon)
		return false;
	secret = colon + 1;
	left = n - (size_t)(secret - s);
	l->kind = !left || (*secret != '|' && *secret != '!') ? LOGINS_PASSWORD : *secret == '|' ? LOGINS_COMMAND : LOGINS_TOKEN;
	if (l->kind != LOGINS_PASSWORD) {
		secret++;
		left--;
	}
	return copy(l->user, LOGINS_USER, s, (size_t)(colon - s)) && copy(l->secret, LOGINS_SECRET, secret, left);
}

static bool
find(size_t size, const char *name, struct login *l, struct conf_error *e)
{
	size_t at, len, n, name_len = strlen(name);
	unsigned long line = 1;
	char why[200];

	for (at = 0; at < size; at += len + 1, line++) {
		const char *s = space + at, *nl = memchr(s, '\n', size - at);

		n = len = nl ? (size_t)(nl - s) : size - at;
		while (n && is_blank(s[n - 1]))
			n--;
		if (n <= name_len || s[name_len] != ':' || memcmp(s, name, name_len) != 0 || *s == '#')
			continue;
		if (take(l, s + name_len + 1, n - name_len - 1))
			return true;
		snprintf(why, sizeof why, "line %lu is not NAME:USER:PASSWORD, NAME:USER:|COMMAND or NAME:USER:!COMMAND", line);
		return bad(e, why);
	}
	snprintf(why, sizeof why, "has no line for the login %.100s", name);
	return bad(e, why);
}

bool
logins_find(int etc, const char *name, struct login *l, struct conf_error *e)
{
	size_t n = 0;
	bool ok = read_file(etc, &n, e) && find(n, name, l, e);

	explicit_bzero(space, n);
	if (!ok)
		logins_forget(l);
	return ok;
}
