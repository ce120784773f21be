/* remote - carry messages to one place by SMTP, one after another over one connection
 *   usage  pneu-remote ROUTE                                        -> wire/route.h
 *   fd 0   SOCK_SEQPACKET: jobs in, reports out                     -> wire/job.h
 *   fd 2   log
 *   fd 3   a table of addresses that did not answer, shared by all workers; may be missing      -> remote/tcpto.h
 *   exit   0 no more jobs; 100 usage; 111 trouble: what is not reported counts as "later"
 * Invariant: K is reported only after the server's 2xx to the end of the data. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "remote/client.h"
#include "remote/reach.h"
#include "remote/senders.h"
#include "remote/tcpto.h"
#include "remote/transaction.h"
#include "lib/clock.h"
#include "lib/conf.h"
#include "lib/drop.h"
#include "lib/msg.h"
#include "lib/sig.h"
#include "mail/addr.h"
#include "wire/mtasts.h"

#define JOBS 0                          /* the socket to pneu-send */
#define IDLE_S 60                       /* then the connection is closed */

static struct client client;
static struct reach reach;
static struct delivery slots[2];        /* the one that is on its way and the one after it */
static struct senders senders;          /* nothing of it is read before a forwarded message comes */
static struct buf rewritten[2] = { BUF(ADDR_MAX), BUF(ADDR_MAX) };      /* senders of the slots */
static struct buf commands = BUF(TRANSACTION_COMMANDS);
static struct buf me, helohost;
static uint64_t dns_s, chunking, strict_8bit;
static struct buf word = BUF(JOB_VIA);  /* the exchangers that pneu-send has been told of */
static struct conf_error misconfigured; /* "" if all is well */

static void
load_settings(void)
{
	const struct conf settings[] = {
		{ .name = "helohost", .kind = CONF_LINE, .value = &helohost },
		{ .name = "timeoutconnect", .kind = CONF_NUMBER, .value = &client.connect_s, .preset = 60, .min = 1, .max = 3600 },
		{ .name = "timeoutremote", .kind = CONF_NUMBER, .value = &client.remote_s, .preset = 1200, .min = 1, .max = 86400 },
		{ .name = "timeoutdns", .kind = CONF_NUMBER, .value = &dns_s, .preset = DNS_TOTAL_S, .min = 1, .max = 600 },
		{ .name = "chunking", .kind = CONF_NUMBER, .value = &chunking, .preset = 1, .min = 0, .max = 1 },
		{ .name = "eightbitmime", .kind = CONF_NUMBER, .value = &strict_8bit, .preset = 0, .min = 0, .max = 1 },
		{ .name = "me", .kind = CONF_LINE, .value = &me },
	};
	int dir = conf_open();
	const char *s;

	if (dir < 0) {
		strcpy(misconfigured.text, "unable to open the directory of control files");
		return;
	}
	if (conf_load(dir, settings, sizeof settings / sizeof *settings, &misconfigured) &&
	    tlslevel_load(dir, &reach.tls, &misconfigured)) {
		reach.hosts.me = me.len ? me.s : 0;
		client.wants_chunking = chunking;
		client.strict_8bit = strict_8bit;
		client.helo = helohost.len ? helohost.s : me.len ? me.s : "";
		for (s = client.helo; *s > ' ' && *s <= '~'; s++)
			;
		dns_limit((unsigned)dns_s);
		if (*s || s == client.helo || s - client.helo > 255)
			strcpy(misconfigured.text, "control/me or control/helohost: no host name");
	}
	close(dir);
}

/* pneu-send is gone or, more exactly, will read no reports any more */
static bool
nobody_listens(void)
{
	struct pollfd p = { .fd = JOBS };

	return poll(&p, 1, 0) == 1 && p.revents & (POLLHUP | POLLERR);
}

static bool
is_forwarded(const struct delivery *d)
{
	return job_param_get(d->job.params, "FORWARDED", 0);
}

/* it comes to nothing now, because of the settings or for want of memory */
static void
put_off(struct delivery *d, const char *status, const char *reason)
{
	delivery_begin(d);
	result_say(&reach.why, 'Z', true, status, reason, "\n");
	delivery_over(d, &reach.why);
}

/* room for another sender, so that none is given up for want of memory later */
static bool
has_room(struct buf *sender)
{
	buf_clear(sender);
	return buf_room(sender, ADDR_MAX);
}

static void
take(struct delivery *d)
{
	if (*misconfigured.text)
		put_off(d, "4.3.5", misconfigured.text);
	else if (is_forwarded(d) && !senders_load(&senders))
		put_off(d, "4.3.5", senders.error.text);
	else if (is_forwarded(d) && !has_room(&rewritten[d - slots]))
		put_off(d, "4.3.0", strerror(errno));
	else
		delivery_take(d);
}

/* Our address as the receiver sees it; 0: it sees a relay's, or nobody knows. */
static const unsigned char *
own_address(unsigned char ip[16])
{
	return reach.hosts.route.way == ROUTE_MX && client_own_ip(&client, ip) ? ip : 0;
}

