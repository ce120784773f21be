/* The accounts and the programs of an installation. */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "lib/conf.h"
#include "lib/place.h"
#include "resolve/account.h"
#include "tools/showctl.h"

/* ---- accounts */

#define USERADD "useradd --system -g pneu --home-dir /nonexistent --shell /usr/sbin/nologin %s"

static void
roles(struct check *c)
{
	size_t i, j;

	if (!getgrnam("pneu"))
		check_find(c, FINDING_NOTE, "groupadd --system pneu", "there is no group pneu, for the secrets that all roles read");
	for (i = 0; i < ROLES; i++) {
		const struct role *r = &check_role[i];

		if (!r->known) {
			check_find(c, FINDING_WRONG, check_text(USERADD, r->name), "there is no user %s", r->name);
			continue;
		}
		if (r->uid == 0)
			check_find(c, FINDING_WRONG, check_text("userdel %s && " USERADD, r->name, r->name), "the user %s is root", r->name);
		for (j = 0; j < i; j++)
			if (check_role[j].known && check_role[j].uid == r->uid)
				check_find(c, FINDING_WRONG, check_text("usermod --non-unique --uid NEW %s, then make install", r->name),
				    "the users %s and %s are one, uid %lu: what one can do the other can", check_role[j].name,
				    r->name, (unsigned long)r->uid);
	}
}

static void
alias_home(struct check *c, const struct passwd *pw)
{
	struct stat st;

	if (stat(pw->pw_dir, &st) != 0) {
		check_find(c, FINDING_NOTE, check_text("install -d -o %s -m 755 %s", pw->pw_name, check_path(pw->pw_dir, 0)),
		    "the home of %s, %s: %s", pw->pw_name, pw->pw_dir, strerror(errno));
		return;
	}
	if (st.st_uid != pw->pw_uid)
		check_find(c, FINDING_WRONG, check_text("chown %s %s", pw->pw_name, check_path(pw->pw_dir, 0)),
		    "%s does not own his home %s, so no .qmail file of his counts", pw->pw_name, pw->pw_dir);
	if (!check_may(&check_role[ROLE_D], &st, 1))
		check_find(c, FINDING_NOTE, check_text("chmod a+x %s", check_path(pw->pw_dir, 0)),
		    "pneud may not search %s, so pneu-smtpd cannot see which .qmail files there are", pw->pw_dir);
}

static void
alias_user(struct check *c)
{
	struct accounts a = { .users = ACCOUNTS_NONE };
	struct conf_error e;
	const struct passwd *pw;
	size_t i;

	if (!accounts_load(&a, &e))
		return;                         /* check_settings says why */
	pw = getpwnam(a.aliasuser.s);
	if (!pw)
		check_find(c, FINDING_WRONG, "useradd --system --home-dir /var/lib/pneu/alias --create-home --shell /usr/sbin/nologin alias",
		    "there is no user %s, who runs the programs of the alias file", a.aliasuser.s);
	else if (pw->pw_uid == 0)
		check_find(c, FINDING_WRONG, check_text("echo alias >%s", check_path(place_etc(), "aliasuser")),
		    "the user of the alias file, %s, is root", a.aliasuser.s);
	else {
		for (i = 0; i < ROLES; i++)
			if (check_role[i].known && check_role[i].uid == pw->pw_uid)
				check_find(c, FINDING_WRONG, check_text("echo alias >%s", check_path(place_etc(), "aliasuser")),
				    "%s, who runs the programs of the alias file, is %s, too", a.aliasuser.s, check_role[i].name);
		alias_home(c, pw);
	}
	accounts_free(&a);
}

void
check_accounts(struct check *c)
{
	check_area(c, "users");
	if (!c->private) {
		roles(c);
		alias_user(c);
	} else if (c->is_root)
		check_find(c, FINDING_NOTE, "pneu-instance init DIR --owner ACCOUNT", "all of this private instance runs as root");
	check_ok_if_quiet(c, c->private ? "all of this private instance runs as one user" :
	    "pneuq, pneur, pneud and the user of the alias file are accounts of their own");
}

/* ---- programs */

#ifndef PNEU_PROGRAMS
#define PNEU_PROGRAMS "pneu-queue pneu-send pneu-smtpd pneu-local pneu-remote"
#endif

#define AGAIN "make install"

/* where PATH has it; 0: nowhere */
static const char *
in_path(const char *name)
{
	const char *at = getenv("PATH"), *s;
	size_t n;

	for (; at; at = at[n] ? at + n + 1 : 0) {
		n = strcspn(at, ":");
		s = check_text("%.*s/%s", n ? (int)n : 1, n ? at : ".", name);
		if (access(s, X_OK) == 0)
			return s;
	}
	return 0;
}

static bool
keeps_systempasswords(const struct check *c)
{
	uint64_t on = 0;
	const struct conf table[] = { { "systempasswords", CONF_NUMBER, &on, 0, 0, 1 } };
	struct conf_error e;

	return conf_load(c->etc, table, 1, &e) && on;
}

