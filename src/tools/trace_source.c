#include "tools/trace.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/fd.h"
#include "lib/file.h"
#include "lib/msg.h"
#include "lib/num.h"
#include "lib/proc.h"

#define SOURCES_MAX 65536
#define DEPTH_MAX 4                     /* of directories in directories */
#define PATH_MAX_BYTES 4096
#define CHUNK (1u << 20)
#define SPOOL_MAX (UINT64_C(1) << 40)
#define DAY_S 86400                     /* an unchanged log may still tell how a delivery began that ends in the next one */

extern char **environ;

struct source {
	char *path;
	char *log;                      /* the same for the files of one log, such as mail.log and mail.log.2.gz */
	uint64_t order;                 /* among them */
	int fd;                         /* what could be read only once, kept; else -1 */
};

struct trace_sources {
	struct source *source;
	size_t count, room;
};

/* ---- which files */

struct trace_sources *
trace_sources_new(void)
{
	return calloc(1, sizeof(struct trace_sources));
}

size_t
trace_sources_count(const struct trace_sources *t)
{
	return t->count;
}

const char *
trace_source_name(const struct trace_sources *t, uint32_t i)
{
	return t->source[i].path;
}

static bool
ends_in(const char *s, size_t n, const char *end)
{
	size_t e = strlen(end);

	return n > e && memcmp(s + n - e, end, e) == 0;
}

/* the digits at the end of s: how many */
static size_t
digits_at_end(const char *s, size_t n)
{
	size_t d = 0;

	while (d < n && s[n - 1 - d] >= '0' && s[n - 1 - d] <= '9')
		d++;
	return d;
}

/* "@" and 24 digits, and perhaps what has become of the file: multilog and svlogd */
static bool
is_label(const char *s, size_t n, uint64_t *order)
{
	char space[17];

	if (n < 25 || *s != '@' || strspn(s + 1, "0123456789abcdef") < 24)
		return false;
	memcpy(space, s + 9, 16);               /* the low half of the second, the nanosecond */
	space[16] = 0;
	*order = strtoull(space, 0, 16);
	return true;
}

/* Where a file stands among those of its log, and how much of its name all of them share. */
static uint64_t
order_of(const char *s, size_t *n)
{
	static const char *const packed[] = { ".gz", ".xz", ".zst", ".bz2", ".lzma" };
	uint64_t order;
	size_t i, d;

	for (i = 0; i < sizeof packed / sizeof *packed; i++)
		if (ends_in(s, *n, packed[i])) {
			*n -= strlen(packed[i]);
			break;
		}
	if (is_label(s, *n, &order) || (*n == 7 && memcmp(s, "current", 7) == 0)) {
		order = *s == '@' ? order : UINT64_MAX;
		*n = 0;
		return order;
	}
	if (ends_in(s, *n, ".old")) {
		*n -= 4;
		return UINT64_MAX - 1;
	}
	d = digits_at_end(s, *n);
	if (d && d < 7 && *n > d + 1 && s[*n - d - 1] == '.' && num_span(s + *n - d, d, 0, 999999, &order)) {
		*n -= d + 1;
		return UINT64_MAX - 1 - order;
	}
	if (d == 8 && *n > 9 && s[*n - 9] == '-' && num_span(s + *n - 8, 8, 0, 99999999, &order)) {
		*n -= 9;
		return order;
	}
	return UINT64_MAX;
}

static bool
add(struct trace_sources *t, const char *path, int fd)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	size_t n = strlen(name), directory = (size_t)(name - path);
	struct source *s;

	if (t->count == SOURCES_MAX) {
		warn_say("more than 65536 files, the others are not read: ", path);
		return false;
	}
	if (t->count == t->room) {
		size_t room = t->room ? 2 * t->room : 16;

		if (!(s = realloc(t->source, room * sizeof *s)))
			die_sys(EX_SOFT, "hold the names of the logs");
		t->source = s;
		t->room = room;
	}
	s = &t->source[t->count];
	s->order = order_of(name, &n);
	s->fd = fd;
	s->path = strdup(path);
	s->log = strndup(path, directory + n);
	if (!s->path || !s->log)
		die_sys(EX_SOFT, "hold the names of the logs");
	t->count++;
	return true;
}

