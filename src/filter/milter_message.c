#include "filter/milter_message.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/uio.h>
#include <unistd.h>

#include "compat/compat.h"
#include "lib/fd.h"
#include "lib/file.h"

#define MEMORY_FILE (16u << 20)         /* a larger file is not kept in memory */
#define PIECES 64                       /* runs of bytes written with one call */

static const char own_name[] = "Received";

static bool
name_byte(char c)
{
	return c > ' ' && c <= '~' && c != ':';
}

bool
milter_name(const char *s)
{
	size_t n = 0;

	while (name_byte(s[n]))
		n++;
	return n > 0 && n <= 998 && s[n] == 0;  /* a line's limit, RFC 5322 2.1.1 */
}

/* ---- files without a name */

static int
file_for(uint64_t size)
{
	int fd = size <= MEMORY_FILE ? compat_memory_file() : -1;

	return fd < 0 ? file_nameless(0) : fd;
}

static int
failed(int fd)
{
	int e = errno;

	if (fd >= 0)
		close(fd);
	errno = e;
	return -1;
}

/* ---- reading it */

/* the field that begins at s: bytes of its name, 0 if it is no field */
static size_t
field_name(const char *s, const char *end)
{
	const char *p = s;
	size_t n;

	while (p < end && name_byte(*p))
		p++;
	n = (size_t)(p - s);
	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	return p < end && *p == ':' ? n : 0;
}

/* the fields of the n bytes at s; *body: where the body begins. whole: nothing follows them. False: too many or too long */
static bool
take_header(struct milter_message *m, const char *s, size_t n, bool whole, size_t *body)
{
	const char *at = s, *end = s + n, *nl;
	size_t name;

	m->separator = "";
	while (at < end) {
		nl = memchr(at, '\n', (size_t)(end - at));
		if (!nl && !whole)
			return false;
		nl = nl ? nl + 1 : end;
		if (*at == '\n') {
			m->separator = at;
			at = nl;
			break;
		}
		if ((*at == ' ' || *at == '\t') && m->fields)
			m->field[m->fields - 1].len += (size_t)(nl - at);
		else if ((name = field_name(at, nl)) == 0)
			break;
		else if (m->fields == MILTER_FIELDS)
			return false;
		else
			m->field[m->fields++] = (struct milter_field){ at, (size_t)(nl - at), name, false };
		at = nl;
	}
	*body = (size_t)(at - s);
	return at < end || whole;
}

/* the rest of fd behind what is in memory, and that too, into a file. False: READ_TROUBLE or READ_STORE in *r */
static bool
spill(struct milter_message *m, int fd, const char *space, uint64_t *length, enum milter_read *r)
{
	static char chunk[65536];
	ssize_t got;

	*r = MILTER_READ_STORE;
	*length = MILTER_MEMORY;
	if ((m->file = file_nameless(0)) < 0 || !fd_write(m->file, space, MILTER_MEMORY))
		return false;
	while ((got = fd_read(fd, chunk, sizeof chunk)) > 0) {
		if (!fd_write(m->file, chunk, (size_t)got))
			return false;
		*length += (uint64_t)got;
	}
	*r = MILTER_READ_TROUBLE;
	return got == 0;
}

enum milter_read
milter_read(struct milter_message *m, int fd, char *space, bool own)
{
	ssize_t n = fd_read(fd, space, MILTER_MEMORY);
	uint64_t length = (uint64_t)n;
	size_t body;
	enum milter_read r;

	m->file = m->body.fd = -1;
	m->fields = 0;
	m->changed = false;
	if (n < 0)
		return MILTER_READ_TROUBLE;
	if (n == MILTER_MEMORY && !spill(m, fd, space, &length, &r))
		return r;
	if (!take_header(m, space, (size_t)n, length == (uint64_t)n, &body))
		return MILTER_READ_HEADER;
	if (own && m->fields && m->field[0].name == sizeof own_name - 1 &&
	    strncasecmp(m->field[0].s, own_name, sizeof own_name - 1) == 0)
		m->field[0].own = true;
	m->body = (struct milter_body){ space + body, m->file, body, length - body };
	return MILTER_READ;
}

/* ---- the header */

/* The value at p, which has room for twice as much; where it ends. A line break that is not folded becomes so, or it would
 * begin another field or the body; a line of blanks alone, which some take for the end of the header, goes. */
