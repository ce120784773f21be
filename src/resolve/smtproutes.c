#include "resolve/smtproutes.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "lib/ascii.h"
#include "lib/num.h"
#include "wire/route.h"
#include "wire/spawner.h"

/* ---- one line */

/* "HOST", "HOST:PORT", "[ADDRESS]" or "[ADDRESS]:PORT" of n bytes; port 0: none said */
static bool
take_relay(struct route_hop *h, const char *s, size_t n)
{
	char text[ROUTE_NAME + sizeof "[IPv6:]:65535"], *name = text, *end;
	uint64_t port = 0;

	if (n == 0 || n >= sizeof text)
		return false;
	memcpy(text, s, n);
	text[n] = 0;
	if (*name == '[') {
		if (!(end = strchr(++name, ']')))
			return false;
		*end++ = 0;
		if (strncasecmp(name, "IPv6:", 5) == 0)
			name += 5;
	} else
		end = name + strcspn(name, ":");
	if (*end && (*end != ':' || (end[1] && !num_u64(end + 1, 1, 65535, &port))))
		return false;
	*end = 0;
	if (!*name || strlen(name) > ROUTE_NAME || strchr(name, '/'))
		return false;
	strcpy(h->name, name);
	h->port = (uint16_t)port;
	return true;
}

static bool
take_relays(struct route *r, const char *s, size_t n)
{
	const char *end = s + n;

	if (*s == '/') {
		if (n > ROUTE_NAME)
			return false;
		memcpy(r->hop[0].name, s, n);
		r->hops = 1;
		return true;
	}
	while (n) {
		const char *comma = memchr(s, ',', n);
		size_t len = comma ? (size_t)(comma - s) : n;

		if (r->hops == ROUTE_HOPS || !take_relay(&r->hop[r->hops++], s, len))
			return false;
		s += len + (comma != 0);
		n = (size_t)(end - s);
		if (comma && !n)
			return false;
	}
	return true;
}

/* A whole line's value. hops 0: it has no relays, only words. */
static bool
parse(const char *value, struct route *r)
{
	size_t n = strcspn(value, " \t"), i;
	bool lmtp = *value == '/';
	uint16_t port = 25;

	memset(r, 0, sizeof *r);
	if (!take_relays(r, value, n))
		return false;
	for (value += n; *(value += strspn(value, " \t")); value += n) {
		n = strcspn(value, " \t");
		if (n == 4 && memcmp(value, "lmtp", 4) == 0 && r->hops)
			lmtp = true;
		else if (!route_word(r, value, n))
			return false;
	}
	r->way = !r->hops ? ROUTE_MX : !lmtp ? ROUTE_HOST : *r->hop[0].name == '/' ? ROUTE_LMTP_UNIX : ROUTE_LMTP;
	if (r->tls == ROUTE_TLS_SMTPS || r->tls == ROUTE_TLS_SMTPS_VERIFY)
		port = 465;
	else if (lmtp)
		port = 24;
	for (i = 0; i < r->hops && r->way != ROUTE_LMTP_UNIX; i++)
		if (!r->hop[i].port)
			r->hop[i].port = port;
	return true;
}

static void
lower(char *s)
{
	for (; *s; s++)
		*s = ascii_lower(*s);
}

/* the one form of it, which is also a key */
static bool
put(struct buf *key, struct route *r)
{
	size_t i;

	for (i = 0; i < r->hops && r->way != ROUTE_LMTP_UNIX; i++)
		lower(r->hop[i].name);
	return route_put(key, r);
}

bool
smtproutes_value(const char *value, struct buf *route)
{
	struct route r;

	return parse(value, &r) && r.hops && put(route, &r);
}

/* ---- the files */

/* what is wrong with a line, or 0 */
static const char *
fault(const char *value, bool by_sender, struct buf *key)
{
	struct route r;

	if (!parse(value, &r) || (r.hops && !put(key, &r) && errno == EMSGSIZE))
		return "not DOMAIN:RELAY or DOMAIN:RELAY:PORT, perhaps with words";
	return *r.login && !r.hops && !by_sender ? "login= needs a relay: the password is not for the hosts of any domain" : 0;
}

static bool
load(struct map *m, const struct buf *lines, const char *file, bool by_sender, struct conf_error *e)
{
	struct buf key = BUF(SPAWNER_KEY);
	const char *l, *why;
	bool ok = true;

	for (l = 0; ok && (l = conf_next(lines, l)); ) {
		const char *colon = strchr(l, ':');

		buf_clear(&key);
		if ((why = colon ? fault(colon + 1, by_sender, &key) : "a line has no colon")) {
			conf_complain(e, file, why, l);
			ok = false;
		} else if (!map_add(m, l, (size_t)(colon - l), colon + 1)) {
			conf_complain(e, file, "out of memory", 0);
			ok = false;
		}
	}
	buf_free(&key);
	return ok;
}