/* It has to be read twice: what cannot be read again is put into a file without a name. */
static int
spool(int from)
{
	static char space[65536];
	uint64_t sum = 0;
	ssize_t n;
	int fd;

	if (lseek(from, 0, SEEK_SET) == 0)
		return from;
	if ((fd = file_nameless(0)) < 0)
		die_sys(EX_SOFT, "make a temporary file");
	while ((n = fd_read(from, space, sizeof space)) > 0 && (sum += (uint64_t)n) < SPOOL_MAX)
		if (!fd_write(fd, space, (size_t)n))
			die_sys(EX_SOFT, "keep what is read in a temporary file");
	if (n < 0)
		die_sys(EX_SOFT, "read what cannot be read twice");
	return fd;
}

bool
trace_sources_file(struct trace_sources *t, const char *path)
{
	struct stat st;
	int fd, kept;

	if (strcmp(path, "-") == 0)
		return add(t, "standard input", spool(0));
	if (stat(path, &st) != 0) {
		warn_sys("read ", path);
		return false;
	}
	if (S_ISDIR(st.st_mode))
		return trace_sources_directory(t, path);
	if (S_ISREG(st.st_mode))
		return add(t, path, -1);
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) < 0) {
		warn_sys("read ", path);
		return false;
	}
	if ((kept = spool(fd)) != fd)
		close(fd);
	return add(t, path, kept);
}

bool
trace_sources_journal(struct trace_sources *t, int64_t since_s)
{
	char since[32];
	char *argv[] = { "journalctl", "--no-pager", "-o", "export", "-u", "pneu*", since, 0 };
	struct proc_fd map;
	int p[2], kept;
	pid_t pid;

	snprintf(since, sizeof since, "--since=@%lld", (long long)(since_s > DAY_S ? since_s - DAY_S : 0));
	if (!fd_pipe(p))
		die_sys(EX_SOFT, "make a pipe");
	map = (struct proc_fd){ p[1], 1 };
	pid = proc_spawn(*argv, argv, environ, &map, 1);
	if (pid < 0)
		warn_sys("run ", *argv);
	close(p[1]);
	if (pid < 0) {
		close(p[0]);
		return false;
	}
	kept = spool(p[0]);
	close(p[0]);
	if (proc_wait(pid) != 0) {
		warn_say("journalctl could not tell what the journal has");
		close(kept);
		return false;
	}
	return add(t, "the journal", kept);
}

/* what stands beside logs: the loggers' own files, the journal, which only journalctl reads */
static bool
is_no_log(const char *name)
{
	static const char *const others[] = { "lock", "state", "newstate", "status", "config", "pid", "supervise" };
	size_t i;

	for (i = 0; i < sizeof others / sizeof *others; i++)
		if (strcmp(name, others[i]) == 0)
			return true;
	return *name == '.' || ends_in(name, strlen(name), ".journal");
}

static bool
enter(struct trace_sources *t, const char *path, unsigned depth)
{
	DIR *d = opendir(path);
	struct dirent *e;
	bool ok = true;

	if (!d) {
		warn_sys("read the directory ", path);
		return false;
	}
	while ((errno = 0, e = readdir(d))) {
		char name[PATH_MAX_BYTES];
		struct stat st;

		if (is_no_log(e->d_name))
			continue;
		if (snprintf(name, sizeof name, "%s/%s", path, e->d_name) >= (int)sizeof name || stat(name, &st) != 0) {
			if (errno == ENOENT)            /* rotated away meanwhile */
				continue;
			warn_sys("read ", path, "/", e->d_name);
			ok = false;
		} else if (S_ISREG(st.st_mode))
			ok &= add(t, name, -1);
		else if (S_ISDIR(st.st_mode) && depth < DEPTH_MAX)
			ok &= enter(t, name, depth + 1);
	}
	if (errno) {
		warn_sys("read the directory ", path);
		ok = false;
	}
	closedir(d);
	return ok;
}

