#include "local/message.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "compat/compat.h"
#include "lib/fd.h"
#include "lib/file.h"

static const char stripped[] = "Return-Path";

void
message_init(struct message *m, int fd, uint64_t offset, uint64_t length, char *space, size_t size)
{
	m->fd = fd;
	m->start = offset;
	m->end = offset + length;       /* cannot wrap: both are at most INT64_MAX */
	m->s = space;
	m->size = size;
	m->whole = 0;
	m->loaded = false;
	message_rewind(m);
}

void
message_rewind(struct message *m)
{
	m->at = m->start;
	m->ended = m->original = false;
	header_strip_init(&m->strip, stripped, sizeof stripped - 1);
}

void
message_original(struct message *m)
{
	if (m->loaded && m->whole != m->end - m->start)
		m->loaded = false;              /* something has been left out of what is in the space */
	message_rewind(m);
	m->original = true;
}

/* read and strip; what the strip could not decide yet is read again with the next piece */
static ssize_t
piece(struct message *m)
{
	uint64_t left = m->end - m->at;
	size_t want = left < m->size ? (size_t)left : m->size, taken, kept;
	ssize_t r;

	if (m->end > INT64_MAX) {
		errno = EIO;
		return -1;
	}
	r = fd_pread(m->fd, m->s, want, (off_t)m->at);
	if (r < 0)
		return -1;
	if ((size_t)r < want) {
		errno = EIO;
		return -1;
	}
	if (m->original) {
		m->at += want;
		return (ssize_t)want;
	}
	kept = header_strip(&m->strip, m->s, want, want == left, &taken);
	m->at += taken;
	return (ssize_t)kept;
}

ssize_t
message_next(struct message *m, char **s)
{
	ssize_t n;

	*s = m->s;
	if (m->loaded) {
		n = m->ended ? 0 : (ssize_t)m->whole;
		m->ended = true;
		return n;
	}
	do {
		if (m->at == m->end)
			return 0;
		n = piece(m);
	} while (n == 0);               /* a piece that was nothing but a Return-Path */
	if (n > 0 && m->at == m->end && m->end - m->start <= m->size && !m->original) {
		m->loaded = m->ended = true;
		m->whole = (size_t)n;
	}
	return n;
}

static bool
fill(int fd, struct message *m, const struct buf *first)
{
	ssize_t n;
	char *s;

	if (!fd_write(fd, first->s, first->len))
		return false;
	message_rewind(m);
	while ((n = message_next(m, &s)) > 0)
		if (!fd_write(fd, s, (size_t)n))
			return false;
	message_rewind(m);
	return n == 0 && lseek(fd, 0, SEEK_SET) == 0;
}

int
message_file(struct message *m, const struct buf *first)
{
	int fd = m->end - m->start <= MESSAGE_MEMORY ? compat_memory_file() : -1, cause;

	if (fd < 0)
		fd = file_nameless(".");
	if (fd < 0 && (errno == EACCES || errno == EPERM || errno == EROFS))
		fd = file_nameless("/tmp");
	if (fd < 0 || fill(fd, m, first))
		return fd;
	cause = errno;
	close(fd);
	errno = cause;
	return -1;
}

enum message_answer
message_has_line(struct message *m, const char *line, size_t len)
{
	struct header_find find;
	enum header_seen seen = HEADER_MORE;
	ssize_t n;
	char *s;

	header_find_init(&find, line, len);
	message_rewind(m);
	while (seen == HEADER_MORE && (n = message_next(m, &s)) != 0) {
		if (n < 0)
			return MESSAGE_TROUBLE;
		seen = header_find(&find, s, (size_t)n);
	}
	if (seen == HEADER_MORE)
		seen = header_find_end(&find);
	message_rewind(m);
	return seen == HEADER_FOUND ? MESSAGE_YES : MESSAGE_NO;
}
