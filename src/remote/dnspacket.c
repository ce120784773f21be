#include "remote/dnspacket.h"

#include <string.h>

#include "lib/ascii.h"

#define HEADER 12
#define LABEL_MAX 63
#define JUMPS_MAX 128           /* a name has no more labels than that, and each needs at most one pointer */
#define CLASS_IN 1
#define BIT_QR 0x80             /* third byte of the header */
#define BITS_OPCODE 0x78
#define BIT_AA 0x04
#define BIT_RD 0x01
#define BIT_RA 0x80             /* fourth byte */
#define BIT_AD 0x20
#define BITS_RCODE 0x0f
#define RCODE_FORMERR 1
#define RCODE_NXDOMAIN 3
#define RCODE_NOTIMP 4
#define RCODE_BADVERS 16
#define OPTION_EDE 15

struct record {
	struct dnsname owner;
	uint16_t type, class;
	uint32_t ttl;
	size_t rdata, len;      /* inside the packet */
};

struct sections {
	size_t answers;         /* where they begin */
	unsigned count;
	bool soa;               /* there is one under "authority": the name's zone says no */
	bool empty;             /* nothing under "answer" */
};

static unsigned
get16(const unsigned char *s)
{
	return (unsigned)s[0] << 8 | s[1];
}

static void
put16(unsigned char *s, unsigned v)
{
	s[0] = (unsigned char)(v >> 8);
	s[1] = (unsigned char)v;
}

static unsigned char
lower(unsigned char c)
{
	return (unsigned char)ascii_lower((char)c);
}

static bool
host_byte(unsigned char c)
{
	return ascii_alnum((char)c) || c == '-' || c == '_';
}

enum dnsname_result
dnsname_get(struct dnsname *name, const char *text)
{
	size_t n = 0, label, i;

	do {
		for (label = 0; text[label] && text[label] != '.'; label++)
			if (!host_byte((unsigned char)text[label]))
				return DNSNAME_BYTE;
		if (label == 0)
			return DNSNAME_EMPTY;
		if (label > LABEL_MAX || n + 1 + label + 1 > DNSNAME_MAX)
			return DNSNAME_LONG;
		name->s[n++] = (unsigned char)label;
		for (i = 0; i < label; i++)
			name->s[n++] = lower((unsigned char)text[i]);
		text += label;
		text += *text == '.';
	} while (*text);
	name->s[n++] = 0;
	name->len = (uint8_t)n;
	return DNSNAME_OK;
}

bool
dnsname_text(const struct dnsname *name, char out[DNSNAME_TEXT])
{
	size_t at = 0, n = 0, label;

	while ((label = name->s[at++]) > 0) {
		if (n)
			out[n++] = '.';
		for (; label > 0; label--) {
			if (!host_byte(name->s[at]))
				return false;
			out[n++] = (char)name->s[at++];
		}
	}
	out[n] = 0;
	return true;
}

bool
dnsname_same(const struct dnsname *a, const struct dnsname *b)
{
	return a->len == b->len && memcmp(a->s, b->s, a->len) == 0;
}

size_t
dnspacket_ask(unsigned char out[DNSPACKET_QUERY], const struct dnspacket_question *q)
{
	unsigned char *at = out + HEADER;

	memset(out, 0, HEADER);
	put16(out, q->id);
	out[2] = BIT_RD;
	out[3] = q->ad ? BIT_AD : 0;
	out[5] = 1;                             /* one question */
	memcpy(at, q->name.s, q->name.len);
	at += q->name.len;
	put16(at, q->type);
	put16(at + 2, CLASS_IN);
	at += 4;
	if (q->edns) {
		out[11] = 1;                    /* one additional record: the root's OPT, its class is our size */
		memset(at, 0, 11);
		put16(at + 1, DNS_OPT);
		put16(at + 3, DNSPACKET_EDNS);
		at += 11;
	}
	return (size_t)(at - out);
}

