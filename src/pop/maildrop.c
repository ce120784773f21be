#include "pop/maildrop.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compat/compat.h"
#include "lib/ascii.h"
#include "lib/clock.h"
#include "lib/sha1.h"

#define NAMES_MAX (256u << 20)
#define STALE_S (36 * 3600)             /* Maildir's own rule for tmp/ */
#define STALE_LOOK 1000                 /* most files of tmp/ looked at in a session */
#define FLAGS ":2,"

/* times have as many digits as they have; between names without one the bytes decide */
int
maildrop_compare(const char *a, size_t a_len, const char *b, size_t b_len)
{
	size_t m = ascii_digits(a, a_len), n = ascii_digits(b, b_len), least = a_len < b_len ? a_len : b_len;
	int r;

	if (m != n)
		return m < n ? -1 : 1;
	r = memcmp(a, b, least);
	return r ? r : a_len < b_len ? -1 : a_len > b_len;
}

static const char *
name(const struct maildrop *d, const struct drop_message *m)
{
	return d->names.s + m->name;
}

/* ---- reading the directories */

static const struct maildrop *sorted;   /* for qsort, which passes nothing on */

static int
compare(const void *one, const void *two)
{
	const struct drop_message *a = one, *b = two;
	int r = maildrop_compare(name(sorted, a), a->unique, name(sorted, b), b->unique);

	if (!r)
		r = (a->flags & DROP_NEW) - (b->flags & DROP_NEW);
	return r ? r : strcmp(name(sorted, a), name(sorted, b));
}

static struct drop_message *
find(const struct maildrop *d, const char *file, size_t unique)
{
	size_t low = 0, high = d->count, middle;
	int r;

	while (low < high) {
		middle = low + (high - low) / 2;
		r = maildrop_compare(name(d, &d->message[middle]), d->message[middle].unique, file, unique);
		if (r == 0)
			return &d->message[middle];
		if (r < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return 0;
}

static bool
keep_name(struct maildrop *d, struct drop_message *m, const char *file, unsigned flags)
{
	size_t at = d->names.len;

	if (!buf_put(&d->names, file, strlen(file) + 1))
		return false;
	m->name = (uint32_t)at;
	m->unique = (uint16_t)strcspn(file, ":");
	m->flags = (uint8_t)flags;
	return true;
}

static bool
add(struct maildrop *d, const char *file, unsigned flags)
{
	struct drop_message *more;
	size_t room;

	if (d->count == DROP_MESSAGES) {
		d->more = true;
		return true;
	}
	if (d->count == d->room) {
		room = d->room ? d->room * 2 : 256;
		if (!(more = realloc(d->message, room * sizeof *more)))
			return false;
		d->message = more;
		d->room = room;
	}
	d->message[d->count].size = 0;
	if (!keep_name(d, &d->message[d->count], file, flags))
		return false;
	d->count++;
	return true;
}

/* a message that had been there is where and as it is called now */
static bool
see_again(struct maildrop *d, const char *file, unsigned flags)
{
	struct drop_message *m = find(d, file, strcspn(file, ":"));

	if (!m || !(m->flags & DROP_GONE))
		return true;
	flags |= m->flags & (DROP_DELETED | DROP_RETRIEVED);
	if (strcmp(name(d, m), file) != 0)
		return keep_name(d, m, file, flags);
	m->flags = (uint8_t)flags;
	return true;
}

static bool
is_message(int dir, const struct dirent *e)
{
	struct stat st;

	if (e->d_name[0] == '.' || e->d_name[0] == ':')
		return false;
	if (e->d_type != DT_UNKNOWN)
		return e->d_type == DT_REG;
	return fstatat(dir, e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode);
}

static bool
scan(struct maildrop *d, int dir, unsigned flags, bool (*take)(struct maildrop *, const char *, unsigned))
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), cause;
	DIR *list = fd < 0 ? 0 : fdopendir(fd);
	const struct dirent *e;
	bool ok = true;

	if (!list) {
		if (fd >= 0)
			close(fd);
		return false;
	}
	while (errno = 0, ok && (e = readdir(list)))
		if (is_message(dir, e))
			ok = take(d, e->d_name, flags);
	cause = errno;
	closedir(list);
	errno = cause;
	return ok && !cause;
}

