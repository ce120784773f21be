#include "smtp/settings.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/num.h"
#include "mail/addr.h"

#define DAY_S 86400
#define MANY 1000000000

static bool
bad(struct conf_error *e, const char *what, const char *why)
{
	snprintf(e->text, sizeof e->text, "%s: %s", what, why);
	return false;
}

static bool
preset_line(struct buf *b, const struct buf *preset, struct conf_error *e, const char *name)
{
	if (b->len)
		return true;
	b->max = CONF_FILE_MAX;
	return buf_put(b, preset->s, preset->len) || bad(e, name, strerror(errno));
}

static bool
from_environment(struct settings *s, struct conf_error *e)
{
	const char *databytes = getenv("DATABYTES");

	if (databytes && !num_u64(databytes, 0, UINT64_MAX, &s->databytes))
		return bad(e, "DATABYTES", "is not a number");
	s->relayclient = getenv("RELAYCLIENT");
	return true;
}

bool
settings_load(struct settings *s, struct conf_error *e)
{
	const struct conf table[] = {
		{ "me", CONF_LINE, &s->me, 0, 0, 0 },
		{ "smtpgreeting", CONF_LINE, &s->greeting, 0, 0, 0 },
		{ "localiphost", CONF_LINE, &s->localiphost, 0, 0, 0 },
		{ "databytes", CONF_NUMBER, &s->databytes, 0, 0, UINT64_MAX },
		{ "timeoutsmtpd", CONF_NUMBER, &s->timeout_s, 1200, 1, DAY_S },
		{ "timeoutcommand", CONF_NUMBER, &s->command_s, 300, 1, DAY_S },
		{ "timeoutdata", CONF_NUMBER, &s->data_s, 7200, 1, DAY_S },
		{ "maxrcpt", CONF_NUMBER, &s->maxrcpt, 2000, 1, MANY },
		{ "maxhops", CONF_NUMBER, &s->maxhops, 100, 1, MANY },
		{ "maxbadcommands", CONF_NUMBER, &s->maxbad, 20, 1, MANY },
		{ "maxidlecommands", CONF_NUMBER, &s->maxidle, 1000, 1, MANY },
		{ "rcpthosts", CONF_LINES, &s->rcpthosts, 0, 0, 0 },
	};
	size_t n = sizeof table / sizeof *table;
	int dir = conf_open();
	bool ok;

	if (dir < 0)
		return bad(e, "control directory", strerror(errno));
	ok = from_environment(s, e) && conf_load(dir, table, s->relayclient ? n - 1 : n, e) && from_environment(s, e);
	close(dir);
	if (!ok)
		return false;
	if (!addr_domain(s->me.s ? s->me.s : "", s->me.len))
		return bad(e, "control/me", s->me.len ? "is not a domain" : "is missing");
	return preset_line(&s->greeting, &s->me, e, "smtpgreeting") &&
	    preset_line(&s->localiphost, &s->me, e, "localiphost");
}
