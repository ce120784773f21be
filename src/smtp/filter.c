#include "smtp/filter.h"

#include <stdlib.h>
#include <string.h>

#include "lib/ip.h"
#include "lib/num.h"
#include "smtp/session.h"
#include "wire/envelope.h"
#include "wire/filter.h"

static bool
set(const char *name, const char *value)
{
	return (*value ? setenv(name, value, 1) : unsetenv(name)) == 0;
}

static bool
named(const char *variable)
{
	const char *s = getenv(variable);

	return s && *s;
}

/* What UCSPI would have told, had we been started so. A client of whom nothing is known is not nobody: filters take a
 * message without one for our own. */
static bool
set_peer(const struct peer *peer, bool local)
{
	char port[NUM_TEXT];
	unsigned n = 0;

	if (named("TCPREMOTEIP") || (!*peer->ip && local))
		return true;
	if (!*peer->ip)
		return setenv("TCPREMOTEIP", "unknown", 1) == 0;
	if (!getenv("TCPREMOTEPORT"))
		n = peer_port();
	return setenv("TCPREMOTEIP", peer->ip, 1) == 0 && (n == 0 || setenv("TCPREMOTEPORT", num_text(port, n), 1) == 0);
}

bool
filter_origin(const struct session *s, struct buf *envelope)
{
	char login[CREDENTIALS_LOGIN + 1], client[IP_TEXT] = "", *p;
	unsigned char ip[16];

	if (!named("PNEU_FILTER") && named("QMAILQUEUE"))
		return true;                    /* qmail-queue takes no letters that it does not know */
	strcpy(login, s->auth.login);
	for (p = login; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 127)
			*p = '?';
	if (ip_read(s->peer.ip, ip))
		ip_text(client, ip);
	return (!*login || envelope_param(envelope, 'A', login)) && (!*client || envelope_param(envelope, 'C', client));
}

static bool
anybody(void)
{
	return named("PNEU_FILTER") || named("QMAILQUEUE");
}

bool
filter_tell(const struct filter_facts *f)
{
	return !anybody() || (set_peer(f->peer, f->local) && set(FILTER_SESSION, f->id) && set(FILTER_HELO, f->helo) &&
	    set(FILTER_PROTOCOL, f->protocol) && set(FILTER_LOGIN, f->login) && set(FILTER_TLS, f->tls));
}

bool
filter_environment(const struct session *s)
{
	const struct filter_facts f = { &s->peer, s->id, s->helo, submission_protocol(s), s->auth.login,
	    !s->tls.on ? "" : *s->tls.facts ? s->tls.facts : "TLS", s->set->local };

	return filter_tell(&f);
}
