#include "wire/spawner.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/fd.h"
#include "scratch.h"
#include "tap.h"

static int s[2], w[2];
static char space[SPAWNER_PACKET], raw[SPAWNER_PACKET + 10];

static const char request_bytes[] = "17\0" "joe-lists";
static const char yes_bytes[] = "17\0" "K\0" "\0";
static const char no_bytes[] = "17\0" "D\0" "5.1.1\0" "no such user";

static ssize_t
take(int *pass)
{
	ssize_t n = fd_receive(s[1], raw, sizeof raw, pass, MSG_DONTWAIT);

	if (*pass >= 0)
		close(*pass);
	return n;
}

static enum job_result
give_request(const char *bytes, size_t n, int pass, struct spawner_request *r)
{
	if (!fd_send(s[0], bytes, n, pass, 0))
		return JOB_TROUBLE;
	errno = 0;
	return spawner_asked(s[1], space, r, MSG_DONTWAIT);
}

static enum job_result
give_answer(const char *bytes, size_t n, int pass, struct spawner_answer *a)
{
	if (!fd_send(s[0], bytes, n, pass, 0))
		return JOB_TROUBLE;
	errno = 0;
	return spawner_answered(s[1], space, a, MSG_DONTWAIT);
}

static void
golden(void)
{
	struct spawner_request r = { 17, "joe-lists" }, asked;
	struct spawner_answer yes = { 17, 'K', "", "", w[0] }, no = { 17, 'D', "5.1.1", "no such user", -1 }, a;
	char c;
	int pass;

	ok(spawner_ask(s[0], &r, 0) && take(&pass) == sizeof request_bytes && pass == -1 &&
	    memcmp(raw, request_bytes, sizeof request_bytes) == 0, "a request is these bytes");
	ok(give_request(request_bytes, sizeof request_bytes, -1, &asked) == JOB_GOT && asked.number == 17 &&
	    strcmp(asked.key, "joe-lists") == 0, "these bytes are a request");
	ok(spawner_answer(s[0], &yes, 0) && take(&pass) == sizeof yes_bytes && pass >= 0 && memcmp(raw, yes_bytes, sizeof yes_bytes) == 0,
	    "a yes is these bytes and a socket");
	ok(give_answer(yes_bytes, sizeof yes_bytes, w[0], &a) == JOB_GOT && a.number == 17 && a.verdict == 'K' && !*a.status && !*a.text,
	    "these bytes are a yes");
	ok(a.worker >= 0 && fcntl(a.worker, F_GETFD) == FD_CLOEXEC && write(a.worker, "x", 1) == 1 && read(w[1], &c, 1) == 1,
	    "with the worker's socket, close-on-exec");
	close(a.worker);
	ok(spawner_answer(s[0], &no, 0) && take(&pass) == sizeof no_bytes && pass == -1 && memcmp(raw, no_bytes, sizeof no_bytes) == 0,
	    "a no is these bytes");
	ok(give_answer(no_bytes, sizeof no_bytes, -1, &a) == JOB_GOT && a.verdict == 'D' && strcmp(a.status, "5.1.1") == 0 &&
	    strcmp(a.text, "no such user") == 0 && a.worker == -1, "these bytes are a no");
	no.worker = w[0];
	ok(spawner_answer(s[0], &no, 0) && take(&pass) == sizeof no_bytes && pass == -1, "no socket goes with a no");
}

#define BAD_REQUEST(literal, promise) ok(give_request(literal, sizeof(literal), -1, &r) == JOB_BAD && errno == EPROTO, promise)
#define BAD_ANSWER(literal, pass, promise) \
	ok(give_answer(literal, sizeof(literal), pass, &a) == JOB_BAD && errno == EPROTO && a.worker == -1, promise)

