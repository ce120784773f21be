#include "wire/queuefile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/fd.h"
#include "mail/dsn.h"
#include "scratch.h"
#include "tap.h"

#define HEADER "pneu1 0000000000000000013 01795335540123456 0000001000 0000004711 "
#define NO_SUM "----------------\n"
#define MESSAGE "Subject: x\n\ny"
#define ENVELOPE "Fjoe@a.example\nB8BITMIME\nTx@b.example\nNNEVER\nT100%25\xc3\xa4%0A%7F@b.example\nT\n.\n"
#define HISTORY "z0 1795335600 4.4.1 nobody answers: 100%25%0Aagain\n" "k1 1795335601 done\n" "d2 1795335602 5.1.1 no such user\n"

static struct qf q;

/* load these bytes */
static enum qf_result
load(const void *bytes, size_t n, bool check_sum)
{
	enum qf_result r;
	int fd;

	scratch_file("q", bytes, n);
	fd = open("q", O_RDONLY | O_CLOEXEC);
	r = qf_load(&q, fd, check_sum);
	if (lseek(fd, 0, SEEK_CUR) != 0)
		r = QF_TROUBLE + 1;             /* the position is shared with workers */
	close(fd);
	return r;
}

#define LOAD(literal) load(literal, sizeof(literal) - 1, true)

static void
golden(void)
{
	struct qf_header h = { .length = 13, .arrival_us = 1795335540123456, .uid = 1000, .pid = 4711 }, back;
	char text[QF_HEADER + 1] = "";
	struct buf b = BUF(QF_RECORDS);

	qf_header_put(text, &h);
	same(text, HEADER NO_SUM, "a header");
	ok(qf_header_get(text, &back) && back.length == 13 && back.arrival_us == 1795335540123456 && back.uid == 1000 && back.pid == 4711 &&
	    !back.summed, "and back");
	h.summed = true, h.sum = 0x0123456789abcdef;
	qf_header_put(text, &h);
	same(text, HEADER "0123456789abcdef\n", "with a sum");
	ok(qf_header_get(text, &back) && back.summed && back.sum == 0x0123456789abcdef, "and back");
	h.length = INT64_MAX, h.arrival_us = (uint64_t)1 << 55, h.uid = h.pid = UINT32_MAX, h.sum = 0;
	qf_header_put(text, &h);
	ok(qf_header_get(text, &back) && back.length == INT64_MAX && back.arrival_us == (uint64_t)1 << 55 && back.uid == UINT32_MAX &&
	    back.pid == UINT32_MAX && back.summed && back.sum == 0, "the largest numbers");
	ok(qf_put_envelope(&b, 'F', "joe@a.example") && qf_put_envelope(&b, 'B', "8BITMIME") && qf_put_envelope(&b, 'T', "x@b.example") &&
	    qf_put_envelope(&b, 'N', "NEVER") && qf_put_envelope(&b, 'T', "100%\xc3\xa4\n\x7f@b.example") && qf_put_envelope(&b, 'T', "") &&
	    qf_put_end(&b), "records of an envelope");
	same(b.s, ENVELOPE, "as these lines");
	buf_clear(&b);
	ok(qf_put_attempt(&b, 'z', 0, 1795335600, "4.4.1", 0, "nobody answers: 100%\nagain") && qf_put_attempt(&b, 'k', 1, 1795335601, 0, "", "done") &&
	    qf_put_attempt(&b, 'd', 2, 1795335602, "5.1.1", 0, "no such user"), "and of a history");
	same(b.s, HISTORY, "as these lines");
	buf_clear(&b);
	ok(qf_put_bounced(&b, 7, -5, "1k0v4ghy9t0c1"), "a time before 1970");
	same(b.s, "b7 0 1k0v4ghy9t0c1\n", "counts as 1970");
	buf_free(&b);
}

