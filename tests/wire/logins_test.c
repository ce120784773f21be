/* control/smtplogins: whose line, what it says, and who may read it */
#include "wire/logins.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scratch.h"
#include "tap.h"

static struct login l;
static struct conf_error error;
static int dir;

static void
file(const char *text)
{
	unlink("smtplogins");
	scratch_file("smtplogins", text, strlen(text));
	ok(chmod("smtplogins", 0600) == 0, "a file");
}

/* "KIND USER SECRET" or the error */
static const char *
look(const char *name)
{
	static const char *const kind[] = { "password", "command", "token" };
	static char text[LOGINS_USER + LOGINS_SECRET + 20];

	memset(&l, 'x', sizeof l);
	if (!logins_find(dir, name, &l, &error))
		return error.text;
	snprintf(text, sizeof text, "%s %s %s", kind[l.kind], l.user, l.secret);
	return text;
}

static bool
is_forgotten(void)
{
	const char *s = (const char *)&l;
	size_t i;

	for (i = 0; i < sizeof l && !s[i]; i++)
		;
	return i == sizeof l;
}

static void
lines(void)
{
	file("# isp:not:this\n\nisp:joe@isp.example:se:cr et \t\r\nisp2:ann:|pass show isp2\nisp:second:line\ng:u@gmail.example:!token g\n"
	    "last:u:\xc3\xa4 p");
	same(look("isp"), "password joe@isp.example se:cr et", "a password");
	same(look("isp2"), "command ann pass show isp2", "a command");
	same(look("g"), "token u@gmail.example token g", "a command for a token");
	same(look("last"), "password u \xc3\xa4 p", "a line without an end");
	same(look("is"), "control/smtplogins: has no line for the login is", "none");
	ok(is_forgotten(), "nothing is left of what was read");
	same(look("# isp"), "control/smtplogins: has no line for the login # isp", "a comment is none");
	logins_forget(&l);
	ok(is_forgotten(), "and what was found can be forgotten");
}

static void
faults(void)
{
	static const char *const bad[] = { "x:\n", "x:u\n", "x:u:\n", "x::p\n", "x:u:|\n", "x:u:!\n", "x:u\1:p\n", "x:u:p\1q\n", "x:u: \n" };
	static char longest[LOGINS_FILE + 10];
	char line[LOGINS_SECRET + 20] = "y:u:p\nx:u:";
	size_t i;

	for (i = 0; i < sizeof bad / sizeof *bad; i++) {
		file(bad[i]);
		same(look("x"), "control/smtplogins: line 1 is not NAME:USER:PASSWORD, NAME:USER:|COMMAND or NAME:USER:!COMMAND", "nonsense");
	}
	memset(line + 10, 'p', LOGINS_SECRET);
	file(line);
	ok(strncmp(look("x"), "password u ppp", 14) == 0, "the longest");
	line[10 + LOGINS_SECRET] = 'p';
	file(line);
	ok(strstr(look("x"), "line 2 is not") && !strstr(error.text, "ppp"), "one more; no word of it in the message");
	memset(longest, 'p', sizeof longest - 1);
	file(longest);
	same(look("x"), "control/smtplogins: is longer than 65536 bytes", "too long a file");
}

static void
modes(void)
{
	static const mode_t open_to_others[] = { 0640, 0604, 0620, 0602, 0644, 0610 };
	size_t i;

	file("x:u:p\n");
	for (i = 0; i < sizeof open_to_others / sizeof *open_to_others; i++) {
		ok(chmod("smtplogins", open_to_others[i]) == 0, "a mode");
		same(look("x"), "control/smtplogins: others than its owner may use it: it has passwords, and wants mode 600", "refused");
	}
	ok(chmod("smtplogins", 0400) == 0, "for its owner");
	same(look("x"), "password u p", "to read alone");
	unlink("smtplogins");
	same(look("x"), "control/smtplogins: No such file or directory", "no file");
	ok(mkfifo("smtplogins", 0600) == 0, "a pipe");
	same(look("x"), "control/smtplogins: is not a regular file", "is not waited for");
	unlink("smtplogins");
}

int
main(void)
{
	scratch();
	dir = open(".", O_RDONLY | O_DIRECTORY);
	lines();
	faults();
	modes();
	close(dir);
	return done();
}
