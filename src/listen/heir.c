#include "listen/heir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compat/compat.h"
#include "lib/fd.h"
#include "lib/file.h"
#include "lib/num.h"
#include "lib/out.h"

#define TEXT_MOST (64u << 20)           /* 65535 sessions and two full tables of rates are 5 MB */
#define WORDS 5

extern char **environ;

/* ---- what is left */

static void
put_line(struct out *o, const char *word, const uint64_t *number, size_t n)
{
	size_t i;

	out_puts(o, word);
	for (i = 0; i < n; i++) {
		out_byte(o, ' ');
		out_num(o, number[i]);
	}
	out_byte(o, '\n');
}

static void
put_rates(struct out *o, const char *word, const struct rate *r)
{
	size_t i;

	for (i = 0; r->slot && i < RATE_KEYS; i++)
		if (r->slot[i].count)
			put_line(o, word, (uint64_t[]){ r->slot[i].key, (uint64_t)r->slot[i].began_ms, r->slot[i].count }, 3);
}

static void
put_all(struct out *o, const struct estate *e)
{
	const struct table *t = e->sessions;
	size_t i;

	put_line(o, "pneu-tcpd 1", (uint64_t[]){ *e->listeners, t->count, *e->askings }, 3);
	for (i = 0; i < *e->listeners; i++)
		put_line(o, "listener", (uint64_t[]){ (uint64_t)e->listener[i].fd }, 1);
	for (i = 0; i <= t->mask; i++)
		if (t->slot[i].used)
			put_line(o, "session", (uint64_t[]){ t->slot[i].key, t->slot[i].value }, 2);
	for (i = 0; i < *e->askings; i++)
		put_line(o, "asking", (uint64_t[]){ (uint64_t)(*e->asking)[i].fd, (uint64_t)(*e->asking)[i].pid }, 2);
	put_line(o, "rules", (uint64_t[]){ *e->rules_error < 0 ? 0 : (uint64_t)*e->rules_error }, 1);
	put_rates(o, "each", e->each);
	put_rates(o, "network", e->networks);
	put_line(o, "end", 0, 0);
}

/* a descriptor that reads it from its beginning, or -1 */
static int
write_down(const struct estate *e)
{
	char space[8192];
	struct out o;
	int fd = compat_memory_file();

	if (fd < 0)
		fd = file_nameless(0);
	if (fd < 0)
		return -1;
	out_init(&o, fd, space, sizeof space, -1);
	put_all(&o, e);
	if (out_flush(&o) && lseek(fd, 0, SEEK_SET) == 0)
		return fd;
	close(fd);
	return -1;
}

static bool
keep_open(const struct estate *e, int file, bool keep)
{
	bool ok = fd_cloexec(file, !keep);
	size_t i;

	for (i = 0; i < *e->listeners; i++)
		ok &= fd_cloexec(e->listener[i].fd, !keep);
	for (i = 0; i < *e->askings; i++)
		ok &= fd_cloexec((*e->asking)[i].fd, !keep);
	return ok;
}

void
heir_exec(const struct estate *e, const char *file, char *const argv[])
{
	int fd = write_down(e), error;
	char where[2 * NUM_TEXT];

	if (fd < 0)
		return;
	(void)snprintf(where, sizeof where, "%ld %d", (long)getpid(), fd);
	if (setenv(HEIR_VARIABLE, where, 1) == 0 && keep_open(e, fd, true))
		(void)execve(file, argv, environ);
	error = errno;
	(void)unsetenv(HEIR_VARIABLE);
	(void)keep_open(e, fd, false);
	close(fd);
	errno = error;
}

/* ---- what is found */

struct line {
	size_t words;                   /* the first is not a number, the others are */
	char *word;
	uint64_t number[WORDS];
};

/* The line at *at, which is cut into words; *at is the next one. false: it is none */
static bool
take_line(char **at, struct line *l)
{
	char *end = strchr(*at, '\n'), *s = *at, *blank;

	if (!end)
		return false;
	*end = 0;
	*at = end + 1;
	l->word = s;
	for (l->words = 0; (blank = strchr(s, ' ')); l->words++) {
		*blank = 0;
		if (l->words && (l->words == WORDS || !num_u64(s, 0, UINT64_MAX, &l->number[l->words])))
			return false;
		s = blank + 1;
	}
	if (l->words && (l->words == WORDS || !num_u64(s, 0, UINT64_MAX, &l->number[l->words])))
		return false;
	l->words++;
	return true;
}

static bool
nonsense(void)
{
	errno = EPROTO;
	return false;
}

