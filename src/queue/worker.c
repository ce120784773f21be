#include "queue/site.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "queue/log.h"
#include "wire/spawner.h"

#define PACKETS_A_TURN 200              /* heard from one neighbour before the others have their turn */
#define MANGLED_MOST 100                /* reports of one worker; who says more nonsense than that is not heard further */

#define IDLE_MS 5000                    /* how long a worker without a job is kept */
/* How long one with a job may say nothing. The remote end of a transaction with many recipients may take hours, each
 * step within its time; a local one that takes so long has been stopped, maybe by its own user, whose it is. */
#define MUTE_LOCAL_MS (10 * 60 * 1000)  /* beyond the time that the programs of one recipient may take */
#define MUTE_REMOTE_MS (24 * 3600 * 1000)

static struct worker *all;              /* of all sites */
static uint64_t delivery = 1, request = 1;
static char packet[JOB_PACKET];

/* busy ones, idle ones, and those that were told to end and are about to */
_Static_assert(SPAWNER_WORKERS >= CONCURRENCY_MOST + 2 * WORKER_IDLE_MOST, "a spawner would refuse workers that may be");

static void
idle_begin(struct worker *w)
{
	struct channel_state *c = &channels[w->hop->channel];

	w->since_ms = now.mono_ms;
	w->idle = true;
	w->idle_next = 0;
	w->idle_prev = c->idle_last;
	*(c->idle_last ? &c->idle_last->idle_next : &c->idle_first) = w;
	c->idle_last = w;
	c->idle++;
}

static void
idle_end(struct worker *w)
{
	struct channel_state *c = &channels[w->hop->channel];

	if (!w->idle)
		return;
	w->idle = false;
	*(w->idle_prev ? &w->idle_prev->idle_next : &c->idle_first) = w->idle_next;
	*(w->idle_next ? &w->idle_next->idle_prev : &c->idle_last) = w->idle_prev;
	c->idle--;
}

static void
leave_hop(struct worker *w)
{
	struct worker **at = &w->hop->worker;

	while (*at != w)
		at = &(*at)->next;
	*at = w->next;
	w->hop->workers--;
	hop_drop(w->hop);
}

static void
join_hop(struct worker *w, struct hop *h)
{
	w->hop = h;
	w->next = h->worker;
	h->worker = w;
	h->workers++;
}

static void
move_to_hop(struct worker *w, struct hop *h)
{
	if (w->hop == h)
		return;
	if (w->tasks) {
		w->hop->busy--;
		h->busy++;
	}
	leave_hop(w);
	join_hop(w, h);
}

static void
worker_free(struct worker *w)
{
	*w->all_prev = w->all_next;
	if (w->all_next)
		w->all_next->all_prev = w->all_prev;
	idle_end(w);
	if (w->tasks)
		site_busy_less(w->site, w->hop);
	if (w->fd >= 0)
		close(w->fd);
	w->home->homes--;
	site_ready(w->home);
	leave_hop(w);
	free(w);
}

/* one of its tasks is no longer its own */
static void
take_off(struct worker *w, struct task *t)
{
	struct task **at = &w->task;

	while (*at != t)
		at = &(*at)->next;
	*at = t->next;
	if (--w->tasks == 0) {
		idle_begin(w);
		site_busy_less(w->site, w->hop);
	}
}

/* a task is over: all its recipients have been reported */
static void
task_end(struct worker *w, struct task *t)
{
	take_off(w, t);
	site_task_gone(t->site);
	message_task_done(t->m, t->n);
	free(t);
}

/* everything not yet reported of a task gets this verdict */
void
task_verdict(struct task *t, char verdict, const char *status, const char *text)
{
	struct report r = { .verdict = verdict, .status = status, .via = "", .text = text };
	size_t i;

	for (i = 0; i < t->n; i++) {
		if (t->rcpt[i] == REPORTED)
			continue;
		message_report(t->m, t->rcpt[i], t->number ? t->number + i : 0, &r);
		if (verdict != 'K')
			live_trouble(t->m, t->site, &r, t->number != 0);
		t->rcpt[i] = REPORTED;
	}
	t->left = 0;
}

