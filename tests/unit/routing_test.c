/* the reversal of rewritten senders; the other rules have their tests in tests/program/send.t */
#include "resolve/routing.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/clock.h"
#include "mail/srs.h"
#include "scratch.h"
#include "tap.h"

static struct routing *r;
static struct conf_error error;

static void
setting(const char *name, const char *text)
{
	if (text)
		scratch_file(name, text, strlen(text));
	else
		unlink(name);
}

static bool
reload(void)
{
	routing_free(r);
	error.text[0] = 0;
	r = routing_load(&error);
	return r != 0;
}

/* "remote mx KEY ADDRESS", "local KEY ADDRESS", why, or the errno */
static const char *
find(const char *address)
{
	static char text[3000];
	static struct buf rcpt = BUF(2000), key = BUF(2000);
	enum routing_class class;
	enum channel channel;
	const char *why = "?";

	buf_clear(&rcpt);
	buf_puts(&rcpt, address);
	errno = 0;
	if (!routing_find(r, &rcpt, "", &channel, &key, &why))
		return why ? why : strerror(errno);
	snprintf(text, sizeof text, "%s %s %s", channel == CHANNEL_LOCAL ? "local" : "remote", key.s, rcpt.s);
	buf_clear(&rcpt);
	buf_puts(&rcpt, address);
	if (!routing_class(r, &rcpt, &class, &why) || (class == ROUTING_REMOTE) != (channel == CHANNEL_REMOTE))
		return "routing_class says otherwise";
	return text;
}

static const char *
made(const char *sender, const char *domain, const char *secret, int days_ago)
{
	static char text[2000];
	struct buf b = BUF(1900);

	srs_rewrite(&b, sender, domain, secret, clock_wall_s() - days_ago * 86400);
	strcpy(text, b.s ? b.s : "");
	buf_free(&b);
	return text;
}

#define REFUSED "not a return address made here, or too old"

static void
reversed(void)
{
	const char *s;
	char bad[2000];
	size_t i;
	bool all = true;

	same(find(made("Joe@a.example", "fwd.example", "one", 0)), "remote mx a.example Joe@a.example", "a return address leads to the sender");
	same(find(made("joe@a.example", "FWD.Example", "two", 5)), "remote mx a.example joe@a.example", "made with an older secret; case does not count");
	same(find(made("SRS0=abcd=XX=c.example=joe@b.example", "fwd.example", "one", 0)), "remote mx b.example SRS0=abcd=XX=c.example=joe@b.example",
	    "of the second kind: to the first rewriter");
	same(find(made("joe@here.example", "fwd.example", "one", 0)), "local joe joe@here.example", "to a user here");
	same(find(made("joe@v.example", "fwd.example", "one", 0)), "local p-joe p-joe@v.example", "or in a virtual domain");
	same(find(made("joe@smart.example", "fwd.example", "one", 0)), "remote host relay.example 25 joe@smart.example", "or through a relay");
	same(find(made("joe%a.example@hack.example", "fwd.example", "one", 0)), "remote mx a.example joe@a.example", "the rest applies to what it was");
	same(find(made("joe@a.example", "fwd.example", "three", 0)), REFUSED, "made with a secret of others");
	same(find(made("joe@a.example", "fwd.example", "one", 22)), REFUSED, "too old");
	same(find(made("joe@a.example", "fwd.example", "one", -1)), REFUSED, "of tomorrow");
	same(find("SRS0=@fwd.example"), REFUSED, "nonsense");
	same(find("srs1-x@fwd.example"), REFUSED, "of all kinds");
	s = made("joe@a.example", "fwd.example", "one", 0);
	for (i = 0; s[i] != '@'; i++) {
		strcpy(bad, s);
		bad[i] = bad[i] == 'x' || bad[i] == 'X' ? 'y' : 'x';
		all &= strstr(find(bad), "a.example") == 0 || strstr(find(bad), "local ") == find(bad);
	}
	ok(all, "no byte may differ");
	same(find("SRS0=ab=cd@other.example"), "remote mx other.example SRS0=ab=cd@other.example", "those of others are none of our business");
	same(find("srs0@fwd.example"), "local srs0 srs0@fwd.example", "what only looks a little like one is a user");
	same(find("joe@fwd.example"), "local joe joe@fwd.example", "as is everybody else in that domain");
}

