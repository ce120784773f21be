#include "resolve/tlslevel.h"

#include <string.h>

#include "lib/ip.h"

#define LEVEL_WORD 16

bool
tlslevel_load(int dir, struct tlslevel_settings *s, struct conf_error *error)
{
	struct buf command = { 0 }, level = { 0 };
	const struct conf table[] = {
		{ .name = "tlsclient", .kind = CONF_LINE, .value = &command },
		{ .name = "tlslevel", .kind = CONF_LINE, .value = &level },
	};
	struct route r = { .tls = ROUTE_TLS_PRESET };
	char word[4 + LEVEL_WORD + 1] = "tls=";
	bool ok;

	if (!conf_load(dir, table, 1, error))
		return false;
	if (!command.len)
		buf_free(&command);
	ok = !command.s || conf_load(dir, table + 1, 1, error);
	if (ok && level.len) {
		ok = level.len <= LEVEL_WORD && route_word(&r, strcat(word, level.s), 4 + level.len) && r.tls < ROUTE_TLS_SMTPS;
		if (!ok)
			conf_complain(error, "tlslevel", "is none of no, may, must, verify, dane", level.s);
	}
	buf_free(&level);
	if (!ok) {
		buf_free(&command);
		return false;
	}
	buf_free(&s->tlsclient);
	s->tlsclient = command;
	s->preset = r.tls == ROUTE_TLS_PRESET ? ROUTE_TLS_MAY : r.tls;
	return true;
}

/* does nobody but this host hear what is said to that one? A name may be anybody's */
static bool
stays_here(const struct route *route, const char *host)
{
	static const unsigned char one[16] = { [15] = 1 };
	unsigned char ip[16];

	if (route->way == ROUTE_LMTP_UNIX)
		return true;
	return ip_read(host, ip) && (ip_is_v4(ip) ? ip[12] == 127 : memcmp(ip, one, sizeof one) == 0);
}

struct tlslevel
tlslevel_of(const struct tlslevel_settings *s, const struct route *route, const char *host)
{
	static const struct tlslevel table[] = {
		[ROUTE_TLS_NO] = { .level = ROUTE_TLS_NO, .because = "" },
		[ROUTE_TLS_MAY] = { .level = ROUTE_TLS_MAY, .because = "" },
		[ROUTE_TLS_MUST] = { .level = ROUTE_TLS_MUST, .because = "tls=must" },
		[ROUTE_TLS_VERIFY] = { .level = ROUTE_TLS_VERIFY, .because = "tls=verify" },
		[ROUTE_TLS_DANE] = { .level = ROUTE_TLS_DANE, .because = "tls=dane" },
		[ROUTE_TLS_SMTPS] = { .level = ROUTE_TLS_MUST, .implicit = true, .because = "tls=smtps" },
		[ROUTE_TLS_SMTPS_VERIFY] = { .level = ROUTE_TLS_VERIFY, .implicit = true, .because = "tls=smtps-verify" },
	};
	enum route_tls tls = route->tls;
	struct tlslevel l;

	if (tls == ROUTE_TLS_PRESET && (route->way == ROUTE_LMTP || route->way == ROUTE_LMTP_UNIX))
		tls = ROUTE_TLS_NO;             /* next door; who wants it there says so */
	if (tls == ROUTE_TLS_PRESET)
		tls = s->tlsclient.s ? s->preset : ROUTE_TLS_NO;
	if (tls == ROUTE_TLS_MAY && !s->tlsclient.s)
		tls = ROUTE_TLS_NO;
	l = table[tls];
	l.login_in_clear = *route->login && (route->tls == ROUTE_TLS_NO || stays_here(route, host));
	if (*route->login && !l.login_in_clear && l.level < ROUTE_TLS_MUST) {
		l.level = ROUTE_TLS_MUST;
		l.because = "login=";
	}
	return l;
}
