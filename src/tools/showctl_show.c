/* The settings, one after the other: value, file, meaning, readers. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/conf.h"
#include "lib/msg.h"
#include "lib/num.h"
#include "lib/place.h"
#include "tools/put.h"
#include "tools/showctl.h"

#define SHOWN_MOST 20           /* lines of one value, for people */

struct value {
	bool is_there, is_readable;
	struct stat st;
	bool is_wrong;
	struct conf_error why;
	uint64_t number, preset;
	struct buf text;                /* of LINE and LINES */
};

static void
take(int etc, const struct setting *s, struct value *v)
{
	struct conf c = { .name = s->name, .min = s->min, .max = s->max };

	*v = (struct value){ .is_readable = true };
	v->is_there = etc >= 0 && fstatat(etc, s->name, &v->st, 0) == 0;
	(void)num_u64(s->preset, 0, UINT64_MAX, &v->preset);
	v->number = v->preset;
	if (!v->is_there)
		return;
	v->is_readable = faccessat(etc, s->name, R_OK, AT_EACCESS) == 0;
	if (!v->is_readable || s->kind == SETTING_DATABASE || s->kind == SETTING_TEXT || s->flags & SETTING_SECRET)
		return;
	c.preset = v->number;
	c.kind = s->kind == SETTING_NUMBER ? CONF_NUMBER : s->kind == SETTING_LINE ? CONF_LINE : CONF_LINES;
	c.value = s->kind == SETTING_NUMBER ? (void *)&v->number : &v->text;
	v->is_wrong = !conf_load(etc, &c, 1, &v->why);
}

static void
put_time(struct tell *t, int64_t s)
{
	char text[40];
	time_t when = (time_t)s;
	struct tm tm;

	if (localtime_r(&when, &tm) && strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &tm))
		put_masked(&t->out, text);
}

/* ---- for people */

static void
line(struct tell *t, const char *word, const char *text, const char *more)
{
	out_puts(&t->out, "    ");
	out_puts(&t->out, word);
	out_puts(&t->out, ": ");
	put_masked(&t->out, text);
	put_masked(&t->out, more);
	out_byte(&t->out, '\n');
}

static void
put_lines(struct tell *t, const struct buf *lines)
{
	const char *s, *first = conf_next(lines, 0);
	bool alone = first && !conf_next(lines, first);
	size_t n = 0;

	for (s = 0; (s = conf_next(lines, s)); n++)
		if (n < SHOWN_MOST) {
			out_puts(&t->out, alone ? " " : "\n    | ");
			put_masked(&t->out, s);
		}
	if (n > SHOWN_MOST) {
		out_puts(&t->out, "\n    | and ");
		out_num(&t->out, n - SHOWN_MOST);
		out_puts(&t->out, " more");
	}
	if (n == 0)
		out_puts(&t->out, " empty");
}

/* after the colon, with a blank where it is in the same line */
static void
put_value(struct tell *t, const struct setting *s, const struct value *v)
{
	if (v->is_there && s->kind == SETTING_LINES && !(s->flags & SETTING_SECRET) && v->is_readable && !v->is_wrong) {
		put_lines(t, &v->text);
		return;
	}
	out_byte(&t->out, ' ');
	if (!v->is_there && s->kind == SETTING_NUMBER)
		out_num(&t->out, v->number);
	else if (!v->is_there)
		put_masked(&t->out, s->preset[0] ? s->preset : "not set");
	else if (s->flags & SETTING_SECRET)
		out_puts(&t->out, "(secret, set)");
	else if (!v->is_readable)
		out_puts(&t->out, "(not readable by you)");
	else if (v->is_wrong)
		out_puts(&t->out, "(wrong)");
	else if (s->kind == SETTING_NUMBER)
		out_num(&t->out, v->number);
	else if (s->kind == SETTING_LINE)
		put_masked(&t->out, v->text.len ? v->text.s : "empty");
	else {
		out_num(&t->out, (uint64_t)v->st.st_size);
		out_puts(&t->out, " bytes of ");
		put_time(t, v->st.st_mtim.tv_sec);
	}
}

