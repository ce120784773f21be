/* result - what pneu-remote has to say about a recipient, a message or a site
 *
 * Each function fills a whole result. A text that would not fit is cut (report_put marks the cut). */
#ifndef REMOTE_RESULT_H
#define REMOTE_RESULT_H

#include <stdbool.h>
#include <stdint.h>

#include "mail/reply.h"
#include "wire/job.h"

struct result {
	char verdict;                   /* K Z D */
	bool site;                      /* about the site, see wire/job.h */
	uint64_t wait_s;                /* the server asked to wait so long; 0: it did not */
	char status[REPLY_STATUS];
	char via[JOB_VIA + 1];          /* as wire/job.h has it; "" until client_via */
	char text[JOB_TEXT + 2];        /* one more than goes through: report_put sees that there was more */
};

/* status is used as it is; the texts are strings, joined, the last followed by (char *)0 */
void result_say_list(struct result *, char verdict, bool site, const char *status, const char *, ...);
#define result_say(r, verdict, site, status, ...) result_say_list((r), (verdict), (site), (status), __VA_ARGS__, (char *)0)

/* one text more at the end, as far as it fits */
void result_append(struct result *, const char *);

/* What a server's reply means: 2 is K, 5 is D, all else Z. The status is the server's if it gave one that agrees with
 * the code; else the verdict's digit and detail, as in ".1.1". Of a Z, wait_s is what the reply asks for (mail/retryhint.h).
 * Text: "IP WHAT\nRemote host said: REPLY\n" */
void result_reply(struct result *, const struct reply *, bool site, const char *detail, const char *ip, const char *what);

#endif
