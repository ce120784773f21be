#include "listen/proxy.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/ascii.h"
#include "lib/clock.h"
#include "lib/fd.h"
#include "lib/ip.h"
#include "lib/num.h"

#define V1_MAX 107
#define V1_FIELDS 5             /* after "PROXY " */
#define V2_HEAD 16

static const unsigned char signature[12] = "\r\n\r\n\0\r\nQUIT\n";
static const char word[6] = "PROXY ";

/* byte 12: version in the upper half, command in the lower; byte 13: family and kind of transport likewise */
enum { V2_LOCAL = 0x20, V2_PROXY = 0x21 };
enum { V2_UNSPEC = 0, V2_INET = 1, V2_INET6 = 2, V2_UNIX = 3, V2_FAMILIES };
enum { V2_STREAM = 1, V2_DGRAM = 2 };
enum { TYPE_CRC32C = 0x03, TYPE_SSL = 0x20, TYPE_SSL_VERSION = 0x21, TYPE_SSL_CIPHER = 0x23 };
#define CLIENT_SSL 1            /* of a TYPE_SSL value's first byte: the client spoke TLS */
#define SSL_HEAD 5              /* that byte, and four about the client's certificate */

static unsigned
get16(const unsigned char *s)
{
	return (unsigned)s[0] << 8 | s[1];
}

/* Is it this beginning, as far as it has come? */
static bool
begins(const unsigned char *s, size_t n, const void *with, size_t len)
{
	return memcmp(s, with, n < len ? n : len) == 0;
}

static enum proxy_result
end_v1(const unsigned char *s, size_t n, size_t *used)
{
	const unsigned char *lf = memchr(s, '\n', n < V1_MAX ? n : V1_MAX);

	if (!lf)
		return n < V1_MAX ? PROXY_PART : PROXY_WRONG;
	*used = (size_t)(lf - s) + 1;
	return lf[-1] == '\r' ? PROXY_WHOLE : PROXY_WRONG;      /* it begins with the word, so there is a byte before */
}

static enum proxy_result
end_v2(const unsigned char *s, size_t n, size_t *used)
{
	if (n < V2_HEAD)
		return PROXY_PART;
	*used = V2_HEAD + (size_t)get16(s + 14);
	if (*used > PROXY_MAX)
		return PROXY_WRONG;
	return n < *used ? PROXY_PART : PROXY_WHOLE;
}

enum proxy_result
proxy_end(const unsigned char *s, size_t n, size_t *used)
{
	if (n == 0)
		return PROXY_PART;
	if (begins(s, n, signature, sizeof signature))
		return end_v2(s, n, used);
	if (begins(s, n, word, sizeof word))
		return end_v1(s, n, used);
	return PROXY_WRONG;
}

/* version 1 */

static bool
read_port(const char *s, uint16_t *port)
{
	uint64_t n;

	if (!num_u64(s, 0, 65535, &n) || (s[0] == '0' && s[1]))
		return false;
	*port = (uint16_t)n;
	return true;
}

static bool
read_address(const char *s, bool six, unsigned char ip[16])
{
	return (strchr(s, ':') != 0) == six && ip_read(s, ip);
}

static bool
parse_v1(const unsigned char *s, size_t n, struct proxy_header *h)
{
	char line[V1_MAX + 1], *field[V1_FIELDS], *at = line;
	size_t i;
	bool six;

	n -= sizeof word + 2;                   /* without the word and the line end */
	memcpy(line, s + sizeof word, n);
	line[n] = 0;
	if (strncmp(line, "UNKNOWN", 7) == 0 && (line[7] == 0 || line[7] == ' '))
		return true;                    /* the rest of the line is to be ignored, the protocol says */
	if (strlen(line) != n)
		return false;
	for (i = 0; i < V1_FIELDS; i++) {
		if (!at)
			return false;
		field[i] = at;
		if ((at = strchr(at, ' ')))
			*at++ = 0;
	}
	six = strcmp(field[0], "TCP6") == 0;
	if (at || (!six && strcmp(field[0], "TCP4") != 0))
		return false;
	h->relayed = true;
	return read_address(field[1], six, h->remote.ip) && read_address(field[2], six, h->local.ip) &&
	    read_port(field[3], &h->remote.port) && read_port(field[4], &h->local.port);
}

/* version 2 */

/* RFC 9260 appendix A: CRC32c, lowest bit first; the four bytes of the sum itself, at from, count as 0 */
static bool
sum_is_right(const unsigned char *s, size_t n, size_t from)
{
	uint32_t crc = UINT32_MAX, want = 0;
	size_t i;
	int bit;

	for (i = 0; i < n; i++) {
		crc ^= i - from < 4 ? 0 : s[i];         /* before from the difference wraps around */
		for (bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? UINT32_C(0x82f63b78) : 0);
	}
	for (i = from; i < from + 4; i++)
		want = want << 8 | s[i];
	return ~crc == want;
}

