/* trace - the life of a message, of an SMTP session, or of all messages of an address, from the logs.
 *   argv  [-j] [-f FILE]... [-d DIRECTORY]... [-s WHEN] [-u WHEN] ID | ADDRESS | @DOMAIN ...
 *   fd 0  a log, if a FILE is "-"
 *   fd 1  what happened, in order of time
 *   exit  0 found; 1 nothing found; 100 wrong usage; 111 a log could not be read, or it was too much: what was found is shown
 * Invariant: memory is bounded by ceilings whatever is in the logs, and what is left out because of one is said.
 * -> pneu-trace(1) */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/ascii.h"
#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/conf.h"
#include "lib/msg.h"
#include "lib/out.h"
#include "lib/place.h"
#include "lib/sig.h"
#include "mail/addr.h"
#include "tools/trace.h"
#include "wire/qid.h"

#define EVENTS_MAX (2u << 20)
#define TEXT_MAX (512u << 20)           /* bytes of lines that are kept */
#define BLOCK (1u << 20)
#define RESTAMP_US 10000000             /* an ID's time counts for the order if it is not further off */

#define USAGE "usage: pneu-trace [-j] [-f FILE]... [-d DIRECTORY]... [-s WHEN] [-u WHEN] ID|ADDRESS|@DOMAIN|LOGIN..."

struct asked {
	const char *s;                  /* as it stands in logs: unprintable bytes are '?' */
	size_t n;
	bool address;                   /* else an ID */
};

struct trace {
	struct asked *asked;
	size_t asks;
	int64_t since_us, until_us;
	bool json, addresses;
	struct trace_sources *sources;
	struct trace_index index;
	/* of the log that is being read */
	uint32_t source;
	int64_t clock_us;               /* of one without stamps: the latest time that an ID told */
	/* what will be shown */
	struct trace_event *event;
	size_t events, events_room, text_sum;
	char *block;
	size_t block_left;
};

static char space[65536];

/* ---- time */

static int64_t
id_us(struct span id)
{
	char text[QID_TEXT];
	struct qid q;

	if (id.n == 0 || id.n >= sizeof text)
		return TRACE_ANY_TIME;
	memcpy(text, id.s, id.n);
	text[id.n] = 0;
	return qid_parse(text, &q) ? (int64_t)q.us : TRACE_ANY_TIME;
}

/* A log without stamps: it is at least as late as the messages and sessions that begin there. */
static int64_t
guess(struct trace *t, const struct trace_raw *r, const struct trace_line *l)
{
	int64_t us = TRACE_ANY_TIME;

	if (r->source != t->source)
		t->clock_us = TRACE_ANY_TIME;
	t->source = r->source;
	if (l->kind == TRACE_NEW || l->kind == TRACE_CONNECTED)
		us = id_us(l->id);
	else if (l->kind == TRACE_ACCEPTED || l->kind == TRACE_BOUNCED)
		us = id_us(l->child);
	if (us > t->clock_us)
		t->clock_us = us;
	return t->clock_us;
}

static int64_t
when(struct trace *t, const struct trace_raw *r, const struct trace_line *l)
{
	if (r->us != TRACE_ANY_TIME)
		return r->us;
	return r->form == TRACE_BARE ? guess(t, r, l) : trace_stamp_us(r->stamp, r->form, r->near_s);
}

static bool
in_time(const struct trace *t, int64_t us)
{
	return (t->since_us == INT64_MIN || us >= t->since_us) && (t->until_us == INT64_MAX || us <= t->until_us);
}

/* ---- what is asked for */

static bool
same_letters(const char *a, const char *b, size_t n)
{
	while (n && ascii_lower(*a) == ascii_lower(*b))
		a++, b++, n--;
	return n == 0;
}

static bool
is_asked(const struct trace *t, struct span address)
{
	size_t i;

	for (i = 0; i < t->asks; i++) {
		const struct asked *a = &t->asked[i];

		if (a->address && (*a->s == '@' ? a->n <= address.n : a->n == address.n) &&
		    same_letters(a->s, address.s + address.n - a->n, a->n))
			return true;
	}
	return false;
}

/* the address of a command that was refused */
static bool
is_asked_in_command(const struct trace *t, struct span command)
{
	const char *open = command.n ? memchr(command.s, '<', command.n) : 0;
	struct addr a;
	size_t used;

	return open && addr_path(&a, open, command.n - (size_t)(open - command.s), &used) == ADDR_OK &&
	    is_asked(t, (struct span){ a.s, a.len });
}

