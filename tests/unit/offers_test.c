#include "remote/offers.h"

#include "tap.h"

static struct reply r;
static struct offers o;

static void
read_reply(const char *s)
{
	size_t used;

	reply_init(&r);
	(void)!reply_take(&r, s, strlen(s), &used);
	offers_read(&o, &r);
}

static bool
limits(const char *words, uint64_t mail, uint64_t rcpt, uint64_t domain)
{
	char s[200];

	snprintf(s, sizeof s, "250-x\r\n250-LIMITS%s\r\n250 RCPTMAX=7\r\n", words);
	read_reply(s);
	return o.mail_max == mail && o.rcpt_max == rcpt && o.domain_max == domain;
}

int
main(void)
{
	read_reply("250-PIPELINING\r\n250-8BITMIME\r\n250-smtputf8\r\n250-DSN\r\n250-CHUNKING\r\n250-STARTTLS\r\n250 SIZE 99\r\n");
	ok(!o.pipelining && o.eightbit && o.utf8 && o.dsn && o.chunking && o.starttls && o.sized && o.size_max == 99, "what is offered");
	ok(!o.mail_max && !o.rcpt_max && !o.domain_max, "no limit is none");
	read_reply("250-x\r\n250-PIPELINING\r\n250 SIZE\r\n");
	ok(o.pipelining && !o.eightbit && !o.utf8 && !o.dsn && !o.chunking && !o.starttls && o.sized && o.size_max == 0,
	    "nothing stays of the reply before");
	read_reply("250-x\r\n250 SIZE 12k\r\n");
	ok(o.sized && o.size_max == 0, "a size that is no number is none");
	ok(limits(" RCPTMAX=10 MAILMAX=2 RCPTDOMAINMAX=1", 2, 10, 1), "limits");
	ok(limits(" rcptmax=10", 0, 10, 0) && limits(" FOO=3 MAILMAX=5", 5, 0, 0), "some of them");
	ok(limits("", 0, 0, 0) && limits(" ", 0, 0, 0) && limits(" RCPTMAX", 0, 0, 0) && limits(" RCPTMAX= MAILMAX=0", 0, 0, 0) &&
	    limits(" RCPTMAX=-1", 0, 0, 0) && limits(" RCPTMAX=9999999", 0, 0, 0) && limits(" XRCPTMAX=3", 0, 0, 0), "what is none");
	ok(limits(" RCPTMAX=x RCPTMAX=4", 0, 4, 0), "the first that is one");
	offers_none(&o);
	ok(!o.sized && !o.pipelining && !o.rcpt_max, "none");
	return done();
}
