#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "alias/work.h"
#include "lib/ascii.h"
#include "lib/num.h"
#include "lib/progress.h"
#include "resolve/expand.h"

static const struct text_place top = { 1, 1 };

/* ---- modes */

/* each directory above it; those of which only the owner of a file can move it (sticky) are fine */
static void
lint_directories(struct work *w, uint32_t file, struct text_place p, const char *path)
{
	char *real = realpath(path, 0), *slash;
	struct stat st;

	while (real && (slash = strrchr(real, '/'))) {
		slash[slash == real] = 0;
		if (stat(real, &st) == 0 && (st.st_mode & 022) && !(st.st_mode & S_ISVTX))
			found_warning(&w->findings, file, p, st.st_mode & 002 ? "everybody" : "its group",
			    " may write to the directory ", real);
		if (slash == real)
			break;
	}
	free(real);
}

void
lint_modes(struct work *w, uint32_t file, struct text_place p, const char *path, const struct stat *st, enum severity world)
{
	if (st->st_mode & 002)
		findings_add(&w->findings, world, file, p, world == ERROR ? "everybody may write to this file" :
		    "everybody may write to this list; its mail would wait", (char *)0);
	else if (st->st_mode & 020)
		found_warning(&w->findings, file, p, "its group may write to this file");
	lint_directories(w, file, p, path);
}

/* ---- files that mail is appended to */

static bool
is_directory(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? S_ISDIR(st.st_mode) : errno != ENOENT && errno != ENOTDIR;
}

/* what pneu-local would find out with the first message */
static void
not_his(struct work *w, const struct entry *e, const struct member *m, const char *what)
{
	found_warning(&w->findings, e->file, m->place, element_kind_name((enum element_kind)m->kind), " ", m->text, ": the user ",
	    w->host.accounts.aliasuser.s, what);
}

static void
lint_maildir(struct work *w, const struct entry *e, const struct member *m)
{
	static const char *const parts[] = { "new", "cur", "tmp" };
	char path[ELEMENT_TEXT + 10];
	struct stat st;
	size_t i;

	if (!is_directory(m->text)) {
		found_warning(&w->findings, e->file, m->place, "Maildir ", m->text, ": no such directory");
		return;
	}
	for (i = 0; i < 3; i++) {
		snprintf(path, sizeof path, "%s%s", m->text, parts[i]);
		if (!is_directory(path)) {
			found_warning(&w->findings, e->file, m->place, "Maildir ", m->text, ": has no directory ", parts[i]);
			return;
		}
		if (stat(path, &st) == 0 && !host_alias_may(&w->host, &st, 03, false)) {
			not_his(w, e, m, " may not write to it; give it to him");
			return;
		}
	}
}

static void
lint_no_file(struct work *w, const struct entry *e, const struct member *m)
{
	char dir[ELEMENT_TEXT + 1];
	size_t n = (size_t)(strrchr(m->text, '/') - m->text);
	struct stat st;

	memcpy(dir, m->text, n);
	dir[n] = 0;
	if (n && !is_directory(dir))
		found_warning(&w->findings, e->file, m->place, "file ", m->text, ": there is no directory ", dir);
	else if (stat(n ? dir : "/", &st) == 0 && !host_alias_may(&w->host, &st, 03, false))
		not_his(w, e, m, " may not make it there; make it for him and give it to him");
}

static void
lint_file(struct work *w, const struct entry *e, const struct member *m)
{
	const char *what = 0;
	struct stat st;

	if (m->len && m->text[m->len - 1] == '/') {
		lint_maildir(w, e, m);
		return;
	}
	if (stat(m->text, &st) != 0) {
		if (errno == ENOENT || errno == ENOTDIR)
			lint_no_file(w, e, m);
		return;
	}
	if (S_ISDIR(st.st_mode))
		what = "a directory; the name of a Maildir ends in /";
	else if (!S_ISREG(st.st_mode))
		return;
	else if (st.st_mode & 0111)
		what = "executable";
	else if (st.st_mode & 002)
		what = "everybody may write to it";
	else if (st.st_nlink > 1)
		what = "it has more than one link";
	else if (!host_alias_may(&w->host, &st, 02, true))
		not_his(w, e, m, " does not own it, or may not write to it; give it to him");
	if (what)
		found_warning(&w->findings, e->file, m->place, "file ", m->text, ": ", what);
}