static void
replaying(void)
{
	ok(LOAD(HEADER NO_SUM MESSAGE ENVELOPE) == QF_OK, "a file as injected");
	ok(q.header.length == 13 && q.header.uid == 1000 && !q.history && q.size == q.file_size && q.size == sizeof(HEADER NO_SUM MESSAGE ENVELOPE) - 1,
	    "its numbers");
	same(qf_string(&q, q.sender), "joe@a.example", "its sender");
	same(qf_string(&q, q.body), "8BITMIME", "its body type");
	ok(q.rcpts == 3 && q.rcpt[0].state == QF_WAITING && q.rcpt[1].state == QF_WAITING && q.rcpt[2].tries == 0 && q.rcpt[0].last == 0 &&
	    !*q.rcpt[0].status, "three recipients, all waiting");
	same(qf_string(&q, q.rcpt[0].addr), "x@b.example", "the first");
	same(qf_string(&q, q.rcpt[1].addr), "100%\xc3\xa4\n\x7f@b.example", "the second, unescaped");
	same(qf_string(&q, q.rcpt[2].addr), "", "the third, empty");
	same(qf_string(&q, 0), "", "offset 0 is the empty string");

	ok(LOAD(HEADER NO_SUM MESSAGE ENVELOPE HISTORY) == QF_OK && q.history && q.rcpts == 3, "the same with a history, in the same qf");
	ok(q.rcpt[0].state == QF_WAITING && q.rcpt[0].tries == 1 && strcmp(q.rcpt[0].status, "4.4.1") == 0, "the first deferred");
	same(qf_string(&q, q.rcpt[0].last), "nobody answers: 100%\nagain", "for this reason");
	ok(q.rcpt[1].state == QF_DELIVERED && q.rcpt[2].state == QF_FAILED && strcmp(q.rcpt[2].status, "5.1.1") == 0, "the second delivered, the third failed");
	same(qf_string(&q, q.rcpt[2].last), "no such user", "for this reason");
	ok(LOAD(HEADER NO_SUM MESSAGE ENVELOPE HISTORY HISTORY) == QF_OK && q.rcpt[1].state == QF_DELIVERED && q.rcpt[2].state == QF_FAILED,
	    "every record may stand twice");
	ok(LOAD(HEADER NO_SUM MESSAGE ENVELOPE HISTORY "b2 5 1k0v4ghy9t0c1\n" "d2 1795335602 5.1.1 x\nz1 6 4.0.0 x\n") == QF_OK &&
	    q.rcpt[2].state == QF_BOUNCED && q.rcpt[1].state == QF_DELIVERED && q.rcpt[1].tries == 0, "delivered and bounced are final");
	ok(LOAD(HEADER NO_SUM MESSAGE "F\nTx\n.\nk0 1 \n") == QF_OK && !*qf_string(&q, q.sender) && q.rcpts == 1 && q.rcpt[0].state == QF_DELIVERED &&
	    q.body == 0 && !q.forwarded, "the null sender, no parameters, no text");
	ok(LOAD(HEADER NO_SUM MESSAGE "Fa\nW1\nTx\n.\n") == QF_OK && q.forwarded, "a forwarded one");
	ok(LOAD(HEADER NO_SUM MESSAGE "Fa\nAann%25 lee\nC192.0.2.1\nTx\n.\n") == QF_OK && !strcmp(qf_string(&q, q.login), "ann% lee") &&
	    !strcmp(qf_string(&q, q.client), "192.0.2.1"), "whose it is");
	ok(qf_believed(&q, 5, 1000) && qf_believed(&q, 1000, 5) && !qf_believed(&q, 5, 6), "as some may say");
	ok(LOAD(HEADER NO_SUM MESSAGE "Fa\nTx\n.\n") == QF_OK && !q.login && !q.client, "nobody said");
	ok(LOAD(HEADER NO_SUM MESSAGE "Fa\nW\nTx\n.\n") == QF_OK && !q.forwarded, "not by any other value");
	ok(LOAD(HEADER NO_SUM MESSAGE "Fa\nTx\nW1\n.\n") == QF_INCOMPLETE, "nor behind a recipient");
	ok(!q.hold && LOAD(HEADER NO_SUM MESSAGE "Fa\nHtoo odd%25\nTx\n.\n") == QF_OK && strcmp(qf_string(&q, q.hold), "too odd%") == 0,
	    "one to be held");
	ok(LOAD(HEADER NO_SUM MESSAGE "Fa\nH\nTx\n.\n") == QF_OK && q.hold && LOAD(HEADER NO_SUM MESSAGE "Fa\nTx\n.\n") == QF_OK && !q.hold,
	    "for no reason; the next one is not");
	ok(LOAD(HEADER NO_SUM MESSAGE "Fa\nTx\nHx\n.\n") == QF_INCOMPLETE && LOAD(HEADER NO_SUM MESSAGE "Hx\nFa\nTx\n.\n") == QF_INCOMPLETE,
	    "not behind a recipient, nor before the sender");
	ok(LOAD("pneu1 0000000000000000000 00000000000000000 0000000000 0000000000 " NO_SUM "F\nT\n.\n") == QF_OK, "an empty message of 1970");
}

/* what is cut off in the envelope never was a message; what is cut off behind it has one record less */
static void
torn(void)
{
	static const char whole[] = HEADER NO_SUM MESSAGE ENVELOPE HISTORY;
	const size_t end = sizeof(HEADER NO_SUM MESSAGE ENVELOPE) - 1, at[] = { end, end + sizeof("z0 1795335600 4.4.1 nobody answers: 100%25%0Aagain\n") - 1,
		end + sizeof("z0 1795335600 4.4.1 nobody answers: 100%25%0Aagain\n" "k1 1795335601 done\n") - 1, sizeof whole - 1 };
	size_t n, k;
	bool before = true, behind = true;

	for (n = 0; n < end; n++)
		before &= load(whole, n, true) == QF_INCOMPLETE;
	ok(before, "cut at any byte before the end of the envelope: incomplete");
	for (k = 0; n < sizeof whole; n++) {
		while (k < 3 && at[k + 1] <= n)
			k++;
		behind &= load(whole, n, true) == QF_OK && q.rcpts == 3 && q.size == at[k] && q.file_size == n && q.history == (k > 0) &&
		    q.rcpt[0].tries == (k > 0) && q.rcpt[1].state == (k > 1 ? QF_DELIVERED : QF_WAITING) &&
		    q.rcpt[2].state == (k > 2 ? QF_FAILED : QF_WAITING);
	}
	ok(behind, "cut at any byte behind: the torn record does not count, and where the next one goes is known");
}

static void
damaged(const char *records, enum qf_result want, const char *promise)
{
	char file[3000];
	size_t n = (size_t)sprintf(file, "%s%s", HEADER NO_SUM MESSAGE, records);
	enum qf_result r = load(file, n, true);

	if (!ok(r == want, promise))
		printf("# got %d, want %d\n", (int)r, (int)want);
}

