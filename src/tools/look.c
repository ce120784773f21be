#include "tools/look.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/fd.h"
#include "resolve/passwd.h"

#define SERVER "pneud"                  /* whom pneu-smtpd runs as */

void
look_away(struct look *l)
{
	if (l->depth > LOOK_NAME)
		close(l->fd);
	l->fd = -1;
	l->depth = LOOK_NAME;
}

void
look_at(struct look *l, struct walk *w, const struct walk_item *item)
{
	look_away(l);
	l->walk = w;
	l->id = item->id;
	l->place = item->place;
}

/* the header alone; a mtime comes with it */
static enum look_result
read_header(struct look *l, int fd)
{
	char head[QF_HEADER];
	struct stat st;
	ssize_t n;

	if (fstat(fd, &st) != 0 || (n = fd_pread(fd, head, QF_HEADER, 0)) < 0)
		return LOOK_TROUBLE;
	if (n < QF_HEADER || !qf_header_get(head, &l->file.header))
		return LOOK_INCOMPLETE;
	l->next_s = (int64_t)st.st_mtime;
	return LOOK_OK;
}

static void
mark_open(struct qf *q)
{
	size_t i;

	for (i = 0; i < q->rcpts; i++)
		q->rcpt[i].local = q->rcpt[i].state == QF_WAITING || q->rcpt[i].state == QF_FAILED;
	for (i = q->rcpts; i-- > 0; )           /* who stands for another comes before it */
		if (q->rcpt[i].local && q->rcpt[i].parent)
			q->rcpt[q->rcpt[i].parent - 1].local = 1;
}

static enum look_result
read_all(struct look *l, int fd)
{
	switch (qf_load(&l->file, fd, false)) {
	case QF_OK:
		break;
	case QF_INCOMPLETE:
		return LOOK_INCOMPLETE;
	case QF_DAMAGED:
		return LOOK_DAMAGED;
	case QF_TROUBLE:
	default:
		return LOOK_TROUBLE;
	}
	l->next_s = l->file.mtime_s;
	mark_open(&l->file);
	return LOOK_OK;
}

static enum look_result
read_open(struct look *l, int fd, enum look_depth depth)
{
	return depth == LOOK_HEADER ? read_header(l, fd) : read_all(l, fd);
}

enum look_result
look_deeper(struct look *l, enum look_depth depth)
{
	enum look_result r;
	int fd, error;

	if (l->depth >= depth)
		return LOOK_OK;
	if (l->depth > LOOK_NAME)
		fd = l->fd;
	else if ((fd = walk_open(l->walk, l->place, &l->id)) < 0)
		return errno == ENOENT ? LOOK_GONE : LOOK_TROUBLE;
	r = read_open(l, fd, depth);
	if (r == LOOK_OK) {
		l->fd = fd;
		l->depth = depth;
	} else if (l->depth == LOOK_NAME) {
		error = errno;
		close(fd);
		errno = error;
	}
	return r;
}

void
look_at_open(struct look *l, struct walk *w, const struct walk_item *item, int fd)
{
	look_at(l, w, item);
	if (read_header(l, fd) == LOOK_OK) {
		l->fd = fd;
		l->depth = LOOK_HEADER;
	} else
		close(fd);                      /* look_deeper will find out again, and say it */
}

const char *
look_reason(enum look_result r)
{
	return r == LOOK_INCOMPLETE ? "incomplete, never acknowledged" : r == LOOK_DAMAGED ? "damaged" : strerror(errno);
}

bool
look_open(const struct look *l, size_t i)
{
	return l->file.rcpt[i].local;
}

uint32_t
look_tries(const struct look *l)
{
	uint32_t most = 0;
	size_t i;

	for (i = 0; i < l->file.rcpts; i++)
		if (l->file.rcpt[i].tries > most)
			most = l->file.rcpt[i].tries;
	return most;
}

bool
look_believed(const struct look *l)
{
	static bool asked;
	static uid_t owner, server;

	if (!asked) {
		struct buf space = BUF(PASSWD_SPACE);
		struct passwd_file file;
		struct passwd_source source;
		struct passwd_entry e;
		struct outcome why;
		struct stat st;

		owner = stat("msg", &st) == 0 ? st.st_uid : 0;
		passwd_file_init(&file, 0, &source);
		server = source.find(source.ctx, SERVER, false, &space, &e, &why) == PASSWD_FOUND ? e.uid : owner;
		passwd_file_close(&file);
		buf_free(&space);
		asked = true;
	}
	return qf_believed(&l->file, owner, server);
}

/* the part of the way HOST/ADDRESS/PROTECTION that follows the skip-th slash */
static const char *
way_part(const struct look *l, size_t i, int skip, size_t *n)
{
	const struct qf_rcpt *r = &l->file.rcpt[i];
	const char *s;

	if (!r->via)
		return 0;
	for (s = qf_string(&l->file, r->via); skip--; s++)
		if (!(s = strchr(s, '/')))
			return 0;
	*n = strcspn(s, "/");
	return s;
}

const char *
look_host(const struct look *l, size_t i, size_t *n)
{
	return way_part(l, i, 0, n);
}

const char *
look_address(const struct look *l, size_t i, size_t *n)
{
	return way_part(l, i, 1, n);
}
