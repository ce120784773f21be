/* qread - what the parts of pneu-qread know of one another */
#ifndef TOOLS_QREAD_H
#define TOOLS_QREAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/out.h"
#include "tools/look.h"
#include "tools/put.h"
#include "tools/selector.h"
#include "tools/walk.h"

struct reader;

/* a form of the list; each may be 0 */
struct form {
	const char *name;
	void (*begin)(struct reader *);
	void (*message)(struct reader *);       /* the one in r->look, read to LOOK_ALL if it is deep */
	void (*end)(struct reader *);
	bool deep;
};

enum sort { SORT_ARRIVAL, SORT_SIZE, SORT_TRIES, SORT_NEXT, SORT_SENDER, SORT_DOMAIN };

struct reader {
	struct walk walk;
	struct look look;               /* used for one message after another: no allocation for each */
	struct selector selector;
	struct out out;
	const struct form *form;
	int64_t now_s;
	uint64_t limit;                 /* messages to list at the most */
	uint64_t shown, bytes;          /* so far */
	enum sort sort;
	bool reverse, unsorted, history;
	char id[QID_TEXT];              /* of the message in look */
	struct put_date arrival, next, attempt;
	int exit;
};

/* say what is wrong with the message and go on with the others */
void qread_complain(struct reader *, const char *why);

/* ---- qread_form.c, qread_mailq.c */
extern const struct form form_full, form_line, form_id, form_json, form_sendmail, form_postfix, form_postfix_json;

/* ---- qread_order.c: for all but the order of arrival, every message that is meant is read twice. Kept are an ID and a key for
 * each, or as many as the limit says; senders and domains once each. */
struct order;
struct order *order_new(enum sort, bool reverse, uint64_t limit);       /* 0: ENOMEM */
bool order_add(struct order *, const struct look *);                    /* looked at to LOOK_ALL; false: ENOMEM */
void order_free(struct order *);
/* in order, once all were added; false: that was all */
bool order_next(struct order *, struct walk_item *);

/* ---- for several */
int64_t qread_arrival_s(const struct reader *);         /* of the message in look, as qread_state */
const char *qread_mark(const struct qf_rcpt *);         /* what marks it in an alias file as what it is */
enum qread_state { QREAD_HELD, QREAD_ACTIVE, QREAD_WAITING };
enum qread_state qread_state(const struct reader *);    /* of the message in look */

#endif
