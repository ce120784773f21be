#include "resolve/account.h"

#include <errno.h>
#include <sys/stat.h>

#include "lib/buf.h"
#include "scratch.h"
#include "tap.h"
#include "wire/users.h"

static struct accounts how;
static struct buf space;

/* ---- login names of our own, all with the home of their name in the scratch directory */

static uid_t owner;                     /* of the scratch directory, so of every home */
static const char *helper_only = "";    /* this name is known only to who asks */

static enum passwd_result
find(void *ctx, const char *name, bool ask, struct buf *b, struct passwd_entry *p, struct outcome *o)
{
	static const char *const names[] = { "joe", "joe-own", "a-b", "ann", "gone", "other", "alias", "abcdefghijklmnopqrstuvwxyz01234",
		"abcdefghijklmnopqrstuvwxyz012345", "other+", "closed" };
	size_t i;

	(void)ctx;
	if (strcmp(name, "trouble") == 0) {
		outcome_later(o, "4.3.0", "the name service is away", (char *)0);
		return PASSWD_TROUBLE;
	}
	if (strcmp(name, "toor") == 0) {
		*p = (struct passwd_entry){ "toor", "/", 0, 0, "" };
		return PASSWD_FOUND;
	}
	for (i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(name, names[i]) == 0 && strcmp(name, helper_only) != 0) {
			buf_clear(b);
			b->max = 1000;
			if (!buf_puts(b, name) || !buf_byte(b, 0) || !buf_puts(b, scratch_path) || !buf_puts(b, "/") ||
			    !buf_puts(b, strcmp(name, "closed") == 0 ? "wall/in" : name))
				return PASSWD_TROUBLE;
			*p = (struct passwd_entry){ b->s, b->s + strlen(name) + 1, owner + (strcmp(name, "other") == 0), 7, "" };
			return PASSWD_FOUND;
		}
	if (!ask && *helper_only)
		return PASSWD_UNASKED;
	if (strcmp(name, helper_only) == 0) {
		*p = (struct passwd_entry){ "late", "joe", owner, 7, "" };
		return PASSWD_FOUND;
	}
	return PASSWD_NONE;
}

static enum passwd_result
find_uid(void *ctx, uid_t uid, struct buf *b, struct passwd_entry *p, struct outcome *o)
{
	(void)ctx;
	(void)b;
	(void)o;
	if (uid != owner)
		return PASSWD_NONE;
	*p = (struct passwd_entry){ "caller", scratch_path, uid, 7, "" };
	return PASSWD_FOUND;
}

/* "source user dash ext", '+' separated '?' unseen */
static const char *
got(const char *local)
{
	static char text[2000];
	struct account a;
	struct outcome o = { 0 };

	if (!account_find(&how, local, &space, &a, &o))
		snprintf(text, sizeof text, "%c %s %s%s", o.verdict, o.status, o.text, a.unsure ? " unsure" : "");
	else
		snprintf(text, sizeof text, "%c %s [%s] [%s]%s%s%s", "ULA"[a.source], a.user, a.dash, a.ext,
		    a.separated ? " separated" : "", a.unseen ? " unseen" : "", a.unsure ? " unsure" : "");
	return text;
}

