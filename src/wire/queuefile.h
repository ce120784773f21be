/* queuefile - queue(1 writer) -> send(1 writer after it), read by send, bounce, qread and people
 *
 * One message is one file, append-only, in three parts:
 *
 *   header    QF_HEADER bytes: "pneu1 LENGTH ARRIVAL UID PID SUM\n", each field of fixed width, zero-filled
 *               LENGTH   19 digits, bytes of the message
 *               ARRIVAL  17 digits, microseconds since 1970
 *               UID PID  10 digits, who called pneu-queue, and pneu-queue itself ("qp")
 *               SUM      16 hex digits, qf_sum of all bytes from the end of the header to the end of the '.' record;
 *                        or 16 '-': the file got its name only after it was on disk
 *   message   LENGTH bytes, lines end in LF; begins with the Received line that pneu-queue writes
 *   records   lines, first byte = type. Upper case is the envelope as injected:
 *               F sender   T recipient   A B C E H L R U W N O their parameters (wire/envelope.h)
 *               .          end of the envelope
 *             lower case is the history that send appends; N counts the T records from 0, WHEN is seconds since 1970:
 *               kN WHEN WAY TEXT          delivered
 *               zN WHEN STATUS WAY TEXT   deferred
 *               dN WHEN STATUS WAY TEXT   failed; its bounce is still owed
 *                 WAY is "@VIA", the report's via (wire/job.h), or not there; a TEXT that begins with '@' has "@" before it
 *               bN WHEN ID            bounced; no ID: the bounce was given up as a double one, or was not wanted
 *               wN WHEN ACTION ID     the sender was told by the message ID what stands there: "delayed", for the time
 *                                     being; or "delivered", "relayed", "expanded", after a k or x, in the end
 *               xN WHEN COUNT WHY     replaced by the recipients in the COUNT lines that follow, which count on from the
 *                                     last one; WHY is for people (file and line of an alias)
 *                 <SENDER             envelope sender of those that follow; until there is one, that of N
 *                 +KIND TEXT          one of them, KIND as in enum qf_kind
 *                                     Fewer than COUNT lines, then something else: it did not happen.
 *               oWHEN UID ACTION TEXT what an operator did with the whole message, by the user's number. ACTION is
 *                 hold, release, undo   where the file lies tells as much
 *                 delete              TEXT "held": it was held then, and shall be again if it comes back
 *                 expire              the next attempt is the last
 *                 route               TEXT is the route (wire/route.h) of its remote recipients; "": the rules count again
 *                 Others are for people. (A recipient that an operator changed is an x.)
 *
 * In records a control byte, '%' and 0x7f are written %XX. A recipient's state is what its last record says, w aside;
 * b, k and x end it for good, so every record may stand twice. A line that the end of file cuts off does not count.
 * The file's mtime is the time of the next attempt.
 *
 * After a crash of the machine a name may stand for a file whose bytes did not all reach the disk; then SUM or the
 * '.' record tells, and as it was never acknowledged it is not a message (QF_INCOMPLETE).
 *   limits  QF_RECORDS bytes of records
 *   tests   tests/wire/queuefile_test.c    manual: pneu-queuefile(5) */
#ifndef WIRE_QUEUEFILE_H
#define WIRE_QUEUEFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/buf.h"

#define QF_HEADER 83
#define QF_INJECT_S 86400                       /* an injector gives up after that; */
#define QF_ORPHAN_S (36 * 3600)                 /* what it may have left in tmp/ the runner removes after that */
_Static_assert(QF_ORPHAN_S > QF_INJECT_S, "the runner would remove a file that is being written");
#define QF_RECORDS (256u << 20)

struct qf_header {
	uint64_t length;
	uint64_t arrival_us, uid, pid;
	uint64_t sum;
	bool summed;                            /* false: SUM is '-' */
};

void qf_header_put(char out[QF_HEADER], const struct qf_header *);
bool qf_header_get(const char in[QF_HEADER], struct qf_header *);
uint64_t qf_sum(uint64_t so_far, const void *, size_t n);      /* begin with 0; pieces must be multiples of 8 but the last */

