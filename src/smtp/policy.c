#include "smtp/policy.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/dial.h"
#include "lib/num.h"
#include "smtp/answer.h"
#include "smtp/verdict.h"
#include "wire/envelope.h"
#include "wire/policy.h"

#define REQUEST_MAX 16384
#define TIMEOUT_MAX_S 600

enum stage { CONNECT, HELO, MAIL, RCPT, BEGIN, DATA, STAGES };

static const struct {
	const char *word, *state;       /* in control/policy, in the protocol */
	bool rcpts_known;               /* all of them: they can be counted */
} stages[STAGES] = {
	[CONNECT] = { "connect", "CONNECT", false },
	[HELO] = { "helo", "HELO", false },
	[MAIL] = { "mail", "MAIL", false },
	[RCPT] = { "rcpt", "RCPT", false },
	[BEGIN] = { "begin", "DATA", true },
	[DATA] = { "data", "END-OF-MESSAGE", true },
};

struct server {
	enum stage stage;
	const char *address;
	uint64_t timeout_s;
	bool dispensable;               /* its trouble is no obstacle */
	bool everybody;                 /* asked about clients that may relay, too */
	int *fd;                        /* -1: not connected; shared by the lines with this address */
};

/* The process has one session. */
static struct server server[POLICY_SERVERS];
static int connection[POLICY_SERVERS];
static size_t servers;
static uint64_t transaction;            /* counts them, for the instance attribute */
static char reply[POLICY_TEXT], request_space[REQUEST_MAX + 1], input[POLICY_LINE + 200];

/* ---- settings */

static bool
take_word(struct server *v, const char *word)
{
	if (strncmp(word, "timeout=", 8) == 0)
		return num_u64(word + 8, 1, TIMEOUT_MAX_S, &v->timeout_s);
	if (strncmp(word, "default=", 8) == 0) {
		v->dispensable = strcmp(word + 8, "dunno") == 0;
		return v->dispensable || strcmp(word + 8, "tempfail") == 0;
	}
	if (strncmp(word, "clients=", 8) != 0)
		return false;
	v->everybody = strcmp(word + 8, "all") == 0;
	return v->everybody || strcmp(word + 8, "strangers") == 0;
}

static bool
take_line(struct server *v, char *line)
{
	char *word = strtok(line, " \t");
	int stage;

	for (stage = CONNECT; stage < STAGES; stage++)
		if (word && strcmp(word, stages[stage].word) == 0)
			break;
	if (stage == STAGES)
		return false;
	*v = (struct server){ (enum stage)stage, strtok(0, " \t"), POLICY_TIMEOUT_S, false, false, 0 };
	if (!v->address || !dial_address(v->address))
		return false;
	while ((word = strtok(0, " \t")))
		if (!take_word(v, word))
			return false;
	return true;
}

static void
share_connection(size_t i)
{
	size_t k;

	for (k = 0; strcmp(server[k].address, server[i].address) != 0; k++)
		;
	server[i].fd = &connection[k];
	connection[i] = -1;
}

bool
policy_load(const struct settings *set, struct conf_error *e)
{
	char copy[256], *line, *next;

	for (line = set->policy.len ? set->policy.s : 0; line; line = next) {
		next = (char *)(uintptr_t)conf_next(&set->policy, line);
		snprintf(copy, sizeof copy, "%s", line);
		if (servers == POLICY_SERVERS || !take_line(&server[servers], line)) {
			conf_complain(e, "policy", servers == POLICY_SERVERS ? "too many servers" :
			    "is not connect|helo|mail|rcpt|begin|data address [timeout=seconds] [default=tempfail|dunno] [clients=strangers|all]", copy);
			return false;
		}
		share_connection(servers++);
	}
	return true;
}

/* ---- the request */

static const char *
variable(const char *name, const char *otherwise)
{
	const char *s = getenv(name);

	return s && *s ? s : otherwise;
}

static bool
put_client(struct buf *b, const struct session *s)
{
	return policy_put(b, "client_address", *s->peer.ip ? s->peer.ip : "unknown") &&
	    policy_put(b, "client_name", *s->peer.host ? s->peer.host : "unknown") &&
	    policy_put(b, "reverse_client_name", *s->peer.host ? s->peer.host : "unknown") &&
	    policy_put(b, "client_port", variable("TCPREMOTEPORT", "")) &&
	    policy_put(b, "server_address", variable("TCPLOCALIP", "")) &&
	    policy_put(b, "server_port", variable("TCPLOCALPORT", "")) && policy_put(b, "helo_name", s->helo);
}

