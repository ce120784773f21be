/* The control directory: who may read and write what is in it. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/place.h"
#include "tools/showctl.h"

/* the role that a program reads its settings as; 0: root, or the caller */
static const struct role *
role_of(const char *program, size_t n)
{
	static const struct { const char *program; int role; } table[] = {
		{ "smtpd", ROLE_D }, { "qmqpd", ROLE_D }, { "milter", ROLE_D }, { "checkpw", ROLE_D }, { "tcpd", ROLE_D },
		{ "send", ROLE_Q }, { "bounce", ROLE_Q }, { "remote", ROLE_R },
	};
	size_t i;

	for (i = 0; i < sizeof table / sizeof *table; i++)
		if (strlen(table[i].program) == n && strncmp(table[i].program, program, n) == 0)
			return &check_role[table[i].role];
	return 0;
}

static void
directory(struct check *c)
{
	const char *path = check_path(place_etc(), 0);
	struct stat st;
	size_t i;

	if (fstat(c->etc, &st) != 0)
		return;
	if (st.st_mode & 022)
		check_find(c, st.st_mode & 02 ? FINDING_WRONG : FINDING_NOTE, check_text("chmod go-w %s", path),
		    "others than its owner may write to %s", path);
	if (c->private)
		return;
	if (st.st_uid != 0)
		check_find(c, FINDING_WRONG, check_text("chown root %s", path), "%s does not belong to root", path);
	for (i = 0; i < ROLES; i++)
		if (!check_may(&check_role[i], &st, 5))
			check_find(c, FINDING_WRONG, check_text("chmod a+rx %s", path), "%s may not list %s", check_role[i].name, path);
}

/* how to mend the owner and mode of a secret, so that those who need it can read it and nobody else */
static const char *
mend_secret(const struct check *c, const char *name, const char *path)
{
	if (c->private)
		return check_text("chmod 600 %s", path);
	if (strcmp(name, "smtplogins") == 0)
		return check_text("chown pneur %s; chmod 600 %s", path, path);
	return check_text("chown root:pneu %s; chmod 640 %s", path, path);
}

static void
readers(struct check *c, const struct setting *s, const char *path, const struct stat *st)
{
	const struct role *told[ROLES] = { 0 };
	const char *at;
	size_t n, i;

	for (at = s->readers; *at; at += n + (at[n] == ' ')) {
		const struct role *r = role_of(at, n = strcspn(at, " "));

		if (!r || check_may(r, st, 4))
			continue;
		for (i = 0; i < ROLES && told[i] && told[i] != r; i++)
			;
		if (told[i])
			continue;
		told[i] = r;
		check_find(c, FINDING_WRONG, s->flags & SETTING_SECRET ? mend_secret(c, s->name, path) : check_text("chmod a+r %s", path),
		    "%s is not readable for %s, as whom pneu-%.*s runs", s->name, r->name, (int)n, at);
	}
}

static void
one_file(struct check *c, const struct setting *s)
{
	const char *path = check_path(place_etc(), s->name);
	bool alone = strcmp(s->name, "smtplogins") == 0;
	struct stat st;

	if (fstatat(c->etc, s->name, &st, 0) != 0) {
		if (errno != ENOENT)
			check_find(c, FINDING_WRONG, "", "%s: %s", path, strerror(errno));
		else if (fstatat(c->etc, s->name, &st, AT_SYMLINK_NOFOLLOW) == 0)
			check_find(c, FINDING_WRONG, check_text("rm %s", path), "%s is a link that leads nowhere, so the setting is its preset", path);
		return;
	}
	if (!S_ISREG(st.st_mode)) {
		check_find(c, FINDING_WRONG, check_text("rm -r %s", path), "%s is not a file", path);
		return;
	}
	if (st.st_mode & 022)
		check_find(c, st.st_mode & 02 ? FINDING_WRONG : FINDING_NOTE, check_text("chmod go-w %s", path),
		    "others than its owner may write to %s", path);
	if (!c->private && st.st_uid != 0 && !alone)
		check_find(c, FINDING_NOTE, check_text("chown root %s", path), "%s belongs to uid %lu, who can change the setting", path,
		    (unsigned long)st.st_uid);
	if (s->flags & SETTING_SECRET && st.st_mode & (alone ? 077 : 07))
		check_find(c, FINDING_WRONG, mend_secret(c, s->name, path), "others may read the secrets in %s", path);
	else if (s->flags & SETTING_SECRET && c->private && st.st_mode & 040)
		check_find(c, FINDING_NOTE, mend_secret(c, s->name, path), "its group may read the secrets in %s", path);
	if (c->private && faccessat(c->etc, s->name, R_OK, AT_EACCESS) != 0)
		check_find(c, FINDING_WRONG, check_text("chmod u+r %s", path), "%s is not readable", path);
	else if (!c->private)
		readers(c, s, path, &st);
}

/* the key of the TLS program, where INSTALL has it */
static void
certificate(struct check *c)
{
	const char *path = check_path(place_etc(), "cert.pem");
	struct stat st;

	if (fstatat(c->etc, "cert.pem", &st, 0) == 0 && st.st_mode & 077)
		check_find(c, FINDING_WRONG, check_text("chmod 600 %s", path), "others than its owner may use %s, which has a private key", path);
}

static void
strange(void *ctx, const char *name, const char *nearest)
{
	struct check *c = ctx;
	const char *path = check_path(place_etc(), name);

	if (nearest && faccessat(c->etc, nearest, F_OK, 0) != 0)
		check_find(c, FINDING_NOTE, check_text("mv %s %s", path, check_path(place_etc(), nearest)),
		    "%s means nothing; the nearest setting is %s", name, nearest);
	else
		check_find(c, FINDING_NOTE, check_text("rm %s", path), "%s means nothing", name);
}

void
check_etc(struct check *c)
{
	size_t i, n = 0;

	check_area(c, "control files");
	directory(c);
	for (i = 0; i < settings_count; i++)
		if (settings_table[i].name) {
			n += faccessat(c->etc, settings_table[i].name, F_OK, 0) == 0;
			one_file(c, &settings_table[i]);
		}
	certificate(c);
	if (!names_strange(c->etc, strange, c))
		check_find(c, FINDING_WRONG, "", "unable to list %s: %s", place_etc(), strerror(errno));
	check_ok_if_quiet(c, "%zu in %s, with the owners and modes that they need", n, place_etc());
}