static void
odd(void)
{
	damaged(".\n", QF_DAMAGED, "an envelope of nothing");
	damaged("F\n.\n", QF_DAMAGED, "no recipient");
	damaged("T\n.\n", QF_INCOMPLETE, "no sender");
	damaged("F\nF\nT\n.\n", QF_INCOMPLETE, "two senders");
	damaged("F\nX\nT\n.\n", QF_INCOMPLETE, "an unknown record");
	damaged("F\n\nT\n.\n", QF_INCOMPLETE, "an empty line");
	damaged("F\nNX\nT\n.\n", QF_INCOMPLETE, "a recipient's parameter first");
	damaged("F\nT\nBX\n.\n", QF_INCOMPLETE, "the message's parameter last");
	damaged("F\nTa%\n.\n", QF_INCOMPLETE, "half an escape");
	damaged("F\nTa%2\n.\n", QF_INCOMPLETE, "most of an escape");
	damaged("F\nTa%2g\n.\n", QF_INCOMPLETE, "an escape that is none");
	damaged("F\nTa%2f\n.\n", QF_INCOMPLETE, "an escape in small letters");
	damaged("F\nTa%00b\n.\n", QF_INCOMPLETE, "an escaped NUL");
	damaged("F\nT\n. \n", QF_DAMAGED, "an end that is none");
	damaged("F\nT\n.\n.\n", QF_DAMAGED, "two ends");
	damaged("F\nT\n.\nT\n", QF_DAMAGED, "a recipient behind the end");
	damaged("F\nT\n.\nx0 1 \n", QF_DAMAGED, "an unknown history");
	damaged("F\nT\n.\n\n", QF_DAMAGED, "an empty line in it");
	damaged("F\nT\n.\nk1 1 x\n", QF_DAMAGED, "of a recipient who is not there");
	damaged("F\nT\n.\nk-1 1 x\n", QF_DAMAGED, "of a number that is none");
	damaged("F\nT\n.\nk 1 x\n", QF_DAMAGED, "of no number");
	damaged("F\nT\n.\nk0 x\n", QF_DAMAGED, "at no time");
	damaged("F\nT\n.\nk0\n", QF_DAMAGED, "no more than that");
	damaged("F\nT\n.\nk18446744073709551616 1 x\n", QF_DAMAGED, "a number too large for any");
	damaged("F\nT\n.\nz0 1 4.0.0\n", QF_DAMAGED, "deferred without a text");
	damaged("F\nT\n.\nz0 1 4.123.1234 x\n", QF_DAMAGED, "a status too long");
	damaged("F\nT\n.\nz0 1 4.123.123 x\n", QF_OK, "the longest status");
	damaged("F\nT\n.\nz0 1 4.0.0 x%\n", QF_DAMAGED, "half an escape in it");
	damaged("F\nT\n.\nz0 1 4.0.0 %FF\n", QF_OK, "any byte, escaped");
}

#define X0 "x0 1795335600 4 /etc/aliases:12\n"
#define X1 "<owner-list@b.example\n" "+a 100%25%C3%A4@b.example\n" "+i /etc/list\n" "+p prog -x a@b\n"

/* everybody as "STATE KIND TEXT <SENDER> of PARENT (ROOT, what is shown)" */
static const char *
everybody(void)
{
	static char s[4000];
	size_t i, n = 0;

	s[0] = 0;
	for (i = 0; i < q.rcpts; i++)
		n += (size_t)sprintf(s + n, "%s%c%c %s <%s> %u %zu %s", i ? "; " : "", "wkdbx"[q.rcpt[i].state], q.rcpt[i].kind ? q.rcpt[i].kind : '-',
		    qf_string(&q, q.rcpt[i].addr), qf_sender(&q, i), q.rcpt[i].parent, qf_root(&q, i), qf_address(&q, i));
	return s;
}

#define START HEADER NO_SUM MESSAGE "Fs@s\nTlist\nTbob\n.\n"
#define BEFORE "w- list <s@s> 0 0 list; w- bob <s@s> 0 1 bob"
#define AFTER "x- list <s@s> 0 0 list; w- bob <s@s> 0 1 bob; wa 100%\xc3\xa4@b.example <owner-list@b.example> 1 0 100%\xc3\xa4@b.example; " \
	"wi /etc/list <owner-list@b.example> 1 0 list; wp prog -x a@b <owner-list@b.example> 1 0 list"