bool
trace_sources_directory(struct trace_sources *t, const char *path)
{
	size_t n = strlen(path);
	char name[PATH_MAX_BYTES];

	while (n > 1 && path[n - 1] == '/')
		n--;
	if (n >= sizeof name) {
		errno = ENAMETOOLONG;
		warn_sys("read the directory ", path);
		return false;
	}
	memcpy(name, path, n);
	name[n] = 0;
	return enter(t, name, 0);
}

static int
by_age(const void *a, const void *b)
{
	const struct source *x = a, *y = b;
	int c = strcmp(x->log, y->log);

	return c ? c : x->order != y->order ? (x->order < y->order ? -1 : 1) : strcmp(x->path, y->path);
}

/* ---- one file */

struct reader {
	int fd;
	pid_t pid;                      /* of what unpacks it, 0 nobody */
	size_t pos, end;
	bool over, failed;
	trace_take *take;
	void *context;
	struct trace_raw raw;
	uint64_t log;                   /* hash of the name of the log */
};

static char chunk[CHUNK];

static const char *
unpacker(int fd)
{
	static const struct { const char *magic; size_t n; const char *program; } kind[] = {
		{ "\x1f\x8b", 2, "zcat" }, { "\x1f\x9d", 2, "zcat" }, { "\xfd" "7zXZ", 6, "xzcat" },
		{ "\x28\xb5\x2f\xfd", 4, "zstdcat" }, { "BZh", 3, "bzcat" }
	};
	char head[6];
	ssize_t n = fd_pread(fd, head, sizeof head, 0);
	size_t i;

	for (i = 0; i < sizeof kind / sizeof *kind; i++)
		if (n >= (ssize_t)kind[i].n && memcmp(head, kind[i].magic, kind[i].n) == 0)
			return kind[i].program;
	return 0;
}

static bool
unpack(struct reader *r, const char *program, int fd)
{
	char name[16];
	char *argv[] = { name, 0 };
	struct proc_fd map[2];
	int p[2], e;

	snprintf(name, sizeof name, "%s", program);
	if (!fd_pipe(p))
		return false;
	map[0] = (struct proc_fd){ fd, 0 };
	map[1] = (struct proc_fd){ p[1], 1 };
	r->pid = proc_spawn(name, argv, environ, map, 2);
	e = errno;
	close(p[1]);
	if (r->pid < 0) {
		close(p[0]);
		errno = e;
		return false;
	}
	r->fd = p[0];
	return true;
}

/* more bytes behind those that are there; false: there are none, or no room */
static bool
fill(struct reader *r)
{
	ssize_t n;

	if (r->pos) {
		memmove(chunk, chunk + r->pos, r->end - r->pos);
		r->end -= r->pos;
		r->pos = 0;
	}
	if (r->end == sizeof chunk || r->over)
		return false;
	do
		n = read(r->fd, chunk + r->end, sizeof chunk - r->end);
	while (n < 0 && errno == EINTR);
	if (n <= 0) {
		r->failed = n < 0;
		r->over = true;
		return false;
	}
	r->end += (size_t)n;
	return true;
}

/* the next line without its end; of one that is too long its beginning. false: there is none */
static bool
next_line(struct reader *r, struct span *line)
{
	size_t seen = 0;
	char *nl;

	while (!(nl = memchr(chunk + r->pos + seen, '\n', r->end - r->pos - seen))) {
		seen = r->end - r->pos;
		if (fill(r))
			continue;
		if (!seen)
			return false;
		*line = (struct span){ chunk + r->pos, seen };          /* cut off, or a chunk full without an end */
		r->pos = r->end;
		return true;
	}
	*line = (struct span){ chunk + r->pos, (size_t)(nl - chunk) - r->pos };
	r->pos += line->n + 1;
	return true;
}

static void
hand_over(struct reader *r, struct span text, uint64_t writer)
{
	if (text.n > TRACE_LINE)
		text.n = TRACE_LINE;
	if (text.n && text.s[text.n - 1] == '\r')
		text.n--;
	r->raw.text = text;
	r->raw.origin = r->log ^ writer;
	r->take(r->context, &r->raw);
}

/* What stands behind the stamp of syslog: "HOST TAG[PID]: "; 0 if that is not there. A number is no tag: after a stamp alone, as
 * engines of containers put it before a line, comes "delivery 17: ". */
