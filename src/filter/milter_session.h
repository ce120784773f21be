/* milter_session - one message shown to one milter, from the agreement on options to the verdict
 *
 * The session of SMTP is over when we begin: connection, HELO, sender, recipients and message come one after the other, and
 * a refusal of any of them is one of the message. Nothing is changed here; what the milter wants changed is in the edits.
 *   tests   tests/unit/milter_message_test.c, tests/program/milter.t, tests/fuzz/milter_fuzz.c */
#ifndef FILTER_MILTER_SESSION_H
#define FILTER_MILTER_SESSION_H

#include <stdbool.h>

#include "filter/milter_edit.h"
#include "filter/milter_facts.h"
#include "filter/milter_wire.h"

#define MILTER_TEXT 240

enum milter_verdict {
	MILTER_PASSES,                  /* perhaps with edits */
	MILTER_REFUSES,                 /* for ever, with text */
	MILTER_DEFERS,                  /* for now, with text */
	MILTER_DISCARDS,
	MILTER_FAILS                    /* errno; wire->doing says what failed */
};

struct milter_said {
	bool spaced;                    /* a space goes before each value that it gives */
	bool cut;                       /* a field was too long for it, and shown cut */
	char text[MILTER_TEXT];         /* "5.7.1 why": printable, begins with a status of the verdict's class */
};

enum milter_verdict milter_session(struct milter_wire *, const struct milter_facts *, const struct milter_message *,
    const struct milter_envelope *, struct milter_edits *, struct milter_said *);

/* the text of a reply code packet ("550 5.7.1 why", perhaps of several lines); PASSES: it is none */
enum milter_verdict milter_reply_text(const char *, char text[MILTER_TEXT]);

#endif
