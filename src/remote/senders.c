#include "remote/senders.h"

#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "remote/policy.h"
#include "lib/clock.h"
#include "mail/domains.h"
#include "mail/srs.h"

static bool
load(struct senders *s, const struct conf_view *etc)
{
	const struct conf settings[] = {
		{ "me", CONF_LINE, &s->me, 0, 0, 0 },
		{ "locals", CONF_LINES, &s->locals, 0, 0, 0 },
		{ "virtualdomains", CONF_LINES, &s->virtualdomains, 0, 0, 0 },
		{ "rcpthosts", CONF_LINES, &s->rcpthosts, 0, 0, 0 },
	};

	if (!rewriting_load(etc, &s->rewriting, &s->error))
		return false;
	if (s->rewriting.mode == REWRITING_OFF)
		return true;
	if (!s->rewriting.secrets.len) {
		conf_complain(&s->error, "srssecret", s->rewriting.unreadable ? "not readable for this user" :
		    "no secret, and control/srs is not off", 0);
		return false;
	}
	if (!conf_take(etc, settings, sizeof settings / sizeof *settings, &s->error))
		return false;
	if (!conf_host_name(&s->me)) {
		conf_complain(&s->error, "me", "missing, and the host has no name", 0);
		return false;
	}
	return true;
}

bool
senders_load(struct senders *s)
{
	struct conf_view etc;

	if (s->loaded)
		return !*s->error.text;
	s->loaded = true;
	if (!conf_look(&etc, &s->error))
		return false;
	if (load(s, &etc))
		s->error.text[0] = 0;
	close(etc.dir);
	return !*s->error.text;
}

static const char *
domain_of(const struct senders *s)
{
	return s->rewriting.domain.len ? s->rewriting.domain.s : s->me.s;
}

/* the prefix of the line of virtualdomains for exactly this name; 0: there is none */
static const char *
virtual_line(const struct senders *s, const char *name)
{
	size_t n = strlen(name);
	const char *l;

	for (l = 0; (l = conf_next(&s->virtualdomains, l)); )
		if (strncasecmp(l, name, n) == 0 && l[n] == ':')
			return l + n + 1;
	return 0;
}

/* The most special line counts, as in routing; the one for everything, ":prefix", does not make all senders ours. */
static bool
is_virtual(const struct senders *s, const char *sender, const char *domain)
{
	const char *prefix = virtual_line(s, sender), *dot;

	if (!prefix)
		prefix = virtual_line(s, domain);
	for (dot = domain; !prefix && (dot = strchr(dot, '.')); dot++)
		prefix = virtual_line(s, dot);
	return prefix && *prefix;
}

static bool
is_ours(const struct senders *s, const char *sender, const char *domain)
{
	size_t n = strlen(domain);

	return strcasecmp(domain, domain_of(s)) == 0 || domains_has(&s->rcpthosts, domain, n) ||
	    (s->locals.s ? domains_has(&s->locals, domain, n) : strcasecmp(domain, s->me.s) == 0) ||
	    is_virtual(s, sender, domain);
}

/* the domain of a sender that may need rewriting, else 0 */
static const char *
foreign(const struct senders *s, const char *sender)
{
	const char *at = strrchr(sender, '@');

	if (s->rewriting.mode == REWRITING_OFF || !at || strcmp(sender, "#@[]") == 0 || is_ours(s, sender, at + 1))
		return 0;
	return at + 1;
}

/* an address literal publishes nothing */
static bool
has_policy(const char *domain)
{
	return *domain && *domain != '[';
}

bool
senders_must_ask(const struct senders *s, const char *sender, const unsigned char ip[16])
{
	const char *domain = foreign(s, sender);

	return domain && s->rewriting.mode == REWRITING_POLICY && has_policy(domain) && !policy_known(domain, ip);
}

const char *
senders_choose(const struct senders *s, const char *sender, const unsigned char ip[16], struct buf *space)
{
	const char *domain = foreign(s, sender);

	if (!domain || (s->rewriting.mode == REWRITING_POLICY && (!has_policy(domain) || !policy_refuses(domain, ip))))
		return sender;
	buf_clear(space);
	/* unrewritten it may arrive or bounce to its sender; not sent at all it would do neither */
	return srs_rewrite(space, sender, domain_of(s), s->rewriting.secrets.s, clock_wall_s()) ? space->s : sender;
}
