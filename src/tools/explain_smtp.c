/* What pneu-smtpd would answer: it is asked, in the environment that pneu-tcpd would give it, and told QUIT before any
 * message could come. So nothing here decides anything. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/conf.h"
#include "lib/drop.h"
#include "lib/fd.h"
#include "lib/in.h"
#include "lib/ip.h"
#include "lib/msg.h"
#include "lib/num.h"
#include "lib/place.h"
#include "lib/proc.h"
#include "mail/addr.h"
#include "mail/domains.h"
#include "mail/received.h"
#include "mail/reply.h"
#include "resolve/passwd.h"
#include "tools/explain.h"
#include "wire/rules.h"

#define SESSION_MS 60000                /* the whole conversation; a filter that looks senders up may need a while */
#define COMMAND_MAX 2000
#define LOG_MAX 65536
#define OUR_PORT "25"
#define ROLE "pneud"

/* ---- the rule */

static bool
no_rules(struct explain *e, const char *path, int error)
{
	const char *why = error == EACCES ? "not readable by you" : error == EPROTO ? "damaged, so pneu-tcpd refuses everybody" :
	    strerror(error);

	tell(e, 1, "later", path, ": ", why);
	explain_worst(e, EXPLAIN_LATER);
	return false;
}

/* Tells what the rules say. False: the client is not let in. */
static bool
find_rule(struct explain *e, const struct explain_client *c, struct rules *rules, struct rule *rule)
{
	struct rules_peer peer = { .ip = c->ip };
	enum rules_result r;
	char preset[4096];
	const char *path = c->rules ? c->rules : preset;
	size_t i;

	snprintf(preset, sizeof preset, "%s/rules.cdb", place_etc());
	if (!rules_load(rules, path)) {
		if (errno != ENOENT || c->rules)
			return no_rules(e, path, errno);
		tell(e, 1, "rules", path, " is not there, so this counts only for a pneu-tcpd without -x");
		return true;
	}
	tell(e, 1, "rules", path);
	r = rules_find(rules, &peer, rule);
	if (r == RULES_NONE) {
		tell(e, 1, "rule", "none, everybody without a rule may connect");
		rule->vars = 0;
	} else
		tell(e, 1, "rule", rule->key[0] ? rule->key : "\"\", for everybody");
	for (i = 0; i < rule->vars; i++)
		tell(e, 2, "sets", rule->var[i]);
	if (r == RULES_DENY) {
		tell(e, 1, "refused", "the rule denies the connection, pneu-smtpd is not even started");
		explain_worst(e, EXPLAIN_NEVER);
	} else if (r == RULES_DAMAGED) {
		tell(e, 1, "later", "the rule cannot be read, pneu-tcpd answers 421 4.3.0");
		explain_worst(e, EXPLAIN_LATER);
	}
	return r == RULES_NONE || r == RULES_ALLOW;
}

/* ---- the environment, as listen/ucspi.h has it */

struct environment {
	char **var;                     /* ends in 0 */
	size_t n;
};

static bool
same_name(const char *a, const char *b)
{
	size_t n = strcspn(a, "=");

	return strncmp(a, b, n) == 0 && (b[n] == '=' || b[n] == 0);
}

/* in place of one of that name; there is room */
static void
set(struct environment *v, const char *var)
{
	size_t i;

	for (i = 0; i < v->n && !same_name(v->var[i], var); i++)
		;
	v->var[i] = (char *)(uintptr_t)var;     /* execve(2) promises not to write */
	if (i == v->n)
		v->var[++v->n] = 0;
}

