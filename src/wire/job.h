/* job - send <-> local, send <-> remote: one packet is one job or one report
 *
 *   from    fields, each ending in 0                            with it     meaning
 *   send    number offset length sender params                  message fd  deliver this
 *             (recipient rcptparams)...
 *   worker  number index verdict status scope wait via text     -           what became of one recipient
 *   worker  "S" exchangers                                      -           these hosts are where my mail goes; may I?
 *   send    "G"                                                 -           go ahead
 *
 *   number  decimal, chosen by send, echoed by the worker: the delivery number of the job's first recipient,
 *           the others follow it one by one
 *   offset  where in the file behind the descriptor the message begins; length is its bytes, lines end in LF
 *   params  "" or words NAME or NAME=VALUE, separated by one space; in VALUE control bytes, space, '%' and 0x7f are %XX
 *             BODY=8BITMIME  the sender declared it so (RFC 6152)
 *             SMTPUTF8       the sender declared it so (RFC 6531): its header may hold UTF-8
 *             VIA=address    an alias led here from that address: "Delivered-To: address" is to be put before the message
 *             FORWARDED      by an alias or a user of ours: the envelope sender may need rewriting (mail/srs.h)
 *             RET=FULL|HDRS, ENVID=xtext  as the sender gave them (RFC 3461); xtext as it stood in MAIL
 *             anything else is ignored
 *   rcptparams  in the same form, of this one recipient, most often ""
 *             NOTIFY=NEVER or events with commas, ORCPT=type;xtext  as they stood in RCPT (RFC 3461)
 *   index   counts the job's recipients from 0
 *   verdict K delivered, Z later, D never
 *   status  enhanced status code, "2.1.5" (RFC 3463), JOB_STATUS bytes; it goes into headers, so nothing else passes
 *   scope   "m" the verdict is about this message or recipient; "s" it is about the site: nobody there answers,
 *           so send opens no more connections to it for a while
 *   wait    seconds that the server asked to wait before another attempt ("try again in 300 seconds"); 0: it did not say
 *   via     "HOST/ADDRESS/PROTECTION" of the attempt: the next hop's name and address, and what protected the connection
 *           ("clear", "TLSv1.3", "TLSv1.3:verified", "TLSv1.3:dane"); "/dsn" follows when that hop has taken the parameters
 *           of RFC 3461 and with them the duty to report. "" where there was no connection, and for local deliveries, but:
 *           "/dsn" the user has it forwarded to one address, and the parameters went with it; "/expanded" to several places.
 *           Printable ASCII without space, JOB_VIA bytes.
 *   text    for the log and the bounce, any bytes but 0; the lines of a server's answer stand behind JOB_SAID
 *   exchangers  one word, the same for all domains whose mail goes to the same hosts under the same rules, JOB_VIA bytes of
 *           printable ASCII: the best host's name, and after a '/' what tells it from others. A worker of an "mx" route says
 *           it after its look-up, with its first job in hand, and again only if it has changed; it connects once it hears
 *           "G". So send can count what many domains have together as one site, and may close the socket instead, give the
 *           job to a worker that is connected there, and other domains' jobs of the same exchangers to this one. So when it is
 *           said nothing may have been begun of a job in hand.
 *   message a descriptor, opened read-only by send; its offset is shared with others, so workers use pread.
 *           A path never crosses the wall.
 *   limits  JOB_RECIPIENTS recipients, JOB_PACKET bytes in all, JOB_TEXT bytes of text; offset + length fits an off_t
 *   order   a worker takes one job after another and reports each recipient once; it ends when it reads end of file
 *   trust   send does not believe a worker: unknown number, index or verdict = log it, treat as Z
 *   broken  a worker that ends with recipients unreported: Z for each of them
 *   tests   tests/wire/job_test.c    manual: pneu-job(5) */
#ifndef WIRE_JOB_H
#define WIRE_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"

#define JOB_RECIPIENTS 100
#define JOB_PACKET 65536
#define JOB_TEXT 4000
#define JOB_PARAMS 4096         /* three times the longest address, and room for the rest */
#define JOB_RCPT_PARAMS 1600    /* of an ORCPT three times its longest, and NOTIFY */
#define JOB_STATUS 9            /* "5.123.123" */
#define JOB_VIA 400             /* two names' worth, and more */
#define JOB_SAID "\nRemote host said: "

struct job {
	uint64_t number, offset, length;
	const char *sender, *params;
	const char *rcpt[JOB_RECIPIENTS];       /* strings inside the packet */
	const char *rcpt_params[JOB_RECIPIENTS];        /* likewise; job_put takes 0 for "" */
	size_t rcpts;
	int message;
};

struct report {
	uint64_t number, index;
	char verdict;                           /* K Z D; or S: exchangers are all there is */
	bool site;                              /* scope is "s" */
	uint64_t wait_s;                        /* 0: nothing said */
	const char *status, *via, *text;        /* strings inside the packet; report_put takes 0 for "" as via */
	const char *exchangers;                 /* with S */
};

enum job_result {
	JOB_GOT,
	JOB_GO,                 /* job_get alone: "G" */
	JOB_NONE,               /* nothing there yet (flags said not to wait) */
	JOB_END,                /* the other side is gone */
	JOB_BAD,                /* not a packet of this protocol: EPROTO; the stream goes on */
	JOB_TROUBLE             /* errno */
};

/* flags of the four: 0 or MSG_DONTWAIT. space has JOB_PACKET bytes and keeps what the result points into. */
/* false: EMSGSIZE over the limits, EBADF no message, EAGAIN would wait */
bool job_put(int sock, const struct job *, int flags);
enum job_result job_get(int sock, char *space, struct job *, int flags);        /* message is the caller's to close */
bool job_go(int sock, int flags);                               /* "G" */
bool report_put(int sock, const struct report *, int flags);    /* text longer than JOB_TEXT ends in "..." */
enum job_result report_get(int sock, char *space, struct report *, int flags);

/* Append a word to params; value 0: the name alone. False as buf_put, and nothing of it is put. */
bool job_param_put(struct buf *params, const char *name, const char *value);
/* Is there such a word? Its value, decoded, goes to value if that is not 0; its ceiling is the caller's.
 * False with errno 0: no; else as buf_put, or EPROTO: no such encoding */
bool job_param_get(const char *params, const char *name, struct buf *value);

/* has the next hop, so says this via, taken over what the sender wants to hear? */
bool job_via_duty(const char *via);
/* is it CLASS.SUBJECT.DETAIL with class 2, 4 or 5 and one to three digits each? */
bool job_status(const char *);

/* bytes a recipient of this length with such params takes in a packet, and what the rest of a job takes, at the most:
 * for send, which fills packets */
#define JOB_RCPT_BYTES(len, params_len) ((len) + 1 + (params_len) + 1)
#define JOB_FIXED_BYTES(sender_len, params_len) (3 * 21 + (sender_len) + 1 + (params_len) + 1)

#endif
