#include "smtp/filter.h"

#include <stdlib.h>

#include "lib/num.h"
#include "smtp/session.h"
#include "wire/filter.h"

static bool
set(const char *name, const char *value)
{
	return (*value ? setenv(name, value, 1) : unsetenv(name)) == 0;
}

/* what UCSPI would have told, had we been started so */
static bool
set_peer(const struct session *s)
{
	char port[NUM_TEXT];
	unsigned n = 0;

	if (getenv("TCPREMOTEIP") || !*s->peer.ip)
		return true;
	if (!getenv("TCPREMOTEPORT"))
		n = peer_port();
	return setenv("TCPREMOTEIP", s->peer.ip, 1) == 0 && (n == 0 || setenv("TCPREMOTEPORT", num_text(port, n), 1) == 0);
}

bool
filter_environment(const struct session *s)
{
	const char *filter = getenv("PNEU_FILTER"), *qmail = getenv("QMAILQUEUE");

	if (!(filter && *filter) && !(qmail && *qmail))
		return true;
	return set_peer(s) && set(FILTER_SESSION, s->id) && set(FILTER_HELO, s->helo) &&
	    set(FILTER_PROTOCOL, submission_protocol(s)) &&
	    set(FILTER_LOGIN, s->auth.login) && set(FILTER_TLS, !s->tls.on ? "" : *s->tls.facts ? s->tls.facts : "TLS");
}