/* Is the line about an address that is asked for? */
static bool
concerns(const struct trace *t, const struct trace_line *l)
{
	if (!t->addresses)
		return false;
	switch (l->kind) {
	case TRACE_BEGUN:
	case TRACE_EXPANDED:
	case TRACE_SKIPPED:
		return is_asked(t, l->rcpt);
	case TRACE_QUEUED:
		return is_asked(t, l->from);
	case TRACE_ACCEPTED:
		return is_asked(t, l->from) || is_asked(t, l->login);
	case TRACE_REFUSED:
		return (l->has_from && is_asked(t, l->from)) || is_asked_in_command(t, l->command);
	case TRACE_AUTH:
	default:
		return l->kind == TRACE_AUTH && is_asked(t, l->login);
	}
}

/* ---- the first reading: who belongs together */

static void
want(struct trace *t, const struct trace_line *l)
{
	if (l->kind == TRACE_REFUSED || l->kind == TRACE_AUTH)
		(void)trace_want(&t->index, span_hash(l->id), TRACE_CONTEXT);
	else if (l->kind != TRACE_ACCEPTED)
		(void)trace_want(&t->index, span_hash(l->id), TRACE_WHOLE);
	else if (l->child.n)
		(void)trace_want(&t->index, span_hash(l->child), TRACE_WHOLE);
}

static void
link_up(struct trace *t, const struct trace_raw *r, const struct trace_line *l)
{
	struct trace_index *x = &t->index;
	uint64_t parent;

	switch (l->kind) {
	case TRACE_BEGUN:
		trace_number(x, r->origin, l->delivery, span_hash(l->id));
		return;
	case TRACE_DELIVERED:
	case TRACE_DEFERRED:
	case TRACE_FAILED:
	case TRACE_MANGLED:
		parent = trace_delivery(x, r->origin, l->delivery);
		if (parent && l->child.n)
			trace_link(x, parent, span_hash(l->child), false);
		if (parent)
			trace_number(x, r->origin, l->delivery, 0);
		return;
	case TRACE_BOUNCED:
	case TRACE_REPORTED:
	case TRACE_ACCEPTED:
		if (l->child.n)
			trace_link(x, span_hash(l->id), span_hash(l->child), l->kind == TRACE_ACCEPTED);
		return;
	default:
		return;
	}
}

static void
learn(void *context, const struct trace_raw *r)
{
	struct trace *t = context;
	struct trace_line l;

	if (!trace_parse(&l, r->text))
		return;
	link_up(t, r, &l);
	if (t->addresses && (t->since_us != INT64_MIN || t->until_us != INT64_MAX)) {
		if (!in_time(t, when(t, r, &l)))
			return;
	}
	if (concerns(t, &l))
		want(t, &l);
}

/* ---- the second reading: what is shown */

static const char *
keep_text(struct trace *t, struct span s)
{
	char *at;

	if (t->text_sum + s.n > TEXT_MAX)
		return 0;
	if (s.n > t->block_left) {
		if (!(t->block = malloc(BLOCK)))
			return 0;
		t->block_left = BLOCK;
	}
	at = t->block;
	memcpy(at, s.s, s.n);
	t->block += s.n;
	t->block_left -= s.n;
	t->text_sum += s.n;
	return at;
}

/* An event came earlier than its log says; then so did what stands before it in the same log. */
static void
put_back(struct trace *t, struct trace_event *e, int64_t us)
{
	struct trace_event *x;

	e->order_us = us;
	for (x = e; x-- > t->event && x->source == e->source; )
		if (x->order_us > us && x->order_us - us < RESTAMP_US)
			x->order_us = us;
		else
			break;
}

/* known: whose it is. The event + 1; 0: there was no room */
static uint32_t
keep(struct trace *t, const struct trace_raw *r, const struct trace_line *l, uint32_t known, bool shown)
{
	struct trace_event *e;
	int64_t own;

	if (t->events == t->events_room) {
		size_t n = t->events_room ? 2 * t->events_room : 1024;

		if (t->events == EVENTS_MAX || !(e = realloc(t->event, n * sizeof *e))) {
			t->index.full = true;
			return 0;
		}
		t->event = e;
		t->events_room = n;
	}
	e = &t->event[t->events];
	*e = (struct trace_event){ .text = keep_text(t, r->text), .n = (uint32_t)r->text.n, .us = when(t, r, l), .known = known,
		.source = r->source, .seq = (uint32_t)t->events, .guessed = r->form == TRACE_BARE && r->us == TRACE_ANY_TIME,
		.shown = shown };
	if (!e->text) {
		t->index.full = true;
		return 0;
	}
	e->shown = shown && in_time(t, e->us);
	e->order_us = e->us;
	own = l->kind == TRACE_ACCEPTED ? id_us(l->child) : TRACE_ANY_TIME;
	if (own != TRACE_ANY_TIME && own <= e->us && e->us - own < RESTAMP_US)
		put_back(t, e, own - 1);        /* the runner may have been quicker than whoever accepted it */
	return (uint32_t)++t->events;
}