static bool
read_first(struct heir *h)
{
	const char *end = strchr(h->text.s, '\n');
	char first[200];
	char *at = first;
	struct line l;
	size_t n = end ? (size_t)(end - h->text.s) + 1 : 0;

	if (!n || n >= sizeof first)
		return nonsense();
	memcpy(first, h->text.s, n);
	first[n] = 0;
	if (!take_line(&at, &l) || l.words != 5 || strcmp(l.word, "pneu-tcpd") != 0 || l.number[1] != 1 || !l.number[2])
		return nonsense();
	h->listeners = l.number[2];
	h->sessions = l.number[3];
	h->askings = l.number[4];
	/* each takes a line: so what is taken for them has a ceiling */
	if (h->listeners > h->text.len || h->sessions > h->text.len || h->askings > h->text.len)
		return nonsense();
	return true;
}

static bool
read_file(struct heir *h, int fd)
{
	ssize_t n;

	h->text.max = TEXT_MOST;
	do {
		if (!buf_room(&h->text, 65536))
			return false;
		n = fd_read(fd, h->text.s + h->text.len, 65536);
		if (n > 0) {
			h->text.len += (size_t)n;
			h->text.s[h->text.len] = 0;
		}
	} while (n > 0);
	if (n < 0)
		return false;
	if (h->text.len < 5 || strlen(h->text.s) != h->text.len || strcmp(h->text.s + h->text.len - 5, "\nend\n") != 0)
		return nonsense();
	return true;
}

bool
heir_find(struct heir *h)
{
	const char *where = getenv(HEIR_VARIABLE);
	size_t n = where ? strcspn(where, " ") : 0;
	uint64_t pid, fd;
	bool ok;

	memset(h, 0, sizeof *h);
	if (!where || !where[n] || !num_span(where, n, 1, INT32_MAX, &pid) || !num_u64(where + n + 1, 3, INT32_MAX, &fd) ||
	    (pid_t)pid != getpid()) {
		(void)unsetenv(HEIR_VARIABLE);
		return true;
	}
	(void)unsetenv(HEIR_VARIABLE);
	ok = read_file(h, (int)fd) && read_first(h);
	close((int)fd);
	return ok;
}

static bool
is_fd(uint64_t n)
{
	return n >= 3 && n <= INT32_MAX;
}

static bool
take_listener(const struct estate *e, const struct heir *h, const struct line *l)
{
	if (l->words != 2 || !is_fd(l->number[1]) || *e->listeners == h->listeners)
		return nonsense();
	return listener_adopt((int)l->number[1], &e->listener[(*e->listeners)++]);
}

static bool
take_session(const struct estate *e, const struct line *l)
{
	uint64_t *session, *peer;

	if (l->words != 3 || l->number[1] > INT32_MAX || !(session = table_add(e->sessions, l->number[1])))
		return nonsense();
	*session = l->number[2];
	if (!(peer = table_add(e->peers, l->number[2])))
		return nonsense();
	++*peer;
	return true;
}

static bool
take_asking(const struct estate *e, const struct heir *h, const struct line *l)
{
	if (l->words != 3 || !is_fd(l->number[1]) || l->number[2] > INT32_MAX || *e->askings == h->askings)
		return nonsense();
	(*e->asking)[(*e->askings)++] = (struct asking){ .fd = (int)l->number[1], .pid = (pid_t)l->number[2] };
	return fd_cloexec((int)l->number[1], true);
}

static bool
take_rules(const struct estate *e, const struct line *l)
{
	if (l->words != 2 || l->number[1] > INT32_MAX)
		return nonsense();
	*e->rules_error = (int)l->number[1];
	return true;
}

static bool
take_rate(struct rate *r, const struct line *l)
{
	if (l->words != 4 || l->number[2] > INT64_MAX || l->number[3] > RATE_MOST)
		return nonsense();
	rate_recall(r, l->number[1], (int64_t)l->number[2], (uint32_t)l->number[3]);
	return true;
}

bool
heir_read(const struct heir *h, const struct estate *e)
{
	char *at = strchr(h->text.s, '\n') + 1;         /* heir_find saw one */
	struct line l;
	bool ok = true;

	while (ok && take_line(&at, &l)) {
		if (strcmp(l.word, "listener") == 0)
			ok = take_listener(e, h, &l);
		else if (strcmp(l.word, "session") == 0)
			ok = take_session(e, &l);
		else if (strcmp(l.word, "asking") == 0)
			ok = take_asking(e, h, &l);
		else if (strcmp(l.word, "rules") == 0)
			ok = take_rules(e, &l);
		else if (strcmp(l.word, "each") == 0)
			ok = take_rate(e->each, &l);
		else if (strcmp(l.word, "network") == 0)
			ok = take_rate(e->networks, &l);
		else
			return strcmp(l.word, "end") == 0 && !*at && *e->listeners == h->listeners ? true : nonsense();
	}
	return ok ? nonsense() : false;
}

void
heir_free(struct heir *h)
{
	buf_free(&h->text);
}
