#include "resolve/resolve.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "wire/spawner.h"

#define ADDRESS_MAX 4096                /* an address may grow by routing */

#ifdef O_PATH
#define SEARCH O_PATH                   /* a home may be open to be searched and not to be listed */
#else
#define SEARCH O_RDONLY
#endif

/* ---- opening, each thing when it is first needed */

bool
resolver_open(struct resolver *r, const struct conf_view *etc, bool thorough, struct conf_error *e)
{
	memset(r, 0, sizeof *r);
	r->etc = etc;
	r->routing = etc ? routing_load_from(etc, e) : routing_load(e);
	r->thorough = thorough;
	r->aliases.fd = -1;
	r->accounts.users = ACCOUNTS_EACH;
	r->recipients = -1;
	r->rcpt.max = r->asked.max = ADDRESS_MAX;
	r->key.max = SPAWNER_KEY;
	return r->routing;
}

void
resolver_close(struct resolver *r)
{
	routing_free(r->routing);
	aliases_close(&r->aliases);
	buf_free(&r->aliases.space);
	buf_free(&r->aliases.name);
	accounts_free(&r->accounts);
	if (r->recipients >= 0)
		close(r->recipients);
	if (r->has_accounts)
		passwd_file_close(&r->passwd);
	buf_free(&r->rcpt);
	buf_free(&r->asked);
	buf_free(&r->key);
	buf_free(&r->space);
	memset(r, 0, sizeof *r);
}

static bool
need_accounts(struct resolver *r, struct outcome *o)
{
	struct conf_error e;

	if (r->has_accounts)
		return true;
	if (!(r->etc ? accounts_load_from(&r->accounts, r->etc, &e) : accounts_load(&r->accounts, &e)))
		return outcome_later(o, "4.3.5", e.text, (char *)0);
	passwd_file_init(&r->passwd, 0, &r->accounts.logins);
	r->accounts.guess = true;
	return r->has_accounts = true;
}

static bool
need_users(struct resolver *r, struct outcome *o)
{
	return need_accounts(r, o) && (r->has_users || (r->has_users = accounts_hold_users(&r->accounts, o)));
}

static bool
need_aliases(struct resolver *r, struct outcome *o)
{
	bool ok = r->has_aliases ? aliases_refresh(&r->aliases) :
	    r->etc ? aliases_open_in(&r->aliases, r->etc->dir) : aliases_open(&r->aliases);

	if (ok)
		return r->has_aliases = true;
	if (errno == EPROTO || errno == EIO)
		return outcome_later(o, "4.3.5", "aliases.cdb is damaged", (char *)0);
	return outcome_trouble(o, "open", "aliases.cdb");
}

static bool
need_recipients(struct resolver *r, struct outcome *o)
{
	static const char name[] = "recipients.cdb";
	int dir = r->etc ? r->etc->dir : -1, e;

	if (r->has_recipients || (r->etc && !conf_may_have(r->etc, name)))
		return r->has_recipients = true;
	if (!r->etc && (dir = conf_open()) < 0)
		return outcome_trouble(o, "open", "etc");
	r->recipients = openat(dir, name, O_RDONLY | O_CLOEXEC);
	e = errno;
	if (!r->etc)
		close(dir);
	errno = e;
	if (r->recipients < 0 && e != ENOENT)
		return outcome_trouble(o, "open", name);
	return r->has_recipients = true;
}

/* ---- the routing */

/* what the runner would say of it, see queue/way.c */
static bool
unroutable(struct resolution *s, const char *why)
{
	s->kind = RESOLUTION_NOBODY;
	if (why)
		return outcome_never(&s->outcome, why == routing_no_return ? "5.1.1" : "5.1.2", why, (char *)0);
	if (errno == EMSGSIZE)
		return outcome_never(&s->outcome, "5.1.3", "address too long", (char *)0);
	return outcome_trouble(&s->outcome, "route", s->address);
}