/* ---- people */

static void
lint_user(struct work *w, const struct entry *e, const struct member *m, bool *limit)
{
	const char *at = memrchr(m->text, '@', m->len);
	size_t n = at ? (size_t)(at - m->text) : m->len;
	char name[ELEMENT_TEXT + 1];

	if (memchr(m->text, '%', m->len))       /* perhaps a route of the per cent hack */
		return;
	memcpy(name, m->text, n);
	name[n] = 0;
	switch (host_user(&w->host, name, n)) {
	case HOST_USER:
		return;
	case HOST_UNASKED:
		*limit = true;
		return;
	case HOST_NOBODY:
	default:
		break;
	}
	if (m->kind == ELEMENT_MAILBOX)
		found_warning(&w->findings, e->file, m->place, "there is no user ", name);
	else if (m->to != TABLE_NONE)
		found_warning(&w->findings, e->file, m->place, "in its own entry ", name, " means the user, and there is no such user");
	else if (strcmp(name, "root") == 0) {
		if (!w->told_root)      /* files as they are shipped name him in each line */
			found_warning(&w->findings, e->file, m->place, "no mail is delivered to root; it needs an alias");
		w->told_root = true;
	} else
		found_warning(&w->findings, e->file, m->place, name, " is neither an alias nor a user with a mailbox");
}

/* ---- the elements of an entry */

static bool
same_text(const struct member *a, const struct member *b, int *order)
{
	uint32_t i, n = a->len < b->len ? a->len : b->len;
	bool fold = a->kind == ELEMENT_ADDRESS || a->kind == ELEMENT_MAILBOX;

	*order = a->kind - b->kind;
	for (i = 0; *order == 0 && i < n; i++)
		*order = fold ? ascii_lower(a->text[i]) - ascii_lower(b->text[i]) : a->text[i] - b->text[i];
	if (*order == 0)
		*order = a->len < b->len ? -1 : a->len > b->len;
	return *order == 0;
}

/* members lie in one array: of two equal ones the first has the lower address */
static int
by_text(const void *a, const void *b)
{
	const struct member *x = *(const struct member *const *)a, *y = *(const struct member *const *)b;
	int order;

	return same_text(x, y, &order) ? (x < y ? -1 : x > y) : order;
}

static bool
lint_duplicates(struct work *w, const struct entry *e)
{
	const struct member *m = &w->table.member[e->first], **sorted;
	char line[NUM_TEXT];
	uint32_t i;
	int order;

	if (e->count < 2)
		return true;
	if (!(sorted = malloc(e->count * sizeof *sorted)))
		return false;
	for (i = 0; i < e->count; i++)
		sorted[i] = m + i;
	qsort(sorted, e->count, sizeof *sorted, by_text);
	for (i = 1; i < e->count; i++)
		if (same_text(sorted[i - 1], sorted[i], &order))
			found_warning(&w->findings, e->file, sorted[i]->place, sorted[i]->text, " is there already, in line ",
			    num_text(line, sorted[i - 1]->place.line));
	free(sorted);
	return true;
}

/* A name without a domain gets that of control/envnoathost or me. Is that not ours, all such names lead away from here. */
static bool
lint_bare(struct work *w, const struct entry *e, const struct member *m)
{
	enum routing_class class;
	const char *at;

	if (w->told_domain || m->local || memchr(m->text, '@', m->len) || memchr(m->text, '%', m->len))
		return true;
	if (!host_class(&w->host, m->text, m->len, &class))
		return false;
	if (class == ROUTING_REMOTE && (at = memrchr(w->host.address.s, '@', w->host.address.len))) {
		found_warning(&w->findings, e->file, m->place, m->text, " means ", w->host.address.s, ", and ", at + 1,
		    " is not in control/locals: mail for names without a domain leaves this host");
		w->told_domain = true;
	}
	return true;
}

