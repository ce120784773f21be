#include "wire/job.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/fd.h"
#include "scratch.h"
#include "tap.h"

static int s[2], file;
static char space[JOB_PACKET], raw[JOB_PACKET + 10];

static const char job_bytes[] = "17\0" "83\0" "4096\0" "joe@a.example\0" "BODY=8BITMIME\0" "x@b.example\0" "\0" "y z@b.example\0" "NOTIFY=NEVER";
static const char report_bytes[] = "17\0" "1\0" "D\0" "5.1.1\0" "m\0" "300\0" "mx.b.example/192.0.2.7/TLSv1.3\0" "no such user\nhere";

static bool
is_job(const struct job *j)
{
	return j->number == 17 && j->offset == 83 && j->length == 4096 && strcmp(j->sender, "joe@a.example") == 0 &&
	    strcmp(j->params, "BODY=8BITMIME") == 0 && j->rcpts == 2 && strcmp(j->rcpt[0], "x@b.example") == 0 &&
	    strcmp(j->rcpt[1], "y z@b.example") == 0 && !*j->rcpt_params[0] && strcmp(j->rcpt_params[1], "NOTIFY=NEVER") == 0;
}

/* the packet that is there, in raw; any descriptor with it is closed */
static ssize_t
take(void)
{
	int pass;
	ssize_t n = fd_receive(s[1], raw, sizeof raw, &pass, MSG_DONTWAIT);

	if (pass >= 0)
		close(pass);
	return n;
}

static enum job_result
give_job(const char *bytes, size_t n, int pass, struct job *j)
{
	if (!fd_send(s[0], bytes, n, pass, 0))
		return JOB_TROUBLE;
	errno = 0;
	return job_get(s[1], space, j, MSG_DONTWAIT);
}

static enum job_result
give_report(const char *bytes, size_t n, int pass, struct report *r)
{
	if (!fd_send(s[0], bytes, n, pass, 0))
		return JOB_TROUBLE;
	errno = 0;
	return report_get(s[1], space, r, MSG_DONTWAIT);
}

static void
golden_job(void)
{
	struct job j = { .number = 17, .offset = 83, .length = 4096, .sender = "joe@a.example", .params = "BODY=8BITMIME",
		.rcpt = { "x@b.example", "y z@b.example" }, .rcpt_params = { 0, "NOTIFY=NEVER" }, .rcpts = 2, .message = file };
	struct job got;
	struct stat a, b;

	ok(job_put(s[0], &j, 0) && take() == sizeof job_bytes && memcmp(raw, job_bytes, sizeof job_bytes) == 0, "a job is these bytes");
	ok(give_job(job_bytes, sizeof job_bytes, file, &got) == JOB_GOT && is_job(&got), "these bytes are a job");
	ok(fstat(file, &a) == 0 && fstat(got.message, &b) == 0 && a.st_ino == b.st_ino && fcntl(got.message, F_GETFD) == FD_CLOEXEC,
	    "with the message, close-on-exec");
	close(got.message);
	j.message = -1;
	errno = 0;
	ok(!job_put(s[0], &j, 0) && errno == EBADF && take() == -1, "a job without message is not sent");
}

static void
golden_report(void)
{
	struct report r = { .number = 17, .index = 1, .verdict = 'D', .status = "5.1.1", .wait_s = 300, .via = "mx.b.example/192.0.2.7/TLSv1.3",
		.text = "no such user\nhere" }, got;

	ok(report_put(s[0], &r, 0) && take() == sizeof report_bytes && memcmp(raw, report_bytes, sizeof report_bytes) == 0,
	    "a report is these bytes");
	ok(give_report(report_bytes, sizeof report_bytes, -1, &got) == JOB_GOT && got.number == 17 && got.index == 1 &&
	    got.verdict == 'D' && !got.site && strcmp(got.status, "5.1.1") == 0 && strcmp(got.text, "no such user\nhere") == 0 &&
	    got.wait_s == 300 && strcmp(got.via, "mx.b.example/192.0.2.7/TLSv1.3") == 0,
	    "these bytes are a report");
	r.site = true, r.verdict = 'Z', r.text = "", r.status = "4.4.1", r.number = UINT64_MAX, r.index = 0, r.via = 0;
	ok(report_put(s[0], &r, 0) && report_get(s[1], space, &got, 0) == JOB_GOT && got.site && got.verdict == 'Z' && !*got.text &&
	    got.number == UINT64_MAX, "about the site, with no text");
}

