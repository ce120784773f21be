/* pneu-tcprules - compile rules about who may connect, or explain what a database says about an address
 *
 * fd 0  the rules, one per line          fd 1  with -e the answer          fd 2  messages
 * exit  0 done, 100 wrong usage, a wrong rule, a damaged database, 111 trouble with the system
 * Invariant: the database under its own name is always a whole one. The new one is complete and on disk
 * before it gets that name; after any error the old one stays. */
#include <cdb.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/file.h"
#include "lib/in.h"
#include "lib/ip.h"
#include "lib/msg.h"
#include "lib/num.h"
#include "lib/out.h"
#include "wire/rules.h"

#define LINE_BYTES 65536
#define ADDRESS_BYTES 500               /* with a network length added it stays below RULES_KEY */

struct compiler {
	struct cdb_make cdb;
	const char *tmp;
	struct buf data;                /* of the line at hand */
	unsigned long line;
};

static _Noreturn void
usage(void)
{
	die_say(EX_HARD, "usage: pneu-tcprules FILE.cdb FILE.tmp < rules, or pneu-tcprules -e IP FILE.cdb");
}

static _Noreturn void
fail(const struct compiler *c, const char *what)
{
	int e = errno;

	(void)unlink(c->tmp);
	errno = e;
	die_sys(EX_SOFT, what, " ", c->tmp);
}

static _Noreturn void
bad_line(const struct compiler *c, const char *why, const char *text)
{
	char n[24];

	(void)unlink(c->tmp);
	snprintf(n, sizeof n, "line %lu: ", c->line);
	die_say(EX_HARD, n, why, ": ", text);
}

static void
never_applies(const struct compiler *c, const char *address)
{
	char n[24];

	snprintf(n, sizeof n, "line %lu: ", c->line);
	warn_say(n, "no client has this address, the rule never applies: ", address);
}

static void
add(struct compiler *c, const char *key)
{
	if (cdb_make_add(&c->cdb, key, (unsigned)strlen(key), c->data.s, (unsigned)c->data.len) != 0)
		fail(c, "write");
}

/* a number from 0 to 255 as it is written in an address: "010" is none */
static bool
is_octet(const char *s, size_t len)
{
	uint64_t n;

	return num_span(s, len, 0, 255, &n) && (len == 1 || s[0] != '0');
}

/* 1. 1.2. 1.2.3. 1.2.3.4; with whole only the last form */
static bool
is_dotted(const char *s, bool whole)
{
	int octets;
	size_t len;

	for (octets = 1; octets <= 4; octets++) {
		len = strspn(s, "0123456789");
		if (!is_octet(s, len))
			return false;
		s += len;
		if (*s == 0)
			return octets == 4;
		if (*s++ != '.')
			return false;
		if (*s == 0)
			return octets < 4 && !whole;
	}
	return false;
}

/* 1.2.3.37-53 and 10.2-3. become one key for each number */
static void
add_range(struct compiler *c, const char *address)
{
	size_t dash = strcspn(address, "-"), from = dash, to = dash + 1, to_len = strcspn(address + to, ".");
	char key[ADDRESS_BYTES + NUM_DEC + 1];
	uint64_t low, high;

	while (from && address[from - 1] != '.')
		from--;
	if (!num_span(address + from, dash - from, 0, 255, &low) || !num_span(address + to, to_len, low, 255, &high))
		bad_line(c, "this range is not LOW-HIGH with numbers up to 255", address);
	if (strchr(address + to, '-'))
		bad_line(c, "only one range in an address", address);
	for (; low <= high; low++) {
		snprintf(key, sizeof key, "%.*s%u%s", (int)from, address, (unsigned)low, address + to + to_len);
		if (!is_dotted(key, false))
			bad_line(c, "not a range of IPv4 addresses", address);
		add(c, key);
	}
}

