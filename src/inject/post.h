/* post - a message on its way from a program here into the queue: the header is held, the body only passes through
 *
 * post_read, then compose_header with the head, then post_send or post_print. A message of up to POST_PIECE bytes is read with one
 * read and handed on with one write. */
#ifndef INJECT_POST_H
#define INJECT_POST_H

#include <stdbool.h>
#include <stddef.h>

#include "inject/compose.h"
#include "inject/head.h"
#include "inject/draft.h"
#include "wire/inject.h"

#define POST_PIECE 65536

struct post {
	struct draft draft;
	struct head head;
	const char *s;                  /* what has been read: the header and the beginning of the body */
	size_t n;
	struct buf held;                /* where it is if it is more than one piece */
};

struct post_wishes {                    /* for the envelope; 0: nothing is said */
	const char *notify;             /* NOTIFY's value for every recipient */
	const char *ret;                /* FULL or HDRS */
	const char *envid;              /* as xtext */
	const char *hold;               /* why it is to be held */
	bool says_7bit;
	bool utf8;                      /* SMTPUTF8 is needed whatever the addresses are */
};

enum post_result { POST_OK, POST_LONG, POST_TROUBLE };

/* Read until the header is over. dots: as draft.h has it. LONG: the header is over COMPOSE_HEADER; TROUBLE: errno */
enum post_result post_read(struct post *, int fd, bool dots);
/* Queue it: the header that was composed, then the body until it ends. before, if not 0, is put between the two: the header is then
 * not that of this message, whose own follows that text. The result is as inject_end has it. */
void post_send(struct post *, const struct compose *, const struct post_wishes *, const char *before, struct inject_result *);
/* the same to a descriptor, without an envelope; false: errno */
bool post_print(struct post *, const struct compose *, int fd);

#endif
