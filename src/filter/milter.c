/* milter - show a message to milters, and hand it on as they want it.
 *   arguments  [-T SECONDS] ([-t SECONDS] [-x tempfail|accept] -m ADDRESS)... [-- NEXT ARGUMENTS]
 *   fd 0       the message, up to end of file
 *   fd 1       the envelope (read, not written)                  -> wire/envelope.h
 *   fd 2       the log
 *   fd 6       if it is a pipe: why the message is refused; else NEXT's
 *   exit       that of NEXT, which takes our place: 0 queued. 82, 31, 71 refused; 0 also discarded; else as pneu-queue
 * Invariant: NEXT gets the message only when each milter has let it pass, or has failed and may be missing; what a milter
 * wanted changed before it failed is not.       -> pneu-milter(8)
 *
 * NEXT reads message and envelope from pipes that hold them already, or from files: no process waits for another. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "filter/milter_edit.h"
#include "filter/milter_facts.h"
#include "filter/milter_session.h"
#include "lib/clock.h"
#include "lib/conf.h"
#include "lib/drop.h"
#include "lib/fd.h"
#include "lib/msg.h"
#include "lib/num.h"
#include "lib/place.h"
#include "lib/proc.h"
#include "wire/inject.h"

#define MILTERS 16
#define TIMEOUT_S 60
#define TOTAL_S 300                     /* a client waits ten minutes after its message, RFC 5321 4.5.3.2.6 */
#define TIMEOUT_MAX 3600
#define REPORT 6

extern char **environ;

struct milter {
	const char *address;
	uint64_t timeout_s;
	bool dispensable;               /* the message passes when it is down */
};

struct work {
	struct milter milter[MILTERS];
	size_t milters;
	uint64_t total_s;
	char **next;                    /* 0: pneu-queue */
	bool report;                    /* descriptor 6 is for us */
	struct buf me, lines;           /* control/me, control/milters */
	struct milter_facts facts;
	struct milter_message message;
	struct milter_envelope envelope;
	struct milter_edits edits;
	int64_t deadline_ms;
};

/* mostly never touched; of the last two one is the body in use, the other is for the next */
static char text[MILTER_MEMORY], body[2][MILTER_MEMORY];
static struct milter_field fields[MILTER_FIELDS];

/* ---- which milters */

static _Noreturn void
usage(void)
{
	die_say(EX_HARD, "usage: pneu-milter [-T seconds] [[-t seconds] [-x tempfail|accept] -m address]... [-- next arguments]");
}

static bool
take_action(struct milter *m, const char *word)
{
	m->dispensable = strcmp(word, "accept") == 0;
	return m->dispensable || strcmp(word, "tempfail") == 0;
}

static bool
add(struct work *w, const struct milter *m)
{
	if (w->milters == MILTERS || !milter_address(m->address))
		return false;
	w->milter[w->milters++] = *m;
	return true;
}

static void
read_arguments(struct work *w, int argc, char **argv)
{
	struct milter m = { 0, TIMEOUT_S, false };
	bool ok = true;
	int c;

	w->total_s = TOTAL_S;
	while (ok && (c = getopt(argc, argv, "+m:T:t:x:")) != -1) {
		switch (c) {
		case 'm':
			m.address = optarg;
			if (!add(w, &m))
				die_say(EX_HARD, w->milters == MILTERS ? "too many milters: " : "not the address of a milter: ", optarg);
			break;
		case 'T':
			ok = num_u64(optarg, 1, TIMEOUT_MAX, &w->total_s);
			break;
		case 't':
			ok = num_u64(optarg, 1, TIMEOUT_MAX, &m.timeout_s);
			break;
		case 'x':
			ok = take_action(&m, optarg);
			break;
		default:
			ok = false;
		}
	}
	if (!ok)
		usage();
	if (optind < argc)
		w->next = argv + optind;
}