static void
worker_lost(struct worker *w, char verdict, const char *status, const char *text)
{
	struct task *t;

	while ((t = w->task)) {
		task_verdict(t, verdict, status, text);
		if (w->tasks == 1 && w->fd >= 0) {      /* its last: nothing more may be given to it */
			close(w->fd);
			w->fd = -1;
		}
		task_end(w, t);
	}
	worker_free(w);
}

static bool
ask_for_worker(struct worker *w)
{
	struct spawner_request r = { w->request = request++, w->home->key };

	return spawner_ask(channels[w->hop->channel].spawner, &r, MSG_DONTWAIT);
}

struct worker *
worker_new(struct site *s)
{
	struct worker *w = calloc(1, sizeof *w);

	if (!w)
		return 0;
	w->home = s;
	w->hop = s->hop;
	w->fd = -1;
	w->poll = SIZE_MAX;
	if (!ask_for_worker(w)) {
		free(w);
		return 0;
	}
	s->homes++;
	join_hop(w, s->hop);
	if ((w->all_next = all))
		all->all_prev = &w->all_next;
	w->all_prev = &all;
	all = w;
	return w;
}

enum given { GIVEN, NO_ROOM, GONE };

/* NO_ROOM: its socket holds no more at the moment; GONE: it cannot be reached */
static enum given
give(struct worker *w, struct task *t)
{
	static struct buf params = BUF(JOB_PARAMS), sender, own = BUF(JOB_PACKET);
	size_t own_at[JOB_RECIPIENTS];
	struct job j = { .number = t->number, .offset = QF_HEADER, .length = t->m->file.header.length };
	size_t i;

	if (!message_job_params(t->m, t->rcpt[0], &params) || !(j.sender = message_job_sender(t->m, t->rcpt[0], &sender)))
		return NO_ROOM;
	j.params = params.len ? params.s : "";
	j.message = w->hop->channel == CHANNEL_LOCAL ? message_local_fd(t->m, &j.offset) : t->m->fd;
	buf_clear(&own);
	for (i = 0; i < t->n; i++) {
		own_at[i] = own.len;
		if (!message_rcpt_params(t->m, t->rcpt[i], &own) || !buf_byte(&own, 0))
			return NO_ROOM;
	}
	for (i = 0; i < t->n; i++) {
		j.rcpt[i] = message_rcpt(t->m, t->rcpt[i]);
		j.rcpt_params[i] = own.s + own_at[i];
	}
	j.rcpts = t->n;
	if (j.message >= 0 && job_put(w->fd, &j, MSG_DONTWAIT))
		return GIVEN;
	return errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS || errno == ETOOMANYREFS ? NO_ROOM : GONE;
}

/* From here on it is a delivery with a number in the log, also if the spawner finds nobody to do it. */
static void
worker_take(struct worker *w, struct task *t)
{
	struct task **end = &w->task;
	uint64_t most;
	size_t i;

	if (!t->number) {
		t->number = delivery;
		delivery += t->n;
		for (i = 0; i < t->n; i++)
			log_start(t->number + i, t->m->id, w->hop->channel, message_rcpt(t->m, t->rcpt[i]));
	}
	t->began_ms = now.mono_ms;
	while (*end)
		end = &(*end)->next;
	*end = t;
	t->next = 0;
	idle_end(w);
	if (w->tasks++ == 0) {
		w->since_ms = now.mono_ms;
		w->site = t->site;
		site_busy_more(w->site, w->hop);
	}
	hop_pace(w->hop, t->site);
	most = site_per_connection(t->site);
	if (++w->messages >= most && most)
		w->retired = true;
}

/* May it have a task of the site, besides those it has? With a worker of its own a site has what control/destinations says
 * of it; so who has a line there shares none that is busy. */
