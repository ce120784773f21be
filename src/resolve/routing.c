#include "resolve/routing.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "lib/ascii.h"
#include "lib/clock.h"
#include "lib/map.h"
#include "mail/srs.h"
#include "resolve/rewriting.h"
#include "resolve/separators.h"
#include "resolve/smtproutes.h"

const char routing_no_return[] = "not a return address made here, or too old";

struct routing {
	struct buf me, envnoathost, locals, percenthack, virtualdomains, separators;        /* the text of the maps */
	struct map local, percent, virtual;
	struct smtproutes routes;
	bool locals_preset;             /* there is no file of that name */
	struct rewriting srs;
};

const char *
routing_separators(const struct routing *r)
{
	return r->separators.s;
}

/* "name:value" lines; a line without a colon is nonsense */
static bool
pairs(struct map *m, struct buf *lines, const char *file, struct conf_error *e)
{
	const char *l;

	for (l = 0; (l = conf_next(lines, l)); ) {
		const char *colon = strchr(l, ':');

		if (!colon) {
			conf_complain(e, file, "a line has no colon", l);
			return false;
		}
		if (!map_add(m, l, (size_t)(colon - l), colon + 1)) {
			conf_complain(e, file, "out of memory", 0);
			return false;
		}
	}
	return true;
}

static bool
names(struct map *m, struct buf *lines, const char *file, struct conf_error *e)
{
	const char *l;

	for (l = 0; (l = conf_next(lines, l)); )
		if (!map_add(m, l, strlen(l), "")) {
			conf_complain(e, file, "out of memory", 0);
			return false;
		}
	return true;
}

void
routing_free(struct routing *r)
{
	if (!r)
		return;
	buf_free(&r->me);
	buf_free(&r->envnoathost);
	buf_free(&r->locals);
	buf_free(&r->percenthack);
	buf_free(&r->virtualdomains);
	buf_free(&r->separators);
	rewriting_free(&r->srs);
	map_free(&r->local);
	map_free(&r->percent);
	map_free(&r->virtual);
	smtproutes_free(&r->routes);
	free(r);
}

static bool
load(struct routing *r, const struct conf_view *etc, struct conf_error *e)
{
	struct conf table[] = {
		{ "me", CONF_LINE, &r->me, 0, 0, 0 },
		{ "envnoathost", CONF_LINE, &r->envnoathost, 0, 0, 0 },
		{ "locals", CONF_LINES, &r->locals, 0, 0, 0 },
		{ "percenthack", CONF_LINES, &r->percenthack, 0, 0, 0 },
		{ "virtualdomains", CONF_LINES, &r->virtualdomains, 0, 0, 0 },
		SEPARATORS_CONF(&r->separators),
	};

	if (!conf_take(etc, table, sizeof table / sizeof *table, e) || !separators_settle(&r->separators, e))
		return false;
	if (!conf_host_name(&r->me)) {
		conf_complain(e, "me", "missing, and the host has no name", 0);
		return false;
	}
	/* without locals our own name is local; with locals only what it says */
	r->locals_preset = !r->locals.s;
	if (!r->locals.s && !(buf_put(&r->locals, r->me.s, r->me.len) && buf_byte(&r->locals, 0))) {
		conf_complain(e, "locals", "out of memory", 0);
		return false;
	}
	return rewriting_load(etc, &r->srs, e) && names(&r->local, &r->locals, "locals", e) && names(&r->percent, &r->percenthack, "percenthack", e) &&
	    pairs(&r->virtual, &r->virtualdomains, "virtualdomains", e) &&
	    smtproutes_load(&r->routes, etc, e);
}

struct routing *
routing_load_from(const struct conf_view *etc, struct conf_error *e)
{
	struct routing *r = calloc(1, sizeof *r);

	if (!r) {
		conf_complain(e, "", "out of memory", 0);
		return 0;
	}
	if (load(r, etc, e))
		return r;
	routing_free(r);
	return 0;
}

struct routing *
routing_load(struct conf_error *e)
{
	struct conf_view etc;
	struct routing *r;

	if (!conf_look(&etc, e))
		return 0;
	r = routing_load_from(&etc, e);
	close(etc.dir);
	return r;
}

/* domain, .domain's parents with their dot, then "" */
static const char *
match(const struct map *m, const char *domain, size_t len)
{
	const char *v = map_get(m, domain, len), *dot = domain;

	while (!v && (dot = memchr(dot, '.', (size_t)(domain + len - dot)))) {
		v = map_get(m, dot, (size_t)(domain + len - dot));
		dot++;
	}
	return v ? v : map_get(m, "", 0);
}

static void
lower(char *s, size_t n)
{
	for (; n--; s++)
		*s = ascii_lower(*s);
}

/* user%fqdn@ours becomes user@fqdn, for as long as there is one */
static void
percent_hack(const struct routing *r, struct buf *rcpt, size_t *at)
{
	while (map_get(&r->percent, rcpt->s + *at + 1, rcpt->len - *at - 1)) {
		char *p = memrchr(rcpt->s, '%', *at);

		if (!p)
			return;
		*p = '@';
		buf_cut(rcpt, *at);
		*at = (size_t)(p - rcpt->s);
	}
}

static bool
find_remote(const struct routing *r, const char *domain, size_t len, const char *sender, struct buf *key, const char **why)
{
	if (smtproutes_find(&r->routes, domain, len, sender, key))
		return true;
	if (errno == EINVAL)
		*why = "the domain is empty, too long or has a space";
	return false;
}