static bool
classify(struct resolver *r, const char *address, struct resolution *s)
{
	const char *why = 0;

	buf_clear(&r->rcpt);
	buf_clear(&r->asked);
	buf_clear(&r->key);
	s->address = s->asked = address;
	s->key = "";
	if (!buf_puts(&r->rcpt, address) || !routing_class(r->routing, &r->rcpt, &s->class, &why))
		return unroutable(s, why);
	if (!buf_put(&r->asked, r->rcpt.s, r->rcpt.len))
		return unroutable(s, 0);
	s->address = s->asked = r->asked.s;
	return true;
}

/* rewrites the address and sets the key */
static bool
route(struct resolver *r, struct resolution *s)
{
	enum channel channel;
	const char *why = 0;

	if (!routing_find(r->routing, &r->rcpt, "", &channel, &r->key, &why))
		return unroutable(s, why);
	s->address = r->rcpt.s;
	s->key = r->key.s;
	return true;
}

/* ---- an alias */

/* "5.1.1 words": the status, if there is one, goes to the resolution */
static void
take_words(struct resolution *s, char letter, const char *text)
{
	size_t n = strcspn(text, " ");
	bool has = false;

	if (n < sizeof s->status) {
		memcpy(s->status, text, n);
		s->status[n] = 0;
		has = job_status(s->status) && (s->status[0] == '5') == (letter == 'X') && s->status[0] != '2';
	}
	if (has)
		text += n + strspn(text + n, " ");
	else
		strcpy(s->status, letter == 'X' ? "5.1.1" : "4.3.0");
	if (!*text)
		text = letter == 'X' ? "no such mailbox here" : "try again later";
	if (letter == 'X')
		outcome_never(&s->outcome, s->status, text, (char *)0);
	else
		outcome_later(&s->outcome, s->status, text, (char *)0);
}

/* An alias that leads nowhere but to a refusal is one; if any of its elements may be tried again, so may all. */
static void
judge_alias(struct resolution *s)
{
	struct aliasdb_entry e = s->alias;
	const char *text, *words = "";
	char letter, worst = 0;

	s->kind = RESOLUTION_ALIAS;
	while (aliasdb_next(&e, &letter, &text)) {
		if (letter != 'X' && letter != 'Z') {
			worst = 0;
			break;
		}
		if (!worst || (worst == 'X' && letter == 'Z')) {
			worst = letter;
			words = text;
		}
	}
	if (worst)
		take_words(s, worst, words);
	else
		outcome_delivered(&s->outcome, "an alias");
}

/* true: it is decided */
static bool
ask_aliases(struct resolver *r, struct resolution *s)
{
	if (!need_aliases(r, &s->outcome))
		return true;
	switch (aliases_find(&r->aliases, s->asked, s->class == ROUTING_LOCAL, routing_separators(r->routing),
	    &s->alias, &s->alias_name)) {
	case ALIASDB_FOUND:
		judge_alias(s);
		return true;
	case ALIASDB_NONE:
		return false;
	default:
		if (errno == EPROTO || errno == EIO)
			outcome_later(&s->outcome, "4.3.5", "aliases.cdb is damaged", (char *)0);
		else
			outcome_trouble(&s->outcome, "read", "aliases.cdb");
		return true;
	}
}

/* ---- a user */

/* the file that decides, as far as there has to be one or we want to know */
static bool
look_for_file(const struct resolver *r, struct resolution *s)
{
	const struct account *a = &s->account;
	bool needed = *a->dash && !a->separated;
	enum dotqmail_seen seen = DOTQMAIL_UNKNOWN;
	int home, e;

	if (!needed && !r->thorough)
		return true;
	home = open(a->home, SEARCH | O_DIRECTORY | O_CLOEXEC);
	e = errno;
	if (home >= 0) {
		seen = dotqmail_exists(home, a->dash, a->ext, s->file);
		if (seen == DOTQMAIL_ABSENT && !needed && *a->dash)
			seen = dotqmail_exists(home, "", "", s->file);
		e = errno;
		close(home);
	}
	if (seen == DOTQMAIL_UNKNOWN) {
		*s->file = 0;
		s->guessed = true;
		errno = e;
		return e == EACCES || !needed || outcome_trouble(&s->outcome, "look into", a->home);
	}
	return seen == DOTQMAIL_THERE || !needed || outcome_never(&s->outcome, "5.1.1", "no such mailbox here", (char *)0);
}

