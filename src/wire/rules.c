#include "wire/rules.h"

#include <cdb.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "lib/file.h"
#include "lib/ip.h"
#include "lib/num.h"

#define CDB_HEAD 2048u                  /* 256 pairs: where a hash table is, how many slots it has */

struct record {
	const char *key, *data;
	size_t key_len, data_len, all;
};

static uint32_t
number_at(const struct rules *r, size_t at)
{
	return cdb_unpack((const unsigned char *)r->file.s + at);
}

/* the record at this offset, if all of it is there */
static bool
record_at(const struct rules *r, size_t at, struct record *rec)
{
	size_t left;

	if (at < CDB_HEAD || at > r->file.len || (left = r->file.len - at) < 8)
		return false;
	left -= 8;
	rec->key_len = number_at(r, at);
	rec->data_len = number_at(r, at + 4);
	if (rec->key_len > left || rec->data_len > left - rec->key_len)
		return false;
	rec->key = r->file.s + at + 8;
	rec->data = rec->key + rec->key_len;
	rec->all = 8 + rec->key_len + rec->data_len;
	return true;
}

/* NETWORK/LENGTH: remember that this length is worth a look */
static void
note_length(struct rules *r, const struct record *rec)
{
	const char *slash = memchr(rec->key, '/', rec->key_len);
	uint64_t n;

	if (!slash || !memchr(rec->key, ':', rec->key_len))
		return;
	slash++;
	if (num_span(slash, (size_t)(rec->key + rec->key_len - slash), 0, IP_BITS, &n))
		r->length[n] = true;
}

/* The hash tables lie one after the other behind the records and fill the file to its end.
 * With this true, no look-up leaves the file; record_at sees to the records. */
static bool
check(struct rules *r)
{
	size_t at = CDB_HEAD, data_end, table, slots, i;
	struct record rec;

	if (r->file.len < CDB_HEAD)
		return false;
	data_end = number_at(r, 0);
	for (i = 0; i < 256; i++) {
		table = number_at(r, 8 * i);
		slots = number_at(r, 8 * i + 4);
		if (table < data_end || table > r->file.len || slots > (r->file.len - table) / 8)
			return false;
	}
	for (; at < data_end; at += rec.all) {
		if (!record_at(r, at, &rec))
			return false;
		note_length(r, &rec);
	}
	return at == data_end;
}

bool
rules_load(struct rules *r, const char *path)
{
	r->file.max = RULES_FILE_MAX;
	if (!file_read(AT_FDCWD, path, &r->file)) {
		int e = errno;

		rules_free(r);
		errno = e;
		return false;
	}
	if (!check(r)) {
		rules_free(r);
		errno = EPROTO;
		return false;
	}
	return true;
}

void
rules_free(struct rules *r)
{
	buf_free(&r->file);
	memset(r->length, 0, sizeof r->length);
}

static bool
read_data(const char *at, size_t left, struct rule *rule, bool *deny)
{
	const char *end, *is;

	*deny = false;
	for (rule->vars = 0; left; left -= (size_t)(end + 1 - at), at = end + 1) {
		if (!(end = memchr(at, 0, left)))
			return false;
		if (at[0] == 'D' && end == at + 1) {
			*deny = true;
			continue;
		}
		if (at[0] != '+' || !(is = strchr(at, '=')) || is == at + 1 || rule->vars == RULES_VARS)
			return false;
		rule->var[rule->vars++] = at + 1;
	}
	return true;
}

