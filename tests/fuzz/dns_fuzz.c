/* dns_fuzz - DNS answers, and names and server lists as text
 *   input   a byte: the type asked for (2 bits), CNAMEs allowed (4 bits), TXT instead (1 bit), TLSA instead (1 bit); then the packet, its own id and question
 *           taken for ours where it has one, so that the fuzzer gets behind that door
 * sources: src/remote/dnspacket.c src/remote/dnsserver.c src/lib/num.c
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "remote/dnspacket.h"
#include "remote/dnsserver.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#define must(x) ((x) ? (void)0 : abort())

/* labels that end with the root's 0, all of it used */
static void
check_name(const struct dnsname *name)
{
	size_t at = 0;

	must(name->len > 0);
	while (name->s[at] != 0) {
		must(name->s[at] <= 63);
		at += 1u + name->s[at];
		must(at < name->len);
	}
	must(at + 1 == name->len);
}

static void
check_text(const struct dnsname *name)
{
	char text[DNSNAME_TEXT];
	struct dnsname back;

	if (!dnsname_text(name, text))
		return;
	must(strlen(text) < sizeof text && strlen(text) + (*text ? 2 : 1) == name->len);
	if (*text)
		must(dnsname_get(&back, text) == DNSNAME_OK && dnsname_same(name, &back));
}

/* the question of the packet, or another */
static void
question_of(const uint8_t *s, size_t n, struct dnspacket_question *q)
{
	size_t at = 12, i;

	q->id = n >= 2 ? (uint16_t)(s[0] << 8 | s[1]) : 0;
	must(dnsname_get(&q->name, "a.example") == DNSNAME_OK);
	while (at < n && s[at] && s[at] < 64)
		at += 1u + s[at];
	if (at >= n || s[at] || at + 1 - 12 > DNSNAME_MAX)
		return;
	q->name.len = (uint8_t)(at + 1 - 12);
	for (i = 0; i < q->name.len; i++)
		q->name.s[i] = s[12 + i] >= 'A' && s[12 + i] <= 'Z' ? (uint8_t)(s[12 + i] + 32) : s[12 + i];
}

static void
walk(struct dnspacket_answer *a)
{
	const unsigned char *rdata;
	uint16_t preference;
	struct dnsname host;
	size_t len, count = 0;

	while (dnspacket_next(a, &rdata, &len)) {
		must(rdata >= a->s && len <= a->n && rdata + len <= a->s + a->n);
		must(a->type != DNS_A || len == 4);
		must(a->type != DNS_AAAA || len == 16);
		count++;
		if (a->type == DNS_TXT) {
			char *copy = malloc(len);

			must(copy && dnspacket_txt(rdata, len, copy) < len);
			free(copy);
		}
		must(a->type != DNS_TLSA || len >= 3);
		if (a->type == DNS_MX)
			dnspacket_mx(a, rdata, &preference, &host);
		else if (a->type == DNS_CNAME)
			dnspacket_cname(a, rdata, &host);
		else
			continue;
		check_name(&host);
		check_text(&host);
	}
	must(count > 0);        /* that is what DNSPACKET_OK says */
}

static void
packet(uint8_t how, const uint8_t *s, size_t n)
{
	static const uint16_t types[] = { DNS_A, DNS_AAAA, DNS_MX, DNS_CNAME };
	struct dnspacket_question q = { .type = how & 128 ? DNS_TLSA : how & 64 ? DNS_TXT : types[how & 3], .edns = true };
	unsigned allowed = how >> 2 & 15, hops = allowed;
	struct dnspacket_answer a;
	enum dnspacket_result r;

	question_of(s, n, &q);
	r = dnspacket_read(s, n, &q, &hops, &a);
	must(hops <= allowed);
	if (r == DNSPACKET_OTHER)
		return;
	check_name(&a.name);
	must(a.ede >= -1 && a.ede <= 65535);
	if (r == DNSPACKET_FOLLOW)
		must(hops < allowed);
	if (r == DNSPACKET_OK)
		walk(&a);
}

/* the same bytes as text: a name, resolv.conf, $DNSCACHEIP */
static void
text(const uint8_t *s, size_t n)
{
	struct dnsserver list[DNSSERVER_MAX];
	struct dnsname name;
	size_t count;
	char *copy;

	must(dnsserver_resolv((const char *)s, n, list) <= DNSSERVER_MAX);
	must((copy = malloc(n + 1)));
	memcpy(copy, s, n);
	copy[n] = 0;
	dnsserver_list(copy, list, &count);
	must(count <= DNSSERVER_MAX);
	if (dnsname_get(&name, copy) == DNSNAME_OK) {
		check_name(&name);
		check_text(&name);
	}
	free(copy);
}

int
LLVMFuzzerTestOneInput(const uint8_t *s, size_t n)
{
	if (n == 0)
		return 0;
	packet(s[0], s + 1, n - 1);
	text(s, n);
	return 0;
}
