/* One address, and what stands behind it: a walk down the aliases, in the order of resolve/expand.h, that shows each step. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/fd.h"
#include "lib/num.h"
#include "mail/element.h"
#include "mail/srs.h"
#include "resolve/expand.h"
#include "tools/explain.h"

#define MEMBERS_SHOWN 5                 /* of a list */
#define ADDRESS_ROOM 4096               /* one may grow when it is completed */

static void follow(struct explain *, size_t depth, const char *address, const struct explain_trail *);

/* ---- what was shown already */

/* true: for the first time. The budget ends at some point, and then everything was shown. */
static bool
first_time(struct explain *e, const char *what)
{
	const char *s;

	e->shown.max = EXPLAIN_SHOWN;
	for (s = e->shown.s; s && s < e->shown.s + e->shown.len; s += strlen(s) + 1)
		if (strcasecmp(s, what) == 0)
			return false;
	return buf_put(&e->shown, what, strlen(what) + 1);
}

static void
again(struct explain *e, size_t depth)
{
	tell(e, depth, "again", "it was shown above, or there is too much to show; nobody gets a message twice");
}

/* ---- who gets it */

static void
user(struct explain *e, size_t depth, const struct account *a, const char *local, const char *rcpt,
    bool mailbox_only, const struct explain_trail *up)
{
	static const char *const source[] = {
		[ACCOUNT_ASSIGNED] = ", by users.cdb", [ACCOUNT_LOGIN] = "", [ACCOUNT_ALIAS] = ", because there is no other user"
	};
	char n[NUM_TEXT];

	tell(e, depth, "user", a->user, source[a->source]);
	tell(e, depth, "uid", num_text(n, a->uid));
	tell(e, depth, "gid", num_text(n, a->gid));
	tell(e, depth, "home", a->home);
	explain_home(e, depth, a, local, rcpt, mailbox_only, up);
}

/* Below the aliases: routed, and to a user. What the resolver does for an address that is no alias, for one that is. */
static void
mailbox(struct explain *e, size_t depth, const char *address, bool only_mailbox, const struct explain_trail *up)
{
	struct buf rcpt = BUF(ADDRESS_ROOM), key = BUF(ADDRESS_ROOM), space = BUF(0);
	enum channel channel;
	struct account a;
	struct outcome o;
	struct route route;
	const char *why = 0;

	if (!buf_puts(&rcpt, address) || !routing_find(e->resolver.routing, &rcpt, e->sender, &channel, &key, &why)) {
		if (why)
			(void)outcome_never(&o, "5.1.3", why, (char *)0);
		else
			(void)outcome_trouble(&o, "route", address);
		explain_outcome(e, depth, &o);
	} else if (channel == CHANNEL_REMOTE) {
		if (route_get(key.s, &route))
			explain_route(e, depth, &route);
	} else if (account_find(&e->accounts, key.s, &space, &a, &o))
		user(e, depth, &a, key.s, rcpt.s, only_mailbox, up);
	else
		explain_outcome(e, depth, &o);
	buf_free(&rcpt);
	buf_free(&key);
	buf_free(&space);
}

/* what programs and files of aliases run as */
static void
alias_user(struct explain *e, size_t depth)
{
	struct buf space = BUF(0);
	struct account a;
	struct outcome o;
	char n[NUM_TEXT];

	if (account_alias(&e->accounts, &space, &a, &o))
		tell(e, depth, "as user", a.user, ", uid ", num_text(n, a.uid));
	else
		explain_outcome(e, depth, &o);
	buf_free(&space);
}

/* ---- elements */

void
explain_element(struct explain *e, size_t depth, enum element_kind kind, const char *text, const struct explain_trail *up)
{
	char status[ALIASES_STATUS];

	switch (kind) {
	case ELEMENT_ADDRESS:
		follow(e, depth, text, up);
		return;
	case ELEMENT_MAILBOX:
		tell(e, depth, "mailbox of", text, ", no more aliases and no .forward or .qmail");
		mailbox(e, depth + 1, text, true, up);
		return;
	case ELEMENT_FILE:
	case ELEMENT_PROGRAM:
		tell(e, depth, element_kind_name(kind), text);
		if (!up || up->via != EXPLAIN_HOME)
			alias_user(e, depth + 1);
		return;
	case ELEMENT_INCLUDE:
		explain_list(e, depth, text, up);
		return;
	case ELEMENT_FAIL:
	case ELEMENT_DEFER:
		text = aliases_words(kind == ELEMENT_FAIL ? 'X' : 'Z', text, status);
		tell(e, depth, kind == ELEMENT_FAIL ? "refused" : "later", status, " ", text);
		explain_worst(e, kind == ELEMENT_FAIL ? EXPLAIN_NEVER : EXPLAIN_LATER);
		return;
	case ELEMENT_DISCARD:
	default:
		tell(e, depth, "discarded", "what comes here is thrown away");
	}
}