/* what the database has under rule->key */
static enum rules_result
look_up(const struct rules *r, struct rule *rule, size_t len)
{
	uint32_t hash = cdb_hash(rule->key, (unsigned)len);
	size_t table = number_at(r, 8 * (hash & 255)), slots = number_at(r, 8 * (hash & 255) + 4);
	size_t i, slot, at;
	struct record rec;
	bool deny;

	for (i = 0; i < slots; i++) {
		slot = table + 8 * (((hash >> 8) % slots + i) % slots);
		at = number_at(r, slot + 4);
		if (at == 0)
			return RULES_NONE;
		if (number_at(r, slot) != hash)
			continue;
		if (!record_at(r, at, &rec))
			return RULES_DAMAGED;
		if (rec.key_len != len || memcmp(rec.key, rule->key, len) != 0)
			continue;
		if (!read_data(rec.data, rec.data_len, rule, &deny))
			return RULES_DAMAGED;
		return deny ? RULES_DENY : RULES_ALLOW;
	}
	return RULES_NONE;
}

/* the key "INFO@" (or nothing) and "=" (or nothing) and len bytes of s */
static enum rules_result
try_key(const struct rules *r, struct rule *rule, const char *info, const char *mark, const char *s, size_t len)
{
	size_t info_len = info ? strlen(info) : 0, mark_len = strlen(mark), n = 0;

	if (info_len + mark_len + len + 2 > RULES_KEY)
		return RULES_NONE;
	if (info) {
		memcpy(rule->key, info, info_len);
		n = info_len;
		rule->key[n++] = '@';
	}
	memcpy(rule->key + n, mark, mark_len);
	n += mark_len;
	if (len)
		memcpy(rule->key + n, s, len);
	n += len;
	rule->key[n] = 0;
	return look_up(r, rule, n);
}

static enum rules_result
try_dotted(const struct rules *r, struct rule *rule, const char *ip)
{
	enum rules_result result = RULES_NONE;
	size_t n = strlen(ip);

	for (; n && result == RULES_NONE; n--)
		if (ip[n - 1] == '.')
			result = try_key(r, rule, 0, "", ip, n);
	return result;
}

static enum rules_result
try_networks(const struct rules *r, struct rule *rule, const char *text)
{
	enum rules_result result = RULES_NONE;
	unsigned char ip[16];
	char net[IP_TEXT + NUM_DEC];
	size_t len;
	int n;

	if (!ip_read(text, ip))
		return RULES_NONE;
	for (n = IP_BITS; n >= 0 && result == RULES_NONE; n--) {
		if (!r->length[n])
			continue;
		ip_mask(ip, (unsigned)n);
		len = ip_text(net, ip);
		net[len++] = '/';
		len += num_dec(net + len, (uint64_t)n);
		result = try_key(r, rule, 0, "", net, len);
	}
	return result;
}

static enum rules_result
try_domains(const struct rules *r, struct rule *rule, const char *host)
{
	enum rules_result result = RULES_NONE;
	const char *dot;

	for (dot = strchr(host, '.'); dot && result == RULES_NONE; dot = strchr(dot + 1, '.'))
		result = try_key(r, rule, 0, "=", dot, strlen(dot));
	return result;
}

enum rules_result
rules_find(const struct rules *r, const struct rules_peer *p, struct rule *rule)
{
	enum rules_result result = RULES_NONE;
	size_t ip_len = strlen(p->ip), host_len = p->host ? strlen(p->host) : 0;

	rule->vars = 0;
	rule->key[0] = 0;
	if (!r->file.s)
		return RULES_NONE;
	if (p->info)
		result = try_key(r, rule, p->info, "", p->ip, ip_len);
	if (p->info && p->host && result == RULES_NONE)
		result = try_key(r, rule, p->info, "=", p->host, host_len);
	if (result == RULES_NONE)
		result = try_key(r, rule, 0, "", p->ip, ip_len);
	if (p->host && result == RULES_NONE)
		result = try_key(r, rule, 0, "=", p->host, host_len);
	if (result == RULES_NONE)
		result = strchr(p->ip, ':') ? try_networks(r, rule, p->ip) : try_dotted(r, rule, p->ip);
	if (p->host && result == RULES_NONE)
		result = try_domains(r, rule, p->host);
	if (p->host && result == RULES_NONE)
		result = try_key(r, rule, 0, "=", "", 0);
	if (result == RULES_NONE)
		result = try_key(r, rule, 0, "", "", 0);
	return result;
}
