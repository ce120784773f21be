#include "queue/rates.h"

#include "lib/clock.h"

#define TICK_MS 10000
#define TICKS 90                        /* 15 minutes */

static uint64_t total[RATES_EVENTS];
static uint64_t tick[RATES_EVENTS][TICKS];
static int64_t current;                 /* ticks since the clock's start: the last one that is kept */

/* forget what is older than 15 minutes */
static void
advance(void)
{
	int64_t t = clock_mono_ms() / TICK_MS, k;
	int e;

	if (t - current > TICKS)
		current = t - TICKS;
	for (k = current + 1; k <= t; k++)
		for (e = 0; e < RATES_EVENTS; e++)
			tick[e][k % TICKS] = 0;
	current = t;
}

void
rates_count(enum rates_event e, uint64_t n)
{
	advance();
	total[e] += n;
	tick[e][current % TICKS] += n;
}

static uint64_t
lately(int e, int minutes)
{
	int64_t k = current - minutes * 60000 / TICK_MS;
	uint64_t n = 0;

	for (k = k < 0 ? -1 : k; k++ < current; )
		n += tick[e][k % TICKS];
	return n;
}

bool
rates_put(struct buf *b)
{
	static const char *const name[] = { "new", "ended", "bytes", "delivered", "deferred", "failed", "bounced" };
	static const struct { const char *text; int minutes; } spans[] = { { " 1m ", 1 }, { " 5m ", 5 }, { " 15m ", 15 } };
	int e, s;

	advance();
	for (e = 0; e < RATES_EVENTS; e++) {
		if (!buf_puts(b, "rate ") || !buf_puts(b, name[e]) || !buf_puts(b, " total ") || !buf_num(b, total[e]))
			return false;
		for (s = 0; s < 3; s++)
			if (!buf_puts(b, spans[s].text) || !buf_num(b, lately(e, spans[s].minutes)))
				return false;
		if (!buf_byte(b, '\n'))
			return false;
	}
	return true;
}
