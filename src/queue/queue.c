/* queue - put one message into the queue completely, or not at all.
 *   fd 0  the message, up to end of file
 *   fd 1  the envelope (read, not written)                   -> wire/envelope.h
 *   fd 6  if it is a pipe: the ID of the message is written there once it is queued
 *   exit  0 queued and on disk; every other code: nothing is in the queue    -> pneu-queue(8)
 * Invariant: a name appears under msg/ only for a complete file (wire/queuefile.h). It is the only setuid program:
 * of what it inherits it uses the three descriptors, and PNEU_QUEUE where it is not setuid.
 *
 * A small message is collected in memory, written with one write, named, then synced: naming first lets file and
 * name share one journal commit, and the sum in the header tells a torn file after a crash of the machine. A large
 * one is streamed, on its way to the disk while it is read, synced, then named. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compat/compat.h"
#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/fd.h"
#include "lib/file.h"
#include "lib/msg.h"
#include "lib/num.h"
#include "lib/place.h"
#include "mail/date.h"
#include "wire/envelope.h"
#include "wire/inject.h"
#include "wire/qid.h"
#include "wire/queuefile.h"

#define NAME_TRIES 1000
#define PREFIX_MAX (QF_HEADER + 160)    /* header and Received line */
#define SMALL_MAX (96 * 1024)           /* message and records of a small message */
#define WRITE_BEHIND (1u << 20)         /* so much more of a large one is sent to the disk while the rest is read */

static char space[PREFIX_MAX + SMALL_MAX + 1];  /* a 0 after the records */
/* Most envelopes end in here, and the records of a small message stand behind it: then nothing is allocated, which costs six
 * system calls and six page faults. */
static char envelope_start[1024];

struct entry {
	struct newfile file;            /* fd -1: not made yet */
	int dir;                        /* msg/XX */
	struct qid id;
	struct qf_header header;
	size_t prefix;                  /* bytes of header and Received line; they end at space + PREFIX_MAX */
	size_t have;                    /* message bytes after them */
	bool small;
	bool named;
	struct buf envelope;            /* at first envelope_start */
	struct buf records;             /* of a small message: right behind it in the space */
};

/* nothing may stay behind: also a name whose sync failed is taken back */
static _Noreturn void
entry_fail(struct entry *e, int code, const char *what)
{
	int error = errno;
	char name[QID_TEXT];

	if (e->named) {
		qid_text(name, &e->id);
		(void)unlinkat(e->dir, name, 0);
	}
	if (e->file.fd >= 0)
		(void)newfile_close(&e->file);
	errno = error;
	die_sys(code, what);
}

/* the message to its end, or as much as counts as small */
static void
read_start(struct entry *e)
{
	ssize_t r = fd_read(0, space + PREFIX_MAX, SMALL_MAX);

	if (r < 0)
		die_sys(INJECT_READ, "read message");
	e->have = (size_t)r;
	e->small = r < SMALL_MAX;
}

/* room for more of the envelope: bytes, 0 for no memory */
static size_t
envelope_room(struct buf *b)
{
	struct buf larger = BUF(b->max);
	size_t have = b->len, want = have < b->max - have ? have : b->max - have;

	if (have + 1 == b->cap && b->s == envelope_start) {
		if (!buf_room(&larger, have + want) || !buf_put(&larger, b->s, have))
			return 0;
		*b = larger;
	} else if (have + 1 == b->cap && !buf_room(b, want))
		return 0;
	want = b->cap - 1 - have;
	return want < b->max - have ? want : b->max - have;
}

static void
read_envelope(struct entry *e)
{
	struct buf *b = &e->envelope;
	size_t want;
	ssize_t r;

	do {
		if (b->len == b->max) {
			errno = 0;
			entry_fail(e, INJECT_ENVELOPE, "take an envelope so large");
		}
		if (!(want = envelope_room(b)))
			entry_fail(e, INJECT_MEMORY, "hold envelope");
		r = read(1, b->s + b->len, want);
		if (r > 0)
			b->len += (size_t)r;
		else if (r < 0 && errno != EINTR)
			entry_fail(e, INJECT_READ, "read envelope");
	} while (r != 0);
	switch (envelope_check(b->s, b->len)) {
	case ENVELOPE_OK:
		return;
	case ENVELOPE_CUT:
		errno = 0;
		entry_fail(e, INJECT_READ, "find the end of the envelope");
	case ENVELOPE_LONG:
		errno = 0;
		entry_fail(e, INJECT_ADDR, "take an address so long");
	case ENVELOPE_BAD:
	default:
		errno = 0;
		entry_fail(e, INJECT_ENVELOPE, "understand the envelope");
	}
}

