/* smtpd_fuzz - a whole SMTP session on any bytes
 *   input   a byte: 1 the client may relay, 2 small limits, the other bits say in how small pieces input arrives;
 *           then what the client sends
 * The reader, the writer, the log, the resolver and the queue program are doubles in memory that check what they are given.
 * sources: src/smtp/session.c src/smtp/command.c src/smtp/transaction.c src/smtp/data.c src/smtp/content.c src/smtp/parameters.c src/smtp/bdat.c src/smtp/answer.c src/wire/peer.c src/smtp/recipient.c src/smtp/lists.c src/smtp/greeting.c src/smtp/filter.c src/smtp/tls.c src/wire/tlswrap.c src/smtp/auth.c src/wire/credentials.c src/smtp/login.c src/smtp/submission.c src/smtp/rate.c src/mail/stamp.c src/lib/base64.c src/lib/sha1.c src/lib/fd.c src/lib/proc.c src/lib/sig.c src/mail/addr.c src/mail/utf8.c src/mail/idna.c src/mail/xtext.c src/mail/dsn.c src/mail/date.c src/mail/domains.c src/mail/patterns.c src/mail/hops.c src/mail/received.c src/mail/undot.c src/wire/envelope.c src/wire/qid.c src/lib/buf.c src/lib/clock.c src/lib/conf.c src/lib/file.c src/lib/ip.c src/lib/num.c src/lib/place.c src/compat/linux/system.c
 */
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/msg.h"
#include "mail/dsn.h"
#include "mail/utf8.h"
#include "resolve/resolve.h"
#include "smtp/policy.h"
#include "smtp/session.h"
#include "smtp/verdict.h"
#include "wire/domaindb.h"
#include "wire/envelope.h"
#include "wire/inject.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#define must(x) ((x) ? (void)0 : abort())

static struct {
	const uint8_t *s;
	size_t left, piece;
	char line[600];                 /* of a reply, so far */
	size_t len;
	char head[16];                  /* of the message in work */
	size_t bytes, lines;
	const struct settings *set;
} world;

/* --- the client's bytes */

void
in_init(struct in *in, int fd, char *space, size_t size, int timeout_ms)
{
	memset(in, 0, sizeof *in);
	in->fd = fd;
	in->s = space;
	in->size = size;
	in->timeout_ms = timeout_ms;
}

void
in_timeout(struct in *in, int timeout_ms)
{
	in->timeout_ms = timeout_ms;
}

ssize_t
in_fill(struct in *in)
{
	size_t n = world.piece && world.piece < world.left ? world.piece : world.left;

	must(world.len == 0);           /* replies are whole, and sent, before we wait */
	if (in->pos == in->end)
		in->pos = in->end = 0;
	if (in->end == in->size) {
		must(in->pos > 0);      /* a full buffer with nothing taken from it would be the end */
		memmove(in->s, in->s + in->pos, in->end - in->pos);
		in->end -= in->pos;
		in->pos = 0;
	}
	if (n > in->size - in->end)
		n = in->size - in->end;
	memcpy(in->s + in->end, world.s, n);
	in->end += n;
	world.s += n;
	world.left -= n;
	return (ssize_t)n;
}

/* --- replies */

/* RFC 5321 4.2, RFC 2034: code, '-' or blank, printable ASCII, 512 bytes with CR LF; classes agree */
static void
check_reply(void)
{
	const char *l = world.line;

	must(world.len >= 6 && world.len <= 512 && memcmp(l + world.len - 2, "\r\n", 2) == 0);
	must(l[0] >= '2' && l[0] <= '5' && l[1] >= '0' && l[1] <= '5' && l[2] >= '0' && l[2] <= '9');
	must(l[3] == ' ' || l[3] == '-');
	for (size_t i = 4; i < world.len - 2; i++)
		must(l[i] >= ' ' && l[i] <= '~');
	if (l[0] >= '4' || (l[0] == '2' && memcmp(l, "250", 3) != 0 && memcmp(l, "220", 3) != 0))
		must(l[4] == l[0] && l[5] == '.');
	world.len = 0;
}

void
out_init(struct out *o, int fd, char *space, size_t size, int timeout_ms)
{
	memset(o, 0, sizeof *o);
	o->fd = fd;
	o->s = space;
	o->size = size;
	o->timeout_ms = timeout_ms;
}

