/* What other hosts learn about this one from the DNS: its addresses, their names, where its domains' mail goes, who may send for
 * them. pneu-dnsq asks. */
#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "lib/conf.h"
#include "lib/ip.h"
#include "lib/map.h"
#include "lib/msg.h"
#include "lib/place.h"
#include "resolve/resolve.h"
#include "tools/explain.h"
#include "tools/showctl.h"

#define DNSQ_MS 45000
#define ANSWER_MAX 65536
#define DOMAINS_MOST 50
#define OURS_MOST 64
#define HOSTS_MOST 10           /* of a domain's MX */

struct ours {
	unsigned char ip[OURS_MOST][16];
	size_t n, of_me;                /* the first of_me are those of control/me */
};

/* Lines of the answer, each with a 0 in place of its LF. 0, EX_HARD or EX_SOFT; then why says it */
static int
ask(const char *what, const char *name, const char *more, struct buf *lines, const char **why)
{
	char *argv[] = { "pneu-dnsq", (char *)(uintptr_t)what, (char *)(uintptr_t)name, (char *)(uintptr_t)more, 0 };
	struct buf err = BUF(ANSWER_MAX);
	const char *reason, *s;
	int code;
	size_t i;

	buf_free(lines);
	lines->max = ANSWER_MAX;
	code = explain_run(argv, DNSQ_MS, lines, &err, &reason);
	for (i = 0; i < lines->len; i++)
		if (lines->s[i] == '\n')
			lines->s[i] = 0;
	s = err.len ? strstr(err.s, "fatal: ") : 0;
	s = s ? s + 7 : err.len ? err.s : reason ? reason : "pneu-dnsq fails";
	*why = check_text("%.*s", (int)strcspn(s, "\n"), s);
	buf_free(&err);
	return code == 0 || code == EX_HARD ? code : EX_SOFT;
}

static bool
is_ours(const struct ours *o, const char *text)
{
	unsigned char ip[16];
	size_t i;

	if (!ip_read(text, ip))
		return false;
	for (i = 0; i < o->n; i++)
		if (memcmp(o->ip[i], ip, 16) == 0)
			return true;
	return false;
}

static bool
is_loopback(const unsigned char ip[16])
{
	static const unsigned char one[16] = { [15] = 1 };

	return ip_is_v4(ip) ? ip[12] == 127 : memcmp(ip, one, 16) == 0;
}

static void
add(struct ours *o, const unsigned char ip[16])
{
	if (o->n < OURS_MOST)
		memcpy(o->ip[o->n++], ip, 16);
}

/* those of the interfaces; how many of the former are among them */
static size_t
interfaces(struct ours *o)
{
	struct ifaddrs *all = 0, *a;
	unsigned char ip[16];
	size_t i, both = 0;

	if (getifaddrs(&all) != 0)
		return 0;
	for (a = all; a; a = a->ifa_next) {
		if (!a->ifa_addr)
			continue;
		if (a->ifa_addr->sa_family == AF_INET)
			ip_from_v4(ip, &((const struct sockaddr_in *)(const void *)a->ifa_addr)->sin_addr);
		else if (a->ifa_addr->sa_family == AF_INET6)
			memcpy(ip, &((const struct sockaddr_in6 *)(const void *)a->ifa_addr)->sin6_addr, 16);
		else
			continue;
		for (i = 0; i < o->of_me; i++)
			both += memcmp(o->ip[i], ip, 16) == 0;
		if (!is_loopback(ip))
			add(o, ip);
	}
	freeifaddrs(all);
	return both;
}

/* false: there is no use in asking more */
static bool
own_addresses(struct check *c, struct ours *o)
{
	struct buf lines = { 0 };
	unsigned char ip[16];
	const char *s, *why;
	int code = ask("addr", c->me.s, 0, &lines, &why);

	if (code == EX_HARD)
		check_find(c, FINDING_WRONG, check_text("give %s an A or AAAA record", c->me.s), "%s, control/me, has no address: %s", c->me.s, why);
	else if (code != 0)
		check_find(c, FINDING_WRONG, "see /etc/resolv.conf; without an answer from DNS no mail leaves", "%s", why);
	for (s = 0; code == 0 && (s = conf_next(&lines, s)); )
		if (ip_read(s, ip))
			add(o, ip);
	o->of_me = o->n;
	if (interfaces(o) == 0 && code == 0)
		check_find(c, FINDING_NOTE, "", "no interface here has an address of %s; so it is with NAT, else its record is wrong", c->me.s);
	buf_free(&lines);
	return code == 0 || code == EX_HARD;
}

/* ---- the names of our addresses */

