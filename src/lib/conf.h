/* conf - control files: one file under etc/ is one setting
 *
 * Missing means preset; unreadable or nonsense is an error with its reason, never "not set".
 *   CONF_NUMBER  a uint64_t: the first line, a number from min to max, blanks at its end removed
 *   CONF_LINE    a struct buf: the first line, blanks at its end removed
 *   CONF_LINES   a struct buf: each line that is neither empty nor begins with '#', blanks at its end removed,
 *                each followed by a 0
 * Blanks are space, tab and CR. A file is at most CONF_FILE_MAX bytes. A LINE holds no NUL. The buf tells missing
 * (s == 0) from empty (s != 0, len 0).
 * Manual: pneu-control(5) */
#ifndef LIB_CONF_H
#define LIB_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"

#define CONF_FILE_MAX (16u << 20)

enum conf_kind { CONF_NUMBER, CONF_LINE, CONF_LINES };

struct conf {
	const char *name;
	enum conf_kind kind;
	void *value;                    /* uint64_t * or struct buf *, filled by conf_load */
	uint64_t preset, min, max;      /* of a CONF_NUMBER */
};

struct conf_error {
	char text[300];                 /* "control/NAME: reason", fit for die_say */
};

/* all n settings, from the directory dir (an open descriptor of etc/); a buf must be zero or in use, its ceiling is
 * set here. false: no value was changed, so that a program may go on with what it had */
bool conf_load(int dir, const struct conf *, size_t n, struct conf_error *);
/* open etc/, or -1 with errno; the caller's to close */
int conf_open(void);

/* etc/, open, and which files were in it then: those that were not are not looked for, which saves a short process a
 * system call for each setting that has its preset. Not for one that is to see files that come later. */
struct conf_view {
	int dir;                        /* the caller's to close, as from conf_open */
	uint64_t names[8];              /* bits by a hash of the name; one too many costs a look in vain */
};

/* false: etc/ cannot be opened, which the error says */
bool conf_look(struct conf_view *, struct conf_error *);
/* conf_load from there */
bool conf_take(const struct conf_view *, const struct conf *, size_t n, struct conf_error *);
/* is there a file of that name? false is certain */
bool conf_may_have(const struct conf_view *, const char *name);
/* conf_load from etc/; an etc/ that cannot be opened is an error too */
bool conf_read(const struct conf *, size_t n, struct conf_error *);
/* a CONF_LINE that is missing or empty, control/me, becomes the host's own name. false: errno; ENOENT: it has none, or one
 * over 255 bytes */
bool conf_host_name(struct buf *);
/* say in e what is wrong with control/NAME; line, if not 0, is quoted */
void conf_complain(struct conf_error *e, const char *name, const char *why, const char *line);
/* the next line after at (0 for the first), or 0 at the end; lines as CONF_LINES leaves them */
const char *conf_next(const struct buf *lines, const char *at);

#endif
