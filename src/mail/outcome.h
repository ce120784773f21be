/* outcome - what became of one delivery, until it is reported
 *
 * It begins as nothing; the first of the calls below decides it. Those that mean "not delivered" return false,
 * so that a function can end with return outcome_later(...). Text that does not fit ends in "...".
 * What an errno says is never for ever: a full disk must not bounce mail. */
#ifndef MAIL_OUTCOME_H
#define MAIL_OUTCOME_H

#include <stdbool.h>

#define OUTCOME_TEXT 600

struct outcome {
	char verdict;                   /* 0 undecided, K Z D as in wire/job.h */
	const char *status;             /* "4.3.0"; a string that stays */
	char text[OUTCOME_TEXT];
};

void outcome_delivered(struct outcome *, const char *text);
/* the pieces of the text, ended by (char *)0 */
bool outcome_later(struct outcome *, const char *status, ...);
bool outcome_never(struct outcome *, const char *status, ...);
/* errno while doing what, to whom (or 0): "unable to WHAT WHOM: reason" */
bool outcome_trouble(struct outcome *, const char *what, const char *whom);

#endif
