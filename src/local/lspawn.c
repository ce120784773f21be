/* lspawn - start pneu-local as the user that a local part belongs to
 *   fd 0   requests in, answers and job sockets out                      -> wire/spawner.h
 *   fd 2   the log, given to every pneu-local
 *   exit   0 the other side has closed descriptor 0 (the workers go on); 100 wrong use; 111 trouble
 * Invariant: what runs after an answer K is pneu-local as exactly that user, never root (but see below), with its job
 * socket and the log and nothing else of ours. No message comes near this program.
 *
 * The process that reads descriptor 0 only forks. Its child looks the user up, gives root away, answers and becomes
 * pneu-local: a home directory or a user database that hangs or crashes us concerns that one request.
 * In one-user mode (PNEU_ETC or PNEU_QUEUE set) nobody changes his uid, whatever the users database says. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/buf.h"
#include "lib/conf.h"
#include "lib/drop.h"
#include "lib/fd.h"
#include "lib/msg.h"
#include "lib/num.h"
#include "lib/place.h"
#include "lib/sig.h"
#include "mail/outcome.h"
#include "resolve/account.h"
#include "resolve/passwd.h"
#include "resolve/user.h"
#include "wire/spawner.h"

#define SAFE_PATH "/usr/local/bin:/usr/bin:/bin"
#define VALUE_MAX 8192                  /* an environment variable we hand on */

/* ---- the child: from a key to pneu-local */

struct request {
	uint64_t number;
	const char *key;
	volatile char *answered;        /* shared with the parent, which answers for a child that cannot */
};

static void
answer(const struct request *r, const struct outcome *o, int worker)
{
	struct spawner_answer a = { r->number, worker >= 0 ? 'K' : o->verdict, worker >= 0 ? "" : o->status,
		worker >= 0 ? "" : o->text, worker };

	if (!spawner_answer(0, &a, 0))
		_exit(EX_SOFT);                 /* nobody asks any more */
	*r->answered = 1;
}

/* the control files: read for each worker, so they are never out of date */
struct settings {
	struct accounts accounts;
	struct buf delivery;            /* the lines of defaultdelivery, an LF after each */
	uint64_t programtimeout;
};

static bool
load_settings(struct settings *s, struct outcome *o)
{
	struct conf table[] = {
		{ "defaultdelivery", CONF_LINES, &s->delivery, 0, 0, 0 },
		{ "programtimeout", CONF_NUMBER, &s->programtimeout, PROGRAM_TIMEOUT_S, 1, PROGRAM_TIMEOUT_MOST_S },
	};
	struct conf_error e;
	size_t i;

	if (!conf_read(table, sizeof table / sizeof *table, &e) || !accounts_load(&s->accounts, &e))
		return outcome_later(o, "4.3.5", e.text, (char *)0);
	passwd_nss_init(&s->accounts.logins);
	for (i = 0; i < s->delivery.len; i++)
		if (s->delivery.s[i] == 0)
			s->delivery.s[i] = '\n';
	return s->delivery.len > 0 || buf_puts(&s->delivery, USER_DELIVERY "\n") ||
	    outcome_trouble(o, "read defaultdelivery", 0);
}

/* what is to be done, from a key */
struct task {
	char *option;                   /* for pneu-local, or 0 */
	struct account account;
	const char *local, *instructions;
};

/* "\user" of an alias: his mailbox, so the name must be his */
static bool
find_mailbox(struct settings *s, struct task *t, struct buf *names, struct outcome *o)
{
	const struct account *a = &t->account;

	t->option = "-m";
	if (!account_find(&s->accounts, t->local, names, &t->account, o))
		return false;
	if (a->source == ACCOUNT_ALIAS || (a->source == ACCOUNT_LOGIN && *a->dash && !a->separated))
		return outcome_never(o, "5.1.1", "no such mailbox here", (char *)0);
	return true;
}

static bool
find_task(struct settings *s, const char *key, struct task *t, struct buf *names, struct outcome *o)
{
	*t = (struct task){ .local = key, .instructions = s->delivery.s };
	switch (*key) {
	case SPAWNER_MAILBOX:
		t->local = key + 1;
		return find_mailbox(s, t, names, o);
	case SPAWNER_INSTRUCTION:
		if ((key[1] != '|' && key[1] != '/') || !key[2] || strchr(key, '\n'))
			return outcome_never(o, "5.3.5", "neither |command nor /file", (char *)0);
		t->option = "-a";
		t->instructions = key + 1;
		if (!account_alias(&s->accounts, names, &t->account, o))
			return false;
		t->local = t->account.user;
		return true;
	default:
		return account_find(&s->accounts, key, names, &t->account, o);
	}
}

static char *
variable(char *space, const char *name, const char *value)
{
	return value && snprintf(space, VALUE_MAX, "%s=%s", name, value) < VALUE_MAX ? space : 0;
}

static char *
word(const char *s)
{
	return (char *)(uintptr_t)s;
}

