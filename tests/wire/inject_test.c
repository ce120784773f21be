/* The test is its own queue program: $HOW says how it behaves. It leaves what it got in files. */
#include "wire/inject.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/fd.h"
#include "lib/file.h"
#include "lib/sig.h"
#include "scratch.h"
#include "tap.h"
#include "wire/envelope.h"

#define LARGE ((size_t)3 << 20)

static char self[4096], large[LARGE];

/* ---- the queue program ---- */

static void
drain(int fd, const char *name)
{
	static char part[65536];
	int to = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	ssize_t n;

	while ((n = read(fd, part, sizeof part)) > 0)
		if (write(to, part, (size_t)n) != n)
			_exit(53);
	if (n < 0)
		_exit(54);
	close(to);
}

static void
note_descriptors(void)
{
	char said[400] = "";
	size_t n = 0;
	int fd;

	for (fd = 0; fd < 300; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			n += (size_t)sprintf(said + n, "%d%s ", fd, fcntl(fd, F_GETFL) & O_NONBLOCK ? "nonblocking" : "");
	scratch_file("descriptors", said, n);
}

static int
say(const char *words, int code)
{
	return write(6, words, strlen(words)) == (ssize_t)strlen(words) ? code : 99;
}

static int
queue_program(const char *how)
{
	static char words[1001];

	if (strncmp(how, "exit ", 5) == 0)              /* reads nothing */
		return atoi(how + 5);
	if (strncmp(how, "shut ", 5) == 0) {            /* wants no more, but thinks on */
		close(0);
		drain(1, "envelope");
		return atoi(how + 5);
	}
	if (strcmp(how, "crash") == 0)
		return raise(SIGKILL);
	note_descriptors();
	drain(0, "message");
	if (strncmp(how, "code ", 5) == 0)              /* reads the message only */
		return atoi(how + 5);
	drain(1, "envelope");
	if (strncmp(how, "say ", 4) == 0)
		return say(how + 4, 82);
	if (strcmp(how, "long") == 0) {
		memset(words, 'D', 1000);
		return say(words, 82);
	}
	if (strcmp(how, "pieces") == 0)
		return say("Dfirst ", 0) || say("second\n", 82) != 82 ? 99 : 82;
	if (strcmp(how, "hold") == 0 && fork() == 0) {  /* a daemon that keeps descriptor 6 */
		alarm(60);
		snprintf(words, sizeof words, "%ld", (long)getpid());
		scratch_file("holder", words, strlen(words));
		pause();
		_exit(0);
	}
	return say("0123id\n", 0);
}

/* ---- the tests ---- */

static struct buf envelope = BUF(ENVELOPE_MAX);

static bool
contains(const char *name, const void *bytes, size_t n)
{
	struct buf b = BUF(LARGE * 2);
	bool good = file_read(AT_FDCWD, name, &b) && b.len == n && memcmp(b.s, bytes, n) == 0;

	buf_free(&b);
	return good;
}

static void
forget(void)
{
	unlink("message"), unlink("envelope"), unlink("descriptors"), unlink("holder");
}

/* one injection in writes of step bytes; a K must not leave descriptors open, nor must a Z */
static struct inject_result
inject(const char *how, size_t n, size_t step)
{
	struct inject i;
	struct inject_result r;
	int before = scratch_descriptors(), status;
	size_t at;

	forget();
	setenv("HOW", how, 1);
	inject_begin(&i);
	for (at = 0; at < n; at += step)
		if (!inject_write(&i, large + at, n - at < step ? n - at : step))
			break;
	inject_end(&i, &envelope, &r);
	if (scratch_descriptors() != before || waitpid(-1, &status, WNOHANG) != -1) {
		printf("# how %s: a descriptor or a child is left\n", how);
		r.verdict = '?';
	}
	return r;
}

static bool
answers(const struct inject_result *r, char verdict, const char *status, const char *text)
{
	if (r->verdict == verdict && strcmp(r->status, status) == 0 && strcmp(r->text, text) == 0)
		return true;
	printf("# got %c %s %s\n", r->verdict, r->status, r->text);
	return false;
}

static bool
arrived(const struct inject_result *r, size_t n)
{
	return answers(r, 'K', "2.0.0", "0123id") && r->pid > 0 && contains("message", large, n) &&
	    contains("envelope", envelope.s, envelope.len);
}

static void
arrivals(void)
{
	static const size_t sizes[] = { 0, 1, 4096, 65535, 65536, 65537, LARGE };
	struct inject_result r;
	size_t i;
	bool all = true;

	for (i = 0; i < sizeof sizes / sizeof *sizes; i++)
		r = inject("read", sizes[i], 4000), all &= arrived(&r, sizes[i]);
	ok(all, "messages of all sizes arrive with their envelope, and the ID comes back");
	r = inject("read", LARGE, LARGE);
	ok(arrived(&r, LARGE), "also in one write");
	inject("read", 100, 100);
	ok(contains("descriptors", "0 1 2 6 ", 8), "the program has descriptors 0 1 2 6, all blocking");
	inject("read", LARGE, 100000);
	ok(contains("descriptors", "0 1 2 6 ", 8), "also when it starts in the middle");
	for (i = 0; i < 100000; i++)
		envelope_rcpt(&envelope, "x@b.example");
	r = inject("read", 10, 10);
	ok(arrived(&r, 10), "an envelope larger than any pipe");
	r = inject("read", LARGE, 65536);
	ok(arrived(&r, LARGE), "with a large message");
	r = inject("exit 31", 10, 10);
	ok(answers(&r, 'D', "5.3.0", "mail server refuses the message"), "is no hindrance to an early refusal");
	buf_clear(&envelope);
	ok(envelope_sender(&envelope, "joe@a.example") && envelope_rcpt(&envelope, "x@b.example") && envelope_end(&envelope), "(small again)");
}

static void
codes(void)
{
	static const struct {
		int code;
		char verdict;
		const char *status;
	} list[] = { { 0, 'K', "2.0.0" }, { 11, 'D', "5.1.3" }, { 115, 'D', "5.1.3" }, { 31, 'D', "5.3.0" }, { 12, 'D', "5.3.0" }, { 40, 'D', "5.3.0" },
		{ 1, 'Z', "4.3.0" }, { 10, 'Z', "4.3.0" }, { 41, 'Z', "4.3.0" }, { 51, 'Z', "4.3.0" }, { 52, 'Z', "4.3.0" }, { 53, 'Z', "4.3.1" },
		{ 54, 'Z', "4.3.0" }, { 55, 'Z', "4.3.5" }, { 56, 'Z', "4.3.0" }, { 61, 'Z', "4.3.0" }, { 62, 'Z', "4.3.0" }, { 63, 'Z', "4.3.0" },
		{ 64, 'Z', "4.3.0" }, { 65, 'Z', "4.3.0" }, { 66, 'Z', "4.3.0" }, { 71, 'Z', "4.3.0" }, { 72, 'Z', "4.4.1" }, { 73, 'Z', "4.4.1" },
		{ 74, 'Z', "4.4.2" }, { 81, 'Z', "4.3.0" }, { 82, 'Z', "4.3.0" }, { 91, 'Z', "4.3.0" }, { 100, 'Z', "4.3.0" }, { 111, 'Z', "4.3.0" },
		{ 120, 'Z', "4.3.0" }, { 127, 'Z', "4.3.0" }, { 255, 'Z', "4.3.0" } };
	struct inject_result r;
	char how[20];
	size_t i;
	bool all = true;

	for (i = 0; i < sizeof list / sizeof *list; i++) {
		snprintf(how, sizeof how, "code %d", list[i].code);
		r = inject(how, 100, 100);
		if (r.verdict != list[i].verdict || strcmp(r.status, list[i].status) != 0 || (!*r.text && list[i].code)) {
			printf("# %d: got %c %s %s\n", list[i].code, r.verdict, r.status, r.text);
			all = false;
		}
	}
	ok(all, "each exit code means what the table says");
	r = inject("crash", 100, 100);
	ok(answers(&r, 'Z', "4.3.0", "queue program crashed"), "a program that crashes is Z");
	r = inject("crash", LARGE, 4096);
	ok(answers(&r, 'Z', "4.3.0", "queue program crashed"), "also in the middle");
}

static void
words(void)
{
	struct inject_result r = inject("say Dno mail for you\n", 10, 10);

	ok(answers(&r, 'D', "5.3.0", "no mail for you"), "a program's own reason, for good");
	r = inject("say Zcome back later", 10, 10);
	ok(answers(&r, 'Z', "4.3.0", "come back later"), "for now");
	r = inject("pieces", 10, 10);
	ok(answers(&r, 'D', "5.3.0", "first second"), "in two writes");
	r = inject("say D5.7.1 spam", 10, 10);
	ok(answers(&r, 'D', "5.7.1", "spam"), "they may begin with a status of their own");
	r = inject("say Z4.123.456 later", 10, 10);
	ok(answers(&r, 'Z', "4.123.456", "later"), "also the longest one");
	r = inject("say D4.7.1 spam", 10, 10);
	ok(answers(&r, 'D', "5.3.0", "4.7.1 spam"), "one that contradicts the verdict is text");
	r = inject("say Xwhatever", 10, 10);
	ok(answers(&r, 'Z', "4.3.0", "queue program gave no reason"), "neither D nor Z is Z");
	r = inject("say D550 5.7.1 a\r\n250 ok\n\x80\x1b[m\n", 10, 10);
	ok(answers(&r, 'D', "5.3.0", "550 5.7.1 a??250 ok???[m"), "only printable bytes pass");
	r = inject("long", 10, 10);
	ok(r.verdict == 'D' && strlen(r.text) == 254 && strspn(r.text, "D") == 254, "255 bytes are heard");
}

static void
early(void)
{
	struct inject_result r;

	r = inject("exit 31", LARGE, 1000);
	ok(answers(&r, 'D', "5.3.0", "mail server refuses the message"), "a program that ends early has its own reason");
	r = inject("shut 31", LARGE, 1000);
	ok(answers(&r, 'D', "5.3.0", "mail server refuses the message") && contains("envelope", "", 0), "one that closes its input too; it gets no envelope");
	r = inject("exit 0", LARGE, 1000);
	ok(answers(&r, 'Z', "4.3.0", "queue program did not read all of the message"), "one that read half of it is not believed when it says yes");
	r = inject("exit 53", LARGE, LARGE);
	ok(answers(&r, 'Z', "4.3.1", "disk full or write error"), "a full disk is told as such");
}

static void
daemons(void)
{
	struct inject_result r = inject("hold", 10, 10);
	struct buf pid = BUF(20);

	ok(answers(&r, 'K', "2.0.0", "0123id"), "a daemon that keeps descriptor 6 open does not hold us");
	while (!file_read(AT_FDCWD, "holder", &pid) || pid.len == 0)
		usleep(1000);
	ok(atoi(pid.s) > 1 && kill(atoi(pid.s), SIGKILL) == 0, "it was still there");
	buf_free(&pid);
}

static void
not_started(void)
{
	struct inject_result r;

	setenv("PNEU_FILTER", "/nonexistent/filter", 1);
	r = inject("read", 10, 10);
	ok(answers(&r, 'Z', "4.3.0", "No such file or directory") && r.pid == 0, "a program that cannot start is Z");
	r = inject("read", LARGE, 1000);
	ok(answers(&r, 'Z', "4.3.0", "No such file or directory") && r.pid == 0, "also in the middle");
	setenv("PNEU_FILTER", "", 1);
	setenv("QMAILQUEUE", self, 1);
	r = inject("read", 10, 10);
	ok(arrived(&r, 10), "QMAILQUEUE counts where PNEU_FILTER is empty");
	setenv("QMAILQUEUE", "/nonexistent/filter", 1);
	setenv("PNEU_FILTER", self, 1);
	r = inject("read", 10, 10);
	ok(arrived(&r, 10), "PNEU_FILTER comes first");
	unsetenv("QMAILQUEUE");
}

static void
default_program(void)
{
	char *path = strdup(getenv("PATH") ? getenv("PATH") : "/usr/bin:/bin");
	struct inject_result r;

	unsetenv("PNEU_FILTER");
	setenv("PNEU_ETC", scratch_path, 1);
	setenv("PATH", scratch_path, 1);
	r = inject("read", 10, 10);
	ok(answers(&r, 'Z', "4.3.0", "No such file or directory"), "without either it is pneu-queue, which is not there");
	ok(symlink(self, "pneu-queue") == 0 && (r = inject("read", 10, 10), arrived(&r, 10)), "and now is");
	unsetenv("PNEU_ETC");
	setenv("PNEU_FILTER", self, 1);
	setenv("PATH", path, 1);
	free(path);
}

static void
drops(void)
{
	struct inject i;
	int before = scratch_descriptors();

	forget();
	setenv("HOW", "read", 1);
	inject_begin(&i);
	inject_write(&i, large, 1000);
	inject_drop(&i);
	ok(i.pid == 0 && access("message", F_OK) != 0, "a small message that is dropped costs no program");
	inject_begin(&i);
	inject_drop(&i);
	inject_begin(&i);
	ok(inject_write(&i, large, LARGE), "a large one");
	inject_drop(&i);
	ok(i.pid > 0 && contains("envelope", "", 0), "that is dropped has no envelope: nothing is queued");
	ok(scratch_descriptors() == before && waitpid(-1, 0, WNOHANG) == -1, "no descriptor and no child is left");
}

/* the caller is killed by its own alarm while the program does not read */
static void
caller_dies(void)
{
	struct inject i;
	pid_t pid;
	int status, p[2];
	char c;

	forget();
	setenv("HOW", "read", 1);
	if (pipe(p) != 0)               /* its other end closes when the program has ended, too */
		return;
	if ((pid = fork()) == 0) {
		close(p[0]);
		dup2(p[1], 2);
		close(p[1]);
		inject_begin(&i);
		inject_write(&i, large, LARGE);
		raise(SIGKILL);
	}
	close(p[1]);
	waitpid(pid, &status, 0);
	ok(WIFSIGNALED(status) && read(p[0], &c, 1) == 0, "a caller that dies ends the program");
	ok(contains("envelope", "", 0), "which had no envelope: nothing is queued");
	close(p[0]);
}

static void
closed_descriptors(void)
{
	struct inject_result r;
	int status, closed;
	bool all = true;
	pid_t pid;

	for (closed = 1; closed < 8; closed++) {
		forget();
		if ((pid = fork()) == 0) {
			int fd;

			for (fd = 0; fd < 3; fd++)
				if (closed & 1 << fd)
					close(fd);
			r = inject("read", LARGE, 5000);
			_exit(r.verdict != 'K');
		}
		waitpid(pid, &status, 0);
		all &= status == 0 && contains("message", large, LARGE) && contains("envelope", envelope.s, envelope.len) &&
		    (closed & 4 ? contains("descriptors", "0 1 6 ", 6) : contains("descriptors", "0 1 2 6 ", 8));
	}
	ok(all, "a caller whose own 0, 1 or 2 are closed");
}

/* every number of descriptors from none to enough; never more than Z, never less than nothing left */
static void
few_descriptors(void)
{
	struct inject_result r;
	struct rlimit was, low;
	unsigned limit, first = 0, k = 0, z = 0;

	getrlimit(RLIMIT_NOFILE, &was);
	while (fcntl((int)first, F_GETFD) >= 0)
		first++;
	for (limit = first; limit < first + 12; limit++) {
		low = was;
		low.rlim_cur = limit;
		setrlimit(RLIMIT_NOFILE, &low);
		r = inject("exit 0", 100, 100);
		k += r.verdict == 'K';
		z += r.verdict == 'Z' && answers(&r, 'Z', "4.3.0", strerror(EMFILE));
	}
	setrlimit(RLIMIT_NOFILE, &was);
	ok(k > 0 && z > 0 && k + z == 12, "with few descriptors: queued, or Z");
}

int
main(int argc, char **argv)
{
	ssize_t n;
	size_t i;

	(void)argc;
	if (getenv("HOW"))
		return queue_program(getenv("HOW"));
	n = readlink("/proc/self/exe", self, sizeof self - 1);
	if (n < 0 && !realpath(argv[0], self)) {
		printf("1..0 # SKIP this test cannot find itself\n");
		return 0;
	}
	for (i = 0; i < LARGE; i++)
		large[i] = (char)(i * 7 + i / 251);
	sig_ignore(SIGPIPE);
	scratch();
	scratch_keep_own();
	unsetenv("QMAILQUEUE"), unsetenv("PNEU_ETC"), unsetenv("PNEU_QUEUE");
	setenv("PNEU_FILTER", self, 1);
	envelope_sender(&envelope, "joe@a.example"), envelope_rcpt(&envelope, "x@b.example"), envelope_end(&envelope);
	arrivals();
	codes();
	words();
	early();
	daemons();
	not_started();
	default_program();
	drops();
	caller_dies();
	closed_descriptors();
	few_descriptors();
	return done();
}
