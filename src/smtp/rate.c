#include "smtp/rate.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/ascii.h"
#include "lib/clock.h"
#include "lib/fd.h"
#include "lib/ip.h"
#include "lib/num.h"
#include "lib/sha1.h"
#include "smtp/answer.h"
#include "smtp/session.h"

#define NONE UINT64_MAX
#define MOST 1000000000
#define RECORD 64                       /* bytes of a counter: hour day and four counts */
#define NAME_MOST 200                   /* bytes of a counter's name, before the sum of one that is longer */
#define SITE_BITS 64                    /* of an IPv6 address: the rest is its owner's choice */
#define STALE_S (2 * 86400)             /* no window that was counted in lasts longer */
#define SWEEP_S 3600                    /* between two looks for stale counters */
#define SWEEP_MOST 10000                /* files in one */
#define REOPENS 100

enum { LOGIN, ADDRESS };
enum { MESSAGES, RECIPIENTS };
enum { HOUR, DAY };

struct limits {
	const char *directory;
	uint64_t most[2][2][2];         /* whose, what, window */
};

struct counter {
	uint64_t hour, day;             /* since 1970 */
	uint64_t count[2][2];           /* what, window */
};

/* the next word of a line: its bytes, ended by a 0 in word; false: none, or too long */
static bool
next_word(const char **at, char word[32])
{
	size_t n;

	*at += strspn(*at, " \t");
	n = strcspn(*at, " \t");
	if (n == 0 || n > 31)
		return false;
	memcpy(word, *at, n);
	word[n] = 0;
	*at += n;
	return true;
}

static int
which(const char *word, const char *zero, const char *one)
{
	return strcmp(word, zero) == 0 ? 0 : strcmp(word, one) == 0 ? 1 : -1;
}

static bool
read_line(struct limits *l, const char *line)
{
	char word[4][32];
	int whose, what, window, i;
	uint64_t n;

	if (strncmp(line, "directory", 9) == 0 && (line[9] == ' ' || line[9] == '\t')) {
		l->directory = line + 9 + strspn(line + 9, " \t");
		return *l->directory == '/';
	}
	for (i = 0; i < 4; i++)
		if (!next_word(&line, word[i]))
			return false;
	whose = which(word[0], "login", "address");
	what = which(word[1], "messages", "recipients");
	window = which(word[2], "hour", "day");
	if (whose < 0 || what < 0 || window < 0 || line[strspn(line, " \t")] || !num_u64(word[3], 0, MOST, &n))
		return false;
	l->most[whose][what][window] = n;
	return true;
}

/* 0, or the line that makes no sense */
static const char *
read_limits(struct limits *l, const struct buf *lines)
{
	const char *line = 0;

	memset(l, 0xff, sizeof *l);     /* NONE everywhere */
	l->directory = 0;
	while ((line = conf_next(lines, line)))
		if (!read_line(l, line))
			return line;
	return 0;
}

bool
rate_check(const struct buf *lines, struct conf_error *e)
{
	struct limits l;
	const char *line = read_limits(&l, lines);

	if (line)
		conf_complain(e, "limits", "makes no sense", line);
	else if (lines->len && !l.directory)
		conf_complain(e, "limits", "names no directory", 0);
	else
		return true;
	return false;
}

static void
put_sum(char *name, const char *text)
{
	static const char hex[] = "0123456789abcdef";
	unsigned char sum[SHA1_BYTES];
	struct sha1 h;
	char c;
	int i;

	sha1_init(&h);
	for (; *text; text++) {
		c = ascii_lower(*text);
		sha1_put(&h, &c, 1);
	}
	sha1_end(&h, sum);
	for (i = 0; i < SHA1_BYTES; i++) {
		*name++ = hex[sum[i] >> 4];
		*name++ = hex[sum[i] & 15];
	}
	*name = 0;
}

/* Login or address as a file's name: letters, digits, and the rest in hex. Case does not count: a password program that
 * takes Joe for joe must not give him two counters. Where that is too long a sum of the whole ends it, after a byte that
 * no other name has. */
