/* What waits does not know where it leads, so an operator who wants one destination tried has every waiting message looked
 * at, a slice of them a turn. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "compat/compat.h"
#include "lib/clock.h"
#include "lib/num.h"
#include "queue/destinations.h"
#include "queue/log.h"
#include "queue/runner.h"
#include "wire/spawner.h"

#define PATTERN 300
#define SEARCHES 16                     /* that may wait for one another */
#define SLICE_MS 5
#define SLOTS_A_LOOK 64                 /* between two looks at the clock */

static char pattern[SEARCHES][PATTERN]; /* the first is being searched for */
static size_t patterns;
static size_t at;                       /* slots below have been looked at */
static uint64_t found;

bool
search_begin(const char *name)
{
	size_t i;

	for (i = 1; i < patterns; i++)
		if (strcmp(pattern[i], name) == 0)
			return true;
	if (patterns == SEARCHES || strlen(name) >= PATTERN)
		return false;
	strcpy(pattern[patterns++], name);
	site_wake(name);
	return true;
}

/* does recipient i still wait, and for the place that is searched for? */
static bool
leads_there(const struct qf *q, size_t i)
{
	static struct buf addr = BUF(ROUTED_ROOM), key = BUF(SPAWNER_KEY);
	const struct qf_rcpt *r = &q->rcpt[i];
	enum channel c = CHANNEL_LOCAL;
	const char *why, *place, *domain;

	if (r->state != QF_WAITING || !message_is_address(r))
		return false;
	buf_clear(&addr);
	buf_clear(&key);
	if (!buf_puts(&addr, qf_string(q, r->addr)) || !routing_find(routing, &addr, qf_sender(q, i), &c, &key, &why) || !key.len)
		return false;
	place = c == CHANNEL_REMOTE && q->route ? qf_string(q, q->route) : key.s;
	if (site_matches(c, place, pattern[0]))
		return true;
	/* a domain whose mail takes a route to somewhere else has no site of its own */
	domain = c == CHANNEL_REMOTE ? strrchr(addr.s, '@') : 0;
	if (!domain || !destinations_match(pattern[0], domain + 1, strlen(domain + 1)))
		return false;
	site_wake_one(c, place);
	return true;
}

/* Nothing is said of a file that cannot be read or makes no sense: it will be when it is due. */
static bool
is_wanted(uint32_t slot)
{
	static struct qf q;
	char path[8 + QID_TEXT] = "msg/XX/";
	const struct qid *id = schedule_qid(schedule, slot);
	bool wanted = false;
	size_t i;
	int fd;

	qid_dir_text(path + 4, qid_dir(id));
	path[6] = '/';
	qid_text(path + 7, id);
	if ((fd = compat_open_quiet(AT_FDCWD, path)) < 0)
		return false;
	if (qf_load(&q, fd, false) == QF_OK)
		for (i = 0; i < q.rcpts && !wanted; i++)
			wanted = leads_there(&q, i);
	close(fd);
	if (q.strings.cap > 1 << 20 || q.room > 10000)
		qf_free(&q);                    /* one with many recipients */
	return wanted;
}

static void
look(size_t end)
{
	for (; at < end; at++) {
		uint32_t slot = (uint32_t)at;

		if (!schedule_waits(schedule, slot, now.wall_s) || !is_wanted(slot))
			continue;
		if (schedule_take_one(schedule, slot)) {
			schedule_put(schedule, slot, now.wall_s);
			found++;
		}
	}
}

static void
over(void)
{
	char text[NUM_DEC + 60];
	size_t n = num_dec(text, found);

	strcpy(text + n, found == 1 ? " message tried now for " : " messages tried now for ");
	log_say("status", text, pattern[0], 0);
	memmove(pattern[0], pattern[1], sizeof pattern - sizeof pattern[0]);
	patterns--;
	at = 0;
	found = 0;
}

void
search_do(void)
{
	int64_t end_ms;
	size_t slots = schedule_slots(schedule);

	if (!patterns || stopping)
		return;
	end_ms = clock_mono_ms() + SLICE_MS;
	do
		look(slots - at < SLOTS_A_LOOK ? slots : at + SLOTS_A_LOOK);
	while (at < slots && clock_mono_ms() < end_ms);
	if (at >= slots)
		over();
}

void
search_want(struct wait *w)
{
	if (patterns && !stopping)
		want_until(w, now.mono_ms);
}
