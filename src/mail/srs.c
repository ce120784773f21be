#include "mail/srs.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "lib/ascii.h"
#include "lib/conf.h"
#include "lib/sha1.h"
#include "mail/addr.h"

#define TAG 5                           /* "SRS0=" */
#define DAY_S 86400
#define DAYS 1024

static const char base32[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

struct span {
	const char *s;
	size_t n;
};

/* the day of a signature, or today */
static unsigned
day(int64_t now_s)
{
	return (unsigned)((uint64_t)(now_s > 0 ? now_s : 0) / DAY_S % DAYS);
}

static void
put_lower(struct hmac_sha1 *x, struct span p)
{
	char c;

	for (; p.n; p.s++, p.n--) {
		c = ascii_lower(*p.s);
		hmac_sha1_put(x, &c, 1);
	}
}

static void
sign(char out[SRS_HASH_MAX], const char *secret, const struct span part[3])
{
	unsigned char sum[SHA1_BYTES + 1];
	struct hmac_sha1 x;
	size_t i, bit;

	hmac_sha1_init(&x, secret, strlen(secret));
	for (i = 0; i < 3; i++)
		put_lower(&x, part[i]);
	hmac_sha1_end(&x, sum);
	sum[SHA1_BYTES] = 0;                    /* the last digit has two bits more than there are */
	for (i = 0; i < SRS_HASH_MAX; i++) {
		bit = i * 6;
		out[i] = base64[((unsigned)sum[bit / 8] << 8 | sum[bit / 8 + 1]) >> (10 - bit % 8) & 63];
	}
}

/* does one of the secrets give this hash? takes as long whatever differs */
static bool
verify(struct span hash, const struct buf *secrets, const struct span part[3])
{
	char want[SRS_HASH_MAX];
	const char *l;
	bool found = false;
	unsigned differ;
	size_t i;

	if (hash.n < SRS_HASH || hash.n > SRS_HASH_MAX)
		return false;
	for (l = 0; (l = conf_next(secrets, l)); ) {
		sign(want, l, part);
		for (differ = 0, i = 0; i < hash.n; i++)
			differ |= (unsigned char)ascii_lower(hash.s[i]) ^ (unsigned char)ascii_lower(want[i]);
		found |= differ == 0;
	}
	return found;
}

static bool
has_tag(const char *s, size_t n, char digit)
{
	return n >= TAG && strncasecmp(s, "SRS", 3) == 0 && s[3] == digit && memchr("=+-", s[4], 3);
}

/* local part and domain, apart at the last '@'; false: there is none */
static bool
split(const char *address, size_t n, struct span *local, struct span *host)
{
	const char *at = memrchr(address, '@', n);

	if (!at)
		return false;
	*local = (struct span){ address, (size_t)(at - address) };
	*host = (struct span){ at + 1, n - local->n - 1 };
	return true;
}

/* the field up to the next '=', which is passed; false: there is none */
static bool
field(struct span *rest, struct span *f)
{
	const char *e = memchr(rest->s, '=', rest->n);

	if (!e)
		return false;
	f->s = rest->s;
	f->n = (size_t)(e - rest->s);
	rest->n -= f->n + 1;
	rest->s = e + 1;
	return true;
}

bool
srs_is(const char *address, size_t n)
{
	struct span local, host;

	return split(address, n, &local, &host) && (has_tag(local.s, local.n, '0') || has_tag(local.s, local.n, '1'));
}

static bool
put_span(struct buf *b, struct span s)
{
	return buf_put(b, s.s, s.n);
}

static bool
printable(struct span s)
{
	for (; s.n && ascii_print(*s.s); s.n--)
		s.s++;
	return s.n == 0;
}

/* the first rewriting: SRS0=HHHH=TT=host=local */
static bool
put_first(struct buf *b, struct span local, struct span host, const char *secret, int64_t now_s)
{
	const char stamp[2] = { base32[day(now_s) >> 5], base32[day(now_s) & 31] };
	const struct span part[3] = { { stamp, 2 }, host, local };
	char hash[SRS_HASH_MAX];

	sign(hash, secret, part);
	return buf_puts(b, "SRS0=") && buf_put(b, hash, SRS_HASH) && buf_byte(b, '=') && buf_put(b, stamp, 2) &&
	    buf_byte(b, '=') && put_span(b, host) && buf_byte(b, '=') && put_span(b, local);
}

/* one after others: SRS1=HHHH=host=rest */
static bool
put_later(struct buf *b, struct span rest, struct span host, const char *secret)
{
	const struct span part[3] = { host, rest, { "", 0 } };
	char hash[SRS_HASH_MAX];

	sign(hash, secret, part);
	return buf_puts(b, "SRS1=") && buf_put(b, hash, SRS_HASH) && buf_byte(b, '=') && put_span(b, host) &&
	    buf_byte(b, '=') && put_span(b, rest);
}

/* Was it rewritten before? Then host becomes the one that did it first, and rest what follows its SRS0. */
static bool
rewritten_before(struct span local, struct span *host, struct span *rest)
{
	struct span hash, first;

	*rest = local;
	if (has_tag(local.s, local.n, '0')) {
		rest->s += TAG - 1;             /* its separator is a part of it */
		rest->n -= TAG - 1;
		return true;
	}
	if (!has_tag(local.s, local.n, '1'))
		return false;
	rest->s += TAG;
	rest->n -= TAG;
	if (!field(rest, &hash) || !field(rest, &first) || !addr_domain(first.s, first.n) || !rest->n ||
	    !memchr("=+-", *rest->s, 3))
		return false;                   /* only looks like it: as any other */
	*host = first;
	return true;
}

bool
srs_rewrite(struct buf *b, const char *sender, const char *domain, const char *secret, int64_t now_s)
{
	struct span local, host, rest;
	size_t had = b->len;

	if (!split(sender, strlen(sender), &local, &host) || local.n == 0 || !printable(local) ||
	    !addr_domain(host.s, host.n) || !addr_domain(domain, strlen(domain))) {
		errno = EINVAL;
		return false;
	}
	if (!(rewritten_before(local, &host, &rest) ? put_later(b, rest, host, secret) :
	    put_first(b, local, host, secret, now_s))) {
		buf_cut(b, had);
		return false;
	}
	if (b->len - had > ADDR_LOCAL) {        /* we would not take its bounce */
		buf_cut(b, had);
		errno = EINVAL;
		return false;
	}
	return (buf_byte(b, '@') && buf_puts(b, domain)) || (buf_cut(b, had), false);
}

static int
digit32(char c)
{
	const char *p;

	if (c >= 'a' && c <= 'z')
		c = (char)(c - 'a' + 'A');
	p = memchr(base32, c, 32);
	return p ? (int)(p - base32) : -1;
}

static bool
in_time(struct span stamp, uint64_t max_age_days, int64_t now_s)
{
	int hi = digit32(stamp.s[0]), lo = digit32(stamp.s[1]);

	return hi >= 0 && lo >= 0 && (day(now_s) + DAYS - (unsigned)(hi << 5 | lo)) % DAYS <= max_age_days;
}

static enum srs_result
reverse_first(struct buf *b, struct span rest, const struct buf *secrets, uint64_t max_age_days, int64_t now_s)
{
	struct span hash, part[3];              /* day, host, local */

	if (!field(&rest, &hash) || !field(&rest, &part[0]) || part[0].n != 2 || !field(&rest, &part[1]) || !rest.n)
		return SRS_FORGED;
	part[2] = rest;
	if (!verify(hash, secrets, part) || !addr_domain(part[1].s, part[1].n))
		return SRS_FORGED;
	if (!in_time(part[0], max_age_days, now_s))
		return SRS_OLD;
	return put_span(b, rest) && buf_byte(b, '@') && put_span(b, part[1]) ? SRS_OK : SRS_TROUBLE;
}

static enum srs_result
reverse_later(struct buf *b, struct span rest, const struct buf *secrets)
{
	struct span hash, part[3] = { { "", 0 }, { "", 0 }, { "", 0 } };        /* host, what follows SRS0 */

	/* with its separator, or signatures of the first kind would do here too, where no day is looked at */
	if (!field(&rest, &hash) || !field(&rest, &part[0]) || !rest.n || !memchr("=+-", *rest.s, 3))
		return SRS_FORGED;
	part[1] = rest;
	if (!verify(hash, secrets, part) || !addr_domain(part[0].s, part[0].n))
		return SRS_FORGED;
	return buf_puts(b, "SRS0") && put_span(b, rest) && buf_byte(b, '@') && put_span(b, part[0]) ? SRS_OK : SRS_TROUBLE;
}

enum srs_result
srs_reverse(struct buf *b, const char *address, size_t n, const struct buf *secrets, uint64_t max_age_days, int64_t now_s)
{
	struct span local, host, rest;
	enum srs_result r;
	size_t had = b->len;

	if (!split(address, n, &local, &host) || local.n < TAG || local.n > ADDR_LOCAL)
		return SRS_FORGED;
	rest = (struct span){ local.s + TAG, local.n - TAG };
	if (has_tag(local.s, local.n, '0'))
		r = reverse_first(b, rest, secrets, max_age_days, now_s);
	else if (has_tag(local.s, local.n, '1'))
		r = reverse_later(b, rest, secrets);
	else
		return SRS_FORGED;
	if (r != SRS_OK)
		buf_cut(b, had);
	return r;
}
