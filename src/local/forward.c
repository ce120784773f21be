#include "local/forward.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/ascii.h"
#include "mail/dsn.h"
#include "resolve/dotqmail.h"
#include "wire/envelope.h"

/* is there ".qmail" dash ext end? ext as in the name of any such file. False with errno 0: no */
static bool
is_there(const char *dash, const char *ext, const char *end)
{
	char name[DOTQMAIL_NAME];
	struct stat st;
	size_t n = (size_t)snprintf(name, sizeof name, ".qmail%s", dash);

	for (; *ext && n < sizeof name; ext++)
		name[n++] = *ext == '.' ? ':' : ascii_lower(*ext);
	if (n + strlen(end) >= sizeof name) {           /* no file has such a name */
		errno = 0;
		return false;
	}
	strcpy(name + n, end);
	if (stat(name, &st) == 0)
		return true;
	if (errno == ENOENT || errno == ENOTDIR || errno == ENAMETOOLONG || errno == ELOOP)
		errno = 0;
	return false;
}

bool
forward_sender(struct buf *b, const char *sender, const char *rcpt, const char *dash, const char *ext, struct outcome *o)
{
	const char *at = strrchr(rcpt, '@'), *host = at ? at : "";
	size_t local = at ? (size_t)(at - rcpt) : strlen(rcpt);
	bool owner, each;

	errno = 0;
	owner = *sender && strcmp(sender, "#@[]") != 0 && is_there(dash, ext, "-owner");
	each = owner && is_there(dash, ext, "-owner-default");
	if (errno && !each)
		return outcome_trouble(o, "look for the -owner file", 0);
	if (!owner && !buf_puts(b, sender))
		return outcome_trouble(o, "hold the sender", 0);
	if (owner && (!buf_put(b, rcpt, local) || !buf_puts(b, each ? "-owner-" : "-owner") || !buf_puts(b, host) ||
	    (each && !buf_puts(b, "-@[]"))))
		return outcome_trouble(o, "hold the sender", 0);
	return b->len <= ENVELOPE_ADDR || outcome_later(o, "4.3.5", "the address of the owner is too long", (char *)0);
}

bool
forward_begin(struct buf *envelope, const char *sender, const char *body, bool utf8, const struct forward_wishes *w)
{
	buf_clear(envelope);
	return envelope_sender(envelope, sender) && (!*body || envelope_param(envelope, 'B', body)) &&
	    (!w->envid || envelope_param(envelope, 'E', w->envid)) && (!w->ret || envelope_param(envelope, 'R', w->ret)) &&
	    (!utf8 || envelope_param(envelope, 'U', "1")) && envelope_param(envelope, 'W', "1");
}

bool
forward_to(struct buf *envelope, const char *address, const struct forward_wishes *w)
{
	char notify[DSN_NOTIFY_TEXT];

	dsn_notify_text(notify, w->notify);
	return envelope_rcpt(envelope, address) && (!w->notify || envelope_param(envelope, 'N', notify)) &&
	    (!w->orcpt || envelope_param(envelope, 'O', w->orcpt));
}

void
forward_send(struct buf *envelope, const char *trace, size_t n, struct message *m, struct inject_result *r)
{
	struct inject in;
	ssize_t k = 0;
	bool ok = envelope_end(envelope);
	int cause = errno;
	char *s;

	inject_begin(&in);
	ok = ok && inject_write(&in, trace, n);
	message_original(m);
	while (ok && (k = message_next(m, &s)) > 0)
		ok = inject_write(&in, s, (size_t)k);
	if (k < 0)
		cause = errno;
	message_rewind(m);
	if (!in.error && (k < 0 || !ok)) {              /* ours: what was written is not the message */
		inject_drop(&in);
		memset(r, 0, sizeof *r);
		r->verdict = 'Z';
		snprintf(r->status, sizeof r->status, "4.3.0");
		snprintf(r->text, sizeof r->text, "unable to read the message: %s", strerror(cause));
		return;
	}
	inject_end(&in, envelope, r);
}