static void
reverse(struct check *c, const char *ip)
{
	struct buf lines = { 0 };
	const char *s, *why, *first = 0;
	int code = ask("ptr", ip, 0, &lines, &why);

	for (s = 0; code == 0 && (s = conf_next(&lines, s)); first = first ? first : s)
		if (strcasecmp(s, c->me.s) == 0)
			break;
	if (code == 0 && s)
		check_ok(c, "%s is %s, and the other way round", c->me.s, ip);
	else if (code == 0)
		check_find(c, FINDING_NOTE, check_text("have the PTR record of %s say %s", ip, c->me.s),
		    "by its PTR record %s is %s, not %s", ip, first ? first : "nobody", c->me.s);
	else if (code == EX_HARD)
		check_find(c, FINDING_WRONG, check_text("have whoever gave you %s make a PTR record, %s", ip, c->me.s),
		    "%s has no PTR record: many hosts refuse mail from it", ip);
	else
		check_find(c, FINDING_NOTE, "", "%s", why);
	buf_free(&lines);
}

/* ---- where a domain's mail goes */

static bool
host_is_ours(const struct check *c, const struct ours *o, const char *host)
{
	struct buf lines = { 0 };
	const char *s, *why;
	bool found = strcasecmp(host, c->me.s) == 0;

	if (!found && ask("addr", host, 0, &lines, &why) == 0)
		for (s = 0; !found && (s = conf_next(&lines, s)); )
			found = is_ours(o, s);
	buf_free(&lines);
	return found;
}

static void
exchangers(struct check *c, const struct ours *o, const char *domain)
{
	struct buf lines = { 0 };
	const char *s, *host, *why, *first = 0;
	bool found = false;
	int code = ask("mx", domain, 0, &lines, &why), n = 0;

	if (code == EX_SOFT)
		check_find(c, FINDING_NOTE, "", "%s", why);
	else if (code == EX_HARD && !host_is_ours(c, o, domain))
		check_find(c, FINDING_NOTE, check_text("give %s the MX record \"10 %s\"", domain, c->me.s),
		    "%s has no MX record, and no address of ours: mail for it does not come here", domain);
	else if (code == EX_HARD)
		check_ok(c, "%s has no MX record, but an address of ours", domain);
	for (s = 0; code == 0 && !found && n < HOSTS_MOST && (s = conf_next(&lines, s)); n++) {
		host = strchr(s, ' ') ? strchr(s, ' ') + 1 : s;
		first = first ? first : host;
		found = host_is_ours(c, o, host);
	}
	if (found)
		check_ok(c, "an MX record of %s leads here", domain);
	else if (code == 0)
		check_find(c, FINDING_NOTE, check_text("give %s the MX record \"10 %s\", or take it out of locals and rcpthosts", domain, c->me.s),
		    "the MX records of %s lead elsewhere, to %s: mail for it does not come here", domain, first ? first : "nobody");
	buf_free(&lines);
}

/* ---- who may send for a domain */

static bool
has_spf(const char *domain, bool *known)
{
	struct buf lines = { 0 };
	const char *s, *why;
	int code = ask("txt", domain, 0, &lines, &why);
	bool found = false;

	for (s = 0; code == 0 && !found && (s = conf_next(&lines, s)); )
		found = strncasecmp(s, "v=spf1", 6) == 0 && (s[6] == ' ' || !s[6]);
	*known = code != EX_SOFT;
	buf_free(&lines);
	return found;
}

static void
senders(struct check *c, const struct ours *o, const char *domain)
{
	struct buf lines = { 0 };
	char ip[IP_TEXT];
	const char *why;
	bool known;
	size_t i, refused = 0;

	if (!has_spf(domain, &known)) {
		if (known)
			check_find(c, FINDING_NOTE, check_text("give %s the TXT record \"v=spf1 mx a:%s -all\"", domain, c->me.s),
			    "%s has no SPF record: large receivers distrust its mail", domain);
		return;
	}
	for (i = 0; i < o->of_me; i++) {
		if (is_loopback(o->ip[i]))
			continue;
		ip_text(ip, o->ip[i]);
		if (ask("spf", domain, ip, &lines, &why) == 0 && lines.len && strcmp(lines.s, "refused") == 0) {
			refused++;
			check_find(c, FINDING_WRONG, check_text("add %s:%s to the SPF record of %s", ip_is_v4(o->ip[i]) ? "ip4" : "ip6", ip, domain),
			    "by the SPF record of %s mail for its senders may not come from %s", domain, ip);
		}
	}
	buf_free(&lines);
	if (!refused)
		check_ok(c, "the SPF record of %s lets this host send", domain);
}

/* ---- all of it */

