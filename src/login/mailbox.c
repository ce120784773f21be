#include "login/mailbox.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "lib/drop.h"
#include "lib/place.h"
#include "resolve/dotqmail.h"
#include "resolve/resolve.h"

#define DEPTH 10                        /* of aliases for aliases */
#define ELEMENTS 30                     /* of an alias that are looked at; a longer one is a list */

static enum mailbox_result
none(struct mailbox *m, enum mailbox_result r, const char *why, const char *about)
{
	snprintf(m->why, sizeof m->why, "%s%s", why, about);
	return r;
}

/* false: too long, which no sane one is */
static bool
copy(char *to, size_t size, const char *from)
{
	return (size_t)snprintf(to, size, "%s", from) < size;
}

static enum mailbox_result
take(struct mailbox *m, const struct account *a, const char *path)
{
	bool own_file = *a->dash && !a->separated;

	m->uid = a->uid;
	m->gid = a->gid;
	if (!copy(m->user, sizeof m->user, a->user) || !copy(m->home, sizeof m->home, a->home) ||
	    !copy(m->dash, sizeof m->dash, own_file ? a->dash : "") || !copy(m->ext, sizeof m->ext, own_file ? a->ext : "") ||
	    !copy(m->path, sizeof m->path, path))
		return none(m, MAILBOX_NONE, "its account has names that are too long", "");
	return MAILBOX_FOUND;
}

/* ---- an address */

static enum mailbox_result find_address(struct resolver *, const char *address, struct mailbox *, unsigned depth);

static enum mailbox_result
of_outcome(struct mailbox *m, const struct outcome *o)
{
	return none(m, o->verdict == 'D' ? MAILBOX_NONE : MAILBOX_TROUBLE, o->text, "");
}

/* \name: the mailbox of an account, whatever the aliases say; and a Maildir that the alias user writes */
static enum mailbox_result
find_account(const char *name, const char *path, struct mailbox *m)
{
	char local[MAILBOX_NAME];
	struct buf space = BUF(PASSWD_SPACE);
	struct outcome o = { 0 };
	struct accounts accounts = { 0 };
	struct account a;
	struct conf_error e;
	enum mailbox_result r;

	if (strcspn(name, "@") >= sizeof local)
		return none(m, MAILBOX_NONE, "no account has a name that long", "");
	snprintf(local, sizeof local, "%.*s", (int)strcspn(name, "@"), name);
	passwd_nss_init(&accounts.logins);
	if (!accounts_load(&accounts, &e))
		return none(m, MAILBOX_TROUBLE, e.text, "");
	accounts.guess = true;
	if (*path ? account_alias(&accounts, &space, &a, &o) : account_find(&accounts, local, &space, &a, &o))
		r = take(m, &a, path);
	else
		r = of_outcome(m, &o);
	accounts_free(&accounts);
	buf_free(&space);
	return r;
}

static bool
is_maildir(const char *path)
{
	size_t n = strlen(path);

	return n > 1 && path[n - 1] == '/';
}

/* NONE also where an element is no mailbox of ours, and needs none */
static enum mailbox_result
find_element(struct resolver *r, char letter, const char *text, const char *self, struct mailbox *m, unsigned depth)
{
	enum element_kind kind = aliasdb_kind(letter);

	if (kind == ELEMENT_FILE && is_maildir(text))
		return find_account("", text, m);
	if (kind == ELEMENT_MAILBOX || (kind == ELEMENT_ADDRESS && strcasecmp(text, self) == 0))
		return find_account(text, "", m);
	if (kind == ELEMENT_ADDRESS && depth < DEPTH)
		return find_address(r, text, m, depth + 1);
	return none(m, MAILBOX_NONE, "its alias names no mailbox of this host", "");
}

/* the elements are kept apart, as asking for one of them takes the space of the others */
static enum mailbox_result
find_alias(struct resolver *r, struct resolution *s, struct mailbox *m, unsigned depth)
{
	enum mailbox_result one, all = MAILBOX_NONE;
	char letters[ELEMENTS], *texts[ELEMENTS], *self = strdup(s->alias_name);
	struct mailbox other;
	const char *text;
	size_t n = 0, i;
	bool ok = self, list;

	while (ok && n < ELEMENTS && aliasdb_next(&s->alias, &letters[n], &text)) {
		texts[n] = strdup(text);
		ok = texts[n];
		n += ok;
	}
	list = ok && n == ELEMENTS;
	none(m, MAILBOX_NONE, list ? "its alias is a list" : "its alias names no mailbox of this host", "");
	for (i = 0; ok && !list && i < n && all != MAILBOX_TROUBLE; i++) {
		one = find_element(r, letters[i], texts[i], self, &other, depth);
		if (one == MAILBOX_FOUND && all == MAILBOX_FOUND) {
			all = none(m, MAILBOX_NONE, "its alias leads to more than one mailbox", "");
			break;
		}
		if (one == MAILBOX_NONE && all == MAILBOX_FOUND)
			continue;
		*m = other;
		all = one;
	}
	while (n)
		free(texts[--n]);
	free(self);
	return ok ? all : none(m, MAILBOX_TROUBLE, "out of memory", "");
}