/* ---- an alias */

enum met { MET_NEVER, MET_SELF, MET_LOOP };

/* As resolve/expand.c has it: the nearest alias above is itself, one further up a loop. What a home forwards is a new message
 * and knows nothing of the aliases before. */
static enum met
met(const struct explain_trail *t, const char *name)
{
	enum met r = MET_SELF;

	for (; t && t->via != EXPLAIN_HOME; t = t->up) {
		if (t->via != EXPLAIN_ALIAS)
			continue;
		if (strcmp(t->name, name) == 0)
			return r;
		r = MET_LOOP;
	}
	return MET_NEVER;
}

/* how many aliases and lists stand around it, in this message */
static unsigned
depth_of(const struct explain_trail *t)
{
	unsigned n = 0;

	for (; t && t->via != EXPLAIN_HOME; t = t->up)
		n++;
	return n;
}

/* Did this alias lead here, through a home? Then it is worth a second look, in which the home ends the loop; but no third. */
static bool
comes_again(const struct explain_trail *t, const char *name)
{
	unsigned n = 0;

	for (; t; t = t->up)
		n += t->via == EXPLAIN_ALIAS && strcmp(t->name, name) == 0;
	return n == 1;
}

static void
owner(struct explain *e, size_t depth, const char *name, const char *asked)
{
	struct buf key = BUF(ADDRESS_ROOM), space = BUF(0);
	struct aliasdb_entry entry;
	size_t base = strcspn(name, "@"), n = strlen(EXPAND_OWNER);
	const char *at = strrchr(asked, '@');
	char line[NUM_TEXT];

	if (strncmp(name, EXPAND_OWNER, n) != 0 && base && buf_puts(&key, EXPAND_OWNER) && buf_puts(&key, name) &&
	    aliasdb_find(e->resolver.aliases.fd, key.s, key.len, &space, &entry) == ALIASDB_FOUND) {
		buf_cut(&key, n + base);
		tell(e, depth, "sender", key.s, at ? at : "", ", by ", entry.file, ":", num_text(line, entry.line),
		    "; the null sender stays");
	}
	buf_free(&key);
	buf_free(&space);
}

static void
elements(struct explain *e, size_t depth, const struct aliasdb_entry *found, const struct explain_trail *here)
{
	struct buf copy = BUF(ALIASDB_DATA);    /* the resolver overwrites its own when it is asked again */
	struct aliasdb_entry entry = *found;
	const char *text;
	char letter;

	if (buf_put(&copy, found->at, (size_t)(found->end - found->at))) {
		entry.at = copy.s;
		entry.end = copy.s + copy.len;
		while (aliasdb_next(&entry, &letter, &text))
			explain_element(e, depth, aliasdb_kind(letter), text, here);
	}
	buf_free(&copy);
}

static void
alias(struct explain *e, size_t depth, const struct resolution *r, const struct explain_trail *up)
{
	struct explain_trail here = { up, EXPLAIN_ALIAS, strdup(r->alias_name), up ? up->depth + 1 : 0 };
	char *asked = strdup(r->asked), line[NUM_TEXT];

	if (!here.name || !asked)
		tell(e, depth, "later", "out of memory");
	else if (met(up, here.name) == MET_SELF) {
		tell(e, depth, "itself", "its own name in its own alias: goes to the user");
		mailbox(e, depth, asked, false, up);
	} else if (met(up, here.name) == MET_LOOP) {
		tell(e, depth, "loop", "the alias ", here.name, " leads back to itself (", r->alias.file, ":",
		    num_text(line, r->alias.line), ")");
		explain_worst(e, EXPLAIN_NEVER);
	} else if (depth_of(up) >= EXPAND_DEPTH) {
		tell(e, depth, "refused", "5.4.6 aliases stand too deep inside one another");
		explain_worst(e, EXPLAIN_NEVER);
	} else if (!first_time(e, here.name) && !comes_again(up, here.name)) {
		again(e, depth);
	} else {
		tell(e, depth, "alias", here.name, ", ", r->alias.file, ":", num_text(line, r->alias.line));
		owner(e, depth + 1, here.name, asked);
		elements(e, depth + 1, &r->alias, &here);
	}
	free((char *)(uintptr_t)here.name);
	free(asked);
}