static void
golden_exchangers(void)
{
	struct report r = { .verdict = 'S', .exchangers = "mx.b.example/5f2a" }, got;
	struct job j;

	ok(report_put(s[0], &r, 0) && take() == 20 && memcmp(raw, "S\0mx.b.example/5f2a", 20) == 0, "exchangers are these bytes");
	ok(give_report("S\0mx.b.example/5f2a", 20, -1, &got) == JOB_GOT && got.verdict == 'S' && strcmp(got.exchangers, "mx.b.example/5f2a") == 0,
	    "these bytes are exchangers");
	ok(job_go(s[0], 0) && job_get(s[1], space, &j, MSG_DONTWAIT) == JOB_GO && j.message == -1, "and the answer is to go ahead");
	ok(give_job("G\0x", 4, -1, &j) == JOB_BAD && give_job("G", 2, file, &j) == JOB_BAD && j.message == -1, "which has nothing with it");
}

/* every prefix is refused or is a job with fewer recipients; a byte of anything in each place never breaks the reader */
static void
cut_and_spoilt(void)
{
	char bytes[sizeof job_bytes], rbytes[sizeof report_bytes];
	struct job j;
	struct report r;
	int before = scratch_descriptors(), v;
	size_t n, i;
	bool all = true;
	enum job_result got;

	for (n = 1; n < sizeof job_bytes; n++) {
		got = give_job(job_bytes, n, file, &j);
		if (n == sizeof job_bytes - sizeof "y z@b.example\0NOTIFY=NEVER")
			all &= got == JOB_GOT && j.rcpts == 1 && close(j.message) == 0;
		else
			all &= got == JOB_BAD && errno == EPROTO && j.message == -1;
	}
	ok(all, "a job cut anywhere is refused, unless whole recipients are missing");
	for (n = 1, all = true; n < sizeof report_bytes; n++)
		all &= give_report(report_bytes, n, -1, &r) == JOB_BAD && errno == EPROTO;
	ok(all, "a report cut anywhere is refused");
	for (i = 0, all = true; i < sizeof job_bytes; i++)
		for (v = 0; v < 256; v += 5) {
			memcpy(bytes, job_bytes, sizeof bytes);
			bytes[i] = (char)v;
			got = give_job(bytes, sizeof bytes, file, &j);
			all &= got == JOB_BAD || (got == JOB_GOT && close(j.message) == 0);
		}
	for (i = 0; i < sizeof report_bytes; i++)
		for (v = 0; v < 256; v += 5) {
			memcpy(rbytes, report_bytes, sizeof rbytes);
			rbytes[i] = (char)v;
			got = give_report(rbytes, sizeof rbytes, -1, &r);
			all &= got == JOB_BAD || got == JOB_GOT;
		}
	ok(all, "any byte changed: a job, a report, or refused");
	ok(scratch_descriptors() == before, "no descriptor is left open");
}

#define BAD_JOB(literal, promise) \
	ok(give_job(literal, sizeof(literal), file, &j) == JOB_BAD && errno == EPROTO && j.message == -1, promise)

static void
odd_jobs(void)
{
	struct job j;
	int before = scratch_descriptors();

	BAD_JOB("1\0" "2\0" "3\0" "s\0" "", "no recipient");
	BAD_JOB("-1\0" "2\0" "3\0" "s\0" "\0" "r\0", "a number below 0");
	BAD_JOB("1\0" "2x\0" "3\0" "s\0" "\0" "r\0", "an offset that is none");
	BAD_JOB("1\0" "9223372036854775808\0" "0\0" "s\0" "\0" "r\0", "an offset beyond every file");
	BAD_JOB("1\0" "9223372036854775807\0" "1\0" "s\0" "\0" "r\0", "offset and length beyond every file");
	ok(give_job("1\0" "9223372036854775807\0" "0\0" "\0" "\0" "\0" "", 28, file, &j) == JOB_GOT && close(j.message) == 0,
	    "the last offset, null sender, empty recipient");
	ok(give_job(job_bytes, sizeof job_bytes, -1, &j) == JOB_BAD && errno == EPROTO && j.message == -1, "no message");
	ok(scratch_descriptors() == before, "no descriptor is left open");
}

#define BAD_REPORT(literal, promise) ok(give_report(literal, sizeof(literal), -1, &r) == JOB_BAD && errno == EPROTO, promise)

