/* mailboxes: lists of addresses as headers write them */
#include "mail/mailboxes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tap.h"

/* all of a list: each address and what is written where its domain goes, or "BAD why" */
static const char *
walk(const char *list)
{
	static char out[20000];
	size_t n = strlen(list), at = 0;
	char *copy = malloc(n ? n : 1);         /* so that a byte too far is seen */
	struct mailboxes m;
	struct mailbox b;
	enum mailboxes_result r;

	memcpy(copy, list, n);
	mailboxes_init(&m, copy, n);
	*out = 0;
	while ((r = mailboxes_next(&m, &b)) == MAILBOXES_GOT && at < sizeof out - 3000)
		at += (size_t)snprintf(out + at, sizeof out - at, "%s[%zu:%.*s] ", b.s, b.local, (int)(b.end - b.domain_at), copy + b.domain_at);
	if (r == MAILBOXES_BAD)
		snprintf(out + at, sizeof out - at, "BAD %s: %.*s", m.why, (int)(n - m.bad_at), copy + m.bad_at);
	free(copy);
	return out;
}

static const struct {
	const char *list, *is;
} cases[] = {
	{ "", "" },
	{ " \t\n , ;; (nothing)", "" },
	{ "joe", "joe[3:] " },
	{ "joe@a.example", "joe@a.example[3:a.example] " },
	{ "joe@a.example.", "joe@a.example[3:a.example.] " },
	{ "Joe Smith <joe>", "joe[3:] " },
	{ "\"Smith, Joe\" <joe@a>, ann", "joe@a[3:a] ann[3:] " },
	{ "<>", "[0:] " },
	{ "< (nobody) >", "[0:] " },
	{ "joe (a (b) \\) c) @ (d) a . b (e)", "joe@a.b[3:a . b] " },
	{ "<joe (x)> , <@r, @s : ann @ b>", "joe[3:] ann@b[3:b] " },
	{ "friends: joe, Ann <ann@b>;, last", "joe[3:] ann@b[3:b] last[4:] " },
	{ "nobody:;", "" },
	{ "a; b;c", "a[1:] b[1:] c[1:] " },
	{ "joe ann\n bob@c", "joe[3:] ann[3:] bob@c[3:c] " },
	{ "A <a@x> B <b@x>", "a@x[1:x] b@x[1:x] " },
	{ "\"a b\"@c", "a b@c[3:c] " },
	{ "\"a\\\"\\\\b\".c.\"\"@d", "a\"\\b.c.@d[7:d] " },
	{ "a..b.@c, .d@e", "a..b.@c[5:c] .d@e[2:e] " },
	{ "\\joe, a\\,b", "joe[3:] a,b[3:] " },
	{ "joe@[192.0.2.1], ann@[IPv6:::1]", "joe@[192.0.2.1][3:[192.0.2.1]] ann@[IPv6:::1][3:[IPv6:::1]] " },
	{ "j\303\266 <j\303\266@\303\266.x>", "j\303\266@\303\266.x[3:\303\266.x] " },
	{ "joe@here+, list-@[]", "joe@here+[3:here+] list-@[][5:[]] " },
	{ "|/bin/sh, /etc/passwd, a!b%c", "|/bin/sh[8:] /etc/passwd[11:] a!b%c[5:] " },
	{ "a@b@c", "BAD an address has more than one host: a@b@c" },
	{ "ok, a@", "ok[2:] BAD an address is expected:  a@" },
	{ "@b", "BAD an address is expected: @b" },
	{ "<a", "BAD a '>' is missing: <a" },
	{ "<a b>", "BAD a '>' is missing: <a b>" },
	{ "<<a>>", "BAD an address is expected: <<a>>" },
	{ "a>", "a[1:] BAD an address is expected: >" },
	{ "(a", "BAD a comment does not end: (a" },
	{ "(a\\", "BAD a comment does not end: (a\\" },
	{ "\"a", "BAD a quote does not end: \"a" },
	{ "\"a\\\"", "BAD a quote does not end: \"a\\\"" },
	{ "a\\", "BAD a backslash quotes nothing: a\\" },
	{ "a\\\n b", "BAD a backslash quotes nothing: a\\\n b" },
	{ "a@b\\c", "BAD a host has no backslash: a@b\\c" },
	{ "a@[b", "BAD a bracket does not end: a@[b" },
	{ "a@[b c]", "BAD a bracket does not end: a@[b c]" },
	{ "<@a,b", "BAD a route does not end: <@a,b" },
	{ "a)b", "a[1:] BAD an address is expected: )b" },
	{ "a\001b", "a[1:] BAD an address is expected: \001b" },
};

int
main(void)
{
	static char text[200001];
	struct mailboxes m;
	struct mailbox b;
	size_t i, n, k;
	char name[100];

	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		snprintf(name, sizeof name, "list %zu: %s", i, cases[i].list);
		for (k = 0; name[k]; k++)
			if (name[k] < ' ' || name[k] == '#' || name[k] == '\\')
				name[k] = '?';
		same(walk(cases[i].list), cases[i].is, name);
	}
	memset(text, 'a', MAILBOX_TEXT);
	text[MAILBOX_TEXT] = 0;
	mailboxes_init(&m, text, MAILBOX_TEXT);
	ok(mailboxes_next(&m, &b) == MAILBOXES_GOT && b.len == MAILBOX_TEXT, "an address as long as may be");
	text[MAILBOX_TEXT] = 'a';
	mailboxes_init(&m, text, MAILBOX_TEXT + 1);
	ok(mailboxes_next(&m, &b) == MAILBOXES_BAD && strcmp(m.why, "an address is too long") == 0, "one byte more");
	mailboxes_init(&m, "a\0b", 3);
	ok(mailboxes_next(&m, &b) == MAILBOXES_GOT && mailboxes_next(&m, &b) == MAILBOXES_BAD, "a NUL is no letter");
	/* linear, or this would take minutes */
	for (i = 0; i < sizeof text - 1; i += 2)
		memcpy(text + i, "a ", 2);
	mailboxes_init(&m, text, sizeof text - 1);
	for (n = 0; mailboxes_next(&m, &b) == MAILBOXES_GOT; n++)
		;
	ok(n == 100000, "many, with blanks between them");
	memset(text, '(', sizeof text - 1);
	mailboxes_init(&m, text, sizeof text - 1);
	ok(mailboxes_next(&m, &b) == MAILBOXES_BAD, "comments without end");
	return done();
}
