#include "inject/names.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define HOST_MAX 1000

/* the variable if it is there, else the file, else nothing */
static bool
choose(struct buf *b, const char *variable, bool environment)
{
	const char *s = environment ? getenv(variable) : 0;

	if (!s)
		return true;
	b->max = HOST_MAX;
	buf_clear(b);
	return buf_puts(b, s);
}

/* the first variable with what would end a header field or an address; 0: none */
static const char *
odd_variable(void)
{
	static const char *const variable[] = { "QMAILDEFAULTHOST", "QMAILDEFAULTDOMAIN", "QMAILPLUSDOMAIN", "QMAILIDHOST" };
	const char *s;
	size_t i;

	for (i = 0; i < sizeof variable / sizeof *variable; i++)
		for (s = getenv(variable[i]); s && *s; s++)
			if ((*s > 0 && *s <= ' ') || *s == 127 || strchr("<>", *s))
				return variable[i];
	return 0;
}

static bool
preset(struct buf *b, const struct buf *from)
{
	if (b->s)
		return true;
	b->max = HOST_MAX;
	return buf_put(b, from->s, from->len);
}

/* a default that was named is completed by the others; *b is a host */
static bool
complete(const struct names *n, struct buf *b)
{
	struct buf full = BUF(HOST_MAX);

	if (!b->len || !names_host(n, &full, b->s, b->len)) {
		buf_free(&full);
		return b->len == 0;
	}
	buf_free(b);
	*b = full;
	return true;
}

static bool
fill(struct names *n)
{
	bool host_named = n->host.s && n->host.len, id_named = n->id.s && n->id.len;

	if (!n->me.len && !conf_host_name(&n->me))
		return false;
	if (n->host.s && !n->host.len)
		buf_free(&n->host);
	if (n->id.s && !n->id.len)
		buf_free(&n->id);
	if (!n->domain.s && !memchr(n->me.s, '.', n->me.len)) {
		n->domain.max = HOST_MAX;
		if (!buf_puts(&n->domain, ""))  /* none to add */
			return false;
	}
	return preset(&n->domain, &n->me) && preset(&n->plus, &n->me) && preset(&n->host, &n->me) && preset(&n->id, &n->me) &&
	    (!host_named || complete(n, &n->host)) && (!id_named || complete(n, &n->id));
}

void
names_free(struct names *n)
{
	buf_free(&n->me);
	buf_free(&n->host);
	buf_free(&n->domain);
	buf_free(&n->plus);
	buf_free(&n->id);
}

bool
names_load(struct names *n, bool environment, struct conf_error *e)
{
	const struct conf table[] = {
		{ "me", CONF_LINE, &n->me, 0, 0, 0 },
		{ "defaulthost", CONF_LINE, &n->host, 0, 0, 0 },
		{ "defaultdomain", CONF_LINE, &n->domain, 0, 0, 0 },
		{ "plusdomain", CONF_LINE, &n->plus, 0, 0, 0 },
		{ "idhost", CONF_LINE, &n->id, 0, 0, 0 },
		{ "maxhops", CONF_NUMBER, &n->hops, 100, 1, 1000000000 },
	};
	struct conf_view etc;
	bool ok;
	const char *odd = environment ? odd_variable() : 0;

	memset(n, 0, sizeof *n);
	if (odd) {
		snprintf(e->text, sizeof e->text, "the variable %s is not a host name", odd);
		return false;
	}
	if (!conf_look(&etc, e))
		return false;
	ok = conf_take(&etc, table, sizeof table / sizeof *table, e);
	close(etc.dir);
	if (!ok)
		return false;
	if (choose(&n->host, "QMAILDEFAULTHOST", environment) && choose(&n->domain, "QMAILDEFAULTDOMAIN", environment) &&
	    choose(&n->plus, "QMAILPLUSDOMAIN", environment) && choose(&n->id, "QMAILIDHOST", environment) && fill(n))
		return true;
	conf_complain(e, "me", errno == ENOENT ? "missing, and the host has no name" : strerror(errno), 0);
	return false;
}

bool
names_host(const struct names *n, struct buf *b, const char *host, size_t len)
{
	size_t had = b->len;
	const struct buf *more = 0;

	if (len == 0 || (len == 9 && strncasecmp(host, "localhost", 9) == 0))
		return buf_put(b, n->host.s, n->host.len);
	if (host[len - 1] == '+') {
		for (len--; len && host[len - 1] == '.'; len--)
			;                       /* "h.+" is no host with an empty label */
		more = &n->plus;
	} else if (host[0] != '[' && !memchr(host, '.', len) && n->domain.len)
		more = &n->domain;
	if (buf_put(b, host, len) && (!more || ((!len || buf_byte(b, '.')) && buf_put(b, more->s, more->len))))
		return true;
	buf_cut(b, had);
	return false;
}

enum addr_result
names_address(const struct names *n, const struct mailbox *m, struct addr *a)
{
	struct buf text = BUF(2 * MAILBOX_TEXT + HOST_MAX), wire = BUF(4 * (2 * MAILBOX_TEXT + HOST_MAX));
	size_t skip = m->local < m->len ? m->local + 1 : m->len, used;
	enum addr_result r = ADDR_LONG;

	a->len = a->local = 0;
	a->s[0] = 0;
	if (m->len == 0)
		return ADDR_OK;
	if (buf_put(&text, m->s, m->local) && buf_byte(&text, '@') && names_host(n, &text, m->s + skip, m->len - skip) &&
	    buf_byte(&wire, '<') && addr_quote(&wire, text.s, text.len) && buf_byte(&wire, '>')) {
		r = addr_path_in(a, wire.s, wire.len, &used, ADDR_UTF8);
		if (r == ADDR_OK && used != wire.len)
			r = ADDR_SYNTAX;
	}
	buf_free(&text);
	buf_free(&wire);
	return r;
}

const char *
names_why(enum addr_result r)
{
	return r == ADDR_LONG ? "too long" : "not an address";
}