/* "" at the end */
static void
next_word(const char **facts, char word[TLS_FACTS])
{
	size_t n = strcspn(*facts, " ");

	memcpy(word, *facts, n);                /* it is a part of a buffer of that size */
	word[n] = 0;
	*facts += n + strspn(*facts + n, " ");
}

/* What is not known is empty, as the protocol has it. */
static bool
put_security(struct buf *b, const struct session *s)
{
	static const char *const empty[] = { "sasl_sender", "ccert_subject", "ccert_issuer", "ccert_fingerprint",
	    "ccert_pubkey_fingerprint", "etrn_domain", "stress", "policy_context" };
	const char *facts = s->tls.on ? s->tls.facts : "", *method = *s->auth.login ? s->auth.method : "";
	char version[TLS_FACTS], cipher[TLS_FACTS], bits[TLS_FACTS];
	size_t i;

	next_word(&facts, version);
	next_word(&facts, cipher);
	next_word(&facts, bits);
	for (i = 0; i < sizeof empty / sizeof *empty; i++)
		if (!policy_put(b, empty[i], ""))
			return false;
	return policy_put(b, "sasl_method", method) && policy_put(b, "sasl_username", s->auth.login) &&
	    policy_put(b, "encryption_protocol", version) && policy_put(b, "encryption_cipher", cipher) &&
	    policy_put(b, "encryption_keysize", bits);
}

static bool
put_transaction(struct buf *b, const struct session *s, enum stage stage, const char *rcpt, uint64_t size)
{
	char instance[QID_TEXT + 1 + NUM_TEXT];

	snprintf(instance, sizeof instance, "%s.%llu", s->id, (unsigned long long)transaction);
	return policy_put(b, "sender", s->envelope.len ? s->envelope.s + 1 : "") && policy_put(b, "recipient", rcpt) &&
	    policy_put_num(b, "recipient_count", stages[stage].rcpts_known ? s->rcpts : 0) && policy_put_num(b, "size", size) &&
	    policy_put(b, "queue_id", "") && policy_put(b, "instance", instance);
}

/* false: it has no room, which the bounds of its values exclude */
static bool
make_request(struct buf *b, const struct session *s, enum stage stage, const char *rcpt, uint64_t size)
{
	const char *state = stage == HELO && s->extended ? "EHLO" : stages[stage].state;

	return policy_put(b, "request", "smtpd_access_policy") && policy_put(b, "protocol_state", state) &&
	    policy_put(b, "protocol_name", s->extended ? "ESMTP" : "SMTP") && put_client(b, s) &&
	    put_transaction(b, s, stage, rcpt, size) && put_security(b, s) && buf_byte(b, '\n');
}

/* ---- the exchange */

/* the answer up to its empty line. False: errno; EPROTO: it makes no sense, or more came than was asked for */
static bool
read_answer(int fd, int timeout_ms, struct policy_action *a)
{
	char space[POLICY_LINE + 1];
	struct buf line = { space, 0, sizeof space, sizeof space - 1 };         /* never reallocated */
	bool known = false;
	struct in in;
	int lines;

	in_init(&in, fd, input, sizeof input, timeout_ms);
	in.deadline_ms = clock_mono_ms() + timeout_ms;
	for (lines = 0; lines < POLICY_LINES; lines++) {
		switch (in_line(&in, &line, '\n')) {
		case IN_LINE:
			break;
		case IN_TROUBLE:
			return false;
		case IN_END:
			errno = lines ? EPROTO : EPIPE;
			return false;
		default:
			errno = EPROTO;
			return false;
		}
		if (line.len == 0) {
			errno = EPROTO;
			return known && in.pos == in.end;
		}
		if (strlen(line.s) == line.len && strncmp(line.s, "action=", 7) == 0)
			known = policy_read(a, line.s + 7);
	}
	errno = EPROTO;
	return false;
}

static bool
exchange(int fd, const struct buf *request, int timeout_ms, struct policy_action *a)
{
	struct out out;
	char none;

	out_init(&out, fd, &none, sizeof none, timeout_ms);
	out_buf(&out, request);
	return out_flush(&out) && read_answer(fd, timeout_ms, a);
}

/* Nothing may wait in a connection that was kept: it would be taken for the answer to what is asked next. One that was
 * closed, or has more to say, is given up. True: it is still there */