static void
expansions(void)
{
	static const char whole[] = START X0 X1;
	const size_t end = sizeof START - 1;
	struct buf b = BUF(QF_RECORDS), small = BUF(30);
	size_t n, lines, first, kept;
	bool before = true, where = true, then = true;

	ok(qf_put_expansion(&b, 0, 1795335600, 4, "/etc/aliases:12") && qf_put_child_sender(&b, "owner-list@b.example") &&
	    qf_put_child(&b, QF_ADDRESS, "100%\xc3\xa4@b.example") && qf_put_child(&b, QF_INCLUDE, "/etc/list") && qf_put_child(&b, QF_PROGRAM, "prog -x a@b"),
	    "an expansion");
	ok(strcmp(b.s, "x0 1795335600 4 /etc/aliases:12\n<owner-list@b.example\n+a 100%25\xc3\xa4@b.example\n+i /etc/list\n+p prog -x a@b\n") == 0, "as these lines");
	buf_clear(&b);
	ok(qf_put_expansion(&b, 1, -1, 0, "a\nb") && strcmp(b.s, "x1 0 0 a%0Ab\n") == 0, "of nobody, before 1970, for an odd reason");
	ok(!qf_put_expansion(&small, 0, 1795335600, 4, "/etc/aliases:12") && errno == EMSGSIZE, "no room");
	buf_free(&small);
	ok(LOAD(START X0 X1) == QF_OK && q.injected == 2 && q.history, "read back");
	same(everybody(), AFTER, "who is who, by whom and from whom");
	for (n = end; n < sizeof whole - 1; n++) {
		before &= load(whole, n, true) == QF_OK && strcmp(everybody(), BEFORE) == 0;
		where &= q.file_size == n && q.size <= n && whole[q.size - 1] == '\n' && !memchr(whole + q.size, '\n', n - q.size);
		/* what is written next stands where the torn line began */
		for (lines = q.size, buf_clear(&b); !buf_put(&b, whole, lines) || !buf_put(&b, X0 X1, sizeof X0 X1 - 1); )
			;
		then &= load(b.s, b.len, true) == QF_OK && strcmp(everybody(), AFTER) == 0;
		buf_cut(&b, lines);
		then &= buf_puts(&b, "z0 1795335600 4.3.0 not now\n") && load(b.s, b.len, true) == QF_OK && strcmp(everybody(), BEFORE) == 0 && q.rcpt[0].tries == 1;
	}
	ok(before, "cut at any byte it did not happen");
	ok(where, "and only the torn line is in the way");
	ok(then, "done again behind what is left of it, it has; something else there, it has not");
	ok(LOAD(START X0 X1 X0 X1) == QF_OK && strcmp(everybody(), AFTER) == 0, "it may stand twice");
	ok(LOAD(START X0 X1 "k2 1 x\nk4 1 x\n" X0 X1 "k2 1 x\nx3 1 1 l\n+m ann\nx0 1 0 \n") == QF_OK && q.rcpts == 6 && q.rcpt[2].state == QF_DELIVERED &&
	    q.rcpt[3].state == QF_EXPANDED && q.rcpt[4].state == QF_DELIVERED, "also later, when others have been counted behind it");
	same(everybody() + sizeof AFTER - 1, "; wm ann <owner-list@b.example> 4 0 ann", "who inherit a sender, and whose root is the first of all");
	ok(LOAD(START X0 X1 "k0 1 x\nd0 1 5.0.0 x\nz0 1 4.0.0 x\n") == QF_OK && q.rcpt[0].state == QF_EXPANDED && q.rcpt[0].tries == 0, "it is final");
	ok(LOAD(START "k0 1 x\n" X0 X1) == QF_OK && q.rcpts == 2 && q.rcpt[0].state == QF_DELIVERED, "and comes too late for who is delivered");
	ok(LOAD(START "x0 1 0 \n") == QF_OK && q.rcpts == 2 && q.rcpt[0].state == QF_EXPANDED, "nobody instead");
	ok(LOAD(START "x0 1 2 \n<\n+a x\nx1 1 1 l\n+a y\n") == QF_OK, "the null sender");
	same(everybody(), "x- list <s@s> 0 0 list; x- bob <s@s> 0 1 bob; wa x <> 1 0 x; wa y <s@s> 2 1 y", "is a sender of its own, and no one else's");
	ok(LOAD(START "x0 1 3 \n+a x\n+a y\nx1 1 1 l\n+n z\nk2 1 x\n") == QF_OK && q.rcpts == 3 && q.rcpt[2].state == QF_DELIVERED &&
	    strcmp(qf_string(&q, q.rcpt[2].addr), "z") == 0, "of a torn one nothing is counted");
	ok(LOAD(START "x0 1 1 l\n+f /var/mail/%0A\n") == QF_OK && strcmp(qf_string(&q, q.rcpt[2].addr), "/var/mail/\n") == 0 &&
	    strcmp(qf_address(&q, 2), "list") == 0, "an odd path");
	ok(LOAD(START X0 X1) == QF_OK && (kept = qf_keep(&q, "own@b.example")) && (first = q.rcpts) == 5 &&
	    qf_add_child(&q, 3, QF_MAILBOX, (uint32_t)kept, "eve") && q.rcpts == 6, "added in memory");
	same(everybody() + sizeof AFTER - 1, "; wm eve <own@b.example> 4 0 eve", "it is as if it had been read");
	buf_free(&b);
	damaged("F\nT\n.\n+a x\n", QF_DAMAGED, "a recipient of no expansion");
	damaged("F\nT\n.\n<x\n", QF_DAMAGED, "a sender of none");
	damaged("F\nT\n.\nx0 1 0 l\n+a x\n", QF_DAMAGED, "one more than announced");
	damaged("F\nT\n.\nx0 1 1 l\n+a x\n+a x\n", QF_DAMAGED, "behind others");
	damaged("F\nT\n.\nx0 1 1 l\n+a x\n<x\n", QF_DAMAGED, "a sender for nobody");
	damaged("F\nT\n.\nx1 1 1 l\n+a x\n", QF_DAMAGED, "of a recipient who is not there");
	damaged("F\nT\n.\nx0 1 2 l\n+a x\nk1 1 x\n", QF_DAMAGED, "a record of one that did not happen");
	damaged("F\nT\n.\nx0 1 1 l\n+a \n", QF_DAMAGED, "no address");
	damaged("F\nT\n.\nx0 1 1 l\n+q x\n", QF_DAMAGED, "a kind that is none");
	damaged("F\nT\n.\nx0 1 1 l\n+ax\n", QF_DAMAGED, "no blank behind it");
	damaged("F\nT\n.\nx0 1 1 l\n+a x%00\n", QF_DAMAGED, "an escaped NUL");
	damaged("F\nT\n.\nx0 1 1 l\n<x%\n+a x\n", QF_DAMAGED, "half an escape");
	damaged("F\nT\n.\nx0 1 4294967296 l\n", QF_DAMAGED, "more than can be counted");
	damaged("F\nT\n.\nx0 1 4294967295 l\n", QF_OK, "and almost that, torn");
	damaged("F\nT\n.\nx0 1 l\n", QF_DAMAGED, "no count");
	damaged("F\nT\n.\nx0 1 1\n", QF_DAMAGED, "no blank behind it");
	damaged("F\nT\n.\nx-1 1 1 l\n", QF_DAMAGED, "a number that is none");
	damaged("x0 1 0 l\nF\nT\n.\n", QF_INCOMPLETE, "in the envelope");
}