static size_t
host_and_tag(struct span c)
{
	const char *blank = c.n ? memchr(c.s, ' ', c.n) : 0, *end;
	size_t host = blank ? (size_t)(blank - c.s) : 0;

	if (!host || c.s[host - 1] == ':')
		return 0;
	end = memmem(blank + 1, c.n - host - 1, ": ", 2);
	if (!end || memchr(blank + 1, ' ', (size_t)(end - blank - 1)) ||
	    digits_at_end(blank + 1, (size_t)(end - blank - 1)) == (size_t)(end - blank - 1))
		return 0;
	return (size_t)(end + 2 - c.s);
}

/* "<13>", as syslog has it on its way */
static size_t
priority(struct span c)
{
	size_t n = 1;

	while (n < c.n && n < 4 && c.s[n] >= '0' && c.s[n] <= '9')
		n++;
	return n > 1 && n < c.n && *c.s == '<' && c.s[n] == '>' ? n + 1 : 0;
}

/* RFC 5424: "HOST PROGRAM PID KIND - " or "... [NAME KEY="VALUE"...] "; 0 if that is not there */
static size_t
five_words(struct span c)
{
	const char *at = c.s, *end = c.s + c.n;
	int words;

	for (words = 0; words < 4; words++) {
		if (!(at = memchr(at, ' ', (size_t)(end - at))))
			return 0;
		at++;
	}
	at = at < end && *at == '[' ? memmem(at, (size_t)(end - at), "] ", 2) : end - at > 2 && *at == '-' ? at : 0;
	return at ? (size_t)(at + 2 - c.s) : 0;
}

static void
stamped(struct reader *r, struct span line)
{
	size_t n = priority(line), tag = 0;
	bool numbered = n && line.n > n + 2 && line.s[n] == '1' && line.s[n + 1] == ' ';
	uint64_t writer = 0;

	n += numbered ? 2 : 0;
	line.s += n;
	line.n -= n;
	n = trace_stamp(line.s, line.n, &r->raw.form);
	r->raw.stamp = (struct span){ line.s, n };
	line.s += n;
	line.n -= n;
	if (r->raw.form == TRACE_SYSLOG || r->raw.form == TRACE_ZONED) {
		tag = numbered ? five_words(line) : host_and_tag(line);
		writer = span_hash((struct span){ line.s, tag });
	}
	hand_over(r, (struct span){ line.s + tag, line.n - tag }, writer);
}

/* ---- journalctl -o export */

struct entry {
	char text[TRACE_LINE];          /* MESSAGE */
	size_t n;
	int64_t us;
	uint64_t writer;
};

static bool
need(struct reader *r, size_t n)
{
	while (r->end - r->pos < n)
		if (!fill(r))
			return false;
	return true;
}

static void
field(struct entry *e, struct span name, struct span value)
{
	uint64_t us;

	if (span_is(name, "MESSAGE")) {
		e->n = value.n < sizeof e->text ? value.n : sizeof e->text;
		memcpy(e->text, value.s, e->n);
	} else if (span_is(name, "__REALTIME_TIMESTAMP") && num_span(value.s, value.n, 0, INT64_MAX, &us))
		e->us = (int64_t)us;
	else if (span_is(name, "_HOSTNAME") || span_is(name, "_PID"))
		e->writer ^= span_hash(value) * (name.s[1] == 'P' ? 3 : 1);
}

/* a field that is not text: its length in 8 bytes, little-endian, then so many bytes, then a newline */
static bool
binary(struct reader *r, struct entry *e, const char *name, size_t n)
{
	uint64_t length = 0;
	int i;

	if (!need(r, 8))
		return false;
	for (i = 7; i >= 0; i--)
		length = length << 8 | (unsigned char)chunk[r->pos + (size_t)i];
	r->pos += 8;
	if (length <= sizeof e->text && need(r, (size_t)length + 1)) {
		field(e, (struct span){ name, n }, (struct span){ chunk + r->pos, (size_t)length });
		r->pos += (size_t)length + 1;
		return true;
	}
	for (length++; length;) {               /* too long to be ours */
		size_t part = r->end - r->pos < length ? r->end - r->pos : (size_t)length;

		r->pos += part;
		length -= part;
		if (length && !fill(r))
			return false;
	}
	return true;
}