int
main(void)
{
	char *dir;

	scratch();
	dir = getcwd(0, 0);
	setenv("PNEU_ETC", dir, 1);
	setting("me", "here.example\n");
	setting("locals", "here.example\nfwd.example\n");
	setting("virtualdomains", "v.example:p\n");
	setting("smtproutes", "smart.example:relay.example\n");
	setting("percenthack", "hack.example\n");
	setting("srs", "always\n");
	setting("srssecret", "one\n# a comment\ntwo\n");
	setting("srsdomain", "fwd.example\n");
	ok(reload(), "settings are read");
	reversed();
	setting("srsmaxage", "30\n");
	setting("srs", "policy\n");
	ok(reload(), "control/srs: policy");
	same(find(made("joe@a.example", "fwd.example", "one", 30)), "remote mx a.example joe@a.example", "srsmaxage counts");
	same(find(made("joe@a.example", "fwd.example", "one", 31)), REFUSED, "to its end");
	setting("srs", "off\n");
	ok(reload(), "control/srs: off");
	ok(strncmp(find(made("joe@a.example", "fwd.example", "one", 0)), "local srs0=", 11) == 0, "then nothing is special");
	setting("srs", 0);
	setting("srsdomain", "no domain\n");
	ok(reload(), "the preset is off, and the other settings are not looked at");
	ok(strncmp(find(made("joe@a.example", "fwd.example", "one", 0)), "local srs0=", 11) == 0, "then nothing is special");
	setting("srs", "always\n");
	ok(!reload(), "a domain that is none");
	same(error.text, "control/srsdomain: not a domain: \"no domain\"", "is complained of");
	setting("srsdomain", 0);
	setting("srs", "yes\n");
	ok(!reload(), "nor is any word a mode");
	same(error.text, "control/srs: not off, always or policy: \"yes\"", "as it is said");
	setting("srs", "always\n");
	setting("srsmaxage", "501\n");
	ok(!reload() && strstr(error.text, "control/srsmaxage: \"501\" is not a number from 1 to 500"), "nor any age");
	setting("srsmaxage", 0);
	ok(reload(), "without srsdomain");
	same(find(made("joe@a.example", "here.example", "one", 0)), "remote mx a.example joe@a.example", "it is me");
	setting("srssecret", 0);
	ok(reload(), "without a secret");
	same(find(made("joe@a.example", "here.example", "one", 0)), REFUSED, "none is good");
	same(find(made("joe@a.example", "here.example", "", 0)), REFUSED, "nor one made with none");
	setting("srssecret", "\n\n# none\n");
	ok(reload(), "the same with an empty file");
	same(find(made("joe@a.example", "here.example", "", 0)), REFUSED, "no secret is not the empty secret");
	setting("srssecret", "one\n");
	if (geteuid() != 0 && chmod("srssecret", 0) == 0) {
		ok(reload(), "with a secret that is not for us");
		same(find(made("joe@a.example", "here.example", "one", 0)), strerror(EACCES), "nobody can tell, for now");
		same(find("joe@a.example"), "remote mx a.example joe@a.example", "others go where they went");
	}
	same(routing_separators(r), "+", "a plus begins an extension");
	setting("separators", "-=\n");
	ok(reload() && strcmp(routing_separators(r), "-=") == 0, "or others do");
	setting("separators", "\n");
	ok(reload() && strcmp(routing_separators(r), "") == 0, "or none");
	setting("separators", "+x\n");
	ok(!reload() && strstr(error.text, "control/separators: only characters that are no letter"), "a letter does not");
	routing_free(r);
	free(dir);
	return done();
}