/* ---- a list */

struct list {
	struct explain *e;
	size_t depth;
	const struct explain_trail *here;
	bool programs;                  /* it may name programs and files */
	uint64_t members, bad;
};

static void
list_line(struct list *l, const char *s, size_t n, uint64_t line)
{
	static struct element element;
	struct element_walk w;
	enum element_result r;
	char number[NUM_TEXT];

	if (!element_line(&s, &n))
		return;
	element_walk(&w, s, n);
	while ((r = element_next(&w, &element)) != ELEMENT_END) {
		if (r == ELEMENT_BAD) {
			if (l->bad++ < MEMBERS_SHOWN)
				tell(l->e, l->depth, "bad", "line ", num_text(number, line), ": ", w.why);
			continue;
		}
		if ((element.kind == ELEMENT_PROGRAM || element.kind == ELEMENT_FILE) && !l->programs) {
			if (l->bad++ < MEMBERS_SHOWN)
				tell(l->e, l->depth, "bad", "line ", num_text(number, line),
				    ": only a list that nobody but root may write to may name programs or files");
		} else if (l->members++ < MEMBERS_SHOWN) {
			struct element mine = element;  /* the walk inside may come to another list */

			explain_element(l->e, l->depth, mine.kind, mine.text, l->here);
		}
	}
}

static void
list_lines(struct list *l, const struct buf *text)
{
	size_t at = 0;
	uint64_t line = 1;

	while (at < text->len) {
		const char *s = text->s + at, *nl = memchr(s, '\n', text->len - at);
		size_t n = nl ? (size_t)(nl - s) : text->len - at;

		list_line(l, s, n, line++);
		at += n + 1;
	}
}

/* as pneu-send would. False: said why not */
static bool
read_list(struct explain *e, size_t depth, const char *path, struct buf *b, bool *programs)
{
	struct listfile l;
	bool there = listfile_open(&l, path);
	const char *why = 0;
	ssize_t n;

	if (!there && errno == EACCES) {
		tell(e, depth, "unknown", "not readable by you");
		return false;
	}
	if (!there)
		why = strerror(errno);
	else if ((why = listfile_odd(&l, true)))
		;
	else if (l.st.st_mode & 002)
		why = "others may write to it";
	else if (!buf_room(b, (size_t)l.st.st_size) || (n = fd_read(l.fd, b->s, (size_t)l.st.st_size)) < 0)
		why = strerror(errno);
	else {
		b->len = (size_t)n;
		*programs = listfile_programs(&l);
	}
	if (l.fd >= 0)
		close(l.fd);
	if (why) {
		tell(e, depth, "later", "4.3.5 ", why);
		explain_worst(e, EXPLAIN_LATER);
	}
	return !why;
}

void
explain_list(struct explain *e, size_t depth, const char *path, const struct explain_trail *up)
{
	struct explain_trail here = { up, EXPLAIN_LIST, path, up ? up->depth + 1 : 0 };
	struct list l = { .e = e, .depth = depth + 1, .here = &here };
	struct buf text = BUF(EXPAND_LIST_BYTES);
	const struct explain_trail *t;
	char n[NUM_TEXT];

	tell(e, depth, "list", path);
	for (t = up; t && t->via != EXPLAIN_HOME && (t->via != EXPLAIN_LIST || strcmp(t->name, path) != 0); t = t->up)
		;
	if (t && t->via == EXPLAIN_HOME)
		t = 0;
	if (t || depth_of(up) >= EXPAND_DEPTH) {
		tell(e, depth + 1, "refused", t ? "5.4.6 it includes itself" : "5.4.6 lists stand too deep inside one another");
		explain_worst(e, EXPLAIN_NEVER);
	} else if (read_list(e, depth + 1, path, &text, &l.programs)) {
		list_lines(&l, &text);
		tell(e, depth + 1, "members", num_text(n, l.members), l.members > MEMBERS_SHOWN ? ", the first 5 are shown" : "");
		if (l.bad) {
			tell(e, depth + 1, "bad members", num_text(n, l.bad), ", each bounces");
			explain_worst(e, EXPLAIN_NEVER);
		}
	}
	buf_free(&text);
}

/* ---- an address */

