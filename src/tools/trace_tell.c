#include "tools/trace.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lib/ascii.h"
#include "lib/num.h"
#include "tools/put.h"

#define SLOW_US 2000000                 /* what took longer is said */

void
trace_when(char date[TRACE_WHEN], char clock[TRACE_WHEN], int64_t us)
{
	time_t t = (time_t)(us / 1000000);
	struct tm tm;

	strcpy(date, "some day");
	strcpy(clock, "--:--:--");
	if (us == TRACE_ANY_TIME || !localtime_r(&t, &tm))
		return;
	(void)strftime(date, TRACE_WHEN, "%Y-%m-%d", &tm);
	(void)strftime(clock, TRACE_WHEN, "%H:%M:%S", &tm);
}

static bool
parsed(struct trace_line *l, const struct trace_event *all, uint32_t event)
{
	const struct trace_event *e = event ? &all[event - 1] : 0;

	if (e && trace_parse(l, (struct span){ e->text, e->n }))
		return true;
	memset(l, 0, sizeof *l);
	return false;
}

/* ---- pieces of text; what came from a log is masked, for it may be anybody's file */

static void
put(struct out *o, struct span s)
{
	put_masked_n(o, s.s, s.n);
}

static void
puts_if(struct out *o, const char *before, struct span s, const char *after)
{
	if (!s.n)
		return;
	out_puts(o, before);
	put(o, s);
	out_puts(o, after);
}

/* a server's words as the runner logs them: '_' was a blank, most often, and the last '/' the end of the line */
static void
put_words(struct out *o, struct span s)
{
	size_t i;

	while (s.n && s.s[s.n - 1] == '/')
		s.n--;
	for (i = 0; i < s.n; i++)
		out_byte(o, s.s[i] == '_' ? ' ' : ascii_mask(s.s[i]));
}

static void
put_count(struct out *o, struct span n, const char *one, const char *many)
{
	put(o, n);
	out_puts(o, span_is(n, "1") ? one : many);
}

static void
put_sender(struct out *o, struct span from)
{
	out_puts(o, " from <");
	put(o, from);
	out_byte(o, '>');
}

/* "HOST/ADDRESS/PROTECTION[/dsn]" */
static void
put_via(struct out *o, struct span via)
{
	const char *end = via.s + via.n, *address = memchr(via.s, '/', via.n), *protection;
	struct span host = { via.s, address ? (size_t)(address - via.s) : via.n }, p;

	protection = address ? memchr(address + 1, '/', (size_t)(end - address - 1)) : 0;
	if (!protection)
		return;
	p = (struct span){ protection + 1, (size_t)(end - protection - 1) };
	if (p.n > 4 && memcmp(end - 4, "/dsn", 4) == 0)
		p.n -= 4;
	out_puts(o, " by ");
	put(o, host);
	puts_if(o, " [", (struct span){ address + 1, (size_t)(protection - address - 1) }, "]");
	if (span_is(p, "clear")) {
		out_puts(o, ", in clear text");
		return;
	}
	protection = memchr(p.s, ':', p.n);
	out_puts(o, ", ");
	put(o, (struct span){ p.s, protection ? (size_t)(protection - p.s) : p.n });
	if (protection) {
		out_byte(o, ' ');
		put(o, (struct span){ protection + 1, p.n - (size_t)(protection + 1 - p.s) });
	} else
		out_puts(o, " unverified");
}

/* What stands behind the server's address: "192.0.2.7 accepted message./Remote host said: 250 ..." */
static void
put_said(struct out *o, struct span words, bool has_via)
{
	static const char said[] = "/Remote_host_said:_", accepted[] = "_accepted_message.";
	const char *at = memmem(words.s, words.n, said, sizeof said - 1);
	struct span own = { words.s, at ? (size_t)(at - words.s) : words.n };
	const char *blank = own.n ? memchr(own.s, '_', own.n) : 0;

	if (has_via && at && blank && (size_t)(own.s + own.n - blank) == sizeof accepted - 1 &&
	    memcmp(blank, accepted, sizeof accepted - 1) == 0)
		own.n = 0;
	if (own.n) {
		out_puts(o, ": ");
		put_words(o, own);
	}
	if (at) {
		out_puts(o, own.n ? " The server said: " : ": the server said: ");
		put_words(o, (struct span){ at + sizeof said - 1, words.n - (size_t)(at - words.s) - (sizeof said - 1) });
	}
}

static void
put_duration(struct out *o, const struct trace_event *all, const struct trace_event *e)
{
	const struct trace_event *b = e->begun ? &all[e->begun - 1] : 0;
	int64_t us = b && !e->guessed && e->us != TRACE_ANY_TIME && b->us != TRACE_ANY_TIME ? e->us - b->us : 0;

	if (us < SLOW_US)
		return;
	out_puts(o, " (it took ");
	out_num(o, (uint64_t)us / 1000000);
	out_puts(o, " s)");
}

