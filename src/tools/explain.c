/* explain - say what would become of mail for an address, and why, without sending any
 *   fd 1   one fact a line
 *   exit   0 it can be delivered, 67 it cannot, 75 later may help, 64 wrong use; of several addresses the worst
 *          -> pneu-explain(1)
 * Invariant: nothing is decided here. The resolver that delivery and pneu-smtpd use is asked, pneu-dnsq and pneu-smtpd are
 * run; this program follows and shows. It writes to descriptor 1 and to no file. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <string.h>

#include "lib/ascii.h"
#include "lib/ip.h"
#include "lib/msg.h"
#include "lib/sig.h"
#include "tools/explain.h"

static const char usage[] = "usage: pneu-explain [-q] [-f sender] address ... | "
    "pneu-explain --from ip [-f sender] [--helo name] [--rules file] address ...";

enum { OPTION_FROM = 256, OPTION_HELO, OPTION_RULES };

static const struct option options[] = {
	{ "no-dns", no_argument, 0, 'q' },
	{ "from", required_argument, 0, OPTION_FROM },
	{ "sender", required_argument, 0, 'f' },
	{ "helo", required_argument, 0, OPTION_HELO },
	{ "rules", required_argument, 0, OPTION_RULES },
	{ 0, 0, 0, 0 }
};

/* what goes to pneu-smtpd in a line must stay in it */
static char *
one_line(char *s, const char *what)
{
	const char *c;

	for (c = s; *c; c++)
		if (!ascii_print(*c) && !((unsigned char)*c & 0x80))
			die_say(EXPLAIN_USAGE, what, " has a control byte in it: ", s);
	if (c - s > 1000)
		die_say(EXPLAIN_USAGE, what, " is longer than 1000 bytes");
	return s;
}

/* logs and headers have < > around it */
static char *
bare(char *s)
{
	size_t n = strlen(s);

	if (n < 2 || s[0] != '<' || s[n - 1] != '>')
		return s;
	s[n - 1] = 0;
	return s + 1;
}

static const char *
ip(const char *s)
{
	static char text[IP_TEXT];
	unsigned char bytes[16];

	if (!ip_read(s, bytes))
		die_say(EXPLAIN_USAGE, "not an IP address: ", s);
	ip_text(text, bytes);
	return text;
}

static void
read_options(int argc, char **argv, struct explain *e, struct explain_client *c)
{
	int letter;

	opterr = 0;
	while ((letter = getopt_long(argc, argv, "f:q", options, 0)) != -1)
		switch (letter) {
		case 'q': e->no_dns = true; break;
		case OPTION_FROM: c->ip = ip(optarg); break;
		case 'f': c->sender = bare(one_line(optarg, "the sender")); break;
		case OPTION_HELO: c->helo = one_line(optarg, "the name for EHLO"); break;
		case OPTION_RULES: c->rules = optarg; break;
		default: die_say(EXPLAIN_USAGE, usage);
		}
	if (optind == argc || (!c->ip && (c->helo || c->rules)))
		die_say(EXPLAIN_USAGE, usage);
	if (!c->sender)
		c->sender = "";
	e->sender = c->sender;
}

/* the databases are made by hand, and forgetting that is the commonest reason for a wonder */
static void
tell_stale(struct explain *e)
{
	struct aliases a;
	const char *file;

	if (!aliases_open(&a))
		return;                 /* if it matters the resolver says so */
	if ((file = aliases_stale(&a)))
		tell(e, 0, "note", file, " has changed since pneu-newaliases ran: what it was then counts");
	aliases_close(&a);
	buf_free(&a.space);
	buf_free(&a.name);
}

/* false: why was told */
static bool
ready(struct explain *e)
{
	struct conf_error error;

	if (e->resolver.routing)
		return true;
	if (resolver_open(&e->resolver, 0, true, &error)) {
		if (accounts_load(&e->accounts, &error)) {
			passwd_nss_init(&e->accounts.logins);
			e->accounts.guess = true;
			tell_stale(e);
			return true;
		}
		resolver_close(&e->resolver);
	}
	tell(e, 0, "later", "no address is decided as long as ", error.text);
	explain_worst(e, EXPLAIN_LATER);
	return false;
}

int
main(int argc, char **argv)
{
	static char space[4096];
	static struct explain e;
	struct explain_client client = { 0, 0, 0, 0 };
	char **address;

	msg_name("pneu-explain");
	sig_ignore(SIGPIPE);
	out_init(&e.out, 1, space, sizeof space, -1);
	read_options(argc, argv, &e, &client);
	for (address = argv + optind; *address; address++)
		if (!*(*address = bare(one_line(*address, "the address"))))
			die_say(EXPLAIN_USAGE, "an empty address is none");
	for (address = argv + optind; *address; address++)
		if ((!client.ip || !explain_smtp(&e, &client, *address)) && ready(&e))
			explain_address(&e, *address);
	if (!out_flush(&e.out) && errno != EPIPE)       /* head(1) has seen enough */
		die_sys(EXPLAIN_LATER, "write");
	return e.exit;
}
