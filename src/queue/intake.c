/* How the runner hears of messages: their IDs come through the FIFO; what that misses (a full FIFO, messages that came
 * while nobody ran) a scan of msg/ finds, by name and mtime alone. Both go on in slices between deliveries. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compat/compat.h"
#include "lib/clock.h"
#include "lib/num.h"
#include "queue/log.h"
#include "queue/runner.h"

#define SLICE 500                       /* directory entries looked at a turn */
#define RESCAN_MS (60 * 60 * 1000)      /* nothing should need it; it costs little */
#define TELL_FIRST_MS 2000              /* a scan that takes longer is told of, */
#define TELL_EACH_MS 10000              /* and again */
#define WAIT_MOST_S 86400               /* longer than any pause between two attempts in a queue lifetime of seven days */

static int fifo = -1;
static size_t fifo_poll, fifo_size;
static char line[4096 + QID_TEXT + 1];
static size_t line_len;

static DIR *dir;                        /* being scanned */
static unsigned dir_number = QID_DIRS;  /* QID_DIRS: no scan */
static bool scan_wanted;
static int64_t scan_tell_ms;            /* when its progress is told */
static bool scan_told;
static int64_t rescan_ms;

bool
intake_open(void)
{
	int keep;

	if (mkfifo("fifo", 0600) != 0 && errno != EEXIST)
		return false;
	if ((fifo = open("fifo", O_RDONLY | O_NONBLOCK | O_CLOEXEC)) < 0)
		return false;
	/* a writer of our own, so that the FIFO never reads as ended */
	if ((keep = open("fifo", O_WRONLY | O_NONBLOCK | O_CLOEXEC)) < 0)
		return false;
	fifo_size = compat_pipe_size(fifo);
	intake_rescan();
	return true;
}

void
intake_rescan(void)
{
	scan_wanted = true;
}

bool
intake_scanning(void)
{
	return scan_wanted || dir_number < QID_DIRS;
}

static void
add(const char *name, size_t len, int64_t due, unsigned flags)
{
	char text[QID_TEXT];
	struct qid id;
	uint32_t slot;

	if (len >= sizeof text)
		return;
	memcpy(text, name, len);
	text[len] = 0;
	if (!qid_parse(text, &id))
		return;
	slot = schedule_add(schedule, &id, due);
	if (slot != SLOT_NONE)
		schedule_flag(schedule, slot, flags, 0);
	else if (errno != EEXIST) {
		log_say("warning", "out of memory for the schedule", "", 0);
		rescan_ms = now.mono_ms + 60000;
	}
}

/* A full FIFO refused someone: what it could not say the directory does. The last page may be full in part. */
static bool
was_full(size_t just_read)
{
	int left = 0;

	return ioctl(fifo, FIONREAD, &left) != 0 || just_read + (size_t)left + 2 * 4096 > fifo_size;
}

static void
read_fifo(void)
{
	ssize_t r = read(fifo, line + line_len, 4096);
	char *at = line, *nl;

	if (r <= 0)
		return;
	if (r == 4096 && was_full(4096))
		intake_rescan();
	line_len += (size_t)r;
	while ((nl = memchr(at, '\n', (size_t)(line + line_len - at)))) {
		add(at, (size_t)(nl - at), now.wall_s, 0);
		at = nl + 1;
	}
	line_len = (size_t)(line + line_len - at);
	if (line_len > QID_TEXT)
		line_len = 0;                   /* nobody writes such a line */
	memmove(line, at, line_len);
}

/* who waits for a large queue to be known sees that it is being read, and when it has been */
static void
scan_tell(bool over)
{
	char text[NUM_TEXT + 40];

	if (over ? !scan_told : clock_mono_ms() < scan_tell_ms)
		return;
	snprintf(text, sizeof text, "%zu messages%s", schedule_count(schedule), over ? ", all of msg/ has been read" : " so far");
	log_say("scan", text, "", 0);
	scan_tell_ms = clock_mono_ms() + TELL_EACH_MS;
	scan_told = !over;
}

static void
scan_end(void)
{
	if (dir)
		closedir(dir);
	dir = 0;
}

static bool
scan_next_dir(void)
{
	char path[] = "msg/XX";

	scan_end();
	while (++dir_number < QID_DIRS) {
		scan_tell(false);
		qid_dir_text(path + 4, dir_number);
		if ((dir = opendir(path)))
			return true;
		log_say("warning", "unable to scan ", path, errno);
		rescan_ms = now.mono_ms + 60000;
	}
	scan_tell(true);
	return false;
}

static void
scan_entry(const struct dirent *e)
{
	struct stat st;
	struct qid id;
	int64_t due;

	if (e->d_name[0] == '.' || !qid_parse(e->d_name, &id) || schedule_find(schedule, &id) != SLOT_NONE)
		return;
	if (fstatat(dirfd(dir), e->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(st.st_mode))
		return;
	if (qid_dir(&id) != dir_number) {
		log_say("warning", "in the wrong directory, not looked at: ", e->d_name, 0);
		return;
	}
	due = (int64_t)st.st_mtime;             /* a clock that was once wrong must not make it wait for years */
	add(e->d_name, strlen(e->d_name), due < now.wall_s + WAIT_MOST_S ? due : now.wall_s + WAIT_MOST_S,
	    SCHEDULE_SCANNED);
}

/* an error is not the end: what could not be read now is looked for again */
static const struct dirent *
next_entry(void)
{
	const struct dirent *e;

	errno = 0;
	if (!(e = readdir(dir)) && errno) {
		log_say("warning", "unable to scan msg/", "", errno);
		rescan_ms = now.mono_ms + 60000;
	}
	return e;
}

static void
scan_slice(void)
{
	const struct dirent *e;
	int n;

	for (n = 0; n < SLICE; n++) {
		while (!(e = next_entry()))
			if (!scan_next_dir())
				return;
		scan_entry(e);
	}
	scan_tell(false);
}

/* what injectors without nameless files left when they were killed, and copies for local jobs */
static void
clean_tmp(void)
{
	DIR *d = opendir("tmp");
	const struct dirent *e;
	struct stat st;

	while (d && (e = readdir(d)))
		if (e->d_name[0] != '.' && fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    now.wall_s - (int64_t)st.st_mtime > QF_ORPHAN_S)
			(void)unlinkat(dirfd(d), e->d_name, 0);
	if (d)
		closedir(d);
}

void
intake_want(struct wait *w)
{
	fifo_poll = want_fd(w, fifo, POLLIN);
	want_until(w, intake_scanning() ? now.mono_ms : rescan_ms);
}

void
intake_do(const struct wait *w)
{
	if (fifo_poll < w->len && w->fd[fifo_poll].revents)
		read_fifo();
	if (dir_number < QID_DIRS) {
		scan_slice();
	} else if (scan_wanted || now.mono_ms >= rescan_ms) {
		scan_wanted = false;
		scan_tell_ms = now.mono_ms + TELL_FIRST_MS;
		rescan_ms = now.mono_ms + RESCAN_MS;
		clean_tmp();
		dir_number = UINT32_MAX;        /* the next one is the first */
		scan_next_dir();
	}
}
