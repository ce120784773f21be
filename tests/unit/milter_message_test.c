#include "filter/milter_message.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "filter/milter_envelope.h"
#include "filter/milter_session.h"
#include "filter/milter_wire.h"
#include "lib/fd.h"
#include "tap.h"

static char text[MILTER_MEMORY], space[MILTER_MEMORY], back[4 << 20];
static struct milter_field fields[MILTER_FIELDS];
static struct milter_message m;

static int
holding(const void *s, size_t n)
{
	FILE *f = tmpfile();
	int fd;

	if (!f || fwrite(s, 1, n, f) != n || fflush(f) != 0 || (fd = dup(fileno(f))) < 0 || lseek(fd, 0, SEEK_SET) != 0)
		exit(1);
	fclose(f);
	return fd;
}

static enum milter_read
take(const char *s, size_t n, bool own)
{
	int fd = holding(s, n);
	enum milter_read r;

	m.field = fields;
	r = milter_read(&m, fd, text, own);
	close(fd);
	return r;
}

/* what the next program would read */
static const char *
all(void)
{
	int fd = milter_message_open(&m);
	ssize_t n = fd < 0 ? -1 : fd_read(fd, back, sizeof back - 1);

	close(fd);
	back[n < 0 ? 0 : n] = 0;
	return back;
}

#define TAKE(literal, own) take(literal, sizeof(literal) - 1, own)

static void
header(void)
{
	ok(TAKE("A: b\nReceived: x\n y\n\nbody\n", true) == MILTER_READ && m.fields == 2 && !m.field[0].own && m.field[1].len == 15 &&
	    m.field[1].name == 8 && m.body.length == 5, "fields and a body");
	ok(TAKE("received : x\nReceived: y\n", true) == MILTER_READ && m.field[0].own && !m.field[1].own && m.field[0].name == 8 &&
	    m.body.length == 0 && !*m.separator, "the first Received field, if it is the first of all, is ours");
	ok(TAKE("Received: x\n", false) == MILTER_READ && !m.field[0].own, "unless no server was before us");
	ok(TAKE("From x\nA: b\n\n", false) == MILTER_READ && m.fields == 0 && m.body.length == 13, "a line that is no field begins the body");
	ok(TAKE(":x\n", false) == MILTER_READ && m.fields == 0, "nor is one without a name");
	ok(TAKE("\303\244: x\n", false) == MILTER_READ && m.fields == 0, "or one with bytes above 127 in it");
	ok(milter_name("X-a!") && !milter_name("") && !milter_name("a b") && !milter_name("a:") && !milter_name("a\n"), "names of fields");
}

static void
places(void)
{
	TAKE("Received: x\nA: 1\na: 2\n\nb\n", true);
	ok(milter_put(&m, 0, "Z", "0", true) && milter_put(&m, 2, "Y", "1", true) && milter_put(&m, MILTER_LAST, "X", "2", false), "fields put");
	same(all(), "Z: 0\nReceived: x\nY: 1\nA: 1\na: 2\nX:2\n\nb\n", "where they belong");
	ok(milter_change(&m, 1, "received", "mine", true) && milter_change(&m, 2, "A", "", true) && milter_change(&m, 3, "A", "", true),
	    "changed, removed, removed where there is none");
	same(all(), "Z: 0\nReceived: x\nY: 1\nA: 1\nX:2\nreceived: mine\n\nb\n", "ours is not touched");
	TAKE("A: 1\n\nb\n", true);
	ok(milter_put(&m, 0, "Z", "0", true) && milter_put(&m, 1, "Y", "1", true) && milter_put(&m, 2, "X", "2", true), "with none of ours");
	same(all(), "Y: 1\nX: 2\nZ: 0\nA: 1\n\nb\n", "0 and 1 are the top");
}