/* A name that fits and needs no quoting goes to the session; another is left out. */
static void
keep_word(char to[PROXY_WORD], const unsigned char *s, size_t n)
{
	size_t i;

	if (n >= PROXY_WORD)
		return;
	for (i = 0; i < n; i++)
		if (!ascii_alnum((char)s[i]) && !strchr("._-", s[i] ? s[i] : ' '))
			return;
	memcpy(to, s, n);
	to[n] = 0;
}

/* what the facts of one level are made of; false at the end, whole says which end */
static bool
next_fact(const unsigned char **at, const unsigned char *end, const unsigned char **value, size_t *n, bool *whole)
{
	size_t left = (size_t)(end - *at);

	*whole = left == 0;
	if (left < 3)
		return false;
	*value = *at + 3;
	*n = get16(*at + 1);
	if (*n > left - 3)
		return false;
	*at = *value + *n;
	return true;
}

static bool
read_ssl(const unsigned char *s, size_t n, struct proxy_header *h)
{
	const unsigned char *at = s + SSL_HEAD, *value;
	bool whole;
	size_t len;

	if (n < SSL_HEAD)
		return false;
	while (next_fact(&at, s + n, &value, &len, &whole)) {
		if (!(s[0] & CLIENT_SSL))
			continue;
		if (value[-3] == TYPE_SSL_VERSION)
			keep_word(h->tls, value, len);
		else if (value[-3] == TYPE_SSL_CIPHER)
			keep_word(h->cipher, value, len);
	}
	return whole;
}

static bool
read_facts(const unsigned char *s, size_t n, const unsigned char *at, struct proxy_header *h)
{
	const unsigned char *value;
	bool whole;
	size_t len;

	while (next_fact(&at, s + n, &value, &len, &whole)) {
		if (value[-3] == TYPE_CRC32C && (len != 4 || !sum_is_right(s, n, (size_t)(value - s))))
			return false;
		if (value[-3] == TYPE_SSL && !read_ssl(value, len, h))
			return false;
	}
	return whole;
}

static void
read_ends(const unsigned char *s, unsigned family, struct proxy_header *h)
{
	size_t size = family == V2_INET ? 4 : 16;

	if (family == V2_INET) {
		ip_from_v4(h->remote.ip, s);
		ip_from_v4(h->local.ip, s + size);
	} else {
		memcpy(h->remote.ip, s, size);
		memcpy(h->local.ip, s + size, size);
	}
	h->remote.port = (uint16_t)get16(s + 2 * size);
	h->local.port = (uint16_t)get16(s + 2 * size + 2);
	h->relayed = true;
}

static bool
parse_v2(const unsigned char *s, size_t n, struct proxy_header *h)
{
	static const size_t bytes[V2_FAMILIES] = { 0, 12, 36, 216 };
	unsigned family = s[13] >> 4, transport = s[13] & 15;

	if (s[12] == V2_LOCAL)
		return true;                    /* whatever else it says is to be ignored */
	if (s[12] != V2_PROXY || family >= V2_FAMILIES || transport > V2_DGRAM)
		return false;
	if (family == V2_UNSPEC || transport == 0)
		return true;                    /* what follows is of unknown form */
	if (n - V2_HEAD < bytes[family])
		return false;
	if (transport == V2_STREAM && family != V2_UNIX)
		read_ends(s + V2_HEAD, family, h);
	return read_facts(s, n, s + V2_HEAD + bytes[family], h);
}

bool
proxy_parse(const unsigned char *s, size_t n, struct proxy_header *h)
{
	size_t used;

	memset(h, 0, sizeof *h);
	if (proxy_end(s, n, &used) != PROXY_WHOLE || used != n)
		return false;
	return s[0] == signature[0] ? parse_v2(s, n, h) : parse_v1(s, n, h);
}

/* reading */

static const char *
trouble(int error)
{
	return error == ETIMEDOUT ? "it did not come in time" : strerror(error);
}

/* wait for bytes; false: errno */
static bool
wait_for(int fd, int64_t until_ms)
{
	int r = fd_wait(fd, POLLIN, until_ms);

	errno = r ? errno : ETIMEDOUT;
	return r > 0;
}

const char *
proxy_read(int fd, int timeout_ms, struct proxy_header *h)
{
	int64_t until_ms = clock_mono_ms() + timeout_ms;
	unsigned char s[PROXY_MAX];
	enum proxy_result result = PROXY_PART;
	size_t n = 0, used = 0;
	ssize_t seen;

	while (result != PROXY_WHOLE) {
		if (!wait_for(fd, until_ms) || (seen = recv(fd, s + n, sizeof s - n, MSG_PEEK)) < 0)
			return trouble(errno);
		if (seen == 0)
			return n ? "it is cut" : "nothing came";
		result = proxy_end(s, n + (size_t)seen, &used);
		if (result == PROXY_WRONG)
			return "something else came";
		if (result == PROXY_PART)
			used = n + (size_t)seen;
		/* what was seen is there to be had whole; what follows the header stays */
		if (recv(fd, s + n, used - n, 0) != (ssize_t)(used - n))
			return trouble(EIO);
		n = used;
	}
	return proxy_parse(s, n, h) ? 0 : "it makes no sense";
}