static void
class(struct explain *e, size_t depth, const struct resolution *r)
{
	struct routing_reason why = routing_why_class(e->resolver.routing, r->asked);
	const char *at = strrchr(r->asked, '@');

	switch (r->class) {
	case ROUTING_LOCAL:
		tell(e, depth, "local", at ? at + 1 : "", why.file && strcmp(why.file, "me") == 0 ?
		    " is this host's name, there is no control/locals" : " is in control/locals");
		break;
	case ROUTING_VIRTUAL:
		tell(e, depth, "virtual", "control/virtualdomains has ", why.line ? why.line : "");
		break;
	case ROUTING_REMOTE:
	default:
		if (why.file)
			tell(e, depth, "remote", "control/virtualdomains has the exception ", why.line);
		else
			tell(e, depth, "remote", "neither control/locals nor control/virtualdomains has ", at ? at + 1 : "");
	}
}

static void
remote(struct explain *e, size_t depth, const struct resolution *r)
{
	struct routing_reason why = routing_why_route(e->resolver.routing, r->asked, e->sender);
	const char *words = routing_sender_words(e->resolver.routing, e->sender), *bad;
	struct buf rcpt = BUF(ADDRESS_ROOM), key = BUF(ADDRESS_ROOM);
	enum channel channel;
	struct route route;

	if (r->listed == RECIPIENTDB_FOUND)
		tell(e, depth, "listed", "control/recipients.cdb has this address");
	if (why.file)
		tell(e, depth, "route", "control/", why.file, " has ", why.line);
	if (words)
		tell(e, depth, "words", "control/senderroutes has ", words);
	if (!buf_puts(&rcpt, r->asked) || !routing_find(e->resolver.routing, &rcpt, e->sender, &channel, &key, &bad) ||
	    !route_get(key.s, &route))
		;                               /* the resolver could, a moment ago, for another sender */
	else if (first_time(e, key.s) || e->no_dns)
		explain_route(e, depth, &route);
	else
		tell(e, depth, "route", key.s, ", as above");
	buf_free(&rcpt);
	buf_free(&key);
}

/* whether it is what was asked for, or what it stands for */
static void
completed(struct explain *e, size_t depth, const char *address, const struct resolution *r)
{
	if (strcmp(address, r->asked) == 0 || !*r->asked)
		return;
	tell(e, depth, srs_is(address, strlen(address)) ? "srs" : "stands for", r->asked);
}

static void
resolved(struct explain *e, size_t depth, const struct resolution *r, const struct explain_trail *up)
{
	struct account a = r->account;
	char *local, *rcpt;

	switch (r->kind) {
	case RESOLUTION_REMOTE:
		remote(e, depth, r);
		return;
	case RESOLUTION_ALIAS:
		alias(e, depth, r, up);
		return;
	case RESOLUTION_USER:
		if (strcmp(r->address, r->asked) != 0)
			tell(e, depth, "becomes", r->address);
		local = strdup(r->key);         /* asking on overwrites them */
		rcpt = strdup(r->address);
		if (local && rcpt)
			user(e, depth, &a, local, rcpt, false, up);
		free(local);
		free(rcpt);
		return;
	case RESOLUTION_NOBODY:
	case RESOLUTION_LATER:
	default:
		if (r->listed == RECIPIENTDB_NOBODY)
			tell(e, depth, "not listed", "control/recipients.cdb has this domain, and not this address");
		explain_outcome(e, depth, &r->outcome);
	}
}

static void
follow(struct explain *e, size_t depth, const char *address, const struct explain_trail *up)
{
	struct resolution r;

	tell(e, depth, "address", address);
	resolver_ask(&e->resolver, address, &r);
	if (r.kind != RESOLUTION_ALIAS && !(r.kind == RESOLUTION_USER && explain_is_home(r.address, up)) &&
	    !first_time(e, address)) {
		again(e, depth + 1);
		return;
	}
	completed(e, depth + 1, address, &r);
	if (r.kind != RESOLUTION_LATER && (r.kind != RESOLUTION_NOBODY || *r.key))
		class(e, depth + 1, &r);
	resolved(e, depth + 1, &r, up);
}

void
explain_address(struct explain *e, const char *address)
{
	enum explain_exit before = e->exit;

	buf_clear(&e->shown);
	e->exit = EXPLAIN_GOOD;
	follow(e, 0, address, 0);
	tell(e, 1, "result", e->exit == EXPLAIN_GOOD ? "deliverable" : e->exit == EXPLAIN_LATER ? "not now" : "not deliverable");
	explain_worst(e, before);
}
