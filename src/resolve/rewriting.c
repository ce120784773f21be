#include "resolve/rewriting.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "mail/addr.h"
#include "mail/srs.h"

static bool
is_unreadable(const struct conf_view *etc)
{
	int fd = openat(etc->dir, "srssecret", O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return errno == EACCES || errno == EPERM;
	close(fd);
	return false;
}

static bool
take_mode(struct rewriting *w, const struct buf *line, struct conf_error *e)
{
	const char *s = line->len ? line->s : "off";

	if (strcmp(s, "off") == 0)
		w->mode = REWRITING_OFF;
	else if (strcmp(s, "always") == 0)
		w->mode = REWRITING_ALWAYS;
	else if (strcmp(s, "policy") == 0)
		w->mode = REWRITING_POLICY;
	else {
		conf_complain(e, "srs", "not off, always or policy", s);
		return false;
	}
	return true;
}

bool
rewriting_load(const struct conf_view *etc, struct rewriting *w, struct conf_error *e)
{
	struct buf mode = { 0 };
	const struct conf settings[] = {
		{ "srs", CONF_LINE, &mode, 0, 0, 0 },
		{ "srsdomain", CONF_LINE, &w->domain, 0, 0, 0 },
		{ "srsmaxage", CONF_NUMBER, &w->max_age_days, 21, 1, SRS_AGE_MAX },
		{ "srssecret", CONF_LINES, &w->secrets, 0, 0, 0 },
	};
	bool ok = conf_take(etc, settings, 1, e) && take_mode(w, &mode, e);

	buf_free(&mode);
	if (!ok || w->mode == REWRITING_OFF)
		return ok;
	w->unreadable = is_unreadable(etc);
	if (!conf_take(etc, settings + 1, w->unreadable ? 2 : 3, e))
		return false;
	if (!w->domain.len || addr_domain(w->domain.s, w->domain.len))
		return true;
	conf_complain(e, "srsdomain", "not a domain", w->domain.s);
	return false;
}

void
rewriting_free(struct rewriting *w)
{
	buf_free(&w->secrets);
	buf_free(&w->domain);
}
