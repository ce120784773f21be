#include "smtp/settings.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/ascii.h"
#include "lib/num.h"
#include "mail/addr.h"
#include "wire/envelope.h"

#define DAY_S 86400
#define WEEK_S (7 * DAY_S)
#define GREETDELAY_MAX_MS 120000         /* a client waits five minutes, RFC 5321 4.5.3.2.1 */
#define MANY 1000000000
#define GREETING_MAX 400                /* a reply line has 512 bytes */

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
printable(const struct buf *b)
{
	size_t i;

	for (i = 0; i < b->len; i++)
		if (!ascii_print(b->s[i]))
			return false;
	return true;
}

static bool
from_environment(struct settings *s, struct conf_error *e)
{
	const char *databytes = getenv("DATABYTES"), *delay = getenv("GREETDELAY");
	const char *local = getenv("LOCALSMTP");
	uint64_t lifetime;

	s->local = local && *local && strcmp(local, "0") != 0;
	s->queuelifetime = getenv("QUEUELIFETIME");
	if (s->queuelifetime && !num_u64(s->queuelifetime, 1, ENVELOPE_LIFETIME, &lifetime))
		return bad(e, "QUEUELIFETIME in the environment", "is not a number from 1 to 31536000");
	if (delay && !num_u64(delay, 0, GREETDELAY_MAX_MS, &s->greetdelay_ms))
		return bad(e, "GREETDELAY in the environment", "is not a number of at most 120000");

	return !databytes || num_u64(databytes, 0, UINT64_MAX, &s->databytes) ||
	    bad(e, "DATABYTES in the environment", "is not a number");
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
		{ "timeoutsession", CONF_NUMBER, &s->session_s, DAY_S, 1, WEEK_S },
		{ "maxrcpt", CONF_NUMBER, &s->maxrcpt, 2000, 1, MANY },
		{ "maxhops", CONF_NUMBER, &s->maxhops, 100, 1, MANY },
		{ "commandrate", CONF_NUMBER, &s->commandrate, 0, 0, MANY },
		{ "maxbadcommands", CONF_NUMBER, &s->maxbad, 20, 1, MANY },
		{ "maxidlecommands", CONF_NUMBER, &s->maxidle, 1000, 1, MANY },
		{ "greetdelay", CONF_NUMBER, &s->greetdelay_ms, 0, 0, GREETDELAY_MAX_MS },
		{ "policy", CONF_LINES, &s->policy, 0, 0, 0 },
		{ "checkpassword", CONF_LINE, &s->checkpassword, 0, 0, 0 },
		{ "requiretls", CONF_LINE, &s->requiretls, 0, 0, 0 },
		{ "rcpthosts", CONF_LINES, &s->rcpthosts, 0, 0, 0 },
	};
	size_t n = sizeof table / sizeof *table;

	s->relayclient = getenv("RELAYCLIENT");
	s->healthcheck = getenv("HEALTHCHECK");
	if (!conf_look(&s->etc, e))
		return false;
	if (!conf_take(&s->etc, table, s->relayclient ? n - 1 : n, e) || !from_environment(s, e))
		return false;
	if (s->requiretls.len && strcmp(s->requiretls.s, "mail") != 0 && strcmp(s->requiretls.s, "0") != 0)
		return bad(e, "control/requiretls", "is neither 0 nor mail");
	if (!addr_domain(s->me.s ? s->me.s : "", s->me.len))
		return bad(e, "control/me", s->me.len ? "is not a domain" : "is missing");
	if (!preset_line(&s->greeting, &s->me, e, "control/smtpgreeting") ||
	    !preset_line(&s->localiphost, &s->me, e, "control/localiphost"))
		return false;
	if (!printable(&s->greeting) || s->greeting.len > GREETING_MAX)
		return bad(e, "control/smtpgreeting", "is not printable ASCII of at most 400 bytes");
	return addr_domain(s->localiphost.s, s->localiphost.len) || bad(e, "control/localiphost", "is not a domain");
}