static void
give_entry(struct reader *r, struct entry *e)
{
	struct span left = { e->text, e->n };

	r->raw.form = TRACE_BARE;
	r->raw.stamp.n = 0;
	r->raw.us = e->us;
	while (left.n) {
		const char *nl = memchr(left.s, '\n', left.n);
		size_t n = nl ? (size_t)(nl - left.s) : left.n;

		hand_over(r, (struct span){ left.s, n }, e->writer);
		left.s += nl ? n + 1 : n;
		left.n -= nl ? n + 1 : n;
	}
	*e->text = 0;
	e->n = 0;
	e->us = TRACE_ANY_TIME;
	e->writer = 0;
}

static void
read_journal(struct reader *r)
{
	static struct entry e;
	struct span line;
	char name[64];

	e.n = 0;
	e.us = TRACE_ANY_TIME;
	e.writer = 0;
	while (next_line(r, &line)) {
		const char *equals = memchr(line.s, '=', line.n);
		size_t n;

		if (line.n == 0)
			give_entry(r, &e);
		else if (equals) {
			n = (size_t)(equals - line.s);
			field(&e, (struct span){ line.s, n }, (struct span){ equals + 1, line.n - n - 1 });
		} else {
			n = line.n < sizeof name ? line.n : sizeof name;
			memcpy(name, line.s, n);        /* the buffer moves */
			if (!binary(r, &e, name, n))
				break;
		}
	}
	give_entry(r, &e);
}

/* ---- all of them */

static void
read_lines(struct reader *r)
{
	struct span line;

	if (need(r, 9) && memcmp(chunk + r->pos, "__CURSOR=", 9) == 0)
		read_journal(r);
	else
		while (next_line(r, &line))
			stamped(r, line);
}

static bool
read_open(struct reader *r, const struct source *s, int fd)
{
	const char *program = unpacker(fd);
	bool ok = true;

	r->fd = fd;
	if (program && !unpack(r, program, fd)) {
		warn_sys("run ", program, " for ", s->path);
		return false;
	}
	read_lines(r);
	if (r->failed) {
		warn_sys("read ", s->path);
		ok = false;
	}
	if (r->pid) {
		close(r->fd);
		if (proc_wait(r->pid) != 0) {
			warn_say(program, " was not content with ", s->path);
			ok = false;
		}
	}
	return ok;
}

static bool
read_one(struct trace_sources *t, uint32_t i, int64_t since_s, trace_take *take, void *context)
{
	const struct source *s = &t->source[i];
	struct reader r = { .take = take, .context = context };
	int fd = s->fd >= 0 ? s->fd : open(s->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	bool ok = true;

	if (fd < 0 || fstat(fd, &st) != 0) {
		warn_sys("read ", s->path);
		if (fd >= 0)
			close(fd);
		return false;
	}
	r.raw.source = i;
	r.raw.us = TRACE_ANY_TIME;
	r.raw.near_s = s->fd >= 0 ? clock_wall_s() : (int64_t)st.st_mtime;
	r.log = span_hash((struct span){ s->log, strlen(s->log) });
	if (s->fd >= 0 && lseek(fd, 0, SEEK_SET) != 0) {
		warn_sys("read again ", s->path);
		ok = false;
	} else if (since_s == INT64_MIN || r.raw.near_s >= since_s - DAY_S)
		ok = read_open(&r, s, fd);
	if (s->fd < 0)
		close(fd);
	return ok;
}

bool
trace_sources_read(struct trace_sources *t, int64_t since_s, trace_take *take, void *context)
{
	bool ok = true;
	size_t i;

	if (t->count)
		qsort(t->source, t->count, sizeof *t->source, by_age);
	for (i = 0; i < t->count; i++)
		if (!i || strcmp(t->source[i].path, t->source[i - 1].path) != 0)
			ok &= read_one(t, (uint32_t)i, since_s, take, context);
	return ok;
}
