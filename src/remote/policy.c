#include "remote/policy.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "remote/dns.h"
#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/ip.h"
#include "mail/spf.h"

#define TABLE 16
#define HOSTS 10                        /* MX hosts of one domain, RFC 7208 4.6.4 */
#define ADDRS 64                        /* of one host; what goes beyond is not ours */
#define NAME 256

enum verdict {
	VERDICT_PASS,
	VERDICT_NEUTRAL,
	VERDICT_FAIL,                   /* softfail too */
	VERDICT_NONE,                   /* nothing is published */
	VERDICT_DOUBT
};

enum match { MATCH_NO, MATCH_YES, MATCH_DOUBT };

struct check {
	const unsigned char *ip;
	unsigned lookups;
	int64_t end_ms;
};

static struct entry {
	char domain[NAME];              /* "": free */
	unsigned char ip[16];
	bool any_ip, refuses;
	int64_t until_ms;
} table[TABLE];
static size_t next;                     /* the one to be written over */

static enum verdict evaluate(struct check *, const char *domain);

static bool
in_time(const struct check *c)
{
	return clock_mono_ms() < c->end_ms;
}

/* one more look-up that is counted */
static bool
may_ask(struct check *c)
{
	return ++c->lookups <= POLICY_LOOKUPS && in_time(c);
}

static bool
agrees(const struct check *c, const unsigned char ip[16], unsigned bits4, unsigned bits6)
{
	unsigned char ours[16], theirs[16];
	unsigned bits = ip_is_v4(ip) ? bits4 : bits6;

	if (!c->ip || ip_is_v4(ip) != ip_is_v4(c->ip))
		return false;
	memcpy(ours, c->ip, 16);
	memcpy(theirs, ip, 16);
	ip_mask(ours, bits);
	ip_mask(theirs, bits);
	return memcmp(ours, theirs, 16) == 0;
}

static enum match
match_host(struct check *c, const char *name, const struct spf_term *t)
{
	struct dns_addr list[ADDRS];
	unsigned char ip[16];
	size_t n, i;

	if (!in_time(c) || dns_get_addrs(name, list, ADDRS, &n) == DNS_TEMP)
		return MATCH_DOUBT;
	for (i = 0; i < n; i++) {
		if (list[i].family == AF_INET)
			ip_from_v4(ip, list[i].ip);
		else
			memcpy(ip, list[i].ip, 16);
		if (agrees(c, ip, t->bits4, t->bits6))
			return MATCH_YES;
	}
	return MATCH_NO;
}

static enum match
match_mx(struct check *c, const char *name, const struct spf_term *t)
{
	struct dns_mx list[HOSTS];
	enum match m = MATCH_NO;
	size_t n, i;

	if (dns_get_mx(name, list, HOSTS, &n) == DNS_TEMP)
		return MATCH_DOUBT;
	for (i = 0; i < n && m == MATCH_NO; i++)
		if (*list[i].name)
			m = match_host(c, list[i].name, t);
	return m;
}

static enum match
match_include(struct check *c, const char *name)
{
	switch (evaluate(c, name)) {
	case VERDICT_PASS:
		return MATCH_YES;
	case VERDICT_NEUTRAL:
	case VERDICT_FAIL:
		return MATCH_NO;
	case VERDICT_NONE:
	case VERDICT_DOUBT:
	default:
		return MATCH_DOUBT;
	}
}

/* the domain that a term names, or the record's own; false: too long for any */
static bool
name_of(const struct spf_term *t, const char *domain, char name[NAME])
{
	size_t n = t->domain ? t->len : strlen(domain);

	if (n >= NAME)
		return false;
	memcpy(name, t->domain ? t->domain : domain, n);
	name[n] = 0;
	return true;
}

static enum match
match(struct check *c, const struct spf_term *t, const char *domain)
{
	char name[NAME];

	if (t->kind == SPF_ALL)
		return MATCH_YES;
	if (t->kind == SPF_IP)
		return agrees(c, t->ip, t->bits4, t->bits6) ? MATCH_YES : MATCH_NO;
	if (!may_ask(c) || !name_of(t, domain, name))
		return MATCH_DOUBT;
	switch (t->kind) {
	case SPF_A:
		return match_host(c, name, t);
	case SPF_MX:
		return match_mx(c, name, t);
	case SPF_INCLUDE:
		return match_include(c, name);
	default:
		return MATCH_DOUBT;
	}
}

/* Does this term, which may look at nothing but addresses, decide against us for want of knowing better? Those that
 * speak for a sender do not: if it really matched, all the better. */