static uint32_t
number_of(const struct trace *t, const struct trace_known *k)
{
	return (uint32_t)(k - t->index.known);
}

static bool
is_wanted(const struct trace *t, struct span id)
{
	const struct trace_known *k = id.n ? trace_find(&t->index, span_hash(id)) : 0;

	return k && (k->role & TRACE_WHOLE);
}

static void
keep_begun(struct trace *t, const struct trace_raw *r, const struct trace_line *l, const struct trace_known *k)
{
	uint32_t e = k ? keep(t, r, l, number_of(t, k), k->role & TRACE_WHOLE) : 0;

	trace_number(&t->index, r->origin, l->delivery, e);
}

static void
keep_result(struct trace *t, const struct trace_raw *r, const struct trace_line *l)
{
	uint32_t begun = (uint32_t)trace_delivery(&t->index, r->origin, l->delivery), e;
	struct trace_known *k;

	if (!begun)
		return;
	trace_number(&t->index, r->origin, l->delivery, 0);
	k = &t->index.known[t->event[begun - 1].known];
	if (!(k->role & TRACE_WHOLE) && !is_wanted(t, l->child))
		return;
	if ((e = keep(t, r, l, number_of(t, k), true))) {
		t->event[e - 1].begun = begun;
		t->event[begun - 1].answered = t->event[e - 1].shown;
	}
}

/* What a session said since its last message, and now it is known whose that was. */
static void
settle(struct trace *t, struct trace_known *k, const struct trace_known *message)
{
	uint32_t i;

	for (i = k->pending; message && i; i = t->event[i - 1].next) {
		t->event[i - 1].known = number_of(t, message);
		t->event[i - 1].shown = in_time(t, t->event[i - 1].us);
	}
	k->pending = 0;
}

static void
keep_accepted(struct trace *t, const struct trace_raw *r, const struct trace_line *l, struct trace_known *k)
{
	bool whole = k->role & TRACE_WHOLE, wanted = is_wanted(t, l->child);
	const struct trace_known *m = wanted ? trace_find(&t->index, span_hash(l->child)) : 0;
	uint32_t e = whole || wanted ? keep(t, r, l, number_of(t, wanted ? m : k), true) : 0;

	if (!whole)
		settle(t, k, m);
	if (e) {
		t->event[e - 1].connected = k->connected;
		t->event[e - 1].tls = k->tls;
	}
}

/* a line of a session that is asked for, or one of whose messages is */
static void
keep_session(struct trace *t, const struct trace_raw *r, const struct trace_line *l, struct trace_known *k)
{
	bool whole = k->role & TRACE_WHOLE, mine = concerns(t, l);
	uint32_t e;

	if (l->kind == TRACE_ACCEPTED) {
		keep_accepted(t, r, l, k);
		return;
	}
	if (!whole && !mine && (l->kind == TRACE_LOST || l->kind == TRACE_ENDED)) {
		settle(t, k, 0);
		return;
	}
	if (!(e = keep(t, r, l, number_of(t, k), whole || mine)))
		return;
	t->event[e - 1].connected = k->connected;
	t->event[e - 1].tls = k->tls;
	if (l->kind == TRACE_CONNECTED)
		k->connected = e;
	else if (l->kind == TRACE_TLS)
		k->tls = e;
	else if (!whole && l->kind != TRACE_AUTH) {
		t->event[e - 1].next = k->pending;
		k->pending = e;
	}
}

static void
gather(void *context, const struct trace_raw *r)
{
	struct trace *t = context;
	struct trace_line l;
	struct trace_known *k;

	if (!trace_parse(&l, r->text))
		return;
	if (r->form == TRACE_BARE)
		(void)when(t, r, &l);           /* every line makes the guess better */
	k = l.id.n ? trace_find(&t->index, span_hash(l.id)) : 0;
	if (l.kind == TRACE_BEGUN)
		keep_begun(t, r, &l, k);
	else if (l.kind >= TRACE_DELIVERED && l.kind <= TRACE_MANGLED)
		keep_result(t, r, &l);
	else if (!k)
		return;
	else if (l.kind >= TRACE_CONNECTED && l.kind <= TRACE_ENDED)
		keep_session(t, r, &l, k);
	else if ((k->role & TRACE_WHOLE) || is_wanted(t, l.child))
		(void)keep(t, r, &l, number_of(t, k), true);
	else if ((k->role & TRACE_CONTEXT) && l.kind == TRACE_NOTE)
		keep_session(t, r, &l, k);      /* what a milter said of one of its messages */
}