/* ADDRESS [timeout=SECONDS] [down=tempfail|accept], taken apart where it stands */
static bool
take_line(struct work *w, char *line)
{
	struct milter m = { strtok(line, " \t"), TIMEOUT_S, false };
	char *word;

	while ((word = strtok(0, " \t")))
		if (!(strncmp(word, "timeout=", 8) == 0 && num_u64(word + 8, 1, TIMEOUT_MAX, &m.timeout_s)) &&
		    !(strncmp(word, "down=", 5) == 0 && take_action(&m, word + 5)))
			return false;
	return m.address && add(w, &m);
}

static void
read_configuration(struct work *w)
{
	const struct conf table[] = {
		{ "me", CONF_LINE, &w->me, 0, 0, 0 },
		{ "milters", CONF_LINES, &w->lines, 0, 0, 0 },
	};
	struct conf_error e;
	const char *line = 0, *next;

	if (!conf_read(table, w->milters ? 1 : 2, &e))
		die_say(INJECT_CONF, e.text);
	if (!conf_host_name(&w->me))
		die_sys(INJECT_CONF, "find the name of this host");
	if (w->milters)
		return;
	if (!w->lines.s)                /* a filter was asked for: its absence is not consent */
		die_say(INJECT_CONF, "control/milters: is missing, and no milter is named");
	for (line = conf_next(&w->lines, 0); line; line = next) {
		next = conf_next(&w->lines, line);
		if (!take_line(w, w->lines.s + (line - w->lines.s))) {
			conf_complain(&e, "milters", w->milters == MILTERS ? "too many milters" :
			    "is not an address [timeout=seconds] [down=tempfail|accept]", line);
			die_say(INJECT_CONF, e.text);
		}
	}
}

/* ---- the message */

static void
read_message(struct work *w)
{
	w->message.field = fields;
	switch (milter_read(&w->message, 0, text, w->facts.remote)) {
	case MILTER_READ:
		return;
	case MILTER_READ_TROUBLE:
		die_sys(INJECT_READ, "read message");
	case MILTER_READ_STORE:
		die_sys(INJECT_WRITE, "store message");
	case MILTER_READ_HEADER:
	default:
		die_say(INJECT_REFUSED, "the header of the message is too long");
	}
}

static void
read_envelope(struct work *w)
{
	switch (milter_envelope_read(&w->envelope, 1)) {
	case MILTER_ENVELOPE_OK:
		return;
	case MILTER_ENVELOPE_TROUBLE:
		die_sys(errno == ENOMEM ? INJECT_MEMORY : INJECT_READ, "read envelope");
	case MILTER_ENVELOPE_CUT:
		die_say(INJECT_READ, "unable to find the end of the envelope");
	case MILTER_ENVELOPE_LONG:
		die_say(INJECT_ADDR, "unable to take an address so long");
	case MILTER_ENVELOPE_BAD:
	default:
		die_say(INJECT_ENVELOPE, "unable to understand the envelope");
	}
}

/* ---- verdicts */

static _Noreturn void
refuse(const struct work *w, char verdict, const char *why)
{
	char words[1 + MILTER_TEXT];
	size_t n = strlen(why);

	words[0] = verdict;
	memcpy(words + 1, why, n);
	if (w->report && fd_write(REPORT, words, n + 1))
		_exit(INJECT_WORDS);
	_exit(verdict == 'D' ? INJECT_REFUSED : INJECT_LATER);
}

static _Noreturn void
discard(const struct work *w, const char *who, const char *why)
{
	say(w->facts.session, ": ", who, ": ", why);
	_exit(0);
}

static void
failed(const struct work *w, const struct milter *m, const struct milter_wire *wire, int error)
{
	const char *reason = error == EPIPE || error == ECONNRESET ? "it hung up" : error == EPROTO ? "it talks nonsense" :
	    error == ETIMEDOUT ? "no answer in time" : strerror(error);

	say(w->facts.session, ": ", m->address, ": unable to ", wire->doing, " it: ", reason,
	    m->dispensable ? "; goes on without it" : "; deferred");
	if (!m->dispensable)
		refuse(w, 'Z', "4.7.1 message cannot be checked now, try again later");
}

