/* pneu-tcpd - listen on TCP addresses and start a program for each connection
 *
 * fd 0, 1  not used: /dev/null once the ports are announced (-1)          fd 2  the log
 * session  fd 0 and 1 are the connection, fd 2 ours, nothing else
 * exit  0 ended by TERM, 100 wrong usage, 111 could not start
 * HUP   becomes its own program file anew, in the same process, with the ports open and the sessions counted    -> listen/renew.h
 * Invariant: never more sessions than the limits say, in all and for one client address; what a connection costs us
 * (a slot in each table) is taken before the first one comes. A client that gets no session is told so and forgotten.
 * We read not a byte from a connection. Only where a rule trusts a proxy does a child of ours, before it becomes the
 * session's program, read the proxy's header, and ask us whether the client that it names may have one more session. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "compat/compat.h"
#include "lib/clock.h"
#include "lib/drop.h"
#include "lib/fd.h"
#include "lib/msg.h"
#include "lib/notify.h"
#include "lib/num.h"
#include "lib/place.h"
#include "lib/sig.h"
#include "lib/vars.h"
#include "listen/admit.h"
#include "listen/become.h"
#include "listen/child.h"
#include "listen/door.h"
#include "listen/find.h"
#include "listen/heir.h"
#include "listen/listener.h"
#include "listen/options.h"
#include "listen/rate.h"
#include "listen/renew.h"
#include "listen/table.h"
#include "listen/ucspi.h"

#define LISTENERS 64
#define PAUSE_MS 500                    /* without descriptors or memory: wait so long, or until a session ends */
#define INHERITED_MAX 1024              /* descriptors that somebody left open for us are looked for below this */
#define FIRST_PASSED 3                  /* LISTEN_FDS counts from here: sd_listen_fds(3) */

static struct options option;
static struct notify notify;            /* the supervisor, if it wants to know */
static struct listener listener[LISTENERS + LISTENERS_PER_ADDRESS - 1];
static struct pollfd *ready;            /* room for all of both */
static size_t listeners;
static struct asking *asking;           /* one for each session whose header is being read */
static size_t askings;

static struct table sessions;           /* pid: the client's key in peers */
static struct table peers;              /* key of a client: sessions it has */
static struct rate each, networks;      /* new connections by the client's key, by its network's */
static struct admit admit = { .error = -1 };
static const struct estate estate = { listener, &listeners, &asking, &askings, &sessions, &peers, &each, &networks, &admit.error };
static struct renewal renewal = { .estate = &estate, .notify = &notify };
static struct ucspi ucspi;
static char path[4096];                 /* of the program */
static const struct child child = { .option = &option, .admit = &admit, .ucspi = &ucspi, .path = path };

static bool starved;                    /* this episode of no descriptors or no memory is in the log */
static int64_t paused_until_ms;         /* 0: not paused */
static volatile sig_atomic_t child_ended, terms, hangup;
static int terms_seen;
static bool leave;

static void
on_signal(int sig)
{
	if (sig == SIGCHLD)
		child_ended = 1;
	else if (sig == SIGHUP)
		hangup = 1;
	else if (terms < 2)
		terms++;
}

/* the log: one function per event */

static void
log_status(void)
{
	char n[NUM_TEXT], max[NUM_TEXT];

	if (option.loudness == ALL)
		say("status: ", num_text(n, sessions.count), "/", num_text(max, option.max));
}

static void
log_begin(bool anew)
{
	char n[NUM_TEXT];

	if (anew && option.loudness != QUIET)
		say("started anew; sessions: ", num_text(n, sessions.count));
	log_status();
}

static void
log_start(pid_t pid, const char *ip)
{
	char n[NUM_TEXT];

	if (option.loudness == ALL)
		say("pid ", num_text(n, (uint64_t)pid), " from ", ip);
}

static void
log_end(pid_t pid, int status)
{
	char n[NUM_TEXT], s[NUM_TEXT];

	if (option.loudness == ALL)
		say("end ", num_text(n, (uint64_t)pid), " status ", num_text(s, (uint64_t)(unsigned)status));
}

/* sessions */

