/* proxy_fuzz - what a trusted proxy, or whoever took it over, may send before a session
 *   input   the bytes, as they come
 * The end of a header is found in them, or not; it does not depend on what follows, each beginning is a part of it, and no
 * header is larger than the limit. What it says is about both ends or about none, and the names fit an environment.
 * sources: src/listen/proxy.c src/lib/ip.c src/lib/num.c src/lib/clock.c src/compat/linux/system.c src/lib/fd.c
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/ascii.h"
#include "lib/ip.h"
#include "listen/proxy.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#define must(x) ((x) ? (void)0 : abort())

static void
check_word(const char *s)
{
	must(memchr(s, 0, PROXY_WORD));
	for (; *s; s++)
		must(ascii_alnum(*s) || *s == '.' || *s == '_' || *s == '-');
}

/* written as version 1 it means the same */
static void
check_line(const struct proxy_header *h)
{
	static const unsigned char zero[16];
	char line[200], a[IP_TEXT], b[IP_TEXT];
	bool six = !ip_is_v4(h->remote.ip) || !ip_is_v4(h->local.ip);
	struct proxy_header again;
	int n;

	if (!h->relayed) {
		must(memcmp(h->remote.ip, zero, 16) == 0 && memcmp(h->local.ip, zero, 16) == 0);
		return;
	}
	ip_text(a, h->remote.ip);
	ip_text(b, h->local.ip);
	n = snprintf(line, sizeof line, "PROXY TCP%d %s%s %s%s %u %u\r\n", six ? 6 : 4, six && ip_is_v4(h->remote.ip) ? "::ffff:" : "", a,
	    six && ip_is_v4(h->local.ip) ? "::ffff:" : "", b, h->remote.port, h->local.port);
	must(n > 0 && n <= 107 && proxy_parse((unsigned char *)line, (size_t)n, &again) && again.relayed);
	must(memcmp(again.remote.ip, h->remote.ip, 16) == 0 && memcmp(again.local.ip, h->local.ip, 16) == 0);
	must(again.remote.port == h->remote.port && again.local.port == h->local.port);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct proxy_header h;
	enum proxy_result r;
	size_t used = 0, also = 0, i;

	r = proxy_end(data, n, &used);
	if (r == PROXY_WRONG || r == PROXY_PART) {
		must(r == PROXY_WRONG || n < PROXY_MAX);
		must(!proxy_parse(data, n, &h));
		return 0;
	}
	must(used > 0 && used <= n && used <= PROXY_MAX);
	for (i = 0; i < used; i++)
		must(proxy_end(data, i, &also) == PROXY_PART);
	must(proxy_end(data, used, &also) == PROXY_WHOLE && also == used);
	if (used < n)
		must(!proxy_parse(data, n, &h));
	if (proxy_parse(data, used, &h)) {
		check_line(&h);
		check_word(h.tls);
		check_word(h.cipher);
	}
	return 0;
}
