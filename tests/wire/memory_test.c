/* Memory that runs out at the nth request: each request in turn fails, and then all of them do. The code under test
 * is compiled in here with a realloc of ours; the linker takes these functions before those of the archive. */
#include <stdlib.h>

static void *scarce_realloc(void *, size_t);
#define realloc scarce_realloc
#include "lib/buf.c"
#include "wire/queuefile.c"
#undef realloc

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/conf.h"
#include "lib/file.h"
#include "lib/in.h"
#include "scratch.h"
#include "tap.h"
#include "wire/envelope.h"
#include "wire/job.h"
#include "wire/route.h"
#include "wire/spawner.h"

static int until_failure = -1;  /* so many requests are still granted; -1: all */
static bool for_ever;           /* after the failure: everything fails */
static bool failed;

static void *
scarce_realloc(void *p, size_t n)
{
	if (until_failure == 0) {
		failed = true;
		if (!for_ever)
			until_failure = -1;
		errno = ENOMEM;
		return 0;
	}
	if (until_failure > 0)
		until_failure--;
	return realloc(p, n);
}

/* Does f say false with ENOMEM wherever memory runs out, and true where it does not? f itself checks what is left. */
static void
starve(bool (*f)(void), const char *promise)
{
	int n, rounds = 0;
	bool all = true, did;

	for (n = 0; n < 100; n++)
		for (for_ever = false; ; for_ever = true) {
			until_failure = n;
			failed = false;
			errno = 0;
			did = f();
			if (did == failed || (!did && errno != ENOMEM)) {
				printf("# request %d: %s, errno %s\n", n, did ? "true" : "false", strerror(errno));
				all = false;
			}
			rounds += failed;
			until_failure = -1;
			if (for_ever)
				break;
		}
	ok(all && rounds > 0, promise);
}

static bool
keep_errno(bool did, bool intact)
{
	if (!did && !intact)
		errno = EILSEQ;         /* not ENOMEM: starve reports it */
	return did && intact;
}

static bool
use_buf(void)
{
	struct buf b = BUF(100000);
	char part[1000];
	size_t len, i;
	bool did = true, intact = true;
	int e;

	memset(part, 'x', sizeof part);
	for (i = 0; did && i < 90; i++) {
		len = b.len;
		did = buf_put(&b, part, sizeof part) && buf_puts(&b, "y") && buf_num(&b, 7);
		if (!did)
			intact = b.len >= len && b.len <= len + 1001 && (!b.s || b.s[b.len] == 0);
	}
	e = errno;
	buf_free(&b);
	errno = e;
	return keep_errno(did, intact);
}

static bool
use_file(void)
{
	struct buf b = BUF(100000);
	bool did = file_read(AT_FDCWD, "file", &b);
	bool intact = did ? b.len == 50000 : b.len == 0;
	int e = errno;

	buf_free(&b);
	errno = e;
	return keep_errno(did, intact);
}

static bool
use_line(void)
{
	static char space[100];
	struct buf b = BUF(100000);
	struct in in;
	int fd = open("file", O_RDONLY | O_CLOEXEC), e;
	enum in_result r;

	in_init(&in, fd, space, sizeof space, -1);
	r = in_line(&in, &b, '\n');
	e = errno;
	buf_free(&b);
	close(fd);
	errno = e;
	return keep_errno(r == IN_CUT, r == IN_CUT || r == IN_TROUBLE);
}

static bool
use_envelope(void)
{
	struct buf b = BUF(ENVELOPE_MAX);
	size_t i, len = 0;
	bool did = envelope_sender(&b, "s") && envelope_param(&b, 'B', "7BIT"), intact = true;
	int e;

	for (i = 0; did && i < 5000; i++) {
		len = b.len;
		did = envelope_rcpt(&b, "rcpt@b.example");
	}
	did = did && envelope_end(&b);
	e = errno;
	if (!did && len)
		intact = b.len == len;
	if (b.len)              /* whole records only: the next one could follow */
		intact &= b.s[b.len - 1] == 0 && envelope_check(b.s, b.len) == (did ? ENVELOPE_OK : ENVELOPE_CUT);
	buf_free(&b);
	errno = e;
	return keep_errno(did, intact);
}

static int s[2], message;
static char space[JOB_PACKET];

static bool
use_job(void)
{
	struct job j = { .number = 1, .sender = "s", .params = "", .rcpts = JOB_RECIPIENTS, .message = message }, got;
	static char addr[500];
	bool did, intact;
	size_t i;
	int e;

	memset(addr, 'a', sizeof addr - 1);
	for (i = 0; i < JOB_RECIPIENTS; i++)
		j.rcpt[i] = addr;
	did = job_put(s[0], &j, 0);
	e = errno;
	if (did)
		intact = job_get(s[1], space, &got, MSG_DONTWAIT) == JOB_GOT && got.rcpts == JOB_RECIPIENTS && close(got.message) == 0;
	else
		intact = job_get(s[1], space, &got, MSG_DONTWAIT) == JOB_NONE;
	errno = e;
	return keep_errno(did, intact);
}

static bool
use_report(void)
{
	struct report r = { .verdict = 'K', .status = "2.0.0", .text = "a text that is not so short that it fits at once" }, got;
	bool did = report_put(s[0], &r, 0), intact;
	int e = errno;

	intact = report_get(s[1], space, &got, MSG_DONTWAIT) == (did ? JOB_GOT : JOB_NONE);
	errno = e;
	return keep_errno(did, intact);
}