static enum mailbox_result
find_address(struct resolver *r, const char *address, struct mailbox *m, unsigned depth)
{
	struct resolution s;

	memset(m, 0, sizeof *m);
	resolver_ask(r, address, &s);
	switch (s.kind) {
	case RESOLUTION_USER:
		return s.outcome.verdict == 'K' ? take(m, &s.account, "") : of_outcome(m, &s.outcome);
	case RESOLUTION_ALIAS:
		return find_alias(r, &s, m, depth);
	case RESOLUTION_REMOTE:
		return none(m, MAILBOX_NONE, "its mail goes to another host", "");
	case RESOLUTION_NOBODY:
		return none(m, MAILBOX_NONE, "no mailbox of this host has this address", "");
	case RESOLUTION_LATER:
	default:
		return none(m, MAILBOX_TROUBLE, s.outcome.text, "");
	}
}

/* ---- a login */

/* 1 it is an account, 0 it is none, -1 trouble */
static int
find_login(const char *login, struct mailbox *m)
{
	const struct passwd *pw;

	if (strchr(login, '@') || place_private())
		return 0;
	errno = 0;
	pw = getpwnam(login);
	if (!pw && errno && errno != ENOENT && errno != ESRCH) {
		none(m, MAILBOX_TROUBLE, "unable to look it up: ", strerror(errno));
		return -1;
	}
	if (!pw)
		return 0;
	m->uid = pw->pw_uid;
	m->gid = pw->pw_gid;
	if (copy(m->user, sizeof m->user, pw->pw_name) && copy(m->home, sizeof m->home, pw->pw_dir) &&
	    copy(m->shell, sizeof m->shell, pw->pw_shell))
		return 1;
	none(m, MAILBOX_TROUBLE, "its account has names that are too long", "");
	return -1;
}

enum mailbox_result
mailbox_find(const char *login, struct mailbox *m)
{
	enum mailbox_result r;
	struct resolver resolver;
	struct conf_error e;
	int found;

	memset(m, 0, sizeof *m);
	found = find_login(login, m);
	if (found < 0)
		return MAILBOX_TROUBLE;
	r = MAILBOX_FOUND;
	if (!found) {
		if (!resolver_open(&resolver, 0, true, &e))
			return none(m, MAILBOX_TROUBLE, e.text, "");
		r = find_address(&resolver, login, m, 0);
		resolver_close(&resolver);
	}
	return r == MAILBOX_FOUND && m->uid == 0 && !place_private() ? none(m, MAILBOX_NONE, "it is root", "") : r;
}

/* ---- becoming it */

/* As checkpassword does it, with the groups of the account; where the system knows no such one, with its own group alone.
 * Each step needs the rights that the next gives away. */
static bool
become(const struct mailbox *m)
{
	const struct passwd *pw = getpwnam(m->user);

	if (!pw || pw->pw_uid != m->uid)
		return drop_to(m->uid, m->gid);
	if (initgroups(m->user, m->gid) != 0 || setgid(m->gid) != 0 || setuid(m->uid) != 0)
		return false;
	if (getuid() == m->uid && geteuid() == m->uid && getgid() == m->gid && getegid() == m->gid && setuid(0) != 0 &&
	    seteuid(0) != 0)
		return true;
	errno = EPERM;
	return false;
}

/* its .qmail file, read as its owner: the first Maildir in it */
static enum mailbox_result
read_instructions(struct mailbox *m)
{
	static struct dotqmail q;
	struct dotqmail_instruction i;
	struct outcome o = { 0 };

	if (!dotqmail_find(&q, m->dash, m->ext, "", &o))
		return of_outcome(m, &o);
	while (dotqmail_next(&q, &i))
		if (i.kind == DOTQMAIL_MAILDIR)
			return copy(m->path, sizeof m->path, i.text) ? MAILBOX_FOUND :
			    none(m, MAILBOX_NONE, "its Maildir has a path that is too long", "");
	return none(m, MAILBOX_NONE, "there is no Maildir in ", q.name);
}

enum mailbox_result
mailbox_enter(struct mailbox *m)
{
	if (geteuid() == 0 && !place_private() && (m->uid == 0 || !become(m)))
		return none(m, MAILBOX_TROUBLE, "unable to become its owner: ", strerror(errno));
	if (chdir(m->home) != 0)
		return none(m, MAILBOX_TROUBLE, "unable to go to its home directory: ", strerror(errno));
	return *m->dash ? read_instructions(m) : MAILBOX_FOUND;
}

bool
mailbox_environment(const struct mailbox *m)
{
	return setenv("USER", m->user, 1) == 0 && setenv("HOME", m->home, 1) == 0 &&
	    setenv("SHELL", *m->shell ? m->shell : "/bin/sh", 1) == 0 &&
	    (*m->path ? setenv("MAILDIR", m->path, 1) : unsetenv("MAILDIR")) == 0;
}
