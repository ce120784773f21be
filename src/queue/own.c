/* Whose a message is: the header of its file tells who injected it. */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "compat/compat.h"
#include "lib/fd.h"
#include "lib/place.h"
#include "queue/runner.h"
#include "resolve/passwd.h"

static const char *const role[] = { "pneud", "pneur", "alias" };

#define ROLES (sizeof role / sizeof *role)

static uid_t role_uid[ROLES];
static size_t roles;

void
own_learn_roles(void)
{
	struct buf space = BUF(PASSWD_SPACE);
	struct passwd_file file;
	struct passwd_source source;
	struct passwd_entry e;
	struct outcome why;
	size_t i;

	roles = 0;
	if (place_private())
		return;
	passwd_file_init(&file, 0, &source);
	for (i = 0; i < ROLES; i++)
		if (source.find(source.ctx, role[i], false, &space, &e, &why) == PASSWD_FOUND)
			role_uid[roles++] = e.uid;
	passwd_file_close(&file);
	buf_free(&space);
}

bool
own_is_role(uint64_t uid)
{
	size_t i;

	for (i = 0; i < roles; i++)
		if (role_uid[i] == uid)
			return true;
	return false;
}

void
own_path(char path[OWN_PATH], const char *place, const struct qid *id)
{
	char xx[QID_DIR], text[QID_TEXT];

	qid_dir_text(xx, qid_dir(id));
	qid_text(text, id);
	snprintf(path, OWN_PATH, "%s/%s/%s", place, xx, text);
}

int
own_open(const char *place, const struct qid *id, uid_t uid, bool root)
{
	char head[QF_HEADER], path[OWN_PATH];
	struct qf_header h;
	int fd;

	own_path(path, place, id);
	if ((fd = compat_open_quiet(AT_FDCWD, path)) < 0)
		return -1;
	if (fd_pread(fd, head, QF_HEADER, 0) == QF_HEADER && qf_header_get(head, &h) && (h.uid == uid || (root && uid == 0)))
		return fd;
	close(fd);
	return -1;
}
