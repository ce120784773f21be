#include "resolve/passwd.h"

#include <errno.h>
#include <signal.h>
#include <sys/stat.h>

#include "lib/buf.h"
#include "scratch.h"
#include "tap.h"

static struct buf space;
static char got[9000];

static const char *
shown(enum passwd_result r, const struct passwd_entry *p, const struct outcome *o)
{
	switch (r) {
	case PASSWD_FOUND:
		snprintf(got, sizeof got, "%s %lu %lu %s", p->name, (unsigned long)p->uid, (unsigned long)p->gid, p->home);
		break;
	case PASSWD_NONE:
		return "none";
	case PASSWD_UNASKED:
		return "unasked";
	default:
		snprintf(got, sizeof got, "%c %s %s", o->verdict, o->status, o->text);
	}
	return got;
}

static const char *
look(struct passwd_source *s, const char *name, bool ask)
{
	struct passwd_entry p = { 0 };
	struct outcome o = { 0 };
	enum passwd_result r = s->find(s->ctx, name, ask, &space, &p, &o);

	return shown(r, &p, &o);
}

static const char *
look_uid(struct passwd_source *s, uid_t uid)
{
	struct passwd_entry p = { 0 };
	struct outcome o = { 0 };
	enum passwd_result r = s->find_uid(s->ctx, uid, &space, &p, &o);

	return shown(r, &p, &o);
}

static void
file(const char *text)
{
	scratch_file("passwd", text, strlen(text));
}

/* a helper in PATH that does this */
static void
helper(const char *body)
{
	char script[10000];

	snprintf(script, sizeof script, "#!/bin/sh\necho started >>starts\n%s\n", body);
	scratch_file("pneu-getpw", script, strlen(script));
	chmod("pneu-getpw", 0755);
	unlink("starts");
}

static size_t
starts(void)
{
	struct stat st;

	return stat("starts", &st) == 0 ? (size_t)st.st_size / 8 : 0;
}

static void
lines(void)
{
	static const struct { const char *line, *want, *promise; } all[] = {
		{ "joe:x:1000:100:Joe,,,:/home/joe:/bin/sh", "joe 1000 100 /home/joe", "a line" },
		{ "joe:x:1000:100::/home/joe:", "joe 1000 100 /home/joe", "no shell, no name" },
		{ "joe:x:1000:100::/home/joe", "joe 1000 100 /home/joe", "not even the last colon" },
		{ "joe:x:1000:100::/h:/bin/sh:more", "joe 1000 100 /h", "more than there should be" },
		{ "joe:x:1000:100:", "no", "no home" },
		{ "joe:x:1000", "no", "no group" },
		{ "joe:x::100::/h:", "no", "no uid" },
		{ "joe:x:-1:100::/h:", "no", "a negative uid" },
		{ "joe:x:4294967295:100::/h:", "no", "a uid that means none" },
		{ "joe:x:1 :100::/h:", "no", "no number" },
		{ ":x:1:1::/h:", "no", "no login name" },
		{ "#joe:x:1:1::/h:", "no", "a comment" },
		{ "+joe:x:1:1::/h:", "no", "an old NIS mark" },
		{ "", "no", "nothing" },
	};
	struct passwd_entry p;
	size_t i;

	for (i = 0; i < sizeof all / sizeof *all; i++)
		same(passwd_line(all[i].line, strlen(all[i].line), &space, &p) ? shown(PASSWD_FOUND, &p, 0) : "no", all[i].want,
		    all[i].promise);
	ok(!passwd_line("a\0b:x:1:1::/h:", 14, &space, &p) && errno == 0, "a NUL");
}

static void
from_file(void)
{
	struct passwd_source s;
	struct passwd_file f;

	file("root:x:0:0:root:/root:/bin/sh\n# no\njoe:x:1000:100::/home/joe:\nbad\njoe:x:5:5::/second:\njoel:x:1001:1::/l:\n"
	    "jo:x:nan:1::/broken:\nlast:x:7:8::/last:/bin/sh");
	passwd_file_init(&f, "passwd", &s);
	same(look(&s, "joe", false), "joe 1000 100 /home/joe", "the first of a name");
	same(look(&s, "last", false), "last 7 8 /last", "the last line needs no end");
	same(look(&s, "root", false), "root 0 0 /root", "the first line");
	same(look(&s, "jo", false), "unasked", "a broken line is none, and the name may be known elsewhere");
	same(look(&s, "", false), "unasked", "nor is there an empty name");
	same(look(&s, "joe:x", false), "none", "a name is no beginning of a line");
	same(look(&s, "joe:x:1000", true), "none", "whatever is known of its fields");
	same(look_uid(&s, 1001), "joel 1001 1 /l", "by uid");
	same(look_uid(&s, 4711), "none", "which may be nobody's");
	file("new:x:1:1::/n:\n");
	same(look(&s, "new", false), "unasked", "it is read once");
	passwd_file_close(&f);
	same(look(&s, "new", false), "new 1 1 /n", "and afresh after closing");
	passwd_file_close(&f);
	unlink("passwd");
	same(look(&s, "joe", false), "unasked", "no file has nobody");
	passwd_file_close(&f);
	mkdir("passwd", 0700);
	ok(strncmp(look(&s, "joe", false), "Z 4.3.0 unable to read passwd", 29) == 0, "one that cannot be read is trouble");
	rmdir("passwd");
	passwd_file_close(&f);
	ok(starts() == 0, "no helper was started for any of this");
}