/* the envelope as the records of a queue file */
static bool
put_records(struct entry *e)
{
	const char *at = e->envelope.s, *value;
	char letter;
	bool ok = true;

	while (ok && envelope_next(&at, &letter, &value))
		ok = qf_put_envelope(&e->records, letter, value);
	return ok && qf_put_end(&e->records);
}

/* false: message and records do not fit into the space together */
static bool
put_records_behind(struct entry *e)
{
	size_t room = SMALL_MAX - e->have;

	e->records = (struct buf){ space + PREFIX_MAX + e->have, 0, room + 1, room };   /* never reallocated */
	return put_records(e);
}

static void
make_records(struct entry *e)
{
	e->records = (struct buf)BUF(QF_RECORDS);
	if (!put_records(e))
		entry_fail(e, INJECT_MEMORY, "hold envelope");
}

static int
open_below(const char *below, int flags)
{
	char path[1024];
	const char *queue = place_queue();
	size_t n = strlen(queue);

	if (n + strlen(below) >= sizeof path) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(path, queue, n);
	strcpy(path + n, below);
	return open(path, flags | O_CLOEXEC);
}

/* a file without a name in the directory where it will have one; its inode completes the ID */
static void
entry_create(struct entry *e)
{
	char below[] = "/msg/XX";
	struct stat st;

	e->header.arrival_us = (uint64_t)clock_wall_us() % QID_US_END;
	e->header.uid = getuid();
	e->header.pid = (uint64_t)getpid();
	e->id.us = e->header.arrival_us;
	qid_dir_text(below + 5, qid_dir(&e->id));
	if ((e->dir = open_below(below, O_RDONLY | O_DIRECTORY)) < 0)
		die_sys(INJECT_PLACE, "open queue directory ", place_queue(), below);
	if (!newfile_open(&e->file, e->dir, -1, 0600) &&        /* EBADF: it would need a temporary name */
	    (errno != EBADF || !newfile_open(&e->file, e->dir, open_below("/tmp", O_RDONLY | O_DIRECTORY), 0600)))
		die_sys(INJECT_CREATE, "create queue file");
	if (fstat(e->file.fd, &st) != 0)
		entry_fail(e, INJECT_CREATE, "examine queue file");
	e->id.ino = (uint64_t)st.st_ino;
}

static char *
put(char *p, const char *s)
{
	size_t n = strlen(s);

	memcpy(p, s, n);
	return p + n;
}

/* header and Received line, right before the message; the header is blank until the length is known */
static void
make_prefix(struct entry *e)
{
	char line[PREFIX_MAX], date[DATE_RFC5322], id[QID_TEXT], *p = line;

	qid_text(id, &e->id);
	date_rfc5322(date, (int64_t)(e->header.arrival_us / 1000000));
	p = put(p, "Received: (pneu ");
	p = put(p, id);
	p = put(p, " pid ");
	p += num_dec(p, e->header.pid);
	p = put(p, " by uid ");
	p += num_dec(p, e->header.uid);
	p = put(p, "); ");
	p = put(p, date);
	*p++ = '\n';
	e->prefix = QF_HEADER + (size_t)(p - line);
	memset(space + PREFIX_MAX - e->prefix, 0, QF_HEADER);
	memcpy(space + PREFIX_MAX - (p - line), line, (size_t)(p - line));
}

/* a small message: header, Received line, message and records stand together in the space */
static void
sum_small(struct entry *e)
{
	size_t received = e->prefix - QF_HEADER;

	e->header.sum = qf_sum(0, space + PREFIX_MAX - received, received + e->have + e->records.len);
}

static void
sync_file(struct entry *e)
{
	if (fsync(e->file.fd) != 0)
		entry_fail(e, INJECT_SYNC, "sync queue file");
}

/* Give it its name. Should another file have it, after the queue was moved or the clock set back, count up; the ID
 * also stands in the Received line. */