static char *
put_value(char *p, const char *value)
{
	char *line = 0, *end;                   /* line: where it goes on behind the last line break */

	for (;; value++) {
		if (*value == '\n' || !*value) {
			for (end = p; line && end > line && (end[-1] == ' ' || end[-1] == '\t'); end--)
				;
			if (end == line)
				p = line;       /* the break before it is there */
			else if (*value)
				*p++ = '\n';
			if (!*value)
				break;
			line = p;
			if (value[1] != ' ' && value[1] != '\t')
				*p++ = '\t';
		} else if (*value != '\r' || value[1] != '\n')
			*p++ = *value == '\r' ? ' ' : *value;
	}
	return p == line ? p - 1 : p;
}

/* Name: value LF, in memory that stays */
static bool
make_field(struct milter_field *f, const char *name, const char *value, bool spaced)
{
	size_t n = strlen(name);
	char *s, *p;

	if (!(s = malloc(n + 2 * strlen(value) + 4)))
		return false;
	memcpy(s, name, n);
	p = s + n;
	*p++ = ':';
	if (spaced)
		*p++ = ' ';
	p = put_value(p, value);
	*p++ = '\n';
	*f = (struct milter_field){ s, (size_t)(p - s), n, false };
	return true;
}

/* A message may end inside its header: then its last line gets its end before something follows it. */
static bool
end_last_line(struct milter_message *m)
{
	struct milter_field *last;
	char *s;

	if (m->fields == 0)
		return true;
	last = &m->field[m->fields - 1];
	if (last->s[last->len - 1] == '\n')
		return true;
	if (!(s = malloc(last->len + 1)))
		return false;
	memcpy(s, last->s, last->len);
	s[last->len++] = '\n';
	last->s = s;
	return true;
}

bool
milter_put(struct milter_message *m, uint32_t place, const char *name, const char *value, bool spaced)
{
	struct milter_field f;
	size_t at = place, i;
	bool own = false;

	if (m->fields == MILTER_FIELDS) {
		errno = EMSGSIZE;
		return false;
	}
	for (i = 0; i < m->fields; i++)
		own |= m->field[i].own;
	if (!own && at)
		at--;                           /* pneu-queue will put ours on top */
	if (at > m->fields)
		at = m->fields;
	if (!make_field(&f, name, value, spaced) || (at == m->fields && !end_last_line(m)))
		return false;
	memmove(m->field + at + 1, m->field + at, (m->fields - at) * sizeof *m->field);
	m->field[at] = f;
	m->fields++;
	m->changed = true;
	return true;
}

bool
milter_change(struct milter_message *m, uint32_t index, const char *name, const char *value, bool spaced)
{
	size_t n = strlen(name), i;

	for (i = 0; i < m->fields; i++) {
		const struct milter_field *f = &m->field[i];

		if (!f->own && f->name == n && strncasecmp(f->s, name, n) == 0 && index-- <= 1)
			break;
	}
	if (i == m->fields)
		return !*value || milter_put(m, MILTER_LAST, name, value, spaced);
	m->changed = true;
	if (*value)
		return make_field(&m->field[i], name, value, spaced);
	m->fields--;
	memmove(m->field + i, m->field + i + 1, (m->fields - i) * sizeof *m->field);
	return true;
}

/* ---- the body */

ptrdiff_t
milter_body_piece(const struct milter_body *b, uint64_t at, char *space, size_t n, const char **s)
{
	uint64_t left = b->length - at;
	size_t want = left < n ? (size_t)left : n;
	ssize_t r;

	if (b->fd < 0) {
		*s = b->s + at;
		return (ptrdiff_t)want;
	}
	*s = space;
	r = fd_pread(b->fd, space, want, (off_t)(b->at + at));
	if (r >= 0 && (size_t)r < want) {
		errno = EIO;
		return -1;
	}
	return r;
}

bool
milter_replace(struct milter_message *m, const struct milter_body *b)
{
	if (m->body.fd >= 0 && m->body.fd != m->file)
		close(m->body.fd);
	m->body = *b;
	m->changed = true;
	if (b->length == 0 || *m->separator)
		return true;
	m->separator = "\n";                    /* there was none: a line that is no field began the body, or there was no body */
	return end_last_line(m);
}

void
milter_store_init(struct milter_store *b, char *space)
{
	memset(b, 0, sizeof *b);
	b->space = space;
	b->body.s = space;
	b->body.fd = -1;
}

/* what is in memory to the file, which begins with it */
static bool
flush(struct milter_store *b)
{
	if (b->body.fd < 0 && (b->body.fd = file_nameless(0)) < 0)
		return false;
	if (!fd_write(b->body.fd, b->space, b->have))
		return false;
	b->have = 0;
	return true;
}

static bool
store(struct milter_store *b, char c)
{
	if (b->have == MILTER_MEMORY && !flush(b))
		return false;
	b->space[b->have++] = c;
	b->body.length++;
	return true;
}