static void
lint_member(struct work *w, const struct entry *e, const struct member *m, bool *limit)
{
	switch (m->kind) {
	case ELEMENT_ADDRESS:
		if (m->local && (m->to == TABLE_NONE || &w->table.entry[m->to] == e))
			lint_user(w, e, m, limit);
		break;
	case ELEMENT_MAILBOX:
		if (m->local)
			lint_user(w, e, m, limit);
		break;
	case ELEMENT_FILE:
	case ELEMENT_PROGRAM:
		if (e->list && !e->programs)
			found_warning(&w->findings, e->file, m->place, element_kind_name((enum element_kind)m->kind), " ", m->text,
			    ": refused, unless the list belongs to root and nobody else may write to it");
		else if (m->kind == ELEMENT_FILE)
			lint_file(w, e, m);
		else
			lint_program(w, e->file, m->place, m->text);
		break;
	default:
		break;
	}
}

/* ---- entries */

static bool
has_owner(const struct work *w, const struct entry *e)
{
	char name[ALIASDB_NAME + 10];
	int n = snprintf(name, sizeof name, "%s%s", EXPAND_OWNER, e->name);

	return entries_find(&w->table, false, name, (size_t)n) != TABLE_NONE;
}

static void
lint_owner(struct work *w, const struct entry *e)
{
	uint32_t i;

	if (e->name[0] == '@' || strncmp(e->name, EXPAND_OWNER, strlen(EXPAND_OWNER)) == 0)
		return;
	for (i = e->first; i < e->first + e->count; i++)
		if (w->table.member[i].kind == ELEMENT_INCLUDE && !has_owner(w, e)) {
			found_warning(&w->findings, e->file, e->place, "list ", e->name, " has no ", EXPAND_OWNER, e->name,
			    ": bounces go to its authors");
			return;
		}
}

static bool
lint_domain(struct work *w, const struct entry *e)
{
	const char *at = memrchr(e->name, '@', e->len);
	enum routing_class class;

	if (!at || !at[1])
		return true;
	if (!host_class(&w->host, e->name, e->len, &class))
		return false;
	if (class == ROUTING_REMOTE)
		found_warning(&w->findings, e->file, e->place, e->name, " is never looked for: ", at + 1,
		    " is neither in locals nor in virtualdomains");
	else if (class == ROUTING_LOCAL && at == e->name)
		found_warning(&w->findings, e->file, e->place, e->name,
		    " catches every name in a local domain that has no alias, those of users too");
	return true;
}

static void
lint_required(struct work *w, const char *name)
{
	if (entries_find(&w->table, false, name, strlen(name)) == TABLE_NONE &&
	    host_user(&w->host, name, strlen(name)) == HOST_NOBODY)
		found_warning(&w->findings, 0, top, "there is no ", name);
}

static bool
lint_all(struct work *w, struct progress *p)
{
	const struct table *t = &w->table;
	const struct member *carried = 0;
	const struct entry *by = 0;
	bool limit = false;
	uint32_t i, j;

	for (i = 0; i < t->entries; i++) {
		const struct entry *e = &t->entry[i];

		progress_at(p, i);
		if (!lint_duplicates(w, e))
			return false;
		for (j = e->first; j < e->first + e->count; j++) {
			const struct member *m = &t->member[j];

			if ((m->kind == ELEMENT_ADDRESS || m->kind == ELEMENT_MAILBOX) && !lint_bare(w, e, m))
				return false;
			lint_member(w, e, m, &limit);
			if (!carried && (m->kind == ELEMENT_FILE || m->kind == ELEMENT_PROGRAM)) {
				carried = m;
				by = e;
			}
		}
		if (e->list)
			continue;
		lint_owner(w, e);
		if (!lint_domain(w, e))
			return false;
	}
	if (carried && !host_has_alias_user(&w->host))
		found_warning(&w->findings, by->file, carried->place, "there is no user ", w->host.accounts.aliasuser.s,
		    " to run programs and write files of aliases as");
	lint_required(w, "postmaster");
	lint_required(w, "mailer-daemon");
	if (limit)
		found_warning(&w->findings, 0, top,
		    "too many different users: not all were looked up");
	return true;
}

bool
lint(struct work *w)
{
	struct progress p;
	bool ok;

	progress_begin(&p, "checking", w->table.entries);
	ok = lint_all(w, &p);
	progress_end(&p);
	return ok;
}
