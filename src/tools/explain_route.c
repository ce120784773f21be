/* The hosts that pneu-remote would try, as pneu-dnsq finds them: the same code asks DNS for both. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/ip.h"
#include "lib/msg.h"
#include "lib/num.h"
#include "resolve/tlslevel.h"
#include "tools/explain.h"
#include "wire/logins.h"

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

/* Each host in turn; that one of them has an address is enough. */
static void
relays(struct explain *e, size_t depth, const struct route *r)
{
	int code, best = EX_HARD;
	char port[NUM_TEXT];
	size_t i;

	for (i = 0; i < r->hops; i++) {
		tell(e, depth, r->way == ROUTE_LMTP ? "lmtp" : "relay", r->hop[i].name, " port ", num_text(port, r->hop[i].port));
		if (e->no_dns)
			continue;
		code = addresses(e, depth + 1, r->hop[i].name, r->hops == 1);
		if (code == 0 || best == EX_HARD)
			best = code;
	}
	if (e->no_dns)
		return;
	if (r->hops > 1 && best != 0)
		tell(e, depth, best == EX_HARD ? "refused" : "later", best == EX_HARD ? "5.1.2" : "4.4.3", " none of the relays has an address");
	judge(e, best);
}

static void
unix_socket(struct explain *e, size_t depth, const char *path)
{
	struct stat st;

	tell(e, depth, "lmtp", path);
	if (stat(path, &st) == 0 ? S_ISSOCK(st.st_mode) : errno == EACCES)
		return;
	tell(e, depth + 1, "later", "4.4.1 it is no socket, or not there");
	explain_worst(e, EXPLAIN_LATER);
}

static void
not_now(struct explain *e, size_t depth, const char *text, const char *more)
{
	tell(e, depth, "later", "4.3.5 ", text, more);
	explain_worst(e, EXPLAIN_LATER);
}

/* What is demanded of each connection, and why; DNS and policies may raise it to more. */
static void
level(struct explain *e, size_t depth, const struct route *r)
{
	static const char *const word[] = { "", "no", "may", "must", "verify", "dane" };
	struct tlslevel_settings s = { .preset = ROUTE_TLS_PRESET };
	struct tlslevel l = { .level = ROUTE_TLS_NO };
	struct conf_error error = { "no directory of control files" };
	int dir = conf_open();

	if (dir < 0 || !tlslevel_load(dir, &s, &error))
		not_now(e, depth, error.text, "");
	else if ((l = tlslevel_of(&s, r, r->hop[0].name)).level >= ROUTE_TLS_MUST && !s.tlsclient.s)
		not_now(e, depth, l.because, " needs a program: there is no control/tlsclient");
	else if (l.level != ROUTE_TLS_NO || r->tls)
		tell(e, depth, "tls", word[l.level], *l.because ? ", because of " : "", l.because,
		    l.implicit ? ", from the first byte" : "");
	buf_free(&s.tlsclient);
	if (dir >= 0)
		close(dir);
}

/* the password is for pneu-remote alone; who cannot read the file cannot know whether it has the line */
static void
login(struct explain *e, size_t depth, const char *name)
{
	static struct login l;
	struct conf_error error = { "no directory of control files" };
	int dir = conf_open();
	bool ok = dir >= 0 && logins_find(dir, name, &l, &error);

	tell(e, depth, "login", name, ok ? " as " : "", ok ? l.user : "");
	logins_forget(&l);
	if (!ok && dir >= 0 && faccessat(dir, "smtplogins", R_OK, 0) != 0 && errno == EACCES)
		tell(e, depth + 1, "unknown", "control/smtplogins is not readable by you");
	else if (!ok)
		not_now(e, depth + 1, error.text, "");
	if (dir >= 0)
		close(dir);
}

/* the words of the route */
static void
words(struct explain *e, size_t depth, const struct route *r)
{
	static const char *const family[] = { "", "only IPv4", "only IPv6", "IPv4 first", "IPv6 first" };
	char text[IP_TEXT];
	int six;

	level(e, depth, r);
	if (*r->login)
		login(e, depth, r->login);
	if (r->family)
		tell(e, depth, "family", family[r->family]);
	for (six = 0; six < 2; six++)
		if (r->bound[six]) {
			ip_text(text, r->bind[six]);
			tell(e, depth, "bind", text);
		}
}

void
explain_route(struct explain *e, size_t depth, const struct route *r)
{
	const char *name = r->hop[0].name;

	if (r->way == ROUTE_LMTP_UNIX)
		unix_socket(e, depth, name);
	else if (r->way != ROUTE_MX)
		relays(e, depth, r);
	else if (name[0] == '[')
		tell(e, depth, "host", name, ", an address literal");
	else {
		tell(e, depth, "mx of", name);
		if (!e->no_dns)
			by_mx(e, depth + 1, name);
	}
	words(e, depth, r);
}