/* ---- what became of a delivery */

/* "did_FILES+FORWARDS+PROGRAMS...": false if it is not that */
static bool
put_did(struct out *o, struct span words, struct span child)
{
	unsigned long n[3];
	char text[64];
	const char *said = memmem(words.s, words.n, ":_", 2);
	size_t have = words.n < sizeof text - 1 ? words.n : sizeof text - 1;

	memcpy(text, words.s, have);
	text[have] = 0;
	if (sscanf(text, "did_%9lu+%9lu+%9lu", &n[0], &n[1], &n[2]) != 3)
		return false;
	snprintf(text, sizeof text, ": %lu file%s", n[0], n[0] == 1 ? "" : "s");
	out_puts(o, n[0] || !(n[1] || n[2]) ? text : ":");
	if (n[1]) {
		snprintf(text, sizeof text, "%s forwarded to %lu address%s", n[0] ? "," : "", n[1], n[1] == 1 ? "" : "es");
		out_puts(o, text);
		puts_if(o, " as ", child, "");
	}
	if (n[2]) {
		snprintf(text, sizeof text, "%s %lu program%s", n[0] || n[1] ? "," : "", n[2], n[2] == 1 ? "" : "s");
		out_puts(o, text);
	}
	if (said)
		put_said(o, (struct span){ said + 2, words.n - (size_t)(said + 2 - words.s) }, false);
	return true;
}

static void
tell_result(struct out *o, const struct trace_event *all, const struct trace_event *e, const struct trace_line *l)
{
	struct trace_line begun;

	(void)parsed(&begun, all, e->begun);
	out_puts(o, l->kind == TRACE_DELIVERED ? "delivered to " : l->kind == TRACE_FAILED ? "not delivered, for good, to " :
	    "not delivered yet to ");
	put(o, begun.rcpt);
	if (l->via.n)
		put_via(o, l->via);
	put_duration(o, all, e);
	if (l->kind == TRACE_MANGLED)
		out_puts(o, ": the worker's report makes no sense");
	else if (!begun.remote && l->kind == TRACE_DELIVERED && put_did(o, l->words, l->child))
		return;
	else
		put_said(o, l->words, l->via.n > 0);
}

static void
tell_expanded(struct out *o, const struct trace_line *l)
{
	put(o, l->rcpt);
	if (span_is(l->words, "another_recipient"))
		out_puts(o, " gets it already as another recipient");
	else if (span_is(l->words, "list")) {
		out_puts(o, " is a list, which could now be read: ");
		put_count(o, l->count, " recipient more", " recipients more");
	} else {
		out_puts(o, " is an alias (");
		put(o, l->words);
		out_puts(o, ") for ");
		put_count(o, l->count, " recipient", " recipients");
	}
}

static void
tell_operator(struct out *o, const struct trace_line *l)
{
	out_puts(o, "uid ");
	put(o, l->who);
	out_puts(o, " asked for this: ");
	put(o, l->words);
}

static void
tell_message(struct out *o, const struct trace_event *all, const struct trace_event *e, const struct trace_line *l)
{
	switch (l->kind) {
	case TRACE_QUEUED:
		out_puts(o, "in the hands of the runner: ");
		put(o, l->bytes);
		out_puts(o, " bytes");
		put_sender(o, l->from);
		puts_if(o, ", queued by uid ", l->who, "");
		return;
	case TRACE_BEGUN:
		out_puts(o, "delivery to ");
		put(o, l->rcpt);
		out_puts(o, l->remote ? " by another host begins" : " on this host begins");
		out_puts(o, "; the log does not say how it ended");
		return;
	case TRACE_EXPANDED:
		tell_expanded(o, l);
		return;
	case TRACE_SKIPPED:
		out_puts(o, "no attempt to deliver to ");
		put(o, l->rcpt);
		out_puts(o, ": ");
		put_words(o, l->words);
		return;
	case TRACE_BOUNCED:
		out_puts(o, "the sender is told of the failure");
		puts_if(o, ", by the bounce ", l->child, "");
		return;
	case TRACE_REPORTED:
		out_puts(o, "the sender is told of the ");
		put(o, l->words);
		puts_if(o, ", by the report ", l->child, "");
		return;
	case TRACE_DISCARDED:
		out_puts(o, "dropped: a bounce of a bounce that could not be delivered either");
		return;
	case TRACE_DONE:
		out_puts(o, "done, gone from the queue");
		return;
	case TRACE_HELD:
		out_puts(o, "held: ");
		put_words(o, l->words);
		return;
	case TRACE_OPERATOR:
		tell_operator(o, l);
		return;
	default:
		tell_result(o, all, e, l);
	}
}