/* is an earlier reader of the same time? then they were told together */
static bool
is_told(const struct setting *s, const char *reader, const char *when)
{
	const char *at;
	size_t n;

	for (at = s->readers; at < reader; at += n + 1) {
		n = strcspn(at, " ");
		if (strcmp(setting_when(at, n, s), when) == 0)
			return true;
	}
	return false;
}

static void
put_together(struct tell *t, const struct setting *s, const char *first, const char *when)
{
	const char *at, *sep = "";
	size_t n;

	for (at = first; *at; at += n + (at[n] == ' ')) {
		n = strcspn(at, " ");
		if (strcmp(setting_when(at, n, s), when) != 0)
			continue;
		out_puts(&t->out, sep);
		out_puts(&t->out, "pneu-");
		out_put(&t->out, at, n);
		sep = ", ";
	}
	out_byte(&t->out, ' ');
	out_puts(&t->out, when);
}

/* the readers, and when they read */
static void
put_readers(struct tell *t, const struct setting *s, const struct value *v, const struct runner *r)
{
	const char *at, *when, *sep = "    read: ";
	size_t n;

	for (at = s->readers; *at; at += n + (at[n] == ' ')) {
		n = strcspn(at, " ");
		when = setting_when(at, n, s);
		if (is_told(s, at, when))
			continue;
		out_puts(&t->out, sep);
		sep = "; ";
		put_together(t, s, at, when);
		if (strstr(when, "HUP") && r->is == RUNNER_UP && r->loaded_us) {
			out_puts(&t->out, ", last ");
			put_time(t, r->loaded_us / 1000000);
			if (v->is_there && runner_behind(r, &v->st))
				out_puts(&t->out, ": changed since, send it a HUP (pneu-qctl reload)");
		}
	}
	out_byte(&t->out, '\n');
}

static void
show_text(struct tell *t, const struct setting *s, const struct value *v, const struct runner *r)
{
	char path[4096];

	out_puts(&t->out, s->name);
	out_byte(&t->out, ':');
	put_value(t, s, v);
	out_byte(&t->out, '\n');
	snprintf(path, sizeof path, "%s/%s", place_etc(), s->name);
	line(t, "file", path, v->is_there ? "" : s->preset[0] ? ", not there: the preset" : ", not there");
	if (v->is_wrong)
		line(t, "wrong", v->why.text, "");
	if (v->is_there && s->preset[0]) {
		bool same = s->kind == SETTING_NUMBER ? !v->is_wrong && v->number == v->preset :
		    v->text.len == strlen(s->preset) + (s->kind == SETTING_LINES) && strcmp(v->text.s, s->preset) == 0;

		line(t, "preset", same ? "the same" : s->preset, "");
	}
	if (s->kind == SETTING_NUMBER) {
		out_puts(&t->out, "    limits: ");
		out_num(&t->out, s->min);
		out_puts(&t->out, " to ");
		out_num(&t->out, s->max);
		out_byte(&t->out, '\n');
	}
	line(t, "means", s->means, "");
	put_readers(t, s, v, r);
}

/* ---- for programs */

static void
json_readers(struct tell *t, const struct setting *s)
{
	struct buf list = BUF(1000);
	const char *at;
	size_t n;

	for (at = s->readers; *at; at += n + (at[n] == ' ')) {
		n = strcspn(at, " ");
		(void)(buf_puts(&list, "pneu-") && buf_put(&list, at, n) && buf_byte(&list, 0));
	}
	tell_list(t, "readers", &list);
	buf_free(&list);
}

