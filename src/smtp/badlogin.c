#include "smtp/badlogin.h"

#include <strings.h>

#include "lib/msg.h"

const char *
badlogin_refusal(const struct session *s, const char *login)
{
	struct buf list = BUF(0);
	const struct conf table[] = { { "badlogins", CONF_LINES, &list, 0, 0, 0 } };
	struct conf_error e;
	const char *line = 0, *why = 0;

	if (!conf_load(s->set->etc.dir, table, 1, &e)) {
		warn_say(e.text);
		return "454 4.7.0 unable to check logins now, try later";
	}
	while (!why && (line = conf_next(&list, line)))
		if (strcasecmp(line, login) == 0)
			why = "535 5.7.8 this login is blocked: ask the administrator";
	buf_free(&list);
	return why;
}
