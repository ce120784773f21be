/* passwd - login names: who are the system's users
 *
 * Three ways to look one up, behind one pointer:
 *   passwd_nss    getpwnam_r, in nss.c; only for programs linked with the system's libc
 *   passwd_file   /etc/passwd, read once; and for a name that is not in it, if control/nsslookup is 1 (the preset),
 *                 pneu-getpw, started once, at the first such name (wire/getpw.h). For static programs.
 * An entry's strings are inside the caller's space.
 *   limits   /etc/passwd PASSWD_FILE bytes; an answer is waited for GETPW_TIMEOUT_S seconds
 *   broken   a file that cannot be read, a helper that does not start, hangs, dies or talks nonsense: PASSWD_TROUBLE,
 *            never "nobody"; a helper that failed is not asked again by this process
 *   tests    tests/unit/passwd_test.c, tests/program/getpw.t     manual: pneu-getpw(8) */
#ifndef RESOLVE_PASSWD_H
#define RESOLVE_PASSWD_H

#include <stdbool.h>
#include <sys/types.h>

#include "lib/buf.h"
#include "mail/outcome.h"

#define PASSWD_FILE (64u << 20)
#define PASSWD_SPACE (1u << 20)         /* most of an entry */

struct passwd_entry {
	const char *name, *home;
	uid_t uid;
	gid_t gid;
	const char *gecos;              /* the full name and more; "" if it is not known */
};

enum passwd_result {
	PASSWD_FOUND,
	PASSWD_NONE,
	PASSWD_UNASKED,         /* not in what is at hand; asking could tell */
	PASSWD_TROUBLE          /* the outcome says why, Z */
};

struct passwd_source {
	/* ask: wanted is the truth even if a program has to be started for it; else PASSWD_UNASKED may be the answer */
	enum passwd_result (*find)(void *ctx, const char *name, bool ask, struct buf *space, struct passwd_entry *,
	    struct outcome *);
	/* who has this uid: the first of them; a helper is not asked */
	enum passwd_result (*find_uid)(void *ctx, uid_t, struct buf *space, struct passwd_entry *, struct outcome *);
	void *ctx;
};

struct passwd_file {
	const char *path;
	struct buf text;                /* of the file, once it was read */
	bool is_read;
	enum { PASSWD_NOT_STARTED, PASSWD_STARTED, PASSWD_FORBIDDEN, PASSWD_FAILED } helper;
	pid_t pid;
	int to, from;                   /* pipes of the helper */
};

/* path 0: /etc/passwd. The source points to the passwd_file, which must outlive it. Nothing is opened yet. */
void passwd_file_init(struct passwd_file *, const char *path, struct passwd_source *);
void passwd_file_close(struct passwd_file *);
/* who has this uid, by the file and then by the helper; find_uid does not ask that. SIGPIPE must be ignored */
enum passwd_result passwd_file_uid(struct passwd_file *, uid_t, struct buf *space, struct passwd_entry *, struct outcome *);

/* one line of a passwd file, n bytes without its LF; copied to space, where the strings are. False: it is none (a
 * comment, fields missing, no numbers), or errno ENOMEM or EMSGSIZE (else 0) */
bool passwd_line(const char *line, size_t n, struct buf *space, struct passwd_entry *);

void passwd_nss_init(struct passwd_source *);

#endif