static void
show_json(struct tell *t, const struct setting *s, const struct value *v, const struct runner *r)
{
	static const char *const kind[] = { "number", "line", "lines", "text", "database" };
	char path[4096];

	snprintf(path, sizeof path, "%s/%s", place_etc(), s->name);
	tell_begin(t);
	tell_string(t, "name", s->name);
	tell_string(t, "kind", kind[s->kind]);
	tell_string(t, "file", path);
	tell_bool(t, "set", v->is_there);
	tell_bool(t, "secret", s->flags & SETTING_SECRET);
	if (v->is_there && !v->is_readable)
		tell_string(t, "unreadable", "not readable by this user");
	else if (v->is_wrong)
		tell_string(t, "wrong", v->why.text);
	else if (s->flags & SETTING_SECRET)
		;
	else if (s->kind == SETTING_NUMBER)
		tell_number(t, "value", v->number);
	else if (s->kind == SETTING_LINES && v->is_there)
		tell_list(t, "value", &v->text);
	else if (s->kind == SETTING_LINE && v->is_there)
		tell_bytes(t, "value", v->text.len ? v->text.s : "", v->text.len);
	if (s->kind == SETTING_NUMBER) {
		tell_number(t, "preset", v->preset);
		tell_number(t, "min", s->min);
		tell_number(t, "max", s->max);
	} else
		tell_string(t, "preset", s->preset[0] ? s->preset : 0);
	if (v->is_there)
		tell_number(t, "changed", (uint64_t)v->st.st_mtim.tv_sec);
	if (strncmp(s->readers, "send", 4) == 0 || strstr(s->readers, " send"))
		if (r->is == RUNNER_UP && r->loaded_us && !(s->flags & SETTING_NOTICED)) {
			tell_number(t, "runner_read", (uint64_t)r->loaded_us / 1000000);
			tell_bool(t, "runner_behind", v->is_there && runner_behind(r, &v->st));
		}
	json_readers(t, s);
	tell_string(t, "means", s->means);
	tell_end(t);
}

/* ---- */

static void
show_strange(void *ctx, const char *name, const char *nearest)
{
	struct tell *t = ctx;

	if (t->json) {
		tell_begin(t);
		tell_string(t, "strange", name);
		tell_string(t, "nearest", nearest);
		tell_end(t);
		return;
	}
	put_masked(&t->out, name);
	out_puts(&t->out, ": means nothing here");
	if (nearest) {
		out_puts(&t->out, "; is it ");
		out_puts(&t->out, nearest);
		out_puts(&t->out, " that was meant?");
	}
	out_byte(&t->out, '\n');
}

static void
show_one(struct tell *t, int etc, const struct setting *s, const struct runner *r, bool only_set)
{
	struct value v;

	take(etc, s, &v);
	if (v.is_there || !only_set)
		(t->json ? show_json : show_text)(t, s, &v, r);
	buf_free(&v.text);
}

static void
show_all(struct tell *t, int etc, const struct runner *r, bool only_set)
{
	size_t i;

	for (i = 0; i < settings_count; i++)
		if (settings_table[i].name)
			show_one(t, etc, &settings_table[i], r, only_set);
		else if (!t->json && !only_set) {
			out_puts(&t->out, i ? "\n== " : "== ");
			out_puts(&t->out, settings_table[i].section);
			out_puts(&t->out, "\n\n");
		}
	if (etc >= 0 && !names_strange(etc, show_strange, t))
		warn_sys("list ", place_etc());
}

static bool
show_named(struct tell *t, int etc, const struct runner *r, const char *name)
{
	const struct setting *s = setting_find(name);
	const char *nearest;

	if (s) {
		show_one(t, etc, s, r, false);
		return true;
	}
	nearest = names_nearest(name);
	warn_say(name, " is no setting", nearest ? "; is it " : "", nearest ? nearest : "", nearest ? " that was meant?" : "");
	return false;
}

bool
show(struct tell *t, char **names, bool only_set)
{
	struct runner r;
	bool ok = true;
	int etc = conf_open();

	if (etc < 0)
		warn_sys("open ", place_etc());
	runner_ask(&r);
	if (!*names)
		show_all(t, etc, &r, only_set);
	for (; *names; names++)
		ok &= show_named(t, etc, &r, *names);
	if (etc >= 0)
		close(etc);
	return ok && etc >= 0;
}
