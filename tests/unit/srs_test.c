#include "mail/srs.h"

#include <errno.h>
#include <stdlib.h>
#include <strings.h>

#include "lib/ascii.h"
#include "lib/clock.h"
#include "mail/addr.h"
#include "tap.h"

#define DAY 86400
#define NOW ((int64_t)20779 * DAY + 4000)       /* the day JL, 2026-11-22 */
#define DOMAIN "fwd.example"

static struct buf made = BUF(2000), back = BUF(2000), secrets = BUF(2000);

static const char *
rewrite_at(const char *sender, int64_t now_s)
{
	const char *why;

	buf_clear(&made);
	errno = 0;
	if (srs_rewrite(&made, sender, DOMAIN, secrets.s, now_s))
		return made.s;
	why = errno == EINVAL ? "(cannot)" : errno == EMSGSIZE ? "(long)" : "(?)";
	return made.len ? "(something was put)" : why;
}

static const char *
reverse_at(const char *address, int64_t now_s)
{
	buf_clear(&back);
	switch (srs_reverse(&back, address, strlen(address), &secrets, 21, now_s)) {
	case SRS_OK:
		return back.s;
	case SRS_OLD:
		return back.len ? "(something was put)" : "(old)";
	case SRS_FORGED:
		return back.len ? "(something was put)" : "(forged)";
	default:
		return "(trouble)";
	}
}

static const char *
rewrite(const char *sender)
{
	return rewrite_at(sender, NOW);
}

static const char *
reverse(const char *address)
{
	return reverse_at(address, NOW);
}

/* what postsrsd 1.10 made on that day with the secret "verysecret" */
static void
golden(void)
{
	static const char *const pair[][2] = {
		{ "joe@a.example", "SRS0=7elf=JL=a.example=joe@fwd.example" },
		{ "Joe@A.Example", "SRS0=7elf=JL=A.Example=Joe@fwd.example" },
		{ "a=b-c+d@x.example", "SRS0=cvqQ=JL=x.example=a=b-c+d@fwd.example" },
		{ "=x@y.example", "SRS0=ptal=JL=y.example==x@fwd.example" },
		{ "joe@[1.2.3.4]", "SRS0=PdIo=JL=[1.2.3.4]=joe@fwd.example" },
		{ "SRS0abc@x.example", "SRS0=7vd1=JL=x.example=SRS0abc@fwd.example" },
		{ "SRS0=abcd=YY=orig.example=bob@b.example", "SRS1=gII9=b.example==abcd=YY=orig.example=bob@fwd.example" },
		{ "SRS0+abcd=YY=orig.example=bob@b.example", "SRS1=6Y8J=b.example=+abcd=YY=orig.example=bob@fwd.example" },
		{ "SRS0-abcd=YY=orig.example=bob@b.example", "SRS1=4xTA=b.example=-abcd=YY=orig.example=bob@fwd.example" },
	};
	size_t i;

	for (i = 0; i < sizeof pair / sizeof *pair; i++) {
		same(rewrite(pair[i][0]), pair[i][1], "rewritten as postsrsd does");
		same(reverse(pair[i][1]), pair[i][0], "and back");
	}
	same(rewrite("SRS1=abcd=first.example==hhhh=YY=orig.example=bob@b.example"),
	    "SRS1=J2jm=first.example==hhhh=YY=orig.example=bob@fwd.example", "one that was rewritten twice");
	same(rewrite("srs1+abcd=first.example=-hhhh=YY=orig.example=bob@b.example"),
	    "SRS1=T5ng=first.example=-hhhh=YY=orig.example=bob@fwd.example", "with other separators");
	same(reverse(made.s), "SRS0-hhhh=YY=orig.example=bob@first.example", "goes back to its first rewriter");
	same(reverse("SRS0+7elf=JL=a.example=joe@fwd.example"), "joe@a.example", "+ after the tag");
	same(reverse("srs0-7elf=JL=a.example=joe@fwd.example"), "joe@a.example", "-, and the tag in lower case");
	same(reverse("SRS0=7ELF=JL=A.EXAMPLE=JOE@FWD.EXAMPLE"), "JOE@A.EXAMPLE", "all in upper case");
	same(reverse("srs0=7elf=jl=a.example=joe@fwd.example"), "joe@a.example", "all in lower case");
	same(reverse("SRS0=7elfc=JL=a.example=joe@fwd.example"), "(forged)", "a longer hash counts to its end");
	same(reverse("SRS0=7el=JL=a.example=joe@fwd.example"), "(forged)", "a shorter one does not count");
	same(reverse("SRS0==JL=a.example=joe@fwd.example"), "(forged)", "nor none");
}

