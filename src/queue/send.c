/* send - the runner: owns the queue from the moment a message is accepted until it is delivered or bounced.
 *   fd 2  the log, one event a line
 *   fd 3  a socket to pneu-lspawn, fd 4 one to pneu-rspawn                       -> wire/spawner.h
 *   argv  -n SECONDS: fd 5 is a pipe to pneu-start, who wants to know how we are; a sign of life each SECONDS, if not 0  -> wire/news.h
 *         -o: no runner, but its hands: fd 0 is the socket of one operator (wire/control.h), who is obeyed while no runner is;
 *             nothing is delivered, and it ends with the connection
 *   exit  0 after SIGTERM, when running deliveries have ended; 100 or 111 with a reason
 * Invariant: a file is removed only when every recipient is delivered, or bounced with the bounce durable in the queue.
 * The working directory is the queue; one runner at a time holds queue/lock.  -> pneu-send(8) */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/conf.h"
#include "lib/drop.h"
#include "lib/fd.h"
#include "lib/msg.h"
#include "lib/num.h"
#include "lib/place.h"
#include "lib/sig.h"
#include "queue/destinations.h"
#include "queue/log.h"
#include "queue/runner.h"
#include "wire/news.h"
#include "wire/spawner.h"

#define LSPAWN_FD 3
#define RSPAWN_FD 4
#define OPEN_MOST 2000                  /* messages open at once */
#define WAIT_MOST_MS 60000              /* the clock may have been set meanwhile */

struct schedule *schedule;
struct clockwork now;
const struct routing *routing;
const struct destinations *destinations;
struct settings settings;
int64_t loaded_us;
bool stopping;
bool alone;

static struct {
	bool wanted;
	uint64_t every_s;               /* a sign of life; 0: none */
	int64_t next_ms;                /* monotonic */
} news;

static volatile sig_atomic_t got_term, got_hup, got_alrm;

static void
on_signal(int sig)
{
	if (sig == SIGTERM)
		got_term = 1;
	else if (sig == SIGHUP)
		got_hup = 1;
	else
		got_alrm = 1;
}

static const int caught[] = { SIGTERM, SIGHUP, SIGALRM };

/* blocked but while waiting, so that none is lost between a look at the flags and the wait */
static void
catch_signals(void)
{
	size_t i;

	sig_ignore(SIGPIPE);
	sig_ignore(SIGXFSZ);
	for (i = 0; i < sizeof caught / sizeof *caught; i++) {
		sig_catch(caught[i], on_signal);
		sig_block(caught[i]);
	}
}

/* ---- news for pneu-start: nobody waits for it to read them */

static void
tell(enum news n)
{
	char byte = (char)n;

	if (news.wanted && write(NEWS_FD, &byte, 1) < 0 && errno != EAGAIN)
		news.wanted = false;    /* it is gone, and so are we soon */
}

static void
news_want(struct wait *w)
{
	if (news.wanted && news.every_s)
		want_until(w, news.next_ms);
}

static void
news_do(void)
{
	if (!news.wanted || !news.every_s || now.mono_ms < news.next_ms)
		return;
	tell(NEWS_ALIVE);
	news.next_ms = now.mono_ms + (int64_t)news.every_s * 1000;
}

/* ---- settings */

static bool
load_settings(struct conf_error *e)
{
	const struct conf table[] = {
		{ "concurrencylocal", CONF_NUMBER, &settings.concurrencylocal, 20, 0, CONCURRENCY_MOST },
		{ "concurrencyremote", CONF_NUMBER, &settings.concurrencyremote, 50, 0, CONCURRENCY_MOST },
		{ "concurrencysite", CONF_NUMBER, &settings.concurrencysite, 20, 1, CONCURRENCY_MOST },
		{ "queuelifetime", CONF_NUMBER, &settings.queuelifetime, 604800, 0, 31536000 },
		{ "delaywarning", CONF_NUMBER, &settings.delaywarning, 14400, 0, 31536000 },
		{ "programtimeout", CONF_NUMBER, &settings.programtimeout, PROGRAM_TIMEOUT_S, 1, PROGRAM_TIMEOUT_MOST_S },
		{ "trashtime", CONF_NUMBER, &settings.trashtime, 259200, 0, 31536000 },
	};

	return conf_read(table, sizeof table / sizeof *table, e);
}

