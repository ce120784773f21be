#include "smtp/tls.h"

#include <errno.h>

#include "lib/num.h"
#include "smtp/answer.h"
#include "smtp/session.h"

void
tls_start(struct session *s, const char *arg)
{
	char bytes[NUM_TEXT];
	size_t thrown;
	bool ok;

	(void)arg;
	*s->helo = 0;
	s->extended = false;
	session_reset(s);
	auth_forget(s);
	ok = tlswrap_start(&s->tls, &s->in, &s->out, "220 2.0.0 ready for TLS\r\n", &thrown);
	if (thrown)
		log_trouble(s, "the client sent more after STARTTLS before the handshake; bytes thrown away", num_text(bytes, thrown));
	if (!ok) {
		log_lost(s, errno, "at STARTTLS");
		s->out.len = 0;                 /* nobody is there to read it */
		s->over = true;
		return;
	}
	log_tls(s);
}

bool
tls_first(struct session *s)
{
	if (tlswrap_first(&s->tls, &s->in))
		return true;
	s->command = "";
	answer_close(s, "4.7.0", "more than one command before the first reply after STARTTLS");
	return false;
}
