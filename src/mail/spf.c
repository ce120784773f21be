#include "mail/spf.h"

#include <string.h>
#include <strings.h>

#include "lib/ascii.h"
#include "lib/ip.h"
#include "lib/num.h"

#define VERSION "v=spf1"
#define V4_AT (IP_BITS - 32)            /* where the bits of an IPv4 address begin */

struct word {
	const char *s;
	size_t n;
};

bool
spf_is(const char *text)
{
	size_t n = sizeof VERSION - 1;

	return strncasecmp(text, VERSION, n) == 0 && (!text[n] || text[n] == ' ');
}

/* does the word begin with this name? then it is passed */
static bool
take(struct word *w, const char *name)
{
	size_t n = strlen(name);

	if (w->n < n || strncasecmp(w->s, name, n) != 0)
		return false;
	w->s += n;
	w->n -= n;
	return true;
}

/* NAME= at the start; how many bytes, 0: it is no modifier */
static size_t
modifier(struct word w)
{
	size_t n = 0;

	while (n < w.n && (ascii_alnum(w.s[n]) || memchr("-_.", w.s[n], 3)))
		n++;
	return n && n < w.n && w.s[n] == '=' && !(w.s[0] >= '0' && w.s[0] <= '9') ? n + 1 : 0;
}

/* "/N" from the end of the word; *bits stays what it is where there is none. false: no such length */
static bool
cidr(struct word *w, const char *slash, uint64_t max, uint64_t *bits)
{
	size_t mark = strlen(slash), n = w->n;

	while (n && w->s[n - 1] >= '0' && w->s[n - 1] <= '9')
		n--;
	if (n < mark || memcmp(w->s + n - mark, slash, mark) != 0)
		return true;
	if (!num_span(w->s + n, w->n - n, 0, max, bits))
		return false;
	w->n = n - mark;
	return true;
}

/* ":DOMAIN" or nothing, then "/N", "//M" or both */
static enum spf_result
host(struct word w, struct spf_term *t)
{
	uint64_t v4 = 32, v6 = 128;

	if (!cidr(&w, "//", 128, &v6) || (!(w.n && w.s[w.n - 1] == '/') && !cidr(&w, "/", 32, &v4)))
		return SPF_BAD;
	t->bits4 = V4_AT + (unsigned)v4;
	t->bits6 = (unsigned)v6;
	if (!w.n)
		return SPF_TERM;
	if (*w.s != ':' || w.n == 1 || memchr(w.s, '/', w.n))
		return SPF_BAD;
	t->domain = w.s + 1;
	t->len = w.n - 1;
	return SPF_TERM;
}

static enum spf_result
address(struct word w, bool v4, struct spf_term *t)
{
	char text[IP_TEXT];
	uint64_t bits = v4 ? 32 : 128;

	t->kind = SPF_IP;
	if (!cidr(&w, "/", bits, &bits) || !w.n || w.n >= sizeof text)
		return SPF_BAD;
	memcpy(text, w.s, w.n);
	text[w.n] = 0;
	if (!ip_read(text, t->ip) || !strchr(text, ':') != v4)
		return SPF_BAD;
	t->bits4 = t->bits6 = (v4 ? V4_AT : 0) + (unsigned)bits;
	return SPF_TERM;
}

static enum spf_result
target(struct word w, enum spf_kind kind, struct spf_term *t)
{
	t->kind = kind;
	t->domain = w.s;
	t->len = w.n;
	return w.n ? SPF_TERM : SPF_BAD;
}

static enum spf_result
mechanism(struct word w, struct spf_term *t)
{
	struct word rest = w;
	bool macro = memchr(w.s, '%', w.n) != 0;

	if (take(&rest, "all") && !rest.n) {
		t->kind = SPF_ALL;
		return SPF_TERM;
	}
	rest = w;
	if (take(&rest, "ip4:"))
		return address(rest, true, t);
	if (take(&rest, "ip6:"))
		return address(rest, false, t);
	t->kind = SPF_OTHER;
	if (take(&rest, "exists:"))
		return rest.n ? SPF_TERM : SPF_BAD;
	if (take(&rest, "ptr"))
		return !rest.n || (*rest.s == ':' && rest.n > 1) ? SPF_TERM : SPF_BAD;
	if (take(&rest, "include:"))
		return macro ? SPF_TERM : target(rest, SPF_INCLUDE, t);
	if (take(&rest, "mx"))
		t->kind = SPF_MX;
	else if (take(&rest, "a"))
		t->kind = SPF_A;
	else
		return SPF_BAD;
	if (macro && rest.n > 1 && *rest.s == ':') {
		t->kind = SPF_OTHER;
		return SPF_TERM;
	}
	return host(rest, t);
}

enum spf_result
spf_next(const char **at, struct spf_term *t)
{
	struct word w, rest;

	if (spf_is(*at))
		*at += sizeof VERSION - 1;
	*at += strspn(*at, " ");
	w = (struct word){ *at, strcspn(*at, " ") };
	*at += w.n;
	if (!w.n)
		return SPF_END;
	memset(t, 0, sizeof *t);
	t->qualifier = '+';
	rest = w;
	if (take(&rest, "redirect="))
		return target(rest, SPF_REDIRECT, t);
	if (modifier(w)) {
		t->kind = SPF_IGNORED;
		return SPF_TERM;
	}
	if (memchr("+-~?", *w.s, 4)) {
		t->qualifier = *w.s++;
		w.n--;
	}
	return w.n ? mechanism(w, t) : SPF_BAD;
}
