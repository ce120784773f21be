/* dnsq - ask the resolver the way pneu-remote does
 *   usage  pneu-dnsq [-s] mx DOMAIN | addr HOST... | tlsa HOST [PORT] | cname NAME | txt NAME | ptr ADDRESS |
 *          spf DOMAIN ADDRESS
 *   fd 1   a line for each record, of spf what the sender's policy makes a receiver do; -s: before them "secure" or "insecure"
 *   exit   0 records, 100 there are none or no such name, 111 for now nobody knows      -> pneu-dnsq(1)
 * Invariant: prints nothing on descriptor 1 unless the answer is whole. */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "remote/dns.h"
#include "remote/policy.h"
#include "lib/ascii.h"
#include "lib/conf.h"
#include "lib/ip.h"
#include "lib/msg.h"
#include "lib/num.h"
#include "lib/out.h"
#include "lib/place.h"

#define RECORDS_MAX 5000        /* more than fit into an answer */
#define HOSTS_MAX 20            /* as many as pneu-remote knows for a domain */
#define TLSA_MAX 100
#define SMTP_PORT 25

static struct dns_mx mx[RECORDS_MAX];
static struct dns_addr addr[RECORDS_MAX];
static struct dns_tlsa tlsa[TLSA_MAX];
static struct dns_host hosts[HOSTS_MAX];
static bool show_secure;        /* -s */

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

static void
put_secure(struct out *o, enum dns_result r, bool secure)
{
	if (show_secure && r != DNS_TEMP)
		out_puts(o, secure ? "secure\n" : "insecure\n");
}

static enum dns_result
get_mx(struct out *o, char **domain)
{
	enum dns_result r;
	size_t n, i;

	r = dns_get_mx(*domain, mx, RECORDS_MAX, &n);
	put_secure(o, r, dns_was_secure());
	for (i = 0; i < n; i++) {
		out_num(o, mx[i].preference);
		out_byte(o, ' ');
		out_puts(o, *mx[i].name ? mx[i].name : ".");
		out_byte(o, '\n');
	}
	return r;
}

static void
put_addrs(struct out *o, const struct dns_host *h, const char *label)
{
	char text[INET6_ADDRSTRLEN];
	size_t i;

	for (i = 0; i < h->n; i++) {
		out_puts(o, label);
		out_puts(o, *label ? " " : "");
		out_puts(o, inet_ntop(h->list[i].family, h->list[i].ip, text, sizeof text));
		out_byte(o, '\n');
	}
}

/* one of several: its name is in every line, and its failure is not the others' */
static void
put_host(struct out *o, const struct dns_host *h)
{
	if (h->result != DNS_OK)
		say(h->name, ": ", h->why);
	if (show_secure && h->result != DNS_TEMP) {
		out_puts(o, h->name);
		out_puts(o, " ");
		put_secure(o, h->result, h->secure);
	}
	put_addrs(o, h, h->name);
}

/* one result for all: nobody knows of one, or one has none */
static enum dns_result
worst_of(const struct dns_host *h, size_t n)
{
	enum dns_result r = DNS_OK;

	for (; n > 0; h++, n--)
		if (h->result == DNS_TEMP || r == DNS_OK)
			r = h->result;
	return r;
}

static enum dns_result
get_addr(struct out *o, char **name)
{
	size_t n, i;

	for (n = 0; n < HOSTS_MAX && name[n]; n++)
		;
	for (i = 0; i < n; i++)
		hosts[i] = (struct dns_host){ .name = name[i], .list = addr + i * (RECORDS_MAX / n), .max = RECORDS_MAX / n };
	dns_get_addrs_of(hosts, n);
	if (n > 1) {
		for (i = 0; i < n; i++)
			put_host(o, &hosts[i]);
	} else {
		put_secure(o, hosts->result, hosts->secure);
		put_addrs(o, hosts, "");
	}
	return worst_of(hosts, n);
}

static void
put_tlsa(struct out *o, const struct dns_tlsa *t)
{
	static const char digits[] = "0123456789abcdef";
	size_t i;

	out_num(o, t->usage);
	out_byte(o, ' ');
	out_num(o, t->selector);
	out_byte(o, ' ');
	out_num(o, t->matching);
	out_puts(o, t->len ? " " : " -");
	for (i = 0; i < t->len; i++) {
		out_byte(o, digits[t->data[i] >> 4]);
		out_byte(o, digits[t->data[i] & 15]);
	}
	out_byte(o, '\n');
}