/* mail that is not ours goes to another host, which is the one that receivers judge */
static bool
is_relayed(const struct check *c)
{
	struct buf routes = { 0 };
	const struct conf table[] = { { .name = "smtproutes", .kind = CONF_LINES, .value = &routes } };
	struct conf_error e;
	const char *s = 0;
	bool found = false;

	if (conf_load(c->etc, table, 1, &e))
		while (!found && (s = conf_next(&routes, s)))
			found = s[0] == ':' && s[1] && s[1] != ' ';
	buf_free(&routes);
	return found;
}

/* a name that DNS could know */
static bool
is_public(const char *domain)
{
	size_t n = strlen(domain);

	return *domain != '.' && *domain != '[' && strchr(domain, '.') && !(n > 10 && strcasecmp(domain + n - 10, ".localhost") == 0);
}

static void
domains(struct check *c, const struct ours *o, bool relayed)
{
	struct buf locals = { 0 }, rcpthosts = { 0 };
	const struct conf table[] = { { .name = "locals", .kind = CONF_LINES, .value = &locals },
		{ .name = "rcpthosts", .kind = CONF_LINES, .value = &rcpthosts } };
	struct map seen = { 0 };
	struct conf_error e;
	const char *s;
	int i, n = 0;

	for (i = 0; i < 2; i++)
		if (!conf_load(c->etc, table + i, 1, &e))
			buf_clear(table[i].value);
	for (i = 0; i < 2; i++)
		for (s = 0; (s = conf_next(table[i].value, s)) && n < DOMAINS_MOST; ) {
			if (!is_public(s) || map_get(&seen, s, strlen(s)) || !map_add(&seen, s, strlen(s), s))
				continue;
			n++;
			exchangers(c, o, s);
			if (!relayed && i == 0)
				senders(c, o, s);
		}
	if (n == DOMAINS_MOST)
		check_ok(c, "of more than %d domains nothing is asked", DOMAINS_MOST);
	map_free(&seen);
	buf_free(&locals);
	buf_free(&rcpthosts);
}

void
check_dns(struct check *c)
{
	static struct ours o;
	bool relayed = is_relayed(c);
	char ip[IP_TEXT];
	size_t i;

	check_area(c, "dns");
	if (c->no_dns || !c->me.len)
		return;
	if (!is_public(c->me.s)) {
		check_ok(c, "%s is no name that other hosts know: nothing is asked", c->me.s);
		return;
	}
	if (!own_addresses(c, &o))
		return;
	for (i = 0; i < o.of_me && !relayed; i++)
		if (!is_loopback(o.ip[i])) {
			ip_text(ip, o.ip[i]);
			reverse(c, ip);
		}
	if (relayed)
		check_ok(c, "mail leaves through another host (control/smtproutes), so PTR and SPF records are for that one");
	domains(c, &o, relayed);
}

/* ---- postmaster, whom everybody must be able to reach (RFC 5321 4.5.1) */

/* pneu-smtpd takes his mail whatever is found, and then it would bounce */
static bool
is_nobody(const char *address)
{
	struct resolver r = { 0 };
	struct resolution found = { 0 };
	struct conf_error e;
	bool nobody = false;

	if (!resolver_open(&r, 0, true, &e))
		return false;
	resolver_ask(&r, address, &found);
	nobody = found.kind == RESOLUTION_NOBODY;
	resolver_close(&r);
	return nobody;
}

void
check_postmaster(struct check *c)
{
	const char *address = check_text("postmaster@%s", c->me.len ? c->me.s : "localhost"), *why, *s;
	char *argv[] = { "pneu-explain", "-q", (char *)(uintptr_t)address, 0 };
	struct buf out = BUF(ANSWER_MAX), err = BUF(4096);
	int code;

	check_area(c, "postmaster");
	code = explain_run(argv, DNSQ_MS, &out, &err, &why);
	s = out.len ? strstr(out.s, "later: ") : 0;
	if (code == EXPLAIN_GOOD && is_nobody(address))
		code = EXPLAIN_NEVER;
	if (code == EXPLAIN_GOOD)
		check_ok(c, "somebody reads the mail for %s", address);
	else if (code == EXPLAIN_NEVER)
		check_find(c, FINDING_WRONG, check_text("write \"postmaster: YOU\" into the alias file, then %s", check_program("pneu-newaliases")),
		    "nobody gets the mail for %s", address);
	else
		check_find(c, FINDING_NOTE, check_text("%s %s", check_program("pneu-explain"), address), "mail for %s waits: %.*s", address,
		    s ? (int)strcspn(s + 7, "\n") : 100, s ? s + 7 : why ? why : "see why");
	buf_free(&out);
	buf_free(&err);
}
