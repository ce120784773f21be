#include "lib/vars.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static bool
is_named(const char *var, const char *name)
{
	size_t n = strlen(name);

	if (n > 0 && name[n - 1] == '*')
		return strncmp(var, name, n - 1) == 0;
	return strncmp(var, name, n) == 0 && var[n] == '=';
}

static bool
is_kept(const char *var, const char *const *names)
{
	for (; *names; names++)
		if (is_named(var, *names))
			return true;
	return false;
}

void
vars_pick(char **to, size_t room, char **environ_, const char *const *names)
{
	for (; *environ_; environ_++)
		if (room > 1 && is_kept(*environ_, names)) {
			*to++ = *environ_;
			room--;
		}
	*to = 0;
}

void
vars_keep(char **environ_, const char *const *names)
{
	vars_pick(environ_, SIZE_MAX, environ_, names);         /* what is written has been read */
}
