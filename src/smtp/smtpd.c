/* smtpd - take mail from one client over SMTP and hand each message to pneu-queue
 *   arguments  the checkpassword program for AUTH, and its own; none: control/checkpassword
 *   fd 0  from the client      fd 1  to the client      fd 2  the log
 *   exit  0 the session has ended, whichever way; 111 it could not begin (the client was told 421)
 * Invariant: 250 after the data is said only when the queue program said that the message is on disk;
 * at most one message is in work, and a session that breaks off leaves nothing of it. */
#include <signal.h>
#include <stdio.h>

#include "lib/fd.h"
#include "lib/msg.h"
#include "lib/drop.h"
#include "lib/sig.h"
#include "smtp/policy.h"
#include "smtp/recipient.h"
#include "smtp/session.h"

static struct session session;
static struct session_space space;
static struct settings settings;

/* the id is in both, that whoever tells us of the one leads us to the other */
static _Noreturn void
apologize(const char *why)
{
	char id[QID_TEXT], sorry[120];
	int n;

	session_name(id);
	n = snprintf(sorry, sizeof sorry, "421 4.3.5 this mail server is not set up correctly, try later [%s]\r\n", id);
	(void)fd_write(1, sorry, (size_t)n);
	die_say(EX_SOFT, why, " [", id, "]");
}

int
main(int argc, char **argv)
{
	struct conf_error e;

	msg_name("pneu-smtpd");
	drop_sight();                               /* other sessions are of our uid */
	settings.checker = argc > 1 ? argv + 1 : 0;
	sig_ignore(SIGPIPE);
	sig_default(SIGCHLD);                       /* ignored, it would hide how pneu-queue ended */
	peer_learn(&session.peer);                  /* first: it settles where the log goes */
	if (!settings_load(&settings, &e) || !policy_load(&settings, &e))
		apologize(e.text);
	session_open(&session, &settings, 0, 1, &space);
	session_run(&session);
	recipient_end();
	return 0;
}
