#include "remote/commands.h"

#include <string.h>
#include <strings.h>

#include "mail/addr.h"
#include "mail/dsn.h"
#include "mail/utf8.h"

static const char *
domain(const char *address)
{
	const char *at = strrchr(address, '@');

	return at ? at + 1 : "";
}

/* is its domain among those of the recipients before it in this transaction? */
static bool
is_known_domain(const struct delivery *d, size_t i)
{
	size_t j;

	for (j = 0; j < i; j++)
		if (d->rcpt[j] == DELIVERY_ASKED && strcasecmp(domain(d->job.rcpt[j]), domain(d->job.rcpt[i])) == 0)
			return true;
	return false;
}

void
commands_pick(struct delivery *d, const struct offers *o)
{
	uint64_t asked = 0, domains = 0;
	size_t i;

	delivery_again(d);
	for (i = 0; i < d->job.rcpts && !(o->rcpt_max && asked == o->rcpt_max); i++) {
		if (d->rcpt[i] != DELIVERY_WAITS)
			continue;
		if (o->domain_max && !is_known_domain(d, i)) {
			if (domains == o->domain_max)
				continue;
			domains++;
		}
		d->rcpt[i] = DELIVERY_ASKED;
		asked++;
	}
}

bool
commands_need_utf8(const struct delivery *d)
{
	size_t i;

	for (i = 0; i < d->job.rcpts; i++)
		if (d->rcpt[i] != DELIVERY_REPORTED && !utf8_ascii(d->job.rcpt[i], strlen(d->job.rcpt[i])))
			return true;
	return !utf8_ascii(d->sender, strlen(d->sender));
}

/* is this transaction with SMTPUTF8? */
static bool
is_utf8(const struct delivery *d, const struct offers *o)
{
	return o->utf8 && (d->utf8 || commands_need_utf8(d));
}

static bool
put_path(struct buf *b, const char *command, const char *address)
{
	return buf_puts(b, command) && buf_byte(b, '<') && addr_quote(b, address, strlen(address)) && buf_byte(b, '>');
}

/* What came with the message goes on as it is (RFC 3461 5.2.1). send has checked it; nothing but what the standard knows can
 * stand here all the same. */
static bool
put_dsn_mail(struct buf *b, const struct delivery *d)
{
	struct buf value = BUF(DSN_ENVID);
	bool ok = true;

	if (job_param_get(d->job.params, "RET", &value) &&
	    (strcasecmp(value.s, "FULL") == 0 || strcasecmp(value.s, "HDRS") == 0))
		ok = buf_puts(b, " RET=") && buf_puts(b, value.s);
	if (ok && job_param_get(d->job.params, "ENVID", &value) && dsn_envid(value.s, value.len))
		ok = buf_puts(b, " ENVID=") && buf_puts(b, value.s);
	buf_free(&value);
	return ok;
}

/* in ASCII where the transaction is (RFC 6533 3); a value that finds no room in that form is left out */
static bool
put_orcpt(struct buf *b, const char *value, bool utf8)
{
	struct buf ascii = BUF(DSN_ORCPT);
	bool ok = true;

	if (!utf8 && !utf8_ascii(value, strlen(value)))
		value = dsn_orcpt_ascii(&ascii, value) ? ascii.s : "";
	if (dsn_orcpt(value, strlen(value), utf8))
		ok = buf_puts(b, " ORCPT=") && buf_puts(b, value);
	buf_free(&ascii);
	return ok;
}

static bool
put_dsn_rcpt(struct buf *b, const char *params, bool utf8)
{
	struct buf value = BUF(DSN_ORCPT);
	bool ok = true;

	if (job_param_get(params, "NOTIFY", &value) && dsn_notify(value.s, value.len))
		ok = buf_puts(b, " NOTIFY=") && buf_puts(b, value.s);
	if (ok && job_param_get(params, "ORCPT", &value))
		ok = put_orcpt(b, value.s, utf8);
	buf_free(&value);
	return ok;
}

bool
commands_mail(struct buf *b, const struct delivery *d, const struct offers *o)
{
	if (!put_path(b, "MAIL FROM:", d->sender))
		return false;
	if (o->sized && !(buf_puts(b, " SIZE=") && buf_num(b, d->size)))
		return false;
	if (o->eightbit && d->eightbit && !buf_puts(b, " BODY=8BITMIME"))
		return false;
	if (is_utf8(d, o) && !buf_puts(b, " SMTPUTF8"))
		return false;
	if (o->dsn && *d->job.params && !put_dsn_mail(b, d))
		return false;
	return buf_puts(b, "\r\n");
}

bool
commands_rcpt(struct buf *b, const struct delivery *d, size_t i, const struct offers *o)
{
	const char *params = d->job.rcpt_params[i];

	return put_path(b, "RCPT TO:", d->job.rcpt[i]) &&
	    (!o->dsn || !*params || put_dsn_rcpt(b, params, is_utf8(d, o))) && buf_puts(b, "\r\n");
}