static bool
keep(const struct session *s, const struct server *v)
{
	char c;
	ssize_t n = *v->fd < 0 ? 0 : recv(*v->fd, &c, 1, MSG_PEEK | MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return true;
	if (n > 0)
		log_trouble(s, v->address, "this policy server said more than it was asked");
	if (*v->fd >= 0)
		close(*v->fd);
	*v->fd = -1;
	return false;
}

/* A server may close a connection that was kept just when it is asked: then once more, with a new one. False: errno */
static bool
ask(const struct session *s, const struct server *v, const struct buf *request, struct policy_action *a)
{
	int timeout_ms = (int)v->timeout_s * 1000, error;
	bool kept = keep(s, v);

	for (;;) {
		if (*v->fd < 0 && (*v->fd = dial(v->address, timeout_ms)) < 0)
			return false;
		if (exchange(*v->fd, request, timeout_ms, a))
			return true;
		error = errno;
		close(*v->fd);
		*v->fd = -1;
		if (!kept || (error != EPIPE && error != ECONNRESET)) {
			errno = error;
			return false;
		}
		kept = false;
	}
}

/* ---- what is done */

/* false: it cannot be done, though it must be */
static bool
note(const struct session *s, enum stage stage, const struct policy_action *a)
{
	bool late = stage == DATA && a->kind == POLICY_PREPEND;

	if (!late && verdict_add(a))
		return true;
	log_trouble(s, late ? "policy: prepend comes too late at the end of the data" : "policy: too much is to be done with the message",
	    a->text);
	return a->kind == POLICY_PREPEND;               /* the message can do without it */
}

/* false: the next one is asked; true: this is the end of the stage. *later: the reply at its end, unless the client may go on */
static bool
carry_out(struct session *s, const struct server *v, const struct policy_action *a, const char **later)
{
	static char later_text[POLICY_TEXT];

	if (a->kind != POLICY_DUNNO && a->kind != POLICY_OK)
		log_policy(s, v->address, a->text);
	switch (a->kind) {
	case POLICY_OK:
		return true;
	case POLICY_REFUSE:
		strcpy(reply, a->text);
		*later = reply;
		return true;
	case POLICY_DEFER:
		if (!*later)
			*later = strcpy(later_text, a->text);
		return false;
	case POLICY_PREPEND: case POLICY_HOLD: case POLICY_REDIRECT: case POLICY_BCC: case POLICY_DISCARD:
		if (note(s, v->stage, a))
			return a->kind == POLICY_DISCARD;
		*later = "451 4.3.0 unable to do what was decided, try later";
		return true;
	default:
		return false;
	}
}

static const char *
consult(struct session *s, enum stage stage, const char *rcpt, uint64_t size)
{
	struct buf request = { request_space, 0, sizeof request_space, REQUEST_MAX };   /* never reallocated */
	const char *later = 0;
	struct policy_action a;
	size_t i;

	for (i = 0; i < servers; i++) {
		const struct server *v = &server[i];

		if (v->stage != stage || (s->relay && !v->everybody))
			continue;
		if (request.len == 0 && !make_request(&request, s, stage, rcpt, size))
			return "451 4.3.0 unable to ask for a decision, try later";
		if (ask(s, v, &request, &a)) {
			if (carry_out(s, v, &a, &later))
				break;
			continue;
		}
		log_trouble(s, v->address, errno == EPROTO ? "what this policy server says makes no sense" : strerror(errno));
		if (!v->dispensable)
			return "451 4.3.5 unable to ask for a decision, try later";
	}
	return later;
}

const char *
policy_connect(struct session *s)
{
	const char *refusal = consult(s, CONNECT, "", 0);

	verdict_keep(VERDICT_SESSION);
	return refusal;
}

const char *
policy_helo(struct session *s)
{
	const char *refusal;

	verdict_return(VERDICT_SESSION);
	refusal = servers ? consult(s, HELO, "", 0) : 0;
	verdict_keep(VERDICT_HELO);
	return refusal;
}

const char *
policy_mail(struct session *s)
{
	return servers ? consult(s, MAIL, "", s->declared) : 0;
}

const char *
policy_rcpt(struct session *s, const char *address)
{
	return servers ? consult(s, RCPT, address, s->declared) : 0;
}

/* The envelope is complete. A recipient is named if he is the only one. */
static const char *
message(struct session *s, enum stage stage, uint64_t size)
{
	const char *at = s->envelope.s, *value, *rcpt = "";
	char letter;

	while (s->rcpts == 1 && envelope_next(&at, &letter, &value))
		if (letter == 'T')
			rcpt = value;
	return consult(s, stage, rcpt, size);
}

const char *
policy_begin(struct session *s)
{
	return servers ? message(s, BEGIN, s->declared) : 0;
}

const char *
policy_data(struct session *s, uint64_t size)
{
	return servers ? message(s, DATA, size) : 0;
}

void
policy_forget(void)
{
	verdict_return(VERDICT_HELO);
	transaction++;
}