static bool
use_spawner(void)
{
	struct spawner_request r = { 1, "a key that is not so short that it fits at once" }, asked;
	struct spawner_answer a = { 1, 'Z', "4.3.0", "a text that is not so short that it fits at once", -1 }, got;
	bool did = spawner_ask(s[0], &r, 0), intact;
	int e = errno;

	intact = spawner_asked(s[1], space, &asked, MSG_DONTWAIT) == (did ? JOB_GOT : JOB_NONE);
	if (did) {
		did = spawner_answer(s[0], &a, 0);
		e = errno;
		intact &= spawner_answered(s[1], space, &got, MSG_DONTWAIT) == (did ? JOB_GOT : JOB_NONE);
	}
	errno = e;
	return keep_errno(did, intact);
}

static bool
use_route(void)
{
	struct route r = { .way = ROUTE_MX, .hop[0] = { "a.name.that.is.not.so.short.that.it.fits.at.once.example", 25 }, .hops = 1 };
	struct buf b = BUF(1000);
	bool did = route_put(&b, &r), intact = did || b.len == 0;
	int e = errno;

	buf_free(&b);
	errno = e;
	return keep_errno(did, intact);
}

static bool
use_conf(void)
{
	struct buf line = BUF(0), lines = BUF(0);
	uint64_t n = 1;
	struct conf_error e;
	const struct conf all[] = { { "line", CONF_LINE, &line, 0, 0, 0 }, { "number", CONF_NUMBER, &n, 5, 0, 100 },
		{ "lines", CONF_LINES, &lines, 0, 0, 0 } };
	int dir = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool did = conf_load(dir, all, 3, &e), intact;

	intact = did ? line.len == 300 && n == 17 && lines.len == 6000 : !line.s && n == 1 && !lines.s && strstr(e.text, strerror(ENOMEM));
	close(dir);
	buf_free(&line);
	buf_free(&lines);
	errno = ENOMEM;
	return keep_errno(did, intact);
}

/* a queue file of many recipients, with escapes and history, larger than what qf_load reads at once */
static void
make_queue_file(void)
{
	struct buf b = BUF(QF_RECORDS);
	struct qf_header h = { .length = 6, .arrival_us = 1, .uid = 2, .pid = 3 };
	char start[QF_HEADER], rcpt[60];
	int i;

	qf_header_put(start, &h);
	buf_put(&b, start, QF_HEADER);
	buf_puts(&b, "hello\n");
	qf_put_envelope(&b, 'F', "s%@a.example");
	for (i = 0; i < 1000; i++) {
		snprintf(rcpt, sizeof rcpt, "rcpt%d@b.example", i);
		qf_put_envelope(&b, 'T', rcpt);
	}
	qf_put_end(&b);
	for (i = 0; i < 1000; i++)
		qf_put_attempt(&b, 'z', (size_t)i, 5, "4.0.0", "mx/192.0.2.7/clear", "later, later, later");
	scratch_file("queuefile", b.s, b.len);
	buf_free(&b);
}

static bool
use_queue_file(void)
{
	static struct qf q;             /* used again and again, as send does */
	int fd = open("queuefile", O_RDONLY | O_CLOEXEC), e;
	enum qf_result r;

	qf_free(&q);
	r = qf_load(&q, fd, true);
	e = errno;
	close(fd);
	errno = e;
	return keep_errno(r == QF_OK, r == QF_OK ? q.rcpts == 1000 && strcmp(qf_string(&q, q.sender), "s%@a.example") == 0 : r == QF_TROUBLE);
}

static bool
use_records(void)
{
	struct buf b = BUF(QF_RECORDS);
	bool did = true;
	int i, e;

	for (i = 0; did && i < 300; i++)
		did = qf_put_envelope(&b, 'T', "a%b\n@c") && qf_put_attempt(&b, 'z', 1, 2, "4.0.0", "a%b", "te%xt") && qf_put_end(&b);
	e = errno;
	buf_free(&b);
	errno = e;
	return did;
}

int
main(void)
{
	static char bytes[50000];
	int before;

	scratch();
	memset(bytes, 'x', sizeof bytes);
	scratch_file("file", bytes, sizeof bytes);
	scratch_file("line", bytes, 300);
	scratch_file("number", "17\n", 3);
	memset(bytes, '\n', sizeof bytes);
	for (int i = 0; i < 6000; i += 2)
		bytes[i] = 'l';
	scratch_file("lines", bytes, 6000);
	message = open("file", O_RDONLY | O_CLOEXEC);
	if (!fd_pair(s))
		return 1;
	make_queue_file();
	before = scratch_descriptors();
	starve(use_buf, "buf: ENOMEM, and it holds what it held");
	starve(use_file, "file_read: likewise");
	starve(use_line, "in_line: IN_TROUBLE");
	starve(use_envelope, "envelope: whole records only");
	starve(use_job, "job: a packet is whole or not sent");
	starve(use_report, "report: likewise");
	starve(use_spawner, "spawner: likewise");
	starve(use_route, "route: nothing is put");
	starve(use_conf, "conf: says so and changes no value");
	starve(use_records, "queue file: records");
	starve(use_queue_file, "queue file: trouble, not a damaged message");
	ok(scratch_descriptors() == before, "no descriptor is left open");
	return done();
}