static void
become_local(const struct settings *s, const struct task *t)
{
	static char etc[VALUE_MAX], queue[VALUE_MAX], path[VALUE_MAX], seconds[NUM_TEXT];
	const struct account *a = &t->account;
	char *argv[13] = { "pneu-local", "-s", s->accounts.separators.s, "-t", word(num_text(seconds, s->programtimeout)) };
	size_t arg = 5;
	char *envp[4], program[4096];
	sigset_t none;
	size_t n = 0;

	if (t->option)
		argv[arg++] = t->option;
	argv[arg++] = word(a->user);
	argv[arg++] = word(a->home);
	argv[arg++] = word(t->local);
	argv[arg++] = word(a->dash);
	argv[arg++] = word(a->ext);
	argv[arg++] = word(t->instructions);
	argv[arg] = 0;
	if ((envp[n] = variable(path, "PATH", place_private() ? getenv("PATH") : SAFE_PATH)))
		n++;
	if (place_private() && (envp[n] = variable(etc, "PNEU_ETC", getenv("PNEU_ETC"))))
		n++;
	if (place_private() && (envp[n] = variable(queue, "PNEU_QUEUE", getenv("PNEU_QUEUE"))))
		n++;
	envp[n] = 0;
	if (!place_program(program, sizeof program, argv[0]))
		return;
	sig_default(SIGHUP);
	sig_default(SIGPIPE);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, 0);
	execvpe(program, argv, envp);
}

static _Noreturn void
serve(const struct request *r)
{
	struct settings s = { .programtimeout = 0 };
	struct buf names = BUF(0);
	struct task t;
	struct outcome o;
	int job[2] = { -1, -1 };

	umask(077);
	if (!load_settings(&s, &o) || !find_task(&s, r->key, &t, &names, &o) ||
	    (!fd_pair(job) && !outcome_trouble(&o, "make a job socket", 0)) ||
	    (!place_private() && !drop_to(t.account.uid, t.account.gid) &&
	    !outcome_trouble(&o, "become user", t.account.user))) {
		answer(r, &o, -1);
		_exit(0);
	}
	answer(r, &o, job[1]);
	/* the copies are not close-on-exec, everything else of ours is; the requests' socket goes here */
	if (dup2(job[0], 0) == 0 && dup2(2, 1) == 1)
		become_local(&s, &t);
	die_sys(EX_SOFT, "start pneu-local");   /* its socket closes: the jobs are tried again later */
}

/* ---- the parent */

struct child {
	pid_t pid;                      /* 0: free */
	uint64_t number;
};

static struct child children[SPAWNER_WORKERS];
static volatile char *answered;         /* one for each child, in shared memory */

static void
on_child(int sig)
{
	(void)sig;                              /* it ends ppoll */
}

static void
refuse(uint64_t number, const char *status, const char *text)
{
	struct spawner_answer a = { number, 'Z', status, text, -1 };

	if (!spawner_answer(0, &a, 0))
		warn_sys("answer");
}

static struct child *
find_child(pid_t pid)
{
	size_t i;

	for (i = 0; i < SPAWNER_WORKERS; i++)
		if (children[i].pid == pid)
			return &children[i];
	return 0;
}

static void
reap(void)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		struct child *c = find_child(pid);

		if (!c)
			continue;
		if (!answered[c - children])
			refuse(c->number, "4.3.0", "looking the user up ended in a crash");
		c->pid = 0;
	}
}

static void
start(const struct spawner_request *asked)
{
	struct child *c = find_child(0);
	struct request r = { asked->number, asked->key, 0 };
	pid_t pid;

	if (!c) {
		warn_say("too many deliveries at once");
		refuse(asked->number, "4.3.2", "too many local deliveries at once");
		return;
	}
	r.answered = &answered[c - children];
	*r.answered = 0;
	pid = fork();
	if (pid == 0)
		serve(&r);
	if (pid < 0) {
		warn_sys("fork");
		refuse(asked->number, "4.3.0", "unable to fork");
		return;
	}
	c->pid = pid;
	c->number = asked->number;
}

/* everything that waits; false: the other side is gone */
static bool
take_requests(void)
{
	static char packet[SPAWNER_PACKET];
	struct spawner_request r;

	for (;;) {
		switch (spawner_asked(0, packet, &r, MSG_DONTWAIT)) {
		case JOB_GOT:
			start(&r);
			break;
		case JOB_NONE:
			return true;
		case JOB_END:
			return false;
		case JOB_GO:
		case JOB_BAD:
			warn_say("what came on descriptor 0 is not a request");
			break;
		default:
			die_sys(EX_SOFT, "read descriptor 0");
		}
	}
}

/* Fail now, aloud, rather than at each delivery. */
static void
check_settings(void)
{
	struct settings s = { .programtimeout = 0 };
	struct outcome o;

	if (geteuid() != 0 && !place_private())
		die_say(EX_HARD, "must be started by root (or with PNEU_ETC and PNEU_QUEUE set)");
	if (!load_settings(&s, &o))
		die_say(EX_SOFT, o.text);
	buf_free(&s.delivery);
	accounts_free(&s.accounts);
}

int
main(int argc, char **argv)
{
	struct pollfd p = { .fd = 0, .events = POLLIN };
	sigset_t none;

	(void)argv;
	msg_name("pneu-lspawn");
	if (argc != 1)
		die_say(EX_HARD, "usage: pneu-lspawn <requests");
	check_settings();
	answered = mmap(0, SPAWNER_WORKERS, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (answered == MAP_FAILED)
		die_sys(EX_SOFT, "get shared memory");
	if (!fd_cloexec(0, true))
		die_sys(EX_SOFT, "use descriptor 0");
	sigemptyset(&none);
	sig_ignore(SIGPIPE);
	sig_ignore(SIGHUP);                     /* nothing to reread */
	sig_block(SIGCHLD);                     /* only inside ppoll, so none is missed */
	sig_catch(SIGCHLD, on_child);
	for (;;) {
		if (ppoll(&p, 1, 0, &none) < 0 && errno != EINTR)
			die_sys(EX_SOFT, "wait for requests");
		reap();
		if (!take_requests())
			return 0;
	}
}