void
out_put(struct out *o, const void *p, size_t n)
{
	const char *s = p;

	(void)o;
	for (; n; n--) {
		must(world.len < sizeof world.line);
		world.line[world.len++] = *s++;
		if (s[-1] == '\n')
			check_reply();
	}
}

void
out_puts(struct out *o, const char *s)
{
	out_put(o, s, strlen(s));
}

void
out_byte(struct out *o, char c)
{
	out_put(o, &c, 1);
}

void
out_num(struct out *o, uint64_t n)
{
	char text[24];

	snprintf(text, sizeof text, "%llu", (unsigned long long)n);
	out_puts(o, text);
}

void
out_buf(struct out *o, const struct buf *b)
{
	out_put(o, b->s, b->len);
}

bool
out_flush(struct out *o)
{
	(void)o;
	return true;
}

/* --- the log */

void
msg_warn(int error, const char *first, ...)
{
	(void)error;
	(void)first;
}

void
msg_say(const char *first, ...)
{
	va_list ap;
	size_t sum = 0;

	va_start(ap, first);
	for (const char *s = first; s; s = va_arg(ap, const char *))
		sum += strlen(s);
	va_end(ap);
	must(sum < 8000);
}

/* --- who gets mail here: the first byte of an address says it */

static char
verdict(const char *address)
{
	return "KKKKZDKK"[address[0] & 7];
}

bool
resolver_open(struct resolver *r, const struct conf_view *etc, bool thorough, struct conf_error *e)
{
	(void)etc;
	(void)e;
	must(!thorough);
	r->routing = (struct routing *)r;
	return true;
}

/* the reason is words of a stranger, of any length */
void
resolver_ask(struct resolver *r, const char *address, struct resolution *a)
{
	must(r->routing && *address && strlen(address) <= ENVELOPE_ADDR);
	memset(a, 0, sizeof *a);
	a->kind = address[1] & 1 ? RESOLUTION_ALIAS : RESOLUTION_NOBODY;
	a->outcome.verdict = verdict(address);
	a->outcome.status = a->outcome.verdict == 'K' ? "2.1.5" : a->outcome.verdict == 'D' ? "5.1.1" : "4.123.123";
	memset(a->outcome.text, address[1] & 2 ? '\n' : '\xe9', strlen(address) % OUTCOME_TEXT);
}

void
resolver_close(struct resolver *r)
{
	r->routing = 0;
}

/* --- the queue program */

void
inject_begin(struct inject *i)
{
	memset(i, 0, sizeof *i);
	world.bytes = world.lines = 0;
}

bool
inject_write(struct inject *i, const void *p, size_t n)
{
	const char *s = p;

	(void)i;
	for (size_t k = 0; k < n; k++) {
		must(s[k] != '\r');
		if (world.bytes < sizeof world.head)
			world.head[world.bytes] = s[k];
		world.lines += s[k] == '\n';
		world.bytes++;
	}
	return true;
}

static void
check_address(const char *s, bool recipient, bool utf8)
{
	const char *at = strrchr(s, '@');

	must(utf8 ? utf8_text(s, strlen(s)) : utf8_ascii(s, strlen(s)));
	for (const char *p = s; *p; p++)
		must((unsigned char)*p >= ' ' && *p != 127);
	must(!at || utf8_ascii(at, strlen(at)));
	if (!*s) {
		must(!recipient);
		return;
	}
	must(at && at > s && at[1]);
	must(!recipient || verdict(s) == 'K');
	if (!recipient || world.set->relayclient)
		return;
	must(strchr(s, '@') == at);
	if (strcasecmp(at + 1, "mx.example") == 0)
		must(strncasecmp(s, "postmaster@", 11) == 0);
	else
		must(strcasecmp(at + 1, "here.example") == 0 && !memchr(s, '%', (size_t)(at - s)));
}