static void
login_names(void)
{
	same(got("joe"), "L joe [] []", "a login name");
	same(got("JoE"), "L joe [] []", "in any case");
	same(got("joe-X.y"), "L joe [-] [X.y]", "before a hyphen; the extension keeps its case");
	same(got("joe-own"), "L joe-own [] []", "the longest name counts");
	same(got("joe-own-x"), "L joe-own [-] [x]", "with an extension too");
	same(got("joe+tag"), "L joe [+] [tag] separated", "before a separator");
	same(got("joe+a-b"), "L joe [+] [a-b] separated", "the first break after the name is the dash");
	same(got("joe-a+b"), "L joe [-] [a+b]", "whichever it is");
	same(got("a-b+c"), "L a-b [+] [c] separated", "a hyphen may be inside the name");
	same(got("joe+"), "L joe [+] [] separated", "an empty tag");
	same(got("joe="), "A alias [-] [joe=]", "no separator");
	same(got("joex"), "A alias [-] [joex]", "a longer word is another name");
	same(got("gone"), "A alias [-] [gone]", "without a home there is no user");
	same(got("other"), "A alias [-] [other]", "nor with a home of somebody else's");
	same(got("toor"), "A alias [-] [toor]", "nor with uid 0");
	same(got(""), "A alias [-] []", "nor without a name");
	same(got("abcdefghijklmnopqrstuvwxyz01234"), "L abcdefghijklmnopqrstuvwxyz01234 [] []", "31 bytes are a name");
	same(got("abcdefghijklmnopqrstuvwxyz012345"), "A alias [-] [abcdefghijklmnopqrstuvwxyz012345]", "32 are none");
	same(got("trouble"), "Z 4.3.0 the name service is away", "trouble is no answer");
	same(got("trouble-x"), "Z 4.3.0 the name service is away", "nor for a shorter name");
	buf_clear(&how.separators);
	same(got("joe+tag"), "A alias [-] [joe+tag]", "without separators there are none");
	same(got("joe-tag"), "L joe [-] [tag]", "but the hyphen");
	how.separators.max = 10;
	buf_puts(&how.separators, "-=");
	same(got("joe-tag"), "L joe [-] [tag] separated", "which may be one");
	same(got("joe=tag"), "L joe [=] [tag] separated", "beside others");
	buf_clear(&how.separators);
	buf_puts(&how.separators, "+");
	buf_clear(&how.aliasuser);
	buf_puts(&how.aliasuser, "ann");
	same(got("nobody"), "A ann [-] [nobody]", "aliasuser names the last resort");
	buf_clear(&how.aliasuser);
	buf_puts(&how.aliasuser, "none");
	same(got("nobody"), "D 5.1.1 no such mailbox here", "which need not exist");
}

static void
questions(void)
{
	helper_only = "joe-late";
	how.ask = false;
	same(got("joe-late"), "L joe [-] [late] unsure", "without asking a longer name cannot be excluded");
	same(got("nobody"), "D 5.1.1 no such mailbox here unsure", "nor anybody");
	how.ask = true;
	same(got("joe-late"), "L late [] []", "asking finds him");
	same(got("nobody"), "D 5.1.1 no such mailbox here", "or nobody");
	helper_only = "";
}

static void
homes(void)
{
	if (geteuid() == 0) {
		ok(true, "a home that root may not look at # SKIP root looks everywhere");
		return;
	}
	chmod("wall", 0);
	ok(strncmp(got("closed"), "Z 4.3.0 unable to look at the home directory", 44) == 0, "a home that we may not look at is trouble");
	how.guess = true;
	same(got("closed"), "L closed [] [] unseen", "or believed in");
	how.guess = false;
	chmod("wall", 0700);
	same(got("closed"), "D 5.1.1 no such mailbox here", "one that is not there is none");
}

static void
database(void)
{
	static const char text[] = "=joe:assigned:5:5:/j:::\n+list-:lists:6:6:/l:-:pre-:\n=root:root:0:0:/root:::\n.\n";
	struct compile_error e;
	struct outcome o = { 0 };
	int fd = open("users.cdb", O_RDWR | O_CREAT | O_TRUNC, 0600);

	ok(users_compile(text, sizeof text - 1, fd, &e), "a users database");
	close(fd);
	same(got("joe"), "U assigned [] []", "comes before the system");
	same(got("joe+x"), "U assigned [+] [x] separated", "also with a tag");
	same(got("joe-x"), "L joe [-] [x]", "an extension is not in it: the system decides");
	same(got("list-A"), "U lists [-] [pre-A]", "a prefix");
	same(got("ann"), "L ann [] []", "who is not in it");
	same(got("root"), "Z 4.7.0 no mail is delivered as root", "no mail for root");
	ok(accounts_hold_users(&how, &o) && how.users >= 0, "it can be held open");
	unlink("users.cdb");
	same(got("joe"), "U assigned [] []", "and then counts for us still");
	close(how.users);
	how.users = ACCOUNTS_EACH;
	same(got("joe"), "L joe [] []", "else its end counts at once");
	scratch_file("users.cdb", "x", 1);
	same(got("joe"), "Z 4.3.5 users.cdb is damaged", "one that is damaged is trouble");
	unlink("users.cdb");
	ok(accounts_hold_users(&how, &o) && how.users == ACCOUNTS_NONE, "that there is none can be held too");
	how.users = ACCOUNTS_EACH;
}