static enum dns_result
get_tlsa(struct out *o, char **args)
{
	uint64_t port = SMTP_PORT;
	enum dns_result r;
	size_t n, i;

	if (args[1] && !num_u64(args[1], 1, 65535, &port))
		die_say(EX_HARD, "the port must be a number from 1 to 65535");
	r = dns_get_tlsa((uint16_t)port, args[0], tlsa, TLSA_MAX, &n);
	put_secure(o, r, dns_was_secure());
	for (i = 0; i < n; i++)
		put_tlsa(o, &tlsa[i]);
	return r;
}

static enum dns_result
get_cname(struct out *o, char **name)
{
	char target[256];
	enum dns_result r = dns_get_cname(*name, target);

	put_secure(o, r, dns_was_secure());
	if (r == DNS_OK) {
		out_puts(o, *target ? target : "?");
		out_byte(o, '\n');
	}
	return r;
}

static enum dns_result
get_txt(struct out *o, char **name)
{
	static struct buf texts = BUF(DNS_TXT_MAX);
	enum dns_result r;
	size_t n, i;

	r = dns_get_txt(*name, &texts, &n);
	put_secure(o, r, dns_was_secure());
	for (i = 0; i < texts.len; i++)
		out_byte(o, texts.s[i] ? ascii_mask(texts.s[i]) : '\n');
	return r;
}

static void
read_ip(unsigned char ip[16], const char *text)
{
	if (!ip_read(text, ip))
		die_say(EX_HARD, "not an IP address: ", text);
}

static enum dns_result
get_ptr(struct out *o, char **address)
{
	static struct buf names = BUF(DNS_TXT_MAX);
	unsigned char ip[16];
	enum dns_result r;
	size_t n, i;

	read_ip(ip, *address);
	r = dns_get_ptr(ip, &names, &n);
	put_secure(o, r, dns_was_secure());
	for (i = 0; i < names.len; i++)
		out_byte(o, names.s[i] ? names.s[i] : '\n');
	return r;
}

/* in doubt refused, as pneu-remote has it for senders of forwarded mail */
static enum dns_result
get_spf(struct out *o, char **args)
{
	unsigned char ip[16];

	if (!args[1])
		die_say(EX_HARD, "spf needs a domain and an address");
	read_ip(ip, args[1]);
	out_puts(o, policy_refuses(args[0], ip) ? "refused\n" : "allowed\n");
	return DNS_OK;
}

static const struct verb {
	const char *word;
	int max;                /* arguments, one at least */
	enum dns_result (*get)(struct out *, char **args);
} verbs[] = { { "mx", 1, get_mx }, { "addr", HOSTS_MAX, get_addr }, { "tlsa", 2, get_tlsa }, { "cname", 1, get_cname },
	{ "txt", 1, get_txt }, { "ptr", 1, get_ptr }, { "spf", 2, get_spf } };

static const struct verb *
choose(int argc, char **argv)
{
	size_t i;

	for (i = 0; argc > 1 && i < sizeof verbs / sizeof *verbs; i++)
		if (strcmp(*argv, verbs[i].word) == 0 && argc - 1 <= verbs[i].max)
			return &verbs[i];
	die_say(EX_HARD, "usage: pneu-dnsq [-s] mx DOMAIN | addr HOST... | tlsa HOST [PORT] | cname NAME | txt NAME | "
	    "ptr ADDRESS | spf DOMAIN ADDRESS");
}

int
main(int argc, char **argv)
{
	static char space[4096];
	const struct verb *verb;
	enum dns_result r;
	struct out o;
	int i = 1;

	msg_name("pneu-dnsq");
	if (argc > 1 && strcmp(argv[1], "-s") == 0) {
		show_secure = true;
		i = 2;
	}
	verb = choose(argc - i, argv + i);
	settings();
	out_init(&o, 1, space, sizeof space, -1);
	r = verb->get(&o, argv + i + 1);
	if (!out_flush(&o))
		die_sys(EX_SOFT, "write");
	if (r == DNS_OK)
		return 0;
	if (hosts[1].name)                              /* each has given its own reason */
		return r == DNS_TEMP ? EX_SOFT : EX_HARD;
	die_say(r == DNS_TEMP ? EX_SOFT : EX_HARD, dns_why());
}