static void
bodies(void)
{
	struct milter_store b;
	size_t i;

	TAKE("A: 1", false);
	milter_store_init(&b, space);
	ok(milter_store_add(&b, "x\r", 2) && milter_store_add(&b, "\ny\r", 3) && milter_store_add(&b, "\r\nz", 3) && milter_store_end(&b) &&
	    b.body.length == 6 && milter_replace(&m, &b.body), "a body in pieces");
	same(all(), "A: 1\n\nx\ny\r\nz", "CRLF became LF, wherever it was cut");
	milter_store_init(&b, space);
	memset(back, 'x', 1000);
	for (i = 0; i < 3000 && milter_store_add(&b, back, 1000); i++)
		;
	ok(i == 3000 && milter_store_end(&b) && b.body.fd >= 0 && b.body.length == 3000000 && milter_replace(&m, &b.body), "a long one");
	ok(strlen(all()) == 3000006 && strspn(back + 6, "x") == 3000000, "goes through a file");
	milter_store_init(&b, space);
	b.body.length = MILTER_BODY_MAX;
	ok(!milter_store_add(&b, "x", 1) && errno == EFBIG, "there is a limit");
	setenv("TMPDIR", "/nonexistent", 1);
	milter_store_init(&b, space);
	for (i = 0; i < 3000 && milter_store_add(&b, back, 1000); i++)
		;
	ok(i < 3000 && errno == ENOENT, "nowhere to put it: an error");
	memset(back, '\n', 2 << 20);
	ok(take(back, 2 << 20, false) == MILTER_READ_STORE, "of a message, too");
	unsetenv("TMPDIR");
}

static void
verdict(const char *packet, enum milter_verdict want, const char *words, const char *promise)
{
	char got[MILTER_TEXT] = "none";

	ok(milter_reply_text(packet, got) == want, promise);
	same(got, words, "in words");
}

static void
addresses(void)
{
	static const char *const good[] = { "unix:/x", "local:/run/a b", "inet:25@127.0.0.1", "inet:127.0.0.1:25", "inet6:25@::1",
		"inet:25@[::1]", "inet:[::1]:25", "inet:::1:25", "inet:25@localhost" };
	static const char *const bad[] = { "", "unix", "unix:", "unix:x", "/x", "inet:", "inet:25", "inet:@127.0.0.1", "inet:25@", "inet:0@127.0.0.1",
		"inet:65536@127.0.0.1", "inet:25@127.1", "inet:25@x.example", "inet:25@[127.0.0.1", "UNIX:/x", "inet:-1@127.0.0.1" };
	bool right = true;
	size_t i;

	for (i = 0; i < sizeof good / sizeof *good; i++)
		if (!milter_address(good[i]))
			right = false, printf("# %s\n", good[i]);
	for (i = 0; i < sizeof bad / sizeof *bad; i++)
		if (milter_address(bad[i]))
			right = false, printf("# %s\n", bad[i]);
	ok(right, "which addresses are some");
}

static void
envelopes(void)
{
	static const char who[] = "Fs@x\0Ta@x\0NNEVER\0Tb@x\0";
	struct milter_envelope e;
	struct buf b = BUF(1000);
	const struct buf *end;
	int fd = holding(who, sizeof who);

	ok(milter_envelope_read(&e, fd) == MILTER_ENVELOPE_OK && e.rcpts == 2 && milter_envelope_end(&e) == &e.b, "an envelope");
	close(fd);
	milter_delete_rcpt(&e, "a@X");
	ok(milter_add_rcpt(&e, "c@x", 0, "rfc822;c") && e.rcpts == 2 && milter_sender_parameters(&e, &b) && b.len == 0, "is changed");
	milter_hold(&e, "a\tb");
	end = milter_envelope_end(&e);
	ok(end && end->len == 31 && memcmp(end->s, "Fs@x\0Ha?b\0Tb@x\0Tc@x\0Orfc822;c\0", 31) == 0, "as a whole");
	milter_delete_rcpt(&e, "b@x");
	milter_delete_rcpt(&e, "c@x");
	ok(e.rcpts == 0 && milter_sender_parameters(&e, &b), "to nobody");
	fd = holding(who, 20);
	ok(milter_envelope_read(&e, fd) == MILTER_ENVELOPE_CUT, "one that is cut");
	close(fd);
}

int
main(void)
{
	header();
	places();
	bodies();
	addresses();
	envelopes();
	verdict("550 5.7.1 no", MILTER_REFUSES, "5.7.1 no", "a refusal");
	verdict("450 no%%", MILTER_DEFERS, "4.7.1 no%", "a deferral, %% is one %");
	verdict("550-a\r\n550-\r\n550 5.1.1 b", MILTER_REFUSES, "5.7.1 a b", "lines are joined");
	verdict("550", MILTER_REFUSES, "5.7.1 message refused", "a code alone");
	verdict("550 ", MILTER_REFUSES, "5.7.1 message refused", "and a blank");
	verdict("250 ok", MILTER_PASSES, "none", "success is none");
	verdict("5", MILTER_PASSES, "none", "a digit is none");
	verdict("5500 x", MILTER_PASSES, "none", "four are none");
	verdict("", MILTER_PASSES, "none", "nothing is none");
	return done();
}
