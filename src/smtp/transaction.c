/* MAIL and RCPT: the envelope, and who may send to whom */
#include <string.h>
#include <strings.h>

#include "lib/num.h"
#include "mail/addr.h"
#include "smtp/peer.h"
#include "smtp/command.h"
#include "smtp/answer.h"
#include "smtp/lists.h"
#include "smtp/recipient.h"
#include "wire/envelope.h"

#define SIZE_DIGITS 20                  /* RFC 1870 */

struct parameters {                     /* of MAIL */
	bool size_given, body_given;
	uint64_t size;
	bool eight;
};

/* "FROM:" or "TO:", then the path; what follows it, or 0 after a reply. *a is filled. A blank after the colon is
 * against RFC 5321 and common. */
static const char *
read_path(struct session *s, const char *arg, const char *keyword, bool sender, struct addr *a)
{
	size_t n = strlen(keyword), used;

	if (strncasecmp(arg, keyword, n) != 0) {
		answer_senseless(s, sender ? "501 5.5.4 MAIL FROM:<address> is expected" :
		    "501 5.5.4 RCPT TO:<address> is expected");
		return 0;
	}
	arg += n;
	arg += strspn(arg, " ");
	switch (addr_path(a, arg, strlen(arg), &used)) {
	case ADDR_OK:
		if (arg[used] == 0 || arg[used] == ' ')
			return arg + used + strspn(arg + used, " ");
		break;
	case ADDR_LONG:
		answer_senseless(s, sender ? "501 5.1.7 address too long" : "501 5.1.3 address too long");
		return 0;
	case ADDR_8BIT:
		answer_refuse(s, "553 5.6.7 address needs SMTPUTF8, which is not offered");
		return 0;
	default:
		break;
	}
	answer_senseless(s, sender ? "501 5.1.7 sender address is not of the form <local@domain>" :
	    "501 5.1.3 recipient address is not of the form <local@domain>");
	return 0;
}

static bool
named(const char *word, size_t n, const char *name)
{
	size_t len = strlen(name);

	return n >= len && strncasecmp(word, name, len) == 0 && (n == len || word[len] == '=');
}

static const char *
take_size(struct parameters *p, const char *value, size_t n)
{
	size_t i;

	if (p->size_given)
		return "501 5.5.4 SIZE given twice";
	p->size_given = true;
	if (num_span(value, n, 0, UINT64_MAX, &p->size))
		return n <= SIZE_DIGITS ? 0 : "501 5.5.4 SIZE is not a number of at most 20 digits";
	for (i = 0; i < n && value[i] >= '0' && value[i] <= '9'; i++)
		;
	if (n == 0 || i < n || n > SIZE_DIGITS)
		return "501 5.5.4 SIZE is not a number of at most 20 digits";
	return "552 5.3.4 message too big";     /* more than 64 bits can say */
}

static const char *
take_body(struct parameters *p, const char *value, size_t n)
{
	if (p->body_given)
		return "501 5.5.4 BODY given twice";
	p->body_given = true;
	p->eight = n == 8 && strncasecmp(value, "8BITMIME", n) == 0;
	return p->eight || (n == 4 && strncasecmp(value, "7BIT", n) == 0) ? 0 : "501 5.5.4 BODY is 7BIT or 8BITMIME";
}

/* 0, or the reply to parameters that will not do */
static const char *
read_parameters(const struct session *s, const char *words, struct parameters *p)
{
	const char *error = 0;
	size_t n;

	for (; *words && !error; words += n, words += strspn(words, " ")) {
		n = strcspn(words, " ");
		if (!s->extended)
			error = "555 5.5.4 parameters need EHLO";
		else if (named(words, n, "SIZE"))
			error = n > 5 ? take_size(p, words + 5, n - 5) : "501 5.5.4 SIZE needs a number";
		else if (named(words, n, "BODY"))
			error = n > 5 ? take_body(p, words + 5, n - 5) : "501 5.5.4 BODY needs a value";
		else
			error = "555 5.5.4 unknown parameter";
	}
	return error;
}

/* append, unless it would be too long for the queue */
static bool
append(char *address, const char *tail)
{
	size_t n = strlen(address), more = strlen(tail);

	if (n + more > ENVELOPE_ADDR)
		return false;
	memcpy(address + n, tail, more + 1);
	return true;
}

/* a local part alone stands for one at our own name */
static bool
complete(const struct session *s, const struct addr *a, char *address)
{
	memcpy(address, a->s, a->len + 1);
	return a->len == 0 || a->local < a->len || (append(address, "@") && append(address, s->set->me.s));
}