static void
alias_user(void)
{
	struct account a;
	struct outcome o = { 0 };

	ok(account_alias(&how, &space, &a, &o) == false && o.verdict == 'Z' && strcmp(o.status, "4.3.5") == 0 &&
	    strstr(o.text, "no user none") && strstr(o.text, "create it") && strstr(o.text, "control/aliasuser"),
	    "no alias user is a deferral that says what to do");
	buf_clear(&how.aliasuser);
	buf_puts(&how.aliasuser, "alias");
	ok(account_alias(&how, &space, &a, &o) && strcmp(a.user, "alias") == 0 && !*a.dash && !*a.ext, "the alias user");
	how.one_user = true;
	how.logins.find_uid = find_uid;
	owner = geteuid();
	ok(account_alias(&how, &space, &a, &o) && strcmp(a.user, "caller") == 0 && a.uid == geteuid() &&
	    strcmp(a.home, scratch_path) == 0, "in one-user mode it is the caller");
	owner++;
	ok(account_alias(&how, &space, &a, &o) && strcmp(a.user, "alias") == 0 && a.uid == geteuid() && strcmp(a.home, "/") == 0,
	    "who need not have a login name");
	owner--;
	how.one_user = false;
}

static void
settings(void)
{
	struct accounts a = { .users = 5 };
	struct conf_error e;

	ok(accounts_load(&a, &e) && strcmp(a.separators.s, "+") == 0 && strcmp(a.aliasuser.s, "alias") == 0 && a.one_user &&
	    a.users == ACCOUNTS_EACH && a.ask && !a.guess, "the presets");
	accounts_free(&a);
	scratch_file("separators", "-=+\n", 4);
	scratch_file("aliasuser", "mail\n", 5);
	ok(accounts_load(&a, &e) && strcmp(a.separators.s, "-=+") == 0 && strcmp(a.aliasuser.s, "mail") == 0, "the settings");
	accounts_free(&a);
	scratch_file("separators", "\n", 1);
	ok(accounts_load(&a, &e) && strcmp(a.separators.s, "") == 0, "no separators");
	accounts_free(&a);
	scratch_file("separators", "+a\n", 3);
	ok(!accounts_load(&a, &e) && strstr(e.text, "control/separators"), "a letter is none");
	scratch_file("separators", "@\n", 2);
	ok(!accounts_load(&a, &e), "nor is what ends a local part");
	unlink("separators");
	unlink("aliasuser");
}

int
main(void)
{
	static const char *const home[] = { "joe", "joe-own", "a-b", "ann", "other", "alias", "abcdefghijklmnopqrstuvwxyz01234",
		"abcdefghijklmnopqrstuvwxyz012345", "wall" };
	struct conf_error e;
	size_t i;

	scratch();
	setenv("PNEU_ETC", scratch_path, 1);
	settings();
	if (!accounts_load(&how, &e))
		return 1;
	how.one_user = false;
	how.logins = (struct passwd_source){ find, find_uid, 0 };
	how.aliasuser.max = 100;
	owner = geteuid() ? geteuid() : 54321;
	for (i = 0; i < sizeof home / sizeof *home; i++)
		if (mkdir(home[i], 0700) != 0 || (geteuid() == 0 && chown(home[i], owner, owner) != 0))
			return 1;
	login_names();
	questions();
	homes();
	database();
	alias_user();
	accounts_free(&how);
	buf_free(&space);
	return done();
}
