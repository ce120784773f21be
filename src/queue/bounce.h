/* bounce - what the parts of pneu-bounce know of one another
 *   bounce           what is to be told, to whom; the message's header, its envelope
 *   bounce_words     the first part, for people
 *   bounce_status    the second, for programs
 *   bounce_original  the third: the message that this is about, or its header
 *   bounce_text      strings for all of them
 * They end the program when something does not work: the injector gets no envelope then, and queues nothing. */
#ifndef QUEUE_BOUNCE_H
#define QUEUE_BOUNCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"
#include "queue/owed.h"
#include "wire/inject.h"
#include "wire/queuefile.h"

#define BOUNCE_QUEUEFILE 0              /* descriptor */

struct bounce {
	struct qf file;
	const char *id;
	enum owed what;                 /* failed, success or delayed */
	const char *sender;             /* whose recipients this report is about */
	size_t recipients;              /* how many they are */
	struct buf me, from, host, double_to, double_host;
	uint64_t max_bytes;             /* of the original that are sent back */
	uint64_t lifetime_s;            /* that a message is tried */
	bool is_double;
	struct buf to;                  /* envelope recipient of the bounce */
	struct inject in;
	struct buf text;                /* what has not been handed on yet */
	bool has_8bit;                  /* the original was declared so */
	bool utf8;                      /* its addresses may hold UTF-8, and the bounce may too (RFC 6533) */
	char boundary[40];
};

/* ---- bounce */
bool bounce_about(const struct bounce *, size_t rcpt);          /* is this report about it? */
int64_t bounce_retry_until(const struct bounce *);

/* ---- bounce_text */
/* several strings, appended */
#define PUTS(b, ...) bounce_puts((b), (const char *const[]){ __VA_ARGS__, 0 })
void bounce_puts(struct buf *, const char *const *);
void bounce_num(struct buf *, uint64_t);
void bounce_date(struct buf *, int64_t when_s);                 /* as in RFC 5322 */
/* n bytes of strangers' words: printable ASCII on lines of their own, each but the first begun with prefix; 0: all on one line */
void bounce_masked(struct buf *, const char *, size_t n, const char *prefix);
/* an address or the value of a parameter: quoted or decoded; UTF-8 as it is where it may stand */
void bounce_address(const struct bounce *, struct buf *, const char *);
void bounce_xtext(const struct bounce *, struct buf *, const char *);
/* hand on what there is, if it is enough. An error shows in inject_end. */
void bounce_pour(struct bounce *);
/* The way of an attempt (wire/job.h), taken apart; host "" of a local one. host and address point into space, JOB_VIA + 1 bytes */
struct bounce_way { const char *host, *address, *protection; };
void bounce_way(struct bounce_way *, const char *via, char *space);
/* what a server said in the words of an attempt: the lines that begin with a code. n 0: nothing */
const char *bounce_reply(const char *text, size_t *n);

/* ---- the parts */
void bounce_words(struct bounce *);
void bounce_status(struct bounce *);
void bounce_original(struct bounce *);
/* Message-ID of the original, with its <>, appended; nothing, if it has none that may stand in a header */
void bounce_message_id(const struct bounce *, struct buf *);
/* Its Subject, appended, at most 200 bytes; nothing, if that is no single line of printable ASCII */
void bounce_subject(const struct bounce *, struct buf *);

#endif