static void
headers(void)
{
	static const char good[] = HEADER NO_SUM MESSAGE ENVELOPE;
	char bad[sizeof good];
	struct qf_header h;
	size_t i;
	int c;
	bool all = true;
	unsigned taken = 0;

	for (i = 0; i < QF_HEADER; i++)
		for (c = 0; c < 256; c++) {
			bool digit = c >= '0' && c <= '9';

			memcpy(bad, good, sizeof good);
			bad[i] = (char)c;
			if (qf_header_get(bad, &h) && c != good[i]) {
				taken++;
				all &= digit && good[i] >= '0' && good[i] <= '9';
			}
		}
	ok(all && taken > 0, "one byte of the header changed: refused, unless a digit took a digit's place");
	ok(LOAD("pneu2 0000000000000000013 01795335540123456 0000001000 0000004711 " NO_SUM MESSAGE ENVELOPE) == QF_INCOMPLETE, "another version");
	ok(LOAD("pneu1 9223372036854775808 01795335540123456 0000001000 0000004711 " NO_SUM MESSAGE ENVELOPE) == QF_INCOMPLETE, "a length too large for any file");
	ok(LOAD("pneu1 9223372036854775807 01795335540123456 0000001000 0000004711 " NO_SUM MESSAGE ENVELOPE) == QF_INCOMPLETE, "the largest length");
	ok(LOAD(HEADER "0123456789ABCDEF\n" MESSAGE ENVELOPE) == QF_INCOMPLETE, "a sum in capitals");
	memset(bad, 0, sizeof bad);
	ok(load(bad, sizeof bad, true) == QF_INCOMPLETE, "a file of zeros, as a crash may leave it");
	ok(load(bad, 0, true) == QF_INCOMPLETE, "an empty file");
}

#define TWO HEADER NO_SUM MESSAGE "Fs@s\nL7200\nTann\nNSUCCESS,DELAY\nTbob\n.\n"
#define WAYS "z0 1795335600 4.4.2 @mx.b.example/192.0.2.7/TLSv1.3 broken off\n" "w0 1795335700 delayed 1k0v4ghy9t0c1\n" \
	"k0 1795335800 @mx.b.example/192.0.2.7/clear @ease\n" "w0 1795335801 relayed 1k0v4ghy9t0c2\n" "d1 1795335802 5.0.0 @ @home\n"

static char events[2000];

static void
tell(void *arg, const struct qf_event *e)
{
	size_t n = strlen(events);

	(void)arg;
	snprintf(events + n, sizeof events - n, "%c%zu %lld <%s> <%s> <%s>; ", e->letter, e->rcpt, (long long)e->when_s, e->status, e->via, e->text);
}

/* each attempt says by which way; the sender is told once of each thing */
static void
ways(void)
{
	struct buf b = BUF(QF_RECORDS);
	int fd;

	ok(qf_put_attempt(&b, 'z', 0, 1795335600, "4.4.2", "mx.b.example/192.0.2.7/TLSv1.3", "broken off") &&
	    qf_put_told(&b, 0, 1795335700, "delayed", "1k0v4ghy9t0c1") &&
	    qf_put_attempt(&b, 'k', 0, 1795335800, 0, "mx.b.example/192.0.2.7/clear", "@ease") &&
	    qf_put_told(&b, 0, 1795335801, "relayed", "1k0v4ghy9t0c2") && qf_put_attempt(&b, 'd', 1, 1795335802, "5.0.0", "", "@home"),
	    "attempts with ways, and who was told");
	same(b.s, WAYS, "as these lines");
	ok(LOAD(TWO WAYS) == QF_OK && q.lifetime_s == 7200 && q.rcpt[0].state == QF_DELIVERED && q.rcpt[0].tries == 1 &&
	    (q.rcpt[0].dsn & (QF_TOLD_DELAY | QF_TOLD_END)) == (QF_TOLD_DELAY | QF_TOLD_END) && q.rcpt[0].when_s == 1795335800, "read back");
	same(qf_string(&q, q.rcpt[0].via), "mx.b.example/192.0.2.7/clear", "the last way");
	same(qf_string(&q, q.rcpt[0].last), "@ease", "and words, of one whose success is to be reported");
	ok(q.rcpt[1].via == 0 && !(q.rcpt[1].dsn & QF_TOLD_END), "no way");
	same(qf_string(&q, q.rcpt[1].last), "@home", "and words that look like one");
	fd = open("q", O_RDONLY | O_CLOEXEC);
	events[0] = 0;
	ok(qf_history(&q, fd, tell, 0), "all of it");
	same(events, "z0 1795335600 <4.4.2> <mx.b.example/192.0.2.7/TLSv1.3> <broken off>; w0 1795335700 <delayed> <> <1k0v4ghy9t0c1>; "
	    "k0 1795335800 <> <mx.b.example/192.0.2.7/clear> <@ease>; w0 1795335801 <relayed> <> <1k0v4ghy9t0c2>; "
	    "d1 1795335802 <5.0.0> <> <@home>; ", "in order");
	q.size += 100;
	errno = 0;
	ok(!qf_history(&q, fd, tell, 0) && errno == EBADMSG, "a file that has become shorter");
	close(fd);
	ok(LOAD(TWO "z0 1 4.0.0 x\nw0 2 delayed a\nk0 3 x\nz0 1 4.0.0 x\nw0 2 delayed a\n") == QF_OK && q.rcpt[0].state == QF_DELIVERED &&
	    !(q.rcpt[0].dsn & QF_TOLD_END) && q.rcpt[0].dsn & QF_TOLD_DELAY, "what was told of a delay, written twice, is not told of the end");
	ok(LOAD(TWO "k0 3 @mx/192.0.2.7/clear/dsn ok\n") == QF_OK && q.rcpt[0].dsn & QF_TOLD_END, "where the next hop has the duty all is told");
	ok(LOAD(TWO "k0 3 @what\n") == QF_OK && q.rcpt[0].via == 0 && strcmp(qf_string(&q, q.rcpt[0].last), "@what") == 0,
	    "an old record whose words begin so");
	damaged("F\nT\n.\nw0 1 \n", QF_DAMAGED, "told without words");
	damaged("F\nT\n.\nw0 1 delayed\n", QF_DAMAGED, "by no message");
	damaged("F\nT\n.\nw1 1 delayed x\n", QF_DAMAGED, "of who is not there");
	damaged("F\nL0\nT\n.\n", QF_INCOMPLETE, "no time to live");
	damaged("F\nLx\nT\n.\n", QF_INCOMPLETE, "a time that is none");
	buf_free(&b);
}