static void
refusals(void)
{
	struct spawner_request r;
	struct spawner_answer a;
	int before = scratch_descriptors();
	size_t n;
	bool all = true;

	for (n = 1; n < sizeof request_bytes; n++)
		all &= give_request(request_bytes, n, -1, &r) == JOB_BAD && errno == EPROTO;
	ok(all, "a request cut anywhere is refused");
	for (n = 1, all = true; n < sizeof no_bytes; n++)
		all &= give_answer(no_bytes, n, -1, &a) == JOB_BAD && errno == EPROTO;
	for (n = 1; n < sizeof yes_bytes; n++)
		all &= give_answer(yes_bytes, n, w[0], &a) == JOB_BAD && errno == EPROTO && a.worker == -1;
	ok(all, "an answer cut anywhere is refused, and its socket closed");
	BAD_REQUEST("17\0" "key\0" "more", "a request with a field too many");
	BAD_REQUEST("x\0" "key", "a request whose number is none");
	ok(give_request(request_bytes, sizeof request_bytes, w[0], &r) == JOB_BAD && errno == EPROTO, "a request with a descriptor");
	ok(give_request("1\0", 3, -1, &r) == JOB_GOT && !*r.key, "an empty key is a key");
	BAD_ANSWER("17\0" "K\0" "\0", -1, "a yes without socket");
	BAD_ANSWER("17\0" "Z\0" "4.3.0\0" "t", w[0], "a no with one");
	BAD_ANSWER("17\0" "Z\0" "\0" "t", -1, "a no without status");
	BAD_ANSWER("17\0" "D\0" "5.0\0" "t", -1, "a no whose status is none");
	BAD_ANSWER("17\0" "Q\0" "5.0.0\0" "t", -1, "an unknown verdict");
	BAD_ANSWER("17\0" "\0" "5.0.0\0" "t", -1, "no verdict");
	BAD_ANSWER("17\0" "DD\0" "5.0.0\0" "t", -1, "two verdicts");
	BAD_ANSWER("17\0" "D\0" "5.0.0\0" "t\0" "more", -1, "a field too many");
	BAD_ANSWER("-\0" "D\0" "5.0.0\0" "t", -1, "a number that is none");
	ok(scratch_descriptors() == before, "no descriptor is left open");
}

static void
limits(void)
{
	static char key[SPAWNER_KEY + 2], text[JOB_TEXT + 2];
	struct spawner_request r = { UINT64_MAX, key }, asked;
	struct spawner_answer a = { UINT64_MAX, 'Z', "4.123.123", text, -1 }, got;
	size_t n;

	memset(key, 'k', SPAWNER_KEY);
	ok(spawner_ask(s[0], &r, 0) && spawner_asked(s[1], space, &asked, 0) == JOB_GOT && strlen(asked.key) == SPAWNER_KEY &&
	    asked.number == UINT64_MAX, "a key at the limit");
	key[SPAWNER_KEY] = 'k';
	errno = 0;
	ok(!spawner_ask(s[0], &r, 0) && errno == EMSGSIZE, "one byte more: EMSGSIZE");
	memcpy(raw, "1", 2);
	memcpy(raw + 2, key, sizeof key);
	ok(give_request(raw, 2 + sizeof key, -1, &asked) == JOB_BAD && errno == EPROTO, "nor is it believed");
	for (n = JOB_TEXT - 1; n <= JOB_TEXT + 1; n++) {
		memset(text, 't', n);
		ok(spawner_answer(s[0], &a, 0) && spawner_answered(s[1], space, &got, 0) == JOB_GOT &&
		    strlen(got.text) == (n < JOB_TEXT ? n : JOB_TEXT) && (strcmp(got.text + strlen(got.text) - 3, "...") == 0) == (n > JOB_TEXT),
		    n < JOB_TEXT ? "a text one byte below the limit" : n == JOB_TEXT ? "at the limit" : "one above: it ends in ...");
	}
	memset(raw, 'x', sizeof raw);
	ok(give_request(raw, SPAWNER_PACKET + 1, w[0], &asked) == JOB_BAD && errno == EPROTO, "a packet too large");
	ok(give_answer(raw, SPAWNER_PACKET + 1, w[0], &got) == JOB_BAD && errno == EPROTO && got.worker == -1, "either way");
}

static void
no_one(void)
{
	struct spawner_request r = { 1, "k" };
	struct spawner_answer a = { 1, 'Z', "4.0.0", "", -1 };

	ok(spawner_asked(s[1], space, &r, MSG_DONTWAIT) == JOB_NONE && spawner_answered(s[1], space, &a, MSG_DONTWAIT) == JOB_NONE &&
	    a.worker == -1, "nothing there yet");
	close(s[0]);
	ok(spawner_asked(s[1], space, &r, 0) == JOB_END && spawner_answered(s[1], space, &a, 0) == JOB_END, "the other side is gone: the end");
	r.key = "k", a.status = "4.0.0", a.text = "";
	errno = 0;
	ok(!spawner_ask(s[1], &r, 0) && errno == EPIPE && !spawner_answer(s[1], &a, 0) && errno == EPIPE, "to send to it: EPIPE, no signal");
	close(s[1]);
	ok(spawner_asked(s[1], space, &r, 0) == JOB_TROUBLE && errno == EBADF, "no socket: trouble");
}

int
main(void)
{
	if (!fd_pair(s) || !fd_pair(w))
		return 1;
	golden();
	refusals();
	limits();
	no_one();
	return done();
}
