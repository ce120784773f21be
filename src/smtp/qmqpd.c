/* qmqpd - take one message over QMQP from a host that has no queue of its own, and hand it to pneu-queue
 *   fd 0  from the client      fd 1  to the client      fd 2  the log
 *   exit  0 the session has ended, whichever way; 111 it could not begin (the client was told to try later)
 * Invariant: K is said only when the queue program said that the message is on disk. Nobody is served whom the listener's
 * rules have not given QMQPCLIENT or RELAYCLIENT: QMQP has no passwords, and what is taken goes everywhere. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/clock.h"
#include "lib/conf.h"
#include "lib/msg.h"
#include "lib/netstring.h"
#include "lib/num.h"
#include "lib/out.h"
#include "lib/drop.h"
#include "lib/sig.h"
#include "mail/addr.h"
#include "smtp/qmqp.h"
#include "smtp/session.h"

#define DAY_S 86400
#define MANY 1000000000
#define LINGER_S 5                      /* what a refused client still sends is read so long, and LINGER bytes */
#define LINGER (1u << 20)

static struct qmqp qmqp;
static struct qmqp_settings settings;
static struct peer peer;
static char input[QMQP_INPUT];

static const char *
ip(void)
{
	return *peer.ip ? peer.ip : "unknown";
}

static bool
load_settings(struct conf_error *e)
{
	const struct conf table[] = {
		{ "me", CONF_LINE, &settings.me, 0, 0, 0 },
		{ "databytes", CONF_NUMBER, &settings.databytes, 0, 0, UINT64_MAX },
		{ "maxhops", CONF_NUMBER, &settings.maxhops, 100, 1, MANY },
		{ "timeoutdata", CONF_NUMBER, &settings.data_s, 7200, 1, DAY_S },
		{ "timeoutqmqpd", CONF_NUMBER, &settings.timeout_s, 60, 1, 3600 },
	};
	const char *databytes = getenv("DATABYTES");

	if (!conf_read(table, sizeof table / sizeof *table, e))
		return false;
	if (!addr_domain(settings.me.s ? settings.me.s : "", settings.me.len)) {
		snprintf(e->text, sizeof e->text, "control/me is %s", settings.me.len ? "not a domain" : "missing");
		return false;
	}
	if (databytes && !num_u64(databytes, 0, UINT64_MAX, &settings.databytes)) {
		snprintf(e->text, sizeof e->text, "DATABYTES in the environment is not a number");
		return false;
	}
	return true;
}

static void
send_answer(void)
{
	char text[sizeof qmqp.text + 1], space[sizeof text + NETSTRING_HEAD + 1];
	size_t n = (size_t)snprintf(text, sizeof text, "%c%s", qmqp.verdict, qmqp.text);
	struct buf b = { space, 0, sizeof space, sizeof space - 1 };    /* never reallocated */
	char output[sizeof space];
	struct out o;

	out_init(&o, 1, output, sizeof output, settings.timeout_s ? (int)settings.timeout_s * 1000 : 1000);
	(void)netstring_put(&b, text, n);
	out_buf(&o, &b);
	if (!out_flush(&o))
		say(qmqp.id, " lost client ", ip(), " while it was answered: ", strerror(errno));
}

/* A client that is still sending when we hang up hears of a reset connection instead of the answer. */
static void
linger(void)
{
	size_t sum = 0;
	ssize_t r;

	(void)shutdown(1, SHUT_WR);
	qmqp.in.deadline_ms = clock_mono_ms() + LINGER_S * 1000;
	do {
		qmqp.in.pos = qmqp.in.end;
		r = in_fill(&qmqp.in);
		sum += r > 0 ? (size_t)r : 0;
	} while (r > 0 && sum < LINGER);
}

static void
log_end(void)
{
	char rcpts[NUM_TEXT], bytes[NUM_TEXT], verdict[] = { qmqp.verdict, 0 };
	const char *sender = qmqp.envelope.len ? qmqp.envelope.s + 1 : 0;

	if (qmqp.verdict == 'K')
		say(qmqp.id, " accepted ", *qmqp.queued ? qmqp.queued : "-", " rcpts ", num_text(rcpts, qmqp.rcpts), " bytes ",
		    num_text(bytes, qmqp.bytes), " client ", ip(), " from <", sender, ">");
	else if (qmqp.verdict)
		say(qmqp.id, " refused client ", ip(), ": ", verdict, qmqp.text, sender ? ": from <" : "", sender ? sender : "",
		    sender ? ">" : "");
	else
		say(qmqp.id, " lost client ", ip(), ": ", qmqp.error ? strerror(qmqp.error) : "end of file");
}

/* RELAYCLIENT is what it is to pneu-smtpd: it goes to the end of each recipient */
static bool
may_send(void)
{
	const char *relay = getenv("RELAYCLIENT");

	settings.suffix = relay ? relay : "";
	return relay || getenv("QMQPCLIENT");
}

int
main(void)
{
	struct conf_error e;
	bool able;

	msg_name("pneu-qmqpd");
	drop_sight();                           /* other sessions are of our uid */
	sig_ignore(SIGPIPE);
	sig_default(SIGCHLD);                       /* ignored, it would hide how pneu-queue ended */
	peer_learn(&peer);                          /* first: it settles where the log goes */
	session_name(qmqp.id);
	qmqp.set = &settings;
	qmqp.peer = &peer;
	able = load_settings(&e);
	in_init(&qmqp.in, 0, input, sizeof input, able ? (int)settings.timeout_s * 1000 : 1000);
	qmqp.in.deadline_ms = clock_mono_ms() + (int64_t)settings.data_s * 1000;
	if (!able) {
		say(qmqp.id, " ", e.text);
		qmqp_answer(&qmqp, 'Z', "4.3.5 this mail server is not set up correctly, try later");
	} else if (!may_send())
		qmqp_answer(&qmqp, 'D', "5.7.1 you may not send mail through this server");
	else
		qmqp_receive(&qmqp);
	if (qmqp.verdict)
		send_answer();
	log_end();
	if (qmqp.verdict && !qmqp.whole)
		linger();
	return able ? 0 : EX_SOFT;
}
