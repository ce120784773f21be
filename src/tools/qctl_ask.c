/* The talk with the runner, or with pneu-send -o in its place. */
#include "tools/qctl.h"

#include <errno.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/fd.h"
#include "lib/msg.h"
#include "lib/num.h"
#include "lib/place.h"
#include "lib/proc.h"
#include "tools/put.h"
#include "wire/control.h"
#include "wire/fields.h"

#define IDS_A_PACKET 200                /* the runner delivers between two of them */
#define AHEAD 4                         /* packets without an answer */
#define PROGRESS_MS 200

extern char **environ;

static int sock = -1;
static pid_t helper;                    /* 0: it is a runner that answers */

_Noreturn void
ask_failed(void)
{
	switch (errno) {
	case ENOENT:
	case ECONNREFUSED:
		die_say(EX_SOFT, "no runner: pneu-send is not running on this queue");
	case EACCES:
	case EPERM:
		die_say(EX_SOFT, "not allowed to talk to the runner: become root or the queue's user");
	case EPROTO:
	case ECONNRESET:
	case EPIPE:
		if (helper)
			die_say(EX_SOFT, "nothing was done, or not all; see above");
		die_say(EX_SOFT, "the runner hung up: it stops, or has too many clients; try again");
	default:
		die_sys(EX_SOFT, "ask the runner");
	}
}

/* its own messages go where ours go; it ends when our end of the socket does */
static void
start_helper(void)
{
	char path[1024], name[] = "pneu-send", option[] = "-o";
	char *argv[] = { name, option, 0 };
	int p[2];
	struct proc_fd map[2];

	if (!place_program(path, sizeof path, "pneu-send") || !fd_pair(p))
		die_sys(EX_SOFT, "do without a runner");
	map[0] = (struct proc_fd){ p[1], 0 };
	map[1] = (struct proc_fd){ 2, 2 };
	if ((helper = proc_spawn(path, argv, environ, map, 2)) < 0)
		die_sys(EX_SOFT, "run ", path);
	close(p[1]);
	sock = p[0];
}

void
ask_open(bool live)
{
	if (sock >= 0 || (sock = control_connect(false)) >= 0)
		return;
	if (live || (errno != ENOENT && errno != ECONNREFUSED))
		ask_failed();
	start_helper();
}

void
ask_close(void)
{
	if (sock >= 0)
		close(sock);
	sock = -1;
	if (helper > 0)
		(void)proc_wait(helper);
	helper = 0;
}

/* lines; control bytes of sites' names do not reach the terminal */
void
ask_words(struct out *o, const char *s)
{
	size_t n;

	for (; *s; s += n + (s[n] == '\n')) {
		n = strcspn(s, "\n");
		put_masked_n(o, s, n);
		out_byte(o, '\n');
	}
}

static _Noreturn void
broken(struct out *o)
{
	int e = errno;

	(void)out_flush(o);             /* what was done before */
	errno = e;
	ask_failed();
}

bool
ask_plain(struct out *o, const char *verb, const char *word)
{
	struct buf b = BUF(CONTROL_PACKET), text = BUF(CONTROL_PACKET);
	bool done;

	if (!fields_put(&b, verb) || (word && !fields_put(&b, word)) || !control_send(sock, &b) || !control_receive(sock, &done, &text))
		broken(o);
	if (word) {
		out_puts(o, verb);
		out_byte(o, ' ');
		put_masked(o, word);
		out_puts(o, ": ");
	}
	ask_words(o, text.len ? text.s : done ? "done" : "refused");
	buf_free(&b);
	buf_free(&text);
	return done;
}

/* ---- many messages */

struct talk {
	struct out *out;
	const struct verb *verb;
	char *const *word;
	const struct picked *picked;
	size_t sent, answered;          /* messages */
	size_t refused, gone;
	bool terminal;
	int64_t shown_ms;
};

static void
put_line(struct talk *t, const char *id, const char *what)
{
	out_puts(t->out, t->verb->name);
	out_byte(t->out, ' ');
	out_puts(t->out, id);
	out_puts(t->out, ": ");
	ask_words(t->out, what);
}

