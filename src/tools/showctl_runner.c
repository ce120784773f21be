#include <errno.h>
#include <string.h>

#include "lib/num.h"
#include "tools/showctl.h"
#include "wire/control.h"

/* the number in the line "NAME N" */
static uint64_t
number(const struct buf *text, const char *name)
{
	size_t len = strlen(name);
	const char *s = text->s, *nl;
	uint64_t n = 0;

	for (; s && *s; s = nl ? nl + 1 : 0) {
		nl = strchr(s, '\n');
		if (strncmp(s, name, len) == 0 && s[len] == ' ') {
			(void)num_span(s + len + 1, nl ? (size_t)(nl - s) - len - 1 : strlen(s + len + 1), 0, UINT64_MAX, &n);
			break;
		}
	}
	return n;
}

/* of the first line "paused WHAT since WHEN uid UID" */
static void
paused(const struct buf *text, char *what, size_t size)
{
	static const char word[] = "\npaused ";
	const char *s = text->s ? strstr(text->s, word) : 0;
	size_t n = s ? strcspn(s + sizeof word - 1, " \n") : 0;

	if (n && n < size)
		memcpy(what, s + sizeof word - 1, n);
}

void
runner_ask(struct runner *r)
{
	struct buf text = BUF(CONTROL_PACKET);
	bool done;

	*r = (struct runner){ .is = RUNNER_UP };
	if (!control_ask(false, "status", 0, &done, &text))
		r->is = errno == ENOENT || errno == ECONNREFUSED ? RUNNER_NONE : errno == EACCES || errno == EPERM ? RUNNER_CLOSED :
		    RUNNER_SILENT;
	else if (!done)
		r->is = RUNNER_SILENT;
	else {
		r->loaded_us = (int64_t)number(&text, "loaded-us");
		r->pid = number(&text, "pid");
		r->messages = number(&text, "messages");
		paused(&text, r->paused, sizeof r->paused);
	}
	buf_free(&text);
}

bool
runner_behind(const struct runner *r, const struct stat *st)
{
	int64_t us = (int64_t)st->st_mtim.tv_sec * 1000000 + st->st_mtim.tv_nsec / 1000;

	return r->is == RUNNER_UP && r->loaded_us && us > r->loaded_us;
}