static bool
counts_against(const struct spf_term *t)
{
	bool against = t->qualifier == '-' || t->qualifier == '~';

	return against && (t->kind == SPF_OTHER || t->kind == SPF_INCLUDE);     /* what is in there may be in doubt too */
}

static enum verdict
verdict(char qualifier)
{
	return qualifier == '+' ? VERDICT_PASS : qualifier == '?' ? VERDICT_NEUTRAL : VERDICT_FAIL;
}

/* RFC 7208 4.6: a record with an error anywhere is no record */
static bool
well_formed(const char *record)
{
	struct spf_term t;
	enum spf_result r;
	unsigned redirects = 0;

	while ((r = spf_next(&record, &t)) == SPF_TERM)
		redirects += t.kind == SPF_REDIRECT;
	return r == SPF_END && redirects <= 1;
}

static enum verdict
redirected(struct check *c, const struct spf_term *t)
{
	char name[NAME];
	enum verdict v;

	if (!may_ask(c) || memchr(t->domain, '%', t->len) || !name_of(t, "", name))
		return VERDICT_DOUBT;
	v = evaluate(c, name);
	return v == VERDICT_NONE ? VERDICT_DOUBT : v;
}

static enum verdict
walk(struct check *c, const char *record, const char *domain)
{
	struct spf_term t, redirect = { .kind = SPF_ALL };

	if (!well_formed(record))
		return VERDICT_DOUBT;
	while (spf_next(&record, &t) == SPF_TERM) {
		if (t.kind == SPF_REDIRECT)
			redirect = t;
		if (t.kind == SPF_REDIRECT || t.kind == SPF_IGNORED)
			continue;
		if (counts_against(&t))
			return VERDICT_FAIL;
		switch (match(c, &t, domain)) {
		case MATCH_YES:
			return verdict(t.qualifier);
		case MATCH_DOUBT:
			if (t.kind != SPF_OTHER)
				return VERDICT_DOUBT;
			break;
		case MATCH_NO:
		default:
			break;
		}
	}
	return redirect.kind == SPF_REDIRECT ? redirected(c, &redirect) : VERDICT_NEUTRAL;
}

/* the one record among a domain's texts; *many: there are more */
static const char *
find_record(const struct buf *texts, bool *many)
{
	const char *s, *found = 0;

	*many = false;
	for (s = texts->s; s < texts->s + texts->len; s += strlen(s) + 1) {
		if (!spf_is(s))
			continue;
		*many = found != 0;
		found = s;
	}
	return found;
}

static enum verdict
evaluate(struct check *c, const char *domain)
{
	struct buf texts = BUF(DNS_TXT_MAX);
	enum verdict v = VERDICT_NONE;
	const char *record;
	bool many;
	size_t n;

	if (!in_time(c))
		return VERDICT_DOUBT;
	switch (dns_get_txt(domain, &texts, &n)) {
	case DNS_OK:
		record = find_record(&texts, &many);
		if (record)
			v = many ? VERDICT_DOUBT : walk(c, record, domain);
		break;
	case DNS_NODATA:
	case DNS_NXDOMAIN:
		break;
	case DNS_TEMP:
	default:
		v = VERDICT_DOUBT;
	}
	buf_free(&texts);
	return v;
}

static struct entry *
look_up(const char *domain, const unsigned char *ip)
{
	struct entry *e;

	for (e = table; e < table + TABLE; e++)
		if (*e->domain && strcasecmp(e->domain, domain) == 0 && e->any_ip == !ip &&
		    (!ip || memcmp(e->ip, ip, 16) == 0) && clock_mono_ms() < e->until_ms)
			return e;
	return 0;
}

bool
policy_known(const char *domain, const unsigned char ip[16])
{
	return look_up(domain, ip) != 0;
}

bool
policy_refuses(const char *domain, const unsigned char ip[16])
{
	struct check c = { .ip = ip, .end_ms = clock_mono_ms() + POLICY_S * 1000 };
	struct entry *e = look_up(domain, ip);
	enum verdict v;

	if (e)
		return e->refuses;
	v = evaluate(&c, domain);
	if (strlen(domain) >= NAME)
		return v == VERDICT_FAIL || v == VERDICT_DOUBT;
	e = &table[next];
	next = (next + 1) % TABLE;
	strcpy(e->domain, domain);
	e->any_ip = !ip;
	if (ip)
		memcpy(e->ip, ip, 16);
	e->refuses = v == VERDICT_FAIL || v == VERDICT_DOUBT;
	e->until_ms = clock_mono_ms() + POLICY_KEEP_S * 1000;
	return e->refuses;
}
