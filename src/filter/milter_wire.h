/* milter_wire - Sendmail's milter protocol, version 6: its packets on a connection that we opened
 *
 *   packet   4 bytes of length, most significant first: of what follows; 1 byte of command or reply; data
 *   string   bytes and a 0
 * We command, the milter replies, unless it was agreed that to this command it does not.
 *   limits   what we send has MILTER_DATA bytes of data at most, what we take MILTER_REPLY in all
 *   trust    a reply is data of a stranger: its length is checked before a byte of it is looked at
 *   broken   a milter that closes, is silent for too long, or exceeds a limit: false, with errno (EPIPE, ETIMEDOUT, EPROTO)
 *   tests    tests/unit/milter_message_test.c, tests/program/milter.t, tests/fuzz/milter_fuzz.c
 *   manual   pneu-milter(8) */
#ifndef FILTER_MILTER_WIRE_H
#define FILTER_MILTER_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/in.h"
#include "lib/out.h"

#define MILTER_DATA 65535
#define MILTER_REPLY 131072
#define MILTER_OUTPUT 131072

enum milter_command {
	MILTER_ABORT = 'A', MILTER_BODY = 'B', MILTER_CONNECT = 'C', MILTER_MACRO = 'D', MILTER_END = 'E', MILTER_HELO = 'H',
	MILTER_HEADER = 'L', MILTER_MAIL = 'M', MILTER_END_OF_HEADER = 'N', MILTER_OPTIONS = 'O', MILTER_QUIT = 'Q',
	MILTER_RCPT = 'R', MILTER_DATA_COMMAND = 'T'
};

enum milter_reply {
	MILTER_ADD_RCPT = '+', MILTER_DELETE_RCPT = '-', MILTER_ADD_RCPT_PAR = '2', MILTER_SHUTDOWN = '4', MILTER_ACCEPT = 'a',
	MILTER_REPLACE_BODY = 'b', MILTER_CONTINUE = 'c', MILTER_DISCARD = 'd', MILTER_CHANGE_FROM = 'e',
	MILTER_CONN_FAIL = 'f', MILTER_ADD_HEADER = 'h', MILTER_INSERT_HEADER = 'i', MILTER_CHANGE_HEADER = 'm',
	MILTER_PROGRESS = 'p', MILTER_QUARANTINE = 'q', MILTER_REJECT = 'r', MILTER_SKIP = 's', MILTER_TEMPFAIL = 't',
	MILTER_REPLY_CODE = 'y'
};

#define MILTER_VERSION 6u
#define MILTER_ACTIONS 0x1ffu           /* all: headers, body, recipients, quarantine, sender, parameters, macro lists */
/* of the protocol's steps: what may be left out, what needs no reply, and two ways of talking */
#define MILTER_STEPS 0x1fffffu
#define MILTER_NO_CONNECT 0x1u
#define MILTER_NO_HELO 0x2u
#define MILTER_NO_MAIL 0x4u
#define MILTER_NO_RCPT 0x8u
#define MILTER_NO_BODY 0x10u
#define MILTER_NO_HEADERS 0x20u
#define MILTER_NO_END_OF_HEADER 0x40u
#define MILTER_MUTE_HEADER 0x80u
#define MILTER_NO_DATA 0x200u
#define MILTER_MUTE_CONNECT 0x1000u
#define MILTER_MUTE_HELO 0x2000u
#define MILTER_MUTE_MAIL 0x4000u
#define MILTER_MUTE_RCPT 0x8000u
#define MILTER_MUTE_DATA 0x10000u
#define MILTER_MUTE_END_OF_HEADER 0x40000u
#define MILTER_MUTE_BODY 0x80000u
#define MILTER_LEADING_SPACE 0x100000u  /* a value has the blanks that follow the colon */

struct milter_wire {
	int fd;
	struct in in;
	struct out out;
	int timeout_ms;
	int64_t deadline_ms;            /* clock_mono_ms at which everything ends; 0: none */
	const char *doing;              /* what failed: "connect to", "write to", "read from" */
};

/* Where a milter listens: unix:PATH, local:PATH, inet:PORT@HOST, inet:HOST:PORT, inet6: the same; HOST is an address, in
 * brackets if you like, or localhost. Is it one? */
bool milter_address(const char *);
/* connect to one; the wire is the caller's and is closed with milter_close */
bool milter_open(struct milter_wire *, const char *address, int timeout_ms, int64_t deadline_ms);
/* the same with a connection that is there */
void milter_attach(struct milter_wire *, int fd, int timeout_ms, int64_t deadline_ms);
void milter_close(struct milter_wire *);

/* The beginning of a packet with n bytes of data, which are put next. Errors come with the next milter_read_reply. */
void milter_command(struct milter_wire *, char command, size_t n);
void milter_uint32(char out[4], uint32_t);
uint32_t milter_get_uint32(const char *);

struct milter_packet {
	char reply;
	const char *data;               /* n bytes, inside the wire until the next call */
	size_t n;
};
/* what was put goes out, then one packet comes in */
bool milter_read_reply(struct milter_wire *, struct milter_packet *);

#endif
