/* checkpw - is this the password of that login? If so, become the program that is named
 *   arguments  [-m] PROGRAM ARGUMENT...
 *   fd 3       login 0 password 0 anything, to its end, 512 bytes at most
 *   fd 0, 1    not used: the program's          fd 2  the log
 *   exit       what the program says; 1 no; 2 wrong use; 111 trouble that may pass    -> pneu-checkpw(8)
 * Invariant: the password is hashed exactly once, whoever asks for whomever. The group shadow is in force while shadow
 * passwords are looked up and gone for good before the password is hashed; the password is gone before the program runs.
 * The program never runs as root: started by root, it runs as the owner of the login's mailbox.
 * It is setgid, so it believes nothing it inherits. */
#include <crypt.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compat/compat.h"
#include "lib/clock.h"
#include "lib/conf.h"
#include "lib/fd.h"
#include "lib/msg.h"
#include "lib/place.h"
#include "lib/proc.h"
#include "lib/sig.h"
#include "login/mailbox.h"
#include "login/secret.h"
#include "wire/credentials.h"
#include "wire/passwords.h"

#define EX_NO 1
#define EX_MISUSED 2
#define ASKED 3                         /* the descriptor with login and password */
#define TIMEOUT_S 60                    /* for whoever writes to it, and for a name service that hangs */
#define ROLE "pneud"                    /* who may ask but root */
#define DAY_S 86400

/* what unknown logins are measured with where no database says better: how Debian hashes today, and how all do */
static const char *const models[] = { "$y$j9T$k1YpTf7.uQmHbC3.w0Xrs/$", "$6$k1YpTf7uQmHbC3w0$" };

static char asked[CREDENTIALS_ASKED + 1];
static struct crypt_data hashing;
static struct passwords_entry entry;
static struct compat_shadow shadow;
static bool alone;                      /* a private instance */
static gid_t lent;                      /* the group that we are setgid to, or our own */

static struct account {
	const char *hash;               /* 0: there is no such login */
	const char *refused;            /* why nobody may use it, though the password may be right */
	bool hidden;                    /* there is one, but not its password */
} account;

/* no core file has the password, no descriptor is missing, no variable of strangers' leads us elsewhere */
static void
harden(void)
{
	struct rlimit none = { 0, 0 };
	struct stat st;
	int fd;

	compat_undumpable();
	if (setrlimit(RLIMIT_CORE, &none) != 0)
		die_sys(EX_SOFT, "forbid core files");
	if (fstat(ASKED, &st) != 0)
		die_say(EX_MISUSED, "nothing on descriptor 3; this is run by pneu-smtpd, or by what speaks checkpassword");
	do
		fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	while (fd >= 0 && fd < ASKED);
	if (fd < 0)
		die_sys(EX_SOFT, "open /dev/null");
	close(fd);
	lent = getegid();
	if (lent != getgid()) {
		(void)unsetenv("PNEU_ETC");     /* from here on we do not look setgid any more */
		(void)unsetenv("PNEU_QUEUE");
		if (setegid(getgid()) != 0)
			die_sys(EX_SOFT, "give back the group");
	}
	alone = place_private();
	sig_default(SIGALRM);
	sig_unblock(SIGALRM);
	alarm(TIMEOUT_S);
}

static const struct passwd *
look_up(const char *name)
{
	const struct passwd *pw;

	errno = 0;
	pw = getpwnam(name);
	if (!pw && errno && errno != ENOENT && errno != ESRCH)
		die_sys(EX_SOFT, "look up ", name);
	return pw;
}

static void
check_caller(void)
{
	const struct passwd *pw;

	if (alone)
		return;
	pw = look_up(ROLE);
	if (!pw || pw->pw_uid == 0 || (getuid() != 0 && getuid() != pw->pw_uid))
		die_say(EX_MISUSED, pw ? "only root and " ROLE " may ask" : "there is no account " ROLE);
}

/* login and password, or the end: both inside asked */
static const char *
read_question(const char **password)
{
	ssize_t n = fd_read(ASKED, asked, sizeof asked);
	const char *login;

	if (n < 0)
		die_sys(EX_SOFT, "read descriptor 3");
	close(ASKED);
	if (n > CREDENTIALS_ASKED) {
		explicit_bzero(asked, sizeof asked);
		_exit(EX_NO);
	}
	if (!credentials_get(asked, (size_t)n, &login, password))
		die_say(EX_MISUSED, "descriptor 3 does not have a login and a password, each ended by a zero byte");
	return login;
}

/* false: there is no database */
static bool
ask_database(int etc, const char *login)
{
	int fd = openat(etc, "passwords.cdb", O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0 && errno == ENOENT)
		return false;
	if (fd < 0)
		die_sys(EX_SOFT, "open passwords.cdb");
	switch (passwords_find(fd, login, &entry)) {
	case PASSWORDS_FOUND:
		account.hash = entry.hash;
		break;
	case PASSWORDS_NONE:
		break;
	case PASSWORDS_TROUBLE:
	default:
		die_sys(EX_SOFT, "read passwords.cdb");
	}
	close(fd);
	return true;
}

