/* cmdline - the command line of sendmail, as programs have learned it over forty years (pneu-sendmail(8) has the table) */
#ifndef INJECT_CMDLINE_H
#define INJECT_CMDLINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mail/dsn.h"

#define CMDLINE_SELECT 32               /* most words of selectors */

enum mode {
	MODE_DELIVER, MODE_SMTP, MODE_LIST, MODE_COUNT, MODE_ALIASES, MODE_VERIFY, MODE_DAEMON, MODE_FOREGROUND,
	MODE_STATUS, MODE_PURGE, MODE_TEST, MODE_RUN
};

/* what becomes of a message that cannot be sent: it is said and kept; mailed back; nothing; mailed back, and all is well */
enum on_error { ERROR_PRINT, ERROR_MAIL, ERROR_QUIET, ERROR_MAIL_OK };

struct cmdline {
	enum mode mode;
	enum on_error on_error;
	bool header;                    /* -t */
	bool no_dots;                   /* -i */
	bool gateway, verbose, id, utf8, seven;
	bool wait;
	uint64_t wait_s;
	const char *sender, *name;
	char notify[DSN_NOTIFY_TEXT];   /* "": not said */
	const char *ret, *envid, *hold;
	uint64_t hops;
	char *select[CMDLINE_SELECT];   /* of -q: a selector of pneu-qread(8), words of their own */
	size_t selects;
	char **rest;                    /* what follows the options */
	const char *program;            /* its name, for messages */
};

/* From argv, argv[0] too. 0, or why it is wrong usage: "unknown option -z" */
const char *cmdline_read(struct cmdline *, char **argv);

#endif
