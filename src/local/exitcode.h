/* exitcode - what the end of a program means, in the two dialects that mail programs speak
 *
 *   EXITCODE_QMAIL     .qmail and defaultdelivery: 0 done; 99 done, and the rest of the file does not count; 100 and 64 65 70
 *                      76 77 78 112 never; every other code later
 *   EXITCODE_SENDMAIL  .forward and aliases: sysexits.h. 0 done; 71 and 75 later; 74 too (as sendmail, not as Postfix);
 *                      every other code never. If the program failed and its output begins with an enhanced status code of
 *                      class 4 or 5, that decides, and the rest is the text (as Postfix)
 * In both, 126 and 127 (the shell cannot run it, or found none) and a signal are later: the administrator's slip is not the
 * sender's fault. Manual: pneu-local(8), pneu-forward(5) */
#ifndef LOCAL_EXITCODE_H
#define LOCAL_EXITCODE_H

#include <stdbool.h>

enum exitcode_dialect { EXITCODE_QMAIL, EXITCODE_SENDMAIL };

enum exitcode_means { EXITCODE_DONE, EXITCODE_DONE_STOP, EXITCODE_LATER, EXITCODE_NEVER };

#define EXITCODE_STATUS 10              /* "5.123.123" and its 0 */

struct exitcode {
	enum exitcode_means means;
	char status[EXITCODE_STATUS];   /* enhanced status code */
	const char *words;              /* what the code is said to mean; stays */
	const char *text;               /* the output, without a status code that decided */
};

/* code: 0 to 255, or -1 for a signal. output ends in 0 */
void exitcode_judge(struct exitcode *, enum exitcode_dialect, int code, const char *output);

#endif
