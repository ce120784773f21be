#include "alias/host.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "lib/ascii.h"
#include "lib/progress.h"
#include "wire/users.h"

#define ADDRESS_ROOM 4096               /* an address may grow when it is completed */

bool
host_open(struct host *s, struct conf_error *e)
{
	struct outcome o;

	memset(s, 0, sizeof *s);
	s->address.max = ADDRESS_ROOM;
	s->accounts.users = ACCOUNTS_EACH;
	passwd_nss_init(&s->accounts.logins);
	if (!(s->routing = routing_load(e)) || !accounts_load(&s->accounts, e))
		return false;
	(void)accounts_hold_users(&s->accounts, &o);    /* else each look-up tries and tells */
	return true;
}

void
host_close(struct host *s)
{
	accounts_free(&s->accounts);
	routing_free(s->routing);
	buf_free(&s->address);
	buf_free(&s->space);
	entries_free(&s->asked);
}

bool
host_class(struct host *s, const char *address, size_t n, enum routing_class *class)
{
	const char *why = 0;

	buf_clear(&s->address);
	*class = ROUTING_REMOTE;
	if (!buf_put(&s->address, address, n) || !routing_class(s->routing, &s->address, class, &why))
		return why || errno == EMSGSIZE;        /* then it is nobody's here */
	return true;
}

/* ---- aliases */

/* the first n bytes of the address at hand (in lower case), an '@' if wanted, and the domain */
static uint32_t
look(const struct host *s, const struct table *t, size_t n, bool at, const char *domain, size_t domain_len)
{
	char name[ALIASDB_NAME];

	if (n + at + domain_len > sizeof name)
		return TABLE_NONE;
	memcpy(name, s->address.s, n);
	if (at)
		name[n++] = '@';
	memcpy(name + n, domain, domain_len);
	return entries_find(t, false, name, n + domain_len);
}

static uint32_t
look_both(const struct host *s, const struct table *t, size_t n, size_t base, bool at, const char *domain, size_t domain_len)
{
	uint32_t r = look(s, t, n, at, domain, domain_len);

	return r == TABLE_NONE && base < n && base > 0 ? look(s, t, base, at, domain, domain_len) : r;
}

/* resolve/aliases.c has the same order */
static uint32_t
meets(const struct host *s, const struct table *t, bool local)
{
	const char *at = memrchr(s->address.s, '@', s->address.len), *domain = at + 1;
	size_t n = (size_t)(at - s->address.s), base = strcspn(s->address.s, s->accounts.separators.s);
	size_t domain_len = s->address.len - n - 1;
	uint32_t r = TABLE_NONE;

	if (base > n)
		base = n;
	if (t->wild)
		r = look_both(s, t, n, base, true, domain, domain_len);
	if (r == TABLE_NONE && local)
		r = look_both(s, t, n, base, false, "", 0);
	if (r == TABLE_NONE && t->wild)
		r = look_both(s, t, n, base, true, "", 0);
	if (r == TABLE_NONE && t->wild)
		r = look(s, t, 0, true, domain, domain_len);
	return r;
}

static bool
resolve(struct host *s, const struct table *t, struct member *m)
{
	enum routing_class class;
	size_t i;

	if (!host_class(s, m->text, m->len, &class))
		return false;
	m->local = class == ROUTING_LOCAL;
	if (class == ROUTING_REMOTE || m->kind == ELEMENT_MAILBOX)
		return true;
	for (i = 0; i < s->address.len; i++)
		s->address.s[i] = ascii_lower(s->address.s[i]);
	m->to = meets(s, t, m->local);
	return true;
}

bool
host_resolve(struct host *s, struct table *t)
{
	struct progress p;
	uint32_t i;
	bool ok = true;

	progress_begin(&p, "looking for aliases of aliases", t->members);
	for (i = 0; ok && i < t->members; i++) {
		if (t->member[i].kind == ELEMENT_ADDRESS || t->member[i].kind == ELEMENT_MAILBOX)
			ok = resolve(s, t, &t->member[i]);
		progress_at(&p, i);
	}
	progress_end(&p);
	return ok;
}

/* ---- users */

/* the .qmail file of the account's extension; what may not be looked at is believed in. It is not opened: we may be root, and
 * some things in a user's home had better not be opened by root. */
static bool
has_file(const struct account *a)
{
	char name[DOTQMAIL_NAME];
	int home;
	bool known;

	if (!*a->dash || (a->separated && a->source != ACCOUNT_ALIAS) ||
	    (home = open(a->home, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
		return true;
	known = dotqmail_exists(home, a->dash, a->ext, name) != DOTQMAIL_ABSENT;
	close(home);
	return known;
}

static bool
ask(struct host *s, const char *local)
{
	struct outcome o = { .verdict = 0 };
	struct account a;

	if (!account_find(&s->accounts, local, &s->space, &a, &o))
		return o.verdict != 'D';
	return has_file(&a);
}

enum host_user
host_user(struct host *s, const char *local, size_t n)
{
	char name[USERS_LOCAL + 1];
	uint32_t index;
	size_t i;

	if (n >= sizeof name)
		return HOST_NOBODY;
	for (i = 0; i < n; i++)
		name[i] = ascii_lower(local[i]);
	name[n] = 0;
	index = entries_find(&s->asked, true, name, n);
	if (index == TABLE_NONE) {
		if (s->asked.entries >= HOST_ASK || entries_add(&s->asked, true, name, n, &index) != TABLE_NEW)
			return HOST_UNASKED;
		s->asked.entry[index].first = ask(s, name);
	}
	return s->asked.entry[index].first ? HOST_USER : HOST_NOBODY;
}

bool
host_runner_reads(struct host *s, const struct stat *st)
{
	struct outcome o = { .verdict = 0 };
	struct passwd_entry p;

	if (s->accounts.one_user || (st->st_mode & S_IROTH) ||
	    s->accounts.logins.find(s->accounts.logins.ctx, "pneuq", true, &s->space, &p, &o) != PASSWD_FOUND)
		return true;
	return st->st_uid == p.uid ? (st->st_mode & S_IRUSR) != 0 : st->st_gid == p.gid && (st->st_mode & S_IRGRP);
}

bool
host_has_alias_user(struct host *s)
{
	struct outcome o = { .verdict = 0 };
	struct account a;

	return account_alias(&s->accounts, &s->space, &a, &o);
}

bool
host_alias_may(struct host *s, const struct stat *st, unsigned bits, bool own)
{
	struct outcome o = { .verdict = 0 };
	struct account a;
	unsigned shift = 0;

	if (s->accounts.one_user || !account_alias(&s->accounts, &s->space, &a, &o))
		return true;
	if (own && st->st_uid != a.uid)
		return false;
	if (st->st_uid == a.uid)
		shift = 6;
	else if (st->st_gid == a.gid)
		shift = 3;
	return (((unsigned)st->st_mode >> shift) & bits) == bits;
}