/* ---- in order */

struct placed {
	int64_t family_us, order_us;    /* family_us: when its first one was */
	uint32_t family, seq;           /* seq: the event */
};

static int
by_family(const void *a, const void *b)
{
	const struct placed *x = a, *y = b;

	if (x->family_us != y->family_us)
		return x->family_us < y->family_us ? -1 : 1;
	if (x->family != y->family)
		return x->family < y->family ? -1 : 1;
	if (x->order_us != y->order_us)
		return x->order_us < y->order_us ? -1 : 1;
	return x->seq < y->seq ? -1 : 1;
}

/* how each of what is shown is to be placed: families one after the other, or, in JSON, all by time */
static struct placed *
sorted(const struct trace *t, size_t *count)
{
	struct placed *p = malloc((t->events + 1) * sizeof *p);
	int64_t *first = malloc((t->index.count + 1) * sizeof *first);
	size_t i, n = 0;

	if (!p || !first)
		die_sys(EX_SOFT, "sort what was found");
	for (i = 0; i < t->index.count; i++)
		first[i] = INT64_MAX;
	for (i = 0; i < t->events; i++) {
		const struct trace_event *e = &t->event[i];

		if (!e->shown)
			continue;
		p[n] = (struct placed){ 0, t->json ? e->us : e->order_us, t->json ? 0 : trace_family(&t->index, e->known), (uint32_t)i };
		if (e->order_us < first[p[n].family])
			first[p[n].family] = e->order_us;
		n++;
	}
	for (i = 0; i < n && !t->json; i++)
		p[i].family_us = first[p[i].family];
	free(first);
	qsort(p, n, sizeof *p, by_family);
	*count = n;
	return p;
}

static void
show_text(const struct trace *t, struct out *o, const struct placed *p, size_t n)
{
	char date[TRACE_WHEN], clock[TRACE_WHEN], last[TRACE_WHEN] = "";
	size_t i;

	for (i = 0; i < n && !o->error; i++) {
		const struct trace_event *e = &t->event[p[i].seq];

		if (i && p[i].family != p[i - 1].family) {
			out_byte(o, '\n');
			*last = 0;
		}
		trace_when(date, clock, e->us);
		if (strcmp(date, last) != 0) {
			out_puts(o, date);
			out_byte(o, '\n');
			strcpy(last, date);
		}
		trace_tell_text(o, t->event, e);
	}
}

static void
show(const struct trace *t, size_t *count)
{
	struct placed *p = sorted(t, count);
	struct out o;
	size_t i;

	out_init(&o, 1, space, sizeof space, -1);
	if (t->json)
		for (i = 0; i < *count && !o.error; i++)
			trace_tell_json(&o, t->event, &t->event[p[i].seq], trace_source_name(t->sources, t->event[p[i].seq].source));
	else
		show_text(t, &o, p, *count);
	free(p);
	if (!out_flush(&o) && o.error != EPIPE)
		die_sys(EX_SOFT, "write");
}

/* ---- the arguments */

/* "[ID]", as it stands in replies, too */
static void
ask_id(struct trace *t, const char *s)
{
	size_t n = strlen(s);

	if (*s == '[' && n > 2 && s[n - 1] == ']')
		s++, n -= 2;
	if (n >= QID_TEXT || strspn(s, "0123456789abcdefghijklmnopqrstuvwxyz") < n)
		die_say(EX_HARD, "neither an ID nor an address: ", s);
	if (!trace_want(&t->index, span_hash((struct span){ s, n }), TRACE_WHOLE))
		die_sys(EX_SOFT, "hold what is asked for");
}

/* IDs begin with the time, so with a digit; any other word without '@' is a login */
static bool
is_id(const char *s)
{
	s += *s == '[';
	return (*s >= '0' && *s <= '9') || !*s || strchr(s, ' ');
}

static void
ask(struct trace *t, const char *s)
{
	struct asked *a = &t->asked[t->asks];
	char *masked;
	size_t n = strlen(s), i;

	if (!strchr(s, '@') && is_id(s)) {
		ask_id(t, s);
		return;
	}
	if (n > 2 && *s == '<' && s[n - 1] == '>')
		s++, n -= 2;
	if (!(masked = strndup(s, n)))
		die_sys(EX_SOFT, "hold what is asked for");
	for (i = 0; i < n; i++)
		masked[i] = masked[i] == ' ' ? '_' : ascii_mask(masked[i]);
	*a = (struct asked){ masked, n, true };
	t->asks++;
	t->addresses = true;
}

