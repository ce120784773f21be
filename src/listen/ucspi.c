#include "listen/ucspi.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/ip.h"
#include "lib/num.h"

/* variables about a connection that is not this one, and systemd's words to us alone */
static const char *const foreign[] = {
	"PROTO", "TCPLOCALIP", "TCPLOCALPORT", "TCPLOCALHOST", "TCPREMOTEIP", "TCPREMOTEPORT", "TCPREMOTEHOST",
	"TCPREMOTEINFO", "TCPPROXYIP", "SSL_PROTOCOL", "SSL_CIPHER", "LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES",
	"LISTEN_PIDFDID", "PNEU_TCPD_TRIAL"
};

/* do "A=..." and "B=..." name the same variable? */
static bool
same_name(const char *a, const char *b)
{
	size_t n = strcspn(a, "=");

	return strncmp(a, b, n) == 0 && (b[n] == '=' || b[n] == 0);
}

static bool
is_foreign(const char *var)
{
	size_t i;

	for (i = 0; i < sizeof foreign / sizeof *foreign; i++)
		if (same_name(var, foreign[i]))
			return true;
	return false;
}

bool
ucspi_init(struct ucspi *u, char **environ_, const char *local_host)
{
	static const char name[] = "TCPLOCALHOST=";
	size_t n, kept = 0;

	memset(u, 0, sizeof *u);
	for (n = 0; environ_[n]; n++)
		;
	u->inherited = malloc((n + 1) * sizeof *u->inherited);
	u->env = malloc((n + RULES_VARS + UCSPI_VARS + 1) * sizeof *u->env);
	if (local_host)
		u->local_host = malloc(sizeof name + strlen(local_host));
	if (!u->inherited || !u->env || (local_host && !u->local_host)) {
		ucspi_free(u);
		return false;
	}
	if (local_host) {
		memcpy(u->local_host, name, sizeof name);
		strcat(u->local_host, local_host);
	}
	for (n = 0; environ_[n]; n++)
		if (!is_foreign(environ_[n]))
			u->inherited[kept++] = environ_[n];
	u->inherited[kept] = 0;
	return true;
}

void
ucspi_free(struct ucspi *u)
{
	free(u->inherited);
	free(u->env);
	free(u->local_host);
	memset(u, 0, sizeof *u);
}

static char *
put(char *at, const char *s)
{
	size_t n = strlen(s);

	memcpy(at, s, n + 1);
	return at + n;
}

static void
put_port(char *at, const char *name, uint16_t port)
{
	char dec[NUM_TEXT];

	put(put(at, name), num_text(dec, port));
}

const char *
ucspi_connection(struct ucspi *u, const struct connection *c)
{
	char *text;

	put(u->proto, endpoint_is_ipv4(&c->remote) ? "PROTO=TCP" : "PROTO=TCP6");
	ip_text(put(u->local_ip, "TCPLOCALIP="), c->local.ip);
	put_port(u->local_port, "TCPLOCALPORT=", c->local.port);
	text = put(u->remote_ip, "TCPREMOTEIP=");
	ip_text(text, c->remote.ip);
	put_port(u->remote_port, "TCPREMOTEPORT=", c->remote.port);
	u->proxy_ip[0] = u->tls[0] = u->cipher[0] = 0;
	return text;
}

const char *
ucspi_relayed(struct ucspi *u, const struct connection *c, const struct proxy_header *h)
{
	struct connection client = { .fd = c->fd, .local = h->local, .remote = h->remote };
	const char *text = ucspi_connection(u, &client);

	ip_text(put(u->proxy_ip, "TCPPROXYIP="), c->remote.ip);
	if (h->tls[0])
		put(put(u->tls, "SSL_PROTOCOL="), h->tls);
	if (h->cipher[0])
		put(put(u->cipher, "SSL_CIPHER="), h->cipher);
	return text;
}

static bool
rule_sets(const struct rule *rule, size_t from, const char *var)
{
	size_t i;

	for (i = from; i < rule->vars; i++)
		if (same_name(rule->var[i], var))
			return true;
	return false;
}

char **
ucspi_env(struct ucspi *u, const struct rule *rule)
{
	char *own[UCSPI_VARS] = {
		[UCSPI_PROTO] = u->proto, [UCSPI_LOCALIP] = u->local_ip, [UCSPI_LOCALPORT] = u->local_port,
		[UCSPI_REMOTEIP] = u->remote_ip, [UCSPI_REMOTEPORT] = u->remote_port, [UCSPI_LOCALHOST] = u->local_host,
		[UCSPI_PROXYIP] = u->proxy_ip, [UCSPI_TLS] = u->tls, [UCSPI_CIPHER] = u->cipher
	};
	size_t n = 0, i;

	for (i = 0; i < rule->vars; i++)
		if (!rule_sets(rule, i + 1, rule->var[i]))
			u->env[n++] = (char *)(uintptr_t)rule->var[i];  /* execve(2) promises not to write */
	for (i = 0; i < UCSPI_VARS; i++)
		if (own[i] && own[i][0] && !rule_sets(rule, 0, own[i]))
			u->env[n++] = own[i];
	for (i = 0; u->inherited[i]; i++)
		if (!rule_sets(rule, 0, u->inherited[i]))
			u->env[n++] = u->inherited[i];
	u->env[n] = 0;
	return u->env;
}
