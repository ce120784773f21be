/* The hosts that pneu-remote would try, as pneu-dnsq finds them: the same code asks DNS for both. */
#include <stdlib.h>
#include <string.h>

#include "lib/msg.h"
#include "lib/num.h"
#include "tools/explain.h"

#define DNSQ_MS 45000           /* longer than control/timeoutdns is by preset; at 3 a.m. nobody waits for more */
#define ANSWER_MAX 65536
#define ADDRESSES_SHOWN 32      /* of one host */
#define HOSTS_ASKED 20          /* as many as pneu-remote takes; the addresses of more are left out */

/* of one question; both are the caller's to free */
struct answer {
	struct buf lines, why;
	int code;                       /* 0, EX_HARD, EX_SOFT as pneu-dnsq */
};

/* pneu-dnsq's reason: its last line, without its name in front */
static const char *
reason(struct answer *a)
{
	static const char fatal[] = "pneu-dnsq: fatal: ";
	char *s = a->why.s ? a->why.s : "", *nl;

	if (a->why.len && a->why.s[a->why.len - 1] == '\n')
		buf_cut(&a->why, a->why.len - 1);
	if ((nl = strrchr(s, '\n')))
		s = nl + 1;
	return strncmp(s, fatal, sizeof fatal - 1) == 0 ? s + sizeof fatal - 1 : s;
}

static void
ask(struct answer *a, const char *what, const char *name)
{
	char *argv[] = { "pneu-dnsq", (char *)(uintptr_t)what, (char *)(uintptr_t)name, 0 };
	const char *why;

	a->lines = (struct buf)BUF(ANSWER_MAX);
	a->why = (struct buf)BUF(ANSWER_MAX);
	a->code = explain_run(argv, DNSQ_MS, &a->lines, &a->why, &why);
	if (a->code == 0 || a->code == EX_HARD)
		return;
	if (a->code != EX_SOFT) {
		buf_clear(&a->why);
		(void)(buf_puts(&a->why, "pneu-dnsq: ") && buf_puts(&a->why, why ? why : "it ended with an unknown exit code"));
	}
	a->code = EX_SOFT;
}

static void
answer_free(struct answer *a)
{
	buf_free(&a->lines);
	buf_free(&a->why);
}

/* the next line of the answer, cut off there, or 0 */
static char *
next_line(char **at)
{
	char *s = *at, *nl;

	if (!s || !*s)
		return 0;
	if ((nl = strchr(s, '\n')))
		*nl++ = 0;
	*at = nl;
	return s;
}

/* The addresses of one host, and how it went. Only what is the last hope decides about the address: alone says so. */
static int
addresses(struct explain *e, size_t depth, const char *host, bool alone)
{
	struct answer a;
	char *at, *line;
	size_t n = 0;
	int code;

	ask(&a, "addr", host);
	at = a.lines.s;
	while (a.code == 0 && n++ < ADDRESSES_SHOWN && (line = next_line(&at)))
		tell(e, depth, "address", line);
	if (a.code != 0)
		tell(e, depth, alone ? a.code == EX_HARD ? "refused" : "later" : "no address",
		    alone ? a.code == EX_HARD ? "5.1.2 " : "4.4.3 " : "", reason(&a));
	code = a.code;
	answer_free(&a);
	return code;
}

static void
judge(struct explain *e, int code)
{
	explain_worst(e, code == 0 ? EXPLAIN_GOOD : code == EX_HARD ? EXPLAIN_NEVER : EXPLAIN_LATER);
}

struct mx {
	const char *host;
	uint64_t preference;
};

/* "PREFERENCE HOST" */
static bool
read_mx(char *line, struct mx *m)
{
	char *blank = strchr(line, ' ');

	if (!blank)
		return false;
	*blank = 0;
	m->host = blank + 1;
	return num_u64(line, 0, 65535, &m->preference);
}

static int
by_preference(const void *one, const void *two)
{
	const struct mx *a = one, *b = two;

	return a->preference < b->preference ? -1 : a->preference > b->preference;
}

/* Good if one host has an address; else never, but later if DNS did not tell for one of them. */
static void
hosts(struct explain *e, size_t depth, struct mx *m, size_t n)
{
	int code, best = EX_HARD;
	char number[NUM_TEXT];
	size_t i;

	if (n == 1 && strcmp(m->host, ".") == 0) {
		tell(e, depth, "refused", "5.1.10 it takes no mail: its MX is \".\" (RFC 7505)");
		judge(e, EX_HARD);
		return;
	}
	for (i = 0; i < n; i++) {
		tell(e, depth, "mx", num_text(number, m[i].preference), " ", m[i].host);
		if (i >= HOSTS_ASKED || strcmp(m[i].host, ".") == 0)
			continue;
		code = addresses(e, depth + 1, m[i].host, false);
		if (code == 0 || best == EX_HARD)
			best = code;
	}
	if (best != 0)
		tell(e, depth, best == EX_HARD ? "refused" : "later", best == EX_HARD ? "5.4.4" : "4.4.3",
		    " none of its hosts has an address");
	judge(e, best);
}

static void
by_mx(struct explain *e, size_t depth, const char *domain)
{
	struct mx m[2 * HOSTS_ASKED];
	struct answer a;
	char *at, *line;
	size_t n = 0;

	ask(&a, "mx", domain);
	at = a.lines.s;
	while (a.code == 0 && n < sizeof m / sizeof *m && (line = next_line(&at)))
		n += read_mx(line, &m[n]);
	if (a.code == EX_SOFT) {
		tell(e, depth, "later", "4.4.3 ", reason(&a));
		judge(e, EX_SOFT);
	} else if (a.code == EX_HARD) {
		tell(e, depth, "mx", "none, so its own addresses count");
		judge(e, addresses(e, depth + 1, domain, true));
	} else {
		qsort(m, n, sizeof *m, by_preference);
		hosts(e, depth, m, n);
	}
	answer_free(&a);
}

void
explain_route(struct explain *e, size_t depth, const struct route *r)
{
	char port[NUM_TEXT];

	const char *name = r->hop[0].name;

	if (r->way != ROUTE_MX) {
		tell(e, depth, "relay", name, " port ", num_text(port, r->hop[0].port));
		if (!e->no_dns)
			judge(e, addresses(e, depth + 1, name, true));
	} else if (name[0] == '[')
		tell(e, depth, "host", name, ", an address literal");
	else {
		tell(e, depth, "mx of", name);
		if (!e->no_dns)
			by_mx(e, depth + 1, name);
	}
}