static void
entry_name(struct entry *e)
{
	char name[QID_TEXT];
	unsigned dir = qid_dir(&e->id);
	int tries;

	for (tries = 0; tries < NAME_TRIES; tries++) {
		qid_text(name, &e->id);
		if ((e->named = newfile_name(&e->file, e->dir, name)))
			return;
		if (errno != EEXIST)
			break;
		e->id.us++;
		if (qid_dir(&e->id) != dir)     /* the next directory is not open here: start this one again */
			e->id.us -= QID_DIR_US;
		make_prefix(e);
		if (e->header.summed)
			sum_small(e);
		qf_header_put(space + PREFIX_MAX - e->prefix, &e->header);
		if (!fd_pwrite(e->file.fd, space + PREFIX_MAX - e->prefix, e->prefix, 0))
			entry_fail(e, INJECT_WRITE, "write queue file");
		if (!e->header.summed)          /* without a sum the name comes last */
			sync_file(e);
	}
	entry_fail(e, INJECT_NAME, "name queue file");
}

static void
store_small(struct entry *e)
{
	char *start = space + PREFIX_MAX - e->prefix;
	size_t n = e->prefix + e->have + e->records.len;

	e->header.length = e->prefix - QF_HEADER + e->have;
	e->header.summed = true;
	sum_small(e);
	qf_header_put(start, &e->header);
	if (!fd_write(e->file.fd, start, n))
		entry_fail(e, INJECT_WRITE, "write queue file");
	entry_name(e);
	sync_file(e);
}

static void
stream_message(struct entry *e)
{
	uint64_t begun = 0;             /* of the file's bytes, on their way to the disk */
	ssize_t r;

	if (!fd_write(e->file.fd, space + PREFIX_MAX - e->prefix, e->prefix + e->have))
		entry_fail(e, INJECT_WRITE, "write queue file");
	e->header.length = e->prefix - QF_HEADER + e->have;
	while (!e->small) {
		r = fd_read(0, space + PREFIX_MAX, SMALL_MAX);
		if (r < 0)
			entry_fail(e, INJECT_READ, "read message");
		if (!fd_write(e->file.fd, space + PREFIX_MAX, (size_t)r))
			entry_fail(e, INJECT_WRITE, "write queue file");
		e->header.length += (uint64_t)r;
		e->small = r < SMALL_MAX;
		if (e->header.length - begun > WRITE_BEHIND) {
			begun = e->header.length;
			if (!compat_write_behind(e->file.fd))
				entry_fail(e, INJECT_WRITE, "write queue file");
		}
	}
}

static void
store_large(struct entry *e)
{
	make_prefix(e);                 /* the space was used for the message */
	qf_header_put(space + PREFIX_MAX - e->prefix, &e->header);
	if (!fd_write(e->file.fd, e->records.s, e->records.len) ||
	    !fd_pwrite(e->file.fd, space + PREFIX_MAX - e->prefix, QF_HEADER, 0))
		entry_fail(e, INJECT_WRITE, "write queue file");
	sync_file(e);
	entry_name(e);
}

/* only a hint: the runner also scans, and without a runner the message waits */
static void
runner_notify(const struct entry *e, int fd)
{
	char line[QID_TEXT + 1];
	size_t n;
	ssize_t r;

	qid_text(line, &e->id);
	n = strlen(line);
	line[n++] = '\n';
	r = write(fd, line, n);
	(void)r;
}

int
main(void)
{
	static struct entry e = { .file.fd = -1, .dir = -1,
		.envelope = { envelope_start, 0, sizeof envelope_start, ENVELOPE_MAX + 1 } };
	struct stat st;
	int fifo, code;

	msg_name("pneu-queue");
	if ((code = inject_enter()) != 0)
		die_say(code, "descriptors 0 and 1 must be open");
	umask(077);
	read_start(&e);
	if (e.small)
		read_envelope(&e);
	entry_create(&e);               /* no name yet: a crash leaves nothing behind */
	make_prefix(&e);
	if (!e.small) {
		stream_message(&e);
		read_envelope(&e);
		make_records(&e);
		store_large(&e);
	} else if (put_records_behind(&e))
		store_small(&e);
	else {
		stream_message(&e);
		make_records(&e);
		store_large(&e);
	}
	if (fsync(e.dir) != 0)
		entry_fail(&e, INJECT_SYNC_DIR, "sync queue directory");
	if ((fifo = open_below("/fifo", O_WRONLY | O_NONBLOCK)) >= 0)
		runner_notify(&e, fifo);
	if (fifo != 6 && fstat(6, &st) == 0 && S_ISFIFO(st.st_mode))
		runner_notify(&e, 6);
	return 0;                       /* ours until delivered or bounced */
}
