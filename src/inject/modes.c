#include "inject/modes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <unistd.h>

#include "lib/in.h"
#include "lib/msg.h"
#include "lib/place.h"
#include "lib/proc.h"

#define WORDS_MAX 64

extern char **environ;

static _Noreturn void
become(char *const argv[])
{
	char path[4096];

	if (place_program(path, sizeof path, argv[0]))
		(void)proc_exec(path, argv, environ, 0, 0);
	die_sys(EX_TEMPFAIL, "run ", argv[0]);
}

static void
set(const char *name, const char *value)
{
	if (setenv(name, value, 1) != 0)
		die_sys(EX_TEMPFAIL, "set the environment");
}

/* is the client somewhere else? then this is a server, and its rules are others */
static bool
from_network(void)
{
	struct sockaddr_storage peer = { 0 };
	socklen_t n = sizeof peer;

	return getpeername(0, (struct sockaddr *)&peer, &n) == 0 && (peer.ss_family == AF_INET || peer.ss_family == AF_INET6);
}

/* SMTP with whoever called us: a user of this host, for whom we relay */
static _Noreturn void
smtp(const struct cmdline *o, const struct compose *c)
{
	char *argv[] = { "pneu-smtpd", 0 };
	int nowhere;

	if (!(c->caller.environment && getenv("PROTO")) && !from_network()) {
		set("PROTO", "TCP");
		set("RELAYCLIENT", "");
		set("LOCALSMTP", "1");
		set("DATABYTES", "0");
		set("TCPREMOTEIP", "127.0.0.1");
		set("TCPREMOTEHOST", "localhost");
		set("TCPREMOTEINFO", "sendmail-bs");
		unsetenv("TCPREMOTEPORT");
		/* its log is not for a mail program's screen */
		if (!o->verbose && (nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC)) >= 0)
			(void)dup2(nowhere, 2);
	}
	become(argv);
}

/* selectors and what else there is behind the words of argv that are there */
static void
add_words(char **argv, size_t n, const struct cmdline *o)
{
	size_t i;

	for (i = 0; i < o->selects && n + 1 < WORDS_MAX; i++)
		argv[n++] = o->select[i];
	argv[n] = 0;
}

/* who may not read the queue sees what he himself has sent */
static _Noreturn void
list(const struct cmdline *o)
{
	char *all[WORDS_MAX] = { "pneu-qread", "--mailq", 0 }, *mine[] = { "pneu-qctl", "mine", 0 }, path[4096];
	int n = snprintf(path, sizeof path, "%s/msg", place_queue());

	if (n > 0 && (size_t)n < sizeof path && access(path, R_OK) != 0 && errno == EACCES)
		become(mine);
	add_words(all, 2, o);
	become(all);
}

static _Noreturn void
run_queue(const struct cmdline *o)
{
	char *flush[] = { "pneu-qctl", "flush", 0 }, *retry[WORDS_MAX] = { "pneu-qctl", "retry", "-y", 0 };

	if (!o->selects)
		become(flush);
	add_words(retry, 3, o);
	become(retry);
}

/* the arguments as pneu-explain takes them, and its answer, which is ours too */
static _Noreturn void
verify(const struct cmdline *o, struct compose *c)
{
	char **argv, *s;
	size_t n = 1, at = 0;
	char **rest;

	for (rest = o->rest; *rest; rest++) {
		enum compose_result r = compose_rcpts(c, *rest);

		if (r != COMPOSE_OK)
			die_say(r == COMPOSE_BAD ? EX_NOUSER : EX_TEMPFAIL, c->why);
	}
	if (!c->rcpt_count)
		die_say(EX_USAGE, "no addresses to verify");
	if (!(argv = calloc(c->rcpt_count + 3, sizeof *argv)))
		die_sys(EX_TEMPFAIL, "hold the addresses");
	argv[0] = "pneu-explain";
	argv[n++] = "--";
	for (; at < c->rcpts.len; at += strlen(s) + 1)
		argv[n++] = s = c->rcpts.s + at;
	become(argv);
}

/* each line on descriptor 0 is an address, perhaps with rule sets before it, which we have not */
static _Noreturn void
test(void)
{
	static char space[4096];
	struct buf line = BUF(sizeof space - 1);
	char path[4096], *argv[] = { "pneu-explain", "--", 0, 0 };
	enum in_result r;
	struct in in;
	pid_t pid;

	if (!place_program(path, sizeof path, argv[0]))
		die_sys(EX_TEMPFAIL, "run ", argv[0]);
	in_init(&in, 0, space, sizeof space, -1);
	while ((r = in_line(&in, &line, '\n')) == IN_LINE || r == IN_CUT) {
		while (line.len && strchr(" \t\r", line.s[line.len - 1]))
			buf_cut(&line, line.len - 1);
		argv[2] = line.len ? line.s + line.len : 0;
		while (argv[2] && argv[2] > line.s && !strchr(" \t", argv[2][-1]))
			argv[2]--;
		if (argv[2] && *argv[2] != '/' && *argv[2] != '?') {
			if ((pid = proc_spawn(path, argv, environ, 0, 0)) < 0)
				die_sys(EX_TEMPFAIL, "run ", argv[0]);
			(void)proc_wait(pid);
		}
		buf_clear(&line);
	}
	if (r == IN_TROUBLE)
		die_sys(EX_TEMPFAIL, "read descriptor 0");
	exit(r == IN_LONG ? EX_DATAERR : 0);
}

_Noreturn void
modes_run(const struct cmdline *o, struct compose *c)
{
	char *aliases[] = { "pneu-newaliases", 0 }, *status[] = { "pneu-qstat", 0 };

	switch (o->mode) {
	case MODE_SMTP: smtp(o, c);
	case MODE_LIST: list(o);
	case MODE_COUNT: case MODE_STATUS: become(status);
	case MODE_ALIASES: become(aliases);
	case MODE_VERIFY: verify(o, c);
	case MODE_TEST: test();
	case MODE_RUN: run_queue(o);
	case MODE_FOREGROUND:
		die_say(EX_UNAVAILABLE, "pneu has no such daemon: its services are pneu-start and pneu-tcpd, see pneu(7)");
	case MODE_PURGE:
		say("nothing to purge: what is known of other hosts is kept for minutes only");
		exit(0);
	case MODE_DAEMON:
		say("nothing is started: pneu's services are pneu-start and pneu-tcpd, see pneu(7)");
		exit(0);
	case MODE_DELIVER:
	default:
		die_say(EX_SOFTWARE, "not a mode");
	}
}