/* a connection is there: what does its server hear as the sender? */
static void
choose_sender(struct delivery *d)
{
	unsigned char ip[16];

	if (is_forwarded(d) && *d->sender)
		d->sender = senders_choose(&senders, d->job.sender, own_address(ip), &rewritten[d - slots]);
}

/* must the server wait while the DNS is asked about the sender? */
static bool
sender_keeps_waiting(const struct delivery *d)
{
	unsigned char ip[16];

	return is_forwarded(d) && senders_must_ask(&senders, d->job.sender, own_address(ip));
}

/* wait for a job that a server has to hear of; false: there will be none */
static bool
wait_job(struct delivery *d)
{
	while (!d->held)
		switch (job_get(JOBS, d->packet, &d->job, 0)) {
		case JOB_GOT:
			take(d);
			break;
		case JOB_NONE:
			client_quit(&client);
			break;
		case JOB_GO:
		case JOB_BAD:
			warn_say("a packet from pneu-send is not a job");
			break;
		case JOB_END:
			return false;
		case JOB_TROUBLE:
			die_sys(EX_SOFT, "read a job");
		}
	return true;
}

/* take the next job if it is there already */
static void
look_ahead(const struct delivery *d, struct delivery *next)
{
	while (!next->held)
		switch (job_get(JOBS, next->packet, &next->job, MSG_DONTWAIT)) {
		case JOB_GOT:
			take(next);
			break;
		case JOB_END:
			/* The one who would hear of success has died and will send this message again; or has heard
			 * all there was to hear, if nobody was accepted. */
			if (!d->alone && nobody_listens())
				die_say(EX_SOFT, "pneu-send is gone, message dropped before its end");
			return;
		case JOB_GO:
		case JOB_BAD:
			warn_say("a packet from pneu-send is not a job");
			break;
		default:
			return;
		}
}

static void
receive_go(struct delivery *next)
{
	static char space[JOB_PACKET];
	struct job j;

	for (;;)
		switch (job_get(JOBS, next->held ? space : next->packet, next->held ? &j : &next->job, 0)) {
		case JOB_GO:
			return;
		case JOB_GOT:
			if (next->held)
				die_say(EX_HARD, "pneu-send gives more jobs than it may");
			take(next);
			break;
		case JOB_NONE:
			break;                  /* we wait for our turn */
		case JOB_END:
			_exit(0);               /* somebody else carries it */
		case JOB_BAD:
			warn_say("a packet from pneu-send is not a job");
			break;
		case JOB_TROUBLE:
		default:
			die_sys(EX_SOFT, "read a job");
		}
}

/* Tell pneu-send which hosts they are, before the first connection and when they have changed (wire/job.h). The next job may
 * come before its answer. A domain without MX, or with none to be found, is nobody else's place; but once pneu-send knows of
 * hosts, the jobs may be of other domains that have those, and neither belong where this one leads now nor hear what it lacks.
 * false: for want of memory */
static bool
may_connect(struct delivery *next)
{
	struct report r = { .verdict = 'S' };
	struct buf now = BUF(JOB_VIA), salt = BUF(MTASTS_LINE);
	bool same;

	if (!reach.hosts.is_mx && !word.len)
		return true;
	if (!protection_salt(&reach.tls, &reach.hosts.route, &salt) ||
	    !hosts_word(&reach.hosts, salt.len ? salt.s : "", &now) || !buf_room(&word, now.len)) {
		result_say(&reach.all, 'Z', true, "4.3.0", strerror(errno), "\n");
		buf_free(&salt);
		buf_free(&now);
		return false;
	}
	buf_free(&salt);
	same = word.len == now.len && memcmp(word.s, now.s, now.len) == 0;
	buf_clear(&word);
	(void)buf_puts(&word, now.s);           /* there is room */
	buf_free(&now);
	if (same)
		return true;
	r.exchangers = word.s;
	if (!report_put(JOBS, &r, 0))
		die_sys(EX_SOFT, "report to pneu-send");
	receive_go(next);
	return true;
}

static bool
search(struct delivery *next)
{
	bool found = reach_begin(&reach, &client);

	return may_connect(next) && found;
}

/* with PIPELINING and CHUNKING a small message's text too; then who would hear of it must be there */
static enum transaction_result
send_envelope(struct delivery *d, struct delivery *next)
{
	struct iovec v[2];

	if (d->sent)
		return TRANSACTION_GO;
	buf_clear(&commands);
	choose_sender(d);
	if (!transaction_envelope(&client, d, &commands))
		return TRANSACTION_OVER;
	if (d->way == DELIVERY_AT_ONCE)
		look_ahead(d, next);
	v[0].iov_base = commands.s;
	v[0].iov_len = commands.len;
	v[1].iov_base = (char *)(uintptr_t)d->piece;
	v[1].iov_len = d->piece_len;
	d->sent = client_send(&client, v, d->way == DELIVERY_AT_ONCE ? 2 : 1);
	if (d->sent)
		return TRANSACTION_GO;
	result_say(&reach.why, 'Z', true, "4.4.2", client.ip, " ", client_trouble(errno), " before MAIL\n");
	client_via(&client, &reach.why, false);
	return TRANSACTION_NOTHING;
}