/* what a helper of ours answers */
static void
from_helper(void)
{
	static const struct { const char *body, *want, *promise; } all[] = {
		{ "printf 'N\\0'; cat >/dev/null", "none", "nobody" },
		{ "printf 'Zbusy\\0'; cat >/dev/null", "Z 4.3.0 busy", "trouble, in its words" },
		{ "exit 0", "Z 4.3.0 pneu-getpw ended without an answer", "a helper that ends" },
		{ "kill -9 $$", "Z 4.3.0 pneu-getpw ended without an answer", "one that dies" },
		{ "printf K; exit", "Z 4.3.0 pneu-getpw ended without an answer", "one that ends in the middle" },
		{ "printf 'Kann:x:1:1::/h:\\0'; cat >/dev/null", "Z 4.3.0 pneu-getpw answers nonsense", "another name" },
		{ "printf 'Kjoe:x:1\\0'; cat >/dev/null", "Z 4.3.0 pneu-getpw answers nonsense", "half a line" },
		{ "printf '\\0'; cat >/dev/null", "Z 4.3.0 pneu-getpw answers nonsense", "nothing" },
		{ "printf 'N\\0N\\0'; cat >/dev/null", "Z 4.3.0 pneu-getpw answers more than it was asked", "too much" },
		{ "yes | tr -d '\\n' | head -c 9000; cat >/dev/null", "Z 4.3.0 pneu-getpw answers without end", "without end" },
	};
	struct passwd_source s;
	struct passwd_file f;
	size_t i;
	int fds;

	file("root:x:0:0:root:/root:/bin/sh\n");
	passwd_file_init(&f, "passwd", &s);
	helper("tr '\\0' '\\n' | while read -r n; do printf 'K%s:x:1000:100::/home/%s:\\0' $n $n; done");
	unlink("nsslookup");
	fds = scratch_descriptors();
	same(look(&s, "root", true), "root 0 0 /root", "a name of the file needs no helper");
	ok(starts() == 0, "none is started");
	passwd_file_close(&f);
	helper("while :; do n=$(dd bs=1 count=4 2>/dev/null | tr -d '\\0'); [ \"$n\" ] || exit; "
	    "printf 'K%s:x:1000:100::/home/%s:\\0' $n $n; done");
	same(look(&s, "joe", false), "unasked", "nor where asking is not wanted");
	ok(starts() == 0, "none is started for that");
	same(look(&s, "joe", true), "joe 1000 100 /home/joe", "an answer");
	same(look(&s, "ann", true), "ann 1000 100 /home/ann", "and one more");
	same(look(&s, "joe", false), "unasked", "still only if wanted");
	ok(starts() == 1, "it was started once");
	passwd_file_close(&f);
	ok(scratch_descriptors() == fds, "nothing is left open");
	for (i = 0; i < sizeof all / sizeof *all; i++) {
		helper(all[i].body);
		same(look(&s, "joe", true), all[i].want, all[i].promise);
		if (i == 2) {
			same(look(&s, "ann", true), "Z 4.3.0 pneu-getpw failed before", "it is not asked again");
			same(look(&s, "root", true), "root 0 0 /root", "but the file still counts");
			ok(starts() == 1, "nor started again");
		}
		passwd_file_close(&f);
		ok(scratch_descriptors() == fds, "and nothing stays open");
	}
	unlink("pneu-getpw");
	same(look(&s, "joe", true), "Z 4.3.0 unable to start pneu-getpw: No such file or directory", "a helper that is missing");
	passwd_file_close(&f);
	helper("printf 'N\\0'; cat");
	scratch_file("nsslookup", "0\n", 2);
	same(look(&s, "joe", true), "none", "nsslookup 0: the file is all there is");
	same(look(&s, "joe", false), "none", "and then that is certain");
	ok(starts() == 0, "without a helper");
	passwd_file_close(&f);
	scratch_file("nsslookup", "2\n", 2);
	ok(strncmp(look(&s, "joe", true), "Z 4.3.5 control/nsslookup: ", 27) == 0, "a setting that makes no sense is trouble");
	passwd_file_close(&f);
	unlink("nsslookup");
}

int
main(void)
{
	char path[5000];

	scratch();
	scratch_keep_own();
	signal(SIGPIPE, SIG_IGN);
	snprintf(path, sizeof path, "%s:%s", scratch_path, getenv("PATH"));
	setenv("PATH", path, 1);
	setenv("PNEU_ETC", scratch_path, 1);
	lines();
	from_file();
	from_helper();
	buf_free(&space);
	return done();
}