#define JOURNAL "/run/systemd/journal"

static int64_t
since_s(const struct trace *t)
{
	return t->since_us == INT64_MIN ? INT64_MIN : t->since_us / 1000000;
}

/* a log that is named in a setting may not be there yet; false: one that is there cannot be read, said why */
static bool
take_named(struct trace *t, const char *path)
{
	if (strcmp(path, "journal") == 0)
		return trace_sources_journal(t->sources, since_s(t));
	return (access(path, F_OK) != 0 && errno == ENOENT) || trace_sources_file(t->sources, path);
}

/* control/logs; else those of an instance, which stand beside its etc; else /var/log/pneu; and if nothing is there, the journal */
static bool
take_preset(struct trace *t)
{
	bool ok = true;
	struct buf logs = BUF(0), beside = BUF(4096);
	struct conf table[] = { { "logs", CONF_LINES, &logs, 0, 0, 0 } };
	struct conf_error e;
	const char *line;

	if (!conf_read(table, 1, &e))
		die_say(EX_SOFT, e.text);
	for (line = conf_next(&logs, 0); line; line = conf_next(&logs, line))
		ok &= take_named(t, line);
	if (!logs.s && place_private()) {
		if (!buf_puts(&beside, place_etc()) || !buf_puts(&beside, "/../log"))
			die_sys(EX_SOFT, "hold a name");
		ok &= take_named(t, beside.s);
	} else if (!logs.s)
		ok &= take_named(t, "/var/log/pneu");
	if (!logs.s && !place_private() && !trace_sources_count(t->sources) && access(JOURNAL, F_OK) == 0)
		ok &= take_named(t, "journal");
	buf_free(&beside);
	buf_free(&logs);
	if (!trace_sources_count(t->sources))
		die_say(EX_HARD, place_private() ? "no logs: name them with -f or -d, or in control/logs" :
		    "no logs in /var/log/pneu, or where control/logs says: name them with -f or -d");
	return ok;
}

static bool
read_options(struct trace *t, int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, 0, 'j' }, { "file", required_argument, 0, 'f' }, { "directory", required_argument, 0, 'd' },
		{ "since", required_argument, 0, 's' }, { "until", required_argument, 0, 'u' }, { 0, 0, 0, 0 }
	};
	bool ok = true, named = false;
	int64_t now_s = clock_wall_s();
	int c;

	opterr = 0;
	while ((c = getopt_long(argc, argv, "jf:d:s:u:", options, 0)) != -1)
		switch (c) {
		case 'j':
			t->json = true;
			break;
		case 'f':
		case 'd':
			ok &= (c == 'f' ? trace_sources_file : trace_sources_directory)(t->sources, optarg);
			named = true;
			break;
		case 's':
		case 'u':
			if (!trace_time_arg(optarg, now_s, c == 's' ? &t->since_us : &t->until_us))
				die_say(EX_HARD, "not a time: ", optarg);
			break;
		default:
			die_say(EX_HARD, USAGE);
		}
	if (optind == argc)
		die_say(EX_HARD, USAGE);
	if (!(t->asked = calloc((size_t)(argc - optind), sizeof *t->asked)))
		die_sys(EX_SOFT, "hold what is asked for");
	while (optind < argc)
		ask(t, argv[optind++]);
	if (!named)
		ok &= take_preset(t);
	return ok;
}

int
main(int argc, char **argv)
{
	static struct trace t = { .since_us = INT64_MIN, .until_us = INT64_MAX, .clock_us = TRACE_ANY_TIME };
	size_t found;
	bool ok;

	msg_name("pneu-trace");
	sig_ignore(SIGPIPE);
	if (!(t.sources = trace_sources_new()))
		die_sys(EX_SOFT, "start");
	ok = read_options(&t, argc, argv);
	ok &= trace_sources_read(t.sources, since_s(&t), learn, &t);
	trace_follow(&t.index);
	trace_numbers_forget(&t.index);
	t.clock_us = TRACE_ANY_TIME;
	if (t.index.count)
		ok &= trace_sources_read(t.sources, since_s(&t), gather, &t);
	show(&t, &found);
	if (t.index.full)
		warn_say("that is more than fits into memory, something is missing: say less of it, or when (--since, --until)");
	return !ok || t.index.full ? EX_SOFT : found ? 0 : 1;
}