/* each open message takes two descriptors at most, each worker one */
static void
size_up(void)
{
	struct rlimit r;
	uint64_t spare = 100 + settings.concurrencylocal + settings.concurrencyremote + CHANNELS * WORKER_IDLE_MOST, n;

	if (getrlimit(RLIMIT_NOFILE, &r) != 0)
		return;
	if (r.rlim_cur < r.rlim_max && r.rlim_cur < 16384) {
		r.rlim_cur = r.rlim_max < 16384 ? r.rlim_max : 16384;
		(void)setrlimit(RLIMIT_NOFILE, &r);
	}
	n = r.rlim_cur > spare ? (r.rlim_cur - spare) / 2 : 0;
	message_set_limit(n < 20 ? 20 : n > OPEN_MOST ? OPEN_MOST : (size_t)n);
}

bool
runner_reload(void)
{
	int64_t began_us = clock_wall_us();     /* what changes while they are read counts as changed after */
	struct settings old = settings;
	const struct destinations *d_old;
	struct conf_error e;
	struct routing *r = 0;
	struct destinations *d = 0;

	if (!load_settings(&e) || !(d = destinations_load(&e)) || !(r = routing_load(&e))) {
		destinations_free(d);
		settings = old;
		log_say("alert", "unable to reload, the old settings stay: ", e.text, 0);
		tell(NEWS_UNCHANGED);
		return false;
	}
	routing_free((struct routing *)(uintptr_t)routing);
	routing = r;
	size_up();
	d_old = destinations;
	destinations = d;
	site_reload();
	destinations_free((struct destinations *)(uintptr_t)d_old);
	worker_retire_all();
	own_learn_roles();
	loaded_us = began_us;
	log_say("status", "settings reloaded", "", 0);
	tell(NEWS_RELOADED);
	return true;
}

void
runner_flush(void)
{
	schedule_all_due(schedule, now.wall_s);
	site_wake("");
	round_retry_stuck();
	intake_rescan();
}

/* ---- the queue directory */

static void
make_dir(const char *path)
{
	if (mkdir(path, 0700) != 0 && errno != EEXIST)
		die_sys(EX_SOFT, "make queue directory ", path);
}

static void
make_dirs(const char *parent)
{
	char path[32];
	unsigned i;

	make_dir(parent);
	for (i = 0; i < QID_DIRS; i++) {
		strcpy(path, parent);
		strcat(path, "/");
		qid_dir_text(path + strlen(path), i);
		make_dir(path);
	}
}

