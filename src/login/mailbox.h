/* mailbox - whose mail a login may read, and how a process becomes its owner
 *
 * A login that is an account of the system has that account's mail. Any other is an address, and has the mailbox that mail
 * for this address gets into here, by the same rules (resolve/resolve.h): an alias for one account or one Maildir, a virtual
 * domain, the users database, a .qmail file. One that leads to no mailbox here, or to several, has none.
 *   tests   tests/program/checkpw_root.t, checkpw_mailbox.t      manual: pneu-checkpw(8) */
#ifndef LOGIN_MAILBOX_H
#define LOGIN_MAILBOX_H

#include <stdbool.h>
#include <sys/types.h>

#define MAILBOX_NAME 256
#define MAILBOX_PATH 1024
#define MAILBOX_EXT 1010
#define MAILBOX_WHY 1600

enum mailbox_result {
	MAILBOX_FOUND,
	MAILBOX_NONE,                   /* why */
	MAILBOX_TROUBLE                 /* why; it may pass */
};

struct mailbox {
	char user[MAILBOX_NAME];
	char home[MAILBOX_PATH];
	char shell[MAILBOX_PATH];       /* "" not known */
	char path[MAILBOX_PATH];        /* the Maildir, in the home or absolute; "" as the program is told */
	uid_t uid;
	gid_t gid;
	char dash[4], ext[MAILBOX_EXT]; /* if dash is not "": the .qmail file that says which Maildir, see mailbox_enter */
	char why[MAILBOX_WHY];
};

/* reads control files and databases; starts pneu-getpw if it must */
enum mailbox_result mailbox_find(const char *login, struct mailbox *);
/* Become the owner, where this process is root: groups, uid, checked, with no way back. Then the home is the working directory,
 * and path is settled. Not FOUND: why; the process may be half-way and must end. */
enum mailbox_result mailbox_enter(struct mailbox *);
/* USER, HOME, SHELL, and MAILDIR, which is there only if path is not "". False: errno */
bool mailbox_environment(const struct mailbox *);

#endif
