#include "remote/protection.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "remote/tlsclient.h"
#include "lib/clock.h"
#include "lib/msg.h"
#include "wire/mtasts.h"

static struct dns_tlsa records[PROTECTION_TLSA];

/* what the route or the settings say */
static void
begin(struct protection *p, const struct tlslevel_settings *s, const struct route *route, const char *host)
{
	static const enum protection_level levels[] = {
		[ROUTE_TLS_NO] = PROTECTION_NO,
		[ROUTE_TLS_MAY] = PROTECTION_MAY,
		[ROUTE_TLS_MUST] = PROTECTION_MUST,
		[ROUTE_TLS_VERIFY] = PROTECTION_VERIFY,
		[ROUTE_TLS_DANE] = PROTECTION_DANE,
	};
	struct tlslevel l = tlslevel_of(s, route, host);

	p->command = s->tlsclient.s;
	p->level = levels[l.level];
	p->implicit = l.implicit;
	p->login_in_clear = l.login_in_clear;
	p->because = l.because;
}

/* a trailing dot is no part of the name; what is too long is no host's name and gets cut */
static void
set_host(struct protection *p, const char *name)
{
	size_t n = strlen(name);

	if (n && name[n - 1] == '.')
		n--;
	if (n >= sizeof p->host)
		n = sizeof p->host - 1;
	memcpy(p->host, name, n);
	p->host[n] = 0;
}

/* RFC 7672 3.1: only what names a key or an authority of the domain's own; the others speak of public ones */
static bool
is_usable(const struct dns_tlsa *t)
{
	if ((t->usage != 2 && t->usage != 3) || t->selector > 1)
		return false;
	return t->matching == 0 ? t->len > 0 : t->matching == 1 ? t->len == 32 : t->matching == 2 && t->len == 64;
}

static bool
put_record(struct buf *b, const struct dns_tlsa *t)
{
	static const char digit[] = "0123456789abcdef";
	size_t i;

	if (!buf_num(b, t->usage) || !buf_byte(b, ' ') || !buf_num(b, t->selector) || !buf_byte(b, ' ') ||
	    !buf_num(b, t->matching) || !buf_byte(b, ' ') || !buf_room(b, 2 * (size_t)t->len + 1))
		return false;
	for (i = 0; i < t->len; i++)
		if (!buf_byte(b, digit[t->data[i] >> 4]) || !buf_byte(b, digit[t->data[i] & 15]))
			return false;
	return buf_byte(b, '\n');
}

enum dane { DANE_NONE, DANE_USABLE, DANE_UNUSABLE, DANE_TROUBLE };

/* the TLSA records for this name of the host */
static enum dane
dane_at(struct protection *p, const char *base, uint16_t port, struct result *why)
{
	enum dns_result r;
	size_t n, i;

	r = dns_get_tlsa(port, base, records, PROTECTION_TLSA, &n);
	if (r == DNS_TEMP) {
		result_say(why, 'Z', true, "4.7.5", "unable to look up the TLSA records of ", base, ": ", dns_why(), "\n");
		return DANE_TROUBLE;
	}
	if (r != DNS_OK || !dns_was_secure())
		return DANE_NONE;
	p->tlsa.max = TLSCLIENT_TLSA;
	buf_clear(&p->tlsa);
	for (i = 0; i < n; i++)
		if (is_usable(&records[i]) && !put_record(&p->tlsa, &records[i])) {
			result_say(why, 'Z', true, "4.3.0", "unable to note the TLSA records of ", base, ": ", strerror(errno), "\n");
			return DANE_TROUBLE;
		}
	set_host(p, base);
	return p->tlsa.len ? DANE_USABLE : DANE_UNUSABLE;
}

/* RFC 7672 2.2: where its CNAMEs lead, then its own name; of an alias that leads into an insecure zone its own name, if
 * the alias itself is secure */
static enum dane
dane(struct protection *p, const struct protection_host *h, struct result *why)
{
	bool is_alias = h->canonical && *h->canonical && strcmp(h->canonical, h->name) != 0;
	char target[256];
	enum dane found;

	if (!h->mx_secure)
		return DANE_NONE;
	if (!h->addr_secure) {
		enum dns_result r = is_alias ? dns_get_cname(h->name, target) : DNS_NODATA;

		if (r == DNS_TEMP) {
			result_say(why, 'Z', true, "4.7.5", "unable to look up what ", h->name, " is: ", dns_why(), "\n");
			return DANE_TROUBLE;
		}
		return r == DNS_OK && dns_was_secure() ? dane_at(p, h->name, h->port, why) : DANE_NONE;
	}
	found = is_alias ? dane_at(p, h->canonical, h->port, why) : DANE_NONE;
	return found == DANE_NONE ? dane_at(p, h->name, h->port, why) : found;
}

