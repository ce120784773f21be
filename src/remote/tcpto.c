#include "remote/tcpto.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compat/compat.h"
#include "lib/clock.h"
#include "lib/file.h"

struct entry {
	unsigned char ip[16];
	int64_t until_ms;               /* monotonic, so the same for all; 0: nobody's */
	uint32_t family, failures;
};

struct table {
	struct entry entry[TCPTO_SETS][TCPTO_WAYS];
};

static struct table own, *table = &own; /* own takes no memory before something is written into it */

int
tcpto_create(void)
{
	int fd = compat_memory_file();

	if (fd < 0 && errno == EOPNOTSUPP)      /* the system has no files in memory */
		fd = file_nameless(0);
	if (fd >= 0 && ftruncate(fd, sizeof(struct table)) != 0) {
		close(fd);
		return -1;
	}
	return fd;
}

void
tcpto_open(int fd)
{
	struct stat st;
	void *p;

	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size != sizeof(struct table))
		return;
	p = mmap(0, sizeof(struct table), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (p != MAP_FAILED)
		table = p;
}

static struct entry *
set_of(const struct dns_addr *a)
{
	uint32_t h = 0x811c9dc5u;
	size_t i;

	for (i = 0; i < sizeof a->ip; i++)
		h = (h ^ a->ip[i]) * 0x01000193u;
	return table->entry[(h ^ h >> 16) % TCPTO_SETS];
}

static struct entry *
find(const struct dns_addr *a)
{
	struct entry *e = set_of(a);
	size_t i;

	for (i = 0; i < TCPTO_WAYS; i++)
		if (e[i].until_ms && e[i].family == (uint32_t)a->family && memcmp(e[i].ip, a->ip, sizeof a->ip) == 0)
			return &e[i];
	return 0;
}

bool
tcpto_is_shunned(const struct dns_addr *a)
{
	const struct entry *e = find(a);

	return e && e->until_ms > clock_mono_ms();
}

void
tcpto_failed(const struct dns_addr *a)
{
	struct entry *e = find(a), *set = set_of(a), new = { .family = (uint32_t)a->family };
	int64_t now = clock_mono_ms(), pause;
	size_t i;

	if (e && e->until_ms > now)
		return;                 /* others of the same moment */
	/* who failed long ago, and not since, begins anew */
	new.failures = e && e->until_ms > now - TCPTO_MOST_MS && e->failures < 30 ? e->failures + 1 : 0;
	if (!e)
		for (e = set, i = 1; i < TCPTO_WAYS; i++)
			if (set[i].until_ms < e->until_ms)
				e = &set[i];
	pause = (int64_t)TCPTO_FIRST_MS << (new.failures < 16 ? new.failures : 16);
	memcpy(new.ip, a->ip, sizeof new.ip);
	new.until_ms = now + (pause < TCPTO_MOST_MS ? pause : TCPTO_MOST_MS);
	*e = new;
}

void
tcpto_answered(const struct dns_addr *a)
{
	struct entry *e = find(a);

	if (e)
		e->until_ms = 0;
}
