/* trace - what the parts of pneu-trace share
 *
 * Logs are read twice: the first time to learn which messages and sessions belong to what is asked for, the second time to keep
 * their lines. So memory grows with the number of links between messages and with what is shown, not with the logs; both have a
 * ceiling, and whoever meets it says so. Text is taken apart where it lies: a span points into it and does not end in 0. */
#ifndef TOOLS_TRACE_H
#define TOOLS_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/out.h"

#define TRACE_LINE 16384                /* bytes of a line that are looked at; ours have 6000 at the most */
#define TRACE_ANY_TIME INT64_MIN        /* nobody knows when */

struct span {
	const char *s;
	size_t n;
};

bool span_is(struct span, const char *);
uint64_t span_hash(struct span);        /* never 0 */

/* ---- trace_stamp.c: when */

enum trace_form {
	TRACE_BARE,                     /* nothing */
	TRACE_TAI,                      /* @ and 16 or 24 hexadecimal digits: multilog, svlogd -t, s6-log t */
	TRACE_UTC,                      /* 2026-11-22_15:04:05.12345: svlogd -tt and -ttt */
	TRACE_LOCAL,                    /* 2026-11-22 15:04:05.12345: s6-log T, tai64nlocal */
	TRACE_ZONED,                    /* 2026-11-22T15:04:05.12345+01:00 HOST TAG:, syslog of RFC 5424's kind, journalctl -o short-iso */
	TRACE_SYSLOG,                   /* Nov 22 15:04:05 HOST TAG: */
	TRACE_EPOCH                     /* 1795338486.123456 */
};

/* Bytes of the stamp that s begins with, the blanks behind it too; 0 and TRACE_BARE: none */
size_t trace_stamp(const char *s, size_t n, enum trace_form *);
/* Microseconds since 1970 of a stamp that trace_stamp found. A year that is not told is the last one that fits before
 * a day after near_s, in seconds since 1970. */
int64_t trace_stamp_us(struct span, enum trace_form, int64_t near_s);
/* What people write for --since and --until: a date, a date and a time, a time of today, "today", "yesterday", 90s 30m 12h 7d
 * ago, a stamp. false: none of these */
bool trace_time_arg(const char *, int64_t now_s, int64_t *us);

/* ---- trace_source.c: lines, from wherever they are */

struct trace_raw {
	struct span text;               /* without stamp, host and tag */
	struct span stamp;
	enum trace_form form;
	int64_t us;                     /* the time, where the form does not tell it (journal); else TRACE_ANY_TIME */
	int64_t near_s;                 /* for trace_stamp_us */
	uint64_t origin;                /* the same for lines that one process wrote into one log */
	uint32_t source;                /* which file, for trace_source_name */
};

struct trace_sources;
typedef void trace_take(void *, const struct trace_raw *);

struct trace_sources *trace_sources_new(void);  /* 0: ENOMEM */
/* A file, or "-" for descriptor 0; a directory with all that is in it. false: said why */
bool trace_sources_file(struct trace_sources *, const char *path);
bool trace_sources_directory(struct trace_sources *, const char *path);
/* What systemd's journal has of the units pneu*, from a day before since_s on (INT64_MIN: all of it), by journalctl. false: said why */
bool trace_sources_journal(struct trace_sources *, int64_t since_s);
size_t trace_sources_count(const struct trace_sources *);
/* Hand over each line, the files of one log in the order in which they were written. Those that have not been changed since
 * since_s are left out. false: one of them could not be read, said which; the others were. */
bool trace_sources_read(struct trace_sources *, int64_t since_s, trace_take *, void *);
const char *trace_source_name(const struct trace_sources *, uint32_t);

/* ---- trace_line.c: what a line says */

