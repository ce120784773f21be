#include "resolve/account.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/ascii.h"
#include "lib/place.h"
#include "resolve/separators.h"
#include "wire/users.h"

#define BREAK '-'                       /* of qmail: what follows it has a .qmail file of its own or is nobody's */

enum found { FOUND, NOBODY, TROUBLE };  /* TROUBLE: the outcome is set */

static enum found
trouble(struct outcome *o, const char *what, const char *whom)
{
	outcome_trouble(o, what, whom);
	return TROUBLE;
}

/* ---- settings */

bool
accounts_load_from(struct accounts *a, const struct conf_view *etc, struct conf_error *e)
{
	struct buf separators = BUF(0), aliasuser = BUF(0);
	struct conf table[] = {
		SEPARATORS_CONF(&separators),
		{ "aliasuser", CONF_LINE, &aliasuser, 0, 0, 0 },
	};
	bool ok = conf_take(etc, table, sizeof table / sizeof *table, e);

	if (ok && !aliasuser.len && !(aliasuser.max = CONF_FILE_MAX, buf_puts(&aliasuser, "alias"))) {
		conf_complain(e, "aliasuser", "out of memory", 0);
		ok = false;
	}
	if (!ok || !separators_settle(&separators, e)) {
		buf_free(&separators);
		buf_free(&aliasuser);
		return false;
	}
	a->separators = separators;
	a->aliasuser = aliasuser;
	a->etc = etc;
	a->users = ACCOUNTS_EACH;
	a->one_user = place_private();
	a->guess = false;
	a->ask = true;
	return true;
}

bool
accounts_load(struct accounts *a, struct conf_error *e)
{
	struct conf_view etc;
	bool ok;

	if (!conf_look(&etc, e))
		return false;
	ok = accounts_load_from(a, &etc, e);
	close(etc.dir);
	a->etc = 0;
	return ok;
}

void
accounts_free(struct accounts *a)
{
	buf_free(&a->separators);
	buf_free(&a->aliasuser);
	if (a->users >= 0)
		close(a->users);
	a->users = ACCOUNTS_EACH;
}

/* ---- the database */

/* the open database, ACCOUNTS_NONE, or TROUBLE told by -1 */
static int
open_users(const struct accounts *a, struct outcome *o)
{
	int etc = a->etc ? a->etc->dir : conf_open(), fd, e;

	if (etc < 0) {
		outcome_trouble(o, "open the directory of control files", 0);
		return -1;
	}
	fd = openat(etc, "users.cdb", O_RDONLY | O_CLOEXEC);
	e = errno;
	if (!a->etc)
		close(etc);
	errno = e;
	if (fd >= 0)
		return fd;
	if (e == ENOENT)
		return ACCOUNTS_NONE;
	outcome_trouble(o, "open", "users.cdb");
	return -1;
}

bool
accounts_hold_users(struct accounts *a, struct outcome *o)
{
	int fd = open_users(a, o);

	if (fd == -1)
		return false;
	if (a->users >= 0)
		close(a->users);
	a->users = fd;
	return true;
}

static enum found
in_database(const struct accounts *how, const char *local, struct buf *b, struct account *a, struct outcome *o)
{
	int fd = how->users == ACCOUNTS_EACH ? open_users(how, o) : how->users;
	struct users_entry e;
	enum users_result r;

	if (fd < 0)
		return fd == ACCOUNTS_NONE ? NOBODY : TROUBLE;
	r = users_find_base(fd, local, how->separators.s, b, &e);
	if (r == USERS_TROUBLE && (errno == EPROTO || errno == EIO))
		outcome_later(o, "4.3.5", "users.cdb is damaged", (char *)0);
	else if (r == USERS_TROUBLE)
		trouble(o, "read", "users.cdb");
	if (how->users == ACCOUNTS_EACH)
		close(fd);
	if (r == USERS_FOUND)
		*a = (struct account){ .user = e.user, .home = e.home, .dash = e.dash, .ext = e.ext, .uid = e.uid, .gid = e.gid,
			.source = ACCOUNT_ASSIGNED, .separated = e.tag };
	return r == USERS_FOUND ? FOUND : r == USERS_NONE ? NOBODY : TROUBLE;
}

/* ---- the system */

static bool
means_no_home(int e)
{
	return e == ENOENT || e == ENOTDIR || e == ENAMETOOLONG || e == ELOOP;
}