static void
odd_reports(void)
{
	struct report r;
	int before = scratch_descriptors();

	BAD_REPORT("1\0" "0\0" "X\0" "2.0.0\0" "m\0" "0\0" "\0" "t", "an unknown verdict");
	BAD_REPORT("1\0" "0\0" "\0" "2.0.0\0" "m\0" "0\0" "\0" "t", "no verdict");
	BAD_REPORT("1\0" "0\0" "KK\0" "2.0.0\0" "m\0" "0\0" "\0" "t", "two verdicts");
	BAD_REPORT("1\0" "0\0" "K\0" "2.0.0\0" "x\0" "0\0" "\0" "t", "an unknown scope");
	BAD_REPORT("1\0" "0\0" "K\0" "2.0.0\0" "ms\0" "0\0" "\0" "t", "two scopes");
	BAD_REPORT("1\0" "0\0" "K\0" "2.0.0\0" "\0" "0\0" "\0" "t", "no scope");
	BAD_REPORT("1\0" "0\0" "K\0" "2.0.0\nX: y\0" "m\0" "0\0" "\0" "t", "a status that is none");
	BAD_REPORT("1\0" "0\0" "K\0" "2.0.0\0" "m\0" "0\0" "\0" "t\0" "more", "one field more");
	BAD_REPORT("1\0" "18446744073709551616\0" "K\0" "2.0.0\0" "m\0" "0\0" "\0" "t", "an index too large");
	BAD_REPORT("1\0" "0\0" "K\0" "2.0.0\0" "m\0" "-1\0" "\0" "t", "a wait that is none");
	BAD_REPORT("1\0" "0\0" "K\0" "2.0.0\0" "m\0" "0\0" "a b\0" "t", "a via of two words");
	BAD_REPORT("1\0" "0\0" "K\0" "2.0.0\0" "m\0" "0\0" "a\377\0" "t", "a via that is not ASCII");
	BAD_REPORT("S\0", "no exchangers");
	BAD_REPORT("S\0" "a b", "exchangers of two words");
	BAD_REPORT("S\0" "a\0" "b", "exchangers and more");
	BAD_REPORT("\0" "0\0" "K\0" "2.0.0\0" "m\0" "0\0" "\0" "t", "no number");
	ok(give_report(report_bytes, sizeof report_bytes, file, &r) == JOB_BAD && errno == EPROTO, "a descriptor that nobody asked for");
	ok(give_report(report_bytes, sizeof report_bytes, -1, &r) == JOB_GOT, "and the stream goes on");
	ok(scratch_descriptors() == before, "no descriptor is left open");
}

static void
statuses(void)
{
	static const char *const good[] = { "2.0.0", "4.4.1", "5.1.10", "5.123.999" };
	static const char *const bad[] = { "", ".", "2", "2.", "2.0", "2.0.", "2.0.0.", "2.0.0.0", "3.0.0", "1.0.0", "6.0.0", "22.0.0", "2.1000.0",
		"2.0.1000", "2.0.x", "2..0", " 2.0.0", "2.0.0 ", "2.0.0\n", "x.0.0", "2,0,0", "2.-1.0" };
	size_t i;
	bool all = true;

	for (i = 0; i < sizeof good / sizeof *good; i++)
		all &= job_status(good[i]) && strlen(good[i]) <= JOB_STATUS;
	ok(all, "what is a status");
	for (all = true, i = 0; i < sizeof bad / sizeof *bad; i++)
		if (job_status(bad[i])) {
			printf("# took \"%s\"\n", bad[i]);
			all = false;
		}
	ok(all, "what is none");
}

