/* The queue, its runner, its disk, and the clock by which it runs. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/place.h"
#include "tools/showctl.h"
#include "wire/qid.h"

#define MIB ((uint64_t)1 << 20)

/* ---- directories */

/* the commands of make install */
static const char *
make_directory(const struct check *c, const char *path)
{
	return check_text("install -d%s -m 700 %s", c->private ? "" : " -o pneuq", path);
}

/* part 0: the queue itself. False: it is not there */
static bool
one_directory(struct check *c, const char *part, dev_t *device)
{
	const struct role *q = &check_role[ROLE_Q];
	const char *path = check_path(place_queue(), part);
	const char *bare = part ? check_text("%s/%s", place_queue(), part) : place_queue();
	struct stat st;

	if (stat(bare, &st) != 0 || !S_ISDIR(st.st_mode)) {
		if (errno != EACCES || c->is_root || c->private)
			check_find(c, FINDING_WRONG, make_directory(c, path), "%s is not there, or no directory", path);
		return false;
	}
	if (!part)
		*device = st.st_dev;
	else if (st.st_dev != *device)
		check_find(c, FINDING_WRONG, "unmount what is there, or put all of the queue there",
		    "%s is on another file system than the queue: messages cannot be moved between them", path);
	if (c->private ? access(bare, R_OK | W_OK | X_OK) != 0 : q->known && (st.st_uid != q->uid || (st.st_mode & 0700) != 0700))
		check_find(c, FINDING_WRONG, c->private ? check_text("chmod u+rwx %s", path) : check_text("chown pneuq %s; chmod u+rwx %s", path, path),
		    "%s may not write to %s", c->private ? "this user" : "pneuq", path);
	if (st.st_mode & 022)
		check_find(c, FINDING_WRONG, check_text("chmod go-w %s", path), "others than its owner may write to %s", path);
	else if (!c->private && part && st.st_mode & 055)
		check_find(c, FINDING_NOTE, check_text("chmod go-rx %s", path), "others than its owner may look into %s", path);
	return true;
}

static void
spread_path(char path[sizeof "trash/" + QID_DIR], const char *place, unsigned i)
{
	char xx[QID_DIR];

	qid_dir_text(xx, i);
	(void)stpcpy(stpcpy(stpcpy(path, place), "/"), xx);
}

/* the QID_DIRS below a place; if several are missing, that is one finding. How many there are */
static unsigned
spread_directories(struct check *c, const char *place, dev_t device)
{
	char path[sizeof "trash/" + QID_DIR];
	unsigned i, n = 0, missing = 0;

	for (i = 0; i < QID_DIRS; i++) {
		spread_path(path, place, i);
		missing += access(check_text("%s/%s", place_queue(), path), F_OK) != 0 && errno == ENOENT;
	}
	for (i = 0; i < QID_DIRS; i++) {
		spread_path(path, place, i);
		if (missing < 2 || access(check_text("%s/%s", place_queue(), path), F_OK) == 0)
			n += one_directory(c, path, &device);
	}
	if (missing > 1)
		check_find(c, FINDING_WRONG, "restart pneu-start, which makes them", "%u directories of %s are not there", missing,
		    check_path(place_queue(), place));
	return n;
}

static unsigned
directories(struct check *c)
{
	static const struct { const char *name; bool spread; } place[] = {
		{ "msg", true }, { "hold", true }, { "trash", true }, { "bad", false }, { "tmp", false },
	};
	dev_t device = 0;
	unsigned n = 0;
	size_t i;

	if (!one_directory(c, 0, &device))
		return 0;
	for (i = 0; i < sizeof place / sizeof *place; i++) {
		if (!one_directory(c, place[i].name, &device))
			continue;
		n++;
		if (place[i].spread)
			n += spread_directories(c, place[i].name, device);
	}
	return n;
}

static void
fifo(struct check *c)
{
	const char *path = check_text("%s/fifo", place_queue());
	struct stat st;

	if (stat(path, &st) != 0) {
		if (errno == ENOENT && c->runner.is == RUNNER_UP)
			check_find(c, FINDING_WRONG, "restart pneu-start", "%s is not there: new mail waits for the next search of the queue", path);
	} else if (!S_ISFIFO(st.st_mode))
		check_find(c, FINDING_WRONG, check_text("rm %s, then restart pneu-start", check_path(path, 0)), "%s is not a FIFO", path);
	else if (!c->private && check_role[ROLE_Q].known && st.st_uid != check_role[ROLE_Q].uid)
		check_find(c, FINDING_WRONG, check_text("chown pneuq %s", check_path(path, 0)), "%s does not belong to pneuq", path);
}

static void
damaged(struct check *c)
{
	const char *path = check_text("%s/bad", place_queue());
	DIR *d = opendir(path);
	struct dirent *e;
	uint64_t n = 0;

	if (!d)
		return;
	while ((e = readdir(d)))
		n += e->d_name[0] != '.';
	closedir(d);
	if (n)
		check_find(c, FINDING_NOTE, "look at them, and remove them", "%s has %llu damaged files", path, (unsigned long long)n);
}

void
check_queue(struct check *c)
{
	unsigned n;

	check_area(c, "queue");
	n = directories(c);
	fifo(c);
	damaged(c);
	check_ok_if_quiet(c, "%u directories below %s, on one file system", n, place_queue());
}

/* ---- the runner */

