#include "local/mbox.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/fd.h"
#include "lib/file.h"
#include "lib/num.h"

#define OUT_SPACE (64u << 10)
#define FIRST_WAIT_MS 20
#define LONGEST_WAIT_MS 500

static const char from[] = "From ";
#define FROM (sizeof from - 1)

/* ---- quoting */

/* s is at the start of a line or in its '>'s or its "From ": how much of s belongs to that */
static size_t
line_start(struct mbox_quote *q, struct out *o, const char *s, size_t n)
{
	size_t at = 0;

	if (q->matched == 0)
		while (at < n && s[at] == '>')
			at++;
	q->begun |= at > 0;
	out_put(o, s, at);
	while (at < n && q->matched < FROM && s[at] == from[q->matched]) {
		at++;
		q->matched++;
	}
	if (q->matched == FROM)
		out_byte(o, '>');
	else if (at == n)
		return at;              /* undecided */
	out_put(o, from, q->matched);
	q->matched = 0;
	q->inside = true;
	return at;
}

void
mbox_quote(struct mbox_quote *q, struct out *o, const char *s, size_t n)
{
	while (n) {
		const char *nl;
		size_t len;

		if (!q->inside) {
			len = line_start(q, o, s, n);
			s += len;
			n -= len;
			continue;
		}
		nl = memchr(s, '\n', n);
		/* most lines begin with neither: go on to the end of the next such line and put them out together */
		while (nl && (size_t)(nl - s) + 1 < n && nl[1] != '>' && nl[1] != 'F')
			nl = memchr(nl + 1, '\n', n - (size_t)(nl + 1 - s));
		len = nl ? (size_t)(nl - s) + 1 : n;
		out_put(o, s, len);
		q->inside = q->begun = !nl;
		s += len;
		n -= len;
	}
}

void
mbox_quote_end(struct mbox_quote *q, struct out *o)
{
	out_put(o, from, q->matched);
	if (q->begun || q->inside || q->matched)
		out_byte(o, '\n');
	memset(q, 0, sizeof *q);
}

/* ---- locks */

struct lock {
	char dot[MBOX_PATH + 8];        /* "" when there is none */
};

static bool
lock_fcntl(int fd, short type)
{
	struct flock l = { .l_type = type, .l_whence = SEEK_SET };

	return fcntl(fd, F_SETLK, &l) == 0;
}

static void
remove_stale(const char *dot)
{
	struct stat st;

	if (lstat(dot, &st) == 0 && clock_wall_s() - st.st_mtime > MBOX_STALE_S)
		(void)unlink(dot);
}

enum tried { TRIED_HELD, TRIED_BUSY, TRIED_NONE, TRIED_TROUBLE };

/* what it holds is for other programs, which look whether that process lives; a failed write does not matter */
static enum tried
try_dot(const char *dot)
{
	char pid[NUM_DEC + 1];
	size_t n = num_dec(pid, (uint64_t)getpid());
	int fd = open(dot, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0444);

	if (fd < 0)
		return errno == EEXIST ? TRIED_BUSY :
		    errno == EACCES || errno == EPERM || errno == EROFS ? TRIED_NONE : TRIED_TROUBLE;
	pid[n++] = '\n';
	(void)fd_write(fd, pid, n);
	close(fd);
	return TRIED_HELD;
}

static enum tried
try_both(int fd, struct lock *l)
{
	enum tried dot;
	int cause;

	if (!lock_fcntl(fd, F_WRLCK))
		return errno == EAGAIN || errno == EACCES || errno == EINTR ? TRIED_BUSY : TRIED_TROUBLE;
	dot = try_dot(l->dot);
	if (dot == TRIED_BUSY) {
		remove_stale(l->dot);
		dot = try_dot(l->dot);
	}
	if (dot == TRIED_HELD)
		return dot;
	if (dot == TRIED_NONE) {
		l->dot[0] = 0;
		return TRIED_HELD;
	}
	cause = errno;
	(void)lock_fcntl(fd, F_UNLCK);
	errno = cause;
	return dot;
}

static bool
lock(int fd, const char *path, struct lock *l, struct outcome *o)
{
	int64_t end = clock_mono_ms() + MBOX_LOCK_S * 1000;
	long wait_ms = FIRST_WAIT_MS;
	char dot[sizeof l->dot];

	snprintf(dot, sizeof dot, "%s.lock", path);
	for (;;) {
		struct timespec t = { .tv_sec = 0, .tv_nsec = wait_ms * 1000000 };

		memcpy(l->dot, dot, sizeof dot);
		switch (try_both(fd, l)) {
		case TRIED_HELD:
			return true;
		case TRIED_BUSY:
			break;
		default:
			return outcome_trouble(o, "lock", path);
		}
		if (clock_mono_ms() >= end)
			return outcome_later(o, "4.2.0", "the mailbox ", path, " is locked by another program", (char *)0);
		nanosleep(&t, 0);
		wait_ms = wait_ms * 2 > LONGEST_WAIT_MS ? LONGEST_WAIT_MS : wait_ms * 2;
	}
}

