#include "lib/progress.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/ascii.h"
#include "lib/clock.h"
#include "lib/fd.h"

#define CALLS 64
#define CLEAR "\r\033[K"                 /* to the beginning of the line, and what stood there away */

void
progress_begin(struct progress *p, const char *what, uint64_t total)
{
	memset(p, 0, sizeof *p);
	p->what = what;
	p->total = total;
	if ((p->watched = isatty(2)))
		p->next_ms = clock_mono_ms() + PROGRESS_FIRST_MS;
}

static void
show(struct progress *p, uint64_t done)
{
	char line[120];
	unsigned percent = !p->total || done >= p->total ? 100 : (unsigned)((double)done * 100 / (double)p->total);
	int n = snprintf(line, sizeof line, CLEAR "%.60s: %u%%", p->what, percent), i;

	for (i = sizeof CLEAR - 1; i < n; i++)
		line[i] = ascii_mask(line[i]);
	(void)fd_write(2, line, (size_t)n);     /* in one piece, so that nothing of others' comes between */
	p->shown = true;
}

void
progress_at(struct progress *p, uint64_t done)
{
	int64_t now;

	if (!p->watched || ++p->calls % CALLS != 0 || (now = clock_mono_ms()) < p->next_ms)
		return;
	p->next_ms = now + PROGRESS_EACH_MS;
	show(p, done);
}

void
progress_end(struct progress *p)
{
	if (p->shown)
		(void)fd_write(2, CLEAR, sizeof CLEAR - 1);
	p->shown = p->watched = false;
}