static void
file_name(char name[256], char kind, const char *text)
{
	static const char hex[] = "0123456789abcdef";
	const char *whole = text;
	size_t n = 0;

	name[n++] = kind;
	name[n++] = '-';
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (n > NAME_MOST) {
			name[n++] = '~';
			put_sum(name + n, whole);
			return;
		}
		if (ascii_alnum(*text) || *text == '-' || *text == '@' || (*text == '.'))
			name[n++] = ascii_lower(*text);
		else {
			name[n++] = '%';
			name[n++] = hex[c >> 4];
			name[n++] = hex[c & 15];
		}
	}
	name[n] = 0;
}

/* the network of a client that has one to itself */
static const char *
site(char space[IP_TEXT], const char *address)
{
	unsigned char ip[16];

	if (!ip_read(address, ip) || ip_is_v4(ip))
		return address;
	ip_mask(ip, SITE_BITS);
	(void)ip_text(space, ip);
	return space;
}

/* ---- the files. Who counts in one, or removes it, has it locked, and has seen then that it still has its name. */

/* at once, or, if it may wait, when nobody else has it; false: errno */
static bool
lock(int fd, bool wait)
{
	struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	while (fcntl(fd, wait ? F_SETLKW : F_SETLK, &whole) != 0)
		if (errno != EINTR)
			return false;
	return true;
}

/* -1: errno; st is of the file, empty if it is new */
static int
open_locked(int dir, const char *name, struct stat *st)
{
	int fd, tries, error;

	for (tries = 0; tries < REOPENS; tries++) {
		fd = openat(dir, name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
		if (fd < 0)
			return -1;
		if (lock(fd, true) && fstat(fd, st) == 0) {
			if (st->st_nlink > 0)
				return fd;
			errno = EAGAIN;         /* removed while we waited */
		}
		error = errno;
		close(fd);
		errno = error;
		if (error != EAGAIN)
			return -1;
	}
	return -1;
}

static void
remove_stale(int dir, const char *name, time_t now)
{
	struct stat st;
	int fd;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(st.st_mode) || now - st.st_mtime < STALE_S)
		return;
	if ((fd = openat(dir, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)) < 0)
		return;
	if (lock(fd, false) && fstat(fd, &st) == 0 && st.st_nlink > 0 && now - st.st_mtime >= STALE_S)
		(void)unlinkat(dir, name, 0);
	close(fd);
}