enum trace_kind {
	TRACE_NOTHING,
	TRACE_NEW, TRACE_QUEUED, TRACE_BEGUN, TRACE_DELIVERED, TRACE_DEFERRED, TRACE_FAILED, TRACE_MANGLED, TRACE_EXPANDED,
	TRACE_SKIPPED, TRACE_BOUNCED, TRACE_REPORTED, TRACE_DISCARDED, TRACE_DONE, TRACE_HELD, TRACE_OPERATOR,
	TRACE_CONNECTED, TRACE_TLS, TRACE_AUTH, TRACE_ACCEPTED, TRACE_REFUSED, TRACE_LIMIT, TRACE_RECIPIENT, TRACE_POLICY,
	TRACE_TROUBLE, TRACE_LOST, TRACE_ENDED,
	TRACE_NOTE,                     /* something else with an ID in it */
	TRACE_KINDS
};

/* What a kind does not have is empty. */
struct trace_line {
	enum trace_kind kind;
	struct span id;                 /* of the message, or of the session from TRACE_CONNECTED on; a result has none */
	struct span child;              /* the message that was accepted, or that came of this one */
	uint64_t delivery;              /* its number, in lines about one delivery */
	struct span from, rcpt, client, helo, host, login;
	bool has_from;                  /* "" is a sender */
	bool remote;                    /* TRACE_BEGUN */
	struct span bytes, count, who;  /* numbers as they stand there: size, recipients, uid */
	struct span words;              /* the rest */
	struct span command, via;
};

/* false: no line of ours that belongs to a message or a session */
bool trace_parse(struct trace_line *, struct span text);

/* ---- trace_index.c: which messages and sessions belong together */

enum trace_role {                       /* bits */
	TRACE_WHOLE = 1,                /* all of it is asked for */
	TRACE_CONTEXT = 2,              /* a session: only what belongs to one of its messages */
	TRACE_PARENT = 4                /* a message: only what led to one that is asked for */
};

struct trace_known {
	uint64_t hash;
	unsigned role;
	uint32_t family;                /* index of another of the same family, or its own: trace_family */
	uint32_t connected, tls, pending;       /* events + 1 of the second reading, 0 none; pending ones form a chain */
};

struct trace_index {
	struct trace_known *known;
	size_t count, room;
	uint64_t *slot;                 /* hash table of known, indices + 1 */
	size_t slots;
	struct trace_link *link;
	size_t links, links_room;
	struct trace_number *number;    /* hash table of deliveries under way: what a number stands for now */
	size_t numbers, numbers_used;
	bool full;                      /* a ceiling was reached */
};

/* ask for it in this role; false: ENOMEM or the ceiling, full is set */
bool trace_want(struct trace_index *, uint64_t hash, unsigned role);
struct trace_known *trace_find(const struct trace_index *, uint64_t hash);      /* 0: not wanted */
/* the message child came of parent; of a session if session */
void trace_link(struct trace_index *, uint64_t parent, uint64_t child, bool session);
/* follow all links from what is wanted */
void trace_follow(struct trace_index *);
uint32_t trace_family(const struct trace_index *, uint32_t known);
/* Delivery number of this origin is value from here on; 0 forgets it. trace_delivery: what it is, 0 unknown */
void trace_number(struct trace_index *, uint64_t origin, uint64_t number, uint64_t value);
uint64_t trace_delivery(const struct trace_index *, uint64_t origin, uint64_t number);
void trace_numbers_forget(struct trace_index *);

/* ---- trace_tell.c: in plain language, or as JSON */

struct trace_event {
	int64_t us;                     /* TRACE_ANY_TIME: unknown */
	int64_t order_us;               /* what it is sorted by */
	const char *text;
	uint32_t n;                     /* bytes of it */
	uint32_t known;                 /* whose it is */
	uint32_t begun, connected, tls; /* events + 1 that tell more: the beginning of a delivery; the session's */
	uint32_t next;                  /* event + 1: the pending chain */
	uint32_t source;
	uint32_t seq;
	bool shown, guessed;            /* guessed: us follows from an ID, the log has no stamps */
	bool answered;                  /* a beginning whose end was seen */
};

void trace_tell_text(struct out *, const struct trace_event *all, const struct trace_event *);
void trace_tell_json(struct out *, const struct trace_event *all, const struct trace_event *, const char *source);
/* in local time; "" if unknown */
#define TRACE_WHEN 32
void trace_when(char date[TRACE_WHEN], char clock[TRACE_WHEN], int64_t us);

#endif