bool
milter_store_add(struct milter_store *b, const char *s, size_t n)
{
	size_t i;

	b->begun = true;
	if (b->body.length + n > MILTER_BODY_MAX) {
		errno = EFBIG;
		return false;
	}
	for (i = 0; i < n; i++) {
		if (b->cr && s[i] != '\n' && !store(b, '\r'))
			return false;
		b->cr = s[i] == '\r';
		if (!b->cr && !store(b, s[i]))
			return false;
	}
	return true;
}

bool
milter_store_end(struct milter_store *b)
{
	if (b->cr && !store(b, '\r'))
		return false;
	b->cr = false;
	return b->body.fd < 0 || flush(b);
}

void
milter_store_drop(struct milter_store *b)
{
	if (b->body.fd >= 0)
		close(b->body.fd);
	b->body.fd = -1;
}

/* ---- all of it, for the next program */

struct pieces {
	struct iovec v[PIECES];
	int n;
	int fd;                         /* where they go when there are too many; -1: nowhere yet */
	uint64_t size;                  /* of about how many bytes in all */
};

static bool
pieces_flush(struct pieces *p)
{
	int i;

	for (i = 0; i < p->n; i++)
		if (!fd_write(p->fd, p->v[i].iov_base, p->v[i].iov_len))
			return false;
	p->n = 0;
	return true;
}

/* what stands next to one another in memory is one piece */
static bool
pieces_add(struct pieces *p, const char *s, size_t n)
{
	struct iovec *last = p->n ? &p->v[p->n - 1] : 0;

	if (n == 0)
		return true;
	if (last && (const char *)last->iov_base + last->iov_len == s) {
		last->iov_len += n;
		return true;
	}
	if (p->n == PIECES) {
		if (p->fd < 0 && (p->fd = file_for(p->size)) < 0)
			return false;
		if (!pieces_flush(p))
			return false;
	}
	p->v[p->n++] = (struct iovec){ (void *)(uintptr_t)s, n };
	return true;
}

/* All pieces with one call into a pipe, if it holds them: nobody reads it before us. -1: it does not */
static int
through_pipe(const struct pieces *p)
{
	size_t size = 0;
	int fd[2], i;

	for (i = 0; i < p->n; i++)
		size += p->v[i].iov_len;
	if (size > 1u << 20 || !fd_pipe(fd))
		return -1;
	if (size <= compat_pipe_size(fd[1]) && writev(fd[1], p->v, p->n) == (ssize_t)size) {
		close(fd[1]);
		return fd[0];
	}
	close(fd[0]);
	close(fd[1]);
	return -1;
}

int
milter_bytes_open(const void *s, size_t n)
{
	struct pieces p = { .fd = -1 };
	int fd;

	(void)pieces_add(&p, s, n);
	if ((fd = through_pipe(&p)) >= 0)
		return fd;
	if ((fd = file_for(n)) >= 0 && fd_write(fd, s, n) && lseek(fd, 0, SEEK_SET) == 0)
		return fd;
	return failed(fd);
}

static bool
copy_body(const struct milter_body *b, int fd)
{
	static char chunk[65536];
	uint64_t at = 0;
	const char *s;
	ptrdiff_t n;

	while ((n = milter_body_piece(b, at, chunk, sizeof chunk, &s)) > 0) {
		if (!fd_write(fd, s, (size_t)n))
			return false;
		at += (uint64_t)n;
	}
	return n == 0;
}

int
milter_message_open(struct milter_message *m)
{
	struct pieces p = { .fd = -1, .size = m->body.length };
	bool ok = true;
	size_t i;
	int fd;

	if (!m->changed && m->file >= 0)
		return lseek(m->file, 0, SEEK_SET) == 0 ? m->file : -1;
	for (i = 0; ok && i < m->fields; i++)
		ok = pieces_add(&p, m->field[i].s, m->field[i].len);
	ok = ok && pieces_add(&p, m->separator, *m->separator ? 1 : 0);
	if (ok && m->body.fd < 0)
		ok = pieces_add(&p, m->body.s, (size_t)m->body.length);
	if (!ok)
		return failed(p.fd);
	if (p.fd < 0 && m->body.fd < 0 && (fd = through_pipe(&p)) >= 0)
		return fd;
	if (p.fd < 0 && (p.fd = file_for(m->body.length)) < 0)
		return -1;
	if (pieces_flush(&p) && (m->body.fd < 0 || copy_body(&m->body, p.fd)) && lseek(p.fd, 0, SEEK_SET) == 0)
		return p.fd;
	return failed(p.fd);
}
