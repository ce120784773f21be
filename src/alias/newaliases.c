/* newaliases - compile the alias files into the database that deliveries read, or say all that is wrong with them
 *   arguments  [-n] [-d] [FILE...]; without files those of control/aliasfiles, else /etc/aliases (one-user mode: etc/aliases)
 *   fd 1       a line for each file, as sendmail prints it; with -d what would change
 *   fd 2       FILE:LINE:COLUMN: error|warning: what
 *   exit       sysexits.h: 0 done, 64 use, 65 errors in the files, 66 a file cannot be read, 73 the database cannot be
 *              made, 75 trouble that may pass, 77 not allowed, 78 the control files are wrong    -> pneu-newaliases(8)
 * Invariant: readers find the old database or the new one under its name, never a part of one; on any code but 0 the old. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "alias/install.h"
#include "alias/work.h"
#include "lib/conf.h"
#include "lib/msg.h"
#include "lib/out.h"
#include "lib/place.h"

#define PRESET "/etc/aliases"

static struct work work;
static struct install install = { .file = { .fd = -1 } };

static _Noreturn void
trouble(int code, const char *what, const char *whom)
{
	int e = errno;

	install_drop(&install);
	errno = e;
	die_sys(code, what, " ", whom);
}

/* dir "/" name, for the rest of the run; an absolute name stays */
static const char *
join(const char *dir, const char *name)
{
	size_t n = strlen(dir) + strlen(name) + 2;
	char *s;

	if (*name == '/')
		return name;
	if (!(s = malloc(n)))
		die_sys(EX_TEMPFAIL, "remember ", name);
	snprintf(s, n, "%s/%s", dir, name);
	return s;
}

static void
take_text(const char *name, const char *path)
{
	const char *s;

	/* each finding is a line of its own, and the database says where an entry is */
	for (s = path; *s; s++)
		if (*s == '\n') {
			install_drop(&install);
			die_say(EX_USAGE, "a file whose name holds a newline");
		}
	if (load_text(&work, name, path))
		return;
	if (errno == ENOMEM)
		trouble(EX_TEMPFAIL, "read", name);
	if (errno == EMSGSIZE)
		trouble(EX_DATAERR, "take all of", name);
	trouble(EX_NOINPUT, "read", name);
}

static void
take_texts(int argc, char **argv)
{
	struct buf lines = BUF(0);
	struct conf table[] = { { "aliasfiles", CONF_LINES, &lines, 0, 0, 0 } };
	struct conf_error error;
	const char *l = 0, *path;
	static char *here;                      /* stays */

	if (!(here = getcwd(0, 0)))
		trouble(EX_TEMPFAIL, "find out the current", "directory");
	for (; argc > 0; argc--, argv++)
		take_text(*argv, join(here, *argv));
	if (work.texts)
		return;
	if (!conf_read(table, 1, &error)) {
		install_drop(&install);
		die_say(EX_CONFIG, error.text);
	}
	while ((l = conf_next(&lines, l))) {
		path = join(*place_etc() == '/' ? place_etc() : join(here, place_etc()), l);
		take_text(path, path);
	}
	if (work.texts)
		return;
	path = place_private() ? join(*place_etc() == '/' ? place_etc() : join(here, place_etc()), "aliases") : PRESET;
	take_text(path, path);
}

/* nothing is printed before everything has been looked at */
static void
tell_findings(void)
{
	const char **path = calloc(work.files, sizeof *path);
	uint32_t i;

	if (!path)
		trouble(EX_TEMPFAIL, "print", "what is wrong");
	for (i = 0; i < work.files; i++)
		path[i] = work.file[i].name;
	if (!findings_print(&work.findings, 2, path))
		trouble(EX_TEMPFAIL, "print", "what is wrong");
	free(path);
}

static void
check(bool installs)
{
	struct conf_error error;

	if (!host_open(&work.host, &error)) {
		install_drop(&install);
		die_say(EX_CONFIG, error.text);
	}
	if (!load_lists(&work) || !host_resolve(&work.host, &work.table) || !loops_find(&work) || !lint(&work))
		trouble(EX_TEMPFAIL, "check", "the aliases");
	tell_findings();
	if (work.findings.errors == 0)
		return;
	install_drop(&install);
	if (installs)
		warn_say("nothing was installed because of the errors: the aliases stay as they were");
	exit(EX_DATAERR);
}

static void
print_counts(void)
{
	static char space[4096];
	struct out o;
	uint32_t i;

	out_init(&o, 1, space, sizeof space, -1);
	for (i = 0; i < work.texts; i++) {
		out_puts(&o, work.file[i].name);
		out_puts(&o, ": ");
		out_num(&o, work.file[i].aliases);
		out_puts(&o, " aliases, longest ");
		out_num(&o, work.file[i].longest_bytes);
		out_puts(&o, " bytes, ");
		out_num(&o, work.file[i].total_bytes);
		out_puts(&o, " bytes total\n");
	}
	if (!out_flush(&o))             /* the database is what counts */
		warn_sys("print the counts");
}

static void
print_changes(void)
{
	int dir = conf_open(), fd = dir < 0 ? -1 : openat(dir, "aliases.cdb", O_RDONLY | O_CLOEXEC);

	if (fd < 0 && errno != ENOENT)
		trouble(EX_NOINPUT, "read", "the installed database");
	if (!change_print(&work, fd))
		trouble(errno == EPROTO || errno == EIO ? EX_DATAERR : EX_TEMPFAIL, "compare with", "the installed database");
}

int
main(int argc, char **argv)
{
	bool only_check = false, changes = false;
	int c;

	msg_name("pneu-newaliases");
	while ((c = getopt(argc, argv, "nd")) != -1)
		if (c == 'n')
			only_check = true;
		else if (c == 'd')
			only_check = changes = true;
		else
			die_say(EX_USAGE, "usage: pneu-newaliases [-nd] [FILE...]");
	if (!only_check)
		install_begin(&install);
	take_texts(argc - optind, argv + optind);
	check(!only_check);
	if (changes)
		print_changes();
	if (only_check)
		return 0;
	install_end(&install, &work);
	print_counts();
	return 0;
}
