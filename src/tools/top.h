/* top - what pneu-top knows, and how it is shown
 *
 *   top_ask.c   the runner's answers, one request at a time, never waited for
 *   top_read.c  what an answer says
 *   top_view.c  a screen made of it
 *   top_term.c  the terminal
 *   top.c       keys and time */
#ifndef TOOLS_TOP_H
#define TOOLS_TOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"

/* ---- what the runner said (wire/control.h, verb live); strings are in the text that was read, masked */

#define LIVE_DELIVERIES 200             /* more of them are not looked at */
#define LIVE_PLACES 400
#define LIVE_AGES 10
#define LIVE_PAUSES 100

enum live_rate { RATE_NEW, RATE_ENDED, RATE_DELIVERED, RATE_DEFERRED, RATE_FAILED, RATE_BOUNCED, RATE_BYTES, LIVE_RATES };
enum live_span { SPAN_10S, SPAN_1M, SPAN_5M, SPAN_15M, SPAN_ALL, LIVE_SPANS };

struct delivery {
	const char *id, *key, *rcpt;
	uint64_t number, seconds, rcpts;
	bool local;
};

struct place {
	const char *key, *rate, *exchangers, *error;    /* "" where there is nothing to say */
	uint64_t busy, queued, waiting, window, most, dead, ago;
	bool local, paused;
};

struct paused {
	const char *what;
	uint64_t since_s, uid;          /* when, seconds since 1970; who */
};

struct live {
	uint64_t messages, active, local, local_limit, remote, remote_limit, scanning, stopping, unplaced, overdue;
	uint64_t rate[LIVE_RATES][LIVE_SPANS];  /* how many; SPAN_10S is the caller's */
	uint64_t age_minutes[LIVE_AGES];        /* younger than that; 0: the rest */
	uint64_t age[LIVE_AGES];
	size_t ages, deliveries, places, pauses;
	struct delivery delivery[LIVE_DELIVERIES];
	struct place place[LIVE_PLACES];
	struct paused paused[LIVE_PAUSES];
};

/* the text is changed and must outlive the live; what makes no sense is left out */
void live_read(struct live *, struct buf *text);
/* the name that pause, resume and retry-site take, into n bytes of space; 0: it has none that can be said */
const char *place_name(const struct place *, char *space, size_t n);

/* ---- asking */

enum asking { ASK_AWAY, ASK_IDLE, ASK_LIVE, ASK_ORDER };

struct asker {
	int fd;
	enum asking state;
	int error;                      /* why it is away */
	int64_t asked_ms, next_ms;      /* monotonic: when, and when again */
	int64_t pause_ms;               /* between two */
	char verb[16], word[400];       /* an order to be given; "" none */
};

enum heard { HEARD_NOTHING, HEARD_LIVE, HEARD_ORDER, HEARD_REFUSED, HEARD_GONE };

void asker_init(struct asker *, int64_t pause_ms);
/* an order for the runner, once it has answered what it was asked; false: there is one already, or it is too long */
bool asker_order(struct asker *, const char *verb, const char *word);
/* What is there to do now: connect, ask, hear. text has the answer of LIVE, ORDER and REFUSED; GONE: error tells why. */
enum heard asker_do(struct asker *, struct buf *text);
int64_t asker_until(const struct asker *);      /* when to do that again though nothing comes, monotonic ms */

/* ---- the screen */

#define SCREEN_ROWS 600
#define SCREEN_COLS 400

enum look_of { LOOK_PLAIN, LOOK_STRONG, LOOK_TURNED };  /* bold; background and foreground changed */

struct screen {
	size_t rows, cols;              /* of the terminal: no more than above */
	size_t used;                    /* rows */
	struct row {
		enum look_of look;
		char text[SCREEN_COLS + 1];
	} row[SCREEN_ROWS];
};

enum sort { SORT_BACKLOG, SORT_ACTIVE, SORT_WAITING, SORT_DEAD, SORT_NAME, SORTS };
extern const char *const sort_names[SORTS];
enum mode { MODE_BOTH, MODE_DELIVERIES, MODE_PLACES, MODE_HELP, MODES };

struct view {
	enum sort sort;
	enum mode mode;
	bool snapshot;                  /* all of it, as plain lines */
	char chosen[400];               /* key of the place that orders are for; "" the first */
	bool chosen_local;
	size_t top, at;                 /* the first place that is shown; the chosen one */
	size_t delivery_top;
	char words[800];                /* what became of an order, or a question */
	const char *trouble;            /* why there is nothing to show; 0 */
};

/* sorts the places, finds the chosen one again */
void view_arrange(struct view *, struct live *);
void view_move(struct view *, struct live *, int by);           /* choose another one */
/* live 0: nothing is known yet */
void view_draw(struct screen *, struct view *, const struct live *);

/* ---- the terminal, descriptor 1; keys come from 0, or /dev/tty */

bool term_open(void);                   /* false: errno */
void term_enter(void);                  /* ours from now on */
void term_leave(void);                  /* as it was; safe in a signal handler, and more than once */
int term_keys(void);                    /* descriptor */
void term_size(size_t *rows, size_t *cols);
/* whole: nothing of what was shown before is there any more. false: errno, EINTR: a signal came first */
bool term_show(const struct screen *, bool whole);

#endif
