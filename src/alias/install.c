#include "alias/install.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

#include "lib/msg.h"
#include "lib/place.h"
#include "lib/progress.h"
#include "lib/sig.h"

static void
on_alarm(int sig)
{
	(void)sig;
}

static int
code(int e)
{
	return e == EACCES || e == EPERM || e == EROFS ? EX_NOPERM : e == ELOOP || e == ENOENT || e == ENOTDIR || e == EISDIR ||
	    e == ENAMETOOLONG ? EX_CANTCREAT : EX_TEMPFAIL;
}

void
install_begin(struct install *i)
{
	enum swap_result r;

	i->file.fd = -1;
	if ((size_t)snprintf(i->live, sizeof i->live, "%s/aliases.cdb", place_etc()) >= sizeof i->live)
		die_say(EX_CANTCREAT, "the path of etc is too long");
	sig_catch(SIGALRM, on_alarm);
	alarm(INSTALL_WAIT_S);
	r = swap_wait(&i->file, i->live, 0644);
	alarm(0);
	switch (r) {
	case SWAP_OPEN:
		return;
	case SWAP_BUSY:
		die_sys(EX_TEMPFAIL, "lock ", i->file.tmp, errno == EINTR ? " (another pneu-newaliases is at work)" : "");
	case SWAP_IN_THE_WAY:
		die_say(EX_CANTCREAT, i->file.tmp, " is in the way: not a file of its own");
	case SWAP_TROUBLE:
	case SWAP_LATE:
	default:
		die_sys(code(errno), "create ", i->file.tmp, code(errno) == EX_NOPERM ? " (nothing is changed; -n only checks)" : "");
	}
}

void
install_drop(struct install *i)
{
	swap_drop(&i->file);
}

static bool
add_entries(struct work *w, struct aliasdb_make *m)
{
	struct buf b = BUF(ALIASDB_DATA);
	struct progress p;
	bool ok = true;
	uint32_t i, j;

	progress_begin(&p, "writing the database", w->table.entries);
	for (i = 0; ok && i < w->table.entries; i++) {
		const struct entry *e = &w->table.entry[i];

		progress_at(&p, i);
		if (e->list)
			continue;
		buf_clear(&b);
		for (j = e->first; ok && j < e->first + e->count; j++) {
			const struct member *x = &w->table.member[j];

			ok = buf_byte(&b, aliasdb_letter((enum element_kind)x->kind)) && buf_put(&b, x->text, x->len + 1);
		}
		ok = ok && aliasdb_add(m, e->name, e->len, w->file[e->file].path, e->place.line, &b);
	}
	progress_end(&p);
	buf_free(&b);
	return ok;
}

static bool
write_all(struct install *i, struct work *w)
{
	struct aliasdb_source *s = calloc(w->texts ? w->texts : 1, sizeof *s);
	struct aliasdb_make *m = s ? aliasdb_make(i->file.fd) : 0;
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
	bool named = false;

	if (!write_all(i, w) || !swap_close(&i->file, 0644, &named)) {
		install_drop(i);
		/* named: in force now, but perhaps no more after a crash of the machine */
		die_sys(named ? EX_TEMPFAIL : code(errno), named ? "sync " : "replace ", i->live, named ? " (the new database is in force)" : "");
	}
}
