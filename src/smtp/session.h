/* session - one client's conversation: what has been said, and the loop that reads, answers and ends
 *
 * Invariant: state tells what is set. From SESSION_MAIL on the envelope begins with the sender; rcpts counts the
 * recipients in it; session_reset ends a transaction, whichever way it went. The buffers are the caller's. */
#ifndef SMTP_SESSION_H
#define SMTP_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/in.h"
#include "lib/out.h"
#include "smtp/auth.h"
#include "smtp/content.h"
#include "wire/peer.h"
#include "smtp/settings.h"
#include "smtp/submission.h"
#include "smtp/tls.h"
#include "wire/qid.h"

#define SESSION_COMMAND 4096            /* bytes of a command with its line end; RFC 5321 asks for 512 and parameters */
#define SESSION_HELO 255
#define SESSION_ROOM 2048               /* free bytes before the input, where our Received field is put */
#define SESSION_INPUT 65536
#define SESSION_OUTPUT 4096
#define SESSION_ENVELOPE 163840         /* sender and recipients: all of the memory a client can make us fill */

enum session_state {                    /* bits, so that a command can name several */
	SESSION_NEW = 1,                /* connected */
	SESSION_READY = 2,              /* said hello */
	SESSION_MAIL = 4,               /* gave a sender */
	SESSION_RCPT = 8,               /* and a recipient that we took */
	SESSION_BDAT = 16               /* and a part of the message */
};

struct session {
	const struct settings *set;
	struct peer peer;
	struct in in;
	struct out out;
	struct buf envelope;
	struct content content;         /* the message being received */
	struct tls tls;
	struct auth auth;
	struct submission submission;
	const char *relay;              /* 0: may not relay now; else appended to each recipient */
	enum session_state state;
	bool extended;                  /* EHLO, not HELO */
	bool over;                      /* the last reply was the last */
	char helo[SESSION_HELO + 1];
	uint64_t rcpts;
	uint64_t refused;               /* recipients of this transaction */
	bool utf8;                      /* MAIL had SMTPUTF8 */
	uint64_t declared;              /* SIZE of this transaction, 0: not told */
	uint64_t bad, idle;             /* counted towards maxbad, maxidle */
	uint64_t hurry;                 /* commands in the minute that began at minute_ms (clock_mono_ms) */
	int64_t minute_ms;
	char id[QID_TEXT];              /* names the session in the log, in refusals and in the trace field */
	uint64_t messages, taken, refusals;     /* of the whole session: accepted, recipients of these, 4xx and 5xx */
	int64_t began_ms;               /* clock_mono_ms */
	const char *command;            /* being answered, for the log: no secrets; ends in 0 */
};

/* the memory behind the buffers; untouched pages of it cost nothing in .bss */
struct session_space {
	char input[SESSION_ROOM + SESSION_INPUT];
	char output[SESSION_OUTPUT];
	char envelope[SESSION_ENVELOPE + 1];
};

/* A new name for a session: of now and this process, a word of letters and digits as message IDs are (wire/qid.h) */
void session_name(char id[QID_TEXT]);
void session_open(struct session *, const struct settings *, int in, int out, struct session_space *);
void session_run(struct session *);     /* greeting to end */
void session_reset(struct session *);   /* no transaction; state READY if the client said hello */

enum session_read { SESSION_MORE, SESSION_LOST };
/* Answers go out, then more input comes in. limit_s ends a client that is slow in what it has begun; it counts from
 * the first call of which begun was true, until in.deadline_ms is set to 0 again.
 * SESSION_LOST: end of file, an error or a time limit (answered and logged); the session is over. */
enum session_read session_fill(struct session *, bool begun, uint64_t limit_s, const char *where);

enum session_line {
	SESSION_WHOLE,
	SESSION_LONG,           /* read to its end however it is cut into packets, not kept: one line, one answer */
	SESSION_GONE            /* as SESSION_LOST */
};
/* One line of at most `most` bytes with its end, which is taken and not counted; 0: as many as command_most says. It stands
 * in the input buffer. */
enum session_line session_line(struct session *, size_t most, char **line, size_t *len, const char *where);

#endif
