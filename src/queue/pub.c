/* The control socket for all users of the host, queue/pub/ctl: they see and cancel what they have injected themselves, and hear
 * what became of it (await.c). Whose it is tells the header of each message, and who asks tells the kernel. Nobody may keep the runner from its work: a user has few
 * connections, each is heard now and then, and one search at a time takes a small part of the time. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compat/compat.h"
#include "lib/clock.h"
#include "lib/fd.h"
#include "lib/num.h"
#include "lib/place.h"
#include "queue/log.h"
#include "queue/runner.h"
#include "wire/control.h"
#include "wire/fields.h"

#define CLIENTS 8
#define CLIENTS_OF_ONE 2                /* of a user */
#define IDLE_MS 10000                   /* so long a connection says nothing, or does not listen */
#define ACCEPT_MS 5                     /* between two connections */
#define REQUEST_MS 10                   /* between two requests of one */
#define SLICE_MS 2                      /* of a search, */
#define SLICE_PAUSE_MS 8                /* and until the next */
#define REST 4                          /* so many times as long as a search took, its user has to wait for the next */
#define SLOW_MS 2000                    /* who kept others waiting longer has to wait as long, though it cost us nothing */
#define RESTING 16
#define RCPTS_SHOWN 200

struct user {
	int fd;                         /* -1: free */
	size_t poll;
	uid_t uid;
	int64_t until_ms, next_ms;      /* it ends then; it is heard again then */
};

static int listener = -1;
static size_t listener_poll;
static int64_t listener_ms;             /* not listened to before */
static struct user users[CLIENTS];

/* the search of one user */
static struct search {
	struct user *user;              /* 0: none */
	size_t slot;                    /* those below have been looked at; then hold/ */
	unsigned dir;
	DIR *stream;
	uint64_t found;
	int64_t asked_ms, spent_ms, next_ms;
	int64_t began_ms;               /* the slice that is being worked on, 0: none */
	struct buf packet;              /* not sent yet */
} search = { .packet = BUF(CONTROL_PACKET) };

static struct { uid_t uid; int64_t until_ms; } resting[RESTING];
static unsigned rests;

/* ---- connections */

bool
pub_open(void)
{
	size_t i;

	for (i = 0; i < CLIENTS; i++)
		users[i].fd = -1;
	await_open();
	own_learn_roles();
	if ((mkdir("pub", 0711) != 0 && errno != EEXIST) || chmod("pub", 0711) != 0)
		return false;
	return (listener = control_listen_users()) >= 0;
}

/* How long this slice has taken is counted when the search ends with it, too: else one message of very many recipients, the last
 * one that is looked at, could be asked for again and again. */
static int64_t
slice_over(void)
{
	int64_t ms = search.began_ms ? clock_mono_ms() - search.began_ms : 0;

	search.began_ms = 0;
	search.spent_ms += ms;
	return ms;
}

static void
search_end(void)
{
	int64_t now_ms = clock_mono_ms(), rest_ms;

	(void)slice_over();
	rest_ms = REST * search.spent_ms;
	if (now_ms - search.asked_ms > SLOW_MS && now_ms - search.asked_ms > rest_ms)
		rest_ms = now_ms - search.asked_ms;
	if (search.stream)
		closedir(search.stream);
	search.stream = 0;
	buf_clear(&search.packet);
	resting[rests].uid = search.user->uid;
	resting[rests].until_ms = now_ms + rest_ms;
	rests = (rests + 1) % RESTING;
	search.user = 0;
}

static void
drop(struct user *u)
{
	if (search.user == u)
		search_end();
	close(u->fd);
	u->fd = -1;
}