/* The name at *at, which moves behind it. A pointer must lead to before the piece it ends, so the walk cannot come back. */
static bool
take_name(const unsigned char *s, size_t n, size_t *at, struct dnsname *name)
{
	size_t i = *at, piece = *at, end = 0, len = 0, target, k;
	unsigned jumps = 0, c;

	for (;;) {
		if (i >= n)
			return false;
		c = s[i];
		if (c >= 0xc0) {
			if (i + 2 > n || ++jumps > JUMPS_MAX)
				return false;
			target = (c & 0x3f) << 8 | s[i + 1];
			if (target >= piece)
				return false;
			if (end == 0)
				end = i + 2;
			i = piece = target;
			continue;
		}
		if (c > LABEL_MAX || n - i < c + 1 || len + c + 1 > DNSNAME_MAX)
			return false;
		for (k = 0; k <= c; k++)        /* the length is below 'A' */
			name->s[len++] = lower(s[i + k]);
		i += c + 1;
		if (c == 0)
			break;
	}
	name->len = (uint8_t)len;
	*at = end ? end : i;
	return true;
}

/* strings behind their lengths, at least one, and nothing after them */
static bool
strings_fit(const unsigned char *s, size_t n)
{
	size_t at = 0;

	while (at < n)
		at += 1u + s[at];
	return n > 0 && at == n;
}

/* does the rdata have the form of its type? the types that we read, others may hold anything */
static bool
record_fits(const unsigned char *s, const struct record *r)
{
	size_t at = r->rdata, end = r->rdata + r->len;
	struct dnsname name;

	switch (r->type) {
	case DNS_A:
		return r->len == 4;
	case DNS_AAAA:
		return r->len == 16;
	case DNS_MX:
		at += 2;
		return r->len > 2 && take_name(s, end, &at, &name) && at == end;
	case DNS_CNAME:
	case DNS_PTR:
		return take_name(s, end, &at, &name) && at == end;
	case DNS_TLSA:
		return r->len >= 3;
	case DNS_TXT:
		return strings_fit(s + at, r->len);
	default:
		return true;
	}
}

static bool
take_record(const unsigned char *s, size_t n, size_t *at, struct record *r)
{
	if (!take_name(s, n, at, &r->owner) || n - *at < 10)
		return false;
	r->type = (uint16_t)get16(s + *at);
	r->class = (uint16_t)get16(s + *at + 2);
	r->ttl = (uint32_t)get16(s + *at + 4) << 16 | get16(s + *at + 6);
	r->len = get16(s + *at + 8);
	r->rdata = *at + 10;
	if (n - r->rdata < r->len)
		return false;
	*at = r->rdata + r->len;
	return r->class != CLASS_IN || record_fits(s, r);
}

/* is this an answer to q at all? *at is then behind the question. An error may come without a question. */
static bool
ours(const unsigned char *s, size_t n, const struct dnspacket_question *q, size_t *at)
{
	unsigned rcode;
	struct dnsname name;

	if (n < HEADER || get16(s) != q->id || (s[2] & (BIT_QR | BITS_OPCODE)) != BIT_QR)
		return false;
	*at = HEADER;
	rcode = s[3] & BITS_RCODE;
	if (get16(s + 4) == 0 && n == HEADER)
		return rcode == RCODE_FORMERR || rcode == RCODE_NOTIMP;
	if (get16(s + 4) != 1 || !take_name(s, n, at, &name) || n - *at < 4)
		return false;
	if (!dnsname_same(&name, &q->name) || get16(s + *at) != q->type || get16(s + *at + 2) != CLASS_IN)
		return false;
	*at += 4;
	return true;
}

/* the number of the first extended error among EDNS's options, -1: none that can be read */
static int
find_ede(const unsigned char *s, size_t n)
{
	size_t len;

	for (; n >= 4; s += 4 + len, n -= 4 + len) {
		len = get16(s + 2);
		if (len > n - 4)
			return -1;
		if (get16(s) == OPTION_EDE && len >= 2)
			return (int)get16(s + 4);
	}
	return -1;
}

/* walk every record of the packet once: from here on they are known to be well-formed */
static bool
survey(struct dnspacket_answer *a, size_t at, struct sections *found)
{
	unsigned answers = get16(a->s + 6), authority = get16(a->s + 8), all, i;
	struct record r;

	all = answers + authority + get16(a->s + 10);
	*found = (struct sections){ .answers = at, .count = answers, .empty = answers == 0 };
	for (i = 0; i < all; i++) {
		if (!take_record(a->s, a->n, &at, &r))
			return false;
		if (i >= answers && i < answers + authority && r.type == DNS_SOA)
			found->soa = true;
		if (i >= answers + authority && r.type == DNS_OPT) {
			a->rcode |= r.ttl >> 24 << 4;
			a->ede = find_ede(a->s + r.rdata, r.len);
		}
	}
	return true;
}

