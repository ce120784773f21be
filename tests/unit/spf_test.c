#include "mail/spf.h"

#include "lib/ip.h"
#include "tap.h"

/* the terms of a record as text: "-a:host/24//64" becomes "-a host 24 64" and so on, separated by ", " */
static const char *
terms(const char *record)
{
	static const char *const kind[] = { "all", "ip", "a", "mx", "include", "redirect", "other", "ignored" };
	static char out[2000];
	char ip[IP_TEXT], *p = out;
	struct spf_term t;
	enum spf_result r;

	*p = 0;
	while ((r = spf_next(&record, &t)) == SPF_TERM) {
		p += sprintf(p, "%s%c%s", p == out ? "" : ", ", t.qualifier, kind[t.kind]);
		if (t.domain)
			p += sprintf(p, " %.*s", (int)t.len, t.domain);
		if (t.kind == SPF_IP) {
			ip_text(ip, t.ip);
			p += sprintf(p, " %s", ip);
		}
		if (t.kind == SPF_IP || t.kind == SPF_A || t.kind == SPF_MX)
			p += sprintf(p, " %u %u", t.bits4, t.bits6);
	}
	if (r == SPF_BAD)
		strcpy(p, p == out ? "bad" : ", bad");
	return out;
}

static void
bad_ones(void)
{
	static const char *const bad[] = { "-", "alls", "all:x", "foo", "ip4:", "ip4:1.2.3", "ip4:1.2.3.4/33", "ip4:1.2.3.4/", "ip4:::1", "ip6:1.2.3.4", "ip6:::1/129",
		"ip6::", "a:", "a/33", "a//129", "a/", "a/8/9", "ax", "mx:", "mxx", "a:x/y/8", "include:", "exists:", "ptr:", "ptrx", "redirect=", "++all", "1x=y", "=x", "a:x//", "a///8", "ip4:1.2.3.4//8" };
	char record[100];
	size_t i;

	for (i = 0; i < sizeof bad / sizeof *bad; i++) {
		snprintf(record, sizeof record, "v=spf1 %s", bad[i]);
		same(terms(record), "bad", bad[i]);
	}
}

int
main(void)
{
	ok(spf_is("v=spf1") && spf_is("V=SPF1 -all") && spf_is("v=spf1  "), "what is a policy");
	ok(!spf_is("v=spf10 -all") && !spf_is("v=spf") && !spf_is("") && !spf_is(" v=spf1") && !spf_is("v=spf1\t-all"), "what is none");
	same(terms("v=spf1"), "", "no terms");
	same(terms("v=spf1   "), "", "only spaces");
	same(terms("v=spf1 -all"), "-all", "all");
	same(terms("v=spf1 all +all ~ALL ?all  "), "+all, +all, ~all, ?all", "qualifiers, case, spaces");
	same(terms("v=spf1 ip4:192.0.2.1 ip4:192.0.2.0/24 -ip4:0.0.0.0/0"), "+ip 192.0.2.1 128 128, +ip 192.0.2.0 120 120, -ip 0.0.0.0 96 96", "ip4");
	same(terms("v=spf1 IP6:2001:DB8::1 ip6:2001:db8::/32 ip6:::/0"), "+ip 2001:db8::1 128 128, +ip 2001:db8:: 32 32, +ip :: 0 0", "ip6");
	same(terms("v=spf1 a mx -a:x.example ~mx:y.example"), "+a 128 128, +mx 128 128, -a x.example 128 128, ~mx y.example 128 128", "a and mx");
	same(terms("v=spf1 a/24 a//64 a/24//64 mx:x.example/8//0"), "+a 120 128, +a 128 64, +a 120 64, +mx x.example 104 0", "with lengths");
	same(terms("v=spf1 include:_spf.x.example redirect=y.example"), "+include _spf.x.example, +redirect y.example", "include and redirect");
	same(terms("v=spf1 ptr ptr:x.example exists:%{i}.x.example -include:%{d}.x a:%{d} mx:%{d}/24"), "+other, +other, +other, -other, +other, +other",
	    "what depends on more");
	same(terms("v=spf1 exp=why.x.example unknown.mod-1_=x -all"), "+ignored, +ignored, -all", "other modifiers");
	bad_ones();
	same(terms("v=spf1 a nonsense -all"), "+a 128 128, bad", "it ends there");
	return done();
}