/* an IPv6 address or ADDRESS/LENGTH, written as tcpd will look for it; before it stand info_len bytes of address */
static void
add_ipv6(struct compiler *c, const char *address, size_t info_len)
{
	const char *text = address + info_len, *slash = strchr(text, '/');
	size_t len = slash ? (size_t)(slash - text) : strlen(text);
	char key[ADDRESS_BYTES + IP_TEXT + NUM_DEC], plain[IP_TEXT];
	unsigned char ip[16], net[16];
	uint64_t bits = IP_BITS;

	if (len >= sizeof plain)
		bad_line(c, "not an IPv6 address", address);
	memcpy(plain, text, len);
	plain[len] = 0;
	if (!ip_read(plain, ip))
		bad_line(c, "not an IPv6 address", address);
	if (slash && !num_u64(slash + 1, 0, IP_BITS, &bits))
		bad_line(c, "the length of a network is a number from 0 to 128", address);
	memcpy(net, ip, sizeof net);
	ip_mask(net, (unsigned)bits);
	if (memcmp(net, ip, sizeof net) != 0)
		bad_line(c, "the address has bits beyond the length of the network", address);
	ip_text(plain, ip);
	if (slash && !strchr(plain, ':'))
		bad_line(c, "write an IPv4 network as 1.2.3.", address);
	if (slash && info_len)
		bad_line(c, "INFO@ needs a whole address", address);
	if (slash)
		snprintf(key, sizeof key, "%s/%u", plain, (unsigned)bits);
	else
		snprintf(key, sizeof key, "%.*s%s", (int)info_len, address, plain);
	add(c, key);
}

static void
add_address(struct compiler *c, const char *address)
{
	const char *at = strrchr(address, '@'), *ip = at ? at + 1 : address;

	if (strlen(address) > ADDRESS_BYTES)
		bad_line(c, "address too long", address);
	if (strpbrk(address, " \t"))
		bad_line(c, "blank in an address", address);
	if (*ip == '=' || *address == 0) {
		add(c, address);
	} else if (strchr(ip, ':')) {
		add_ipv6(c, address, (size_t)(ip - address));
	} else if (!at && strchr(ip, '-')) {
		add_range(c, address);
	} else {
		if (!is_dotted(ip, at != 0))
			never_applies(c, address);
		add(c, address);
	}
}

static bool
ends_word(char c)
{
	return c == 0 || c == ',';
}

/* An IPv6 address has colons too: the colon that counts is the first with an instruction behind it. */
static char *
find_instruction(char *line)
{
	char *colon;

	for (colon = strchr(line, ':'); colon; colon = strchr(colon + 1, ':'))
		if ((strncmp(colon + 1, "allow", 5) == 0 && ends_word(colon[6])) ||
		    (strncmp(colon + 1, "deny", 4) == 0 && ends_word(colon[5])))
			return colon;
	return 0;
}

static bool
put_variable(struct buf *data, const char *name, size_t name_len, const char *value, size_t value_len)
{
	return buf_byte(data, '+') && buf_put(data, name, name_len) && buf_byte(data, '=') &&
	    buf_put(data, value, value_len) && buf_byte(data, 0);
}

/* PROXY is a word to pneu-tcpd; to tcpserver it is a variable like any other */
static void
check_proxy(const struct compiler *c, const char *var, const char *end)
{
	static const char name[] = "PROXY=";
	const char *value = var + sizeof name;          /* behind the quote */
	char n[24];

	if (strncmp(var, name, sizeof name - 1) != 0 || end == value || (end == value + 1 && (*value == '0' || *value == '1')))
		return;
	snprintf(n, sizeof n, "line %lu: ", c->line);
	warn_say(n, "pneu-tcpd will let nobody in, PROXY is neither 1 nor 0: ", var);
}

/* allow or deny, then ,NAME="value" with any quote that stands at both ends */
static void
read_instructions(struct compiler *c, const char *s)
{
	const char *value, *end;
	size_t vars, name_len;

	buf_clear(&c->data);
	if (!buf_room(&c->data, 2) || (*s == 'd' && !buf_put(&c->data, "D", 2)))
		fail(c, "make");
	s += strcspn(s, ",");
	for (vars = 0; *s == ','; vars++, s = end + 1) {
		name_len = strcspn(++s, "=");
		if (name_len == 0 || s[name_len] == 0 || s[name_len + 1] == 0)
			bad_line(c, "a variable is written NAME=\"value\"", s);
		value = s + name_len + 2;
		if (!(end = strchr(value, value[-1])))
			bad_line(c, "the quote is not closed", s);
		if (vars == RULES_VARS)
			bad_line(c, "too many variables", s);
		check_proxy(c, s, end);
		if (!put_variable(&c->data, s, name_len, value, (size_t)(end - value)))
			fail(c, "make");
	}
	if (*s)
		bad_line(c, "only a comma may follow", s);
}