static void
ask_system(const char *login)
{
	const struct passwd *pw = look_up(login);
	struct secret_days days;
	int r;

	if (lent != getgid() && setegid(lent) != 0)
		die_sys(EX_SOFT, "use the group shadow");
	r = compat_shadow(login, &shadow);
	if (r < 0 && errno != EACCES)
		die_sys(EX_SOFT, "ask for shadow passwords");
	/* who may not read them hears of no entry, if the name service has somebody else to ask after that */
	account.hidden = pw && r <= 0;
	if (r <= 0 || !pw)
		return;
	account.hash = shadow.hash;
	days = (struct secret_days){ .changed = shadow.changed, .most = shadow.most, .expires = shadow.expires };
	account.refused = pw->pw_uid == 0 ? "it is root" : secret_expired(&days, (long)(clock_wall_s() / DAY_S));
}

/* The database decides for the logins that it has. */
static void
find_account(const char *login)
{
	uint64_t system = 0;
	const struct conf settings[] = {
		{ "systempasswords", CONF_NUMBER, &system, 0, 0, 1 },
	};
	struct conf_error e;
	int etc = conf_open();
	bool database;

	if (etc < 0)
		die_sys(EX_SOFT, "open ", place_etc());
	if (!conf_load(etc, settings, sizeof settings / sizeof *settings, &e))
		die_say(EX_SOFT, e.text);
	database = ask_database(etc, login);
	close(etc);
	if (system && !alone && !account.hash)
		ask_system(login);
	else if (!database)
		die_say(EX_SOFT, "there are no passwords: neither passwords.cdb nor systempasswords");
}

static const char *
hash_with(const char *password, const char *setting)
{
	return crypt_r(password, setting, &hashing);
}

static enum secret_result
compare(const char *password)
{
	enum secret_result r;

	if (entry.model[0])
		return secret_check(account.hash, entry.model, password, hash_with);
	r = secret_check(account.hash, models[0], password, hash_with);
	return r == SECRET_TROUBLE && !account.hash ? secret_check(0, models[1], password, hash_with) : r;
}

static void
forget(void)
{
	explicit_bzero(asked + strlen(asked) + 1, sizeof asked - strlen(asked) - 1);
	explicit_bzero(&hashing, sizeof hashing);
	explicit_bzero(&entry, sizeof entry);
	explicit_bzero(&shadow, sizeof shadow);
}

/* 0, or the exit code of one who is not let in */
static int
decide(const char *login, const char *password)
{
	enum secret_result r;

	/* a name that can be no login is not asked for, but measured */
	if (passwords_login(login))
		find_account(login);
	if (!compat_drop_setgid())
		die_sys(EX_SOFT, "give up the group shadow");
	r = compare(password);
	forget();
	if (r == SECRET_TROUBLE)
		die_say(EX_SOFT, "this system cannot hash in the way of the password of ", login);
	if (account.hidden)
		die_say(EX_SOFT, "the system has an account but shows no shadow password (is this program setgid shadow?): ", login);
	if (r == SECRET_RIGHT && account.refused) {
		say("refused ", login, ": ", account.refused);
		return EX_NO;
	}
	return r == SECRET_RIGHT ? 0 : EX_NO;
}

/* from here on as the owner of the login's mailbox, in the home; 0, or the exit code of one who has none */
static int
go_to_mailbox(const char *login)
{
	static struct mailbox box;
	enum mailbox_result r = mailbox_find(login, &box);

	if (r == MAILBOX_FOUND)
		r = mailbox_enter(&box);
	if (r == MAILBOX_FOUND) {
		if (!mailbox_environment(&box))
			die_sys(EX_SOFT, "set the environment");
		return 0;
	}
	if (r == MAILBOX_TROUBLE)
		die_say(EX_SOFT, "unable to open the mailbox of ", login, ": ", box.why);
	say("refused ", login, ": ", box.why);
	return EX_NO;
}

int
main(int argc, char **argv)
{
	extern char **environ;
	const char *login, *password;
	bool to_mailbox;
	int code;

	msg_name("pneu-checkpw");
	to_mailbox = argc > 1 && strcmp(argv[1], "-m") == 0;
	argv += to_mailbox ? 2 : 1;
	if (argc < (to_mailbox ? 3 : 2))
		die_say(EX_MISUSED, "usage: pneu-checkpw [-m] program [argument ...] 3<question");
	harden();
	check_caller();
	to_mailbox = to_mailbox || (getuid() == 0 && !alone);
	login = read_question(&password);
	if ((code = decide(login, password)) != 0)
		return code;
	if (setenv("USER", login, 1) != 0 || setenv("PNEU_LOGIN", login, 1) != 0)
		die_sys(EX_SOFT, "set USER");
	if (to_mailbox && (code = go_to_mailbox(login)) != 0)
		return code;
	if (geteuid() == 0 && !alone)
		die_say(EX_SOFT, "this is still root");
	alarm(0);
	proc_exec(argv[0], argv, environ, 0, 0);
	die_sys(EX_SOFT, "run ", argv[0]);
}