/* a client is an IPv4 address, or the /64 of an IPv6 address: whoever has one of its addresses has them all */
static uint64_t
client_key(const struct endpoint *e)
{
	uint32_t v4;
	uint64_t key;

	if (endpoint_is_ipv4(e)) {
		memcpy(&v4, e->ip + 12, sizeof v4);
		return UINT64_C(0xffffffff) << 32 | v4; /* no client has such an IPv6 address, it is multicast */
	}
	memcpy(&key, e->ip, sizeof key);
	return key;
}

/* the client's network: whose addresses one organisation may have many of */
static uint64_t
network_key(const struct endpoint *e)
{
	struct endpoint net = *e;

	ip_mask(net.ip, (unsigned)(endpoint_is_ipv4(e) ? IP_BITS - 32 + option.bits4 : option.bits6));
	return client_key(&net);
}

/* may there be one more? false: it was told and logged; so with all that follow */
static bool
within_all(const struct connection *c, const char *ip)
{
	char n[NUM_TEXT];

	if (sessions.count < option.max)
		return true;
	door_busy(&option, c, ip, "421 4.3.2 too many connections, try again later", "all sessions in use: ",
	    num_text(n, sessions.count));
	return false;
}

/* Who does not fit is not counted, so that one address cannot use up what its network may. */
static enum verdict
weigh(const struct endpoint *client)
{
	int64_t now = each.slot || networks.slot ? clock_mono_ms() : 0;
	uint64_t key = client_key(client), network = network_key(client);
	const uint64_t *has = table_find(&peers, key);

	if (has && *has >= option.max_each)
		return TOO_MANY;
	if (!rate_within(&each, key, now))
		return TOO_SOON;
	if (!rate_within(&networks, network, now))
		return NETWORK_TOO_SOON;
	rate_count(&each, key, now);
	rate_count(&networks, network, now);
	return FITS;
}

/* pid: of the session, or -1 */
static void
started(pid_t pid, const struct connection *c, const char *ip, uint64_t key)
{
	if (pid < 0) {
		door_unstarted(&option, c, ip);
		return;
	}
	*table_add(&sessions, (uint64_t)pid) = key;     /* within_all saw to the room in both */
	++*table_add(&peers, key);
	log_start(pid, ip);
	log_status();
}

/* in a child */
static void
forget_others(void)
{
	size_t i;

	for (i = 0; i < listeners; i++)         /* the ports are free as soon as our parent is gone, */
		close(listener[i].fd);
	for (i = 0; i < askings; i++)           /* and those who ask it hear of that */
		close(asking[i].fd);
}

static void
start_relayed(const struct connection *c, const char *ip, uint64_t key)
{
	int pair[2];
	pid_t pid;

	if (!fd_pair(pair)) {
		door_unstarted(&option, c, ip);
		return;
	}
	pid = fork();
	if (pid == 0) {
		close(pair[0]);
		forget_others();
		child_relay(&child, c, ip, pair[1]);
	}
	started(pid, c, ip, key);
	close(pair[1]);
	if (pid > 0)
		asking[askings++] = (struct asking){ .fd = pair[0], .pid = pid };
	else
		close(pair[0]);
}

/* A trusted proxy is many clients: they are weighed when it says who they are. */
static void
serve(const struct connection *c)
{
	uint64_t key = client_key(&c->remote);
	const char *ip = ucspi_connection(&ucspi, c);
	enum admit_answer answer;
	struct rule rule;

	if (within_all(c, ip) && door_admitted(&option, answer = admit_ask(&admit, ip, &rule), c, ip, &rule)) {
		if (answer == ADMIT_PROXY)
			start_relayed(c, ip, key);
		else if (door_fits(&option, weigh(&c->remote), c, ip))
			started(child_start(&child, c, &rule), c, ip, key);
	}
	close(c->fd);
}

static void
leave_peer(uint64_t key)
{
	uint64_t *has = table_find(&peers, key);

	if (has && --*has == 0)
		table_drop(&peers, key);
}

static void
session_ended(pid_t pid, int status)
{
	uint64_t *key = table_find(&sessions, (uint64_t)pid);

	if (!key)
		return;                 /* a child of whoever was this process before us */
	leave_peer(*key);
	table_drop(&sessions, (uint64_t)pid);
	log_end(pid, status);
}

/* the parts of the loop: x_want says what would wake it and when, x_do does it */

struct wait {
	size_t fds;                     /* of ready[]: first the askings, then the listeners */
	size_t askings;
	int timeout_ms;
};