/* *own: "NAME=VALUE" ... 0, about the connection. False: ENOMEM */
static bool
environment(struct environment *v, const char *const own[], size_t owns, const struct rule *rule)
{
	static const char *const foreign[] = { "PROTO", "TCPLOCALIP", "TCPLOCALPORT", "TCPLOCALHOST", "TCPREMOTEIP",
		"TCPREMOTEPORT", "TCPREMOTEHOST", "TCPREMOTEINFO" };
	extern char **environ;
	size_t i, j;

	for (i = 0; environ[i]; i++)
		;
	v->n = 0;
	if (!(v->var = calloc(i + owns + rule->vars + 1, sizeof *v->var)))
		return false;
	for (i = 0; environ[i]; i++) {
		for (j = 0; j < sizeof foreign / sizeof *foreign && !same_name(environ[i], foreign[j]); j++)
			;
		if (j == sizeof foreign / sizeof *foreign)
			set(v, environ[i]);
	}
	for (i = 0; i < owns; i++)
		set(v, own[i]);
	for (i = 0; i < rule->vars; i++)
		set(v, rule->var[i]);
	return true;
}

static const char *
value(const struct environment *v, const char *name)
{
	size_t i;

	for (i = 0; i < v->n; i++)
		if (same_name(name, v->var[i]))
			return v->var[i] + strlen(name) + 1;
	return 0;
}

/* ---- the conversation */

struct session {
	struct explain *e;
	struct in in;
	int sock, log;
	pid_t pid;
	struct reply reply;             /* the last one */
	enum explain_exit verdict;
	char why[300];                  /* if it is not EXPLAIN_GOOD: in one line; told last, where people look first */
	char space[4096];
};

static bool
decide(struct session *s, enum explain_exit verdict, const char *what, const char *why)
{
	s->verdict = verdict;
	snprintf(s->why, sizeof s->why, "%s%.*s", what, (int)strcspn(why, "\n"), why);
	return false;
}

/* pneu-tcpd runs it as pneud, and what it answers depends on what that user may read. False: as ourselves */
static bool
role(struct explain *e, struct passwd_entry *pw, struct buf *space)
{
	struct passwd_source source;
	struct outcome o;
	bool found;

	if (geteuid() != 0 || place_private())
		return false;
	passwd_nss_init(&source);
	found = source.find(source.ctx, ROLE, true, space, pw, &o) == PASSWD_FOUND && pw->uid != 0;
	tell(e, 1, "as user", found ? ROLE : "root, for there is no user " ROLE);
	return found;
}

static pid_t
spawn(struct session *s, const char *path, const struct environment *v, const struct proc_fd map[3])
{
	char *argv[] = { "pneu-smtpd", 0 };
	struct buf space = BUF(0);
	struct passwd_entry pw;
	pid_t pid;

	if (role(s->e, &pw, &space)) {
		(void)out_flush(&s->e->out);    /* or the child has it too */
		pid = fork();
		if (pid == 0) {
			if (drop_to(pw.uid, pw.gid))
				(void)proc_exec(path, argv, v->var, map, 3);
			warn_sys("run ", path, " as " ROLE);
			_exit(EX_SOFT);
		}
	} else
		pid = proc_spawn(path, argv, v->var, map, 3);
	buf_free(&space);
	return pid;
}

static bool
start(struct session *s, const struct environment *v)
{
	char path[4096];
	int sock[2] = { -1, -1 }, log[2] = { -1, -1 };
	bool ok;

	s->pid = -1;
	ok = socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sock) == 0 && fd_pipe(log) &&
	    place_program(path, sizeof path, "pneu-smtpd");
	if (ok) {
		struct proc_fd map[] = { { sock[1], 0 }, { sock[1], 1 }, { log[1], 2 } };

		s->pid = spawn(s, path, v, map);
	}
	if (sock[1] >= 0)
		close(sock[1]);
	if (log[1] >= 0)
		close(log[1]);
	s->sock = sock[0];
	s->log = log[0];
	if (s->pid > 0) {
		in_init(&s->in, s->sock, s->space, sizeof s->space, SESSION_MS);
		s->in.deadline_ms = clock_mono_ms() + SESSION_MS;
	}
	return s->pid > 0;
}

/* "pneu-smtpd: ID connect ..." and "... end ...": they stand in every session and tell nothing of this one */
static bool
always_there(const char *line)
{
	const char *word = strchr(line, ' ');

	word = word ? strchr(word + 1, ' ') : 0;
	return word && (strncmp(word, " connect ", 9) == 0 || strncmp(word, " end ", 5) == 0);
}