/* what virtualdomains puts before the local part; 0 or "": nothing, it is none of ours */
static const char *
virtual_prefix(const struct routing *r, const struct buf *rcpt, size_t at)
{
	const char *prepend = map_get(&r->virtual, rcpt->s, rcpt->len);

	return prepend ? prepend : match(&r->virtual, rcpt->s + at + 1, rcpt->len - at - 1);
}

static bool
is_return_address(const struct routing *r, const struct buf *rcpt, size_t at)
{
	const struct buf *ours = r->srs.domain.len ? &r->srs.domain : &r->me;

	return r->srs.mode != REWRITING_OFF && rcpt->len - at - 1 == ours->len &&
	    strncasecmp(rcpt->s + at + 1, ours->s, ours->len) == 0 && srs_is(rcpt->s, rcpt->len);
}

/* A sender that pneu-remote rewrote becomes what it was. Who cannot make such an address cannot relay by one. */
static bool
reverse(const struct routing *r, struct buf *rcpt, size_t *at, const char **why)
{
	struct buf was = BUF(rcpt->max);
	bool ok = false;

	if (r->srs.unreadable) {                /* whether it is one of ours cannot be told now */
		errno = EACCES;
		return false;
	}
	switch (srs_reverse(&was, rcpt->s, rcpt->len, &r->srs.secrets, r->srs.max_age_days, clock_wall_s())) {
	case SRS_OK:
		buf_clear(rcpt);
		ok = buf_put(rcpt, was.s, was.len);     /* it is shorter: there is room */
		*at = (size_t)((char *)memrchr(rcpt->s, '@', rcpt->len) - rcpt->s);
		break;
	case SRS_FORGED:
	case SRS_OLD:
		*why = routing_no_return;
		break;
	case SRS_TROUBLE:
	default:
		break;
	}
	buf_free(&was);                         /* leaves errno alone */
	return ok;
}

static bool
complete(const struct routing *r, struct buf *rcpt, size_t *at, const char **why)
{
	const char *at_sign = memrchr(rcpt->s, '@', rcpt->len);
	const struct buf *host = r->envnoathost.len ? &r->envnoathost : &r->me;

	*at = at_sign ? (size_t)(at_sign - rcpt->s) : rcpt->len;
	if (!at_sign && (!buf_byte(rcpt, '@') || !buf_put(rcpt, host->s, host->len)))
		return false;
	if (is_return_address(r, rcpt, *at) && !reverse(r, rcpt, at, why))
		return false;
	percent_hack(r, rcpt, at);
	return true;
}

static enum routing_class
classify(const struct routing *r, const struct buf *rcpt, size_t at)
{
	const char *prepend;

	if (map_get(&r->local, rcpt->s + at + 1, rcpt->len - at - 1))
		return ROUTING_LOCAL;
	prepend = virtual_prefix(r, rcpt, at);
	return prepend && *prepend ? ROUTING_VIRTUAL : ROUTING_REMOTE;
}

bool
routing_class(const struct routing *r, struct buf *rcpt, enum routing_class *class, const char **why)
{
	size_t at;

	*why = 0;
	if (!complete(r, rcpt, &at, why))
		return false;
	*class = classify(r, rcpt, at);
	return true;
}

bool
routing_find(const struct routing *r, struct buf *rcpt, const char *sender, enum channel *channel, struct buf *key, const char **why)
{
	const char *prepend;
	size_t at, n;

	*why = 0;
	buf_clear(key);
	if (!complete(r, rcpt, &at, why))
		return false;
	*channel = CHANNEL_LOCAL;
	switch (classify(r, rcpt, at)) {
	case ROUTING_LOCAL:
		break;
	case ROUTING_VIRTUAL:
		prepend = virtual_prefix(r, rcpt, at);
		n = strlen(prepend);
		if (!buf_room(rcpt, n + 1))
			return false;
		memmove(rcpt->s + n + 1, rcpt->s, rcpt->len + 1);
		memcpy(rcpt->s, prepend, n);
		rcpt->s[n] = '-';
		rcpt->len += n + 1;
		at += n + 1;
		break;
	case ROUTING_REMOTE:
	default:
		*channel = CHANNEL_REMOTE;
		return find_remote(r, rcpt->s + at + 1, rcpt->len - at - 1, sender, key, why);
	}
	if (!buf_put(key, rcpt->s, at))
		return false;
	lower(key->s, key->len);
	return true;
}

/* the whole line of which value is the end; 0 for 0 */
static const char *
line_of(const struct buf *lines, const char *value)
{
	while (value && value > lines->s && value[-1])
		value--;
	return value;
}

struct routing_reason
routing_why_class(const struct routing *r, const char *asked)
{
	const char *at = strrchr(asked, '@'), *domain = at ? at + 1 : asked, *line;
	struct buf rcpt = { (char *)(uintptr_t)asked, strlen(asked), 0, 0 };

	if (!at)
		return (struct routing_reason){ 0, 0 };
	if (map_get(&r->local, domain, strlen(domain)))
		return (struct routing_reason){ r->locals_preset ? "me" : "locals", domain };
	line = line_of(&r->virtualdomains, virtual_prefix(r, &rcpt, (size_t)(at - asked)));
	return (struct routing_reason){ line ? "virtualdomains" : 0, line };
}

struct routing_reason
routing_why_route(const struct routing *r, const char *asked, const char *sender)
{
	const char *at = strrchr(asked, '@'), *file, *line = smtproutes_why(&r->routes, at ? at + 1 : "", sender, &file);

	return (struct routing_reason){ file, line };
}

const char *
routing_sender_words(const struct routing *r, const char *sender)
{
	return smtproutes_words(&r->routes, sender);
}