/* the file's close, which follows, ends the fcntl lock */
static void
unlock(struct lock *l)
{
	if (l->dot[0])
		(void)unlink(l->dot);
}

/* ---- the file */

static bool
check(int fd, const char *path, struct stat *st, struct outcome *o)
{
	if (fstat(fd, st) != 0)
		return outcome_trouble(o, "look at", path);
	if (!S_ISREG(st->st_mode))
		return outcome_later(o, "4.2.0", "the mailbox ", path, " is not a regular file", (char *)0);
	if (st->st_nlink != 1)
		return outcome_later(o, "4.2.0", "the mailbox ", path, " has more than one name", (char *)0);
	if (st->st_uid != geteuid())
		return outcome_later(o, "4.2.0", "the mailbox ", path, " belongs to somebody else", (char *)0);
	return true;
}

/* Is it still the file of that name? A mail reader may have put a new one in place while we waited for the lock. */
static bool
check_name(int fd, const char *path, struct stat *st, struct outcome *o)
{
	struct stat named;

	if (!check(fd, path, st, o))
		return false;
	if (lstat(path, &named) != 0)
		return outcome_trouble(o, "look at", path);
	if (named.st_ino != st->st_ino || named.st_dev != st->st_dev)
		return outcome_later(o, "4.2.0", "the mailbox ", path, " was replaced meanwhile", (char *)0);
	return true;
}

/* What an empty line before ours takes: a message that a crash cut off must not swallow this one. 0: errno */
static const char *
gap(int fd, off_t size)
{
	char end[2] = { 0, 0 };
	off_t n = size < 2 ? size : 2;
	ssize_t r;

	if (size == 0)
		return "";
	r = fd_pread(fd, end + 2 - n, (size_t)n, size - n);
	if (r != (ssize_t)n) {
		if (r >= 0)
			errno = EIO;            /* it was longer a moment ago: somebody ignores our lock */
		return 0;
	}
	if (end[1] != '\n')
		return "\n\n";
	return end[0] == '\n' ? "" : "\n";
}

static bool
append(int fd, off_t size, const struct buf *from_line, const struct buf *trace, struct message *m)
{
	static char space[OUT_SPACE];
	struct mbox_quote q = { false, false, 0 };
	const char *before = gap(fd, size);
	struct out o;
	ssize_t n;
	char *s;

	if (!before)
		return false;
	out_init(&o, fd, space, sizeof space, -1);
	out_puts(&o, before);
	out_buf(&o, from_line);
	out_buf(&o, trace);
	message_rewind(m);
	while ((n = message_next(m, &s)) > 0 && !o.error)
		mbox_quote(&q, &o, s, (size_t)n);
	if (n < 0)
		return false;
	mbox_quote_end(&q, &o);
	out_byte(&o, '\n');
	return out_flush(&o);
}

/* a new file's name must be on disk too; where we may not read the directory, its file system has to see to that */
static bool
sync_name(const char *path)
{
	return file_sync_parent(path) || errno == EACCES;
}

static bool
append_whole(int fd, const char *path, off_t size, const struct buf *from_line, const struct buf *trace,
    struct message *m, struct outcome *o)
{
	int cause;

	if (append(fd, size, from_line, trace, m) && fsync(fd) == 0 && (size > 0 || sync_name(path)))
		return true;
	cause = errno;
	if (ftruncate(fd, size) != 0 || fsync(fd) != 0)
		return outcome_later(o, "4.3.0", "unable to write to ", path, ": ", strerror(cause),
		    "; and unable to cut it back: ", strerror(errno), (char *)0);
	errno = cause;
	return outcome_trouble(o, "write to", path);
}

bool
mbox_deliver(const char *path, const struct buf *from_line, const struct buf *trace, struct message *m,
    struct outcome *o)
{
	struct lock l;
	struct stat st;
	bool ok;
	int fd;

	if (strlen(path) >= MBOX_PATH)
		return outcome_later(o, "4.3.5", "the mailbox's name is too long", (char *)0);
	fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0600);
	if (fd < 0 && errno == ELOOP)
		return outcome_later(o, "4.2.0", "the mailbox ", path, " is a symbolic link", (char *)0);
	if (fd < 0)
		return outcome_trouble(o, "open", path);
	ok = check(fd, path, &st, o) && lock(fd, path, &l, o);
	if (ok) {
		ok = check_name(fd, path, &st, o) && append_whole(fd, path, st.st_size, from_line, trace, m, o);
		unlock(&l);
		if (close(fd) != 0 && ok)       /* after fsync: a network file system's last word */
			ok = outcome_trouble(o, "close", path);
	} else
		close(fd);
	return ok;
}