/* what it wrote to its log; it has ended or is ended, so there is an end to it */
static void
tell_log(struct session *s)
{
	struct buf all = BUF(LOG_MAX);
	struct in in;
	char space[1024];
	enum in_result r;

	in_init(&in, s->log, space, sizeof space, 1000);
	while ((r = in_line(&in, &all, '\n')) == IN_LINE || r == IN_CUT)
		if (all.s && !always_there(all.s))
			tell(s->e, 1, "log", all.s);
	buf_free(&all);
}

static void
stop(struct session *s, bool in_time)
{
	if (s->sock >= 0)
		close(s->sock);
	if (s->pid > 0 && !in_time)
		kill(s->pid, SIGKILL);
	if (s->pid > 0)
		(void)proc_wait(s->pid);
	if (s->log >= 0) {
		if (s->pid > 0)
			tell_log(s);
		close(s->log);
	}
}

static void
tell_reply(struct session *s)
{
	char *line = s->reply.text, *nl;

	for (; line && *line; line = nl) {
		if ((nl = strchr(line, '\n')))
			*nl++ = 0;
		tell(s->e, 2, "reply", line);
		if (nl)
			nl[-1] = '\n';
	}
}

/* the reply to what was sent; false: there was none, and why was told */
static bool
hear(struct session *s)
{
	enum reply_result r = REPLY_MORE;
	ssize_t n;
	size_t used;

	reply_init(&s->reply);
	while (r == REPLY_MORE) {
		if (s->in.pos == s->in.end && (n = in_fill(&s->in)) <= 0)
			return decide(s, EXPLAIN_LATER, "pneu-smtpd ", n == 0 || errno == ECONNRESET ? "hung up" :
			    errno == ETIMEDOUT ? "did not answer in time" : strerror(errno));
		r = reply_take(&s->reply, s->in.s + s->in.pos, s->in.end - s->in.pos, &used);
		s->in.pos += used;
	}
	if (r == REPLY_BAD)
		return decide(s, EXPLAIN_LATER, "what pneu-smtpd said is not SMTP", "");
	tell_reply(s);
	return true;
}

/* say it and show it, and the reply */
static bool
converse(struct session *s, const char *command)
{
	char line[COMMAND_MAX + 3];
	int n;

	if (command) {
		tell(s->e, 1, "command", command);
		n = snprintf(line, sizeof line, "%s\r\n", command);
		if (send(s->sock, line, (size_t)n, MSG_NOSIGNAL) != n)
			return decide(s, EXPLAIN_LATER, "pneu-smtpd ", "hung up");
	} else
		tell(s->e, 1, "connection", "is accepted");
	return hear(s);
}

static bool
accepted(struct session *s, const char *command, const char *at)
{
	if (!converse(s, command))
		return false;
	return s->reply.code / 100 == 2 ||
	    decide(s, s->reply.code / 100 == 5 ? EXPLAIN_NEVER : EXPLAIN_LATER, at, s->reply.text);
}

/* ---- all of it */

/* Whether pneu-smtpd asked more than this before it said yes (the user, for example), its answer has told; this names the
 * setting without which it would have been a no. */
static void
tell_why(struct explain *e, const struct environment *v, const struct rule *rule, const char *rcpt)
{
	struct buf lines = BUF(0);
	const struct conf table[] = { { .name = "rcpthosts", .kind = CONF_LINES, .value = &lines } };
	const char *domain = strrchr(rcpt, '@');
	struct conf_error why;
	size_t i;
	bool by_rule = false;

	for (i = 0; i < rule->vars; i++)
		by_rule |= same_name("RELAYCLIENT", rule->var[i]);
	if (value(v, "RELAYCLIENT"))
		tell(e, 1, "accepted", "because RELAYCLIENT is set, by ", by_rule ? "rule " : "your environment",
		    by_rule ? rule->key[0] ? rule->key : "\"\"" : "");
	else if (domain && conf_read(table, 1, &why) && domains_has(&lines, domain + 1, strlen(domain + 1)))
		tell(e, 1, "accepted", "because ", domain + 1, " is in control/rcpthosts");
	else
		tell(e, 1, "accepted", "by pneu-smtpd");
	buf_free(&lines);
}

