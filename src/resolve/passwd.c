#include "resolve/passwd.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/conf.h"
#include "lib/fd.h"
#include "lib/file.h"
#include "lib/num.h"
#include "lib/place.h"
#include "lib/proc.h"
#include "wire/getpw.h"

#define FIELDS 7                        /* name password uid gid gecos home shell */
#define ID_MAX 4294967294u              /* (uid_t)-1 is no user */

extern char **environ;

/* ---- a line */

bool
passwd_line(const char *line, size_t n, struct buf *b, struct passwd_entry *p)
{
	char *field[FIELDS], *s, *colon;
	uint64_t uid, gid;
	size_t i;

	errno = 0;
	if (n == 0 || *line == '#' || *line == '+' || *line == '-' || memchr(line, 0, n))       /* + and -: old NIS marks */
		return false;
	b->max = PASSWD_SPACE;
	buf_clear(b);
	if (!buf_put(b, line, n))
		return false;
	for (s = b->s, i = 0; i < FIELDS; i++) {
		field[i] = s;
		colon = strchr(s, ':');
		if (i == FIELDS - 1 || !colon)
			break;
		*colon = 0;
		s = colon + 1;
	}
	if (i < FIELDS - 2 || !*field[0] || !num_u64(field[2], 0, ID_MAX, &uid) || !num_u64(field[3], 0, ID_MAX, &gid))
		return false;
	*p = (struct passwd_entry){ field[0], field[5], (uid_t)uid, (gid_t)gid, field[4] };
	return true;
}

/* ---- the file */

static bool
read_once(struct passwd_file *f, struct outcome *o)
{
	if (f->is_read)
		return true;
	f->text.max = PASSWD_FILE;
	if (!file_read(AT_FDCWD, f->path, &f->text) && errno != ENOENT)
		return outcome_trouble(o, "read", f->path);
	f->is_read = true;
	return true;
}

/* by name, or by uid if name is 0 */
static enum passwd_result
in_file(struct passwd_file *f, const char *name, uid_t uid, struct buf *b, struct passwd_entry *p, struct outcome *o)
{
	const char *s, *end, *nl;
	size_t n = name ? strlen(name) : 0, len;

	if (!read_once(f, o))
		return PASSWD_TROUBLE;
	end = f->text.s + f->text.len;
	for (s = f->text.s; s < end; s += len + 1) {
		nl = memchr(s, '\n', (size_t)(end - s));
		len = (size_t)((nl ? nl : end) - s);
		if (name && (len <= n || s[n] != ':' || memcmp(s, name, n) != 0))
			continue;
		if (passwd_line(s, len, b, p)) {
			if (name || p->uid == uid)
				return PASSWD_FOUND;
		} else if (errno) {
			outcome_trouble(o, "look up", name ? name : "a uid");
			return PASSWD_TROUBLE;
		}
	}
	return PASSWD_NONE;
}

/* ---- the helper */

static void
stop(struct passwd_file *f)
{
	if (f->helper == PASSWD_STARTED) {
		close(f->to);
		close(f->from);
		kill(f->pid, SIGKILL);          /* it holds nothing; and it might never read its end of file */
		(void)proc_wait(f->pid);
	}
	f->helper = PASSWD_FAILED;
}

static enum passwd_result
failed(struct passwd_file *f, struct outcome *o, const char *why)
{
	stop(f);
	outcome_later(o, "4.3.0", "pneu-getpw ", why, (char *)0);
	return PASSWD_TROUBLE;
}

/* its fds 0 and 1; ours are close-on-exec */
static bool
spawn(struct passwd_file *f)
{
	char *argv[] = { "pneu-getpw", 0 }, program[4096];
	struct proc_fd map[2];
	int in[2], out[2];
	bool ok;

	if (!place_program(program, sizeof program, argv[0]) || !fd_pipe(in))
		return false;
	if (!fd_pipe(out)) {
		close(in[0]);
		close(in[1]);
		return false;
	}
	map[0] = (struct proc_fd){ in[0], 0 };
	map[1] = (struct proc_fd){ out[1], 1 };
	f->pid = proc_spawn(program, argv, environ, map, 2);
	ok = f->pid > 0 && fd_nonblock(out[0], true) && fd_nonblock(in[1], true);
	close(in[0]);
	close(out[1]);
	f->to = in[1];
	f->from = out[0];
	if (f->pid > 0)
		f->helper = PASSWD_STARTED;     /* so that stop() ends it */
	else {
		close(in[1]);
		close(out[0]);
	}
	return ok;
}

/* PASSWD_FOUND: it runs; PASSWD_NONE: there shall be none */
static enum passwd_result
start(struct passwd_file *f, struct outcome *o)
{
	uint64_t wanted;
	struct conf setting = { "nsslookup", CONF_NUMBER, &wanted, 1, 0, 1 };
	struct conf_error e;

	if (!conf_read(&setting, 1, &e)) {
		outcome_later(o, "4.3.5", e.text, (char *)0);
		return PASSWD_TROUBLE;
	}
	if (!wanted) {
		f->helper = PASSWD_FORBIDDEN;
		return PASSWD_NONE;
	}
	if (!spawn(f)) {
		outcome_trouble(o, "start", "pneu-getpw");
		stop(f);
		return PASSWD_TROUBLE;
	}
	return PASSWD_FOUND;
}