/* the packet at its limit, with as many recipients as may be */
static void
job_limits(void)
{
	static char addr[1003], first[JOB_PACKET];
	struct job j = { .number = UINT64_MAX, .offset = INT64_MAX, .length = 0, .sender = addr, .params = "", .message = file }, got;
	size_t fixed, i, left;

	memset(addr, 'a', 1002);
	for (j.rcpts = 0; j.rcpts < JOB_RECIPIENTS; j.rcpts++)
		j.rcpt[j.rcpts] = "r";
	fixed = JOB_FIXED_BYTES(1002, 0);
	left = JOB_PACKET - 20 - 1 - 19 - 1 - 1 - 1 - 1003 - 1 - 99 * 3 - 1;        /* what the first recipient may take */
	memset(first, 'f', left - 1);
	j.rcpt[0] = first;
	ok(job_put(s[0], &j, 0) && job_get(s[1], space, &got, 0) == JOB_GOT && close(got.message) == 0 && got.rcpts == JOB_RECIPIENTS &&
	    strlen(got.rcpt[0]) == left - 1 && strcmp(got.rcpt[99], "r") == 0 && strlen(got.sender) == 1002 &&
	    got.number == UINT64_MAX && got.offset == INT64_MAX, "100 recipients and a packet at its limit arrive");
	first[left - 1] = 'f';
	errno = 0;
	ok(!job_put(s[0], &j, 0) && errno == EMSGSIZE && take() == -1, "one byte more: EMSGSIZE, nothing sent");
	j.rcpt[0] = "r";
	j.rcpts = JOB_RECIPIENTS + 1;
	errno = 0;
	ok(!job_put(s[0], &j, 0) && errno == EMSGSIZE, "101 recipients: EMSGSIZE");
	j.rcpts = 0;
	errno = 0;
	ok(!job_put(s[0], &j, 0) && errno == EMSGSIZE, "none: EMSGSIZE");
	/* as send fills packets */
	for (left = JOB_PACKET - fixed, i = 0; left >= JOB_RCPT_BYTES(1002, 0); i++, left -= JOB_RCPT_BYTES(1002, 0))
		j.rcpt[i] = addr;
	j.rcpts = i;
	ok(job_put(s[0], &j, 0) && job_get(s[1], space, &got, 0) == JOB_GOT && close(got.message) == 0 && got.rcpts == i, "what JOB_FIXED_BYTES and JOB_RCPT_BYTES say fits does fit");
	memcpy(raw, "1\0" "2\0" "3\0" "s\0\0", 9);
	for (i = 0; i < 101; i++)
		memcpy(raw + 9 + 3 * i, "r\0", 3);
	ok(give_job(raw, 9 + 300, file, &got) == JOB_GOT && close(got.message) == 0 && got.rcpts == 100, "a packet of 100 recipients is taken");
	ok(give_job(raw, 9 + 303, file, &got) == JOB_BAD && errno == EPROTO && got.message == -1, "one of 101 is not");
	memset(raw, 'x', sizeof raw);
	raw[JOB_PACKET] = 0;
	ok(give_job(raw, JOB_PACKET + 1, file, &got) == JOB_BAD && errno == EPROTO && got.message == -1, "nor one larger than JOB_PACKET");
}

static void
report_limits(void)
{
	static char text[JOB_TEXT + 100];
	struct report r = { .number = UINT64_MAX, .index = UINT64_MAX, .verdict = 'K', .status = "5.123.123", .text = text }, got;
	size_t n;

	for (n = JOB_TEXT - 1; n <= JOB_TEXT + 1; n++) {
		memset(text, 't', n);
		ok(report_put(s[0], &r, 0) && report_get(s[1], space, &got, 0) == JOB_GOT && strlen(got.text) == (n < JOB_TEXT ? n : JOB_TEXT) &&
		    (strcmp(got.text + strlen(got.text) - 3, "...") == 0) == (n > JOB_TEXT),
		    n < JOB_TEXT ? "a text one byte below the limit" : n == JOB_TEXT ? "at the limit" : "one above: it ends in ...");
	}
	memcpy(raw, "1\0" "0\0" "K\0" "2.0.0\0" "m\0" "0\0" "\0", 17);
	memset(raw + 17, 't', JOB_TEXT + 1);
	raw[17 + JOB_TEXT] = 0;
	ok(give_report(raw, 17 + JOB_TEXT + 1, -1, &got) == JOB_GOT, "a packet with a text at the limit is taken");
	raw[17 + JOB_TEXT] = 't', raw[17 + JOB_TEXT + 1] = 0;
	ok(give_report(raw, 17 + JOB_TEXT + 2, -1, &got) == JOB_BAD && errno == EPROTO, "one byte more is not");
}

