#include "resolve/expand.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scratch.h"
#include "tap.h"

static struct aliases aliases;
static struct routing *routing;
static struct expand x;
static struct aliasdb_make *making;
static int making_fd;

static void
setting(const char *name, const char *text)
{
	struct conf_error e = { 0 };

	scratch_file(name, text, strlen(text));
	routing_free(routing);
	if (!(routing = routing_load(&e))) {
		printf("# %s\n", e.text);
		exit(1);
	}
}

static void
begin(void)
{
	expand_begin(&x, routing, &aliases, routing_separators(routing));
}

static void
begin_db(void)
{
	making_fd = open("new", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	making = aliasdb_make(making_fd);
}

/* elements: letter and text each, between semicolons */
static void
alias(const char *name, const char *elements)
{
	struct buf b = BUF(ALIASDB_DATA);
	char *s;

	if (!buf_puts(&b, elements) || !buf_byte(&b, 0))
		exit(1);
	for (s = b.s; (s = strchr(s, ';')); s++)
		*s = 0;
	if (!aliasdb_add(making, name, strlen(name), "text", 7, &b))
		exit(1);
	buf_free(&b);
}

static void
end_db(void)
{
	if (!aliasdb_make_end(making, 0, 0) || close(making_fd) != 0 || rename("new", "aliases.cdb") != 0 || !aliases_refresh(&aliases)) {
		perror("aliases.cdb");
		exit(1);
	}
	begin();
}

/* "KIND TEXT", with <SENDER> if it has one, and what is wrong with it */
static const char *
children(void)
{
	static char got[100000];
	size_t i, n = 0;

	got[0] = 0;
	for (i = 0; i < x.children && n < 90000; i++) {
		const struct expand_child *c = &x.child[i];

		n += (size_t)sprintf(got + n, "%s%c %s", i ? ", " : "", c->kind, expand_string(&x, c->text));
		if (c->sender)
			n += (size_t)sprintf(got + n, " <%s>", expand_string(&x, c->sender));
		if (c->verdict)
			n += (size_t)sprintf(got + n, " %c %s %s", c->verdict, c->status, expand_string(&x, c->why));
	}
	return got;
}

static const char *
more_from(char kind, const char *text, const char *sender)
{
	static char got[2000];

	errno = 0;
	switch (expand(&x, kind, text, sender)) {
	case EXPAND_NOT:
		return "not";
	case EXPAND_DONE:
		return children();
	case EXPAND_LATER:
		snprintf(got, sizeof got, "later %s %s", x.outcome.status, x.outcome.text);
		return got;
	case EXPAND_NEVER:
	default:
		snprintf(got, sizeof got, "never %s %s", x.outcome.status, x.outcome.text);
		return got;
	}
}

/* one recipient more of the same message */
static const char *
more(const char *text)
{
	return more_from(QF_INJECTED, text, "s@s.test");
}

/* the only one of a message */
static const char *
all(const char *text)
{
	begin();
	return more(text);
}

static const char *
from(const char *text, const char *sender)
{
	begin();
	return more_from(QF_INJECTED, text, sender);
}

static void
names(void)
{
	begin_db();
	alias("list", "Abob;Aann@far.test;Mcarol;F/var/log/mail;P/bin/prog -x a@b");
	alias("up", "Alist;Aeve");
	alias("top", "Aup;Alist;Aeve;Aup");
	alias("joe", "Ajoe;Abob@far.test");
	alias("kim", "Mkim;Akim");
	alias("sam", "ASAM+tag");
	alias("null", "D");
	alias("nulls", "Anull;D;Anull");
	alias("faraway", "Mbob@far.test;Abob@Far.Test");
	alias("case", "ABob;Abob;Abob@HERE.test;AX@y.test;Ax@y.test;AX@Y.test;Mbob;MBOB");
	alias("virt", "Ajoe@v.test;AJOE@V.test");
	alias("user@v.test", "Abob;Auser@v.test");
	alias("@w.test", "Aall");
	alias("hack", "Ann%far.test@hack.test");
	end_db();
	same(all("ann"), "not", "a name that is no alias");
	ok(x.root.len && strcmp(x.root.s, "ann@here.test") == 0, "completed");
	same(all("ann@far.test"), "not", "an address elsewhere");
	same(all("list@far.test"), "not", "also when it is called like an alias");
	same(all("list"), "m carol@here.test, f /var/log/mail, p /bin/prog -x a@b, a bob@here.test, a ann@far.test", "an alias, all kinds");
	same(x.root.s, "list@here.test", "its own address");
	same(x.why.s, "text:7", "and where it stands");
	same(all("LIST@Here.TEST"), "m carol@here.test, f /var/log/mail, p /bin/prog -x a@b, a bob@here.test, a ann@far.test", "in any case");
	same(all("list+tag@here.test"), "m carol@here.test, f /var/log/mail, p /bin/prog -x a@b, a bob@here.test, a ann@far.test", "with a tag");
	same(all("top"), "m carol@here.test, f /var/log/mail, p /bin/prog -x a@b, a bob@here.test, a ann@far.test, a eve@here.test", "a diamond: each once");
	same(all("joe"), "a joe@here.test, a bob@far.test", "an alias that names itself: the user is meant");
	same(all("Joe+tag"), "a joe@here.test, a bob@far.test", "met by a tag");
	same(all("sam"), "a SAM+tag@here.test", "itself with a tag, in capitals");
	same(all("kim"), "m kim@here.test, a kim@here.test", "the mailbox and the user are two");
	same(all("null"), "", "nobody");
	same(all("nulls"), "", "nobody, several times");
	same(all("faraway"), "a bob@far.test", "\\name elsewhere is an address");
	same(all("case"), "m bob@here.test, a Bob@here.test, a X@y.test, a x@y.test", "case counts only in local parts elsewhere");
	same(all("virt"), "a joe@v.test", "not in a virtual domain");
	same(all("user@v.test"), "a bob@here.test, a user@v.test", "an alias of a virtual domain, and itself");
	same(all("User+x@V.test"), "a bob@here.test, a user@v.test", "in any case, with a tag");
	same(all("other@v.test"), "not", "not another user there");
	same(all("any@w.test"), "a all@here.test", "a whole domain");
	same(all("@w.test"), "a all@here.test", "an empty local part in it");
	same(all("hack"), "a nn@far.test", "the per cent hack is done");
	same(all("list%here.test@hack.test"), "m carol@here.test, f /var/log/mail, p /bin/prog -x a@b, a bob@here.test, a ann@far.test",
	    "and before the aliases are asked");
}

static void
together(void)
{
	begin();
	same(more("joe"), "a joe@here.test, a bob@far.test", "of two recipients the first");
	same(more("up"), "m carol@here.test, f /var/log/mail, p /bin/prog -x a@b, a bob@here.test, a ann@far.test, a eve@here.test", "and the second");
	same(more("list"), "", "of an alias that was in the other nothing is new");
	same(more("LIST"), "", "nor of itself again");
	ok(expand_note(&x, QF_INJECTED, "eve") == EXPAND_DONE, "who was in an alias is known");
	ok(expand_note(&x, QF_INJECTED, "EVE@here.TEST") == EXPAND_DONE, "in any case");
	ok(expand_note(&x, QF_MAILBOX, "eve") == EXPAND_NOT, "but not his mailbox");
	ok(expand_note(&x, QF_INJECTED, "Ann@far.test") == EXPAND_NOT, "nor who is another one elsewhere");
	begin();
	ok(expand_note(&x, QF_INJECTED, "BOB") == EXPAND_NOT && expand_note(&x, QF_PROGRAM, "/bin/prog -x a@b") == EXPAND_NOT &&
	    expand_note(&x, QF_FILE, "/var/log/mail") == EXPAND_NOT && expand_note(&x, QF_ADDRESS, "ann%far.test@hack.test") == EXPAND_NOT,
	    "those known before");
	same(more("list"), "m carol@here.test", "are left out");
	expand_undo(&x);
	same(more("list"), "m carol@here.test", "what was undone was not seen, what was noted before was");
	begin();
	same(more("list+1"), "m carol@here.test, f /var/log/mail, p /bin/prog -x a@b, a bob@here.test, a ann@far.test", "the next message begins anew");
	expand_undo(&x);
	same(more("up"), "m carol@here.test, f /var/log/mail, p /bin/prog -x a@b, a bob@here.test, a ann@far.test, a eve@here.test", "all undone, all new");
}

#define LOOP "D 5.4.6 its alias leads back to itself"

static void
loops(void)
{
	char name[20], next[20];
	const char *got;
	int i;

	begin_db();
	alias("a", "Ab;Ax@x.test");
	alias("b", "Aa;Ay@x.test");
	alias("1", "A2;Ax@x.test");
	alias("2", "A3");
	alias("3", "AONE;A1+tag;A2");
	alias("one", "A1");
	alias("cross", "Ac1;Ac2");
	alias("c1", "Ac2");
	alias("c2", "AC1");
	alias("me", "Ame;Ame@HERE.test;AME");
	for (i = 0; i < 53; i++) {
		snprintf(name, sizeof name, "d%d", i);
		snprintf(next, sizeof next, "Ad%d;Ax%d", i + 1, i);
		alias(name, next);
	}
	end_db();
	same(all("a"), "n a D 5.4.6 its alias leads back to itself, a y@x.test, a x@x.test", "a loop of two: that branch fails, the others count");
	same(all("b"), "n b D 5.4.6 its alias leads back to itself, a x@x.test, a y@x.test", "from its other end");
	same(all("1"), "n 1 " LOOP ", n 1+tag " LOOP ", n 2 " LOOP ", a x@x.test", "loops of two and of three, under other names");
	same(all("cross"), "n C1 " LOOP, "a loop that is come to from two sides is one, and not nobody");
	same(all("me"), "a me@here.test", "to oneself is none");
	begin();
	same(more("a"), "n a D 5.4.6 its alias leads back to itself, a y@x.test, a x@x.test", "a loop");
	same(more("b"), "", "whose other end is asked for too");
	got = all("d4");
	ok(x.children == 49 + 1 && !strstr(got, "5.4.6"), "49 aliases in one another");
	got = all("d3");
	ok(x.children == 50 + 1 && !strstr(got, "5.4.6"), "50");
	got = all("d2");
	ok(x.children == 51 && strstr(got, "n d52 D 5.4.6 aliases stand too deep inside one another") && strstr(got, "a x51@here.test"), "51 are too deep: that branch fails");
}

static void
owners(void)
{
	begin_db();
	alias("list", "Abob;Asub;Aann@far.test");
	alias("owner-list", "Aboss;Amate");
	alias("sub", "Aeve;Alow");
	alias("owner-sub", "Asubboss");
	alias("low", "Akim");
	alias("plain", "Alist;Azoe");
	alias("owner-owner-list", "Anobody");
	alias("l@v.test", "Abob");
	alias("owner-l@v.test", "Aboss");
	alias("wild@", "Abob");
	alias("owner-wild@", "Aboss");
	alias("Shout", "Abob");
	alias("Owner-SHOUT", "Aboss");
	end_db();
	same(all("list"), "a bob@here.test <owner-list@here.test>, a eve@here.test <owner-sub@here.test>, a kim@here.test <owner-sub@here.test>, "
	    "a ann@far.test <owner-list@here.test>", "a list's owner, a nested list's owner, and who has none inherits");
	same(all("plain"), "a bob@here.test <owner-list@here.test>, a eve@here.test <owner-sub@here.test>, a kim@here.test <owner-sub@here.test>, "
	    "a ann@far.test <owner-list@here.test>, a zoe@here.test", "only what comes through it");
	same(from("list", ""), "a bob@here.test, a eve@here.test, a kim@here.test, a ann@far.test", "the null sender stays");
	same(from("list", "#@[]"), "a bob@here.test, a eve@here.test, a kim@here.test, a ann@far.test", "so does that of a double bounce");
	same(from("list", "v@s.test-@[]"), "a bob@here.test <owner-list@here.test>, a eve@here.test <owner-sub@here.test>, "
	    "a kim@here.test <owner-sub@here.test>, a ann@far.test <owner-list@here.test>", "an address for each recipient does not");
	same(all("owner-list"), "a boss@here.test, a mate@here.test", "an owner has no owner");
	same(all("l+t@V.test"), "a bob@here.test <owner-l@V.test>", "of a virtual domain");
	same(all("wild@v.test"), "a bob@here.test <owner-wild@v.test>", "of a name in any domain");
	same(all("SHOUT"), "a bob@here.test <owner-shout@here.test>", "in any case");
}

static void
refusals(void)
{
	begin_db();
	alias("gone", "X5.1.6 moved away");
	alias("gone2", "X");
	alias("wait", "Ztry 2027");
	alias("mixed", "Abob;Xno more");
	alias("mixed2", "Abob;Await;Agone;Aann");
	alias("mixed3", "Abob;Amid");
	alias("mid", "Aann;Z4.2.1 full");
	alias("bad", "Abob;AX@;Asrs");
	end_db();
	same(all("gone"), "n gone D 5.1.6 moved away", ":fail: alone");
	same(all("gone2"), "n gone2 D 5.1.1 no such mailbox here", "without words");
	same(all("wait"), "later 4.3.0 try 2027", ":defer: alone");
	same(all("mixed"), "n mixed D 5.1.1 no more, a bob@here.test", ":fail: beside others");
	same(all("mixed2"), "a bob@here.test, n wait Z 4.3.0 try 2027, n gone D 5.1.6 moved away, a ann@here.test", "both in an alias inside");
	same(all("mixed3"), "a bob@here.test, n mid Z 4.2.1 full, a ann@here.test", "one that waits in part");
	begin();
	ok(expand_note(&x, QF_ADDRESS, "bob") == EXPAND_NOT && expand_note(&x, QF_ADDRESS, "ann") == EXPAND_NOT, "in the next round");
	same(more_from(QF_NAME, "mid", "s@s.test"), "later 4.2.1 full", "it waits still");
	begin_db();
	alias("mid", "Aann;Aeve");
	end_db();
	ok(expand_note(&x, QF_ADDRESS, "bob") == EXPAND_NOT && expand_note(&x, QF_ADDRESS, "ann") == EXPAND_NOT, "and in the one after");
	same(more_from(QF_NAME, "mid", "s@s.test"), "a eve@here.test", "it is mended, and only who has not had it gets it");
	begin();
	same(more_from(QF_NAME, "nobody", "s@s.test"), "not", "or it is no alias any more");
	setting("srs", "always\n");
	setting("srssecret", "secret\n");
	begin_db();
	alias("forged", "Abob;ASRS0=abcd=XX=c.test=joe@here.test;MSRS0=abcd=XX=c.test=joe@here.test");
	end_db();
	same(all("SRS0=abcd=XX=c.test=joe@here.test"), "never 5.1.3 not a return address made here, or too old", "an address that cannot be");
	same(all("forged"), "n forged D 5.1.3 not a return address made here, or too old, a bob@here.test, "
	    "n SRS0=abcd=XX=c.test=joe@here.test D 5.1.3 not a return address made here, or too old", "likewise in an alias");
	unlink("srssecret");
	setting("srs", "off\n");
}

/* "i PATH Z 4.3.5 list PATH: WHY" */
static const char *
waits(const char *path, const char *why)
{
	static char want[1000];

	snprintf(want, sizeof want, "i %s/%s Z 4.3.5 list %s/%s: %s, a bob@here.test", scratch_path, path, scratch_path, path, why);
	return want;
}

/* an alias of bob and of this list */
static const char *
list(const char *path)
{
	char elements[600];

	snprintf(elements, sizeof elements, "I%s/%s;Abob", scratch_path, path);
	begin_db();
	alias("l", elements);
	alias("team", "Ax;Ay");
	end_db();
	return all("l");
}

/* thousands of lines that are no recipients, and one that is */
static void
no_list_at_all(void)
{
	static char text[3 * 5000 + 8];
	size_t n;

	for (n = 0; n < 3 * 5000; n += 3)
		memcpy(text + n, "<<\n", 3);
	memcpy(text + n, "carol\n", 6);
	scratch_file("list", text, n + 6);
	(void)list("list");
	ok(x.children == 102, "of many bad lines a hundred are told");
	ok(strstr(children(), "perhaps more of them") && strstr(children(), "a carol@here.test"), "it is said, and who can be reached is");
}

#define LIST(text) scratch_file("list", text, sizeof(text) - 1)

static void
lists(void)
{
	char want[2000], inner[1000];

	LIST("# a comment\nann@far.test, eve\r\n\r\n  # another\n\t \nteam\n\"quoted name\"@q.test\nJoe User <joe@x.test>\nlast");
	same(list("list"), "a ann@far.test, a eve@here.test, a x@here.test, a y@here.test, a quoted name@q.test, a joe@x.test, a last@here.test, a bob@here.test",
	    "a list: comments, CR LF, empty lines, aliases, phrases, a last line without its end");
	LIST("new@far.test\n");
	same(all("l"), "a new@far.test, a bob@here.test", "it is read each time");
	LIST("");
	same(all("l"), "a bob@here.test", "an empty one is nobody");
	LIST("a@x.test\nfoo(\nb@x.test\n~/mbox\n");
	snprintf(want, sizeof want, "i %s/list D 5.1.3 list %s/list line 2: not a recipient, i %s/list D 5.1.3 list %s/list line 4: not a recipient, "
	    "a a@x.test, a b@x.test, a bob@here.test", scratch_path, scratch_path, scratch_path, scratch_path);
	same(all("l"), want, "bad lines fail, the others count");
	scratch_file("list", "a@x.test\nb\0c@x.test\nd@x.test\n", 29);
	ok(strstr(all("l"), "a a@x.test") && strstr(children(), "a d@x.test") && strstr(children(), "D 5.1.3"), "a NUL is a bad line too");
	no_list_at_all();
	same(list("missing"), waits("missing", "No such file or directory"), "one that is not there waits, the others do not");
	same(more_from(QF_INCLUDE, expand_string(&x, x.child[0].text), "s@s.test"), "", "in the same round it is known already");
	snprintf(inner, sizeof inner, "%s/missing", scratch_path);
	begin();
	snprintf(want, sizeof want, "later 4.3.5 list %s: No such file or directory", inner);
	same(more_from(QF_INCLUDE, inner, "s@s.test"), want, "in the next it waits again");
	scratch_file("missing", "carol\nbob\n", 10);
	begin();
	ok(expand_note(&x, QF_ADDRESS, "bob") == EXPAND_NOT, "then it is there");
	same(more_from(QF_INCLUDE, inner, "s@s.test"), "a carol@here.test", "and who has not had it gets it");
	mkdir("dir", 0755);
	same(list("dir"), waits("dir", "is not a regular file"), "a directory waits");
	mkfifo("pipe", 0644);
	same(list("pipe"), waits("pipe", "is not a regular file"), "a FIFO too, and is not waited for");
	ok(symlink("loop", "loop") == 0, "a link to itself");
	same(list("loop"), waits("loop", strerror(ELOOP)), "waits");
	LIST("a@x.test\n");
	chmod("list", 0646);
	same(list("list"), waits("list", "others may write to it"), "what others may write to is not believed");
	if (geteuid() != 0) {
		chmod("list", 0);
		same(list("list"), waits("list", strerror(EACCES)), "what may not be read waits");
	} else
		ok(true, "what may not be read waits # SKIP root reads everything");
	chmod("list", 0644);
	if (truncate("list", (off_t)EXPAND_LIST_BYTES + 1) != 0)
		exit(1);
	same(all("l"), waits("list", "is too large"), "what is too large waits");
	snprintf(inner, sizeof inner, "a@x.test\n:include:%s/inner\nb@x.test\n", scratch_path);
	scratch_file("list", inner, strlen(inner));
	snprintf(inner, sizeof inner, "c@x.test\n:include:%s/list\n:include:%s/inner\nl\n", scratch_path, scratch_path);
	scratch_file("inner", inner, strlen(inner));
	snprintf(want, sizeof want, "i %s/list D 5.4.6 list %s/list includes itself, i %s/inner D 5.4.6 list %s/inner includes itself, "
	    "a l@here.test", scratch_path, scratch_path, scratch_path, scratch_path);
	ok(strncmp(list("list"), "a a@x.test, a c@x.test, ", 24) == 0 && strstr(children(), "includes itself, i ") && strstr(children(), ", a l@here.test, a b@x.test, a bob"),
	    "lists in lists, that include themselves, or name their alias, which is the user");
	snprintf(want, sizeof want, "|/bin/prog\n/var/log/x\n");
	scratch_file("list", want, strlen(want));
	same(list("list"), "p /bin/prog, f /var/log/x, a bob@here.test", "programs and files in a list of our own");
	chmod("list", 0664);
	ok(strstr(all("l"), "D 5.7.1 ") && !strstr(children(), "p ") && !strstr(children(), "f /"), "but not when the group may write to it");
	chmod("list", 0644);
	if (geteuid() == 0 && chown("list", 1, (gid_t)-1) == 0)
		ok(strstr(all("l"), "D 5.7.1 ") && !strstr(children(), "p ") && !strstr(children(), "f /"), "nor when it is somebody else's");
	else
		ok(true, "nor when it is somebody else's # SKIP not root");
	unsetenv("PNEU_ETC");
	unsetenv("PNEU_QUEUE");
	if (geteuid() != 0)
		ok(strstr(all("l"), "D 5.7.1 "), "nor, in production, when it is not root's");
	else
		ok(chown("list", 0, (gid_t)-1) == 0 && strcmp(all("l"), "p /bin/prog, f /var/log/x, a bob@here.test") == 0, "in production it must be root's");
	setenv("PNEU_ETC", scratch_path, 1);
	aliases.etc = 0;                        /* it was in the old environment */
}

static void
list_of(size_t n)
{
	FILE *f = fopen("big", "w");
	size_t i;

	if (!f)
		exit(1);
	for (i = 0; i < n; i++)
		fprintf(f, "%zu@x.test\n", i);
	if (fclose(f) != 0)
		exit(1);
}

static void
many(void)
{
	const char *got;

	list_of(100000);
	(void)list("big");
	ok(x.children == 100001, "a list of a hundred thousand");
	begin();
	ok(x.seen.strings.cap == 0 && x.seen.room == 0 && x.item_room == 0 && x.child_room == 0, "leaves its memory to the next message");
	same(all("team"), "a x@here.test, a y@here.test", "which is expanded as ever");
	list_of(EXPAND_MOST - 3);               /* and bob, who stands in the alias, the list and the alias itself */
	(void)all("l");
	ok(x.children == EXPAND_MOST - 2, "as many as may be");
	list_of(EXPAND_MOST - 2);
	got = all("l");
	same(got, "never 5.2.4 the aliases behind this address name too many recipients", "one more is too many");
	same(more("team"), "a x@here.test, a y@here.test", "the other recipients are not harmed");
	list_of(1);
	same(more("l"), "a 0@x.test, a bob@here.test", "nothing of it counts as seen");
}

/* what the database says is not believed further than it can be read */
static void
trouble(void)
{
	begin_db();
	alias("a", "Ab");
	alias("b", "Ac@x.test");
	end_db();
	if (truncate("aliases.cdb", 2048) != 0)
		exit(1);
	ok(strncmp(all("a"), "later 4.3.0 unable to read aliases.cdb: ", 40) == 0, "a cut database: later");
	same(all("zoe@far.test"), "not", "but not for others");
	unlink("aliases.cdb");
	ok(aliases_refresh(&aliases), "no database");
	same(all("a"), "not", "no alias");
	scratch_file("list", "a\nb@x.test\n", 11);
	{
		char path[400];

		snprintf(path, sizeof path, "%s/list", scratch_path);
		begin();
		same(more_from(QF_INCLUDE, path, "s@s.test"), "a a@here.test, a b@x.test", "a list is read without one");
	}
}

int
main(void)
{
	scratch();
	setenv("PNEU_ETC", scratch_path, 1);
	aliases.fd = -1;
	scratch_file("me", "here.test\n", 10);
	scratch_file("locals", "here.test\nhack.test\n", 20);
	scratch_file("percenthack", "hack.test\n", 10);
	setting("virtualdomains", "v.test:v\nw.test:w\n");
	names();
	together();
	loops();
	owners();
	refusals();
	lists();
	many();
	trouble();
	aliases_close(&aliases);
	expand_free(&x);
	routing_free(routing);
	return done();
}