/* one answer with its 0, before the deadline; 0, or what is wrong */
static const char *
read_answer(int fd, char *s, size_t *n, int64_t deadline_ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int64_t left;
	ssize_t r;

	for (*n = 0; *n == 0 || s[*n - 1] != 0; ) {
		left = deadline_ms - clock_mono_ms();
		if (left <= 0)
			return "does not answer";
		if (*n == GETPW_ANSWER)
			return "answers without end";
		if (poll(&p, 1, (int)left) < 0 && errno != EINTR)
			return "cannot be waited for";
		r = read(fd, s + *n, GETPW_ANSWER - *n);
		if (r == 0)
			return "ended without an answer";
		if (r < 0 && errno != EAGAIN && errno != EINTR)
			return "cannot be read from";
		if (r > 0)
			*n += (size_t)r;
	}
	return memchr(s, 0, *n) == s + *n - 1 ? 0 : "answers more than it was asked";
}

/* name: a login name, or '#' and the uid */
static enum passwd_result
ask_helper(struct passwd_file *f, const char *name, uid_t uid, struct buf *b, struct passwd_entry *p, struct outcome *o)
{
	static char answer[GETPW_ANSWER];
	size_t n, len = strlen(name);
	const char *wrong;

	if (len == 0 || len > GETPW_NAME)
		return PASSWD_NONE;
	/* an empty pipe takes a whole name, or the helper is gone: SIGPIPE is ignored by our programs */
	if (write(f->to, name, len + 1) != (ssize_t)len + 1)
		return failed(f, o, errno == EPIPE ? "ended without an answer" : "does not take a question");
	wrong = read_answer(f->from, answer, &n, clock_mono_ms() + GETPW_TIMEOUT_S * 1000);
	if (wrong)
		return failed(f, o, wrong);
	if (answer[0] == 'N' && n == 2)
		return PASSWD_NONE;
	if (answer[0] == 'Z') {
		outcome_later(o, "4.3.0", answer + 1, (char *)0);
		return PASSWD_TROUBLE;
	}
	if (answer[0] == 'K' && passwd_line(answer + 1, n - 2, b, p) && (*name == '#' ? p->uid == uid : strcmp(p->name, name) == 0))
		return PASSWD_FOUND;
	return failed(f, o, "answers nonsense");
}

/* PASSWD_FOUND: the helper can be asked */
static enum passwd_result
ready(struct passwd_file *f, struct outcome *o)
{
	if (f->helper == PASSWD_FAILED) {
		outcome_later(o, "4.3.0", "pneu-getpw failed before", (char *)0);
		return PASSWD_TROUBLE;
	}
	if (f->helper == PASSWD_FORBIDDEN)
		return PASSWD_NONE;
	return f->helper == PASSWD_STARTED ? PASSWD_FOUND : start(f, o);
}

static enum passwd_result
find(void *ctx, const char *name, bool ask, struct buf *b, struct passwd_entry *p, struct outcome *o)
{
	struct passwd_file *f = ctx;
	enum passwd_result r;

	if (*name == '#' || name[strcspn(name, ":\n")])        /* would match further fields of a line, and so tell who guessed them */
		return PASSWD_NONE;
	r = in_file(f, name, 0, b, p, o);
	if (r != PASSWD_NONE || f->helper == PASSWD_FORBIDDEN)
		return r;
	if (!ask)
		return PASSWD_UNASKED;
	return (r = ready(f, o)) == PASSWD_FOUND ? ask_helper(f, name, 0, b, p, o) : r;
}

enum passwd_result
passwd_file_uid(struct passwd_file *f, uid_t uid, struct buf *b, struct passwd_entry *p, struct outcome *o)
{
	enum passwd_result r = in_file(f, 0, uid, b, p, o);
	char name[NUM_TEXT + 1] = "#";

	if (r != PASSWD_NONE || (r = ready(f, o)) != PASSWD_FOUND)
		return r;
	num_text(name + 1, uid);
	return ask_helper(f, name, uid, b, p, o);
}

static enum passwd_result
find_uid(void *ctx, uid_t uid, struct buf *b, struct passwd_entry *p, struct outcome *o)
{
	return in_file(ctx, 0, uid, b, p, o);
}

void
passwd_file_init(struct passwd_file *f, const char *path, struct passwd_source *s)
{
	memset(f, 0, sizeof *f);
	f->path = path ? path : "/etc/passwd";
	*s = (struct passwd_source){ find, find_uid, f };
}

void
passwd_file_close(struct passwd_file *f)
{
	if (f->helper == PASSWD_STARTED)
		stop(f);
	buf_free(&f->text);
	f->is_read = false;
	f->helper = PASSWD_NOT_STARTED;
}