static void
queue_program(struct check *c, const char *path, const struct stat *st)
{
	if (!(st->st_mode & S_ISUID) || st->st_uid != check_role[ROLE_Q].uid)
		check_find(c, FINDING_WRONG, check_text("chown pneuq %s; chmod 4711 %s", path, path),
		    "pneu-queue is not setuid to pneuq, so nobody else can put mail into the queue");
	else if ((st->st_mode & 011) != 011)
		check_find(c, FINDING_WRONG, check_text("chmod 4711 %s", path), "not everybody may run pneu-queue");
}

static void
checkpw_program(struct check *c, const char *path, const struct stat *st)
{
	const struct group *gr = getgrnam("shadow");

	if (st->st_mode & S_ISUID)
		check_find(c, FINDING_WRONG, check_text("chmod 2711 %s", path), "pneu-checkpw is setuid");
	else if ((st->st_mode & S_ISGID) && (!gr || st->st_gid != gr->gr_gid))
		check_find(c, FINDING_WRONG, check_text("chgrp shadow %s && chmod 2711 %s", path, path),
		    "pneu-checkpw is setgid to a group that is not shadow");
	else if (!(st->st_mode & S_ISGID) && keeps_systempasswords(c))
		check_find(c, FINDING_WRONG, check_text("chgrp shadow %s && chmod 2711 %s", path, path),
		    "control/systempasswords is 1, and pneu-checkpw is not setgid shadow");
	if (st->st_mode & 044)
		check_find(c, FINDING_WRONG, check_text("chmod %s %s", st->st_mode & S_ISGID ? "2711" : "711", path),
		    "others may read pneu-checkpw, and so look into it while it runs");
}

static void
one_program(struct check *c, const char *name)
{
	const char *path = check_path(check_program(name), 0);
	bool is_queue = strcmp(name, "pneu-queue") == 0;
	struct stat st;

	if (stat(check_program(name), &st) != 0) {
		check_find(c, FINDING_WRONG, AGAIN, "%s: %s", path, strerror(errno));
		return;
	}
	if (!(st.st_mode & S_IXUSR) || !S_ISREG(st.st_mode))
		check_find(c, FINDING_WRONG, AGAIN, "%s is not a program that can be run", path);
	if (st.st_uid != 0 && !is_queue)
		check_find(c, FINDING_WRONG, check_text("chown root %s", path), "%s belongs to uid %lu, who could change it", path,
		    (unsigned long)st.st_uid);
	if (st.st_mode & 022)
		check_find(c, FINDING_WRONG, check_text("chmod go-w %s", path), "others than its owner may write to %s", path);
	if (is_queue)
		queue_program(c, path, &st);
	else if (strcmp(name, "pneu-checkpw") == 0)
		checkpw_program(c, path, &st);
	else if (st.st_mode & (S_ISUID | S_ISGID))
		check_find(c, FINDING_WRONG, check_text("chmod 755 %s", path), "%s is setuid or setgid, and must not be", name);
	else if (strcmp(name, "pneu-local") == 0 && st.st_mode & 044)
		check_find(c, FINDING_WRONG, check_text("chmod 711 %s", path),
		    "others may read pneu-local, and so a recipient may look into it while it runs");
}

static void
their_directory(struct check *c)
{
	char dir[1000];
	const char *path = check_program("pneu-queue"), *slash = strrchr(path, '/');
	struct statvfs fs;
	struct stat st;

	if (!slash || slash - path >= (int)sizeof dir)
		return;
	memcpy(dir, path, (size_t)(slash - path));
	dir[slash - path] = 0;
	if (stat(dir, &st) != 0)
		return;                         /* each program is missed */
	if (st.st_uid != 0 || st.st_mode & 022)
		check_find(c, FINDING_WRONG, check_text("chown root %s && chmod go-w %s", check_path(dir, 0), check_path(dir, 0)),
		    "others than root may write to the directory %s, and so exchange programs", dir);
	if (statvfs(dir, &fs) == 0 && fs.f_flag & ST_NOSUID)
		check_find(c, FINDING_WRONG, "mount it without nosuid", "the file system of %s is mounted nosuid: pneu-queue cannot become pneuq",
		    dir);
}

static void
one_in_path(struct check *c, const char *name)
{
	const char *path = in_path(name);
	struct stat st;

	if (!path)
		check_find(c, FINDING_WRONG, "eval \"$(pneu-instance env DIR)\"", "%s is not in PATH", name);
	else if (stat(path, &st) == 0 && st.st_mode & (S_ISUID | S_ISGID))
		check_find(c, FINDING_WRONG, "build them in a directory of your own, and put that into PATH first",
		    "%s is setuid or setgid, and so knows nothing of a private instance", path);
}

void
check_programs(struct check *c)
{
	static const char all[] = PNEU_PROGRAMS;        /* the Makefile's list */
	const char *at;
	size_t n, count = 0;
	char name[64];

	check_area(c, "programs");
	for (at = all; *at; at += n + (at[n] == ' ')) {
		n = strcspn(at, " ");
		if (n == 0 || n >= sizeof name)
			continue;
		memcpy(name, at, n);
		name[n] = 0;
		count++;
		(c->private ? one_in_path : one_program)(c, name);
	}
	if (!c->private)
		their_directory(c);
	check_ok_if_quiet(c, "%zu of them, with the owners and modes that they need", count);
}