/* One record as a line; '%' escapes are made here. false as buf_put, and nothing of it is put. */
bool qf_put_envelope(struct buf *, char letter, const char *value);
bool qf_put_end(struct buf *);
/* k z d: status 0 in a k; via 0 or "" is none */
bool qf_put_attempt(struct buf *, char letter, size_t n, int64_t when, const char *status, const char *via, const char *text);
bool qf_put_bounced(struct buf *, size_t n, int64_t when, const char *id);
bool qf_put_told(struct buf *, size_t n, int64_t when, const char *action, const char *id);

/* An expansion as a whole: the x line, then what qf_put_child_sender and qf_put_child add, count lines in all. Cut b back to
 * what it held if one of them fails. */
bool qf_put_expansion(struct buf *b, size_t n, int64_t when, size_t count, const char *why);
bool qf_put_child_sender(struct buf *, const char *sender);
bool qf_put_child(struct buf *, char kind, const char *text);

/* what an operator did; text may be "" */
bool qf_put_operator(struct buf *, int64_t when, uint64_t uid, const char *action, const char *text);

enum qf_state { QF_WAITING, QF_DELIVERED, QF_FAILED, QF_BOUNCED, QF_EXPANDED };

enum qf_kind {
	QF_INJECTED = 0,                        /* a T record: an address */
	QF_ADDRESS = 'a',                       /* an address, looked up in the aliases already */
	QF_NAME = 'n',                          /* an address, still to be looked up */
	QF_MAILBOX = 'm',                       /* an address: the user's mailbox, whatever his files say */
	QF_FILE = 'f', QF_PROGRAM = 'p',        /* a path, a command: for the alias user */
	QF_INCLUDE = 'i',                       /* the path of a list, still to be read */
	QF_NESTED = 'l'                         /* likewise, named by a list that others than root may change */
};

struct qf_rcpt {
	uint32_t addr;                          /* offset of its string in strings */
	uint32_t last;                          /* offset of the text of its last attempt, 0: none, or delivered and no report wanted */
	uint32_t via;                           /* and of the way it went, 0: none was told */
	uint32_t when_s;                        /* and when it was, seconds since 1970 modulo 2^32 */
	uint32_t tries;                         /* how many z records */
	uint32_t sender;                        /* offset of its own envelope sender, 0: that of the message */
	uint32_t parent;                        /* whom it came from, 1 more than the index; 0: injected */
	uint32_t to;                            /* the program's own, 0 at first: the address as routed */
	uint8_t state;                          /* enum qf_state */
	uint8_t kind;                           /* enum qf_kind: what addr is */
	uint8_t local, answered;                /* the program's own, 0 at first */
	uint8_t into;                           /* of an expanded one: 0 nobody; 1 one other; 2 more, or a list */
	char status[10];                        /* of its last attempt, or "" */
	uint8_t dsn;                            /* of a T record: enum dsn bits (mail/dsn.h), and QF_ORCPT; of all: QF_TOLD_ */
};
#define QF_ORCPT 128                            /* its ORCPT stands in strings after its address */
#define QF_TOLD_DELAY 64                        /* the sender was told that it is delayed, */
#define QF_TOLD_END 32                          /* that it is delivered, or what became of it else */

enum qf_ret {
	QF_RET_UNSAID,                          /* RFC 3461 leaves it to who reports: the whole of it, as far as bouncemaxbytes */
	QF_RET_FULL,
	QF_RET_HDRS                             /* its header alone */
};

