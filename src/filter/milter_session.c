#include "filter/milter_session.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/ascii.h"
#include "lib/clock.h"
#include "lib/num.h"
#include "mail/addr.h"
#include "mail/reply.h"

#define VERSION_LEAST 2u
#define VERSION_DATA 4u                 /* the first that knows DATA */

enum turn {
	GOES_ON,
	SKIPS,                          /* no more of this kind */
	ENDS,                           /* verdict */
	BREAKS                          /* errno */
};

struct session {
	struct milter_wire *w;
	const struct milter_facts *f;
	const struct milter_message *m;
	const struct milter_envelope *v;
	struct milter_edits *edits;
	struct milter_said *said;
	uint32_t version, steps;
	enum milter_verdict verdict;
};

static struct buf scratch = BUF(MILTER_DATA);           /* the data of the packet that is being made */

/* ---- replies */

/* one line of a reply without its code, masked, %% as % */
static size_t
add_line(char *text, size_t n, const char *s, size_t len)
{
	size_t i;

	for (i = 0; i < len && n < MILTER_TEXT - 1; i++) {
		if (s[i] == '%' && i + 1 < len && s[i + 1] == '%')
			i++;
		text[n++] = ascii_mask(s[i]);
	}
	return n;
}

enum milter_verdict
milter_reply_text(const char *s, char text[MILTER_TEXT])
{
	char class = *s;
	size_t n = 0, len, status, from, first;

	if ((class != '4' && class != '5') || s[1] < '0' || s[1] > '9' || s[2] < '0' || s[2] > '9' ||
	    (s[3] && s[3] != ' ' && s[3] != '-'))
		return MILTER_PASSES;
	status = s[3] ? reply_status_length(s + 4, class) : 0;
	n = status ? add_line(text, n, s + 4, status) : add_line(text, n, class == '5' ? "5.7.1" : "4.7.1", 5);
	for (first = n; *s; s += len, s += strspn(s, "\r\n")) {
		len = strcspn(s, "\r\n");
		status = len > 4 ? reply_status_length(s + 4, class) : 0;
		from = 4 + status + (status != 0);
		if (len > from) {
			n = add_line(text, n, " ", 1);
			n = add_line(text, n, s + from, len - from);
		}
	}
	if (n == first)
		n = add_line(text, n, " message refused", 16);
	text[n] = 0;
	return class == '5' ? MILTER_REFUSES : MILTER_DEFERS;
}

static enum turn
ends(struct session *x, enum milter_verdict v, const char *text)
{
	x->verdict = v;
	if (text)
		strcpy(x->said->text, text);
	return ENDS;
}

static enum turn
nonsense(void)
{
	errno = EPROTO;
	return BREAKS;
}

/* a verdict, or one of the two that let us go on */
static enum turn
judge(struct session *x, const struct milter_packet *p)
{
	switch (p->reply) {
	case MILTER_CONTINUE:
		return GOES_ON;
	case MILTER_SKIP:
		return SKIPS;
	case MILTER_ACCEPT:
		return ends(x, MILTER_PASSES, 0);
	case MILTER_DISCARD:
		return ends(x, MILTER_DISCARDS, 0);
	case MILTER_REJECT:
		return ends(x, MILTER_REFUSES, "5.7.1 message refused");
	case MILTER_TEMPFAIL: case MILTER_CONN_FAIL: case MILTER_SHUTDOWN:
		return ends(x, MILTER_DEFERS, "4.7.1 message refused for now, try again later");
	case MILTER_REPLY_CODE:
		if (!memchr(p->data, 0, p->n))
			return nonsense();
		x->verdict = milter_reply_text(p->data, x->said->text);
		return x->verdict == MILTER_PASSES ? nonsense() : ENDS;
	default:
		return nonsense();
	}
}

/* the reply to the command that was put, if this milter gives one */
static enum turn
answer(struct session *x, uint32_t mute)
{
	struct milter_packet p;

	if (x->steps & mute)
		return GOES_ON;
	do {
		if (!milter_read_reply(x->w, &p))
			return BREAKS;
	} while (p.reply == MILTER_PROGRESS);
	return judge(x, &p);
}

/* ---- commands */