void
inject_end(struct inject *i, const struct buf *envelope, struct inject_result *r)
{
	const char *at = envelope->s, *value, *sender = "";
	bool utf8 = false;
	uint64_t rcpts = 0;
	char letter;

	(void)i;
	must(envelope_check(envelope->s, envelope->len) == ENVELOPE_OK);
	while (envelope_next(&at, &letter, &value)) {
		rcpts += letter == 'T';
		switch (letter) {
		case 'F':
			sender = value;
			break;
		case 'T':
			check_address(value, true, utf8);
			break;
		case 'B':
			must(strcmp(value, "8BITMIME") == 0);
			break;
		case 'U':
			must(strcmp(value, "1") == 0);
			utf8 = true;
			break;
		case 'A':
			must(*value && strlen(value) <= ENVELOPE_ADDR);
			break;
		case 'C':
			must(*value && !value[strspn(value, "0123456789abcdef.:")]);
			break;
		case 'R':
			must(strcmp(value, "FULL") == 0 || strcmp(value, "HDRS") == 0);
			break;
		case 'E':
			must(dsn_envid(value, strlen(value)));
			break;
		case 'N':
			must(dsn_notify(value, strlen(value)));
			break;
		case 'O':
			must(dsn_orcpt(value, strlen(value), utf8));
			break;
		default:
			abort();
		}
	}
	check_address(sender, false, utf8);
	must(rcpts > 0 && rcpts <= world.set->maxrcpt);
	must(world.bytes > 20 && memcmp(world.head, "Received: from ", 15) == 0 && world.lines >= 2);
	must(!world.set->databytes || world.bytes < world.set->databytes + SESSION_ROOM);
	memset(r, 0, sizeof *r);
	r->verdict = "KZD"[world.bytes % 3];
	snprintf(r->status, sizeof r->status, "%c.0.0", r->verdict == 'K' ? '2' : r->verdict == 'Z' ? '4' : '5');
	strcpy(r->text, "words");
}

void
inject_drop(struct inject *i)
{
	(void)i;
}

enum domaindb_result
domaindb_find(int fd, const char *domain, size_t n)
{
	(void)fd;
	(void)domain;
	must(n > 0);
	return DOMAINDB_NONE;
}

/* --- what a policy server says: the last bytes of an address say it */

const char *
policy_connect(struct session *s)
{
	(void)s;
	return 0;
}

const char *
policy_helo(struct session *s)
{
	return strstr(s->helo, "refuse") ? "550 5.7.1 words" : 0;
}

const char *
policy_mail(struct session *s)
{
	return s->declared % 7 == 3 ? "450 4.7.1 words" : 0;
}

const char *
policy_rcpt(struct session *s, const char *address)
{
	(void)s;
	return strstr(address, "refuse") ? "421 4.7.1 words" : 0;
}

const char *
policy_begin(struct session *s)
{
	return s->rcpts == 5 ? "450 4.7.1 words" : 0;
}

const char *
policy_data(struct session *s, uint64_t size)
{
	return size % 7 == 3 && s->rcpts == 1 ? "550 5.7.1 words" : 0;
}

void
policy_forget(void)
{
}

bool
verdict_has_fields(void)
{
	return true;
}

void
verdict_fields(struct inject *i)
{
	(void)inject_write(i, "X: y\n", 5);
}

bool
verdict_discards(void)
{
	return world.lines == 5;
}

bool
verdict_envelope(struct buf *envelope)
{
	(void)envelope;
	return true;
}

/* --- one session */

int
LLVMFuzzerTestOneInput(const uint8_t *s, size_t n)
{
	static struct session session;
	static struct session_space space;
	static char me[] = "mx.example", hosts[] = "here.example";
	struct settings set = {
		.etc = { .dir = AT_FDCWD },     /* with nothing in it */
		.me = { me, 10, 11, 10 }, .greeting = { me, 10, 11, 10 }, .localiphost = { hosts, 12, 13, 12 },
		.rcpthosts = { hosts, 13, 14, 13 }, .timeout_s = 1, .command_s = 86400, .data_s = 86400, .session_s = 86400,
		.maxrcpt = 100, .maxhops = 100, .maxbad = 50, .maxidle = 200,
	};

	if (n == 0)
		return 0;
	memset(&session, 0, sizeof session);
	memset(&world, 0, sizeof world);
	world.s = s + 1;
	world.left = n - 1;
	world.piece = s[0] >> 2;
	world.set = &set;
	if (s[0] & 1)
		set.relayclient = s[0] & 128 ? ".x" : "";
	if (s[0] & 2) {
		set.databytes = 50;
		set.maxrcpt = set.maxhops = set.maxbad = set.maxidle = 2;
	}
	session.peer.ip = "192.0.2.1";
	session.peer.host = "h.example";
	session.peer.info = "";
	session_open(&session, &set, -1, -1, &space);
	session_run(&session);
	must(world.len == 0);
	return 0;
}