static void
no_one(void)
{
	struct job j = { .sender = "", .params = "", .rcpt = { "r" }, .rcpts = 1, .message = file }, got;
	struct report r = { .verdict = 'K', .status = "2.0.0", .text = "" }, heard;
	int sent = 0;

	ok(job_get(s[1], space, &got, MSG_DONTWAIT) == JOB_NONE && report_get(s[1], space, &heard, MSG_DONTWAIT) == JOB_NONE, "nothing there yet");
	while (job_put(s[0], &j, MSG_DONTWAIT))
		sent++;
	ok(sent > 0 && errno == EAGAIN, "a socket that is full: EAGAIN");
	for (; sent; sent--)
		if (job_get(s[1], space, &got, 0) != JOB_GOT || close(got.message) != 0)
			break;
	ok(sent == 0 && job_get(s[1], space, &got, MSG_DONTWAIT) == JOB_NONE, "and everything that was sent is there");
	close(s[0]);
	ok(job_get(s[1], space, &got, 0) == JOB_END && got.message == -1 && report_get(s[1], space, &heard, 0) == JOB_END, "the other side is gone: the end");
	errno = 0;
	ok(!report_put(s[1], &r, 0) && errno == EPIPE && !job_put(s[1], &j, 0) && errno == EPIPE, "to send to it: EPIPE, no signal");
	close(s[1]);
	ok(job_get(s[1], space, &got, 0) == JOB_TROUBLE && errno == EBADF, "no socket: trouble");
	/* a side that ends with packets unread: the other may see ECONNRESET */
	ok(fd_pair(s) && job_put(s[0], &j, 0) && close(s[1]) == 0 && job_get(s[0], space, &got, 0) == JOB_END, "a side that ends without reading has ended");
	close(s[0]);
}

/* what params says of a name: its value, "(no)", "(bad)" or "(long)" */
static const char *
param(const char *params, const char *name)
{
	static struct buf value = BUF(20);

	errno = EDOM;
	if (job_param_get(params, name, &value))
		return value.s;
	return errno == 0 ? "(no)" : errno == EPROTO ? "(bad)" : errno == EMSGSIZE ? "(long)" : "(?)";
}

static void
params(void)
{
	struct buf b = BUF(60);
	char odd[128];
	int c;

	ok(job_param_put(&b, "BODY", "8BITMIME") && job_param_put(&b, "FORWARDED", 0) && job_param_put(&b, "VIA", "a b%c=d@x\n"), "words are put");
	same(b.s, "BODY=8BITMIME FORWARDED VIA=a%20b%25c=d@x%0A", "separated by one space, the value escaped");
	same(param(b.s, "BODY"), "8BITMIME", "the first");
	same(param(b.s, "FORWARDED"), "", "one without a value");
	same(param(b.s, "VIA"), "a b%c=d@x\n", "the last, decoded");
	same(param(b.s, "BOD"), "(no)", "not by a part of its name");
	same(param(b.s, "BODYX"), "(no)", "nor by more");
	same(param(b.s, "8BITMIME"), "(no)", "nor by its value");
	same(param("", "VIA"), "(no)", "no words at all");
	same(param("XVIA=1 VIA=2 VIA=3", "VIA"), "2", "whole words; the first counts");
	same(param("  VIA=2", "VIA"), "2", "more spaces do no harm");
	same(param("VIA=", "VIA"), "", "an empty value");
	same(param("VIA=%4", "VIA"), "(bad)", "a value that is no encoding");
	same(param("VIA=%00", "VIA"), "(bad)", "no NUL comes out");
	same(param("VIA=aaaaaaaaaaaaaaaaaaaaa", "VIA"), "(long)", "a value over the ceiling");
	ok(job_param_get("A FORWARDED", "FORWARDED", 0) && job_param_get("A=%", "A", 0), "is it there? nobody asks for its value");
	errno = 0;
	ok(!job_param_put(&b, "LONG", "aaaaaaaaaaaaaaaaaaaaaaaaaaaa") && errno == EMSGSIZE && strlen(b.s) == 44, "what does not fit is not put");
	buf_clear(&b);
	b.max = 400;
	for (c = 1; c < 128; c++)
		odd[c - 1] = (char)c;
	odd[127] = 0;
	job_param_put(&b, "X", odd);
	{
		struct buf got = BUF(200);

		ok(job_param_get(b.s, "X", &got) && strcmp(got.s, odd) == 0, "every byte comes back");
		buf_free(&got);
	}
	buf_free(&b);
}

int
main(void)
{
	scratch();
	scratch_file("message", "x", 1);
	file = open("message", O_RDONLY);
	if (!fd_pair(s))
		return 1;
	golden_job();
	golden_report();
	golden_exchangers();
	cut_and_spoilt();
	odd_jobs();
	odd_reports();
	statuses();
	params();
	job_limits();
	report_limits();
	no_one();
	return done();
}
