#include "resolve/account.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/ascii.h"
#include "lib/conf.h"
#include "wire/users.h"

#define BREAK '-'
#define PASSWD_FIRST 4096u              /* space for an entry: tried first, and at the most */
#define PASSWD_MOST (1u << 20)

enum found { FOUND, NOBODY, TROUBLE };  /* TROUBLE: the outcome is set */

static enum found
trouble(struct outcome *o, const char *what, const char *whom)
{
	outcome_trouble(o, what, whom);
	return TROUBLE;
}

/* ---- the database */

static enum found
in_database(const char *local, struct buf *b, struct account *a, struct outcome *o)
{
	struct users_entry e;
	enum users_result r;
	int etc = conf_open(), fd;

	if (etc < 0)
		return trouble(o, "open the directory of control files", 0);
	fd = openat(etc, "users.cdb", O_RDONLY | O_CLOEXEC);
	close(etc);
	if (fd < 0)
		return errno == ENOENT ? NOBODY : trouble(o, "open", "users.cdb");
	r = users_find(fd, local, b, &e);
	if (r == USERS_TROUBLE && (errno == EPROTO || errno == EIO))
		outcome_later(o, "4.3.5", "users.cdb is damaged", (char *)0);
	else if (r == USERS_TROUBLE)
		trouble(o, "read", "users.cdb");
	close(fd);
	if (r == USERS_FOUND)
		*a = (struct account){ e.user, e.home, e.dash, e.ext, e.uid, e.gid };
	return r == USERS_FOUND ? FOUND : r == USERS_NONE ? NOBODY : TROUBLE;
}

/* ---- the system */

/* POSIX lets "no such user" look like several errors */
static bool
means_nobody(int e)
{
	return e == 0 || e == ENOENT || e == ESRCH || e == EBADF || e == EPERM;
}

static enum found
passwd_entry(const char *name, struct buf *b, struct passwd *pw, struct outcome *o)
{
	struct passwd *result;
	size_t size;
	int e = ERANGE;

	for (size = PASSWD_FIRST; e == ERANGE && size <= PASSWD_MOST; size *= 4) {
		b->max = PASSWD_MOST;
		buf_clear(b);
		if (!buf_room(b, size))
			return trouble(o, "look up", name);
		e = getpwnam_r(name, pw, b->s, b->cap, &result);
		if (e == 0)
			return result ? FOUND : NOBODY;
	}
	if (means_nobody(e))
		return NOBODY;
	errno = e;
	return trouble(o, "look up", name);
}

/* does this login name stand for somebody who gets mail? */
static enum found
one_name(const char *name, bool one_user, struct buf *b, struct account *a, struct outcome *o)
{
	struct passwd pw;
	struct stat st;
	enum found r = passwd_entry(name, b, &pw, o);

	if (r != FOUND)
		return r;
	if (pw.pw_uid == 0 || (one_user && pw.pw_uid != geteuid()))
		return NOBODY;
	if (stat(pw.pw_dir, &st) != 0)
		return errno == ENOENT || errno == ENOTDIR || errno == ENAMETOOLONG || errno == ELOOP ? NOBODY :
		    trouble(o, "look at the home directory", pw.pw_dir);
	if (st.st_uid != pw.pw_uid)
		return NOBODY;
	a->user = pw.pw_name;
	a->home = pw.pw_dir;
	a->uid = pw.pw_uid;
	a->gid = pw.pw_gid;
	return FOUND;
}

static enum found
in_system(const char *local, bool one_user, struct buf *b, struct account *a, struct outcome *o)
{
	size_t n = strlen(local), i;
	char name[ACCOUNT_NAME + 1];
	enum found r;

	for (; n > 0; n--) {
		if ((local[n] && local[n] != BREAK) || n > ACCOUNT_NAME)
			continue;
		for (i = 0; i < n; i++)
			name[i] = ascii_lower(local[i]);
		name[n] = 0;
		r = one_name(name, one_user, b, a, o);
		if (r == NOBODY)
			continue;
		a->dash = local[n] ? "-" : "";
		a->ext = local + n + (local[n] != 0);
		return r;
	}
	r = one_name("alias", one_user, b, a, o);
	a->dash = "-";
	a->ext = local;
	return r;
}

bool
account_find(const char *local, bool one_user, struct buf *b, struct account *a, struct outcome *o)
{
	enum found r;

	b->max = USERS_LOCAL + USERS_DATA;
	r = in_database(local, b, a, o);
	if (r == NOBODY)
		r = in_system(local, one_user, b, a, o);
	if (r == NOBODY)
		return outcome_never(o, "5.1.1", "no such mailbox here", (char *)0);
	if (r == FOUND && a->uid == 0 && !one_user)
		return outcome_later(o, "4.7.0", "no mail is delivered as root", (char *)0);
	return r == FOUND;
}
