/* dnspacket - DNS messages (RFC 1035 4, RFC 6891): a question built, an answer believed or not
 *
 * Pure: bytes in, bytes out, nothing allocated. An answer is a stranger's: every read stays inside the packet, counts
 * and lengths are claims, a name ends after DNSNAME_MAX bytes and its pointers only lead backwards. */
#ifndef REMOTE_DNSPACKET_H
#define REMOTE_DNSPACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DNSNAME_MAX 255         /* bytes on the wire, with lengths and the root's 0 */
#define DNSNAME_TEXT 254        /* what dnsname_text may write, with its 0 */
#define DNSPACKET_QUERY (12 + DNSNAME_MAX + 4 + 11)
#define DNSPACKET_MAX 65535     /* RFC 1035 4.2.2 */
#define DNSPACKET_EDNS 1232     /* what we say we take by UDP: no fragments (DNS flag day 2020) */

#define DNSPACKET_TC 0x02       /* "cut", in the third byte of a packet */

/* A name as it stands in packets: labels behind their lengths, letters in lower case, no pointers, the root's 0 last. */
struct dnsname {
	uint8_t len;            /* 1 to DNSNAME_MAX */
	unsigned char s[DNSNAME_MAX];
};

enum dnsname_result {
	DNSNAME_OK,
	DNSNAME_EMPTY,          /* "", "." or an empty label */
	DNSNAME_LONG,           /* a label over 63, or all of it over 253 */
	DNSNAME_BYTE            /* not a letter, digit, '-', '_' or '.' */
};

enum dnsname_result dnsname_get(struct dnsname *, const char *text);    /* one dot at the end is ignored */
/* "" for the root; false: some byte of it is not one that dnsname_get takes */
bool dnsname_text(const struct dnsname *, char out[DNSNAME_TEXT]);
bool dnsname_same(const struct dnsname *, const struct dnsname *);

enum dns_type { DNS_A = 1, DNS_CNAME = 5, DNS_SOA = 6, DNS_PTR = 12, DNS_MX = 15, DNS_TXT = 16, DNS_AAAA = 28, DNS_OPT = 41, DNS_TLSA = 52 };

struct dnspacket_question {
	struct dnsname name;
	uint16_t type;          /* class is IN */
	uint16_t id;
	bool edns;              /* with an OPT record */
	bool ad;                /* tell us what you validated (RFC 6840 5.7) */
};

/* how many bytes */
size_t dnspacket_ask(unsigned char out[DNSPACKET_QUERY], const struct dnspacket_question *);

enum dnspacket_result {
	DNSPACKET_OK,           /* there are records, see dnspacket_next */
	DNSPACKET_NODATA,
	DNSPACKET_NXDOMAIN,
	DNSPACKET_FOLLOW,       /* the name is a CNAME of answer->name, of which the packet says nothing: ask for that */
	DNSPACKET_HOPS,         /* more CNAMEs than hops allowed */
	DNSPACKET_OTHER,        /* not an answer to this question: forged, late or lost its way */
	DNSPACKET_CUT,          /* TC: ask by TCP */
	DNSPACKET_OLD,          /* FORMERR, NOTIMP, BADVERS: the server may not know EDNS */
	DNSPACKET_LAME,         /* no error, no answer, no recursion: the server only points elsewhere */
	DNSPACKET_ERROR,        /* another error, answer->rcode */
	DNSPACKET_BROKEN        /* malformed */
};

/* What an answer says. It points into the packet, which must outlive it. */
struct dnspacket_answer {
	const unsigned char *s;
	size_t n;
	size_t at;              /* of the next record not walked yet */
	unsigned left;          /* how many there are from there */
	uint16_t type;          /* of the question */
	unsigned rcode;         /* with EDNS's upper bits */
	int ede;                /* the first extended error's number (RFC 8914), -1 without */
	bool authentic;         /* AD: worth something only on the way from a trusted resolver */
	struct dnsname name;    /* where the CNAMEs led */
};

/* read the n bytes s as the answer to q; hops is how many CNAMEs may be followed and is counted down */
enum dnspacket_result dnspacket_read(const unsigned char *s, size_t n, const struct dnspacket_question *q, unsigned *hops,
    struct dnspacket_answer *);
/* after DNSPACKET_OK: the next record of the name and type asked for. Its rdata has the right length for A (4), AAAA (16),
 * MX (2 and a name), CNAME and PTR (a name), TLSA (at least 3) and TXT (strings behind their lengths, at least one). false: no more */
bool dnspacket_next(struct dnspacket_answer *, const unsigned char **rdata, size_t *len);
/* the parts of an MX record that dnspacket_next gave */
void dnspacket_mx(const struct dnspacket_answer *, const unsigned char *rdata, uint16_t *preference, struct dnsname *);
/* the name that is a CNAME or PTR record which dnspacket_next gave */
void dnspacket_cname(const struct dnspacket_answer *, const unsigned char *rdata, struct dnsname *name);
/* the strings of a TXT record that dnspacket_next gave, joined; how many bytes, fewer than len. out has room for len. */
size_t dnspacket_txt(const unsigned char *rdata, size_t len, char *out);

#endif
