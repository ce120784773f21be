#include "inject/caller.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compat/compat.h"
#include "lib/ascii.h"
#include "resolve/passwd.h"

const char *
caller_variable(const struct caller *c, const char *name, ...)
{
	const char *s = 0;
	va_list ap;

	va_start(ap, name);
	for (; name && !s && c->environment; name = va_arg(ap, const char *)) {
		s = getenv(name);
		if (s && !*s)
			s = 0;
	}
	va_end(ap);
	return s;
}

/* "Joe &, room 5" of joe: Joe Joe */
static void
full_name(char out[CALLER_NAME + 1], const char *gecos, const char *login)
{
	size_t n = 0, add;

	for (; *gecos && *gecos != ','; gecos++) {
		add = *gecos == '&' ? strlen(login) : 1;
		if (n + add > CALLER_NAME) {
			n = 0;
			break;
		}
		memcpy(out + n, *gecos == '&' ? login : gecos, add);
		if (*gecos == '&' && out[n] >= 'a' && out[n] <= 'z')
			out[n] = (char)(out[n] - 'a' + 'A');
		n += add;
	}
	out[n] = 0;
}

static bool
look_up(struct caller *c, struct passwd_file *file, const char *name, struct passwd_entry *p)
{
	struct passwd_source source = { 0 };
	struct outcome o = { 0 };

	passwd_file_init(file, 0, &source);
	/* the name may be one of several with our uid */
	if (name && source.find(source.ctx, name, false, &c->space, p, &o) == PASSWD_FOUND && p->uid == c->uid)
		return true;
	return passwd_file_uid(file, c->uid, &c->space, p, &o) == PASSWD_FOUND;
}

void
caller_init(struct caller *c)
{
	memset(c, 0, sizeof *c);
	c->environment = !compat_elevated();
	c->uid = getuid();
}

void
caller_account(struct caller *c)
{
	const char *name = caller_variable(c, "LOGNAME", "USER", (char *)0);
	static char number[30];
	struct passwd_file file;
	struct passwd_entry p;

	if (c->known)
		return;
	c->known = true;
	c->space.max = PASSWD_SPACE;
	if (look_up(c, &file, name, &p)) {
		c->login = p.name;
		c->home = p.home;
		full_name(c->full, p.gecos, p.name);
	} else {
		snprintf(number, sizeof number, "uid%lu", (unsigned long)c->uid);
		c->login = name ? name : number;
		c->home = "";
	}
	passwd_file_close(&file);
}