static void
read_line(struct compiler *c, struct buf *line)
{
	char *colon;

	while (line->len && strchr(" \t\r", line->s[line->len - 1]))
		buf_cut(line, line->len - 1);
	if (line->len == 0 || line->s[0] == '#')
		return;
	if (strlen(line->s) != line->len)
		bad_line(c, "holds a NUL", line->s);
	if (!(colon = find_instruction(line->s)))
		bad_line(c, "neither :allow nor :deny", line->s);
	*colon = 0;
	read_instructions(c, colon + 1);
	add_address(c, line->s);
}

static void
read_rules(struct compiler *c)
{
	static char space[16384];
	struct buf line = BUF(LINE_BYTES);
	struct in in;

	in_init(&in, 0, space, sizeof space, -1);
	for (c->line = 1;; c->line++)
		switch (in_line(&in, &line, '\n')) {
		case IN_LINE:
		case IN_CUT:            /* the last newline may be missing */
			read_line(c, &line);
			break;
		case IN_END:
			buf_free(&line);
			return;
		case IN_LONG:
			bad_line(c, "too long", "");
		case IN_TROUBLE:
		default:
			(void)unlink(c->tmp);
			die_sys(EX_SOFT, "read the rules");
		}
}

static int
compile(const char *file, const char *tmp)
{
	struct compiler c = { .tmp = tmp, .data = BUF(LINE_BYTES) };
	struct stat st;
	int fd;

	if (strcmp(file, tmp) == 0)
		die_say(EX_HARD, "the two files must differ");
	fd = open(tmp, O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0)
		die_sys(EX_SOFT, "create ", tmp);
	if (cdb_make_start(&c.cdb, fd) != 0)
		fail(&c, "write");
	read_rules(&c);
	if (cdb_make_finish(&c.cdb) != 0 || fstat(fd, &st) != 0)
		fail(&c, "write");
	if (st.st_size > RULES_FILE_MAX) {
		(void)unlink(tmp);
		die_say(EX_HARD, "too many rules: the database is larger than tcpd reads");
	}
	if (fsync(fd) != 0 || close(fd) != 0)
		fail(&c, "write");
	if (rename(tmp, file) != 0)
		fail(&c, "rename");
	if (!file_sync_parent(file))           /* the new rules count, but a power cut may bring the old ones back */
		die_sys(EX_SOFT, "sync the directory of ", file);
	buf_free(&c.data);
	return 0;
}

static int
explain(const char *ip, const char *file)
{
	struct rules_peer peer = { .host = getenv("TCPREMOTEHOST"), .info = getenv("TCPREMOTEINFO") };
	enum rules_result result;
	struct rules rules = { 0 };
	char text[IP_TEXT], space[512];
	unsigned char addr[16];
	struct rule rule;
	struct out out;
	size_t i;

	if (!ip_read(ip, addr))
		die_say(EX_HARD, "not an IP address: ", ip);
	ip_text(text, addr);
	peer.ip = text;
	if (!rules_load(&rules, file))
		die_sys(errno == EPROTO ? EX_HARD : EX_SOFT, "use ", file);
	result = rules_find(&rules, &peer, &rule);
	if (result == RULES_DAMAGED)
		die_say(EX_HARD, file, " is damaged at the rule for: ", rule.key);
	out_init(&out, 1, space, sizeof space, -1);
	out_puts(&out, result == RULES_NONE ? "default" : "rule ");
	out_puts(&out, result == RULES_NONE ? "" : rule.key);
	out_puts(&out, ":\n");
	for (i = 0; i < rule.vars && result != RULES_DENY; i++) {        /* who is denied gets none */
		out_puts(&out, "set environment variable ");
		out_puts(&out, rule.var[i]);
		out_byte(&out, '\n');
	}
	out_puts(&out, result == RULES_DENY ? "deny connection\n" : "allow connection\n");
	if (!out_flush(&out))
		die_sys(EX_SOFT, "write the answer");
	rules_free(&rules);
	return 0;
}

int
main(int argc, char **argv)
{
	const char *ip = 0;
	int opt;

	msg_name("pneu-tcprules");
	opterr = 0;
	while ((opt = getopt(argc, argv, "e:")) != -1)
		switch (opt) {
		case 'e':
			ip = optarg;
			break;
		default:
			usage();
		}
	if (argc - optind != (ip ? 1 : 2))
		usage();
	return ip ? explain(ip, argv[optind]) : compile(argv[optind], argv[optind + 1]);
}
