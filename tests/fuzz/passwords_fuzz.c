/* passwords_fuzz - texts of logins and databases of any bytes
 *   input   't': a text; 'd': a database
 * What compiles is found again, line by line, and a hash that is found could be one; a database may be damaged in any way.
 * sources: src/wire/passwords.c src/wire/textdb.c src/lib/buf.c src/lib/num.c -lcdb
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "wire/passwords.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#define must(x) ((x) ? (void)0 : abort())

static struct passwords_entry e;

static void
check_model(void)
{
	must(!e.model[0] || (e.model[0] == '$' && strchr(e.model + 1, '$') && strlen(e.model) <= PASSWORDS_HASH));
}

/* each line of a good text is what the database says of its login */
static void
check_lines(int fd, char *s)
{
	char *login, *hash, *next;

	for (; s; s = next) {
		if ((next = strchr(s, '\n')))
			*next++ = 0;
		if (*s == 0 || *s == '#')
			continue;
		login = s;
		hash = strchr(s, ':');
		must(hash);
		*hash++ = 0;
		hash[strcspn(hash, ":")] = 0;
		must(passwords_login(login) && passwords_find(fd, login, &e) == PASSWORDS_FOUND && strcmp(e.hash, hash) == 0);
		must(*hash == '$' ? e.model[0] != 0 : *hash == '!' || *hash == '*');
		check_model();
	}
}

static void
try_text(const char *text, size_t n, int fd)
{
	struct compile_error error;
	char *copy;

	if (!passwords_compile(text, n, fd, &error)) {
		must(error.line > 0 && error.why);
		return;
	}
	must(passwords_find(fd, "", &e) == PASSWORDS_NONE && !e.hash[0]);
	check_model();
	must(copy = malloc(n + 1));
	memcpy(copy, text, n);
	copy[n] = 0;
	check_lines(fd, copy);
	free(copy);
}

static void
try_database(const uint8_t *data, size_t n, int fd)
{
	static const char *const logins[] = { "", "ann", "bob@example.org", "x", "a:b" };
	enum passwords_result r;
	size_t i;

	must(write(fd, data, n) == (ssize_t)n);
	for (i = 0; i < sizeof logins / sizeof *logins; i++) {
		r = passwords_find(fd, logins[i], &e);
		must(r == PASSWORDS_FOUND || r == PASSWORDS_NONE || r == PASSWORDS_TROUBLE);
		must(strlen(e.model) <= PASSWORDS_HASH && strlen(e.hash) <= PASSWORDS_HASH);
		must(r != PASSWORDS_NONE || !e.hash[0]);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	int fd = memfd_create("passwords", 0);

	must(fd >= 0);
	if (n && *data == 't')
		try_text((const char *)data + 1, n - 1, fd);
	else if (n && *data == 'd')
		try_database(data + 1, n - 1, fd);
	close(fd);
	return 0;
}