static void
sessions_do(void)
{
	size_t before = sessions.count;
	int status;
	pid_t pid;

	if (!child_ended)
		return;
	child_ended = 0;                /* before looking: who ends from here on raises it again */
	while ((sessions.count || renewal.trial) && (pid = waitpid(-1, &status, WNOHANG)) > 0)
		if (!renew_ended(&renewal, pid, status))
			session_ended(pid, status);
	if (sessions.count != before) {
		paused_until_ms = 0;    /* it had descriptors and memory */
		log_status();
	}
}

/* The rules at once, whatever becomes of the rest. */
static void
hangup_do(void)
{
	if (!hangup)
		return;
	hangup = 0;
	admit.again = true;
	admit_refresh(&admit);
	renewal.wanted = true;
}

/* The first TERM closes the listeners; what they had not yet given us the kernel resets, so those clients try again.
 * The second ends us too: the sessions go on, nobody counts them any more. */
static void
stop_do(void)
{
	size_t i;

	if (terms == terms_seen)
		return;
	(void)notify_stopping(&notify, "running sessions may end");
	for (i = 0; i < listeners; i++)
		close(listener[i].fd);
	listeners = 0;
	terms_seen = terms;
	leave = terms > 1;
}

static void
askings_want(struct wait *w)
{
	for (w->askings = 0; w->askings < askings; w->askings++)
		ready[w->fds++] = (struct pollfd){ .fd = asking[w->askings].fd, .events = POLLIN };
}

/* The session counts for its client from here on, no more for the proxy. */
static enum verdict
judge(pid_t pid, const struct endpoint *client)
{
	uint64_t *key = table_find(&sessions, (uint64_t)pid);
	enum verdict verdict = weigh(client);

	if (verdict == FITS && key) {
		leave_peer(*key);
		*key = client_key(client);
		++*table_add(&peers, *key);
	}
	return verdict;
}

/* A child asks once, or not at all: then it has ended, or become a session of the proxy's own. */
static void
askings_do(const struct wait *w)
{
	struct endpoint client;
	size_t i;

	for (i = w->fds ? w->askings : 0; i-- > 0;) {
		if (!ready[i].revents)
			continue;
		if (child_asks(asking[i].fd, &client))
			child_answer(asking[i].fd, judge(asking[i].pid, &client));
		close(asking[i].fd);
		asking[i] = asking[--askings];          /* who takes the place had its turn */
	}
}

static void
accept_want(struct wait *w)
{
	int64_t left = paused_until_ms ? paused_until_ms - clock_mono_ms() : 0;
	size_t i;

	if (left > 0) {
		w->timeout_ms = (int)left;
		return;
	}
	paused_until_ms = 0;
	for (i = 0; i < listeners; i++)
		ready[w->fds++] = (struct pollfd){ .fd = listener[i].fd, .events = POLLIN };
}

/* Some errors are about the one connection, which is gone; the others will be there again in a moment and
 * must not make us spin: accept(2), "Error handling". */
static void
accept_failed(int error)
{
	switch (error) {
	case EAGAIN:
	case EINTR:
	case ECONNABORTED:
	case EPERM:
	case EPROTO:
	case ENETDOWN:
	case ENETUNREACH:
	case EHOSTDOWN:
	case EHOSTUNREACH:
	case ENOPROTOOPT:
	case EOPNOTSUPP:
	case ETIMEDOUT:
		return;
	default:
		break;
	}
	if (!starved)
		msg_warn(error, "unable to accept connections, clients wait", (char *)0);
	starved = true;
	paused_until_ms = clock_mono_ms() + PAUSE_MS;
}

static void
accept_do(const struct wait *w)
{
	struct connection c;
	size_t i;

	for (i = 0; w->askings + i < w->fds && i < listeners; i++) {
		if (!ready[w->askings + i].revents)
			continue;
		if (!listener_accept(&listener[i], &c)) {
			accept_failed(errno);
			continue;
		}
		starved = false;
		serve(&c);
	}
}