bool
smtproutes_load(struct smtproutes *s, const struct conf_view *etc, struct conf_error *e)
{
	struct conf table[] = {
		{ "smtproutes", CONF_LINES, &s->lines, 0, 0, 0 },
		{ "senderroutes", CONF_LINES, &s->sender_lines, 0, 0, 0 },
	};

	return conf_take(etc, table, sizeof table / sizeof *table, e) && load(&s->route, &s->lines, "smtproutes", false, e) &&
	    load(&s->sender, &s->sender_lines, "senderroutes", true, e);
}

void
smtproutes_free(struct smtproutes *s)
{
	map_free(&s->route);
	map_free(&s->sender);
	buf_free(&s->lines);
	buf_free(&s->sender_lines);
}

/* ---- which one */

/* the domain itself, or the nearest above it that has a line for what is below */
static const char *
own_line(const struct map *m, const char *domain, size_t len)
{
	const char *v = map_get(m, domain, len), *dot = domain;

	while (!v && (dot = memchr(dot, '.', (size_t)(domain + len - dot)))) {
		v = map_get(m, dot, (size_t)(domain + len - dot));
		dot++;
	}
	return v;
}

static const char *
sender_line(const struct map *m, const char *sender)
{
	const char *at = strrchr(sender, '@'), *v = map_get(m, sender, strlen(sender));

	return v || !at ? v : map_get(m, at, strlen(at));
}

static bool
has_relays(const char *line)
{
	return line && *line && *line != ' ' && *line != '\t';
}

/* Words of one kind that the route does not have itself, or has for everybody. A password is for the relay that has everybody's
 * mail, not for that of some recipients, which need not know the sender. */
static void
add_words(struct route *r, const struct route *words, bool is_for_all)
{
	int six;

	if (!r->tls || (is_for_all && words->tls))
		r->tls = words->tls;
	if (!r->family || (is_for_all && words->family))
		r->family = words->family;
	if (*words->login && is_for_all && r->way != ROUTE_MX)
		strcpy(r->login, words->login);
	for (six = 0; six < 2; six++)
		if (words->bound[six] && (!r->bound[six] || is_for_all)) {
			r->bound[six] = true;
			memcpy(r->bind[six], words->bind[six], sizeof r->bind[six]);
		}
}

static const char *
choose(const struct smtproutes *s, const char *domain, size_t len, const char *sender)
{
	const char *line = own_line(&s->route, domain, len), *by_sender = sender_line(&s->sender, sender);

	if (!line && has_relays(by_sender))
		return by_sender;
	return line ? line : map_get(&s->route, "", 0);
}

bool
smtproutes_find(const struct smtproutes *s, const char *domain, size_t len, const char *sender, struct buf *key)
{
	const char *line, *by_sender = sender_line(&s->sender, sender);
	struct route r, words;

	if (len == 0 || len > ROUTE_NAME || memchr(domain, ' ', len)) {
		errno = EINVAL;
		return false;
	}
	line = choose(s, domain, len, sender);
	(void)parse(line ? line : "", &r);      /* checked when it was loaded */
	if (!r.hops) {
		memcpy(r.hop[0].name, domain, len);
		r.hop[0].name[len] = 0;
		r.hop[0].port = 25;
		r.hops = 1;
	}
	if (by_sender && !has_relays(by_sender)) {
		(void)parse(by_sender, &words);
		add_words(&r, &words, line && line == map_get(&s->route, "", 0));
	}
	return put(key, &r);
}

/* the whole line of which value is the end; 0 for 0 */
static const char *
line_of(const struct buf *lines, const char *value)
{
	while (value && value > lines->s && value[-1])
		value--;
	return value;
}

const char *
smtproutes_words(const struct smtproutes *s, const char *sender)
{
	const char *line = sender_line(&s->sender, sender);

	return line && !has_relays(line) ? line_of(&s->sender_lines, line) : 0;
}

const char *
smtproutes_why(const struct smtproutes *s, const char *domain, const char *sender, const char **file)
{
	const char *line = choose(s, domain, strlen(domain), sender);
	bool by_sender = line && line == sender_line(&s->sender, sender);

	*file = !line ? 0 : by_sender ? "senderroutes" : "smtproutes";
	return line_of(by_sender ? &s->sender_lines : &s->lines, line);
}
