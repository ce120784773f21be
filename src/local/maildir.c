#include "local/maildir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "compat/compat.h"
#include "lib/clock.h"
#include "lib/fd.h"

#define NAME_TRIES 10
#define WRITE_BEHIND (1u << 20)         /* a message longer than this is sent to the disk while it is copied */
#define HOST_LONGEST 64

static int
open_part(const char *path, const char *part)
{
	char full[MAILDIR_PATH + 8];

	snprintf(full, sizeof full, "%s/%s", path, part);
	return open(full, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static bool
make_part(const char *path, const char *part)
{
	char full[MAILDIR_PATH + 8];

	snprintf(full, sizeof full, "%s/%s", path, part);
	return mkdir(full, 0700) == 0 || errno == EEXIST;
}

/* new/ last: with it the Maildir is one */
static bool
make(const char *path)
{
	char up[MAILDIR_PATH + 8];

	snprintf(up, sizeof up, "%s/..", path);
	return (mkdir(path, 0700) == 0 || errno == EEXIST) && make_part(path, "tmp") && make_part(path, "cur") &&
	    make_part(path, "new") && file_sync_dir(AT_FDCWD, path) && file_sync_dir(AT_FDCWD, up);
}

bool
maildir_open(struct maildir *d, const char *path, bool create)
{
	size_t n = strlen(path);

	if (n >= sizeof d->path) {
		errno = EMSGSIZE;
		return false;
	}
	memcpy(d->path, path, n + 1);
	d->tmp_dir = -1;
	d->new_dir = open_part(d->path, "new");
	if (d->new_dir < 0 && errno == ENOENT && create && make(d->path))
		d->new_dir = open_part(d->path, "new");
	return d->new_dir >= 0;
}

void
maildir_close(struct maildir *d)
{
	close(d->new_dir);
	if (d->tmp_dir >= 0)
		close(d->tmp_dir);
	d->new_dir = d->tmp_dir = -1;
}

/* a nameless file, or where there is none a file in tmp/, which is opened only then */
static bool
create(struct maildir *d, struct newfile *f)
{
	if (newfile_open(f, d->new_dir, d->tmp_dir, 0600))
		return true;
	if (errno != EBADF || d->tmp_dir >= 0)
		return false;
	d->tmp_dir = open_part(d->path, "tmp");
	return d->tmp_dir >= 0 && newfile_open(f, d->new_dir, d->tmp_dir, 0600);
}

/* both with one call if the kernel takes it all, as it does but for a full disk */
static bool
write_two(int fd, const struct buf *a, char *s, size_t n)
{
	struct iovec v[2] = { { a->s, a->len }, { s, n } };
	ssize_t r;

	do
		r = writev(fd, v, 2);
	while (r < 0 && errno == EINTR);
	if (r < 0)
		return false;
	if ((size_t)r < a->len)
		return fd_write(fd, a->s + r, a->len - (size_t)r) && fd_write(fd, s, n);
	return fd_write(fd, s + ((size_t)r - a->len), n - ((size_t)r - a->len));
}

/* line ends that are LF alone, and so a byte longer where the message is read over the network; cr: the byte before s is a CR */
static uint64_t
bare_ends(const char *s, size_t n, bool *cr)
{
	const char *at = s, *end = s + n;
	uint64_t found = 0;

	for (; at < end && (at = memchr(at, '\n', (size_t)(end - at))); at++)
		found += at > s ? at[-1] != '\r' : !*cr;
	if (n)
		*cr = end[-1] == '\r';
	return found;
}

static bool
copy(int fd, const struct buf *trace, struct message *m, uint64_t *ends)
{
	bool cr = false;
	ssize_t n;
	char *s;

	message_rewind(m);
	n = message_next(m, &s);
	if (n < 0 || !write_two(fd, trace, s, (size_t)n))
		return false;
	*ends = bare_ends(trace->s, trace->len, &cr) + bare_ends(s, (size_t)n, &cr);
	while (n > 0 && (n = message_next(m, &s)) > 0) {
		if (!fd_write(fd, s, (size_t)n))
			return false;
		*ends += bare_ends(s, (size_t)n, &cr);
		if (m->end - m->start > WRITE_BEHIND && !compat_write_behind(fd))
			return false;
	}
	return n == 0;
}

bool
maildir_write(struct maildir *d, struct maildir_entry *e, const struct buf *trace, struct message *m)
{
	int cause;

	e->named = false;
	if (!create(d, &e->file))
		return false;
	if (copy(e->file.fd, trace, m, &e->ends))
		return true;
	cause = errno;
	(void)newfile_close(&e->file);
	errno = cause;
	return false;
}

bool
maildir_start(struct maildir_entry *e)
{
	return compat_write_behind(e->file.fd);
}

bool
maildir_sync(struct maildir_entry *e)
{
	return fsync(e->file.fd) == 0;
}

/* the host's name as the Maildir rules want it: no '/', no ':'; and no byte that is odd in a file name */
static void
put_host(char *out, size_t size)
{
	char host[MAILDIR_HOST];
	size_t n = 0, i;

	if (gethostname(host, sizeof host) != 0 || !host[0])
		snprintf(host, sizeof host, "localhost");
	host[sizeof host - 1] = 0;
	for (i = 0; host[i] && n + 5 < size && n < HOST_LONGEST; i++) {
		unsigned char c = (unsigned char)host[i];

		if (c > ' ' && c < 127 && c != '/' && c != ':' && c != ',')
			out[n++] = (char)c;
		else
			n += (size_t)snprintf(out + n, 5, "\\%03o", c);
	}
	out[n] = 0;
}

bool
maildir_name(struct maildir *d, struct maildir_entry *e)
{
	static unsigned count;
	char host[HOST_LONGEST + 8];
	struct stat st;
	int tries;

	if (fstat(e->file.fd, &st) != 0)
		return false;
	put_host(host, sizeof host);
	for (tries = 0; tries < NAME_TRIES; tries++) {
		int64_t now = clock_wall_us();

		snprintf(e->name, sizeof e->name, "%lld.M%06uP%ldV%llxI%llxQ%u.%s,S=%lld,W=%llu", (long long)(now / 1000000),
		    (unsigned)((uint64_t)now % 1000000), (long)getpid(), (unsigned long long)st.st_dev,
		    (unsigned long long)st.st_ino, ++count, host, (long long)st.st_size,
		    (unsigned long long)st.st_size + e->ends);
		if (newfile_name(&e->file, d->new_dir, e->name)) {
			e->named = true;
			return true;
		}
		if (errno != EEXIST)
			break;
	}
	return false;
}

bool
maildir_settle(struct maildir *d)
{
	return fsync(d->new_dir) == 0;
}

bool
maildir_end(struct maildir *d, struct maildir_entry *e, bool keep)
{
	bool ok;
	int cause = errno;

	if (!keep && e->named)
		(void)unlinkat(d->new_dir, e->name, 0);         /* at worst it is delivered twice */
	ok = newfile_close(&e->file);
	if (keep && !ok) {
		cause = errno;
		(void)unlinkat(d->new_dir, e->name, 0);
	}
	errno = cause;
	return ok || !keep;
}

bool
maildir_no_open(struct outcome *o, const char *path)
{
	if (errno == ENOENT || errno == ENOTDIR || errno == ELOOP)
		return outcome_later(o, "4.2.1", "no usable Maildir at ", path, ": ", strerror(errno), (char *)0);
	return outcome_trouble(o, "open the maildir", path);
}

bool
maildir_deliver(const char *path, bool create_it, const struct buf *trace, struct message *m, struct outcome *o)
{
	struct maildir_entry e;
	struct maildir d;
	bool ok;

	if (!maildir_open(&d, path, create_it))
		return maildir_no_open(o, path);
	ok = maildir_write(&d, &e, trace, m);
	if (ok) {
		ok = maildir_sync(&e) && maildir_name(&d, &e) && maildir_settle(&d);
		ok = maildir_end(&d, &e, ok) && ok;
	}
	if (!ok)
		outcome_trouble(o, "write to", path);
	maildir_close(&d);
	return ok;
}
