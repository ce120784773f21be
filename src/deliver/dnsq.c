/* dnsq - ask the resolver the way pneu-remote does
 *   usage  pneu-dnsq mx DOMAIN | addr HOST | txt NAME
 *   fd 1   a line for each record
 *   exit   0 records, 100 there are none or no such name, 111 for now nobody knows      -> pneu-dnsq(1)
 * Invariant: prints nothing on descriptor 1 unless the answer is whole. */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "deliver/dns.h"
#include "lib/ascii.h"
#include "lib/conf.h"
#include "lib/msg.h"
#include "lib/out.h"
#include "lib/place.h"

#define RECORDS_MAX 5000        /* more than fit into an answer */

static struct dns_mx mx[RECORDS_MAX];
static struct dns_addr addr[RECORDS_MAX];

static void
settings(void)
{
	uint64_t limit_s = DNS_TOTAL_S;
	const struct conf table[] = {
		{ "timeoutdns", CONF_NUMBER, &limit_s, DNS_TOTAL_S, 1, 600 },
	};
	struct conf_error error;
	const char *why;
	int etc = conf_open();

	if (etc == -1 && errno != ENOENT)
		die_sys(EX_SOFT, "open ", place_etc());
	if (etc != -1) {
		if (!conf_load(etc, table, 1, &error))
			die_say(EX_SOFT, error.text);
		close(etc);
	}
	dns_limit((unsigned)limit_s);
	if (!dns_init(&why))
		die_say(EX_SOFT, why);
}

static enum dns_result
get_mx(struct out *o, const char *domain)
{
	enum dns_result r;
	size_t n, i;

	r = dns_get_mx(domain, mx, RECORDS_MAX, &n);
	for (i = 0; i < n; i++) {
		out_num(o, mx[i].preference);
		out_byte(o, ' ');
		out_puts(o, *mx[i].name ? mx[i].name : ".");
		out_byte(o, '\n');
	}
	return r;
}

static enum dns_result
get_addr(struct out *o, const char *host)
{
	char text[INET6_ADDRSTRLEN];
	enum dns_result r;
	size_t n, i;

	r = dns_get_addrs(host, addr, RECORDS_MAX, &n);
	for (i = 0; i < n; i++) {
		out_puts(o, inet_ntop(addr[i].family, addr[i].ip, text, sizeof text));
		out_byte(o, '\n');
	}
	return r;
}

static enum dns_result
get_txt(struct out *o, const char *name)
{
	static struct buf texts = BUF(DNS_TXT_MAX);
	enum dns_result r;
	size_t n, i;

	r = dns_get_txt(name, &texts, &n);
	for (i = 0; i < texts.len; i++)
		out_byte(o, texts.s[i] ? ascii_mask(texts.s[i]) : '\n');
	return r;
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *word;
		enum dns_result (*get)(struct out *, const char *);
	} verbs[] = { { "mx", get_mx }, { "addr", get_addr }, { "txt", get_txt } };
	static char space[4096];
	enum dns_result r;
	struct out o;
	size_t i = 0;

	msg_name("pneu-dnsq");
	while (argc == 3 && i < 3 && strcmp(argv[1], verbs[i].word) != 0)
		i++;
	if (argc != 3 || i == 3)
		die_say(EX_HARD, "usage: pneu-dnsq mx DOMAIN | pneu-dnsq addr HOST | pneu-dnsq txt NAME");
	settings();
	out_init(&o, 1, space, sizeof space, -1);
	r = verbs[i].get(&o, argv[2]);
	if (r == DNS_TEMP)
		die_say(EX_SOFT, dns_why());
	if (r != DNS_OK)
		die_say(EX_HARD, dns_why());
	if (!out_flush(&o))
		die_sys(EX_SOFT, "write");
	return 0;
}