static bool
take_matching(struct dnspacket_answer *a, uint16_t type, struct record *r)
{
	while (a->left > 0) {
		a->left--;
		if (!take_record(a->s, a->n, &a->at, r))
			return false;
		if (r->class == CLASS_IN && r->type == type && dnsname_same(&r->owner, &a->name))
			return true;
	}
	return false;
}

static void
rewind_to(struct dnspacket_answer *a, const struct sections *found)
{
	a->at = found->answers;
	a->left = found->count;
}

/* from the name asked for along the CNAMEs, in whatever order the records stand */
static enum dnspacket_result
follow(struct dnspacket_answer *a, const struct sections *found, unsigned *hops)
{
	bool moved = false;
	struct record r;
	size_t at;

	for (;;) {
		rewind_to(a, found);
		if (take_matching(a, a->type, &r)) {
			rewind_to(a, found);
			return DNSPACKET_OK;
		}
		rewind_to(a, found);
		if (a->type == DNS_CNAME || !take_matching(a, DNS_CNAME, &r))
			break;
		if (*hops == 0)
			return DNSPACKET_HOPS;
		--*hops;
		at = r.rdata;
		if (!take_name(a->s, r.rdata + r.len, &at, &a->name))
			return DNSPACKET_BROKEN;
		moved = true;
	}
	return moved && !found->soa ? DNSPACKET_FOLLOW : DNSPACKET_NODATA;
}

enum dnspacket_result
dnspacket_read(const unsigned char *s, size_t n, const struct dnspacket_question *q, unsigned *hops,
    struct dnspacket_answer *a)
{
	enum dnspacket_result r;
	struct sections found;
	size_t at;

	if (!ours(s, n, q, &at))
		return DNSPACKET_OTHER;
	*a = (struct dnspacket_answer){ .s = s, .n = n, .type = q->type, .rcode = s[3] & BITS_RCODE };
	a->authentic = s[3] & BIT_AD;
	a->ede = -1;
	a->name = q->name;
	if (a->rcode == RCODE_FORMERR || a->rcode == RCODE_NOTIMP)
		return DNSPACKET_OLD;
	if (s[2] & DNSPACKET_TC)
		return DNSPACKET_CUT;
	if (!survey(a, at, &found))
		return DNSPACKET_BROKEN;
	if (a->rcode == RCODE_BADVERS)
		return DNSPACKET_OLD;
	if (a->rcode != 0 && a->rcode != RCODE_NXDOMAIN)
		return DNSPACKET_ERROR;
	if (a->rcode == 0 && found.empty && !found.soa && !(s[2] & BIT_AA) && !(s[3] & BIT_RA))
		return DNSPACKET_LAME;
	r = follow(a, &found, hops);
	if (a->rcode != RCODE_NXDOMAIN || r == DNSPACKET_HOPS || r == DNSPACKET_BROKEN)
		return r;
	return r == DNSPACKET_OK ? DNSPACKET_BROKEN : DNSPACKET_NXDOMAIN;       /* "no such name, and here it is" */
}

bool
dnspacket_next(struct dnspacket_answer *a, const unsigned char **rdata, size_t *len)
{
	struct record r;

	if (!take_matching(a, a->type, &r))
		return false;
	*rdata = a->s + r.rdata;
	*len = r.len;
	return true;
}

void
dnspacket_mx(const struct dnspacket_answer *a, const unsigned char *rdata, uint16_t *preference, struct dnsname *name)
{
	size_t at = (size_t)(rdata - a->s) + 2;

	*preference = (uint16_t)get16(rdata);
	if (!take_name(a->s, a->n, &at, name))          /* dnspacket_read has seen that it can be read */
		*name = (struct dnsname){ .len = 1 };
}

void
dnspacket_cname(const struct dnspacket_answer *a, const unsigned char *rdata, struct dnsname *name)
{
	size_t at = (size_t)(rdata - a->s);

	if (!take_name(a->s, a->n, &at, name))          /* as above */
		*name = (struct dnsname){ .len = 1 };
}

size_t
dnspacket_txt(const unsigned char *rdata, size_t len, char *out)
{
	size_t at = 0, n = 0, k;

	for (; at < len; at += k) {
		k = rdata[at++];
		memcpy(out + n, rdata + at, k);
		n += k;
	}
	return n;
}
