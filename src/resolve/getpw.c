/* getpw - tell static programs what the system's name service knows of login names
 *   fd 0   names, or #uid, each ended by 0       -> wire/getpw.h
 *   fd 1   an answer to each
 *   fd 2   the log
 *   exit   0 no more names; 100 wrong use, or nonsense on descriptor 0; 111 trouble; killed by SIGALRM: the name service hung
 * Invariant: one answer for each name, in order, and each within GETPW_TIMEOUT_S seconds or none ever. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "lib/buf.h"
#include "lib/drop.h"
#include "lib/fd.h"
#include "lib/msg.h"
#include "lib/num.h"
#include "lib/sig.h"
#include "resolve/passwd.h"
#include "wire/getpw.h"

static struct buf space = BUF(PASSWD_SPACE), line = BUF(GETPW_ANSWER);

/* what would make other fields of a line */
static bool
plain(const char *s)
{
	return !s[strcspn(s, ":\n")];
}

static bool
put_entry(const struct passwd_entry *p)
{
	return plain(p->name) && plain(p->home) && buf_byte(&line, 'K') && buf_puts(&line, p->name) && buf_puts(&line, ":x:") &&
	    buf_num(&line, p->uid) && buf_byte(&line, ':') && buf_num(&line, p->gid) && buf_byte(&line, ':') &&
	    (!plain(p->gecos) || strlen(p->gecos) > GETPW_GECOS || buf_puts(&line, p->gecos)) && buf_byte(&line, ':') &&
	    buf_puts(&line, p->home) && buf_puts(&line, ":") && buf_byte(&line, 0);
}

static void
answer(const char *name)
{
	struct passwd_source nss;
	struct passwd_entry p;
	struct outcome o = { 0 };
	enum passwd_result r;
	uint64_t uid;
	bool by_uid = *name == '#' && num_u64(name + 1, 0, UINT32_MAX - 1, &uid);

	passwd_nss_init(&nss);
	buf_clear(&line);
	alarm(GETPW_TIMEOUT_S);
	r = by_uid ? nss.find_uid(nss.ctx, (uid_t)uid, &space, &p, &o) : nss.find(nss.ctx, name, true, &space, &p, &o);
	alarm(0);
	/* a service that ignores case answers with a name of its own; the caller looks for the one it gave */
	if (r == PASSWD_FOUND && !by_uid && strcmp(p.name, name) != 0)
		p.name = name;
	if (r == PASSWD_NONE)
		buf_put(&line, "N", 2);
	else if (r != PASSWD_FOUND || !put_entry(&p)) {
		buf_clear(&line);
		if (!buf_byte(&line, 'Z') || !buf_puts(&line, r == PASSWD_FOUND ? "an entry that is no line" : o.text) ||
		    !buf_byte(&line, 0))
			die_sys(EX_SOFT, "make an answer");
	}
	if (!fd_write(1, line.s, line.len))
		die_sys(EX_SOFT, "answer");
}

int
main(int argc, char **argv)
{
	static char names[4096];
	size_t have = 0;
	char *zero;
	ssize_t r;

	(void)argv;
	msg_name("pneu-getpw");
	if (argc != 1)
		die_say(EX_HARD, "usage: pneu-getpw <names >answers");
	drop_sight();                           /* sessions with strangers believe what we say, and are of our uid */
	sig_ignore(SIGPIPE);
	sig_default(SIGALRM);
	for (;;) {
		while ((zero = memchr(names, 0, have))) {
			size_t n = (size_t)(zero - names) + 1;

			if (n > GETPW_NAME + 1)
				die_say(EX_HARD, "a name is too long");
			answer(names);
			have -= n;
			memmove(names, names + n, have);
		}
		if (have > GETPW_NAME)
			die_say(EX_HARD, "a name is too long");
		r = read(0, names + have, sizeof names - have);
		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			die_sys(EX_SOFT, "read descriptor 0");
		if (r == 0 && have)
			die_say(EX_HARD, "the last name does not end");
		if (r == 0)
			return 0;
		have += (size_t)r;
	}
}