static void
run(void)
{
	sigset_t none;

	sigemptyset(&none);
	while (!leave && (listeners || sessions.count)) {
		struct wait w = { .fds = 0, .timeout_ms = -1 };
		struct timespec t;

		askings_want(&w);
		accept_want(&w);
		renew_want(&renewal, &w.timeout_ms);
		t.tv_sec = w.timeout_ms / 1000;
		t.tv_nsec = w.timeout_ms % 1000 * 1000000L;
		/* signals come here and nowhere else */
		if (ppoll(ready, w.fds, w.timeout_ms < 0 ? 0 : &t, &none) < 0) {
			if (errno != EINTR)
				accept_failed(errno);
			w.fds = 0;
		} else
			sig_let_in();
		askings_do(&w);
		sessions_do();
		hangup_do();
		stop_do();
		accept_do(&w);
		if (listeners)          /* else there is nothing to go on with */
			renew_do(&renewal);
	}
}

/* starting */

/* Root's environment is not for sessions: like su, we let through what they know, and what -e names. */
static void
reset_environment(char **environ_)
{
	static const char *const known[] = { "PATH", "TZ", "TMPDIR", "PNEU_*", "DATABYTES", "DNSCACHEIP", "GREETDELAY", "QMAILQUEUE",
		"QMQPCLIENT", "QUEUELIFETIME", "RECORD", "RELAYCLIENT", "SMTPS", "SUBMISSION", "MAILDIR", "POP3S", "LISTEN_*", "NOTIFY_SOCKET",
		"WATCHDOG_*", "ASAN_OPTIONS" };
	const char *names[sizeof known / sizeof *known + OPTION_VARS + 1] = { 0 };
	size_t n = sizeof known / sizeof *known;

	memcpy(names, known, sizeof known);
	memcpy(names + n, option.var, option.vars * sizeof *names);
	vars_keep(environ_, names);
}

/* Strangers speak to what we start from here on. It may start pneu-queue, which is setuid, so rights stay what they are; a
 * container that gives root no say in this has a filter of its own. */
static void
forbid_calls(void)
{
	if (!compat_forbid() && errno != EOPNOTSUPP && errno != EACCES)
		warn_sys("forbid system calls");
}

/* 0, 1 and 2 exist, so no socket of ours gets their numbers; what else was left open is not for the sessions */
static void
tidy_descriptors(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	while (fd >= 0 && fd < 3);
	if (fd < 0)
		die_sys(EX_SOFT, "open /dev/null");
	close(fd);
	(void)fd_cloexec(2, false);
	for (fd = 3; fd < INHERITED_MAX; fd++)
		(void)fd_cloexec(fd, true);     /* EBADF for those that are not there */
}

static struct become
read_user(void)
{
	const char *why = 0;
	struct become b;

	switch (become_find(option.user, &b, &why)) {
	case BECOME_FOUND:
		return b;
	case BECOME_WRONG:
		die_say(EX_HARD, "user ", option.user, " ", why);
	case BECOME_TROUBLE:
	default:
		die_sys(EX_SOFT, "look up user ", option.user);
	}
}

static void
listen_on(const char *name)
{
	struct address a;
	size_t n;

	if (!address_read(name, &a))
		die_say(EX_HARD, "not an address and port: ", name);
	if (listeners >= LISTENERS)
		die_say(EX_HARD, "too many addresses");
	if (!(n = listener_open(&a, (int)option.backlog, listener + listeners)))
		die_sys(EX_SOFT, "listen on ", name);
	listeners += n;
}

/* sockets that systemd opened: LISTEN_PID says whether they are meant for us */
static void
adopt_passed(void)
{
	const char *pid_text = getenv("LISTEN_PID"), *fds_text = getenv("LISTEN_FDS");
	uint64_t pid, fds = 0, i;

	if (!pid_text || !fds_text || !num_u64(pid_text, 1, INT32_MAX, &pid) || (pid_t)pid != getpid())
		return;
	if (!num_u64(fds_text, 0, LISTENERS, &fds) || listeners + fds > LISTENERS)
		die_say(EX_HARD, "LISTEN_FDS is not a number from 0 to 64: ", fds_text);
	for (i = 0; i < fds; i++)
		if (!listener_adopt(FIRST_PASSED + (int)i, &listener[listeners++]))
			die_sys(EX_SOFT, "listen on a socket from LISTEN_FDS");
}

/* one port per line; who reads them knows that we are listening, and sees the end of it */
static void
announce(void)
{
	char line[NUM_DEC + 1];
	size_t i, n;
	int null;

	for (i = 0; option.announce && i < listeners; i++) {
		n = num_dec(line, listener[i].local.port);
		line[n++] = '\n';
		if (!fd_write(1, line, n))
			die_sys(EX_SOFT, "announce the port");
	}
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0)
		die_sys(EX_SOFT, "open /dev/null");
	close(null);
}

