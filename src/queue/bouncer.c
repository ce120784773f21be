/* Runs pneu-bounce for messages whose sender is to be told something. It reads the queue file, tells the sender, and exits 0
 * only when the report is durable in the queue itself; until then the original stays. A double bounce that fails is dropped. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/fd.h"
#include "lib/place.h"
#include "lib/proc.h"
#include "queue/log.h"
#include "queue/runner.h"

#define AT_ONCE 10
#define LINE_MOST 100                   /* messages that wait open for their bounce; more would keep others out */

extern char **environ;

struct bounce {
	struct bounce *next;
	struct message *m;
	pid_t pid;
	int out;                        /* "QP ID\n" when it worked */
	size_t poll;
};

static struct bounce *waiting, **waiting_end = &waiting, *running;
static unsigned busy, in_line;          /* running; waiting */
static struct schedule_line parked = SCHEDULE_LINE;     /* waiting too, but closed */

void
bouncer_add(struct message *m)
{
	struct bounce *b = calloc(1, sizeof *b);

	if (!b) {
		log_say("warning", "out of memory, will bounce later: ", m->id, 0);
		message_bounced(m, false, "", "");
		return;
	}
	b->m = m;
	b->poll = SIZE_MAX;
	*waiting_end = b;
	waiting_end = &b->next;
	in_line++;
}

bool
bouncer_full(void)
{
	return in_line >= LINE_MOST;
}

void
bouncer_park(uint32_t slot)
{
	schedule_park(schedule, &parked, slot);
}

bool
bouncer_unpark(uint32_t slot)
{
	return schedule_pull(schedule, &parked, slot);
}

bool
bouncer_busy(void)
{
	return running != 0;
}

static bool
start(struct bounce *b)
{
	char path[1024], name[] = "pneu-bounce", what[10];
	char *argv[] = { name, b->m->id, what, 0 };
	int p[2];
	struct proc_fd map[3];

	if (!place_program(path, sizeof path, "pneu-bounce") || !fd_pipe(p))
		return false;
	snprintf(what, sizeof what, "%s", owed_name(b->m->report));
	map[0] = (struct proc_fd){ b->m->fd, 0 };
	map[1] = (struct proc_fd){ p[1], 1 };
	map[2] = (struct proc_fd){ 2, 2 };
	b->pid = proc_spawn(path, argv, environ, map, 3);
	close(p[1]);
	if (b->pid < 0) {
		close(p[0]);
		return false;
	}
	b->out = p[0];
	b->next = running;
	running = b;
	busy++;
	return true;
}

/* the null sender of a bounce of a bounce: nobody is left to tell */
static bool
is_double_bounce(const struct message *m)
{
	return strcmp(message_sender(m), "#@[]") == 0;
}

static void
start_next(void)
{
	struct bounce *b = waiting;
	struct message *m = b->m;

	waiting = b->next;
	in_line--;
	if (!waiting)
		waiting_end = &waiting;
	b->next = 0;
	if (is_double_bounce(m)) {
		log_triple(m->id);
		free(b);
		message_bounced(m, true, "", "discarded");
	} else if (!start(b)) {
		log_say("warning", "unable to run pneu-bounce, will bounce later: ", m->id, errno);
		free(b);
		message_bounced(m, false, "", "");
	}
}

/* end of file on its output: it is ending, so waiting for it is short */
static void
end(struct bounce *b)
{
	char line[100], qp[24], id[QID_TEXT];
	struct message *m = b->m;
	ssize_t n = fd_read(b->out, line, sizeof line - 1);
	int code;

	close(b->out);
	code = proc_wait(b->pid);
	busy--;
	free(b);
	line[n > 0 ? n : 0] = 0;
	if (code == 0 && sscanf(line, "%23s %24s", qp, id) == 2)
		message_bounced(m, true, qp, id);
	else {
		log_say("warning", "pneu-bounce failed, will bounce later: ", m->id, 0);
		message_bounced(m, false, "", "");
	}
}

void
bouncer_want(struct wait *w)
{
	struct bounce *b;

	for (b = running; b; b = b->next)
		b->poll = want_fd(w, b->out, POLLIN);
	if ((waiting || parked.count) && busy < AT_ONCE && !stopping)
		want_until(w, now.mono_ms);
}

void
bouncer_do(const struct wait *w)
{
	struct bounce **at = &running, *b;
	unsigned n;

	while ((b = *at)) {
		if (b->poll < w->len && w->fd[b->poll].revents) {
			*at = b->next;
			end(b);
		} else
			at = &b->next;
	}
	for (n = 0; n < AT_ONCE && parked.count && in_line < AT_ONCE && !stopping; n++)
		message_bounce(schedule_unpark(schedule, &parked));
	for (n = 0; n < AT_ONCE && waiting && busy < AT_ONCE && !stopping; n++)
		start_next();
}