/* ---- sessions */

static void
put_client(struct out *o, const struct trace_line *l, const struct trace_line *connected)
{
	struct span name = l->helo.n && !span_is(l->helo, "-") ? l->helo : connected->host;

	if (name.n && !span_is(name, "-")) {
		put(o, name);
		out_byte(o, ' ');
	}
	out_byte(o, '[');
	put(o, l->client.n ? l->client : connected->client);
	out_byte(o, ']');
}

static void
tell_accepted(struct out *o, const struct trace_event *all, const struct trace_event *e, const struct trace_line *l)
{
	struct trace_line connected, tls;

	(void)parsed(&connected, all, e->connected);
	out_puts(o, "accepted from ");
	put_client(o, l, &connected);
	out_puts(o, " (session ");
	put(o, l->id);
	out_byte(o, ')');
	if (parsed(&tls, all, e->tls))
		puts_if(o, ", TLS ", tls.words, "");
	puts_if(o, ", logged in as ", l->login, "");
	out_puts(o, ": ");
	put(o, l->bytes);
	out_puts(o, " bytes");
	put_sender(o, l->from);
	out_puts(o, " for ");
	put_count(o, l->count, " recipient", " recipients");
}

static void
tell_refused(struct out *o, const struct trace_event *all, const struct trace_event *e, const struct trace_line *l)
{
	struct trace_line connected;

	(void)parsed(&connected, all, e->connected);
	out_puts(o, "refused to ");
	put_client(o, l, &connected);
	if (l->has_from)
		put_sender(o, l->from);
	puts_if(o, ", command \"", l->command, "\"");
	out_puts(o, ": ");
	put(o, l->words);
}

static void
tell_session(struct out *o, const struct trace_event *all, const struct trace_event *e, const struct trace_line *l)
{
	static const char *const begins[TRACE_KINDS] = {
		[TRACE_TLS] = "TLS: ", [TRACE_LIMIT] = "limit of ", [TRACE_RECIPIENT] = "a recipient: ",
		[TRACE_POLICY] = "policy server ", [TRACE_TROUBLE] = "trouble here: ", [TRACE_LOST] = "the connection was lost ",
		[TRACE_ENDED] = "session ends: "
	};

	switch (l->kind) {
	case TRACE_CONNECTED:
		out_puts(o, "session begins with ");
		put_client(o, l, l);
		out_puts(o, ", to ");
		put(o, l->words);
		return;
	case TRACE_AUTH:
		out_puts(o, span_is(l->words, "ok") ? "logged in as " : "wrong password for ");
		put(o, l->login);
		puts_if(o, " (", l->command, ")");
		return;
	case TRACE_ACCEPTED:
		tell_accepted(o, all, e, l);
		return;
	case TRACE_REFUSED:
		tell_refused(o, all, e, l);
		return;
	default:
		out_puts(o, begins[l->kind]);
		put(o, l->words);
	}
}

/* ---- a line */

static struct span
whose(const struct trace_event *all, const struct trace_event *e, const struct trace_line *l)
{
	struct trace_line begun;

	if (l->kind == TRACE_ACCEPTED && l->child.n)
		return l->child;
	return l->id.n || !parsed(&begun, all, e->begun) ? l->id : begun.id;
}

/* what another line tells as well */
static bool
is_said_elsewhere(const struct trace_event *e, const struct trace_line *l)
{
	return l->kind == TRACE_NEW || (l->kind == TRACE_BEGUN && e->answered);
}

void
trace_tell_text(struct out *o, const struct trace_event *all, const struct trace_event *e)
{
	char date[TRACE_WHEN], clock[TRACE_WHEN];
	struct trace_line l;

	if (!trace_parse(&l, (struct span){ e->text, e->n }) || is_said_elsewhere(e, &l))
		return;
	trace_when(date, clock, e->us);
	out_puts(o, clock);
	out_byte(o, ' ');
	put(o, whose(all, e, &l));
	out_byte(o, ' ');
	if (l.kind == TRACE_NOTE)
		put(o, (struct span){ e->text, e->n });
	else if (l.kind < TRACE_CONNECTED)
		tell_message(o, all, e, &l);
	else
		tell_session(o, all, e, &l);
	out_byte(o, '\n');
}

/* ---- JSON (RFC 8259) */