/* what it was meant to be rid of is gone: nobody has to do anything about it, when it was found by what it is */
static void
refused(struct talk *t, const char *id, const char *why)
{
	if (!t->picked->by_name && strcmp(why, "no such message") == 0) {
		t->gone++;
		return;
	}
	t->refused++;
	put_line(t, id, why);
}

static bool
build(struct talk *t, struct buf *b)
{
	char id[QID_TEXT];
	size_t i, end = t->picked->n - t->sent < IDS_A_PACKET ? t->picked->n : t->sent + IDS_A_PACKET;
	bool ok;

	buf_clear(b);
	ok = fields_put(b, t->verb->name);
	for (i = 0; ok && i < t->verb->words; i++)
		ok = fields_put(b, t->word[i]);
	for (; ok && t->sent < end; t->sent++) {
		qid_text(id, &t->picked->id[t->sent]);
		ok = fields_put(b, id);
	}
	return ok;
}

/* lines "ID reason" of those of its packet with whom it was not done, in their order */
static void
hear_lines(struct talk *t, char *s, size_t end)
{
	char id[QID_TEXT], *nl;
	size_t n;

	for (; t->answered < end; t->answered++) {
		qid_text(id, &t->picked->id[t->answered]);
		n = strlen(id);
		if (strncmp(s, id, n) == 0 && s[n] == ' ' && (nl = strchr(s, '\n'))) {
			*nl = 0;
			refused(t, id, s + n + 1);
			s = nl + 1;
		} else if (t->picked->by_name)
			put_line(t, id, "done");
	}
}

static void
hear(struct talk *t)
{
	static struct buf text = BUF(CONTROL_PACKET);
	size_t end = t->picked->n - t->answered < IDS_A_PACKET ? t->picked->n : t->answered + IDS_A_PACKET;
	char id[QID_TEXT];
	bool done;

	if (!control_receive(sock, &done, &text))
		broken(t->out);
	if (done) {
		hear_lines(t, text.len ? text.s : (char[]){ "" }, end);
		return;
	}
	if (end - t->answered > 1) {            /* the words were not fit, or it has no memory: that will not change */
		(void)out_flush(t->out);
		die_say(EX_HARD, t->verb->name, ": ", text.len ? text.s : "refused");
	}
	qid_text(id, &t->picked->id[t->answered++]);
	refused(t, id, text.len ? text.s : "refused");
}

/* for who watches; last: take it away again */
static void
progress(struct talk *t, bool last)
{
	char line[100], *p = line;
	int64_t ms;

	if (!t->terminal || (last && !t->shown_ms))
		return;
	ms = clock_mono_ms();
	if (!last && (t->picked->n < IDS_A_PACKET || ms - t->shown_ms < PROGRESS_MS))
		return;
	t->shown_ms = ms;
	p = stpcpy(stpcpy(p, "\r\033[K"), last ? "" : t->verb->name);
	if (!last) {
		*p++ = ' ';
		p += num_dec(p, t->answered);
		*p++ = '/';
		p += num_dec(p, t->picked->n);
	}
	(void)fd_write(2, line, (size_t)(p - line));
}

static void
put_sum(struct talk *t)
{
	struct out *o = t->out;

	out_num(o, t->picked->n - t->refused - t->gone);
	out_puts(o, t->picked->n - t->refused - t->gone == 1 ? " message " : " messages ");
	out_puts(o, t->verb->done);
	if (t->gone) {
		out_puts(o, ", ");
		out_num(o, t->gone);
		out_puts(o, " gone meanwhile");
	}
	if (t->refused) {
		out_puts(o, ", ");
		out_num(o, t->refused);
		out_puts(o, " not");
	}
	out_byte(o, '\n');
}

bool
ask_messages(struct out *o, const struct verb *verb, char *const *word, const struct picked *picked)
{
	struct talk t = { .out = o, .verb = verb, .word = word, .picked = picked, .terminal = isatty(2) };
	struct buf b = BUF(CONTROL_PACKET);
	size_t packets = 0;

	while (t.answered < picked->n) {
		while (t.sent < picked->n && packets < AHEAD) {
			if (!build(&t, &b) || !control_send(sock, &b))
				broken(o);
			packets++;
		}
		hear(&t);
		packets--;
		progress(&t, false);
	}
	progress(&t, true);
	if (!picked->by_name)
		put_sum(&t);
	buf_free(&b);
	return !t.refused;
}