/* the envelope's answers, on the old connection, or on new ones to each host in turn; searching: to those behind the last one */
static enum transaction_result
envelope(struct delivery *d, struct delivery *next, bool searching)
{
	if (!d->sent && client_is_full(&client))
		client_quit(&client);
	if (!d->sent && client.fd >= 0 && client_is_heard(&client))
		client_close(&client);          /* it has gone, or said what nobody asked: no answer to what we say now */
	for (;;) {
		enum transaction_result r;

		if (client.fd < 0) {
			if (!searching && !search(next)) {
				delivery_over(d, &reach.all);
				return TRANSACTION_OVER;
			}
			searching = true;
			if (!reach_next(&reach, &client)) {
				delivery_over(d, &reach.all);
				return TRANSACTION_OVER;
			}
		}
		client.others = reach.spoke || hosts_left(&reach.hosts);        /* what several say is told together */
		r = send_envelope(d, next);
		if (r == TRANSACTION_GO)
			r = transaction_answers(&client, d, &reach.why);
		if (r != TRANSACTION_NOTHING)
			return r;
		if (client.jobs <= 1)           /* else it was an old connection that had its time */
			reach_failed(&reach);
		client_close(&client);
		d->sent = false;
	}
}

/* can its envelope follow the end of d's text at once? */
static bool
may_follow(const struct delivery *d, const struct delivery *next)
{
	if (!next->held || !client.offers.pipelining || client_is_full(&client) || sender_keeps_waiting(next))
		return false;
	/* if this one goes to another host, so shall the next */
	return delivery_count(d, DELIVERY_WAITS) + delivery_count(d, DELIVERY_ELSEWHERE) == 0 && (client.proven || !client.others);
}

/* the last piece with the end, and in the same breath the envelope of the next message */
static void
finish(struct delivery *d, struct delivery *next)
{
	struct iovec v[3] = { { (char *)(uintptr_t)d->piece, d->piece_len } };
	int n = 1;

	look_ahead(d, next);
	buf_clear(&commands);
	if (may_follow(d, next)) {
		choose_sender(next);
		client.dirty = d->way == DELIVERY_CHUNKS;       /* if the last chunk is refused, the next MAIL comes into its transaction */
		if (transaction_envelope(&client, next, &commands)) {
			v[1].iov_base = commands.s;
			v[1].iov_len = commands.len;
			v[2].iov_base = (char *)(uintptr_t)next->piece;
			v[2].iov_len = next->piece_len;
			n = next->way == DELIVERY_AT_ONCE ? 3 : 2;
		}
	}
	client.others = client.others && n == 1;        /* the next one's answers are to be heard here */
	if (client_send(&client, v, n)) {
		next->sent = n > 1;
		transaction_end(&client, d);
	} else if (client.gone >= d->piece_len) {       /* the end is out, what follows it is not: the server may have said 250 and hung up */
		transaction_end(&client, d);
		client_close(&client);
	} else
		transaction_unsent(&client, d, errno);
}

/* This host does not take it, and another one may. */
static void
leave_host(struct delivery *d)
{
	reach.why = d->elsewhere;
	reach_leave(&reach);
	client_quit(&client);
	delivery_return(d);
}

/* one transaction, or as many as it takes */
static void
deliver(struct delivery *d, struct delivery *next)
{
	bool searching = false;

	reach_renew(&reach, &client);
	do {
		if (envelope(d, next, searching) == TRANSACTION_GO && transaction_text(&client, d) == TRANSACTION_GO) {
			if (d->piece_len)
				finish(d, next);
			else
				transaction_end(&client, d);
		}
		if (client.fd < 0)
			next->sent = false;
		searching = d->held && delivery_count(d, DELIVERY_WAITS) == 0;
		if (searching)
			leave_host(d);
	} while (d->held);
}

int
main(int argc, char **argv)
{
	struct timeval idle = { .tv_sec = IDLE_S };
	int i = 0;

	msg_name("pneu-remote");
	if (argc != 2 || !route_get(argv[1], &reach.hosts.route))
		die_say(EX_HARD, "usage: pneu-remote ROUTE");
	drop_sight();                           /* others of our uid are at work */
	sig_ignore(SIGPIPE);
	if (setsockopt(JOBS, SOL_SOCKET, SO_RCVTIMEO, &idle, sizeof idle) != 0)
		die_sys(EX_HARD, "use descriptor 0 for jobs");
	client.fd = -1;
	client.lmtp = reach.hosts.route.way == ROUTE_LMTP || reach.hosts.route.way == ROUTE_LMTP_UNIX;
	client.login = *reach.hosts.route.login ? reach.hosts.route.login : 0;
	tcpto_open(TCPTO_FD);
	load_settings();
	slots[0].reports = slots[1].reports = JOBS;
	for (; wait_job(&slots[i]); i = !i)
		deliver(&slots[i], &slots[!i]);
	client_quit(&client);
	return 0;
}