static unsigned
notify(const char *records, size_t i)
{
	char file[3000];

	return load(file, (size_t)sprintf(file, "%s%s", TWO, records), true) == QF_OK ? qf_notify(&q, i) : 99;
}

/* RFC 3461 5.2.7: who asks for a success where an alias leads elsewhere */
static void
wishes(void)
{
	ok(notify("", 0) == (DSN_SUCCESS | DSN_DELAY) && notify("", 1) == 0, "as the sender said");
	ok(notify("x0 1 1 a\n+a c\n", 2) == (DSN_SUCCESS | DSN_DELAY) && q.rcpt[0].into == 1, "who an alias stands for, alone");
	ok(notify("x0 1 2 a\n+a c\n+a d\n", 3) == DSN_DELAY && q.rcpt[0].into == 2, "of several none asks for success");
	ok(notify("x0 1 1 a\n+i /l\nx2 2 2 a\n+a c\n+a d\n", 2) == (DSN_SUCCESS | DSN_DELAY) && qf_notify(&q, 3) == DSN_DELAY,
	    "nor behind a list that is alone");
	ok(notify("x0 1 2 a\n<own\n+a c\n", 2) == 0 && q.rcpt[0].into == 2, "a list asks for nothing");
	ok(notify("x0 1 2 a\n+a c\n", 0) == (DSN_SUCCESS | DSN_DELAY) && q.rcpt[0].into == 0, "an expansion that did not happen");
	ok(notify("x0 1 0 a\n", 0) == (DSN_SUCCESS | DSN_DELAY) && q.rcpt[0].into == 0 && q.rcpt[0].state == QF_EXPANDED, "into nobody");
	ok(LOAD(HEADER NO_SUM MESSAGE "Fs\nTa\nNSUCCESS\n.\nx0 1 2 a\n+a c\n+a d\n") == QF_OK && qf_notify(&q, 1) == DSN_NEVER,
	    "who asked for success alone asks for nothing then");
}

/* a file with the right sum */
static size_t
summed(char *file, const char *rest)
{
	struct qf_header h = { .length = 13, .arrival_us = 1, .uid = 2, .pid = 3, .summed = true };
	size_t n = (size_t)sprintf(file + QF_HEADER, "%s%s%s", MESSAGE, ENVELOPE, rest);

	h.sum = qf_sum(0, file + QF_HEADER, sizeof(MESSAGE ENVELOPE) - 1);
	qf_header_put(file, &h);
	return QF_HEADER + n;
}

static void
sums(void)
{
	static const char words[] = "The sum of a queue file is a format: what one version wrote another must find whole.\xff\x80";
	char file[1000];
	const size_t end = QF_HEADER + sizeof(MESSAGE ENVELOPE) - 1;
	size_t n = summed(file, ""), i;
	bool all = true;

	ok(qf_sum(0, "", 0) == 0 && qf_sum(0, "\0", 1) != qf_sum(0, "\0\0", 2) && qf_sum(0, "12345678", 8) == qf_sum(0, "12345678", 8), "sums");
	ok(qf_sum(qf_sum(0, "12345678", 8), "9abc", 4) == qf_sum(0, "123456789abc", 12), "a sum may be made in pieces of 8");
	ok(qf_sum(0, words, 1) == 0x886b6a9300e06643u && qf_sum(0, words, 7) == 0x19a4b12fd6f24bb7u &&
	    qf_sum(0, words, 8) == 0x4997f8b6d9c9da28u && qf_sum(0, words, 9) == 0x24e9e2b452cbda15u &&
	    qf_sum(0, words, 50) == 0x498cf98bc41a2943u && qf_sum(0, words, 84) == 0x017f79ed9af48799u,
	    "sums are a format: those of files that other versions have written");
	ok(load(file, n, true) == QF_OK && n == end, "the right sum");
	for (i = QF_HEADER; i < end; i++) {
		file[i] ^= 1;
		all &= load(file, n, true) != QF_OK;
		file[i] ^= 1;
	}
	ok(all, "one bit of the message or the envelope changed is found");
	for (i = QF_HEADER, all = true; i < QF_HEADER + 13; i++) {
		size_t len = QF_HEADER + 13 - i < 8 ? QF_HEADER + 13 - i : 8;
		char was[8];

		memcpy(was, file + i, len);
		memset(file + i, 0, len);
		all &= load(file, n, true) == QF_INCOMPLETE;
		all &= load(file, n, false) == QF_OK;
		memcpy(file + i, was, len);
	}
	ok(all, "so are bytes that never reached the disk; but only where it is asked for");
	n = summed(file, HISTORY);
	ok(load(file, n, true) == QF_OK && q.history, "history does not change the sum");
	n = summed(file, "z0 1795");
	ok(load(file, n, true) == QF_OK && !q.history && q.size == end, "nor does a torn record");
}

