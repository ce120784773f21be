/* popup - let one client log in over POP3, then become, by a checkpassword program, what serves its mail
 *   arguments  [-a] HOST CHECKPASSWORD [ARGUMENT...]   (the arguments: as a rule the program that serves, and its own)
 *   fd 0  from the client      fd 1  to the client      fd 2  the log      fd 5, 6  pipes of tlswrapper -n
 *   exit  0 the session has ended, whichever way; 100 wrong use; 111 it could not begin (the client was told)
 * Invariant: who reads what the client says is not root. Root's part is keeper.h: it starts the checkpassword program, once for
 * each guess, and looks at nothing but its exit code. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compat/compat.h"
#include "lib/clock.h"
#include "lib/conf.h"
#include "lib/drop.h"
#include "lib/fd.h"
#include "lib/msg.h"
#include "lib/num.h"
#include "lib/place.h"
#include "lib/proc.h"
#include "lib/sig.h"
#include "pop/authorize.h"
#include "pop/keeper.h"
#include "resolve/passwd.h"
#include "wire/qid.h"

#define ROLE "pneud"

static struct dialog dialog;
static struct peer peer;
static struct authorize authorize = { .d = &dialog, .peer = &peer };
static char id[QID_TEXT];

static _Noreturn void
apologize(const char *why, const char *about)
{
	static const char sorry[] = "-ERR [SYS/TEMP] this mail server is not set up correctly, try later\r\n";

	(void)fd_write(1, sorry, sizeof sorry - 1);
	die_say(EX_SOFT, why, about, " [", id, "]");
}

static void
load_settings(void)
{
	const struct conf table[] = {
		{ "authwithouttls", CONF_NUMBER, &authorize.without_tls, 0, 0, 1 },
		{ "maxauthfail", CONF_NUMBER, &authorize.most_wrong, 5, 1, 1000 },
		{ "authdelay", CONF_NUMBER, &authorize.delay_s, 1, 0, 30 },
	};
	struct conf_error e;

	if (!conf_read(table, sizeof table / sizeof *table, &e))
		apologize(e.text, "");
}

/* whom the speaker becomes; false: nobody else */
static bool
find_role(uid_t *uid, gid_t *gid)
{
	struct buf space = BUF(PASSWD_SPACE);
	struct passwd_source logins;
	struct passwd_entry entry;
	struct passwd_file file;
	struct outcome why;
	bool found;

	if (geteuid() != 0 || place_private())
		return false;
	passwd_file_init(&file, 0, &logins);
	found = logins.find(logins.ctx, ROLE, true, &space, &entry, &why) == PASSWD_FOUND && entry.uid != 0;
	if (!found)
		apologize("there is no account " ROLE, "");
	*uid = entry.uid;
	*gid = entry.gid;
	passwd_file_close(&file);
	buf_free(&space);
	return true;
}

static void
log_begin(void)
{
	const char *local = getenv("TCPLOCALIP"), *port = getenv("TCPLOCALPORT");
	char pid[NUM_TEXT];

	say(id, " connect client ", *peer.ip ? peer.ip : "unknown", " host ", *peer.host ? peer.host : "-", " to ",
	    local ? local : "-", " port ", port ? port : "-", " tls ", tlswrap_words(&authorize.tls), " pid ",
	    num_text(pid, (uint64_t)getpid()));
}

/* the process that speaks; it ends with the session, or when the keeper does */
static _Noreturn void
speak(bool drop, uid_t uid, gid_t gid)
{
	int64_t began_ms = clock_mono_ms();
	char seconds[NUM_TEXT];

	compat_undumpable();
	if (drop && !drop_to(uid, gid))
		apologize("unable to become " ROLE ": ", strerror(errno));
	(void)drop_powers();                        /* it starts nothing; some kernels do not know it */
	dialog_init(&dialog, 0, 1, AUTHORIZE_COMMAND_S, false);
	authorize_run(&authorize);
	say(id, " end client ", *peer.ip ? peer.ip : "unknown", " seconds ",
	    num_text(seconds, (uint64_t)(clock_mono_ms() - began_ms) / 1000));
	_exit(0);
}

int
main(int argc, char **argv)
{
	struct qid q = { (uint64_t)clock_wall_us(), (uint64_t)getpid() };
	bool drop;
	uid_t uid = 0;
	gid_t gid = 0;
	int pair[2], c;
	pid_t pid;

	msg_name("pneu-popup");
	while ((c = getopt(argc, argv, "+a")) == 'a')
		authorize.apop = true;
	if (c != -1 || argc < optind + 2)
		die_say(EX_HARD, "usage: pneu-popup [-a] host checkpassword [argument ...]");
	sig_ignore(SIGPIPE);
	sig_default(SIGCHLD);                       /* ignored, it would hide how the program ended */
	peer_learn(&peer);                          /* first: it settles where the log goes */
	qid_text(id, &q);
	authorize.id = id;
	authorize.host = argv[optind];
	tlswrap_learn(&authorize.tls);
	load_settings();
	drop = find_role(&uid, &gid);
	/* a mailbox is named by who checks the password, or by the arguments, not by our own environment */
	if (setenv("PNEU_SESSION", id, 1) != 0 || unsetenv("MAILDIR") != 0 || unsetenv("PNEU_LOGIN") != 0 || !fd_pair(pair))
		apologize("unable to begin: ", strerror(errno));
	log_begin();
	if ((pid = fork()) < 0)
		apologize("unable to fork: ", strerror(errno));
	if (pid == 0) {
		close(pair[0]);
		authorize.keeper = pair[1];
		speak(drop, uid, gid);
	}
	close(pair[1]);
	tlswrap_let_go(&authorize.tls);
	keeper_run(pair[0], argv + optind + 1, id);
	close(pair[0]);
	(void)proc_wait(pid);                       /* it ends when this end is closed, if it has not already */
	return 0;
}
