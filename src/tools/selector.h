/* selector - which messages are meant: the one language of all tools of the queue
 *
 *   words       each one argument; all must hold. "or" between two, "not" before one, "(" and ")" around some;
 *               not binds closest, then and (it may be left out), then or
 *   all         by itself: every message
 *   from=P      the envelope sender; from=<> the null sender
 *   to=P        a recipient that is still to be reached, or failed and not bounced, or stands for such a one
 *   reached=P   one who has it
 *   domain=P    to=@P
 *   older=T newer=T     since its arrival; T a number and s m h d w
 *   size>N size<N       bytes of the message; N may end in K, M, G. Also = <= >=
 *   tries>N tries<N     how often the recipient deferred most often was. Also = <= >=
 *   state=S     held; active: its time has come; waiting: its time will come; and by its recipients: deferred: one waits
 *               and has been tried; failed: one has, its bounce may be still owed; delivered; expanded; several with commas between
 *   uid=U       who injected it: number or name
 *   login=P     the login that was authenticated; client=A the client's address, A an address or net/bits. Both only where
 *               they are believed (look_believed)
 *   error~R     an extended regular expression, case ignored, on "STATUS TEXT" of the last attempt of one still to be reached
 *   host=P      the host, or the address, that it was last tried at
 *   id=P        its ID; an ID by itself is the same
 *   body=B      7BIT, 8BITMIME; forwarded: by a user here; utf8: it needs SMTPUTF8
 * P is a shell pattern (* ? [set] \x), ASCII case ignored; "@domain" stands for "*@domain".
 *   limits      SELECTOR_WORDS words
 *   manual      pneu-qread(8), SELECTORS     tests: tests/program/qread_selector.t */
#ifndef TOOLS_SELECTOR_H
#define TOOLS_SELECTOR_H

#include <regex.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tools/look.h"

#define SELECTOR_WORDS 200

struct selector_term;
struct selector_node;

struct selector {                       /* selector_parse fills it; it keeps pointers to the words */
	struct selector_node *node;
	size_t nodes;
	size_t root;
	unsigned depths;                /* bits: the depths that its terms need */
	int64_t now_s;                  /* "now" for older= and state=: when it was parsed; may be set anew */
};

struct selector_error {
	char text[300];                 /* fit for die_say: "older=2x: not a time such as 30m, 2h or 3d" */
};

/* Of n words, which must outlive it; none: every message. false: the error says why. */
bool selector_parse(struct selector *, char *const *word, size_t n, struct selector_error *);
void selector_free(struct selector *);

enum selector_result { SELECTOR_YES, SELECTOR_NO, SELECTOR_UNREADABLE };
/* Is it meant? Read as deep as is needed to know. UNREADABLE: *why tells (LOOK_GONE too), errno */
enum selector_result selector_match(const struct selector *, struct look *, enum look_result *why);
/* deepest that it will read */
enum look_depth selector_depth(const struct selector *);

/* does the text, n bytes of it, fit the pattern as from= and to= have it? For tools that have one of their own */
bool selector_pattern(const char *pattern, const char *text, size_t n);

#endif