/* message and records around the size of what is read at once; many recipients, long histories */
static void
large(void)
{
	struct buf b = BUF(QF_RECORDS);
	struct qf_header h = { .arrival_us = 1, .summed = true };
	char start[QF_HEADER], rcpt[60];
	size_t length, i, envelope;
	bool all = true;

	for (length = 16384 - 200; length < 16384 + 20; length++) {
		h.length = length;
		buf_clear(&b);
		buf_put(&b, start, QF_HEADER);
		for (i = 0; i < length; i++)
			buf_byte(&b, (char)(i * 7));
		qf_put_envelope(&b, 'F', "s");
		qf_put_envelope(&b, 'T', "t");
		qf_put_end(&b);
		h.sum = qf_sum(0, b.s + QF_HEADER, b.len - QF_HEADER);
		qf_header_put(b.s, &h);
		all &= load(b.s, b.len, true) == QF_OK && q.rcpts == 1 && q.size == b.len && strcmp(qf_string(&q, q.rcpt[0].addr), "t") == 0;
		b.s[QF_HEADER + length / 2] ^= 1;
		all &= load(b.s, b.len, true) == QF_INCOMPLETE;
	}
	ok(all, "sizes around that of one read");
	h.length = 0, h.summed = false;
	qf_header_put(start, &h);
	buf_clear(&b);
	buf_put(&b, start, QF_HEADER);
	qf_put_envelope(&b, 'F', "s");
	for (i = 0; i < 100000; i++) {
		snprintf(rcpt, sizeof rcpt, "r%zu%%@b.example", i);
		qf_put_envelope(&b, 'T', rcpt);
	}
	qf_put_end(&b);
	envelope = b.len;
	for (i = 0; i < 100000; i += 3)
		i % 4 == 3 ? qf_put_bounced(&b, i, 5, "text") :
		    qf_put_attempt(&b, "kzd"[i % 4], i, 5, i % 4 ? "4.0.0" : 0, i % 2 ? "mx/192.0.2.7/clear" : "", "text");
	for (all = load(b.s, b.len, true) == QF_OK && q.rcpts == 100000, i = 0; all && i < 100000; i++) {
		static const enum qf_state states[] = { QF_DELIVERED, QF_WAITING, QF_FAILED, QF_BOUNCED };

		snprintf(rcpt, sizeof rcpt, "r%zu%%@b.example", i);
		all = strcmp(qf_string(&q, q.rcpt[i].addr), rcpt) == 0 && q.rcpt[i].state == (i % 3 ? QF_WAITING : states[i % 4]);
	}
	ok(all, "a hundred thousand recipients, a third of them with a history");
	ok(load(b.s, envelope - 1, true) == QF_INCOMPLETE, "cut before the end: incomplete");
	buf_free(&b);
}