/* any byte changed into any other, or left out, or the address cut: no more than other case passes */
static void
tampering(const char *good)
{
	char s[200], *want;
	size_t n = strcspn(good, "@"), i, len = strlen(good);
	int c;
	bool all = true, cut = true, gone = true;

	want = strdup(reverse(good));
	for (i = 0; i < n; i++)
		for (c = 1; c < 256; c++) {
			bool harmless = ascii_lower((char)c) == ascii_lower(good[i]) || (i == 4 && strchr("=+-", c));

			strcpy(s, good);
			s[i] = (char)c;
			if (harmless)
				all &= strcasecmp(reverse(s), want) == 0;
			else
				all &= *reverse(s) == '(';
		}
	ok(all, "no byte may change");
	for (i = 0; i < n; i++) {
		memcpy(s, good, i);
		strcpy(s + i, good + i + 1);
		gone &= *reverse(s) == '(';
		memcpy(s, good, i);
		strcpy(s + i, good + n);
		cut &= *reverse(s) == '(';
	}
	ok(gone, "none may be missing");
	ok(cut, "nor all to its end");
	memcpy(s, good, n);
	s[n] = 'x';
	strcpy(s + n + 1, good + n);
	ok(*reverse(s) == '(' && strlen(s) == len + 1, "nor one more be there");
	free(want);
}

static void
clock_edges(void)
{
	char s[200];
	int64_t age, now;
	bool all = true;

	strcpy(s, rewrite_at("joe@a.example", NOW / DAY * DAY + DAY - 1));
	same(s, "SRS0=7elf=JL=a.example=joe@fwd.example", "the last second of the day is of the day");
	ok(strcmp(rewrite_at("joe@a.example", NOW / DAY * DAY + DAY), s) != 0 && strstr(made.s, "=JM="), "the next is not");
	same(reverse_at(s, NOW / DAY * DAY), "joe@a.example", "good from the first second of its day");
	same(reverse_at(s, NOW / DAY * DAY - 1), "(old)", "the second before lies in the past: a stamp of the future");
	same(reverse_at(s, (NOW / DAY + 22) * DAY - 1), "joe@a.example", "good on the 21st day, to its end");
	same(reverse_at(s, (NOW / DAY + 22) * DAY), "(old)", "and then no more");
	for (now = 1000 * (int64_t)DAY; now < 1050 * (int64_t)DAY; now += DAY) {        /* over the end of the cycle */
		strcpy(s, rewrite_at("joe@a.example", now));
		for (age = -30; age < 60; age++)
			all &= (strcmp(reverse_at(s, now + age * DAY), "joe@a.example") == 0) == (age >= 0 && age <= 21);
	}
	ok(all, "the same over the end of the 1024 days");
	strcpy(s, rewrite_at("joe@a.example", 0));
	ok(strstr(s, "=AA=") && strcmp(reverse_at(s, 0), "joe@a.example") == 0, "the day 0");
	same(rewrite_at("joe@a.example", -5), s, "a clock before 1970 is at 1970");
	same(reverse_at("SRS0=7elf=J1=a.example=joe@fwd.example", NOW), "(forged)", "a digit that is none");
}

