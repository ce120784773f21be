/* the question to a checkpassword program, and what goes with it: both ends, every limit */
#include "wire/credentials.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scratch.h"
#include "tap.h"

static char asked[CREDENTIALS_ASKED];

/* there and back again */
static void
question(void)
{
	static const char want[] = "ann\0open sesame\0" "1234";
	const char *login, *password;
	size_t n = credentials_put(asked, "ann", "open sesame", "1234");

	ok(n == sizeof want && memcmp(asked, want, n) == 0, "login 0 password 0 stamp 0");
	ok(credentials_get(asked, n, &login, &password), "it is taken apart");
	same(login, "ann", "the login");
	same(password, "open sesame", "the password");
	ok(credentials_get(asked, 16, &login, &password), "the stamp may be missing");
	ok(!credentials_get(asked, 15, &login, &password), "the password's end may not");
	ok(!credentials_get(asked, 3, &login, &password) && !credentials_get(asked, 0, &login, &password), "nor the login's");
}

static void
limits(void)
{
	char long_one[CREDENTIALS_ASKED + 1];

	memset(long_one, 'x', CREDENTIALS_ASKED);
	long_one[CREDENTIALS_ASKED] = 0;
	ok(credentials_put(asked, "", long_one + 3, "1") == 0, "one byte too many does not fit");
	ok(credentials_put(asked, "", long_one + 4, "1") == CREDENTIALS_ASKED, "one fewer does");
	ok(credentials_put(asked, long_one, "p", "1") == 0 && credentials_put(asked, "l", long_one, "1") == 0 &&
	    credentials_put(asked, "l", "p", long_one) == 0, "whichever it is");
	ok(credentials_sane(long_one + CREDENTIALS_ASKED - CREDENTIALS_LOGIN), "a login of 255 bytes");
	ok(!credentials_sane(long_one + CREDENTIALS_ASKED - CREDENTIALS_LOGIN - 1), "and not of 256");
	ok(credentials_sane("j\xc3\xb6 e@example.org"), "blanks and 8-bit bytes may be in it");
	ok(!credentials_sane("") && !credentials_sane("a\nb") && !credentials_sane("a\177"), "nothing, and controls, not");
}

static void
delays(void)
{
	ok(credentials_delay(0, 5) == 0, "no delay stays none");
	ok(credentials_delay(1, 1) == 1 && credentials_delay(1, 2) == 2 && credentials_delay(1, 5) == 16, "it doubles");
	ok(credentials_delay(1, 6) == 30 && credentials_delay(7, UINT64_MAX) == 30, "up to half a minute");
	ok(credentials_delay(UINT64_MAX, 2) == 30, "whatever was asked for");
}

static void
blocked(void)
{
	static const char list[] = "# stolen\nBob\n\neve@example.org \n";
	struct conf_error e;
	int dir = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	ok(credentials_blocked(dir, "bob", &e) == CREDENTIALS_FREE, "without the file all are free");
	scratch_file("badlogins", list, sizeof list - 1);
	ok(credentials_blocked(dir, "bob", &e) == CREDENTIALS_BLOCKED, "who is listed is blocked, in small letters too");
	ok(credentials_blocked(dir, "EVE@example.org", &e) == CREDENTIALS_BLOCKED, "and in capitals");
	ok(credentials_blocked(dir, "bo", &e) == CREDENTIALS_FREE && credentials_blocked(dir, "# stolen", &e) == CREDENTIALS_FREE,
	    "nobody else");
	ok(unlink("badlogins") == 0 && mkdir("badlogins", 0700) == 0, "a file that cannot be read");
	ok(credentials_blocked(dir, "bob", &e) == CREDENTIALS_UNTOLD && strstr(e.text, "badlogins"), "tells nothing, and says so");
	close(dir);
}

int
main(void)
{
	scratch();
	question();
	limits();
	delays();
	blocked();
	return done();
}
