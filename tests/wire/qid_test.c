#include "wire/qid.h"

#include <stdlib.h>

#include "tap.h"

static uint64_t state = 1;

static uint64_t
random64(void)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return state ^ state >> 29;
}

static void
golden(void)
{
	static const struct {
		struct qid q;
		const char *text, *dir;
	} list[] = { { { 0, 0 }, "000000000000", "00" }, { { 1, 31 }, "00000000001z", "00" }, { { 32, 32 }, "0000000001010", "00" },
		{ { 1795335540123456, 12648430 }, "1k0v4ghy9t0c1zze", "17" },
		{ { QID_US_END - 1, UINT64_MAX }, "zzzzzzzzzzzfzzzzzzzzzzzz", "05" } };
	char text[QID_TEXT], dir[QID_DIR];
	struct qid got;
	size_t i;

	for (i = 0; i < sizeof list / sizeof *list; i++) {
		qid_text(text, &list[i].q);
		same(text, list[i].text, "an ID");
		qid_dir_text(dir, qid_dir(&list[i].q));
		same(dir, list[i].dir, "its directory");
		ok(qid_parse(list[i].text, &got) && got.us == list[i].q.us && got.ino == list[i].q.ino, "and back");
	}
}

static void
refusals(void)
{
	static const char *const bad[] = { "", "0", "00000000000", "1k0v4ghy9t0C1zze", "1k0v4ghy9t0i1", "1k0v4ghy9t0l1", "1k0v4ghy9t0o1", "1k0v4ghy9t0u1",
		"1k0v4ghy9t0-1", "1k0v4ghy9t0.", ".k0v4ghy9t0c", "1k0v4ghy9t0c1zze ", " 1k0v4ghy9t0c1zze", "1k0v4ghy9t0c\n", "1k0v4ghy9t0/c",
		"1k0v4ghy9t00c", "1k0v4ghy9t000", "1k0v4ghy9t0g000000000000", "1k0v4ghy9t0zzzzzzzzzzzzz", "1k0v4ghy9t0f0000000000000",
		"1k0v4ghy9t0f00000000000000000000000000000000000", "1k0v4ghy9\xd4" "0c", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff" };
	struct qid q = { 4711, 4711 };
	size_t i;
	bool all = true;
	char text[3];
	int c, taken = 0;

	for (i = 0; i < sizeof bad / sizeof *bad; i++)
		if (qid_parse(bad[i], &q) || q.us != 4711 || q.ino != 4711) {
			printf("# took \"%s\"\n", bad[i]);
			all = false;
		}
	ok(all, "what qid_text does not write is no ID");
	for (c = 1; c < 256; c++) {
		char s[] = "1k0v4ghy9t0c1";

		s[12] = (char)c;
		taken += qid_parse(s, &q);
	}
	ok(taken == 32, "32 digits");
	qid_dir_text(text, QID_DIRS - 1);
	same(text, "3f", "the last directory");
}

static void
properties(void)
{
	char a[QID_TEXT], b[QID_TEXT];
	struct qid p, q, back;
	bool there_and_back = true, sorted = true, dirs = true;
	int i;

	for (i = 0; i < 20000; i++) {
		p = (struct qid){ random64() % QID_US_END, random64() >> (i % 64) };
		q = (struct qid){ i & 1 ? p.us + 1 : random64() % QID_US_END, random64() >> (i % 61) };
		qid_text(a, &p);
		qid_text(b, &q);
		there_and_back &= qid_parse(a, &back) && back.us == p.us && back.ino == p.ino;
		if (p.us != q.us && q.us < QID_US_END)
			sorted &= (p.us < q.us) == (strcmp(a, b) < 0);
		dirs &= qid_dir(&p) < QID_DIRS;
	}
	ok(there_and_back, "20000 IDs there and back");
	ok(sorted, "they sort by arrival");
	ok(dirs, "each has a directory");
	p = (struct qid){ 16000000 * 64 - 1, 1 };
	q = (struct qid){ 16000000 * 64, 1 };
	ok(qid_dir(&p) == 63 && qid_dir(&q) == 0, "the directory changes after 16 seconds, round and round");
}

int
main(void)
{
	golden();
	refusals();
	properties();
	return done();
}
