/* What is in the control files: read as the programs read it, as far as their code is shared, and asked of pneu-smtpd itself. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/conf.h"
#include "lib/dial.h"
#include "lib/place.h"
#include "mail/addr.h"
#include "mail/domains.h"
#include "resolve/account.h"
#include "resolve/rewriting.h"
#include "resolve/routing.h"
#include "resolve/tlslevel.h"
#include "tools/explain.h"
#include "tools/showctl.h"
#include "wire/domaindb.h"
#include "wire/logins.h"

#define SMTPD_MS 15000
#define DIAL_MS 2000

/* ---- each file alone */

static bool
one_setting(struct check *c, const struct setting *s)
{
	uint64_t number;
	struct buf text = { 0 };
	struct conf_error e;
	struct conf one = { .name = s->name, .value = &text, .min = s->min, .max = s->max,
		.kind = s->kind == SETTING_NUMBER ? CONF_NUMBER : s->kind == SETTING_LINE ? CONF_LINE : CONF_LINES };
	bool ok;

	if (s->kind == SETTING_NUMBER)
		one.value = &number;
	ok = conf_load(c->etc, &one, 1, &e) || faccessat(c->etc, s->name, R_OK, AT_EACCESS) != 0;       /* that is check_etc's */
	buf_free(&text);
	if (ok)
		return true;
	if (s->kind == SETTING_NUMBER)
		check_find(c, FINDING_WRONG, check_text("echo %s >%s", s->preset, check_path(place_etc(), s->name)), "%s", e.text);
	else
		check_find(c, FINDING_WRONG, "see pneu-control(5)", "%s", e.text);
	return false;
}

static void
host_name(struct check *c)
{
	const char *path = check_path(place_etc(), "me");

	if (c->me.len == 0)
		check_find(c, FINDING_WRONG, check_text("echo mail.example.org >%s", path), "there is no control/me: this host has no name, and pneu-smtpd serves nobody");
	else if (!addr_domain(c->me.s, c->me.len))
		check_find(c, FINDING_WRONG, check_text("echo mail.example.org >%s", path), "control/me, %s, is not a host name", c->me.s);
}

/* ---- as the programs load them */

static void
complain(struct check *c, const struct conf_error *e)
{
	check_find(c, FINDING_WRONG, "see pneu-control(5)", "%s", e->text);
}

static void
login_words(struct check *c, const struct buf *routes)
{
	static struct login l;
	struct conf_error e;
	const char *line, *word;
	char name[ROUTE_LOGIN + 1];
	size_t n;

	for (line = 0; (line = conf_next(routes, line)); ) {
		if (!(word = strstr(line, " login=")))
			continue;
		word += strlen(" login=");
		n = strcspn(word, " \t");
		if (n == 0 || n >= sizeof name)
			continue;
		memcpy(name, word, n);
		name[n] = 0;
		if (!logins_find(c->etc, name, &l, &e) && (c->private || c->is_root))
			check_find(c, FINDING_WRONG, check_text("write a line %s:USER:PASSWORD into %s", name, check_path(place_etc(), "smtplogins")),
			    "%s", e.text);
		logins_forget(&l);
	}
}

/* On port 465 TLS comes first, on all others SMTP does. Where both wait for the other to begin, mail is late and the log does not say why. */
static void
first_word(struct check *c, const char *name, const struct buf *routes)
{
	const char *line, *port;

	for (line = 0; (line = conf_next(routes, line)); )
		if ((port = strstr(line, ":465")) && !isdigit((unsigned char)port[4]) && !strstr(line, " tls=smtps"))
			check_find(c, FINDING_WRONG, check_text("write tls=smtps-verify behind the line in %s", check_path(place_etc(), name)),
			    "port 465 speaks TLS from the first byte, and a line of control/%s has no tls=smtps: %.200s", name, line);
}

/* the shipped program of control/tlsclient is a script around another */
static void
openssl(struct check *c, const struct buf *line)
{
	static const char script[] = "pneu-tlsclient-openssl", *const bin[] = { "/usr/bin/openssl", "/bin/openssl", "/usr/local/bin/openssl" };
	size_t i;

	if (!line->len || !strstr(line->s, script))
		return;
	for (i = 0; i < sizeof bin / sizeof *bin; i++)
		if (access(bin[i], X_OK) == 0)
			return;
	check_find(c, FINDING_WRONG, "apt-get install openssl", "control/tlsclient needs the program openssl, which is not there");
}

static void
loaders(struct check *c)
{
	struct tlslevel_settings tls = { 0 };
	struct accounts a = { .users = ACCOUNTS_NONE };
	struct conf_error e, of_routing = { "" };
	struct routing *r = routing_load(&of_routing);

	if (!r)
		complain(c, &of_routing);
	routing_free(r);
	if (accounts_load(&a, &e))
		accounts_free(&a);
	else if (strcmp(e.text, of_routing.text) != 0)          /* both read control/separators */
		complain(c, &e);
	if (!tlslevel_load(c->etc, &tls, &e))
		complain(c, &e);
	buf_free(&tls.tlsclient);
}