struct qf {
	struct qf_header header;
	struct buf strings;                     /* unescaped; each ends in 0; offset 0 is "" */
	uint32_t sender, body, envid;           /* offsets in strings */
	uint32_t login, client;                 /* A and C, 0: not known; see qf_believed */
	uint32_t hold;                          /* why it is to be held before anything else; 0: it is not */
	uint32_t route;                         /* by an operator, for its remote recipients; 0: the rules count */
	uint32_t lifetime_s;                    /* the sender wants it tried no longer; 0: as long as anything */
	uint32_t via_last;                      /* the way that was kept last: many went the same */
	struct qf_rcpt *rcpt;
	size_t rcpts, room;
	size_t injected;                        /* how many of them are T records */
	uint64_t size;                          /* bytes of whole records: where the next one goes */
	uint64_t file_size;                     /* more than size: a torn record follows */
	int64_t mtime_s;                        /* the next attempt, seconds since 1970 */
	bool forwarded;                         /* W1: by a user here */
	bool utf8;                              /* U: declared so (RFC 6531) */
	enum qf_ret ret;                        /* R: how much of the message a report of failure gives back (RFC 3461) */
	bool history;                           /* send has written here */
	bool released;                          /* by an operator: that its envelope asks for it does not hold it any more */
	bool expired;                           /* by an operator: the next attempt is the last */
	bool deleted_held;                      /* it was held when it was deleted last */
};

enum qf_result {
	QF_OK,
	QF_INCOMPLETE,          /* never acknowledged: not a message */
	QF_DAMAGED,             /* it is or was one, but no longer reads as one */
	QF_TROUBLE              /* errno; try again */
};

/* Replay the file behind fd (pread only). check_sum: verify SUM as well, for a file that a scan found.
 * The qf is the caller's, zeroed before its first use; qf_load may be given it again, qf_free ends it. */
enum qf_result qf_load(struct qf *, int fd, bool check_sum);
void qf_free(struct qf *);
/* Write these records behind the whole ones of the file at path, which the qf shows as it is; a torn one is cut first. size and
 * file_size move on. Nothing is synced. false: errno, and the file reads as before */
bool qf_append(struct qf *, const char *path, const struct buf *records);
const char *qf_string(const struct qf *, uint32_t offset);
const char *qf_sender(const struct qf *, size_t rcpt);  /* envelope sender for this recipient */
size_t qf_root(const struct qf *, size_t rcpt);         /* the injected recipient it comes from, perhaps itself */
/* The sender's wishes count for those that an alias stands for too, but not for those of a list, whose mail has another
 * envelope sender: they get none (RFC 3461 5.2.7). NOTIFY as enum dsn bits; where an alias stands for several, the success is
 * its own, and theirs is not asked for; ORCPT as in the envelope or 0, which is also
 * what those of a list have; and is the message's ENVID theirs? */
unsigned qf_notify(const struct qf *, size_t rcpt);
const char *qf_orcpt(const struct qf *, size_t rcpt);
bool qf_of_list(const struct qf *, size_t rcpt);
const char *qf_address(const struct qf *, size_t rcpt); /* to show: its address; of a file or program its root's */
/* Are login and client more than a claim? They are if root, owner (who has the queue file: the role user, or the one user of a
 * private instance) or server (the role user that pneu-smtpd runs as) injected the message. */
bool qf_believed(const struct qf *, uid_t owner, uid_t server);
/* one more recipient, as a + line makes it; sender as in struct qf_rcpt. False: ENOMEM or EMSGSIZE, nothing changed */
bool qf_add_child(struct qf *, size_t parent, char kind, uint32_t sender, const char *text);
void qf_drop_children(struct qf *, size_t parent, size_t first);        /* take those from first on back */
/* a string to keep; its offset, 0: ENOMEM or EMSGSIZE */
uint32_t qf_keep(struct qf *, const char *);

/* What happened to the recipients, in order. Strings last until the next one, unescaped, "" where there is none. */
struct qf_event {
	char letter;                            /* k z d b w x o; of an x, more may follow than happened */
	size_t rcpt;                            /* of an o the uid */
	int64_t when_s;
	const char *status, *via, *text;        /* of a w and an o the action is the status, of an x the count; of b and w the ID is the text */
};
/* Tell it all, as it stood when the file behind fd was loaded. false: errno */
bool qf_history(const struct qf *, int fd, void (*tell)(void *, const struct qf_event *), void *);

#endif
