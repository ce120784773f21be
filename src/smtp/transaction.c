/* MAIL and RCPT: the envelope, and who may send to whom */
#include <string.h>
#include <strings.h>

#include "mail/addr.h"
#include "mail/idna.h"
#include "mail/utf8.h"
#include "wire/peer.h"
#include "smtp/command.h"
#include "smtp/answer.h"
#include "smtp/filter.h"
#include "smtp/greeting.h"
#include "smtp/lists.h"
#include "smtp/parameters.h"
#include "smtp/policy.h"
#include "smtp/recipient.h"
#include "wire/envelope.h"

/* "FROM:" or "TO:", then the path; what follows it, or 0 after a reply. *a is filled. A blank after the colon is
 * against RFC 5321 and common, so are addresses without < >. */
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
	switch (addr_path_in(a, arg, strlen(arg), &used, ADDR_UTF8 | ADDR_BARE)) {
	case ADDR_OK:
		if (arg[used] == 0 || arg[used] == ' ')
			return arg + used + strspn(arg + used, " ");
		break;
	case ADDR_LONG:
		answer_senseless(s, sender ? "501 5.1.7 address too long" : "501 5.1.3 address too long");
		return 0;
	default:
		break;
	}
	answer_senseless(s, sender ? "501 5.1.7 sender address is not of the form <local@domain>" :
	    "501 5.1.3 recipient address is not of the form <local@domain>");
	return 0;
}

/* 0, or what is wrong with an address that is not all ASCII */
static const char *
beyond_ascii(struct addr *a, bool declared, bool sender)
{
	if (utf8_ascii(a->s, a->len))
		return 0;
	if (!declared)
		return "553 5.6.7 this address needs SMTPUTF8 with MAIL";
	return idna_addr(a) ? 0 : sender ? "501 5.1.7 the domain cannot be written as the DNS has it" :
	    "501 5.1.3 the domain cannot be written as the DNS has it";
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

/* The transaction and its envelope. 0, or the reply */
static const char *
begin(struct session *s, const char *address, const struct mail_parameters *p)
{
	if (!envelope_sender(&s->envelope, address) || !parameters_put_mail(&s->envelope, p) ||
	    (s->set->queuelifetime && !envelope_param(&s->envelope, 'L', s->set->queuelifetime)) ||
	    !filter_origin(s, &s->envelope))
		return "501 5.1.7 address too long";
	s->declared = p->size;
	s->utf8 = p->utf8;
	s->state = SESSION_MAIL;
	return 0;
}

void
transaction_mail(struct session *s, const char *arg)
{
	struct mail_parameters p = { 0 };
	char address[ENVELOPE_ADDR + 1];
	const char *error;
	struct addr a;

	if ((error = submission_may_begin(s))) {
		answer_refuse(s, error);
		return;
	}
	if (!(arg = read_path(s, arg, "FROM:", true, &a)))
		return;
	if ((error = parameters_mail(s, arg, &p))) {
		answer_senseless(s, error);
		return;
	}
	if ((error = beyond_ascii(&a, p.utf8, true))) {
		answer_refuse(s, error);
		return;
	}
	if (s->set->databytes && p.size > s->set->databytes) {
		answer_refuse(s, "552 5.3.4 message too big");
		return;
	}
	if (a.len && a.local == a.len && !s->relay) {
		answer_refuse(s, "501 5.1.7 sender address needs a domain");
		return;
	}
	if (!complete(s, &a, address)) {
		answer_refuse(s, "501 5.1.7 address too long");
		return;
	}
	if ((error = lists_sender(s, address)) || (error = submission_sender(s, address))) {
		answer_refuse(s, error);
		return;
	}
	if ((error = begin(s, address, &p)) || (error = policy_mail(s))) {
		answer_refuse(s, error);
		session_reset(s);
		return;
	}
	answer_ok(s, "250 2.1.0 sender ok");
}

/* The domain alone decides, and nothing after us rewrites an address of a client that may not relay: characters that
 * once routed mail onward are refused in the local part. 0: may be sent to; else the reply. */
static const char *
may_not_reach(const struct session *s, const struct addr *a)
{
	const char *domain = a->s + a->local + 1, *refusal;

	if (s->relay)
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
	return !s->relay || append(address, s->relay) ? 0 : "501 5.1.3 address too long";
}

/* Into the envelope, with room left for its end. 0, or the reply. */
static const char *
add_recipient(struct session *s, const char *address, const struct rcpt_parameters *p)
{
	size_t had = s->envelope.len;

	if (envelope_rcpt(&s->envelope, address) && parameters_put_rcpt(&s->envelope, p) && buf_room(&s->envelope, 1))
		return 0;
	buf_cut(&s->envelope, had);
	return "452 4.5.3 too many recipients";         /* all the memory a client gets for them is full */
}

void
transaction_rcpt(struct session *s, const char *arg)
{
	struct rcpt_parameters p = { 0 };
	char address[ENVELOPE_ADDR + 1];
	const char *refusal;
	struct addr a;

	if (!(arg = read_path(s, arg, "TO:", false, &a)))
		return;
	if ((refusal = parameters_rcpt(s, arg, &p))) {
		answer_senseless(s, refusal);
		return;
	}
	if (a.len == 0) {
		answer_senseless(s, "501 5.1.3 a recipient is needed");
		return;
	}
	name_literal(s, &a);
	if ((refusal = beyond_ascii(&a, s->utf8, false)) || (refusal = may_not_reach(s, &a)) || (refusal = whole_address(s, &a, address)) ||
	    (refusal = recipient_refusal(s, address)) || (refusal = policy_rcpt(s, address)) ||
	    (refusal = submission_recipient(s)) ||
	    (refusal = add_recipient(s, address, &p))) {
		s->refused++;
		greeting_tarpit(s);
		answer_refuse(s, refusal);
		return;
	}
	s->rcpts++;
	s->state = SESSION_RCPT;
	answer_ok(s, "250 2.1.5 recipient ok");
}