static bool
is_for(const struct worker *w, const struct site *s)
{
	if (w->fd < 0 || w->retired || (w->home != s && !(w->going && site_knows(s))))
		return false;
	return !w->tasks || w->site == s || (!s->own && !w->site->own);
}

/* the idle worker that was busy last: its memory is warm */
struct worker *
worker_idle(const struct site *s)
{
	struct worker *w, *best = 0;

	for (w = s->hop->worker; w; w = w->next)
		if (w->tasks == 0 && is_for(w, s) && (!best || w->since_ms > best->since_ms))
			best = w;
	return best;
}

/* a busy worker that may have one job more */
struct worker *
worker_least_busy(const struct site *s, size_t most)
{
	struct worker *w, *best = 0;

	for (w = s->hop->worker; w; w = w->next)
		if (w->tasks && w->tasks < most && is_for(w, s) && (!best || w->tasks < best->tasks))
			best = w;
	return best;
}

/* One of its tasks is nobody's again, and its message has not gone. */
static void
take_back(struct worker *w, struct task *t)
{
	take_off(w, t);
	t->next = 0;
	hop_unpace(w->hop, t->site);
	w->messages--;
}

void
worker_start(struct worker *w, struct task *t)
{
	struct site *s = t->site;
	uint64_t offset;
	enum given given;

	if (s->channel == CHANNEL_LOCAL && message_local_fd(t->m, &offset) < 0) {
		site_defer(s, t, "4.3.0", strerror(errno));     /* the disk's fault, not the worker's */
		return;
	}
	worker_take(w, t);
	if (w->fd < 0 || (given = give(w, t)) == GIVEN)
		return;
	if (given == GONE && (w->tasks > 1 || t->refusals++ >= 2)) {
		worker_lost(w, 'Z', "4.3.0", "unable to hand the message to a worker");
		return;
	}
	take_back(w, t);
	if (given == GONE)                      /* it ended while it was idle: another may have the task */
		worker_free(w);
	site_put_first(s, t, given == GONE);    /* a full socket empties in silence: asking without pause would spin */
}

/* ---- hearing of it */

static struct task *
find_task(const struct worker *w, uint64_t number)
{
	struct task *t;

	for (t = w->task; t; t = t->next)
		if (t->number == number)
			return t;
	return 0;
}

/* What does a report say of the place? One that found no exchangers speaks of its own domain alone; a server that names a
 * time does answer. */
static void
hear_of_hop(struct worker *w, const struct site *s, const struct report *r)
{
	if (!r->site || r->verdict != 'Z' || r->wait_s) {
		hop_answers(w->hop, s);
		return;
	}
	if (!w->going && w->home->hop == w->hop) {
		site_leaves(w->home);
		move_to_hop(w, w->home->hop);
	}
	hop_silent(w->hop);
}

/* A worker is not believed: what it may not say counts for nothing, and its recipients are still owed. false: it talks
 * nothing but nonsense. */
static bool
take_report(struct worker *w, const struct report *r)
{
	struct task *t;

	t = find_task(w, r->number);
	if (!t || r->index >= t->n || t->rcpt[r->index] == REPORTED) {
		log_mangled(r->number);
		return ++w->mangled <= MANGLED_MOST;
	}
	hear_of_hop(w, t->site, r);
	w->since_ms = now.mono_ms;
	message_report(t->m, t->rcpt[r->index], t->number + r->index, r);
	if (r->verdict != 'K')
		live_trouble(t->m, t->site, r, true);
	t->rcpt[r->index] = REPORTED;
	if (--t->left == 0)
		task_end(w, t);
	return true;
}

/* ---- exchangers */

/* All it has goes back to the front of its sites' lines, and it ends: it has sent nothing. What has been reported of in part
 * is not so easily given again. */