static void
ask_users(struct resolver *r, struct resolution *s)
{
	struct outcome *o = &s->outcome;

	s->guessed = false;
	*s->file = 0;
	if (!account_find(&r->accounts, s->key, &r->space, &s->account, o)) {
		if (o->verdict == 'D')
			s->kind = RESOLUTION_NOBODY;
		return;
	}
	s->guessed = s->account.unseen;
	if (!look_for_file(r, s) && o->verdict != 'D')
		return;
	s->kind = RESOLUTION_USER;
	if (!o->verdict)
		outcome_delivered(o, s->account.source == ACCOUNT_ALIAS ? "a file of the alias user" : "a user");
}

/* Who is in reach may do: only before a refusal the slow ones are asked, too. */
static void
ask_all_users(struct resolver *r, struct resolution *s)
{
	r->accounts.ask = r->thorough;
	ask_users(r, s);
	if (s->outcome.verdict != 'D' || !s->account.unsure || r->accounts.ask)
		return;
	s->kind = RESOLUTION_LATER;
	s->outcome = (struct outcome){ 0 };
	r->accounts.ask = true;
	ask_users(r, s);
}

static bool
is_postmaster(const char *address)
{
	static const char name[] = "postmaster";

	return strncasecmp(address, name, sizeof name - 1) == 0 && (!address[sizeof name - 1] || address[sizeof name - 1] == '@');
}

/* RFC 5321 4.5.1: whatever is wrong with our users; an alias may refuse him by name */
static void
accept_postmaster(struct resolution *s)
{
	struct outcome was = s->outcome;

	outcome_never(&s->outcome, "2.1.5", "accepted because postmaster has to be, but ", was.text, (char *)0);
	s->outcome.verdict = 'K';
	s->kind = was.verdict == 'Z' ? RESOLUTION_LATER : RESOLUTION_NOBODY;
}

/* an address of ours: aliases, then users */
static void
ask_here(struct resolver *r, struct resolution *s)
{
	if (ask_aliases(r, s) || !route(r, s))
		return;
	if (need_users(r, &s->outcome))
		ask_all_users(r, s);
	if (s->outcome.verdict != 'K' && is_postmaster(s->asked))
		accept_postmaster(s);
}

/* what is known here of who there is elsewhere */
static bool
ask_recipients(struct resolver *r, struct resolution *s)
{
	if (!need_recipients(r, &s->outcome))
		return false;
	if (r->recipients >= 0)
		s->listed = recipientdb_find(r->recipients, s->asked, strlen(s->asked), routing_separators(r->routing));
	switch (s->listed) {
	case RECIPIENTDB_UNLISTED:
	case RECIPIENTDB_FOUND:
		return true;
	case RECIPIENTDB_NOBODY:
		s->kind = RESOLUTION_NOBODY;
		return outcome_never(&s->outcome, "5.1.1", "no such mailbox here", (char *)0);
	case RECIPIENTDB_TROUBLE:
	default:
		if (errno == EPROTO || errno == EIO)
			return outcome_later(&s->outcome, "4.3.5", "recipients.cdb is damaged", (char *)0);
		return outcome_trouble(&s->outcome, "read", "recipients.cdb");
	}
}

/* an address whose mail goes to another host */
static void
ask_there(struct resolver *r, struct resolution *s)
{
	if (route(r, s) && (is_postmaster(s->asked) || ask_recipients(r, s))) {
		s->kind = RESOLUTION_REMOTE;
		outcome_delivered(&s->outcome, "another host");
	}
}

void
resolver_ask(struct resolver *r, const char *address, struct resolution *s)
{
	*s = (struct resolution){ .kind = RESOLUTION_LATER };
	if (classify(r, address, s)) {
		if (s->class == ROUTING_REMOTE)
			ask_there(r, s);
		else
			ask_here(r, s);
	}
	if (s->outcome.verdict == 'Z' && s->kind != RESOLUTION_ALIAS)
		s->kind = RESOLUTION_LATER;
}
