/* What the examinations share: how a finding is told, and who the roles are. */
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/ascii.h"
#include "lib/conf.h"
#include "lib/place.h"
#include "tools/put.h"
#include "tools/showctl.h"

#define TEXT_MAX 1200
#define TEXTS 8

struct role check_role[ROLES] = { { .name = "pneuq" }, { .name = "pneur" }, { .name = "pneud" } };

static char texts[TEXTS][TEXT_MAX];

static char *
next_text(void)
{
	static unsigned n;

	return texts[n++ % TEXTS];
}

const char *
check_text(const char *format, ...)
{
	char *s = next_text();
	va_list list;

	va_start(list, format);
	(void)vsnprintf(s, TEXT_MAX, format, list);
	va_end(list);
	return s;
}

/* letters that a shell takes as they are */
static bool
is_plain(char c)
{
	return ascii_alnum(c) || (c && strchr("/._-+:@%,=", c));
}

const char *
check_path(const char *dir, const char *name)
{
	const char *s = name ? check_text("%s/%s", dir, name) : dir, *c;

	for (c = s; is_plain(*c); c++)
		;
	return *c && !strchr(s, '\'') ? check_text("'%s'", s) : s;
}

const char *
check_program(const char *name)
{
	char path[TEXT_MAX];

	return place_program(path, sizeof path, name) ? check_text("%s", path) : name;
}

static void
tell_finding(struct tell *t, enum finding f, const char *area, const char *mend, const char *text)
{
	static const char *const word[] = { "ok", "note", "wrong" };

	if (t->json) {
		tell_begin(t);
		tell_string(t, "finding", word[f]);
		tell_string(t, "about", area);
		tell_string(t, "text", text);
		tell_string(t, "mend", *mend ? mend : 0);
		tell_end(t);
	} else {
		put_masked(&t->out, word[f]);
		out_put(&t->out, "       ", 7 - strlen(word[f]));
		put_masked(&t->out, area);
		out_puts(&t->out, ": ");
		put_masked(&t->out, text);
		out_puts(&t->out, *mend ? ". Mend: " : "");
		put_masked(&t->out, mend);
		out_byte(&t->out, '\n');
	}
	(void)out_flush(&t->out);               /* some questions take a while: who waits sees what was found */
}

void
check_area(struct check *c, const char *area)
{
	c->area = area;
	c->found_in_area = 0;
}

void
check_find(struct check *c, enum finding f, const char *mend, const char *format, ...)
{
	char *s = next_text();
	va_list list;

	va_start(list, format);
	(void)vsnprintf(s, TEXT_MAX, format, list);
	va_end(list);
	tell_finding(c->tell, f, c->area, mend, s);
	c->found_in_area += f != FINDING_OK;
	if (f > c->worst)
		c->worst = f;
}

void
check_ok(struct check *c, const char *format, ...)
{
	char *s = next_text();
	va_list list;

	va_start(list, format);
	(void)vsnprintf(s, TEXT_MAX, format, list);
	va_end(list);
	tell_finding(c->tell, FINDING_OK, c->area, "", s);
}

void
check_ok_if_quiet(struct check *c, const char *format, ...)
{
	char *s = next_text();
	va_list list;

	if (c->found_in_area)
		return;
	va_start(list, format);
	(void)vsnprintf(s, TEXT_MAX, format, list);
	va_end(list);
	tell_finding(c->tell, FINDING_OK, c->area, "", s);
}

bool
check_may(const struct role *r, const struct stat *st, unsigned bits)
{
	unsigned shift = st->st_uid == r->uid ? 6 : st->st_gid == r->gid ? 3 : 0;

	return !r->known || ((st->st_mode >> shift) & bits) == bits;
}

static void
find_roles(bool private)
{
	const struct passwd *pw;
	size_t i;

	for (i = 0; i < ROLES; i++) {
		pw = private ? 0 : getpwnam(check_role[i].name);
		check_role[i].known = private || pw;
		check_role[i].uid = pw ? pw->pw_uid : geteuid();
		check_role[i].gid = pw ? pw->pw_gid : getegid();
	}
}

void
check_begin(struct check *c)
{
	const struct conf table[] = { { .name = "me", .kind = CONF_LINE, .value = &c->me } };
	struct conf_error error;

	find_roles(c->private);
	c->is_root = geteuid() == 0;
	(void)conf_load(c->etc, table, 1, &error);      /* check_settings says what is wrong with it */
	runner_ask(&c->runner);
	if (!c->private && !c->is_root) {
		check_area(c, "you");
		check_find(c, FINDING_NOTE, "", "only root sees everything: what you may not look at is not examined");
	}
}
