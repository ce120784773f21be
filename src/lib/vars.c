#include "lib/vars.h"

#include <stdbool.h>
#include <stddef.h>
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
vars_keep(char **environ_, const char *const *names)
{
	char **to = environ_;

	for (; *environ_; environ_++)
		if (is_kept(*environ_, names))
			*to++ = *environ_;
	*to = 0;
}
