/* getpwnam_r and getpwuid_r, apart from everything else: static programs must not link them */
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>

#include "lib/num.h"
#include "resolve/passwd.h"

#define FIRST 4096u                     /* space for an entry: tried first; PASSWD_SPACE is the most */

/* POSIX lets "no such user" look like several errors */
static bool
means_nobody(int e)
{
	return e == 0 || e == ENOENT || e == ESRCH || e == EBADF || e == EPERM;
}

/* by name, or by uid if name is 0 */
static enum passwd_result
look_up(const char *name, uid_t uid, struct buf *b, struct passwd_entry *p, struct outcome *o)
{
	struct passwd pw, *result;
	char number[NUM_TEXT];
	size_t size;
	int e = ERANGE;

	for (size = FIRST; e == ERANGE && size <= PASSWD_SPACE; size *= 4) {
		b->max = PASSWD_SPACE;
		buf_clear(b);
		if (!buf_room(b, size)) {
			e = errno;
			break;
		}
		e = name ? getpwnam_r(name, &pw, b->s, b->cap, &result) : getpwuid_r(uid, &pw, b->s, b->cap, &result);
		if (e == 0 && result) {
			*p = (struct passwd_entry){ pw.pw_name, pw.pw_dir, pw.pw_uid, pw.pw_gid, pw.pw_gecos ? pw.pw_gecos : "" };
			return PASSWD_FOUND;
		}
	}
	if (means_nobody(e))
		return PASSWD_NONE;
	errno = e;
	outcome_trouble(o, "look up", name ? name : num_text(number, uid));
	return PASSWD_TROUBLE;
}

static enum passwd_result
find(void *ctx, const char *name, bool ask, struct buf *b, struct passwd_entry *p, struct outcome *o)
{
	(void)ctx;
	(void)ask;                              /* asking is all we can do, and cheap here */
	return look_up(name, 0, b, p, o);
}

static enum passwd_result
find_uid(void *ctx, uid_t uid, struct buf *b, struct passwd_entry *p, struct outcome *o)
{
	(void)ctx;
	return look_up(0, uid, b, p, o);
}

void
passwd_nss_init(struct passwd_source *s)
{
	*s = (struct passwd_source){ find, find_uid, 0 };
}