/* is it time? An empty file's own time is that of the last look. */
static bool
sweep_due(int dir, time_t now)
{
	struct stat st;
	bool touched;
	int fd;

	if (fstatat(dir, ".swept", &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_mtime <= now && now - st.st_mtime < SWEEP_S)
		return false;
	if ((fd = openat(dir, ".swept", O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600)) < 0)
		return false;
	touched = futimens(fd, 0) == 0;
	close(fd);
	return touched;
}

/* Called when a counter was made and none is locked (closing a file would unlock it). What cannot be removed is left for
 * the next time: nobody waits for it. */
static void
sweep(int dir)
{
	time_t now = (time_t)clock_wall_s();
	struct dirent *e;
	int fd, n;
	DIR *d;

	if (!sweep_due(dir, now) || (fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
		return;
	if (!(d = fdopendir(fd))) {
		close(fd);
		return;
	}
	for (n = 0; n < SWEEP_MOST && (e = readdir(d)); n++)
		if ((*e->d_name == 'l' || *e->d_name == 'a') && e->d_name[1] == '-')
			remove_stale(dir, e->d_name, now);
	closedir(d);
}

static bool
read_numbers(uint64_t v[6], const char *text, size_t n)
{
	size_t i, at = 0, len;

	for (i = 0; i < 6; i++) {
		for (len = 0; at + len < n && text[at + len] != ' ' && text[at + len] != '\n'; len++)
			;
		if (!num_span(text + at, len, 0, UINT64_MAX / 2, &v[i]))
			return false;
		at += len + 1;
	}
	return true;
}

/* what is damaged, or another hour's, counts from nought */
static bool
read_counter(int fd, struct counter *c)
{
	uint64_t now = (uint64_t)clock_wall_s();
	char text[RECORD];
	ssize_t n = fd_pread(fd, text, RECORD, 0);
	uint64_t v[6];

	if (n < 0)
		return false;
	memset(c, 0, sizeof *c);
	c->hour = now / 3600;
	c->day = now / 86400;
	if (!read_numbers(v, text, (size_t)n))
		return true;
	if (v[0] == c->hour) {
		c->count[MESSAGES][HOUR] = v[2];
		c->count[RECIPIENTS][HOUR] = v[3];
	}
	if (v[1] == c->day) {
		c->count[MESSAGES][DAY] = v[4];
		c->count[RECIPIENTS][DAY] = v[5];
	}
	return true;
}

/* one write of a fixed length: killed in between, it is the old one or the new one */
static bool
write_counter(int fd, const struct counter *c)
{
	char text[RECORD + 200];
	int n = snprintf(text, sizeof text, "%llu %llu %llu %llu %llu %llu", (unsigned long long)c->hour,
	    (unsigned long long)c->day, (unsigned long long)c->count[MESSAGES][HOUR], (unsigned long long)c->count[RECIPIENTS][HOUR],
	    (unsigned long long)c->count[MESSAGES][DAY], (unsigned long long)c->count[RECIPIENTS][DAY]);

	if (n < 0 || n >= RECORD) {
		errno = EOVERFLOW;
		return false;
	}
	memset(text + n, ' ', (size_t)(RECORD - 1 - n));
	text[RECORD - 1] = '\n';
	return fd_pwrite(fd, text, RECORD, 0);
}

enum verdict { UNDER, OVER, TROUBLE };

/* one more in the file, unless it is over */
static enum verdict
count_in(int fd, const uint64_t most[2], int what)
{
	enum verdict v;
	struct counter c;

	if (!read_counter(fd, &c))
		return TROUBLE;
	v = c.count[what][HOUR] >= most[HOUR] || c.count[what][DAY] >= most[DAY] ? OVER : UNDER;
	c.count[what][HOUR]++;
	c.count[what][DAY]++;
	return v == OVER || write_counter(fd, &c) ? v : TROUBLE;
}

static enum verdict
count(const struct limits *l, int whose, const char *text, int what)
{
	const uint64_t *most = l->most[whose][what];
	enum verdict v = TROUBLE;
	char name[256];
	int dir, fd, error;
	struct stat st;

	if (most[HOUR] == NONE && most[DAY] == NONE)
		return UNDER;
	file_name(name, whose == LOGIN ? 'l' : 'a', text);
	if ((dir = open(l->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
		return TROUBLE;
	if ((fd = open_locked(dir, name, &st)) >= 0) {
		v = count_in(fd, most, what);
		error = errno;
		close(fd);
		if (st.st_size == 0)
			sweep(dir);
		errno = error;
	}
	error = errno;
	close(dir);
	errno = error;
	return v;
}

static const char *
ask(struct session *s, int what)
{
	char network[IP_TEXT];
	struct limits l;
	enum verdict v = UNDER;

	if (!s->submission.limits.len)
		return 0;
	(void)read_limits(&l, &s->submission.limits);   /* rate_check has seen it */
	if (*s->auth.login)
		v = count(&l, LOGIN, s->auth.login, what);
	if (v == OVER)
		log_rate(s, what == MESSAGES ? "messages" : "recipients", "login", s->auth.login);
	else if (v == UNDER && *s->peer.ip && (v = count(&l, ADDRESS, site(network, s->peer.ip), what)) == OVER)
		log_rate(s, what == MESSAGES ? "messages" : "recipients", "address", s->peer.ip);
	if (v == TROUBLE)
		log_trouble(s, "unable to count in the directory of control/limits", strerror(errno));
	return v == UNDER ? 0 : v == OVER ? "452 4.7.1 you have sent too much for now, try later" :
	    "451 4.3.0 unable to count what you send, try later";
}

const char *
rate_message(struct session *s)
{
	return ask(s, MESSAGES);
}

const char *
rate_recipient(struct session *s)
{
	return ask(s, RECIPIENTS);
}
