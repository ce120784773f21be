/* rules: golden bytes of a database, the order of keys, every limit, every cut-off */
#include "wire/rules.h"

#include <cdb.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "scratch.h"
#include "tap.h"

static const char path[] = "rules.cdb";

struct pair {
	const char *key, *data;
	size_t len;
};

#define DENY "D\0", 2
#define ALLOW "", 0
#define SETS(s) s, sizeof s             /* with the 0 at the end of the string */

static void
make(const struct pair *p, size_t n)
{
	struct cdb_make c;
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	size_t i;

	cdb_make_start(&c, fd);
	for (i = 0; i < n; i++)
		cdb_make_add(&c, p[i].key, (unsigned)strlen(p[i].key), p[i].data, (unsigned)p[i].len);
	cdb_make_finish(&c);
	close(fd);
}

/* RESULT:KEY:VARS for the given peer */
static const char *
find(const struct rules *r, const char *ip, const char *host, const char *info)
{
	static const char *const name[] = { "none", "allow", "deny", "damaged" };
	struct rules_peer p = { ip, host, info };
	enum rules_result result;
	static char out[2000];
	static struct rule rule;
	size_t i;

	result = rules_find(r, &p, &rule);
	strcpy(out, name[result]);
	if (result != RULES_NONE)
		strcat(strcat(out, " "), rule.key);
	for (i = 0; i < rule.vars && i < 3; i++)
		strcat(strcat(out, " "), rule.var[i]);
	return out;
}

static void
test_order(void)
{
	static const struct pair all[] = {
		{ "me@1.2.3.4", SETS("+N=1") }, { "me@=a.b.example", SETS("+N=2") }, { "1.2.3.4", SETS("+N=3") },
		{ "=a.b.example", SETS("+N=4") }, { "1.2.3.", SETS("+N=5") }, { "1.2.", SETS("+N=6") },
		{ "1.", SETS("+N=7") }, { "=.b.example", SETS("+N=8") }, { "=.example", SETS("+N=9") },
		{ "=", SETS("+N=10") }, { "", SETS("+N=11") },
	};
	static const char *const want[] = {
		"allow me@1.2.3.4 N=1", "allow me@=a.b.example N=2", "allow 1.2.3.4 N=3", "allow =a.b.example N=4",
		"allow 1.2.3. N=5", "allow 1.2. N=6", "allow 1. N=7", "allow =.b.example N=8", "allow =.example N=9",
		"allow = N=10", "allow  N=11", "none",
	};
	size_t n = sizeof all / sizeof *all, i;

	for (i = 0; i <= n; i++) {
		struct rules r = { 0 };

		make(all + i, n - i);
		ok(rules_load(&r, path), "a database loads");
		same(find(&r, "1.2.3.4", "a.b.example", "me"), want[i], "the keys are tried in tcprules' order");
		if (i == 8)
			same(find(&r, "1.2.3.4", 0, 0), "allow  N=11", "without a name no key that begins with =");
		rules_free(&r);
	}
}

static void
test_ipv6(void)
{
	static const struct pair all[] = {
		{ "2001:db8::1", SETS("+N=exact") }, { "2001:db8::/64", SETS("+N=64") },
		{ "2001:db8::/47", SETS("+N=47") }, { "2001:db8::/32", DENY }, { "::/0", SETS("+N=all") },
		{ "2001:db8::8/128", SETS("+N=128") }, { "2001:db8::/129", DENY }, { "2001:db8:1/48", DENY },
		{ "1.", DENY },
	};
	struct rules r = { 0 };

	make(all, sizeof all / sizeof *all);
	ok(rules_load(&r, path), "a database with networks loads");
	same(find(&r, "2001:db8::1", 0, 0), "allow 2001:db8::1 N=exact", "an address goes before its networks");
	same(find(&r, "2001:db8::8", 0, 0), "allow 2001:db8::8/128 N=128", "a network may be one address");
	same(find(&r, "2001:db8::2", 0, 0), "allow 2001:db8::/64 N=64", "the longest network counts");
	same(find(&r, "2001:db8:1::2", 0, 0), "allow 2001:db8::/47 N=47", "a length need not be a multiple of anything");
	same(find(&r, "2001:db8:2::2", 0, 0), "deny 2001:db8::/32", "then a shorter one");
	same(find(&r, "2001:db9::2", 0, 0), "allow ::/0 N=all", "and at last the one of all");
	same(find(&r, "2.3.4.5", 0, 0), "none", "IPv4 addresses are in no IPv6 network");
	same(find(&r, "1.3.4.5", 0, 0), "deny 1.", "and have their own");
	rules_free(&r);
	ok(!r.file.s && !r.length[64], "rules_free leaves nothing");
	same(find(&r, "1.3.4.5", 0, 0), "none", "no database, no rule");
}

