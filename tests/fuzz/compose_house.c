/* compose_house - the host of compose_fuzz: no files, no accounts, no variables */
#include <string.h>

#include "inject/caller.h"
#include "lib/conf.h"

void
caller_init(struct caller *c)
{
	memset(c, 0, sizeof *c);
}

void
caller_account(struct caller *c)
{
	c->known = true;
	c->login = "joe";
	c->home = "/";
	strcpy(c->full, "J\303\266 \"x\" (y");
}

const char *
caller_variable(const struct caller *c, const char *name, ...)
{
	(void)c;
	(void)name;
	return 0;
}

bool
conf_look(struct conf_view *v, struct conf_error *e)
{
	(void)e;
	memset(v, 0, sizeof *v);
	v->dir = -1;
	return true;
}

bool
conf_take(const struct conf_view *v, const struct conf *c, size_t n, struct conf_error *e)
{
	(void)v;
	(void)e;
	for (; n--; c++)
		if (c->kind == CONF_NUMBER)
			*(uint64_t *)c->value = c->preset;
		else
			((struct buf *)c->value)->max = 1000;
	return true;
}

bool
conf_host_name(struct buf *b)
{
	return buf_puts(b, "mx.example");
}

void
conf_complain(struct conf_error *e, const char *name, const char *why, const char *line)
{
	(void)name;
	(void)why;
	(void)line;
	e->text[0] = 0;
}
