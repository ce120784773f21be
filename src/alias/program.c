/* What a command would start, as far as one can see without being a shell: the first word, when nothing before it and
 * nothing in it is special to the shell. In doubt nothing is said. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "alias/work.h"
#include "lib/ascii.h"
#include "lib/fd.h"

#define PATH_SIZE 1200

static const char *const search[] = { "/usr/local/bin/", "/usr/bin/", "/bin/", 0 };
/* where a program may have gone; only for the hint */
static const char *const elsewhere[] = {
	"/usr/local/bin/", "/usr/bin/", "/bin/", "/usr/sbin/", "/sbin/", "/usr/local/sbin/", "/usr/libexec/", "/usr/lib/", 0
};
/* of the shell itself; the first few are skipped to the word after them */
static const char *const prefixes[] = { "exec", "command", "!", 0 };
static const char *const builtins[] = {
	":", ".", "[", "{", "alias", "bg", "break", "case", "cd", "continue", "echo", "eval", "exit", "export", "false", "fg", "for",
	"getopts", "hash", "if", "jobs", "kill", "local", "printf", "pwd", "read", "readonly", "return", "set", "shift", "test",
	"times", "trap", "true", "type", "ulimit", "umask", "unalias", "unset", "until", "wait", "while", 0
};

static bool
among(const char *const *list, const char *word)
{
	for (; *list; list++)
		if (strcmp(*list, word) == 0)
			return true;
	return false;
}

static bool
is_assignment(const char *s)
{
	size_t n = 0;

	while (ascii_alnum(s[n]) || s[n] == '_')
		n++;
	return n > 0 && s[n] == '=' && !(*s >= '0' && *s <= '9');
}

enum word { WORD, WORD_END, WORD_UNCLEAR };

/* the word at *s, quotes taken off, and *s behind it */
static enum word
take_word(const char **s, char *word, size_t size)
{
	size_t n = 0;
	char quote = 0;

	while (**s == ' ' || **s == '\t')
		++*s;
	if (!**s)
		return WORD_END;
	for (; **s && (quote || (**s != ' ' && **s != '\t')); ++*s) {
		char c = **s;

		if (c == quote) {
			quote = 0;
			continue;
		}
		if (!quote && (c == '\'' || c == '"')) {
			quote = c;
			continue;
		}
		if (quote == '\'' ? false : quote ? strchr("$`\\", c) != 0 : strchr("$`\\*?~(){}[]&;<>|#", c) != 0)
			return WORD_UNCLEAR;
		if (n + 1 == size)
			return WORD_UNCLEAR;
		word[n++] = c;
	}
	word[n] = 0;
	return quote ? WORD_UNCLEAR : WORD;
}

static bool
runs(const char *dir, const char *name)
{
	char path[PATH_SIZE * 2];
	struct stat st;

	snprintf(path, sizeof path, "%s%s", dir, name);
	return stat(path, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & 0111);
}

/* where a program of this name is, or 0 */
static const char *
hint(const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	int i;

	for (i = 0; *name && elsewhere[i]; i++)
		if (runs(elsewhere[i], name))
			return elsewhere[i];
	return 0;
}

static void
tell(struct work *w, uint32_t file, struct text_place p, const char *program, const char *what)
{
	const char *dir = hint(program), *slash = strrchr(program, '/');

	if (dir)
		found_warning(&w->findings, file, p, "program ", program, ": ", what, "; there is ", dir,
		    slash ? slash + 1 : program);
	else
		found_warning(&w->findings, file, p, "program ", program, ": ", what);
}

/* A script whose interpreter is not there: the shell would say that the script is not. */
static void
look_at_script(struct work *w, uint32_t file, struct text_place p, const char *program)
{
	char head[256], *name = head + 2;
	int fd = open(program, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	ssize_t n = fd < 0 ? -1 : fd_pread(fd, head, sizeof head - 1, 0);
	struct stat st;

	if (fd >= 0)
		close(fd);
	if (n < 3 || head[0] != '#' || head[1] != '!')
		return;
	head[n] = 0;
	if (!strchr(head, '\n'))
		return;
	name += strspn(name, " \t");
	name[strcspn(name, " \t\n")] = 0;
	if (*name == '/' && stat(name, &st) != 0 && errno == ENOENT)
		found_warning(&w->findings, file, p, "program ", program, ": its interpreter ", name, ": ", strerror(errno));
}

static void
look_at(struct work *w, uint32_t file, struct text_place p, const char *program)
{
	struct stat st;

	if (stat(program, &st) != 0) {
		if (errno == ENOENT || errno == ENOTDIR || errno == ELOOP || errno == ENAMETOOLONG)
			tell(w, file, p, program, strerror(errno));
	} else if (S_ISDIR(st.st_mode))
		tell(w, file, p, program, "a directory");
	else if (!S_ISREG(st.st_mode))
		tell(w, file, p, program, "not a regular file");
	else if (!(st.st_mode & 0111))
		tell(w, file, p, program, "not executable");
	else if (st.st_mode & 002)
		tell(w, file, p, program, "everybody may write to it");
	else
		look_at_script(w, file, p, program);
}

void
lint_program(struct work *w, uint32_t file, struct text_place p, const char *command)
{
	char word[PATH_SIZE];
	enum word r;
	int i;

	do
		r = take_word(&command, word, sizeof word);
	while (r == WORD && (is_assignment(word) || among(prefixes, word)));
	if (r != WORD || !*word || among(builtins, word))
		return;
	if (*word == '/') {
		look_at(w, file, p, word);
		return;
	}
	if (strchr(word, '/')) {
		tell(w, file, p, word, "not an absolute path");
		return;
	}
	for (i = 0; search[i]; i++)
		if (runs(search[i], word))
			return;
	tell(w, file, p, word, "not in /usr/local/bin, /usr/bin or /bin");
}