/* Does this login name stand for somebody who gets mail? */
static enum found
one_name(const struct accounts *how, const char *name, struct buf *b, struct account *a, struct outcome *o)
{
	struct passwd_entry p;
	struct stat st;

	switch (how->logins.find(how->logins.ctx, name, how->ask, b, &p, o)) {
	case PASSWD_FOUND:
		break;
	case PASSWD_NONE:
		return NOBODY;
	case PASSWD_UNASKED:
		a->unsure = true;
		return NOBODY;
	default:
		return TROUBLE;
	}
	if (p.uid == 0 || (how->one_user && p.uid != geteuid()))
		return NOBODY;
	a->unseen = false;
	if (stat(p.home, &st) != 0) {
		if (means_no_home(errno))
			return NOBODY;
		if (errno != EACCES || !how->guess)
			return trouble(o, "look at the home directory", p.home);
		a->unseen = true;
	} else if (st.st_uid != p.uid)
		return NOBODY;
	a->user = p.name;
	a->home = p.home;
	a->uid = p.uid;
	a->gid = p.gid;
	return FOUND;
}

static bool
separates(const struct accounts *how, char c)
{
	return c && strchr(how->separators.s, c);
}

/* the dash as a string that stays */
static const char *
dash_text(char c)
{
	static const char all[][2] = { "!", "#", "$", "%", "&", "'", "*", "+", "-", "/", "=", "?", "^", "_", "`", "{", "|",
		"}", "~", "." };
	size_t i;

	for (i = 0; i < sizeof all / sizeof *all; i++)
		if (*all[i] == c)
			return all[i];
	return "";
}

static enum found
in_system(const struct accounts *how, const char *local, struct buf *b, struct account *a, struct outcome *o)
{
	size_t n = strlen(local), i;
	char name[ACCOUNT_NAME + 1];
	enum found r;

	for (; n > 0; n--) {
		if (n > ACCOUNT_NAME || (local[n] && local[n] != BREAK && !separates(how, local[n])))
			continue;
		for (i = 0; i < n; i++)
			name[i] = ascii_lower(local[i]);
		name[n] = 0;
		r = one_name(how, name, b, a, o);
		if (r == NOBODY)
			continue;
		a->source = ACCOUNT_LOGIN;
		a->separated = separates(how, local[n]);
		a->dash = dash_text(local[n]);
		a->ext = local + n + (local[n] != 0);
		return r;
	}
	r = one_name(how, how->aliasuser.s, b, a, o);
	a->source = ACCOUNT_ALIAS;
	a->dash = "-";
	a->ext = local;
	return r;
}

bool
account_find(const struct accounts *how, const char *local, struct buf *b, struct account *a, struct outcome *o)
{
	enum found r;

	*a = (struct account){ .user = "" };
	b->max = USERS_LOCAL + USERS_DATA;
	r = in_database(how, local, b, a, o);
	if (r == NOBODY)
		r = in_system(how, local, b, a, o);
	if (r == NOBODY)
		return outcome_never(o, "5.1.1", "no such mailbox here", (char *)0);
	if (r == FOUND && a->uid == 0 && !how->one_user)
		return outcome_later(o, "4.7.0", "no mail is delivered as root", (char *)0);
	return r == FOUND;
}

/* In one-user mode: who runs us, with a login name and a home if there are such. */
static bool
caller(const struct accounts *how, struct buf *b, struct account *a, struct outcome *o)
{
	struct passwd_entry p;
	struct stat st;

	switch (how->logins.find_uid(how->logins.ctx, geteuid(), b, &p, o)) {
	case PASSWD_FOUND:
		break;
	case PASSWD_NONE:
		p = (struct passwd_entry){ how->aliasuser.s, "/", geteuid(), getegid(), "" };
		break;
	default:
		return false;
	}
	*a = (struct account){ p.name, p.home, "", "", p.uid, p.gid, .source = ACCOUNT_ALIAS };
	if (stat(p.home, &st) != 0 && means_no_home(errno))
		a->home = "/";
	return true;
}

bool
account_alias(const struct accounts *how, struct buf *b, struct account *a, struct outcome *o)
{
	enum found r;

	if (how->one_user)
		return caller(how, b, a, o);
	*a = (struct account){ .user = "", .source = ACCOUNT_ALIAS };
	r = one_name(how, how->aliasuser.s, b, a, o);
	a->dash = a->ext = "";
	if (r == NOBODY)
		return outcome_later(o, "4.3.5", "there is no user ", how->aliasuser.s, " to run programs and write files of the "
		    "alias file as: create it, not root, with a home directory of its own, or name another in control/aliasuser",
		    (char *)0);
	return r == FOUND;
}