/* Lengths are bounded by what they are made of; were one over the limit of a packet nothing of it would be sent. */
static bool
put_packet(struct session *x, char command, bool made)
{
	if (!made)
		return false;
	if (command == MILTER_MACRO && scratch.len == 1)
		return true;                    /* there are none */
	milter_command(x->w, command, scratch.len);
	out_buf(&x->w->out, &scratch);
	return true;
}

static bool
string(const char *s)
{
	return buf_put(&scratch, s, strlen(s) + 1);
}

static bool
macro(const char *name, const char *value)
{
	return !*value || (string(name) && string(value));
}

/* the beginning of the macros for a command */
static bool
macros(char command)
{
	buf_clear(&scratch);
	return buf_byte(&scratch, command);
}

/* <address>, as SMTP has it */
static bool
path(const char *s)
{
	return buf_byte(&scratch, '<') && addr_quote(&scratch, s, strlen(s)) && buf_byte(&scratch, '>') && buf_byte(&scratch, 0);
}

static bool
both(const char *host, const char *ip)
{
	bool named = *ip && *host != '[';       /* else the host is the address */

	return buf_puts(&scratch, host) &&
	    (!named || (buf_puts(&scratch, " [") && buf_puts(&scratch, ip) && buf_byte(&scratch, ']'))) && buf_byte(&scratch, 0);
}

static enum turn
agree(struct session *x)
{
	struct milter_packet p;
	uint32_t actions;
	char options[12];

	milter_uint32(options, MILTER_VERSION);
	milter_uint32(options + 4, MILTER_ACTIONS);
	milter_uint32(options + 8, MILTER_STEPS);
	milter_command(x->w, MILTER_OPTIONS, sizeof options);
	out_put(&x->w->out, options, sizeof options);
	if (!milter_read_reply(x->w, &p))
		return BREAKS;
	if (p.reply != MILTER_OPTIONS || p.n < sizeof options)  /* behind them may stand which macros it wants: it gets all */
		return nonsense();
	x->version = milter_get_uint32(p.data);
	actions = milter_get_uint32(p.data + 4);
	x->steps = milter_get_uint32(p.data + 8);
	if (x->version < VERSION_LEAST || x->version > MILTER_VERSION || actions & ~MILTER_ACTIONS || x->steps & ~MILTER_STEPS)
		return nonsense();
	x->said->spaced = !(x->steps & MILTER_LEADING_SPACE);
	return GOES_ON;
}

static enum turn
connection(struct session *x)
{
	const struct milter_facts *f = x->f;
	char port[2] = { (char)(f->port >> 8), (char)f->port }, number[NUM_TEXT];

	if (x->steps & MILTER_NO_CONNECT)
		return GOES_ON;
	if (!put_packet(x, MILTER_MACRO, macros(MILTER_CONNECT) && macro("j", f->me) && string("_") && both(f->host, f->ip) &&
	    macro("v", "pneu") && macro("{daemon_name}", f->remote ? "pneu-smtpd" : "pneu-inject") && macro("{if_addr}", f->local_ip) &&
	    macro("{daemon_addr}", f->local_ip) && macro("{client_addr}", f->ip) && macro("{client_name}", f->host) &&
	    macro("{client_port}", num_text(number, f->port)) && macro("{client_ptr}", f->host)))
		return BREAKS;
	buf_clear(&scratch);
	if (!put_packet(x, MILTER_CONNECT, string(f->host) && buf_byte(&scratch, f->family) &&
	    (f->family == 'U' || (buf_put(&scratch, port, sizeof port) && string(f->ip)))))
		return BREAKS;
	return answer(x, MILTER_MUTE_CONNECT);
}

static enum turn
hello(struct session *x)
{
	const struct milter_facts *f = x->f;

	if (x->steps & MILTER_NO_HELO)
		return GOES_ON;
	if (!put_packet(x, MILTER_MACRO, macros(MILTER_HELO) && macro("r", f->protocol) &&
	    macro("{tls_version}", f->tls_version) && macro("{cipher}", f->cipher) && macro("{cipher_bits}", f->cipher_bits)))
		return BREAKS;
	buf_clear(&scratch);
	return put_packet(x, MILTER_HELO, string(f->helo)) ? answer(x, MILTER_MUTE_HELO) : BREAKS;
}

