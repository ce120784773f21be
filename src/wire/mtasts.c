#include "wire/mtasts.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "lib/in.h"
#include "lib/num.h"

/* the next word of the line, n bytes; 0: there is none */
static const char *
word(const char **at, size_t *n)
{
	const char *s = *at;

	*n = strcspn(s, " ");
	*at = s + *n + (s[*n] == ' ');
	return *n ? s : 0;
}

static bool
is_word(const char *s, size_t n, const char *what)
{
	return s && n == strlen(what) && strncmp(s, what, n) == 0;
}

/* what a line says after its domain */
static enum mtasts_result
read_policy(const char *at, int64_t now_s, const char **patterns)
{
	size_t mode_n, n;
	const char *mode = word(&at, &mode_n), *s = word(&at, &n);
	uint64_t expires;
	bool enforce = is_word(mode, mode_n, "enforce"), testing = is_word(mode, mode_n, "testing");

	if (!s || !num_span(s, n, 0, INT64_MAX, &expires) || !word(&at, &n) ||
	    (enforce || testing ? !*at : !is_word(mode, mode_n, "none"))) {
		errno = EPROTO;
		return MTASTS_TROUBLE;
	}
	*patterns = at;
	if ((int64_t)expires <= now_s)
		return MTASTS_NONE;
	return enforce ? MTASTS_ENFORCE : testing ? MTASTS_TESTING : MTASTS_NONE;
}

static enum mtasts_result
search(struct in *in, const char *domain, int64_t now_s, struct buf *line, const char **patterns)
{
	size_t n = strlen(domain);

	for (;;) {
		buf_clear(line);
		switch (in_line(in, line, '\n')) {
		case IN_LINE:
			if (line->len > n && line->s[n] == ' ' && strncasecmp(line->s, domain, n) == 0)
				return read_policy(line->s + n + 1, now_s, patterns);
			break;
		case IN_END:
			return MTASTS_NONE;
		case IN_LONG:
			errno = EMSGSIZE;
			return MTASTS_TROUBLE;
		case IN_CUT:            /* whoever writes it ends each line */
			errno = EPROTO;
			return MTASTS_TROUBLE;
		case IN_TROUBLE:
			return MTASTS_TROUBLE;
		}
	}
}

enum mtasts_result
mtasts_find(int dir, const char *domain, int64_t now_s, struct buf *line, const char **patterns)
{
	char space[16384];
	enum mtasts_result r;
	struct in in;
	int fd = openat(dir, "mtasts", O_RDONLY | O_CLOEXEC | O_NONBLOCK), e;

	if (fd < 0)
		return errno == ENOENT ? MTASTS_NONE : MTASTS_TROUBLE;
	line->max = MTASTS_LINE;
	in_init(&in, fd, space, sizeof space, -1);
	r = search(&in, domain, now_s, line, patterns);
	e = errno;
	close(fd);
	errno = e;
	return r;
}

bool
mtasts_match(const char *patterns, const char *host)
{
	const char *rest = strchr(host, '.'), *s;
	size_t n;

	while ((s = word(&patterns, &n))) {
		if (n == strlen(host) && strncasecmp(s, host, n) == 0)
			return true;
		/* the star is one whole label (RFC 8461 4.1) */
		if (n > 2 && s[0] == '*' && s[1] == '.' && rest && rest != host && n - 1 == strlen(rest) &&
		    strncasecmp(s + 1, rest, n - 1) == 0)
			return true;
	}
	return false;
}
