/* What operators deleted: trash/XX/ID, as it was, with the time of its deletion as mtime. It is removed control/trashtime seconds
 * later, in slices. Nothing here is ever delivered; operate.c brings it back. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "queue/log.h"
#include "queue/runner.h"

#define LOOK_MS (15 * 60000)            /* between two looks at all of it */
#define LOOK_LEAST_MS 1000
#define SLICE 256                       /* names a turn */

static DIR *dir;
static unsigned dir_number = QID_DIRS;  /* QID_DIRS: nobody is looking */
static int64_t looked_ms = INT64_MIN / 2;

bool
trash_put(const char *path)
{
	struct timespec t[2] = { { .tv_nsec = UTIME_OMIT }, { .tv_sec = now.wall_s } };
	char to[16 + QID_TEXT];

	if (!settings.trashtime)
		return unlink(path) == 0;
	snprintf(to, sizeof to, "trash%s", strchr(path, '/'));
	/* the time first: a file that lay in the trash with an old one would be removed too early */
	return utimensat(AT_FDCWD, path, t, 0) == 0 && rename(path, to) == 0;
}

static bool
next_dir(void)
{
	char path[] = "trash/XX";

	if (dir)
		closedir(dir);
	dir = 0;
	while (++dir_number < QID_DIRS) {
		qid_dir_text(path + 6, dir_number);
		if ((dir = opendir(path)))
			return true;
		log_say("warning", "unable to look into ", path, errno);
	}
	return false;
}

static void
look(const char *name)
{
	struct stat st;
	struct qid id;

	if (!qid_parse(name, &id) || fstatat(dirfd(dir), name, &st, AT_SYMLINK_NOFOLLOW) != 0 ||
	    now.wall_s - (int64_t)st.st_mtime < (int64_t)settings.trashtime)
		return;
	if (unlinkat(dirfd(dir), name, 0) != 0 && errno != ENOENT)
		log_say("warning", "unable to remove from the trash: ", name, errno);
}

static int64_t
pause_ms(void)
{
	int64_t ms = (int64_t)settings.trashtime * 1000 / 8;

	return ms > LOOK_MS ? LOOK_MS : ms < LOOK_LEAST_MS ? LOOK_LEAST_MS : ms;
}

void
trash_want(struct wait *w)
{
	want_until(w, dir_number < QID_DIRS ? now.mono_ms : looked_ms + pause_ms());
}

void
trash_do(void)
{
	const struct dirent *e;
	int n;

	if (dir_number == QID_DIRS) {
		if (now.mono_ms < looked_ms + pause_ms())
			return;
		looked_ms = now.mono_ms;
		dir_number = UINT32_MAX;        /* the next one is the first */
		(void)next_dir();
		return;
	}
	for (n = 0; n < SLICE; n++) {
		while (!(e = readdir(dir)))
			if (!next_dir())
				return;
		if (e->d_name[0] != '.')
			look(e->d_name);
	}
}