static const char *
start_it(const struct check *c)
{
	if (!c->private)
		return "start the service of pneu-start, see INSTALL";
	if (faccessat(c->etc, "listen", F_OK, 0) == 0)
		return check_text("pneu-instance start %s", check_path(place_etc(), ".."));
	return "pneu-start";
}

static bool
is_runners(const struct setting *s)
{
	return s->name && !(s->flags & SETTING_NOTICED) && strncmp(s->readers, "send", 4) == 0 && (s->readers[4] == ' ' || !s->readers[4]);
}

static void
changed_since(struct check *c)
{
	struct stat st;
	size_t i;

	for (i = 0; i < settings_count; i++)
		if ((is_runners(&settings_table[i]) || (settings_table[i].name && strstr(settings_table[i].readers, " send"))) &&
		    !(settings_table[i].flags & SETTING_NOTICED) && fstatat(c->etc, settings_table[i].name, &st, 0) == 0 &&
		    runner_behind(&c->runner, &st))
			check_find(c, FINDING_NOTE, check_text("%s reload", check_program("pneu-qctl")),
			    "control/%s has changed since the runner read it", settings_table[i].name);
}

void
check_runner(struct check *c)
{
	check_area(c, "runner");
	switch (c->runner.is) {
	case RUNNER_UP:
		changed_since(c);
		if (*c->runner.paused)
			check_find(c, FINDING_NOTE, check_text("%s resume %s", check_program("pneu-qctl"), check_path(c->runner.paused, 0)),
			    "an operator has paused %s: nothing is delivered there", c->runner.paused);
		check_ok_if_quiet(c, "runs, pid %llu, %llu messages", (unsigned long long)c->runner.pid,
		    (unsigned long long)c->runner.messages);
		break;
	case RUNNER_NONE:
		check_find(c, FINDING_WRONG, start_it(c), "no runner: mail is taken, and nothing is delivered");
		break;
	case RUNNER_CLOSED:
		check_find(c, FINDING_NOTE, "", "you may not talk to the runner");
		break;
	case RUNNER_SILENT:
	default:
		check_find(c, FINDING_WRONG, start_it(c), "the runner does not answer");
	}
}

/* ---- space */

void
check_space(struct check *c)
{
	struct statvfs fs;
	uint64_t free_mib, percent;

	check_area(c, "disk");
	if (statvfs(place_queue(), &fs) != 0 || fs.f_blocks == 0)
		return;                         /* without a queue that has been told */
	free_mib = (uint64_t)fs.f_bavail * fs.f_frsize / MIB;
	percent = (uint64_t)fs.f_bavail * 100 / fs.f_blocks;
	if (fs.f_flag & ST_RDONLY)
		check_find(c, FINDING_WRONG, "mount it for writing", "the file system of %s is read-only", place_queue());
	if (free_mib < 100)
		check_find(c, FINDING_WRONG, "make room, or move the queue", "%llu MiB are free for the queue: soon mail is refused",
		    (unsigned long long)free_mib);
	else if (free_mib < 1024 || (percent < 5 && free_mib < 10240))
		check_find(c, FINDING_NOTE, "make room, or move the queue", "%llu MiB, %llu %%, are free for the queue", (unsigned long long)free_mib,
		    (unsigned long long)percent);
	if (fs.f_files && fs.f_favail < 1000)
		check_find(c, FINDING_WRONG, "remove files, or move the queue", "%llu inodes are free for the queue: soon mail is refused",
		    (unsigned long long)fs.f_favail);
	else if (fs.f_files && fs.f_favail < 10000)
		check_find(c, FINDING_NOTE, "remove files, or move the queue", "%llu inodes are free for the queue", (unsigned long long)fs.f_favail);
	check_ok_if_quiet(c, "%llu MiB are free for the queue", (unsigned long long)free_mib);
}

/* ---- the clock */

#define YEAR_2026 1767225600
#define YEAR_2100 4102444800
#define LEEWAY_S 5
#define STEP_US 500000

static void
of_the_future(struct check *c, const char *path, int64_t now_s)
{
	struct stat st;

	if (stat(path, &st) == 0 && st.st_mtim.tv_sec > now_s + LEEWAY_S)
		check_find(c, FINDING_WRONG, "set the clock (chronyd or ntpd keeps it right); if it is right, touch the file",
		    "%s was changed %lld seconds from now: the clock was ahead then or is behind now", path,
		    (long long)st.st_mtim.tv_sec - (long long)now_s);
}

void
check_clock(struct check *c)
{
	int64_t now_s = clock_wall_s(), step_us;
	size_t i;

	check_area(c, "clock");
	if (now_s < YEAR_2026 || now_s >= YEAR_2100)
		check_find(c, FINDING_WRONG, "set the clock", "it is %lld seconds since 1970 by the clock, which cannot be",
		    (long long)now_s);
	for (i = 0; i < settings_count; i++)
		if (settings_table[i].name)
			of_the_future(c, check_text("%s/%s", place_etc(), settings_table[i].name), now_s);
	of_the_future(c, place_queue(), now_s);
	step_us = clock_wall_us() - c->wall_us - (clock_mono_us() - c->mono_us);
	if (llabs(step_us) > STEP_US)
		check_find(c, FINDING_WRONG, "run one of chronyd and ntpd, not both, and no cron job that sets the clock",
		    "it was set by %lld milliseconds during this examination", (long long)step_us / 1000);
	check_ok_if_quiet(c, "goes steadily, and no file is from the future");
}