static void
lift(struct protection *p, enum protection_level level, const char *because)
{
	if (p->level >= level)
		return;
	p->level = level;
	p->because = because;
}

/* the domain's policy of now; patterns is in line, errno is for TROUBLE */
static enum mtasts_result
policy(const char *domain, struct buf *line, const char **patterns)
{
	int dir = conf_open(), e;
	enum mtasts_result r;

	*patterns = "";
	if (dir < 0)
		return MTASTS_TROUBLE;
	r = mtasts_find(dir, domain, clock_wall_s(), line, patterns);
	e = errno;
	close(dir);
	errno = e;
	return r;
}

/* false: the host is not to be used */
static bool
apply_mtasts(struct protection *p, const char *domain, const struct protection_host *h, struct result *why)
{
	struct buf line = BUF(MTASTS_LINE);
	const char *patterns;
	enum mtasts_result r = policy(domain, &line, &patterns);
	int e = errno;
	bool is_named = (r == MTASTS_ENFORCE || r == MTASTS_TESTING) && mtasts_match(patterns, h->name);

	buf_free(&line);
	if (r == MTASTS_TROUBLE) {
		result_say(why, 'Z', true, "4.3.5", "unable to read control/mtasts: ", strerror(e), "\n");
		return false;
	}
	if (r == MTASTS_TESTING && !is_named)
		warn_say(h->name, " is no host of the MTA-STS policy of ", domain, ", which is in testing");
	if (r != MTASTS_ENFORCE)
		return true;
	if (!is_named) {
		result_say(why, 'Z', true, "4.7.5", h->name, " is no host of the MTA-STS policy of ", domain, "\n");
		return false;
	}
	lift(p, PROTECTION_VERIFY, "MTA-STS");
	return true;
}

static bool
decide(struct protection *p, const struct route *route, const struct protection_host *h, struct result *why)
{
	enum dane found;

	if (p->level == PROTECTION_NO)
		return true;
	if (!p->command) {
		result_say(why, 'Z', true, "4.3.5", p->because, " needs a program: there is no control/tlsclient\n");
		return false;
	}
	if (p->implicit || p->level == PROTECTION_VERIFY)
		return true;
	found = dane(p, h, why);
	if (found == DANE_TROUBLE)
		return false;
	if (found == DANE_USABLE)
		lift(p, PROTECTION_DANE, "DANE");
	else if (p->level == PROTECTION_DANE) {
		result_say(why, 'Z', true, "4.7.5", h->name, found == DANE_UNUSABLE ? " has no TLSA record that could be used" :
		    " has no TLSA record that is secure", ", and tls=dane asks for one\n");
		return false;
	} else if (found == DANE_UNUSABLE)
		lift(p, PROTECTION_MUST, "DANE");
	/* DANE goes before; records of no use say nothing against the certificate that MTA-STS asks for (RFC 8461 2) */
	return found == DANE_USABLE || route->way != ROUTE_MX || apply_mtasts(p, route->hop[0].name, h, why);
}

bool
protection_decide(struct protection *p, const struct tlslevel_settings *s, const struct route *route,
    const struct protection_host *h, struct result *why)
{
	static const char *const word[] = { "no", "may", "must", "verify", "dane" };

	begin(p, s, route, h->name);
	set_host(p, h->name);
	if (!decide(p, route, h, why))
		return false;
	p->word = word[p->level];
	return true;
}

bool
protection_salt(const struct tlslevel_settings *s, const struct route *route, struct buf *salt)
{
	struct buf line = BUF(MTASTS_LINE);
	struct protection p = { .level = PROTECTION_NO };
	const char *patterns;
	bool ok = true;

	buf_clear(salt);
	begin(&p, s, route, "");
	if (route->way == ROUTE_MX && !p.implicit && (p.level == PROTECTION_MAY || p.level == PROTECTION_MUST))
		switch (policy(route->hop[0].name, &line, &patterns)) {
		case MTASTS_ENFORCE:
			ok = buf_puts(salt, patterns);
			break;
		case MTASTS_TROUBLE:            /* then nobody knows what it shares, and with whom */
			ok = buf_puts(salt, route->hop[0].name);
			break;
		case MTASTS_NONE:
		case MTASTS_TESTING:
		default:
			break;
		}
	buf_free(&line);
	return ok;
}