static const char *const kind_name[TRACE_KINDS] = {
	[TRACE_NEW] = "new", [TRACE_QUEUED] = "queued", [TRACE_BEGUN] = "delivery", [TRACE_DELIVERED] = "delivered",
	[TRACE_DEFERRED] = "deferred", [TRACE_FAILED] = "failed", [TRACE_MANGLED] = "mangled", [TRACE_EXPANDED] = "expanded",
	[TRACE_SKIPPED] = "skipped", [TRACE_BOUNCED] = "bounced", [TRACE_REPORTED] = "reported", [TRACE_DISCARDED] = "discarded",
	[TRACE_DONE] = "done", [TRACE_HELD] = "held", [TRACE_OPERATOR] = "operator", [TRACE_CONNECTED] = "connected",
	[TRACE_TLS] = "tls", [TRACE_AUTH] = "auth", [TRACE_ACCEPTED] = "accepted", [TRACE_REFUSED] = "refused",
	[TRACE_LIMIT] = "limit", [TRACE_RECIPIENT] = "recipient", [TRACE_POLICY] = "policy", [TRACE_TROUBLE] = "trouble",
	[TRACE_LOST] = "lost", [TRACE_ENDED] = "ended", [TRACE_NOTE] = "note",
};

/* behind the time, which is there always */
static void
json_field(struct out *o, const char *name, struct span s)
{
	bool first = false;

	if (s.n)
		put_string_n(o, &first, name, s.s, s.n);
}

static void
json_number(struct out *o, const char *name, struct span s)
{
	bool first = false;
	uint64_t n;

	if (s.n && num_span(s.s, s.n, 0, UINT64_C(1) << 53, &n))
		put_number(o, &first, name, n);
}

static void
json_time(struct out *o, const struct trace_event *e)
{
	time_t t = (time_t)(e->us / 1000000);
	char text[64], fraction[16];
	struct tm tm;

	if (e->us == TRACE_ANY_TIME || !gmtime_r(&t, &tm)) {
		out_puts(o, "\"time\":null");
		return;
	}
	(void)strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(fraction, sizeof fraction, ".%06dZ", (int)(e->us % 1000000));
	out_puts(o, "\"time\":\"");
	out_puts(o, text);
	out_puts(o, fraction);
	out_puts(o, e->guessed ? "\",\"time_guessed\":true" : "\"");
}

/* what the lines before it tell about a session or a delivery */
static void
json_context(struct out *o, const struct trace_event *all, const struct trace_event *e, const struct trace_line *l)
{
	struct trace_line other;

	if (parsed(&other, all, e->begun)) {
		json_field(o, "recipient", other.rcpt);
		json_field(o, "channel", other.remote ? (struct span){ "remote", 6 } : (struct span){ "local", 5 });
	}
	if (l->kind == TRACE_BEGUN)
		json_field(o, "channel", l->remote ? (struct span){ "remote", 6 } : (struct span){ "local", 5 });
	if (parsed(&other, all, e->connected) && !span_is(other.host, "-"))
		json_field(o, "host", other.host);
	if (parsed(&other, all, e->tls))
		json_field(o, "tls", other.words);
}

static void
json_via(struct out *o, struct span via)
{
	static const char *const name[] = { "next_host", "next_address", "protection" };
	size_t i;

	for (i = 0; i < 3 && via.n; i++) {
		const char *slash = memchr(via.s, '/', via.n);
		size_t n = slash ? (size_t)(slash - via.s) : via.n;

		json_field(o, name[i], (struct span){ via.s, n });
		via.s += slash ? n + 1 : n;
		via.n -= slash ? n + 1 : n;
	}
}

void
trace_tell_json(struct out *o, const struct trace_event *all, const struct trace_event *e, const char *source)
{
	bool session;
	struct trace_line l;

	if (!trace_parse(&l, (struct span){ e->text, e->n }))
		return;
	session = l.kind >= TRACE_CONNECTED && l.kind < TRACE_NOTE;
	out_byte(o, '{');
	json_time(o, e);
	out_puts(o, ",\"event\":\"");
	out_puts(o, kind_name[l.kind]);
	out_byte(o, '"');
	json_field(o, session ? "session" : l.kind == TRACE_NOTE ? "id" : "message", session ? l.id : whose(all, e, &l));
	json_field(o, l.kind == TRACE_ACCEPTED ? "message" : "child", l.child);
	if (l.delivery) {
		out_puts(o, ",\"delivery\":");
		out_num(o, l.delivery);
	}
	if (l.has_from || l.kind == TRACE_QUEUED) {
		out_puts(o, ",\"from\":");
		put_json(o, l.from.s, l.from.n);
	}
	json_field(o, "recipient", l.rcpt);
	json_context(o, all, e, &l);
	json_field(o, "client", l.client);
	json_field(o, "helo", l.helo);
	json_field(o, "login", l.login);
	json_number(o, "bytes", l.bytes);
	json_number(o, "recipients", l.count);
	json_number(o, "uid", l.who);
	json_via(o, l.via);
	json_field(o, "command", l.command);
	json_field(o, "text", l.words);
	json_field(o, "file", (struct span){ source, strlen(source) });
	json_field(o, "line", (struct span){ e->text, e->n });
	out_puts(o, "}\n");
}
