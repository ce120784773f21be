/* the sizes of messages whose names do not tell: read once, then remembered in a file, in the order of the messages:
 *   SIZE blank NAME LF     NAME without what follows ':'
 * It may be lost, or torn, at any time: what does not read as a line of it counts for nothing. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/fd.h"
#include "lib/in.h"
#include "lib/msg.h"
#include "lib/num.h"
#include "lib/out.h"
#include "pop/maildrop.h"
#include "pop/transfer.h"

#define FILE_NAME "pneu-pop3d.sizes"
#define LINE_MAX_BYTES 300              /* a size, a file's name */
#define SPACE 65536
#define FEW 20                          /* new sizes that are not worth a new file */

/* ",W=123": with CR LF, as Maildir++ has it */
static bool
told(const char *name, size_t n, uint64_t *size)
{
	size_t i, end;

	for (i = 0; i + 3 < n; i++)
		if (memcmp(name + i, ",W=", 3) == 0) {
			i += 3;
			for (end = i; end < n && name[end] != ','; end++)
				;
			return num_span(name + i, end - i, 0, INT64_MAX, size);
		}
	return false;
}

struct cache {
	struct in in;
	struct buf line;
	bool open, has;                 /* has: line is one that was not looked at yet */
	char space[SPACE];
};

static void
cache_open(struct cache *c, int dir)
{
	int fd = openat(dir, FILE_NAME, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	*c = (struct cache){ .open = fd >= 0, .line = BUF(LINE_MAX_BYTES) };
	if (c->open)
		in_init(&c->in, fd, c->space, sizeof c->space, -1);
}

static void
cache_close(struct cache *c)
{
	if (c->open)
		close(c->in.fd);
	buf_free(&c->line);
}

/* messages are asked for in order, so lines before this one are for messages that are no more */
static bool
remembered(struct cache *c, const char *name, size_t n, uint64_t *size)
{
	char *blank;
	int r;

	for (; c->open; c->has = false) {
		if (!c->has && in_line(&c->in, &c->line, '\n') != IN_LINE) {
			close(c->in.fd);
			c->open = false;
			return false;
		}
		c->has = true;
		if (!c->line.len || !(blank = memchr(c->line.s, ' ', c->line.len)))
			continue;
		r = maildrop_compare(blank + 1, c->line.len - (size_t)(blank + 1 - c->line.s), name, n);
		if (r > 0)
			return false;
		if (r == 0)
			return num_span(c->line.s, (size_t)(blank - c->line.s), 0, INT64_MAX, size);
	}
	return false;
}

/* false: errno, ENOENT it is gone */
static bool
measure(struct maildrop *d, size_t i)
{
	static char space[SPACE];
	struct transfer_size t = { 0 };
	int fd = maildrop_read(d, i), cause;
	ssize_t n;

	if (fd < 0)
		return false;
	while ((n = fd_read(fd, space, sizeof space)) > 0)
		transfer_count(&t, space, (size_t)n);
	cause = errno;
	close(fd);
	errno = cause;
	d->message[i].size = transfer_total(&t);
	return n == 0;
}

/* beside the old one, then over it; two sessions at once each write a whole one */
static void
remember(const struct maildrop *d)
{
	static char space[SPACE];
	char tmp[64];
	struct out o;
	uint64_t size;
	size_t i;
	bool ok;
	int fd;

	snprintf(tmp, sizeof tmp, "tmp/" FILE_NAME ".%ld", (long)getpid());
	fd = openat(d->dir, tmp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0) {
		warn_sys("remember sizes of messages");
		return;
	}
	out_init(&o, fd, space, sizeof space, -1);
	for (i = 0; i < d->count; i++) {
		const char *name = d->names.s + d->message[i].name;

		if (d->message[i].flags & DROP_GONE || told(name, d->message[i].unique, &size) || memchr(name, '\n', d->message[i].unique))
			continue;
		out_num(&o, d->message[i].size);
		out_byte(&o, ' ');
		out_put(&o, name, d->message[i].unique);
		out_byte(&o, '\n');
	}
	ok = out_flush(&o);
	ok = close(fd) == 0 && ok;
	if (!ok || renameat(d->dir, tmp, d->dir, FILE_NAME) != 0) {
		warn_sys("remember sizes of messages");
		(void)unlinkat(d->dir, tmp, 0);
	}
}

bool
maildrop_sizes(struct maildrop *d)
{
	static struct cache c;
	size_t i, measured = 0;
	bool ok = true, opened = false;

	for (i = 0; i < d->count && ok; i++) {
		struct drop_message *m = &d->message[i];
		const char *name = d->names.s + m->name;

		if (told(name, m->unique, &m->size))
			continue;
		if (!opened)
			cache_open(&c, d->dir);
		opened = true;
		if (remembered(&c, name, m->unique, &m->size))
			continue;
		if (measure(d, i)) {
			measured++;
			continue;
		}
		ok = errno == ENOENT || errno == EINVAL || errno == EACCES;
		if (ok && errno == EACCES)
			warn_sys("read ", d->names.s + m->name);
		m->flags |= DROP_GONE;          /* nobody can be given it */
	}
	if (opened)
		cache_close(&c);
	if (ok && measured > FEW)
		remember(d);
	return ok;
}