/* It may be that nobody has looked at it since: who has just been answered is not listened to for a moment. */
static bool
has_gone(const struct user *u)
{
	char c;

	return recv(u->fd, &c, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

static void
welcome(void)
{
	struct user *u, *place = 0;
	unsigned same = 0;
	int fd = accept(listener, 0, 0);
	uid_t uid;
	gid_t gid;

	listener_ms = now.mono_ms + ACCEPT_MS;
	if (fd < 0)
		return;
	if (compat_peer(fd, &uid, &gid) && fd_cloexec(fd, true) && fd_nonblock(fd, true)) {
		for (u = users; u < users + CLIENTS; u++) {
			if (u->fd >= 0 && has_gone(u))
				drop(u);
			if (u->fd < 0)
				place = place ? place : u;
			else
				same += u->uid == uid;
		}
	} else
		same = CLIENTS_OF_ONE;
	if (!place || same >= CLIENTS_OF_ONE) {
		close(fd);
		return;
	}
	*place = (struct user){ .fd = fd, .poll = SIZE_MAX, .uid = uid, .until_ms = now.mono_ms + IDLE_MS };
}

static bool
say(struct user *u, const char *letter, const char *text)
{
	struct buf b = BUF(CONTROL_PACKET);
	bool ok = fields_put(&b, letter) && fields_put(&b, text) && fd_send(u->fd, b.s, b.len, -1, MSG_DONTWAIT);

	buf_free(&b);
	return ok;
}

/* ---- single messages */

static const char *
cancel(const struct user *u, const char *text)
{
	struct order o = { .verb = "delete", .uid = u->uid };
	struct qid id;
	const char *why;
	int fd;

	if (!text || !qid_parse(text, &id))
		return "not an ID";
	if ((fd = own_open("msg", &id, u->uid, false)) < 0) {
		if ((fd = own_open("hold", &id, u->uid, false)) < 0)
			return "no such message of yours";      /* also where there is one of somebody else */
		close(fd);
		return "it is held: ask the operator";
	}
	close(fd);
	if (own_is_role(u->uid))
		return "no such message of yours";
	if (!(why = operate(&o, text)))
		log_operator(text, "cancel", u->uid);
	return why;
}

/* it waits elsewhere from now on, and makes room here; false: it is gone */
static bool
begin_to_await(struct user *u, const char *text)
{
	struct qid id;
	const char *why = text && qid_parse(text, &id) ? await_begin(u->fd, u->uid, &id) : "not an ID";

	if (why)
		return say(u, "E", why);
	u->fd = -1;
	return true;
}

/* ---- searching */

static bool
put_message(struct buf *b, const struct qf *q, const char *id, const char *place)
{
	size_t i, shown;
	char state[2] = "";

	if (!fields_put(b, "M") || !fields_put(b, id) || !fields_put(b, place) || !fields_put_num(b, q->header.arrival_us / 1000000) ||
	    !fields_put_num(b, q->header.length) || !fields_put(b, qf_string(q, q->sender)))
		return false;
	for (i = shown = 0; i < q->injected && shown < RCPTS_SHOWN && b->len < b->max - 4096; i++, shown++) {
		state[0] = "wkdbx"[q->rcpt[i].state];
		if (!fields_put(b, state) || !fields_put(b, qf_string(q, q->rcpt[i].addr)))
			return false;
	}
	return true;
}

/* false: its user has to be waited for, or is gone */
static bool
send_packet(void)
{
	if (fd_send(search.user->fd, search.packet.s, search.packet.len, -1, MSG_DONTWAIT)) {
		search.user->until_ms = now.mono_ms + IDLE_MS;
		buf_clear(&search.packet);
		return true;
	}
	if (errno != EAGAIN && errno != EWOULDBLOCK && errno != ENOBUFS)
		drop(search.user);
	return false;
}

static bool
look(const struct qid *id, const char *place)
{
	static struct qf q;
	char text[QID_TEXT];
	bool whole;
	int fd;

	if ((fd = own_open(place, id, search.user->uid, false)) < 0)
		return true;
	qid_text(text, id);
	whole = qf_load(&q, fd, false) == QF_OK;
	close(fd);
	if (!whole || !put_message(&search.packet, &q, text, place)) {
		buf_clear(&search.packet);
		return true;
	}
	search.found++;
	return send_packet();
}

/* false: there is none left */
static bool
next_held(struct qid *id)
{
	const struct dirent *e;
	char path[] = "hold/XX";

	for (;;) {
		while (search.stream && (e = readdir(search.stream)))
			if (e->d_name[0] != '.' && qid_parse(e->d_name, id) && qid_dir(id) == search.dir - 1)
				return true;
		if (search.stream)
			closedir(search.stream);
		search.stream = 0;
		if (search.dir == QID_DIRS)
			return false;
		qid_dir_text(path + 5, search.dir++);
		search.stream = opendir(path);
	}
}

static void
search_over(void)
{
	char text[NUM_TEXT];
	struct user *u = search.user;

	num_text(text, search.found);
	search_end();
	if (!say(u, "K", text))
		drop(u);
}

/* one message; false: no more in this slice */
static bool
search_one(void)
{
	struct qid id;

	if (search.slot < schedule_slots(schedule)) {
		uint32_t slot = (uint32_t)search.slot++;

		return schedule_place(schedule, slot) == SCHEDULE_FREE || look(schedule_qid(schedule, slot), "msg");
	}
	if (next_held(&id))
		return look(&id, "hold");
	search_over();
	return false;
}

static void
search_slice(void)
{
	int64_t pause_ms;

	if (search.packet.len && !send_packet())
		return;
	search.began_ms = clock_mono_ms();
	search.user->until_ms = search.began_ms + IDLE_MS;      /* it is we who keep it waiting */
	while (search_one() && clock_mono_ms() - search.began_ms < SLICE_MS)
		;
	/* a message of very many recipients takes longer than a slice: then the pause is longer, too */
	pause_ms = REST * slice_over();
	pause_ms = pause_ms > IDLE_MS / 2 ? IDLE_MS / 2 : pause_ms;
	search.next_ms = clock_mono_ms() + (pause_ms > SLICE_PAUSE_MS ? pause_ms : SLICE_PAUSE_MS);
}

static const char *
mine(struct user *u)
{
	size_t i;

	if (search.user)
		return "busy with somebody else's question, try again";
	for (i = 0; i < RESTING; i++)
		if (resting[i].uid == u->uid && now.mono_ms < resting[i].until_ms)
			return "you have asked just now, try again later";
	if (own_is_role(u->uid))
		return "not for you";
	search.user = u;
	search.slot = search.dir = 0;
	search.found = 0;
	search.asked_ms = now.mono_ms;
	search.spent_ms = search.next_ms = search.began_ms = 0;
	return 0;
}

/* ---- requests */

/* false: the connection has ended */
static bool
serve(struct user *u)
{
	static char packet[CONTROL_PACKET];
	static struct buf numbers = BUF(4096);
	struct fields f;
	const char *verb, *word, *why;
	int pass;
	ssize_t n = fd_receive(u->fd, packet, sizeof packet, &pass, MSG_DONTWAIT);

	if (pass >= 0)
		close(pass);
	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return true;
	if (n <= 0 || pass >= 0 || !fields_open(&f, packet, (size_t)n) || !(verb = fields_next(&f)))
		return false;
	word = fields_next(&f);
	if (fields_next(&f))
		return false;
	u->until_ms = now.mono_ms + IDLE_MS;
	u->next_ms = now.mono_ms + REQUEST_MS;
	if (strcmp(verb, "mine") == 0)
		return !(why = mine(u)) || say(u, "E", why);
	if (strcmp(verb, "await") == 0)
		return begin_to_await(u, word);
	buf_clear(&numbers);
	if (strcmp(verb, "status") == 0)
		why = ctl_numbers(&numbers);
	else
		why = strcmp(verb, "cancel") == 0 ? cancel(u, word) : "no such verb";
	return say(u, why ? "E" : "K", why ? why : numbers.len ? numbers.s : "");
}

void
pub_want(struct wait *w)
{
	struct user *u;

	listener_poll = SIZE_MAX;
	if (now.mono_ms >= listener_ms)
		listener_poll = want_fd(w, listener, POLLIN);
	else
		want_until(w, listener_ms);
	for (u = users; u < users + CLIENTS; u++) {
		u->poll = SIZE_MAX;
		if (u->fd < 0)
			continue;
		want_until(w, u->until_ms);
		if (search.user == u && !search.packet.len)
			want_until(w, search.next_ms);
		else if (search.user != u && now.mono_ms < u->next_ms)
			want_until(w, u->next_ms);
		else
			u->poll = want_fd(w, u->fd, search.user == u ? POLLOUT : POLLIN);
	}
}

void
pub_do(const struct wait *w)
{
	struct user *u;

	for (u = users; u < users + CLIENTS; u++) {
		if (u->fd < 0)
			continue;
		if (now.mono_ms >= u->until_ms)
			drop(u);
		else if (search.user == u) {
			if (now.mono_ms >= search.next_ms)
				search_slice();
		} else if (u->poll < w->len && w->fd[u->poll].revents && !serve(u))
			drop(u);
	}
	if (listener_poll < w->len && w->fd[listener_poll].revents)
		welcome();
}