static void
send_home(struct worker *w)
{
	struct task *t, *back = 0;
	struct site *home = w->home;

	while ((t = w->task)) {
		if (t->left != t->n) {
			task_verdict(t, 'Z', "4.4.2", "its exchangers have changed");
			task_end(w, t);
			continue;
		}
		take_back(w, t);
		t->next = back;
		back = t;
	}
	worker_free(w);
	while ((t = back)) {                    /* the last one first, so that they stand as they were */
		back = t->next;
		site_put_first(t->site, t, true);
	}
	site_relieve(home);
}

/* are all its tasks of the site whose worker it is? */
static bool
is_at_home(const struct worker *w)
{
	const struct task *t;

	for (t = w->task; t; t = t->next)
		if (t->site != w->home)
			return false;
	return true;
}

/* Someone who is connected there has nothing to do: he shall have its task. */
static bool
is_superfluous(const struct worker *w, const struct hop *h)
{
	const struct worker *other;

	for (other = h->worker; other; other = other->next)
		if (other != w && !other->tasks && other->going && other->fd >= 0 && !other->retired)
			return true;
	return false;
}

/* Is there room for it at the hop it has found, and time? Then it counts there. */
static bool
may_go(struct worker *w, struct hop *h)
{
	struct site *s = w->home;
	unsigned others = h->busy - (w->hop == h);
	struct task *t;
	int64_t when = 0;
	bool ok;

	for (t = w->task; t; t = t->next)
		if (t->n > site_recipients(s))
			return false;           /* it will be split */
	for (t = w->task; t && w->hop != h; t = t->next)
		hop_unpace(w->hop, s);
	ok = hop_has_room(h, s, others) && (w->hop == h || hop_in_time(h, s, &when));
	for (t = w->task; t && w->hop != h; t = t->next)
		hop_pace(ok ? h : w->hop, s);
	return ok;
}

/* It has found out where its mail goes, and asks whether it may connect. false: the worker is gone */
static bool
announced(struct worker *w, const char *name)
{
	bool changed = strcmp(w->hop->name, name) != 0;
	struct hop *h;

	if (!w->tasks || (w->going && !changed)) {      /* nobody asked */
		if (++w->mangled <= MANGLED_MOST && job_go(w->fd, MSG_DONTWAIT))
			return true;
		worker_lost(w, 'Z', "4.3.0", "the delivery program talks nonsense");
		return false;
	}
	/* without memory, or for a route that names its hosts, it goes on alone */
	h = site_learns(w->home, name);
	if (!is_at_home(w) || (h && (is_superfluous(w, h) || !may_go(w, h)))) {
		send_home(w);
		return false;
	}
	if (h) {
		move_to_hop(w, h);
		w->going = true;
	}
	if (job_go(w->fd, MSG_DONTWAIT))
		return true;
	worker_lost(w, 'Z', "4.3.0", "unable to tell a worker to go on");
	return false;
}

/* false: the worker is gone */
static bool
worker_hear(struct worker *w)
{
	struct report r;
	int n;

	for (n = 0; n < PACKETS_A_TURN; n++) {
		switch (report_get(w->fd, packet, &r, MSG_DONTWAIT)) {
		case JOB_GOT:
			if (r.verdict == 'S') {
				if (!announced(w, r.exchangers))
					return false;
			} else if (!take_report(w, &r)) {
				worker_lost(w, 'Z', "4.3.0", "the delivery program talks nonsense");
				return false;
			}
			if (w->tasks == 0)
				return true;    /* nothing more can come: save the call that would say so */
			break;
		case JOB_NONE:
			return true;
		case JOB_BAD:
			log_mangled(w->task ? w->task->number : 0);
			/* fall through */
		case JOB_END:
		case JOB_TROUBLE:
		default:
			worker_lost(w, 'Z', "4.3.0", "the delivery program ended without a report");
			return false;
		}
	}
	return true;
}

void
worker_each_task(void (*one)(const struct task *))
{
	const struct worker *w;
	const struct task *t;

	for (w = all; w; w = w->all_next)
		for (t = w->task; t; t = t->next)
			one(t);
}