static void
drop_doubles(struct maildrop *d)
{
	size_t i, n = 0;

	for (i = 0; i < d->count; i++)
		if (n == 0 || maildrop_compare(name(d, &d->message[n - 1]), d->message[n - 1].unique, name(d, &d->message[i]),
		    d->message[i].unique) != 0)
			d->message[n++] = d->message[i];
	d->count = n;
}

static void
drop_gone(struct maildrop *d)
{
	size_t i, n = 0;

	for (i = 0; i < d->count; i++)
		if (!(d->message[i].flags & DROP_GONE))
			d->message[n++] = d->message[i];
	d->count = n;
}

/* at a delivery that died; a deliverer that is at it has been so for less */
static void
clean_tmp(const struct maildrop *d)
{
	int fd = openat(d->dir, "tmp", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *list = fd < 0 ? 0 : fdopendir(fd);
	int64_t now_s = clock_wall_s();
	const struct dirent *e;
	struct stat st;
	size_t n;

	if (!list) {
		if (fd >= 0)
			close(fd);
		return;
	}
	for (n = 0; n < STALE_LOOK && (e = readdir(list)); n++)
		if (e->d_name[0] != '.' && fstatat(fd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) &&
		    st.st_mtime + STALE_S < now_s && st.st_atime + STALE_S < now_s)
			(void)unlinkat(fd, e->d_name, 0);
	closedir(list);
}

static int
open_part(const struct maildrop *d, const char *part)
{
	return openat(d->dir, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

bool
maildrop_open(struct maildrop *d, const char *path)
{
	*d = (struct maildrop){ .dir = -1, .new_dir = -1, .cur_dir = -1, .names = BUF(NAMES_MAX) };
	d->dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (d->dir < 0 && errno == ENOENT)
		return d->missing = true;
	if (d->dir < 0 || (d->new_dir = open_part(d, "new")) < 0 || (d->cur_dir = open_part(d, "cur")) < 0)
		return false;
	clean_tmp(d);
	/* in this order, so that a message which goes from new/ to cur/ meanwhile is seen, perhaps twice */
	if (!scan(d, d->new_dir, DROP_NEW, add) || !scan(d, d->cur_dir, 0, add))
		return false;
	sorted = d;
	qsort(d->message, d->count, sizeof *d->message, compare);
	drop_doubles(d);
	if (!maildrop_sizes(d))
		return false;
	drop_gone(d);
	return true;
}

void
maildrop_close(struct maildrop *d)
{
	if (d->dir >= 0)
		close(d->dir);
	if (d->new_dir >= 0)
		close(d->new_dir);
	if (d->cur_dir >= 0)
		close(d->cur_dir);
	buf_free(&d->names);
	free(d->message);
	*d = (struct maildrop){ .dir = -1, .new_dir = -1, .cur_dir = -1 };
}

/* ---- one message */

static int
where(const struct maildrop *d, const struct drop_message *m)
{
	return m->flags & DROP_NEW ? d->new_dir : d->cur_dir;
}

/* Somebody has renamed or removed m, and perhaps others: all that are not seen now are gone, so a look like this is not
 * taken twice for one of them. False: errno, ENOENT if this one is gone */
static bool
look_again(struct maildrop *d, struct drop_message *m)
{
	size_t i;

	for (i = 0; i < d->count; i++)
		d->message[i].flags |= DROP_GONE;
	/* also in this order, and cur/ once more: a message may have moved from one to the other behind our back */
	if (!scan(d, d->cur_dir, 0, see_again) || !scan(d, d->new_dir, DROP_NEW, see_again) || !scan(d, d->cur_dir, 0, see_again)) {
		for (i = 0; i < d->count; i++)
			d->message[i].flags &= (uint8_t)~DROP_GONE;
		return false;
	}
	errno = ENOENT;
	return !(m->flags & DROP_GONE);
}

int
maildrop_read(struct maildrop *d, size_t i)
{
	struct drop_message *m = &d->message[i];
	struct stat st;
	int fd = -1;

	errno = ENOENT;
	if (m->flags & DROP_GONE)
		return -1;
	fd = compat_open_quiet(where(d, m), name(d, m));
	if (fd < 0 && errno == ENOENT && look_again(d, m))
		fd = compat_open_quiet(where(d, m), name(d, m));
	if (fd >= 0 && (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))) {
		close(fd);
		errno = EINVAL;
		return -1;
	}
	return fd;
}

void
maildrop_uid(const struct maildrop *d, size_t i, char uid[DROP_UID + 1])
{
	static const char hex[] = "0123456789abcdef";
	const struct drop_message *m = &d->message[i];
	const char *s = name(d, m);
	unsigned char sum[SHA1_BYTES];
	struct sha1 h;
	size_t n;

	for (n = 0; n < m->unique && ascii_print(s[n]) && s[n] != ' '; n++)
		;
	/* '#' begins those that are hashed, and no others, so that none of one kind is one of the other */
	if (n == m->unique && n <= DROP_UID && *s != '#') {
		memcpy(uid, s, n);
		uid[n] = 0;
		return;
	}
	sha1_init(&h);
	sha1_put(&h, s, m->unique);
	sha1_end(&h, sum);
	*uid = '#';
	for (n = 0; n < SHA1_BYTES; n++) {
		uid[1 + 2 * n] = hex[sum[n] >> 4];
		uid[2 + 2 * n] = hex[sum[n] & 15];
	}
	uid[1 + 2 * SHA1_BYTES] = 0;
}

/* ---- the end of a session */

static bool
remove_message(struct maildrop *d, struct drop_message *m)
{
	if (m->flags & DROP_GONE || unlinkat(where(d, m), name(d, m), 0) == 0)
		return true;
	if (errno != ENOENT)
		return false;
	if (!look_again(d, m))
		return errno == ENOENT;
	return unlinkat(where(d, m), name(d, m), 0) == 0 || errno == ENOENT;
}

/* the name that it has to have in cur/; false: it has it already, or a name like that cannot be given */
static bool
seen_name(const struct maildrop *d, const struct drop_message *m, char to[NAME_MAX + 1])
{
	const char *from = name(d, m), *info = from + m->unique;
	bool mark = m->flags & DROP_RETRIEVED;
	size_t before;
	int n;

	if (m->flags & DROP_NEW)
		n = snprintf(to, NAME_MAX + 1, "%.*s" FLAGS "%s", (int)m->unique, from, mark ? "S" : "");
	else {
		if (!mark || (*info && strncmp(info, FLAGS, sizeof FLAGS - 1) != 0) || strchr(info, 'S'))
			return false;
		info += *info ? sizeof FLAGS - 1 : 0;
		for (before = 0; info[before] && info[before] < 'S'; before++)
			;
		n = snprintf(to, NAME_MAX + 1, "%.*s" FLAGS "%.*sS%s", (int)m->unique, from, (int)before, info, info + before);
	}
	return n > 0 && n <= NAME_MAX;
}

bool
maildrop_update(struct maildrop *d, size_t *left)
{
	char to[NAME_MAX + 1];
	int first = 0;
	size_t i;

	*left = 0;
	for (i = 0; i < d->count; i++) {
		struct drop_message *m = &d->message[i];

		if (m->flags & DROP_DELETED) {
			if (!remove_message(d, m)) {
				first = first ? first : errno;
				++*left;
			}
		} else if (!(m->flags & DROP_GONE) && seen_name(d, m, to) &&
		    renameat(where(d, m), name(d, m), d->cur_dir, to) != 0 && errno == ENOENT && look_again(d, m) && seen_name(d, m, to))
			(void)renameat(where(d, m), name(d, m), d->cur_dir, to);        /* a flag is not worth a third attempt */
	}
	errno = first;
	return *left == 0;
}