static uint64_t
size_of(const struct milter_message *m)
{
	uint64_t n = m->body.length + (*m->separator != 0);
	size_t i;

	for (i = 0; i < m->fields; i++)
		n += m->field[i].own ? 0 : m->field[i].len;
	return n;
}

static enum turn
sender(struct session *x)
{
	const struct milter_facts *f = x->f;
	const char *s = milter_sender(x->v);

	if (x->steps & MILTER_NO_MAIL)
		return GOES_ON;
	/* PLAIN or LOGIN, which say the same; some milters only ask whether there is a type */
	if (!put_packet(x, MILTER_MACRO, macros(MILTER_MAIL) && macro("i", f->session) && macro("{auth_type}", *f->login ? "PLAIN" : "") &&
	    macro("{auth_authen}", f->login) && macro("{mail_addr}", s)))
		return BREAKS;
	buf_clear(&scratch);
	if (!put_packet(x, MILTER_MAIL, path(s) && buf_puts(&scratch, "SIZE=") && buf_num(&scratch, size_of(x->m)) &&
	    buf_byte(&scratch, 0) && milter_sender_parameters(x->v, &scratch)))
		return BREAKS;
	return answer(x, MILTER_MUTE_MAIL);
}

/* "5.1.1 why" becomes "5.1.1 <recipient>: why"; a long address, and what is too long then, is cut */
static void
name_recipient(char text[MILTER_TEXT], const char *rcpt)
{
	char words[MILTER_TEXT];
	int status = (int)strcspn(text, " ");

	strcpy(words, text);
	snprintf(text, MILTER_TEXT, "%.*s <%.100s%s>:%s", status, words, rcpt, strlen(rcpt) > 100 ? "..." : "", words + status);
	for (; *text; text++)
		*text = ascii_mask(*text);
}

/* One that is refused is told to the client by name: the message as a whole is refused for him. */
static enum turn
recipients(struct session *x)
{
	const char *at = 0, *s;
	enum turn t = GOES_ON;

	if (x->steps & MILTER_NO_RCPT)
		return GOES_ON;
	while (t == GOES_ON && (s = milter_rcpt_next(x->v, &at))) {
		if (!put_packet(x, MILTER_MACRO, macros(MILTER_RCPT) && macro("{rcpt_addr}", s)))
			return BREAKS;
		buf_clear(&scratch);
		if (!put_packet(x, MILTER_RCPT, path(s) && milter_rcpt_parameters(at, &scratch)))
			return BREAKS;
		t = answer(x, MILTER_MUTE_RCPT);
		if (t == ENDS && (x->verdict == MILTER_REFUSES || x->verdict == MILTER_DEFERS) && x->v->rcpts > 1)
			name_recipient(x->said->text, s);
	}
	return t == SKIPS ? GOES_ON : t;
}

static enum turn
data(struct session *x)
{
	if (x->version < VERSION_DATA || x->steps & MILTER_NO_DATA)
		return GOES_ON;
	milter_command(x->w, MILTER_DATA_COMMAND, 0);
	return answer(x, MILTER_MUTE_DATA);
}

/* One field. What does not fit into a packet is not shown; a 0, which would end a string, is shown as '?'. */
static bool
field(struct session *x, const struct milter_field *f)
{
	const char *value = (const char *)memchr(f->s, ':', f->len) + 1;
	size_t n = f->len - (size_t)(value - f->s), room, i;

	if (n && value[n - 1] == '\n')
		n--;
	if (n && *value == ' ' && !(x->steps & MILTER_LEADING_SPACE)) {
		value++;
		n--;
	}
	room = MILTER_DATA - 2 > f->name ? MILTER_DATA - 2 - f->name : 0;
	x->said->cut |= n > room;
	buf_clear(&scratch);
	if (!buf_put(&scratch, f->s, f->name < MILTER_DATA - 2 ? f->name : MILTER_DATA - 2) || !buf_byte(&scratch, 0))
		return false;
	i = scratch.len;
	if (!buf_put(&scratch, value, n < room ? n : room))
		return false;
	for (; i < scratch.len; i++)
		if (!scratch.s[i])
			scratch.s[i] = '?';
	return put_packet(x, MILTER_HEADER, buf_byte(&scratch, 0));
}