/* all that clients can make us use */
static bool
take_memory(char **environ_, const struct heir *left)
{
	/* as many as before go on, whatever the limit is now */
	size_t max = left->sessions > option.max ? left->sessions : option.max;
	/* all may end between poll and wait, and each listener give us one more, before we look at who asks again */
	size_t most = max + listeners + left->listeners;

	asking = calloc(most, sizeof *asking);
	ready = calloc(most + listeners + left->listeners, sizeof *ready);
	return ready && asking && table_init(&sessions, max) && table_init(&peers, max) &&
	    ucspi_init(&ucspi, environ_, option.local_host) &&
	    (!option.each.seconds || rate_init(&each, option.each.limit, option.each.seconds)) &&
	    (!option.network.seconds || rate_init(&networks, option.network.limit, option.network.seconds));
}

static void
catch_signals(void)
{
	static const int caught[] = { SIGCHLD, SIGHUP, SIGTERM };
	size_t i;

	sig_ignore(SIGPIPE);
	for (i = 0; i < sizeof caught / sizeof *caught; i++) {
		sig_block(caught[i]);
		sig_catch(caught[i], on_signal);
	}
}

/* what root had open beside is nothing for who we become */
static void
close_strays(void)
{
	size_t i;
	int fd;

	for (fd = 3; fd < INHERITED_MAX; fd++) {
		for (i = 0; i < listeners && listener[i].fd != fd; i++)
			;
		if (i == listeners && fd != notify.fd)
			close(fd);
	}
}

static void
open_listeners(void)
{
	char **name;

	for (name = option.address; strcmp(*name, "--") != 0; name++)
		listen_on(*name);
	adopt_passed();
	if (!listeners)
		die_say(EX_HARD, "no address to listen on");
	close_strays();
}

/* who was this process before us has the listeners open, and sessions */
static void
take_over(struct heir *left)
{
	if (!heir_read(left, &estate))
		die_sys(EX_SOFT, "take over from the program before");
	heir_free(left);
	child_ended = 1;                        /* what has ended meanwhile told nobody */
}

/* in the order in which root is needed */
static void
begin(struct heir *left, char **environ_)
{
	struct become b = { 0, 0 };
	bool anew = left->text.s;

	if (option.user)
		b = read_user();                /* before root is gone, and before a port is taken in vain */
	if (!anew)
		open_listeners();
	drop_core();
	if (option.user && geteuid() == 0)
		forbid_calls();
	if (option.user && !become(&b))         /* ports below 1024 are bound, nothing else needs root */
		die_sys(EX_SOFT, "become ", option.user);
	if (option.user)
		drop_sight();                   /* sessions are of our uid; who begins anew is no more protected by having been root */
	if (geteuid() == 0 && !option.as_root && !place_private())
		die_say(EX_HARD, "sessions do not run as root: name a user with -u (or say -U)");
	if (!find_program(*option.program, path, sizeof path))  /* as the user who will run it */
		die_sys(EX_SOFT, "run ", *option.program);
	if (!take_memory(environ_, left))
		die_sys(EX_SOFT, "start");
	if (anew)
		take_over(left);
}

int
main(int argc, char **argv)
{
	extern char **environ;
	struct heir left;
	bool anew;

	msg_name("pneu-tcpd");
	if (!heir_find(&left))
		die_sys(EX_SOFT, "read what the program before us left");
	anew = left.text.s;
	tidy_descriptors();
	catch_signals();
	options_read(&option, argc, argv);
	if (geteuid() == 0 && !place_private())
		reset_environment(environ);
	if (!notify_take(&notify, anew ? -1 : option.ready_fd))        /* it has had its newline */
		warn_sys("use what the supervisor gave us to tell that we listen");
	begin(&left, environ);
	if (anew && getenv(HEIR_TRIAL))
		return 0;                       /* nothing can go wrong any more */
	renewal.argv = argv;
	admit_init(&admit, option.rules, option.open_without);
	if (!anew)
		announce();
	if (!notify_ready(&notify, "listening"))
		warn_sys("tell the supervisor that we listen");
	log_begin(anew);
	run();                                  /* from here on only TERM ends us */
	return 0;
}
