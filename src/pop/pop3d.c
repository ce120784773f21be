/* pop3d - give one client the messages of a Maildir by POP3, after it has logged in
 *   arguments  [-t SECONDS] MAILDIR; $MAILDIR counts instead if it is set
 *   fd 0  from the client      fd 1  to the client      fd 2  the log
 *   exit  0 the session has ended, whichever way, or could not begin, of which the client was told; 100 wrong use
 * Invariant: the Maildir is changed at QUIT and nowhere else; what is removed has been marked by the client in this session.
 * It runs as the user whose mail it is, in the home directory, and never as root. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/drop.h"
#include "lib/msg.h"
#include "lib/num.h"
#include "lib/place.h"
#include "lib/sig.h"
#include "pop/serve.h"
#include "wire/peer.h"
#include "wire/qid.h"

#define TIMEOUT_S 600                   /* RFC 1939 3: no less than ten minutes */
#define TIMEOUT_MAX_S 86400
#define WHO 420

static struct dialog dialog;
static struct maildrop drop;
static struct peer peer;
static char id[QID_TEXT], who[WHO];

/* the name that pneu-popup has given the session, so that the lines of both stand together */
static void
learn_names(void)
{
	const char *given = getenv("PNEU_SESSION"), *login = getenv("PNEU_LOGIN");
	struct qid q = { (uint64_t)clock_wall_us(), (uint64_t)getpid() };

	if (!login)
		login = getenv("USER");                 /* all that other checkpassword programs tell */
	if (given && qid_parse(given, &q))
		snprintf(id, sizeof id, "%s", given);
	else
		qid_text(id, &q);
	snprintf(who, sizeof who, "client %.64s login %.255s", *peer.ip ? peer.ip : "unknown", login && *login ? login : "-");
}

/* the answer to PASS is ours: whoever checked the password said nothing */
static _Noreturn void
apologize(const char *text, const char *about)
{
	dialog_say(&dialog, "-ERR", text);
	(void)out_flush(&dialog.out);
	say(id, " trouble ", who, ": ", text, *about ? ": " : "", about);
	exit(0);
}

int
main(int argc, char **argv)
{
	const char *path = getenv("MAILDIR");
	struct serving serving = { .d = &dialog, .drop = &drop, .who = who, .id = id };
	uint64_t timeout_s = TIMEOUT_S;
	int c;

	msg_name("pneu-pop3d");
	while ((c = getopt(argc, argv, "t:")) != -1)
		if (c != 't' || !num_u64(optarg, 1, TIMEOUT_MAX_S, &timeout_s))
			break;
	if (c != -1 || argc != optind + 1)
		die_say(EX_HARD, "usage: pneu-pop3d [-t seconds] maildir");
	sig_ignore(SIGPIPE);
	umask(077);
	peer_learn(&peer);                          /* first: it settles where the log goes */
	learn_names();
	dialog_init(&dialog, 0, 1, (unsigned)timeout_s, true);
	if (geteuid() == 0 && !place_private())
		apologize("[SYS/PERM] this mail server is not set up correctly", "pneu-pop3d does not run as root");
	(void)drop_powers();                        /* it starts nothing; some kernels do not know it */
	path = path && *path ? path : argv[optind];
	if (!maildrop_open(&drop, path)) {
		int cause = errno;

		snprintf(who + strlen(who), sizeof who - strlen(who), " maildir %.80s", path);
		apologize(cause == EACCES || cause == ELOOP || cause == ENOTDIR ? "[SYS/PERM] this mailbox cannot be opened" :
		    "[SYS/TEMP] this mailbox cannot be opened now", strerror(cause));
	}
	if (drop.missing)
		say(id, " trouble ", who, ": there is no Maildir yet: ", path);
	serve(&serving);
	maildrop_close(&drop);
	return 0;
}