/* what is in its log of how it ended, without the ID that the line has at its end; else its reply */
static const char *
reason(const struct buf *out, const struct buf *err)
{
	const char *s = err->len ? strstr(err->s, "fatal: ") : 0, *id;
	size_t n;

	s = s ? s + 7 : out->len ? out->s : "it says nothing";
	n = strcspn(s, "\r\n");
	for (id = s + n; id > s && *id != '['; id--)
		;
	return check_text("%.*s", (int)(id > s + 1 && id[-1] == ' ' && s[n - 1] == ']' ? (size_t)(id - 1 - s) : n), s);
}

/* pneu-smtpd with the end of file for a client: does it greet? */
static void
server(struct check *c)
{
	char *argv[] = { "pneu-smtpd", 0 };
	struct buf out = BUF(4096), err = BUF(65536);
	const char *why;
	int code;

	(void)setenv("TCPREMOTEIP", "127.0.0.1", 1);
	(void)setenv("TCPLOCALIP", "127.0.0.1", 1);
	(void)setenv("TCPLOCALPORT", "25", 1);
	(void)setenv("GREETDELAY", "0", 1);
	(void)unsetenv("RELAYCLIENT");          /* with it rcpthosts is not read */
	code = explain_run(argv, SMTPD_MS, &out, &err, &why);
	if (code < 0)
		check_find(c, FINDING_WRONG, "", "unable to run pneu-smtpd: %s", why);
	else if (!out.len || strncmp(out.s, "220", 3) != 0)
		check_find(c, FINDING_WRONG, "see pneu-control(5)", "pneu-smtpd turns everybody away: %s", reason(&out, &err));
	buf_free(&out);
	buf_free(&err);
}

/* ---- what they name */

static void
command(struct check *c, const char *name, const struct buf *line)
{
	size_t n = line->len ? strcspn(line->s, " \t") : 0;
	const char *program;

	if (n == 0)
		return;
	program = check_text("%.*s", (int)n, line->s);
	if (*program == '/' && access(program, X_OK) != 0)
		check_find(c, FINDING_WRONG, check_text("write another into %s, or remove that", check_path(place_etc(), name)),
		    "the program of control/%s, %s: %s", name, program, strerror(errno));
	else if (*program != '/' && !c->private)
		check_find(c, FINDING_NOTE, check_text("write its whole path into %s", check_path(place_etc(), name)),
		    "the program of control/%s, %s, is looked for in the PATH of the service", name, program);
}

/* milters and policy servers: each word that is the address of one */
static void
services(struct check *c, const char *name, const struct buf *lines)
{
	const char *line, *at;
	size_t n;
	int fd;

	for (line = 0; (line = conf_next(lines, line)); )
		for (at = line; *at; at += n + (at[n] != 0)) {
			const char *word;

			n = strcspn(at, " \t");
			word = check_text("%.*s", (int)n, at);
			if (!dial_address(word))
				continue;
			if ((fd = dial(word, DIAL_MS)) >= 0)
				close(fd);
			else if (errno != EACCES || c->is_root || c->private)
				check_find(c, FINDING_WRONG, "start it, or take it out of the file", "%s of control/%s: %s", word, name,
				    strerror(errno));
		}
}

static void
counters(struct check *c, const struct buf *limits)
{
	const struct role *d = &check_role[ROLE_D];
	const char *line, *path;
	struct stat st;

	for (line = 0; (line = conf_next(limits, line)); ) {
		if (strncmp(line, "directory", 9) != 0 || (line[9] != ' ' && line[9] != '\t'))
			continue;
		path = line + 9 + strspn(line + 9, " \t");
		if (stat(path, &st) != 0)
			check_find(c, FINDING_WRONG, check_text("install -d%s -m 700 %s", c->private ? "" : " -o pneud", check_path(path, 0)),
			    "the directory of control/limits, %s: %s", path, strerror(errno));
		else if (!check_may(d, &st, 3))
			check_find(c, FINDING_WRONG, check_text("chown pneud %s; chmod 700 %s", check_path(path, 0), check_path(path, 0)),
			    "%s may not write to the directory of control/limits, %s", c->private ? "this user" : "pneud", path);
	}
}

/* ---- whether they fit one another */