static void
test_data(void)
{
	static char many[RULES_VARS * 5 + 5];
	struct pair all[] = {
		{ "1.", "+A=b\0D\0+C=\0", 11 }, { "2.", "+A=b", 4 }, { "3.", SETS("X") }, { "4.", SETS("+A") },
		{ "5.", SETS("+=b") }, { "6.", SETS("DD") }, { "7.", "\0", 1 }, { "8.", many, RULES_VARS * 5 },
		{ "9.", many, sizeof many }, { "10.", SETS("+A=b=c") }, { "10.", DENY },
	};
	struct rules r = { 0 };
	size_t i;

	for (i = 0; i < sizeof many; i += 5)
		memcpy(many + i, "+A=b", 5);
	make(all, sizeof all / sizeof *all);
	ok(rules_load(&r, path), "what is inside the data does not matter to loading");
	same(find(&r, "1.1.1.1", 0, 0), "deny 1. A=b C=", "the items may come in any order");
	same(find(&r, "2.1.1.1", 0, 0), "damaged 2.", "an item without its 0 spoils the rule");
	same(find(&r, "3.1.1.1", 0, 0), "damaged 3.", "so does one of unknown kind");
	same(find(&r, "4.1.1.1", 0, 0), "damaged 4.", "a variable without =");
	same(find(&r, "5.1.1.1", 0, 0), "damaged 5.", "a variable without a name");
	same(find(&r, "6.1.1.1", 0, 0), "damaged 6.", "D with something behind it");
	same(find(&r, "7.1.1.1", 0, 0), "damaged 7.", "an empty item");
	same(find(&r, "8.1.1.1", 0, 0), "allow 8. A=b A=b A=b", "as many variables as there may be");
	ok(strncmp(find(&r, "9.1.1.1", 0, 0), "damaged 9.", 10) == 0, "one more is too many");
	same(find(&r, "10.1.1.1", 0, 0), "allow 10. A=b=c", "of two rules with one key the first counts");
	rules_free(&r);
}

static void
test_long_keys(void)
{
	char key[RULES_KEY + 10], host[RULES_KEY + 10];
	struct pair all[] = { { key, SETS("+N=long") }, { "", SETS("+N=rest") } };
	struct rules r = { 0 };

	memset(host, 'a', sizeof host);
	host[RULES_KEY - 3] = 0;
	key[0] = '=';
	strcpy(key + 1, host);
	make(all, 2);
	ok(rules_load(&r, path), "a database with a long key loads");
	ok(strstr(find(&r, "1.2.3.4", host, 0), "N=long") != 0, "the longest key is found");
	host[RULES_KEY - 3] = 'a';
	host[RULES_KEY - 2] = 0;
	same(find(&r, "1.2.3.4", host, 0), "allow  N=rest", "a longer one is not looked for");
	rules_free(&r);
}

/* every look-up ends and stays inside the file, whatever is in it; ASan watches */
static void
probe(const char *bytes, size_t n, int *loaded, int *odd)
{
	static const char *const ip[] = { "1.2.3.4", "1.9.9.9", "2001:db8::1", "9.9.9.9" };
	struct rules r = { 0 };
	size_t i;

	scratch_file(path, bytes, n);
	if (!rules_load(&r, path)) {
		*odd += errno != EPROTO || r.file.s != 0;
		return;
	}
	++*loaded;
	for (i = 0; i < sizeof ip / sizeof *ip; i++)
		(void)find(&r, ip[i], "a.example", 0);
	rules_free(&r);
}

