/* The kit for a stolen password: refuse more, hold what is here, say who was reached. */
#include "tools/qctl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/conf.h"
#include "lib/fd.h"
#include "lib/file.h"
#include "lib/msg.h"
#include "mail/date.h"
#include "tools/look.h"
#include "tools/put.h"
#include "tools/selector.h"

#define ROUNDS 5                        /* what came while the round before was held */

static const struct verb hold = { "hold", 0, QCTL_MSG, "held" };

/* ---- control/badlogins */

static bool
is_listed(const struct buf *lines, const char *login)
{
	size_t n = strlen(login);
	const char *s, *nl;

	for (s = lines->s; s && *s; s = nl + 1) {
		nl = strchr(s, '\n');
		if ((nl ? (size_t)(nl - s) : strlen(s)) == n && strncasecmp(s, login, n) == 0)
			return true;
		if (!nl)
			break;
	}
	return false;
}

/* the new file whole or not at all, for everybody to read, as other control files */
static bool
put_file(int etc, const struct buf *lines)
{
	int fd = openat(etc, "badlogins.new", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644), e;
	bool ok = fd >= 0 && fchmod(fd, 0644) == 0 && fd_write(fd, lines->s, lines->len) && fsync(fd) == 0;

	e = errno;
	if (fd >= 0 && close(fd) != 0)
		ok = false;
	errno = e;
	return ok && renameat(etc, "badlogins.new", etc, "badlogins") == 0 && fsync(etc) == 0;
}

static bool
refuse(struct out *o, const char *login)
{
	struct buf lines = BUF(CONF_FILE_MAX);
	int etc = conf_open();
	bool ok, listed = false;

	ok = etc >= 0 && (file_read(etc, "badlogins", &lines) || errno == ENOENT);
	if (ok && !(listed = is_listed(&lines, login)))
		ok = (!lines.len || lines.s[lines.len - 1] == '\n' || buf_byte(&lines, '\n')) && buf_puts(&lines, login) &&
		    buf_byte(&lines, '\n') && put_file(etc, &lines);
	if (!ok)
		warn_sys("write control/badlogins, so the login is not refused");
	else {
		out_puts(o, "login ");
		out_puts(o, login);
		out_puts(o, listed ? ": refused already (control/badlogins)\n" : ": refused from now on (control/badlogins)\n");
	}
	if (etc >= 0)
		close(etc);
	buf_free(&lines);
	return ok;
}

/* ---- who was reached */

static uint64_t
put_reached(struct out *o, const struct look *l)
{
	const struct qf *q = &l->file;
	char id[QID_TEXT], date[DATE_RFC5322];
	uint64_t n = 0;
	size_t i;

	qid_text(id, &l->id);
	for (i = 0; i < q->rcpts; i++) {
		if (q->rcpt[i].state != QF_DELIVERED)
			continue;
		date_rfc5322(date, (int64_t)q->rcpt[i].when_s);
		out_puts(o, "reached ");
		out_puts(o, id);
		out_byte(o, ' ');
		out_puts(o, date);
		out_byte(o, ' ');
		put_masked(o, qf_address(q, i));
		out_byte(o, '\n');
		n++;
	}
	return n;
}

static uint64_t
show_reached(struct out *o, char *selector)
{
	static struct walk walk;
	static struct look look;
	struct selector sel = { 0 };
	struct selector_error e;
	enum look_result why;
	struct walk_item item;
	uint64_t n = 0;

	if (!selector_parse(&sel, &selector, 1, &e))
		die_say(EX_HARD, e.text);
	walk.order = WALK_OLDEST;
	while (walk_next(&walk, &item) == WALK_ITEM) {
		look_at(&look, &walk, &item);
		if (selector_match(&sel, &look, &why) == SELECTOR_YES && look_deeper(&look, LOOK_ALL) == LOOK_OK)
			n += put_reached(o, &look);
		look_away(&look);
	}
	selector_free(&sel);
	return n;
}

/* ---- all of it */

static bool
hold_all(struct out *o, char *selector)
{
	const struct options opt = { 0 };
	struct picked p = { 0 };
	bool ok = true;
	int round;

	for (round = 0; round < ROUNDS && ok; round++) {
		pick_forget(&p);
		pick_enter();
		pick(&p, &hold, &opt, &selector, 1);
		pick_leave();
		if (!p.n && round)
			break;
		if (p.n)
			ask_open(false);
		ok = ask_messages(o, &hold, 0, &p);
	}
	pick_forget(&p);
	return ok;
}

bool
drain(struct out *o, const struct options *opt, char **words, size_t n)
{
	struct picked p = { 0 };
	const char *login;
	bool ok = true;
	uint64_t reached;

	if (n != 1 || strncmp(words[0], "login=", 6) != 0 || !*(login = words[0] + 6) || strpbrk(login, "*?[]\\\r\n#"))
		die_say(EX_HARD, "usage: pneu-qctl drain [-n] login=NAME, a whole name");
	if (!opt->dry_run)
		ok = refuse(o, login) & hold_all(o, words[0]);
	pick_enter();
	if (opt->dry_run) {
		pick(&p, &hold, opt, words, 1);
		pick_show(o, &p, &hold, opt);
		pick_forget(&p);
	}
	reached = show_reached(o, words[0]);
	pick_leave();
	out_num(o, reached);
	out_puts(o, " reached by messages that are still here. Of those that are gone the log tells: pneu-trace ");
	put_masked(o, login);
	out_puts(o, "\nThen: pneu-qctl delete login=");
	put_masked(o, login);
	out_puts(o, " (or release), a new password, and the line out of control/badlogins.\n");
	return ok;
}