static void
trouble(void)
{
	struct buf b = BUF(5);
	int fd = open("q", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	struct stat st;

	errno = 0;
	ok(qf_load(&q, 199, true) == QF_TROUBLE && errno == EBADF, "no descriptor: trouble");
	ok(write(fd, HEADER NO_SUM MESSAGE ENVELOPE, 100) == 100 && qf_load(&q, fd, true) == QF_TROUBLE, "one that cannot be read: trouble");
	close(fd);
	ok(LOAD(HEADER NO_SUM MESSAGE ENVELOPE) == QF_OK && stat("q", &st) == 0 && q.mtime_s == (int64_t)st.st_mtime, "then a good one; its next attempt");
	ok(qf_put_end(&b) && b.len == 2, "two bytes of five");
	errno = 0;
	ok(!qf_put_envelope(&b, 'T', "\n") && errno == EMSGSIZE && b.len == 2, "no room for an envelope record: nothing put");
	errno = 0;
	ok(!qf_put_attempt(&b, 'k', 1, 1, 0, 0, "") && !qf_put_told(&b, 1, 1, "a", "b") && !qf_put_bounced(&b, 1, 1, "") && errno == EMSGSIZE && b.len == 2, "nor for a history");
	buf_free(&b);
	qf_free(&q);
	ok(!q.rcpt && q.rcpts == 0 && !q.strings.s, "free leaves nothing");
	qf_free(&q);
}

#define DSN_START HEADER NO_SUM MESSAGE "Fjoe@a.example\n"

/* RFC 3461's parameters, and who inherits them */
static void
reports(void)
{
	ok(LOAD(DSN_START "EQQ+20x\nRhdrs\nU1\nTx@b.example\nNNEVER\nOrfc822;x+2By\nTy@b.example\nOrfc822;y\nNSUCCESS,DELAY\nTz@b.example\n.\n") == QF_OK &&
	    q.rcpts == 3, "an envelope with all of them");
	same(qf_string(&q, q.envid), "QQ+20x", "ENVID, as it was given");
	ok(q.ret == QF_RET_HDRS && q.utf8, "RET and SMTPUTF8");
	ok(qf_notify(&q, 0) == DSN_NEVER && qf_notify(&q, 1) == (DSN_SUCCESS | DSN_DELAY) && qf_notify(&q, 2) == 0, "NOTIFY of each");
	same(qf_orcpt(&q, 0), "rfc822;x+2By", "ORCPT");
	same(qf_orcpt(&q, 1), "rfc822;y", "of each");
	ok(!qf_orcpt(&q, 2), "or none");
	same(qf_string(&q, q.rcpt[2].addr), "z@b.example", "addresses stay what they are");
	ok(LOAD(DSN_START "Tx@b.example\n.\n") == QF_OK && !q.envid && q.ret == QF_RET_UNSAID && !q.utf8 && !qf_notify(&q, 0) && !qf_orcpt(&q, 0), "none");
	ok(LOAD(DSN_START "RFull\nTx@b.example\n.\n") == QF_OK && q.ret == QF_RET_FULL, "the whole is something else than nothing said");
	ok(LOAD(DSN_START "RSOME\nTx@b.example\nNnonsense\nO\n.\n") == QF_OK && q.ret == QF_RET_UNSAID && qf_notify(&q, 0) == 0 &&
	    strcmp(qf_orcpt(&q, 0), "") == 0, "what makes no sense is none");
	ok(LOAD(DSN_START "Tx@b.example\nOa;1\nOa;2\nNNEVER\nNDELAY\n.\n") == QF_OK && strcmp(qf_orcpt(&q, 0), "a;1") == 0 &&
	    qf_notify(&q, 0) == DSN_DELAY, "twice: harmless");
	ok(LOAD(DSN_START "NNEVER\nTx@b.example\n.\n") == QF_INCOMPLETE && LOAD(DSN_START "Tx@b.example\nEid\n.\n") == QF_INCOMPLETE &&
	    LOAD(DSN_START "Tx@b.example\nRHDRS\n.\n") == QF_INCOMPLETE && LOAD(DSN_START "Tx@b.example\nU1\n.\n") == QF_INCOMPLETE &&
	    LOAD(DSN_START "Oa;b\nTx@b.example\n.\n") == QF_INCOMPLETE, "each has its place");
	ok(LOAD(DSN_START "Tx@b.example\nNNEVER\nOa;b\n.\nx0 1 2 alias\n+a y@b.example\n+a z@b.example\nx1 1 1 nested\n+p |cat\n") == QF_OK &&
	    q.rcpts == 4 && qf_notify(&q, 1) == DSN_NEVER && qf_notify(&q, 3) == DSN_NEVER && strcmp(qf_orcpt(&q, 2), "a;b") == 0 &&
	    strcmp(qf_orcpt(&q, 3), "a;b") == 0 && !qf_of_list(&q, 3), "who comes of an alias inherits them");
	ok(LOAD(DSN_START "Tx@b.example\nNNEVER\nOa;b\n.\nx0 1 3 list\n<owner@b.example\n+a y@b.example\n+a z@b.example\nx1 1 1 nested\n+p |cat\n") == QF_OK &&
	    qf_notify(&q, 1) == 0 && qf_notify(&q, 3) == 0 && !qf_orcpt(&q, 2) && !qf_orcpt(&q, 3) && qf_of_list(&q, 1) && !qf_of_list(&q, 0),
	    "who comes of a list does not");
	ok(LOAD(DSN_START "Tx@b.example\nNNEVER\n.\nx0 1 2 list\n<joe@a.example\n+a y@b.example\n") == QF_OK && qf_notify(&q, 1) == DSN_NEVER,
	    "unless it keeps the sender");
	ok(sizeof(struct qf_rcpt) <= 48, "a recipient costs 48 bytes of memory");
}

static void
operators(void)
{
	struct buf b = BUF(QF_RECORDS);
	int fd;

	ok(qf_put_operator(&b, 1795335600, 0, "hold", "") && qf_put_operator(&b, 1795335601, 1000, "route", "host mx 25") &&
	    qf_put_operator(&b, 1795335602, 7, "delete", "held"), "what operators did");
	same(b.s, "o1795335600 0 hold \no1795335601 1000 route host mx 25\no1795335602 7 delete held\n", "as these lines");
	ok(LOAD(HEADER NO_SUM MESSAGE ENVELOPE "o1795335600 0 hold \n") == QF_OK && !q.history && !q.route && !q.expired && !q.deleted_held,
	    "one that was held is as it was");
	ok(LOAD(HEADER NO_SUM MESSAGE ENVELOPE "o1 0 release \n") == QF_OK && q.released && !q.history, "one that was released");
	ok(LOAD(HEADER NO_SUM MESSAGE ENVELOPE "o1 0 expire \no1 0 delete held\n") == QF_OK && q.expired && q.deleted_held && !q.history,
	    "expired, and deleted while it was held");
	ok(LOAD(HEADER NO_SUM MESSAGE ENVELOPE "o1 0 delete held\no1 0 delete \n") == QF_OK && !q.deleted_held, "the last time counts");
	ok(LOAD(HEADER NO_SUM MESSAGE ENVELOPE "o1 0 route host mx 25\n") == QF_OK && q.route, "a route");
	same(qf_string(&q, q.route), "host mx 25", "as the operator said");
	ok(LOAD(HEADER NO_SUM MESSAGE ENVELOPE "o1 0 route host mx 25\no2 0 route \n") == QF_OK && !q.route, "and no longer");
	ok(LOAD(HEADER NO_SUM MESSAGE ENVELOPE "o1 0 dance with me\n") == QF_OK, "what is not known here changes nothing");
	ok(LOAD(HEADER NO_SUM MESSAGE ENVELOPE "o1 0\n") == QF_DAMAGED && LOAD(HEADER NO_SUM MESSAGE ENVELOPE "o1 root hold \n") == QF_DAMAGED &&
	    LOAD(HEADER NO_SUM MESSAGE ENVELOPE "o1 0 hold\n") == QF_DAMAGED, "lines of another form are none");
	ok(LOAD(HEADER NO_SUM MESSAGE ENVELOPE "x0 1 2 why\n+n y@b.example\no1 0 hold \n") == QF_OK && q.rcpts == 3 &&
	    q.rcpt[0].state == QF_WAITING, "one ends an expansion that was cut");
	buf_clear(&b);
	ok(LOAD(HEADER NO_SUM MESSAGE ENVELOPE "z0 1795335600 4.4") == QF_OK && qf_put_operator(&b, 1, 0, "expire", "") && qf_append(&q, "q", &b) &&
	    q.size == q.file_size, "records are written behind the whole ones");
	fd = open("q", O_RDONLY | O_CLOEXEC);
	ok(qf_load(&q, fd, true) == QF_OK && q.expired && q.rcpt[0].tries == 0 && q.size == q.file_size, "and the torn one is gone");
	close(fd);
	ok(!qf_append(&q, "nowhere", &b) && errno == ENOENT, "not to a file that is not there");
	buf_free(&b);
}

int
main(void)
{
	scratch();
	golden();
	reports();
	replaying();
	torn();
	odd();
	expansions();
	ways();
	wishes();
	operators();
	headers();
	sums();
	large();
	trouble();
	return done();
}
