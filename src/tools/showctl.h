/* showctl - what the parts of pneu-showctl share
 *
 * Whatever is printed goes through two functions: a line for people, or an object of JSON, never both. Texts of strangers are
 * masked in the first and escaped in the second. A secret's text is never read into memory but to see that it is well formed. */
#ifndef TOOLS_SHOWCTL_H
#define TOOLS_SHOWCTL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "lib/buf.h"
#include "lib/out.h"

/* ---- showctl_table.c: every setting there is. tests/program/showctl.t compares it with the tables of the programs, with the
 * programs themselves and with pneu-control(5), so a row that is missing or wrong anywhere fails there. */

enum setting_kind {
	SETTING_NUMBER,
	SETTING_LINE,
	SETTING_LINES,
	SETTING_TEXT,           /* what a program compiles */
	SETTING_DATABASE        /* what it compiles it into */
};

enum { SETTING_SECRET = 1, SETTING_NOTICED = 2 };       /* NOTICED: a program that runs on notices a new file by itself */

struct setting {
	const char *name;
	enum setting_kind kind;
	const char *preset;             /* as pneu-control(5) has it; "" none */
	uint64_t min, max;              /* of a number */
	unsigned flags;
	const char *readers;            /* programs, without "pneu-", one blank between them */
	const char *means;              /* a sentence */
	const char *section;            /* a new one begins here; or 0 */
};

extern const struct setting settings_table[];
extern const size_t settings_count;

const struct setting *setting_find(const char *name);           /* 0: there is none of that name */
/* when a program reads its settings, in words: "for each session" */
const char *setting_when(const char *reader, size_t len, const struct setting *);

/* ---- showctl_names.c */

/* the nearest name of a setting, or 0 if none is near enough to be what was meant */
const char *names_nearest(const char *name);
/* Names in the directory that mean nothing, one after the other: each is told to f. false: errno */
bool names_strange(int etc, void (*f)(void *, const char *name, const char *nearest), void *);

/* ---- showctl_tell.c: the output */

struct tell {
	struct out out;
	bool json;
	bool first;             /* of a JSON object: no member yet */
};

void tell_begin(struct tell *);                         /* an object; the others only within one */
void tell_string(struct tell *, const char *key, const char *value);            /* value 0: null */
void tell_bytes(struct tell *, const char *key, const char *value, size_t n);
void tell_number(struct tell *, const char *key, uint64_t);
void tell_bool(struct tell *, const char *key, bool);
void tell_list(struct tell *, const char *key, const struct buf *lines);        /* as CONF_LINES leaves them */
void tell_end(struct tell *);

/* ---- showctl_runner.c */

struct runner {
	enum { RUNNER_UP, RUNNER_NONE, RUNNER_CLOSED, RUNNER_SILENT } is;       /* CLOSED: not for this caller */
	int64_t loaded_us;              /* of RUNNER_UP: when it read the control files; 0: it does not say */
	uint64_t pid, messages;
	char paused[300];               /* the first thing that an operator has paused; "" */
};

void runner_ask(struct runner *);
/* was the file changed after the runner read it? */
bool runner_behind(const struct runner *, const struct stat *);

/* ---- showctl_show.c */

/* the settings with these names, or all if there are none; only_set: those with a file. false: a name is no setting's */
bool show(struct tell *, char **names, bool only_set);

/* ---- showctl_check*.c: an examination of the whole installation */

enum finding { FINDING_OK, FINDING_NOTE, FINDING_WRONG };

struct check {
	struct tell *tell;
	int etc;                        /* open */
	bool private, no_dns;
	bool is_root;
	bool sends_only;                /* no domain is ours and none is taken mail for: check_settings has found that out */
	struct runner runner;
	struct buf me;                  /* "" if there is none */
	enum finding worst;
	size_t found_in_area;           /* other than ok, since the last check_area */
	const char *area;
	int64_t wall_us, mono_us;       /* when it began */
};

void check_begin(struct check *);
void check_area(struct check *, const char *area);
/* One line: what is the case, and how to mend it ("" if there is nothing to do). Formats as printf has them. */
void check_find(struct check *, enum finding, const char *mend, const char *format, ...) __attribute__((format(printf, 4, 5)));
void check_ok(struct check *, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* the same, unless something else was found in this area */
void check_ok_if_quiet(struct check *, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* a role's account; false: there is no such account */
struct role {
	const char *name;
	uid_t uid;
	gid_t gid;
	bool known;
};
enum { ROLE_Q, ROLE_R, ROLE_D, ROLES };
extern struct role check_role[ROLES];

void check_accounts(struct check *);
void check_programs(struct check *);
void check_etc(struct check *);         /* permissions, secrets, names */
void check_settings(struct check *);    /* what is in them */
void check_databases(struct check *);
void check_relay(struct check *);
void check_queue(struct check *);
void check_runner(struct check *);
void check_space(struct check *);
void check_clock(struct check *);
void check_ports(struct check *);
void check_dns(struct check *);
void check_postmaster(struct check *);

/* dir/name, or dir alone if name is 0, quoted for a shell if need be; lives until the eighth call after it */
const char *check_path(const char *dir, const char *name);
/* a program of ours as it is to be typed, likewise */
const char *check_program(const char *name);
/* text as printf makes it, likewise */
const char *check_text(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* may this role read (4), write (2), enter or run (1) what has these owners and this mode? One that is not known may. */
bool check_may(const struct role *, const struct stat *, unsigned bits);

#endif
