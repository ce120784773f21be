/* What somebody meant who wrote a name that is no setting's. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "lib/ascii.h"
#include "tools/showctl.h"

#define NAME_MOST 40            /* no name of a setting is nearly that long */
#define FAR 1000

static unsigned
least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* How many letters must be put in, taken out, changed or swapped with the next one to make b of a; case does not count. */
static unsigned
distance(const char *a, const char *b)
{
	unsigned row[3][NAME_MOST + 1], *before = row[0], *last = row[1], *this = row[2], *spare;
	size_t n = strlen(a), m = strlen(b), i, j;

	if (n > NAME_MOST || m > NAME_MOST)
		return FAR;
	for (j = 0; j <= m; j++)
		last[j] = (unsigned)j;
	memcpy(before, last, sizeof row[0]);
	for (i = 1; i <= n; i++) {
		this[0] = (unsigned)i;
		for (j = 1; j <= m; j++) {
			char x = ascii_lower(a[i - 1]), y = ascii_lower(b[j - 1]);

			this[j] = least(least(last[j], this[j - 1]) + 1, last[j - 1] + (x != y));
			if (i > 1 && j > 1 && x == ascii_lower(b[j - 2]) && y == ascii_lower(a[i - 2]))
				this[j] = least(this[j], before[j - 2] + 1);
		}
		spare = before, before = last, last = this, this = spare;
	}
	return last[m];
}

/* "locals.bak", "locals~", "locals-old": an editor's or somebody's copy */
static bool
is_copy_of(const char *name, const char *setting)
{
	size_t n = strlen(setting);

	return strncmp(name, setting, n) == 0 && name[n] && !ascii_alnum(name[n]);
}

const char *
names_nearest(const char *name)
{
	unsigned best = FAR, d;
	const char *found = 0;
	size_t i;

	for (i = 0; i < settings_count; i++) {
		const char *setting = settings_table[i].name;

		if (!setting)
			continue;
		d = is_copy_of(name, setting) ? 1 : distance(name, setting);
		if (d < best) {
			best = d;
			found = setting;
		}
	}
	return found && best <= 1 + strlen(name) / 4 ? found : 0;
}

/* what our own programs leave there, and what INSTALL puts there for others */
static bool
is_known(const char *name)
{
	static const char *const others[] = { "cert.pem", "aliases" };
	size_t n = strlen(name), i;
	char base[NAME_MOST + 1];

	if (setting_find(name))
		return true;
	for (i = 0; i < sizeof others / sizeof *others; i++)
		if (strcmp(name, others[i]) == 0)
			return true;
	if (n <= 4 || n > NAME_MOST || strcmp(name + n - 4, ".tmp") != 0)
		return false;
	memcpy(base, name, n - 4);              /* a database that is being made */
	base[n - 4] = 0;
	return setting_find(base) != 0;
}

bool
names_strange(int etc, void (*f)(void *, const char *, const char *), void *ctx)
{
	int fd = openat(etc, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), e;
	DIR *d = fd < 0 ? 0 : fdopendir(fd);
	struct dirent *entry;

	if (!d) {
		e = errno;
		if (fd >= 0)
			close(fd);
		errno = e;
		return false;
	}
	while ((errno = 0, entry = readdir(d)))
		if (entry->d_name[0] != '.' && !is_known(entry->d_name))
			f(ctx, entry->d_name, names_nearest(entry->d_name));
	e = errno;
	closedir(d);
	errno = e;
	return e == 0;
}