static struct worker *
find_request(enum channel c, uint64_t number)
{
	struct worker *w;

	for (w = all; w; w = w->all_next)
		if (w->hop->channel == c && w->fd < 0 && w->request == number)
			return w;
	return 0;
}

static void
worker_arrives(struct worker *w, int fd)
{
	struct task *t;

	w->fd = fd;
	w->since_ms = now.mono_ms;
	for (t = w->task; t; t = t->next)
		if (give(w, t) != GIVEN) {
			worker_lost(w, 'Z', "4.3.0", "unable to hand the message to a worker");
			return;
		}
}

/* Nobody knows which request an answer was for that could not be read, or whose socket could not be taken for want of
 * descriptors. All that are open are given up: a worker that comes nevertheless is sent home. */
static void
forget_requests(enum channel c)
{
	struct worker *w, *next;

	for (w = all; w; w = next) {
		next = w->all_next;
		if (w->hop->channel == c && w->fd < 0)
			worker_lost(w, 'Z', "4.3.0", "the spawner's answer could not be read");
	}
}

/* false: the spawner is gone */
bool
worker_hear_spawner(enum channel c)
{
	static char space[SPAWNER_PACKET];
	struct spawner_answer a;
	struct worker *w;
	int n;

	for (n = 0; n < PACKETS_A_TURN; n++) {
		switch (spawner_answered(channels[c].spawner, space, &a, MSG_DONTWAIT)) {
		case JOB_GOT:
			if (!(w = find_request(c, a.number))) {
				if (a.worker >= 0)
					close(a.worker);
				log_say("warning", "a spawner answered what nobody asked", "", 0);
			} else if (a.verdict == 'K')
				worker_arrives(w, a.worker);
			else
				worker_lost(w, a.verdict, a.status, a.text);
			break;
		case JOB_NONE:
			return true;
		case JOB_BAD:
			log_say("warning", "a spawner's answer is mangled", "", 0);
			forget_requests(c);
			break;
		case JOB_TROUBLE:
			log_say("alert", "unable to hear a spawner", "", errno);
			return false;
		case JOB_END:
		default:
			log_say("alert", "a spawner is gone", "", 0);
			return false;
		}
	}
	return true;
}

/* ---- the loop's two halves */

/* Each destination has workers of its own: many destinations, one after the other, would leave more processes than the
 * machine or the spawner holds. */
static void
trim(enum channel c)
{
	while (channels[c].idle > WORKER_IDLE_MOST)
		worker_free(channels[c].idle_first);
}

void
worker_want(struct wait *wait)
{
	struct worker *w;

	for (w = all; w; w = w->all_next) {
		w->poll = SIZE_MAX;
		if (w->fd < 0)
			continue;
		w->poll = want_fd(wait, w->fd, POLLIN);
		if (!w->tasks)
			want_until(wait, w->since_ms + IDLE_MS);
	}
}

void
worker_retire_all(void)
{
	struct worker *w;

	for (w = all; w; w = w->all_next)
		w->retired = true;
}

static int64_t
mute_ms(enum channel c)
{
	return c == CHANNEL_LOCAL ? MUTE_LOCAL_MS + (int64_t)settings.programtimeout * 1000 : MUTE_REMOTE_MS;
}

void
worker_do(const struct wait *wait)
{
	struct worker *w, *next;
	int c;

	for (w = all; w; w = next) {
		bool heard = w->poll < wait->len && wait->fd[w->poll].revents;

		next = w->all_next;
		w->poll = SIZE_MAX;
		if (w->fd < 0 || (heard && !worker_hear(w)))
			continue;
		if (!w->tasks && (w->retired || now.mono_ms >= w->since_ms + IDLE_MS))
			worker_free(w);
		else if (w->tasks && now.mono_ms >= w->since_ms + mute_ms(w->hop->channel))
			worker_lost(w, 'Z', "4.3.0", "the delivery program said nothing for too long");
	}
	for (c = 0; c < CHANNELS; c++)
		trim((enum channel)c);
}
