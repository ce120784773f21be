#include "lib/ip.h"

#include <arpa/inet.h>
#include <string.h>

#include "lib/num.h"

static const unsigned char mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

bool
ip_is_v4(const unsigned char ip[16])
{
	return memcmp(ip, mapped, sizeof mapped) == 0;
}

void
ip_from_v4(unsigned char ip[16], const void *v4)
{
	memcpy(ip, mapped, sizeof mapped);
	memcpy(ip + 12, v4, 4);
}

static size_t
dotted(char *out, const unsigned char *ip)
{
	size_t i, n = 0;

	for (i = 0; i < 4; i++) {
		if (i)
			out[n++] = '.';
		n += num_dec(out + n, ip[i]);
	}
	out[n] = 0;
	return n;
}

/* the first of the longest runs of two or more zero groups: RFC 5952 section 4.2 */
static size_t
longest_zeros(const unsigned char ip[16], size_t *count)
{
	size_t best = 8, best_count = 1, run = 0, i;

	for (i = 0; i < 8; i++) {
		run = ip[2 * i] == 0 && ip[2 * i + 1] == 0 ? run + 1 : 0;
		if (run > best_count) {
			best_count = run;
			best = i + 1 - run;
		}
	}
	*count = best_count;
	return best;
}

size_t
ip_text(char out[IP_TEXT], const unsigned char ip[16])
{
	static const char hex[] = "0123456789abcdef";
	size_t skip, count, i, n = 0;
	unsigned group;
	int shift;

	if (ip_is_v4(ip))
		return dotted(out, ip + 12);
	skip = longest_zeros(ip, &count);
	for (i = 0; i < 8; i++) {
		if (i == skip) {
			out[n++] = ':';
			i += count - 1;
			if (i == 7)
				out[n++] = ':';
			continue;
		}
		if (i)
			out[n++] = ':';
		group = (unsigned)ip[2 * i] << 8 | ip[2 * i + 1];
		for (shift = 12; shift > 0 && group >> shift == 0; )
			shift -= 4;
		for (; shift >= 0; shift -= 4)
			out[n++] = hex[group >> shift & 15];
	}
	out[n] = 0;
	return n;
}

bool
ip_read(const char *text, unsigned char ip[16])
{
	if (inet_pton(AF_INET6, text, ip) == 1)
		return true;
	memcpy(ip, mapped, sizeof mapped);
	return inet_pton(AF_INET, text, ip + 12) == 1;
}

void
ip_mask(unsigned char ip[16], unsigned n)
{
	size_t i;

	for (i = 0; i < 16; i++, n = n > 8 ? n - 8 : 0)
		if (n < 8)
			ip[i] &= (unsigned char)(0xff << (8 - n));
}
