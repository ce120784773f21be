#include "lib/netstring.h"

enum netstring_result
netstring_head(const char *s, size_t n, uint64_t max, uint64_t *len, size_t *used)
{
	uint64_t sum = 0, digit;
	size_t i;

	for (i = 0; i < n && s[i] >= '0' && s[i] <= '9'; i++) {
		if (i == 1 && s[0] == '0')
			return NETSTRING_WRONG;
		digit = (uint64_t)(s[i] - '0');
		if (digit > max || sum > (max - digit) / 10)
			return NETSTRING_LARGE;
		sum = sum * 10 + digit;
	}
	if (i == n)
		return NETSTRING_MORE;
	if (i == 0 || s[i] != ':')
		return NETSTRING_WRONG;
	*len = sum;
	*used = i + 1;
	return NETSTRING_OK;
}

size_t
netstring_begin(char out[NETSTRING_HEAD], uint64_t n)
{
	size_t k = num_dec(out, n);

	out[k++] = ':';
	return k;
}

uint64_t
netstring_size(uint64_t n)
{
	char head[NETSTRING_HEAD];

	return netstring_begin(head, n) + n + 1;
}

bool
netstring_put(struct buf *b, const void *s, size_t n)
{
	char head[NETSTRING_HEAD];
	size_t had = b->len;

	if (buf_put(b, head, netstring_begin(head, n)) && buf_put(b, s, n) && buf_byte(b, ','))
		return true;
	buf_cut(b, had);
	return false;
}
