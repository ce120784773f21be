/* policy - smtpd <-> a policy server: Postfix's policy delegation, over a stream socket
 *
 *   from    lines, each "name=value" LF, and an empty line               meaning
 *   smtpd   request=smtpd_access_policy, then facts in any order         what is to be done with this?
 *   server  action=WORD TEXT                                             see enum policy_kind
 *
 *   order    one answer to each request; the connection stays open for the next
 *   trust    values are words of strangers: control bytes and 0x7f become '?', so that none begins a line. The answer's text
 *            goes to the client and into the message: it is masked and cut
 *   limits   a value POLICY_VALUE bytes, then it is cut; a line of an answer POLICY_LINE, an answer POLICY_LINES lines
 *   broken   any other answer, none in time, or a server that is not there: what control/policy says
 *   tests    tests/wire/policy_test.c, tests/program/smtpd_policy.t    manual: pneu-smtpd(8) */
#ifndef WIRE_POLICY_H
#define WIRE_POLICY_H

#include <stdbool.h>

#include "lib/buf.h"

#define POLICY_VALUE 1024
#define POLICY_LINE 2000
#define POLICY_LINES 20
#define POLICY_TEXT 401                 /* of an action, with its 0 */

enum policy_kind {
	POLICY_DUNNO,                   /* dunno, defer_if_reject: ask the next */
	POLICY_OK,                      /* ok, permit: ask no more of this stage */
	POLICY_REFUSE,                  /* reject, defer, 4NN, 5NN; text: the reply, "550 5.7.1 why" */
	POLICY_DEFER,                   /* defer_if_permit; text: the reply, if nobody refuses for ever */
	POLICY_PREPEND,                 /* text: the field, "Name: value" */
	POLICY_HOLD,                    /* text: why */
	POLICY_DISCARD,
	POLICY_REDIRECT,                /* text: an address, instead of all recipients */
	POLICY_BCC,                     /* text: an address, beside them */
	POLICY_WARN                     /* warn, info */
};

struct policy_action {
	enum policy_kind kind;
	char text[POLICY_TEXT];         /* printable ASCII */
};

/* append "name=value" LF; false as buf_put, b unchanged */
bool policy_put(struct buf *, const char *name, const char *value);
bool policy_put_num(struct buf *, const char *name, uint64_t);
/* what the text after "action=" means; false: nothing that is known here */
bool policy_read(struct policy_action *, const char *words);

#endif
