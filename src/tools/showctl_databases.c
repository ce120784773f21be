/* The databases: are they what their texts say, and whom do the rules let send everywhere? */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/conf.h"
#include "lib/place.h"
#include "resolve/aliases.h"
#include "tools/showctl.h"
#include "wire/rules.h"

/* ---- age */

static bool
is_older(const struct stat *a, const struct stat *b)
{
	return a->st_mtim.tv_sec < b->st_mtim.tv_sec ||
	    (a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec < b->st_mtim.tv_nsec);
}

static const char *
how_rules(void)
{
	return check_text("cd %s && %s rules.cdb rules.tmp <rules", check_path(place_etc(), 0), check_program("pneu-tcprules"));
}

/* scripts/instance compiles its users in a way of its own */
static const char *
how(const struct check *c, const char *text, const char *program)
{
	if (strcmp(text, "rules") == 0)
		return how_rules();
	if (c->private && strcmp(text, "users") == 0 && faccessat(c->etc, "listen", F_OK, 0) == 0)
		return check_text("kill -HUP \"$(cat %s)\"", check_path(place_etc(), "../pid"));
	return check_program(program);
}

static void
pair(struct check *c, const char *text, const char *program)
{
	const char *database = check_text("%s.cdb", text);
	struct stat t, d;

	if (fstatat(c->etc, text, &t, 0) != 0)
		return;
	if (fstatat(c->etc, database, &d, 0) != 0)
		check_find(c, FINDING_WRONG, how(c, text, program), "control/%s is not compiled, so it does not count", text);
	else if (is_older(&d, &t))
		check_find(c, FINDING_WRONG, how(c, text, program), "control/%s has changed since it was compiled: the old one counts", text);
}

static void
alias_texts(struct check *c)
{
	const char *newaliases = check_program("pneu-newaliases"), *preset = c->private ? 0 : "/etc/aliases", *stale;
	struct aliases a;
	struct stat st;
	int e;

	if (!aliases_open(&a) || a.fd < 0) {
		e = errno;
		if (fstatat(c->etc, "aliases.cdb", &st, 0) == 0)
			check_find(c, FINDING_WRONG, newaliases, "%s cannot be read: %s", check_path(place_etc(), "aliases.cdb"),
			    e == EPROTO ? "it is damaged" : strerror(e));
		else if ((preset && stat(preset, &st) == 0) || fstatat(c->etc, "aliases", &st, 0) == 0 ||
		    fstatat(c->etc, "aliasfiles", &st, 0) == 0)
			check_find(c, FINDING_WRONG, newaliases, "there is an alias file and no aliases.cdb: no alias counts");
		return;
	}
	if ((stale = aliases_stale(&a)))
		check_find(c, FINDING_WRONG, newaliases, "%s has changed since it was compiled: the old aliases count", stale);
	aliases_close(&a);
	buf_free(&a.space);
	buf_free(&a.name);
}

void
check_databases(struct check *c)
{
	check_area(c, "databases");
	alias_texts(c);
	pair(c, "users", "pneu-newu");
	pair(c, "rules", "pneu-tcprules");
	pair(c, "passwords", "pneu-newpw");
	pair(c, "morercpthosts", "pneu-newmrh");
	pair(c, "recipients", "pneu-newrcpt");
	check_ok_if_quiet(c, "none is older than its text");
}

/* ---- open relay */

static bool
may_relay(const struct rules *rules, const char *ip, struct rule *rule, enum rules_result *result)
{
	const struct rules_peer peer = { .ip = ip };
	size_t i;

	*result = rules_find(rules, &peer, rule);
	for (i = 0; *result == RULES_ALLOW && i < rule->vars; i++)
		if (strncmp(rule->var[i], "RELAYCLIENT=", 12) == 0)
			return true;
	return false;
}

static void
is_open(struct check *c, const char *key, const char *ip)
{
	check_find(c, FINDING_WRONG, check_text("take RELAYCLIENT from the rule \"%s\" in %s, then %s", key, check_path(place_etc(), "rules"),
	    how_rules()), "the rule \"%s\" sets RELAYCLIENT, so strangers such as %s may send everywhere through this host", key, ip);
}

/* Addresses that nobody has (RFC 5737, RFC 3849): what they get everybody gets. Then a rule for one of the large networks. */
static void
strangers(struct check *c, const struct rules *rules)
{
	static const char *const nobody[] = { "192.0.2.77", "198.51.100.77", "203.0.113.77", "2001:db8::77" };
	struct rule rule;
	enum rules_result r;
	char ip[20], key[8];
	unsigned n;
	size_t i;

	for (i = 0; i < sizeof nobody / sizeof *nobody; i++) {
		if (may_relay(rules, nobody[i], &rule, &r)) {
			is_open(c, rule.key, nobody[i]);
			return;
		}
		if (r == RULES_DAMAGED)
			check_find(c, FINDING_WRONG, how_rules(), "the rule \"%s\" is damaged: pneu-tcpd refuses its clients", rule.key);
		else if (r == RULES_DENY && !rule.key[0])
			check_find(c, FINDING_NOTE, "", "the rules refuse strangers such as %s: mail from outside comes only from those with a rule",
			    nobody[i]);
		if (r == RULES_DAMAGED || r == RULES_DENY)
			break;
	}
	for (n = 1; n < 224; n++) {
		if (n == 10 || n == 127)
			continue;
		snprintf(ip, sizeof ip, "%u.77.201.3", n);
		snprintf(key, sizeof key, "%u.", n);
		if (may_relay(rules, ip, &rule, &r) && strcmp(rule.key, key) == 0) {
			is_open(c, rule.key, ip);
			return;
		}
	}
}

void
check_relay(struct check *c)
{
	const char *path = check_text("%s/rules.cdb", place_etc());
	struct rules rules = { .file = BUF(0) };

	check_area(c, "open relay");
	if (rules_load(&rules, path)) {
		strangers(c, &rules);
		check_ok_if_quiet(c, "the rules let no stranger send everywhere");
	} else if (errno == ENOENT)
		check_ok(c, "there are no rules, so nobody may send everywhere, if no service sets RELAYCLIENT by itself");
	else if (errno == EPROTO)
		check_find(c, FINDING_WRONG, how_rules(), "%s is damaged: pneu-tcpd refuses everybody", path);
	else
		check_find(c, c->is_root ? FINDING_WRONG : FINDING_NOTE, "", "%s: %s", path, strerror(errno));
	rules_free(&rules);
}
