#include "alias/install.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

#include "lib/conf.h"
#include "lib/msg.h"
#include "lib/place.h"
#include "lib/sig.h"

static const char live[] = "aliases.cdb", fresh[] = "aliases.cdb.tmp";

static void
on_alarm(int sig)
{
	(void)sig;
}

static int
code(int e)
{
	return e == EACCES || e == EPERM || e == EROFS ? EX_NOPERM : e == ELOOP || e == ENOENT || e == ENOTDIR || e == EISDIR ?
	    EX_CANTCREAT : EX_TEMPFAIL;
}

static _Noreturn void
fail(struct install *i, const char *what)
{
	int e = errno;

	install_drop(i);
	errno = e;
	die_sys(code(e), what, " ", place_etc(), "/", fresh);
}

/* Whoever held the lock before us has renamed or removed what we hold now; then it is not the file to write to. */
static bool
is_named(const struct install *i)
{
	struct stat ours, named;

	return fstat(i->fd, &ours) == 0 && fstatat(i->dir, fresh, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
	    ours.st_ino == named.st_ino && ours.st_dev == named.st_dev;
}

static void
open_fresh(struct install *i)
{
	i->fd = openat(i->dir, fresh, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0644);
	if (i->fd >= 0)
		return;
	if (errno == EACCES || errno == EPERM || errno == EROFS)
		die_sys(EX_NOPERM, "create ", place_etc(), "/", fresh, " (nothing is changed; -n only checks)");
	die_sys(code(errno), "create ", place_etc(), "/", fresh);
}

void
install_begin(struct install *i)
{
	struct flock l = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	struct stat st;

	i->fd = -1;
	if ((i->dir = conf_open()) < 0)
		die_sys(code(errno), "open ", place_etc());
	sig_catch(SIGALRM, on_alarm);
	alarm(INSTALL_WAIT_S);
	for (;;) {
		open_fresh(i);
		if (fcntl(i->fd, F_SETLKW, &l) != 0)
			die_sys(EX_TEMPFAIL, "lock ", place_etc(), "/", fresh,
			    errno == EINTR ? " (another pneu-newaliases is at work)" : "");
		if (is_named(i))
			break;
		close(i->fd);
	}
	alarm(0);
	if (fstat(i->fd, &st) != 0)
		fail(i, "look at");
	if (!S_ISREG(st.st_mode) || st.st_nlink != 1)
		die_say(EX_CANTCREAT, place_etc(), "/", fresh, " is in the way: not a file of its own");
	if (ftruncate(i->fd, 0) != 0)
		fail(i, "empty");
}

void
install_drop(struct install *i)
{
	/* while we hold the lock: nobody else writes to it */
	if (i->fd < 0)
		return;
	(void)unlinkat(i->dir, fresh, 0);
	close(i->fd);
	i->fd = -1;
}

static bool
add_entries(struct work *w, struct aliasdb_make *m)
{
	struct buf b = BUF(ALIASDB_DATA);
	bool ok = true;
	uint32_t i, j;

	for (i = 0; ok && i < w->table.entries; i++) {
		const struct entry *e = &w->table.entry[i];

		if (e->list)
			continue;
		buf_clear(&b);
		for (j = e->first; ok && j < e->first + e->count; j++) {
			const struct member *x = &w->table.member[j];

			ok = buf_byte(&b, aliasdb_letter((enum element_kind)x->kind)) && buf_put(&b, x->text, x->len + 1);
		}
		ok = ok && aliasdb_add(m, e->name, e->len, w->file[e->file].path, e->place.line, &b);
	}
	buf_free(&b);
	return ok;
}

static bool
write_all(struct install *i, struct work *w)
{
	struct aliasdb_source *s = calloc(w->texts ? w->texts : 1, sizeof *s);
	struct aliasdb_make *m = s ? aliasdb_make(i->fd) : 0;
	uint32_t f;
	bool ok = m && add_entries(w, m);

	for (f = 0; s && f < w->texts; f++)
		s[f] = (struct aliasdb_source){ w->file[f].path, w->file[f].mtime_ns, w->file[f].size };
	if (m && !aliasdb_make_end(m, s, w->texts))
		ok = false;
	free(s);
	return ok;
}

void
install_end(struct install *i, struct work *w)
{
	if (!write_all(i, w) || fchmod(i->fd, 0644) != 0 || fsync(i->fd) != 0)
		fail(i, "write");
	if (renameat(i->dir, fresh, i->dir, live) != 0)
		fail(i, "rename");
	/* in force now, and from here on also after a crash of the machine */
	if (fsync(i->dir) != 0)
		die_sys(EX_TEMPFAIL, "sync ", place_etc(), " (the new database is in force)");
	if (close(i->fd) != 0)
		die_sys(EX_TEMPFAIL, "close ", place_etc(), "/", live);
	close(i->dir);
}