static enum turn
header(struct session *x)
{
	enum turn t = GOES_ON;
	size_t i;

	if (x->steps & MILTER_NO_HEADERS)
		return GOES_ON;
	for (i = 0; t == GOES_ON && i < x->m->fields; i++)
		if (!x->m->field[i].own)
			t = field(x, &x->m->field[i]) ? answer(x, MILTER_MUTE_HEADER) : BREAKS;
	return t == SKIPS ? GOES_ON : t;
}

static enum turn
end_of_header(struct session *x)
{
	if (x->steps & MILTER_NO_END_OF_HEADER)
		return GOES_ON;
	milter_command(x->w, MILTER_END_OF_HEADER, 0);
	return answer(x, MILTER_MUTE_END_OF_HEADER);
}

static enum turn
chunk(struct session *x, const char *s, size_t n)
{
	if (x->w->deadline_ms && clock_mono_ms() >= x->w->deadline_ms) {        /* it reads, but too slowly */
		errno = ETIMEDOUT;
		return BREAKS;
	}
	milter_command(x->w, MILTER_BODY, n);
	out_put(&x->w->out, s, n);
	if (x->w->out.error) {
		errno = x->w->out.error;
		return BREAKS;
	}
	return answer(x, MILTER_MUTE_BODY);
}

/* with CR LF for each LF, in pieces as large as may be */
static enum turn
body(struct session *x)
{
	static char made[MILTER_DATA], piece[32768];
	enum turn t = GOES_ON;
	const char *s = 0;
	uint64_t at = 0;
	size_t n = 0;
	ptrdiff_t have = 0, i;

	if (x->steps & MILTER_NO_BODY)
		return GOES_ON;
	while (t == GOES_ON && (have = milter_body_piece(&x->m->body, at, piece, sizeof piece, &s)) > 0) {
		for (i = 0; t == GOES_ON && i < have; i++) {
			if (s[i] == '\n')
				made[n++] = '\r';
			made[n++] = s[i];
			if (n + 2 > sizeof made) {
				t = chunk(x, made, n);
				n = 0;
			}
		}
		at += (uint64_t)have;
	}
	if (have < 0)
		return BREAKS;
	if (t == GOES_ON && n)
		t = chunk(x, made, n);
	return t == SKIPS ? GOES_ON : t;
}

/* the end of the message: edits, then the verdict */
static enum turn
end(struct session *x)
{
	struct milter_packet p;

	if (!put_packet(x, MILTER_MACRO, macros(MILTER_END) && macro("i", x->f->session)))
		return BREAKS;
	milter_command(x->w, MILTER_END, 0);
	for (;;) {
		enum milter_taken taken;

		if (!milter_read_reply(x->w, &p))
			return BREAKS;
		if (p.reply == MILTER_PROGRESS)
			continue;
		if ((taken = milter_edits_take(x->edits, &p)) == MILTER_TAKE_TROUBLE)
			return BREAKS;
		if (taken == MILTER_NOT_AN_EDIT)
			return judge(x, &p);
	}
}

enum milter_verdict
milter_session(struct milter_wire *w, const struct milter_facts *f, const struct milter_message *m,
    const struct milter_envelope *v, struct milter_edits *edits, struct milter_said *said)
{
	static enum turn (*const steps[])(struct session *) = {
		agree, connection, hello, sender, recipients, data, header, end_of_header, body, end
	};
	struct session x = { w, f, m, v, edits, said, 0, 0, MILTER_PASSES };
	enum turn t = GOES_ON;
	size_t i;

	said->text[0] = 0;
	said->cut = false;
	said->spaced = true;
	for (i = 0; t == GOES_ON && i < sizeof steps / sizeof *steps; i++)
		t = steps[i](&x);
	if (t == SKIPS) {                       /* where there is nothing to skip */
		errno = EPROTO;
		t = BREAKS;
	}
	if (t == BREAKS)
		return MILTER_FAILS;
	if (i < sizeof steps / sizeof *steps)
		milter_command(w, MILTER_ABORT, 0);
	milter_command(w, MILTER_QUIT, 0);
	(void)out_flush(&w->out);               /* a courtesy: the verdict is there */
	return x.verdict;
}