static void
odd_senders(void)
{
	static const char *const none[] = { "", "joe", "@a.example", "joe@", "joe@a..example", "joe@a b.example", "jo\ne@a.example",
		"jo\177e@a.example", "jo\303\251@a.example", "joe@a=b.example", "#@[]", "joe@[1.2.3]" };
	static const char *const good[] = { "a@b@c.example", "a b@c.example", "\"@c.example", "\\@c.example", ".a..b.@c.example", "SRS0@c.example",
		"SRS1=x@c.example", "SRS1=x=y@c.example", "SRS1=x=y=z@c.example", "SRS1=x=y.example=@c.example", "<>@c.example", "SRS2=a@b.example",
		"a=@c.example", "=@c.example", "joe@[IPv6:2001:db8::1]", "!#$%&'*+-/=?^_`{|}~@c.example" };
	char s[ADDR_MAX + 1];
	size_t i;

	for (i = 0; i < sizeof none / sizeof *none; i++)
		same(rewrite(none[i]), "(cannot)", "a sender that is none, or could not come back");
	for (i = 0; i < sizeof good / sizeof *good; i++) {
		strcpy(s, rewrite(good[i]));
		ok(strncmp(s, "SRS0=", 5) == 0 && strlen(s) > 20, "an odd one is rewritten");
		same(reverse(s), good[i], "and comes back");
	}
	same(rewrite("SRS0=@b.example"), "SRS1=HZrA=b.example==@fwd.example", "an empty SRS0");
	same(reverse(made.s), "SRS0=@b.example", "comes back");
}

static void
limits(void)
{
	char local[ADDR_LOCAL + 100], *want;
	size_t fixed = strlen("SRS0=HHHH=TT=a.example="), n = ADDR_LOCAL - fixed;

	memset(local, 'x', n);
	strcpy(local + n, "@a.example");
	ok(strncmp(rewrite(local), "SRS0=", 5) == 0 && strcspn(made.s, "@") == ADDR_LOCAL, "as long as a local part may be");
	want = strdup(made.s);
	same(reverse(want), local, "comes back");
	memset(local, 'x', n + 1);
	strcpy(local + n + 1, "@a.example");
	same(rewrite(local), "(cannot)", "one byte more cannot be rewritten");
	made.max = strlen(want) - 1;
	memset(local, 'x', n);
	strcpy(local + n, "@a.example");
	same(rewrite(local), "(long)", "a buffer too small is another matter");
	made.max = 2000;
	back.max = 5;
	same(reverse(want), "(trouble)", "there too");
	back.max = 2000;
	free(want);
	ok(!srs_rewrite(&made, "joe@a.example", "", "x", NOW) && !srs_rewrite(&made, "joe@a.example", "a b", "x", NOW), "our domain must be one");
}

static void
what_it_is(void)
{
	static const char *const yes[] = { "SRS0=@x", "srs1+a@x", "SRS0-a=b@c@x" };
	static const char *const no[] = { "", "SRS0=", "SRS0@x", "SRS2=@x", "xSRS0=@x", "SRS0.a@x", "SRS@x" };
	size_t i;
	bool all = true;

	for (i = 0; i < 3; i++)
		all &= srs_is(yes[i], strlen(yes[i]));
	for (i = 0; i < sizeof no / sizeof *no; i++)
		all &= !srs_is(no[i], strlen(no[i])) && *reverse(no[i]) == '(';
	ok(all, "which addresses look like one");
}

/* for tests/program/remote_srs.t: srs_test SECRET ADDRESS prints what the address was made from, now */
static int
reverse_now(const char *secret, const char *address)
{
	buf_put(&secrets, secret, strlen(secret) + 1);
	puts(reverse_at(address, clock_wall_s()));
	return 0;
}

int
main(int argc, char **argv)
{
	struct buf none = BUF(10);
	char s[200];

	if (argc == 3)
		return reverse_now(argv[1], argv[2]);
	buf_put(&secrets, "verysecret\0second one\0", 22);
	golden();
	tampering("SRS0=7elf=JL=a.example=joe@fwd.example");
	tampering("SRS1=gII9=b.example==abcd=YY=orig.example=bob@fwd.example");
	clock_edges();
	odd_senders();
	limits();
	what_it_is();
	same(reverse("SRS0=pfy5=JL=a.example=joe@fwd.example"), "joe@a.example", "signed with the second secret");
	strcpy(s, rewrite("joe@a.example"));
	ok(srs_reverse(&back, s, strlen(s), &none, 21, NOW) == SRS_FORGED, "without secrets nothing is good");
	secrets.s[0]++;
	same(reverse(s), "(forged)", "signed with a secret that is not ours");
	buf_free(&made);
	buf_free(&back);
	buf_free(&secrets);
	return done();
}
