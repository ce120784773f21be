/* secret: what is hashed, how often, and what the answer is, for all that may be known of a login */
#include "login/secret.h"

#include "tap.h"

static int calls;
static char last[100];

/* "KIND:PASSWORD" is the hash of that password; kind "old" is one that this system cannot do */
static const char *
fake_crypt(const char *password, const char *setting)
{
	static char out[100];
	int kind = (int)strcspn(setting, ":");

	calls++;
	snprintf(last, sizeof last, "%s", setting);
	if (kind == 3 && strncmp(setting, "old", 3) == 0)
		return "*0";
	if (kind == 4 && strncmp(setting, "none", 4) == 0)
		return 0;
	snprintf(out, sizeof out, "%.*s:%s", kind, setting, password);
	return out;
}

static void
check(const char *hash, const char *password, enum secret_result want, const char *with, const char *promise)
{
	enum secret_result got;

	calls = 0;
	got = secret_check(hash, "m:model", password, fake_crypt);
	ok(got == want && calls == 1 && strcmp(last, with) == 0, promise);
}

static bool
is(const char *got, const char *want)
{
	return got && want ? strcmp(got, want) == 0 : got == want;
}

static void
days(long changed, long most, long expires, long today, const char *want, const char *promise)
{
	struct secret_days d = { .changed = changed, .most = most, .expires = expires };

	ok(is(secret_expired(&d, today), want), promise);
}

int
main(void)
{
	check("y:tiger", "tiger", SECRET_RIGHT, "y:tiger", "the right password: one hashing, the login's way");
	check("y:tiger", "lion", SECRET_WRONG, "y:tiger", "a wrong one likewise");
	check("y:tiger", "tige", SECRET_WRONG, "y:tiger", "one that is shorter");
	check("y:tiger", "tigers", SECRET_WRONG, "y:tiger", "one that is longer");
	check("y:", "", SECRET_WRONG, "y:", "an empty one is wrong, whatever the hash says");
	check(0, "tiger", SECRET_WRONG, "m:model", "no such login: one hashing, the model's way");
	check(0, "model", SECRET_WRONG, "m:model", "the model's password opens nothing");
	check("", "tiger", SECRET_WRONG, "m:model", "a login without a password: the same");
	check("", "", SECRET_WRONG, "m:model", "also for an empty one");
	check("!y:tiger", "tiger", SECRET_WRONG, "m:model", "a locked one: the same");
	check("*", "tiger", SECRET_WRONG, "m:model", "one that never had a password: the same");
	check("*", "model", SECRET_WRONG, "m:model", "and not with the model's");
	check("!", "!", SECRET_WRONG, "m:model", "and not with what stands there");
	check("m:model", "model", SECRET_RIGHT, "m:model", "a login whose hash is the model's text may have it");
	check("old:x", "x", SECRET_TROUBLE, "old:x", "a way that the system does not know is trouble");
	check("none:x", "x", SECRET_TROUBLE, "none:x", "also if it says so with nothing");
	ok(secret_check(0, "old:x", "x", fake_crypt) == SECRET_TROUBLE, "also the model's");

	days(19000, 99999, -1, 20000, 0, "an account without an end");
	days(19000, -1, -1, 20000, 0, "a password without one");
	days(-1, -1, -1, 20000, 0, "nothing is said of it");
	days(19000, 99999, 20001, 20000, 0, "the day before it expires");
	days(19000, 99999, 20000, 20000, "the account has expired", "that day");
	days(19000, 99999, 0, 20000, "the account has expired", "0 is long ago");
	days(19990, 10, -1, 20000, 0, "the last day of a password");
	days(19990, 9, -1, 20000, "the password has expired", "the day after");
	days(0, 99999, -1, 20000, "the password must be changed first", "one that root set for once");
	days(20005, 3, -1, 20000, 0, "one changed in the future, when a clock was wrong");
	days(-1, 10, -1, 20000, 0, "one of which nobody knows when it changed");
	return done();
}
