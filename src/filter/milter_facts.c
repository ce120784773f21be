#include "filter/milter_facts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/ascii.h"
#include "lib/clock.h"
#include "lib/num.h"

static void
word(char out[FILTER_WORD + 1], const char *variable)
{
	const char *s = getenv(variable);
	size_t n;

	for (n = 0; s && s[n] && n < FILTER_WORD; n++)
		out[n] = ascii_mask(s[n]);
	out[n] = 0;
}

/* family, and the text as the protocol has it; false: it is none */
static bool
address(char out[8 + IP_TEXT], char *family, const char *variable)
{
	const char *s = getenv(variable);
	unsigned char ip[16];
	bool four;

	if (!s || !ip_read(s, ip))
		return false;
	four = ip_is_v4(ip);
	*family = four ? '4' : '6';
	if (!four)
		memcpy(out, "IPv6:", 5);
	ip_text(out + (four ? 0 : 5), ip);
	return true;
}

static char *
next_word(char *s)
{
	s += strcspn(s, " ");
	if (*s)
		*s++ = 0;
	return s;
}

static void
peer(struct milter_facts *f)
{
	const char *given = getenv("TCPREMOTEIP"), *port = getenv("TCPREMOTEPORT");
	uint64_t n = 0;

	f->remote = given && *given;
	if (!f->remote) {
		f->family = '4';
		strcpy(f->ip, "127.0.0.1");
		strcpy(f->host, "localhost");
		return;
	}
	if (!address(f->ip, &f->family, "TCPREMOTEIP"))
		f->family = 'U';
	if (port && num_u64(port, 0, 65535, &n))
		f->port = (uint16_t)n;
	word(f->host, "TCPREMOTEHOST");
	if (!*f->host)
		snprintf(f->host, sizeof f->host, "[%s]", *f->ip ? f->ip : "unknown");
}

void
milter_facts(struct milter_facts *f, const char *me)
{
	char *cipher, *bits, none;

	memset(f, 0, sizeof *f);
	f->me = me;
	peer(f);
	word(f->helo, FILTER_HELO);
	word(f->protocol, FILTER_PROTOCOL);
	word(f->login, FILTER_LOGIN);
	word(f->tls, FILTER_TLS);
	word(f->session, FILTER_SESSION);
	cipher = next_word(f->tls);
	bits = next_word(cipher);
	(void)next_word(bits);
	f->tls_version = f->tls;
	f->cipher = cipher;
	f->cipher_bits = bits;
	(void)address(f->local_ip, &none, "TCPLOCALIP");
	if (!*f->helo)
		strcpy(f->helo, f->remote ? "unknown" : "localhost");
	if (!*f->session)               /* milters name a message by it in their logs */
		snprintf(f->session, sizeof f->session, "%llx.%ld", (unsigned long long)clock_wall_us(), (long)getpid());
}