static void
enter_queue(void)
{
	struct flock l = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int fd;

	umask(077);
	if (chdir(place_queue()) != 0)
		die_sys(EX_SOFT, "enter the queue ", place_queue());
	if ((fd = open("lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600)) < 0)
		die_sys(EX_SOFT, "open queue/lock");
	if (fcntl(fd, F_SETLK, &l) != 0) {
		if (errno == EACCES || errno == EAGAIN)
			die_say(EX_SOFT, "another pneu-send is running here");
		die_sys(EX_SOFT, "lock queue/lock");
	}
	make_dirs("msg");
	make_dirs("hold");
	make_dirs("trash");
	make_dir("bad");
	make_dir("tmp");
}

/* ---- the loop */

size_t
want_fd(struct wait *w, int fd, short events)
{
	if (w->len == w->room) {
		size_t room = w->room ? w->room * 2 : 64;
		struct pollfd *p = realloc(w->fd, room * sizeof *p);

		if (!p)
			return SIZE_MAX;        /* not heard this turn; the next one is at most a minute away */
		w->fd = p;
		w->room = room;
	}
	w->fd[w->len] = (struct pollfd){ .fd = fd, .events = events };
	return w->len++;
}

void
want_until(struct wait *w, int64_t mono_ms)
{
	if (mono_ms < w->until_ms)
		w->until_ms = mono_ms;
}

/* A wall clock that jumps forward must not expire mail, so the jump does not count as age. */
static void
read_clocks(void)
{
	int64_t jump = retry_clock(&now, clock_wall_s(), clock_mono_ms());

	if (jump)
		log_say("warning", jump > 0 ? "the clock jumped forward" : "the clock jumped back", "", 0);
	if (jump < 0)
		schedule_all_due(schedule, now.wall_s); /* else it would all wait until the old time comes again */
}

static void
log_load(void)
{
	static unsigned local = UINT32_MAX, remote = UINT32_MAX;

	if (site_busy(CHANNEL_LOCAL) == local && site_busy(CHANNEL_REMOTE) == remote)
		return;
	local = site_busy(CHANNEL_LOCAL);
	remote = site_busy(CHANNEL_REMOTE);
	log_status(local, site_limit(CHANNEL_LOCAL), remote, site_limit(CHANNEL_REMOTE));
}

static void
wait_for(struct wait *w)
{
	struct timespec t;
	sigset_t none;
	int64_t ms = w->until_ms > now.mono_ms ? w->until_ms - now.mono_ms : 0;

	sigemptyset(&none);
	t.tv_sec = ms / 1000;
	t.tv_nsec = ms % 1000 * 1000000;
	if (ppoll(w->fd, (nfds_t)w->len, &t, &none) < 0)
		w->len = 0;                     /* a signal: nothing has been heard */
	else
		sig_let_in();
}

static void
heed_signals(void)
{
	if (got_term && !stopping) {
		stopping = true;
		log_say("status", "stopping", "", 0);
	}
	if (got_hup) {
		got_hup = 0;
		(void)runner_reload();
	}
	if (got_alrm) {
		got_alrm = 0;
		runner_flush();
	}
}

static bool
at_rest(void)
{
	return stopping && !site_busy(CHANNEL_LOCAL) && !site_busy(CHANNEL_REMOTE) && !bouncer_busy();
}

/* What an operator may have done while no runner is: by the same code, under the same lock. Whoever asks is who has started us. */
static int
operate_alone(void)
{
	struct conf_error e;
	struct stat st;

	alone = stopping = true;
	sig_ignore(SIGPIPE);
	sig_ignore(SIGXFSZ);
	if (stat(place_queue(), &st) != 0)
		die_sys(EX_SOFT, "find the queue ", place_queue());
	/* what it makes must belong to whom the queue belongs */
	if (geteuid() == 0 && st.st_uid != 0 && !drop_to(st.st_uid, st.st_gid))
		die_sys(EX_SOFT, "become the queue's user");
	if (!load_settings(&e) || !(destinations = destinations_load(&e)))
		die_say(EX_SOFT, e.text);
	enter_queue();
	read_clocks();
	log_trouble_only();
	if (!(schedule = schedule_new()) || !pause_open())
		die_sys(EX_SOFT, "read queue/paused");
	return ctl_alone(0);
}

static void
read_options(int argc, char **argv)
{
	if (argc == 1)
		return;
	if (argc != 3 || strcmp(argv[1], "-n") != 0 || !num_u64(argv[2], 0, INT32_MAX, &news.every_s) || !fd_cloexec(NEWS_FD, true))
		die_say(EX_HARD, "usage: pneu-send [-n seconds | -o]: run pneu-start");
	news.wanted = true;
}

/* all that may fail, so that it ends us */
static void
begin(void)
{
	struct conf_error e;

	loaded_us = clock_wall_us();
	if (!load_settings(&e) || !(destinations = destinations_load(&e)) || !(routing = routing_load(&e)))
		die_say(EX_SOFT, e.text);
	enter_queue();
	size_up();
	read_clocks();
	if (!(schedule = schedule_new()))
		die_sys(EX_SOFT, "make the schedule");
	if (!intake_open() || !ctl_open() || !pub_open() || !pause_open())
		die_sys(EX_SOFT, "open queue/fifo or queue/ctl, or read queue/paused");
	site_open(LSPAWN_FD, RSPAWN_FD);
	tell(NEWS_READY);
}

int
main(int argc, char **argv)
{
	static struct wait w;

	msg_name("pneu-send");
	if (argc == 2 && strcmp(argv[1], "-o") == 0)
		return operate_alone();
	read_options(argc, argv);
	drop_sight();                           /* pneu-bounce, which reads what strangers wrote, is of our uid */
	if (fcntl(LSPAWN_FD, F_GETFD) < 0 || fcntl(RSPAWN_FD, F_GETFD) < 0)
		die_say(EX_HARD, "descriptors 3 and 4 must be sockets to pneu-lspawn and pneu-rspawn: run pneu-start");
	(void)fd_cloexec(LSPAWN_FD, true);
	(void)fd_cloexec(RSPAWN_FD, true);
	if (!drop_powers())                     /* pneu-bounce's pneu-queue runs as us: its setuid bit has nothing to give */
		warn_sys("forbid system calls");
	catch_signals();
	begin();
	/* from here on it does not die: it warns and tries again */
	while (!at_rest()) {
		w.len = 0;
		w.until_ms = now.mono_ms + WAIT_MOST_MS;
		intake_want(&w);
		round_want(&w);
		message_want(&w);
		site_want(&w);
		bouncer_want(&w);
		ctl_want(&w);
		search_want(&w);
		trash_want(&w);
		pub_want(&w);
		news_want(&w);
		await_want(&w);
		log_load();
		log_flush();
		wait_for(&w);
		read_clocks();
		heed_signals();
		intake_do(&w);
		round_do();
		message_do();
		if (!site_do(&w))
			break;                  /* without a spawner nothing can be delivered: start anew */
		bouncer_do(&w);
		ctl_do(&w);
		search_do();
		trash_do();
		await_do(&w);
		pub_do(&w);
		news_do();
	}
	log_say("status", "exiting", "", 0);
	log_flush();
	return stopping ? 0 : EX_SOFT;
}