/* is mail from outside taken for it? */
static bool
taken(const struct check *c, const struct buf *rcpthosts, const char *domain)
{
	bool found = domains_has(rcpthosts, domain, strlen(domain));
	int fd = found ? -1 : openat(c->etc, "morercpthosts.cdb", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return found;
	found = domaindb_find(fd, domain, strlen(domain)) != DOMAINDB_NONE;
	close(fd);
	return found;
}

static void
wants_taken(struct check *c, const struct buf *rcpthosts, const char *domain, const char *file)
{
	if (strcasecmp(domain, "localhost") != 0 && !taken(c, rcpthosts, domain))
		check_find(c, FINDING_NOTE, check_text("echo %s >>%s", check_path(domain, 0), check_path(place_etc(), "rcpthosts")),
		    "%s is in control/%s and not in control/rcpthosts: mail for it from outside is refused", domain, file);
}

static void
domains(struct check *c, const struct buf *locals, const struct buf *virtuals, const struct buf *rcpthosts)
{
	const char *s;
	size_t n;

	for (s = 0; (s = conf_next(locals, s)); )
		if (!addr_domain(s, strlen(s)))
			check_find(c, FINDING_WRONG, check_text("change the line in %s", check_path(place_etc(), "locals")),
			    "a line of control/locals is no domain: %.200s", s);
	for (s = 0; (s = conf_next(rcpthosts, s)); ) {
		if (!addr_domain(s + (*s == '.'), strlen(s + (*s == '.'))))
			check_find(c, FINDING_WRONG, check_text("change the line in %s", check_path(place_etc(), "rcpthosts")),
			    "a line of control/rcpthosts is no domain: %.200s", s);
		else if (*s == '.' && !strchr(s + 1, '.'))
			check_find(c, FINDING_WRONG, check_text("take the line out of %s", check_path(place_etc(), "rcpthosts")),
			    "control/rcpthosts lets anybody send to all of %s", s);
	}
	if (!conf_next(rcpthosts, 0) && faccessat(c->etc, "morercpthosts.cdb", F_OK, 0) != 0) {
		c->sends_only = locals->s && !conf_next(locals, 0) && !conf_next(virtuals, 0);
		if (!c->sends_only)
			check_find(c, FINDING_NOTE, check_text("cp %s %s", check_path(place_etc(), "locals"), check_path(place_etc(), "rcpthosts")),
			    "there is no domain in control/rcpthosts: no mail from outside is taken");
		return;
	}
	for (s = 0; (s = conf_next(locals, s)); )
		wants_taken(c, rcpthosts, s, "locals");
	for (s = 0; (s = conf_next(virtuals, s)); )
		if (*s != '.' && *s != ':' && (n = strcspn(s, "@:")) && s[n] == ':' && s[n + 1])
			wants_taken(c, rcpthosts, check_text("%.*s", (int)n, s), "virtualdomains");
	if (locals->s && addr_domain(c->me.len ? c->me.s : "", c->me.len) && !domains_has(locals, c->me.s, c->me.len))
		check_find(c, FINDING_NOTE, check_text("echo %s >>%s", check_path(c->me.s, 0), check_path(place_etc(), "locals")),
		    "%s, control/me, is not in control/locals: names without a domain, as in an alias file, lead to another host", c->me.s);
}

static void
named(struct check *c)
{
	struct buf locals = { 0 }, virtuals = { 0 }, rcpthosts = { 0 }, milters = { 0 }, policy = { 0 }, limits = { 0 }, tls = { 0 },
	    passwords = { 0 }, routes = { 0 }, senders = { 0 };
	struct buf *const all[] = { &locals, &virtuals, &rcpthosts, &milters, &policy, &limits, &routes, &senders, &tls, &passwords };
	static const char *const name[] = { "locals", "virtualdomains", "rcpthosts", "milters", "policy", "limits", "smtproutes",
		"senderroutes", "tlsclient", "checkpassword" };
	struct conf_error e;
	size_t i;

	for (i = 0; i < sizeof all / sizeof *all; i++) {
		struct conf one = { .name = name[i], .kind = i < 8 ? CONF_LINES : CONF_LINE, .value = all[i] };

		(void)conf_load(c->etc, &one, 1, &e);   /* if not, that has been told */
	}
	domains(c, &locals, &virtuals, &rcpthosts);
	services(c, "milters", &milters);
	services(c, "policy", &policy);
	counters(c, &limits);
	login_words(c, &routes);
	login_words(c, &senders);
	first_word(c, "smtproutes", &routes);
	first_word(c, "senderroutes", &senders);
	command(c, "tlsclient", &tls);
	openssl(c, &tls);
	command(c, "checkpassword", &passwords);
	for (i = 0; i < sizeof all / sizeof *all; i++)
		buf_free(all[i]);
}

void
check_settings(struct check *c)
{
	bool ok = true;
	size_t i;

	check_area(c, "settings");
	host_name(c);
	for (i = 0; i < settings_count; i++)
		if (settings_table[i].name && settings_table[i].kind <= SETTING_LINES)
			ok &= one_setting(c, &settings_table[i]);
	if (ok)
		loaders(c);                     /* else each would say the same again */
	if (ok && !c->found_in_area)
		server(c);
	named(c);
	check_ok_if_quiet(c, "the programs understand them");
}