static void
test_damage(void)
{
	static const struct pair all[] = {
		{ "1.2.3.4", SETS("+N=1") }, { "1.", DENY }, { "2001:db8::/32", ALLOW }, { "=.example", ALLOW },
		{ "", SETS("+N=2") },
	};
	static char whole[8192], bad[8192];
	int fd, loaded = 0, odd = 0;
	size_t n, i;

	make(all, sizeof all / sizeof *all);
	fd = open(path, O_RDONLY);
	n = (size_t)read(fd, whole, sizeof whole);
	close(fd);
	for (i = 0; i < n; i++)
		probe(whole, i, &loaded, &odd);
	ok(loaded == 0, "no cut database loads");
	ok(odd == 0, "each is refused with EPROTO and leaves nothing");
	probe(whole, n, &loaded, &odd);
	ok(loaded == 1, "the whole one does");
	for (i = 0; i < n; i += i < 2048 ? 7 : 1) {
		memcpy(bad, whole, n);
		bad[i] = (char)(bad[i] ^ 0x41);
		probe(bad, n, &loaded, &odd);
		memset(bad + i, 0xff, n - i < 4 ? n - i : 4);
		probe(bad, n, &loaded, &odd);
	}
	ok(odd == 0, "changed bytes are refused, or every look-up stays inside");
	memset(bad, 0, sizeof bad);
	loaded = 0;
	probe(bad, 2048, &loaded, &odd);
	ok(loaded == 0, "2048 zeros are no database");
}

static void
test_trouble(void)
{
	struct rules r = { 0 };

	ok(!rules_load(&r, "/nonexistent/rules.cdb") && errno == ENOENT, "a missing file is ENOENT");
	ok(!rules_load(&r, "/") && errno == EISDIR, "a directory is EISDIR");
	if (truncate(path, (off_t)RULES_FILE_MAX + 1) == 0)
		ok(!rules_load(&r, path) && errno == EMSGSIZE, "a file over the limit is EMSGSIZE");
	ok(r.file.s == 0, "and nothing is kept");
}

static void
test_text(void)
{
	static const struct { const char *in, *out; } t[] = {
		{ "::", "::" }, { "::1", "::1" }, { "1::", "1::" }, { "2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1" },
		{ "2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1" }, { "1:0:0:2:0:0:0:3", "1:0:0:2::3" },
		{ "::ffff:192.0.2.1", "192.0.2.1" }, { "::192.0.2.1", "::c000:201" }, { "0.0.0.0", "0.0.0.0" },
		{ "255.255.255.255", "255.255.255.255" }, { "fe80:0:0:0:0:0:0:0", "fe80::" },
		{ "0:0:1:0:0:0:0:0", "0:0:1::" }, { "0102:0030:0400:5000:0:0:0:0", "102:30:400:5000::" },
		{ "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" },
	};
	static const char *const bad[] = { "", "1.2.3", "1.2.3.4.5", "1.2.3.256", ":::", "1::2::3", "fe80::1%lo", "x" };
	unsigned char ip[16];
	char text[IP_TEXT];
	size_t i;

	for (i = 0; i < sizeof t / sizeof *t; i++) {
		ok(ip_read(t[i].in, ip), "an address is read");
		ok(ip_text(text, ip) == strlen(t[i].out), "its length is right");
		same(text, t[i].out, "and it has one text");
	}
	for (i = 0; i < sizeof bad / sizeof *bad; i++)
		ok(!ip_read(bad[i], ip), "what is no address is refused");
}

static void
test_mask(void)
{
	static const struct { unsigned n; const char *out; } t[] = {
		{ 128, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" }, { 127, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe" },
		{ 33, "ffff:ffff:8000::" }, { 32, "ffff:ffff::" }, { 9, "ff80::" }, { 8, "ff00::" }, { 1, "8000::" },
		{ 0, "::" },
	};
	unsigned char ip[16];
	char text[IP_TEXT];
	size_t i;

	for (i = 0; i < sizeof t / sizeof *t; i++) {
		memset(ip, 0xff, sizeof ip);
		ip_mask(ip, t[i].n);
		ip_text(text, ip);
		same(text, t[i].out, "a mask keeps the first bits");
	}
}

int
main(void)
{
	scratch();
	test_order();
	test_ipv6();
	test_data();
	test_long_keys();
	test_damage();
	test_trouble();
	test_text();
	test_mask();
	return done();
}