/* "WORD<address>", quoted as the wire has it */
static bool
path_command(struct buf *b, const char *word, const char *address)
{
	buf_clear(b);
	return buf_puts(b, word) && buf_byte(b, '<') && addr_quote(b, address, strlen(address)) && buf_byte(b, '>');
}

/* it has closed the connection, so it ends by itself and says to its log what it has to say */
static bool
ended(struct session *s)
{
	ssize_t n;

	(void)shutdown(s->sock, SHUT_WR);
	do {
		s->in.pos = s->in.end;
		n = in_fill(&s->in);
	} while (n > 0);
	return n == 0;
}

/* Is it about the address? A policy (x.7.x) is not. */
static bool
about_address(const struct reply *r)
{
	char status[REPLY_STATUS];

	return !reply_status(r, status) || status[2] != '7';
}

/* false: RCPT was answered with something else than yes, and that is worth a look at the address */
static bool
talk(struct session *s, const struct explain_client *c, const char *rcpt, bool *in_time)
{
	struct buf b = BUF(COMMAND_MAX);
	bool fine = true, quit;

	*in_time = false;
	s->verdict = EXPLAIN_GOOD;
	if (accepted(s, 0, "the connection: ") && buf_puts(&b, "EHLO ") &&
	    (c->helo ? buf_puts(&b, c->helo) : received_literal(&b, c->ip)) && accepted(s, b.s, "EHLO: ") &&
	    path_command(&b, "MAIL FROM:", c->sender) && accepted(s, b.s, "MAIL: ") && path_command(&b, "RCPT TO:", rcpt))
		fine = accepted(s, b.s, "RCPT: ") || !s->reply.code || !about_address(&s->reply);
	quit = s->reply.code && s->reply.code != 421;   /* after that the connection is closed, RFC 5321 3.8 */
	if (quit && send(s->sock, "QUIT\r\n", 6, MSG_NOSIGNAL) == 6)
		tell(s->e, 1, "command", "QUIT");
	*in_time = ended(s);
	buf_free(&b);
	return fine;
}

static void
tell_verdict(const struct session *s, const struct environment *v, const struct rule *rule, const char *rcpt)
{
	if (s->verdict == EXPLAIN_GOOD)
		tell_why(s->e, v, rule, rcpt);
	else
		tell(s->e, 1, s->verdict == EXPLAIN_NEVER ? "refused" : "later", s->why);
	explain_worst(s->e, s->verdict);
}

bool
explain_smtp(struct explain *e, const struct explain_client *c, const char *rcpt)
{
	static struct session s;
	char remote_ip[sizeof "TCPREMOTEIP=" + IP_TEXT];
	const char *own[] = { 0, 0, "TCPLOCALPORT=" OUR_PORT, remote_ip, "TCPREMOTEPORT=25252" };
	struct rules rules = { .file = BUF(0) };
	struct environment v = { 0, 0 };
	struct rule rule = { .vars = 0 };
	unsigned char ip[16];
	bool fine = true, in_time = false;

	s.e = e;
	s.pid = s.sock = s.log = -1;
	own[0] = ip_read(c->ip, ip) && ip_is_v4(ip) ? "PROTO=TCP" : "PROTO=TCP6";
	own[1] = ip_is_v4(ip) ? "TCPLOCALIP=127.0.0.1" : "TCPLOCALIP=::1";
	snprintf(remote_ip, sizeof remote_ip, "TCPREMOTEIP=%s", c->ip);
	tell(e, 0, "client", c->ip);
	if (find_rule(e, c, &rules, &rule)) {
		if (environment(&v, own, sizeof own / sizeof *own, &rule) && start(&s, &v))
			fine = talk(&s, c, rcpt, &in_time);
		else
			decide(&s, EXPLAIN_LATER, "unable to run pneu-smtpd: ", strerror(errno));
		stop(&s, in_time);
		tell_verdict(&s, &v, &rule, rcpt);
	}
	free(v.var);
	rules_free(&rules);
	return fine;
}
