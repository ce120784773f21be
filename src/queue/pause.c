/* Destinations that an operator wants left alone. They stand in queue/paused, so that the next runner leaves them alone too:
 *   WHEN UID WHAT    a line each: seconds since 1970, who, and "all", "local", "remote", or as site_matches has it
 * Nothing fails while it is paused, however old it gets. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "lib/fd.h"
#include "lib/file.h"
#include "lib/num.h"
#include "queue/log.h"
#include "queue/runner.h"

#define PATTERN 300
#define FILE_MOST (PAUSES * (PATTERN + 2 * NUM_TEXT + 3))

static struct pause {
	uint64_t since_s, uid;
	char what[PATTERN];
} paused[PAUSES];
static size_t count;

static bool
is_fit(const char *what)
{
	const char *p;

	for (p = what; *p; p++)
		if ((unsigned char)*p <= ' ' || *p == 127)
			return false;
	return p != what && p - what < PATTERN;
}

/* one line, which ends in 0; false: it is none */
static bool
take_line(char *s)
{
	struct pause *p = &paused[count];
	char *uid = strchr(s, ' '), *what = uid ? strchr(uid + 1, ' ') : 0;

	if (!what || count == PAUSES)
		return false;
	*uid++ = *what++ = 0;
	if (!num_u64(s, 0, UINT64_MAX, &p->since_s) || !num_u64(uid, 0, UINT64_MAX, &p->uid) || !is_fit(what))
		return false;
	strcpy(p->what, what);
	count++;
	return true;
}

bool
pause_open(void)
{
	struct buf b = BUF(FILE_MOST);
	char *s, *nl;

	if (!file_read(AT_FDCWD, "paused", &b)) {
		buf_free(&b);
		return errno == ENOENT;
	}
	for (s = b.s; (nl = strchr(s, '\n')); s = nl + 1) {
		*nl = 0;
		if (!take_line(s))
			log_say("warning", "in queue/paused, makes no sense: ", s, 0);
	}
	buf_free(&b);
	return true;
}

static bool
put_all(struct buf *b)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (!buf_num(b, paused[i].since_s) || !buf_byte(b, ' ') || !buf_num(b, paused[i].uid) || !buf_byte(b, ' ') ||
		    !buf_puts(b, paused[i].what) || !buf_byte(b, '\n'))
			return false;
	return true;
}

/* complete or not at all, and on the disk */
static bool
save(void)
{
	struct buf b = BUF(FILE_MOST);
	int fd = open("tmp/paused", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600), e;
	bool ok = fd >= 0 && put_all(&b) && fd_write(fd, b.s ? b.s : "", b.len) && fsync(fd) == 0;

	e = errno;
	buf_free(&b);
	if (fd >= 0 && close(fd) != 0)
		ok = false;
	errno = e;
	return ok && rename("tmp/paused", "paused") == 0 && file_sync_dir(AT_FDCWD, ".");
}

static size_t
find(const char *what)
{
	size_t i;

	for (i = 0; i < count && strcasecmp(paused[i].what, what) != 0; i++)
		;
	return i;
}

const char *
pause_begin(const char *what, uint64_t uid)
{
	if (!what || !is_fit(what))
		return "which destination, or all, local, remote?";
	if (find(what) < count)
		return "paused already";
	if (count == PAUSES)
		return "too many are paused; pause remote, or all";
	paused[count] = (struct pause){ .since_s = (uint64_t)now.wall_s, .uid = uid };
	strcpy(paused[count++].what, what);
	if (!save()) {
		count--;
		return "unable to write queue/paused";
	}
	site_pause();
	return 0;
}

const char *
pause_end(const char *what)
{
	struct pause gone;
	size_t i = what ? find(what) : count;

	if (i == count)
		return "not paused";
	gone = paused[i];
	paused[i] = paused[--count];
	if (!save()) {
		paused[count++] = paused[i];
		paused[i] = gone;
		return "unable to write queue/paused";
	}
	if (alone)
		return 0;
	/* what had other recipients too was not kept in a line, and is due some other time */
	if (pause_is_class(what) || !search_begin(what))
		schedule_all_due(schedule, now.wall_s);
	return 0;
}

bool
pause_is_class(const char *what)
{
	return strcmp(what, "all") == 0 || strcmp(what, "local") == 0 || strcmp(what, "remote") == 0;
}

bool
pause_all(void)
{
	return count && find("all") < count;
}

bool
pause_hits(enum channel c, const char *key)
{
	size_t i;

	for (i = 0; i < count; i++) {
		if (strcmp(paused[i].what, "all") == 0 || strcmp(paused[i].what, c == CHANNEL_LOCAL ? "local" : "remote") == 0)
			return true;
		if (!pause_is_class(paused[i].what) && site_matches(c, key, paused[i].what))
			return true;
	}
	return false;
}

bool
pause_status(struct buf *b)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (!buf_puts(b, "paused ") || !buf_puts(b, paused[i].what) || !buf_puts(b, " since ") || !buf_num(b, paused[i].since_s) ||
		    !buf_puts(b, " uid ") || !buf_num(b, paused[i].uid) || !buf_byte(b, '\n'))
			return false;
	return true;
}