void
transaction_mail(struct session *s, const char *arg)
{
	struct parameters p = { false, false, 0, false };
	char address[ENVELOPE_ADDR + 1];
	const char *error;
	struct addr a;

	if (!(arg = read_path(s, arg, "FROM:", true, &a)))
		return;
	if ((error = read_parameters(s, arg, &p))) {
		answer_senseless(s, error);
		return;
	}
	if (s->set->databytes && p.size > s->set->databytes) {
		answer_refuse(s, "552 5.3.4 message too big");
		return;
	}
	if (a.len && a.local == a.len && !s->set->relayclient) {
		answer_refuse(s, "501 5.1.7 sender address needs a domain");
		return;
	}
	if (!complete(s, &a, address)) {
		answer_refuse(s, "501 5.1.7 address too long");
		return;
	}
	if ((error = lists_sender(s, address))) {
		answer_refuse(s, error);
		return;
	}
	if (!envelope_sender(&s->envelope, address) ||
	    (p.eight && !envelope_param(&s->envelope, 'B', "8BITMIME"))) {
		buf_clear(&s->envelope);
		answer_refuse(s, "501 5.1.7 address too long");
		return;
	}
	s->state = SESSION_MAIL;
	answer_ok(s, "250 2.1.0 sender ok");
}

/* The domain alone decides, and nothing after us rewrites an address of a client that may not relay: characters that
 * once routed mail onward are refused in the local part. 0: may be sent to; else the reply. */
static const char *
may_not_reach(const struct session *s, const struct addr *a)
{
	const char *domain = a->s + a->local + 1, *refusal;

	if (s->set->relayclient)
		return 0;
	if (a->local == a->len)
		return strcasecmp(a->s, "postmaster") == 0 ? 0 : "550 5.1.3 recipient address needs a domain";
	if ((refusal = lists_domain(s, domain, a->len - a->local - 1)))
		return refusal;
	if (memchr(a->s, '@', a->local) || memchr(a->s, '%', a->local) || memchr(a->s, '!', a->local))
		return "550 5.7.1 relaying denied: that local part routes mail onward";
	return 0;
}

/* user@[our address] is user@localiphost */
static void
name_literal(const struct session *s, struct addr *a)
{
	const struct buf *name = &s->set->localiphost;  /* at most ADDR_DOMAIN bytes, settings_load saw to it */

	if (!a->literal || !peer_reached(a->s + a->local + 1, a->len - a->local - 1))
		return;
	memcpy(a->s + a->local + 1, name->s, name->len + 1);
	a->len = a->local + 1 + name->len;
	a->literal = false;
}

/* as it is to be queued. 0, or the reply */
static const char *
whole_address(const struct session *s, const struct addr *a, char address[ENVELOPE_ADDR + 1])
{
	const char *refusal;

	if (s->rcpts >= s->set->maxrcpt)
		return "452 4.5.3 too many recipients";
	if (!complete(s, a, address))
		return "501 5.1.3 address too long";
	if ((refusal = lists_recipient(s, address)))
		return refusal;
	return !s->set->relayclient || append(address, s->set->relayclient) ? 0 : "501 5.1.3 address too long";
}

/* Into the envelope, with room left for its end. 0, or the reply. */
static const char *
add_recipient(struct session *s, const char *address)
{
	size_t had = s->envelope.len;

	if (envelope_rcpt(&s->envelope, address) && buf_room(&s->envelope, 1))
		return 0;
	buf_cut(&s->envelope, had);
	return "452 4.5.3 too many recipients";         /* all the memory a client gets for them is full */
}

void
transaction_rcpt(struct session *s, const char *arg)
{
	char address[ENVELOPE_ADDR + 1];
	const char *refusal;
	struct addr a;

	if (!(arg = read_path(s, arg, "TO:", false, &a)))
		return;
	if (*arg) {
		answer_senseless(s, "555 5.5.4 unknown parameter");
		return;
	}
	if (a.len == 0) {
		answer_senseless(s, "501 5.1.3 a recipient is needed");
		return;
	}
	name_literal(s, &a);
	if ((refusal = may_not_reach(s, &a)) || (refusal = whole_address(s, &a, address)) ||
	    (refusal = recipient_refusal(s, address)) || (refusal = add_recipient(s, address))) {
		s->refused++;
		answer_refuse(s, refusal);
		return;
	}
	s->rcpts++;
	s->state = SESSION_RCPT;
	answer_ok(s, "250 2.1.5 recipient ok");
}