/* what it wanted changed, all of it */
static void
apply(struct work *w, const struct milter *m, bool spaced)
{
	bool held = *w->envelope.hold;

	if (!milter_edits_apply(&w->edits, &w->message, &w->envelope, spaced))
		die_sys(errno == ENOSPC || errno == EIO || errno == EFBIG ? INJECT_WRITE : INJECT_MEMORY, "change message for ", m->address);
	if (*w->edits.ignored)
		say(w->facts.session, ": ", m->address, ": a parameter of a recipient is ignored: ", w->edits.ignored);
	if (*w->envelope.hold && !held)
		say(w->facts.session, ": ", m->address, ": to be held: ", w->envelope.hold);
	if (w->envelope.rcpts == 0)
		discard(w, m->address, "discarded, it took away all recipients");
}

static void
ask(struct work *w, const struct milter *m)
{
	struct milter_wire wire;
	struct milter_said said = { false, false, "" };
	enum milter_verdict v = MILTER_FAILS;
	int e;

	milter_edits_init(&w->edits, body[w->message.body.s == body[0]], w->me.s, milter_utf8(&w->envelope));
	if (milter_open(&wire, m->address, (int)m->timeout_s * 1000, w->deadline_ms))
		v = milter_session(&wire, &w->facts, &w->message, &w->envelope, &w->edits, &said);
	e = errno;
	milter_close(&wire);
	if (said.cut)
		say(w->facts.session, ": ", m->address, ": a header field was too long to be shown whole");
	switch (v) {
	case MILTER_PASSES:
		apply(w, m, said.spaced);
		return;
	case MILTER_REFUSES: case MILTER_DEFERS:
		say(w->facts.session, ": ", m->address, v == MILTER_REFUSES ? ": refused: " : ": deferred: ", said.text);
		refuse(w, v == MILTER_REFUSES ? 'D' : 'Z', said.text);
	case MILTER_DISCARDS:
		discard(w, m->address, "discarded");
	case MILTER_FAILS:
	default:
		milter_edits_drop(&w->edits);
		failed(w, m, &wire, e);
	}
}

/* ---- the next program, in our place */

static _Noreturn void
go_on(struct work *w)
{
	char path[1024], *preset[2] = { path, 0 }, **next = w->next ? w->next : preset;
	const struct buf *envelope = milter_envelope_end(&w->envelope);
	struct proc_fd map[3] = { { -1, 0 }, { -1, 1 }, { REPORT, REPORT } };

	if (!envelope)
		die_sys(INJECT_MEMORY, "hold envelope");
	if ((map[0].from = milter_message_open(&w->message)) < 0)
		die_sys(INJECT_WRITE, "store message");
	if ((map[1].from = milter_bytes_open(envelope->s, envelope->len)) < 0)
		die_sys(INJECT_WRITE, "store envelope");
	if (!w->next && !place_program(path, sizeof path, "pneu-queue"))
		die_sys(INJECT_RUN, "name pneu-queue");
	unsetenv("PNEU_FILTER");                /* they name us: a next program that looks there must not come back */
	unsetenv("QMAILQUEUE");
	alarm(0);
	(void)proc_exec(*next, next, environ, map, w->report ? 3 : 2);
	die_sys(INJECT_RUN, "run ", *next);
}

int
main(int argc, char **argv)
{
	static struct work w;
	struct stat st;
	size_t i;
	int code;

	msg_name("pneu-milter");
	drop_sight();                           /* sessions with strangers are of our uid */
	if ((code = inject_enter()) != 0)
		die_say(code, "descriptors 0 and 1 must be open");
	w.report = fstat(REPORT, &st) == 0 && S_ISFIFO(st.st_mode);     /* before anything of ours may have this number */
	read_arguments(&w, argc, argv);
	read_configuration(&w);
	milter_facts(&w.facts, w.me.s);
	read_message(&w);
	read_envelope(&w);
	w.deadline_ms = clock_mono_ms() + (int64_t)w.total_s * 1000;
	for (i = 0; i < w.milters; i++)
		ask(&w, &w.milter[i]);
	go_on(&w);
}
