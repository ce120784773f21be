#include "resolve/expand.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/ascii.h"
#include "lib/fd.h"
#include "lib/num.h"
#include "mail/element.h"

#define STRINGS_MAX (256u << 20)
#define ADDRESS_ROOM 4096               /* an address may grow when it is completed */
#define ITEMS_KEPT 4096                 /* memory kept from one message to the next, */
#define LIST_KEPT (1u << 20)            /* and bytes of it */
#define BAD_LINES 100                   /* of a list, each of them told */

void
expand_free(struct expand *x)
{
	seen_free(&x->seen);
	buf_free(&x->root);
	buf_free(&x->address);
	buf_free(&x->key);
	buf_free(&x->entry);
	buf_free(&x->list);
	buf_free(&x->why);
	free(x->child);
	free(x->item);
}

void
expand_begin(struct expand *x, const struct routing *routing, struct aliases *aliases, const char *separators)
{
	x->routing = routing;
	x->aliases = aliases;
	x->separators = separators;
	x->seen.strings.max = STRINGS_MAX;
	x->root.max = x->address.max = x->key.max = x->why.max = ADDRESS_ROOM;
	x->entry.max = ALIASDB_DATA;
	x->list.max = EXPAND_LIST_BYTES;
	if (x->list.cap > LIST_KEPT)
		buf_free(&x->list);
	if (x->item_room > ITEMS_KEPT || x->child_room > ITEMS_KEPT) {
		free(x->item);
		free(x->child);
		x->item = 0;
		x->child = 0;
		x->item_room = x->child_room = x->items = x->children = 0;
	}
	seen_clear(&x->seen);
	x->listed = 0;
	x->broken = false;
}

const char *
expand_string(const struct expand *x, uint32_t at)
{
	return seen_string(&x->seen, at);
}

void
expand_undo(struct expand *x)
{
	x->children = x->items = 0;
	if (!seen_cut(&x->seen, x->mark))
		x->broken = true;
}

/* ---- what has been seen */

/* Two spellings of one recipient give one key: completed, case counts only in the local part of others' addresses, and the
 * names of this host are one. */
static bool
make_key(struct expand *x, char kind, const char *text)
{
	enum routing_class class;
	const char *why, *at;
	size_t i, from, to;

	buf_clear(&x->key);
	if (kind != QF_ADDRESS && kind != QF_MAILBOX)
		return buf_byte(&x->key, kind) && buf_puts(&x->key, text);
	buf_clear(&x->address);
	if (!buf_puts(&x->address, text))
		return false;
	if (!routing_class(x->routing, &x->address, &class, &why))
		return why && buf_byte(&x->key, kind) && buf_puts(&x->key, text);
	if (!buf_byte(&x->key, kind) || !buf_puts(&x->key, x->address.s) || !(at = strrchr(x->key.s, '@')))
		return false;
	from = class == ROUTING_REMOTE ? (size_t)(at - x->key.s) : 1;
	to = class == ROUTING_LOCAL ? (size_t)(at - x->key.s) : x->key.len;
	for (i = from; i < to; i++)
		x->key.s[i] = ascii_lower(x->key.s[i]);
	if (class == ROUTING_LOCAL)
		buf_cut(&x->key, to);
	return true;
}

enum expand_result
expand_note(struct expand *x, char kind, const char *text)
{
	if (!make_key(x, kind == QF_INJECTED ? QF_ADDRESS : kind, text))
		return EXPAND_LATER;
	switch (seen_put(&x->seen, x->key.s)) {
	case SEEN_NEW:
		return EXPAND_NOT;
	case SEEN_BEFORE:
		return EXPAND_DONE;
	case SEEN_TROUBLE:
	default:
		return EXPAND_LATER;
	}
}

/* ---- growing */

static bool
trouble(struct expand *x)
{
	return outcome_later(&x->outcome, "4.3.0", "unable to expand the alias: ", strerror(errno), (char *)0);
}

static bool
too_many(struct expand *x)
{
	return outcome_never(&x->outcome, "5.2.4", "the aliases behind this address name too many recipients", (char *)0);
}

/* room for one element more of *size; false: the outcome says why */
static bool
room(struct expand *x, void **array, size_t count, size_t *had, size_t size)
{
	size_t more = *had ? *had * 2 : 16;
	void *p;

	if (count >= EXPAND_MOST)
		return too_many(x);
	if (count < *had)
		return true;
	if (!(p = realloc(*array, more * size)))
		return trouble(x);
	*array = p;
	*had = more;
	return true;
}

static bool
add_item(struct expand *x, char kind, const char *text, uint32_t sender, uint32_t parent, unsigned depth)
{
	void *array = x->item;
	uint32_t at;

	if (!room(x, &array, x->items, &x->item_room, sizeof *x->item))
		return false;
	x->item = array;
	if (!(at = seen_keep(&x->seen, text)))
		return trouble(x);
	x->item[x->items] = (struct expand_item){ .text = at, .sender = sender, .parent = parent, .depth = depth, .kind = kind };
	if (x->items) {
		x->item[x->items].next = x->item[x->last].next;
		x->item[x->last].next = (uint32_t)x->items + 1;
	}
	x->last = x->items++;
	return true;
}

/* a child; with a verdict, also twice: each has its reason */
static bool
add_child(struct expand *x, size_t i, char kind, const char *text, char verdict, const char *status, const char *why)
{
	struct expand_child c = { .kind = kind, .verdict = verdict, .sender = x->item[i].sender };
	void *array = x->child;

	if (!verdict) {
		if (!make_key(x, kind, text))
			return trouble(x);
		switch (seen_put(&x->seen, x->key.s)) {
		case SEEN_BEFORE:
			return true;
		case SEEN_TROUBLE:
			return trouble(x);
		default:
			break;
		}
	}
	if (!room(x, &array, x->children, &x->child_room, sizeof *x->child))
		return false;
	x->child = array;
	if (verdict)
		memcpy(c.status, status, strlen(status) + 1);
	if (!(c.text = seen_keep(&x->seen, text)) || (verdict && !(c.why = seen_keep(&x->seen, why))))
		return trouble(x);
	x->child[x->children++] = c;
	return true;
}

/* This item cannot be followed now. The root's own trouble is that of the recipient; a branch waits as a child. */
static bool
later(struct expand *x, size_t i, const char *status, const char *why)
{
	struct expand_item *item = &x->item[i];
	char text[ADDRESS_ROOM];

	if (!item->parent) {
		memcpy(x->status, status, strlen(status) + 1);  /* the outcome keeps a pointer to it */
		return outcome_later(&x->outcome, x->status, why, (char *)0);
	}
	strncpy(text, expand_string(x, item->text), sizeof text - 1);
	text[sizeof text - 1] = 0;
	return add_child(x, i, item->kind, text, 'Z', status, why);
}

/* This branch ends here for ever. A name stays one to be looked up: should the verdict not be written down, it fails again. */
static bool
never(struct expand *x, size_t i, const char *status, const char *why)
{
	struct expand_item *item = &x->item[i];
	char text[ADDRESS_ROOM];

	strncpy(text, expand_string(x, item->text), sizeof text - 1);
	text[sizeof text - 1] = 0;
	return add_child(x, i, item->kind, text, 'D', status, why);
}

/* ---- one element of an alias or of a list */

/* \name: as an address if it is none of ours, for there is no such mailbox here */
static bool
take_mailbox(struct expand *x, size_t i, const char *text)
{
	enum routing_class class;
	const char *why;

	buf_clear(&x->entry);
	if (!buf_puts(&x->entry, text) || !routing_class(x->routing, &x->entry, &class, &why))
		return why ? never(x, i, "5.1.3", why) : trouble(x);
	return add_child(x, i, class == ROUTING_REMOTE ? QF_ADDRESS : QF_MAILBOX, x->entry.s, 0, 0, 0);
}

static bool
take(struct expand *x, size_t i, enum element_kind kind, const char *text, bool roots)
{
	const struct expand_item *item = &x->item[i];
	char status[ALIASES_STATUS];

	switch (kind) {
	case ELEMENT_ADDRESS:
		return add_item(x, QF_NAME, text, item->sender, (uint32_t)i + 1, item->depth + 1);
	case ELEMENT_INCLUDE:
		return add_item(x, roots ? QF_INCLUDE : QF_NESTED, text, item->sender, (uint32_t)i + 1, item->depth + 1);
	case ELEMENT_MAILBOX:
		return take_mailbox(x, i, text);
	case ELEMENT_FILE:
	case ELEMENT_PROGRAM:
		if (!roots)
			return never(x, i, "5.7.1", "this list may not name programs or files: it is not root's alone");
		return add_child(x, i, kind == ELEMENT_FILE ? QF_FILE : QF_PROGRAM, text, 0, 0, 0);
	case ELEMENT_FAIL:
		text = aliases_words('X', text, status);
		return never(x, i, status, text);
	case ELEMENT_DEFER:
		text = aliases_words('Z', text, status);
		return later(x, i, status, text);
	case ELEMENT_DISCARD:
	default:
		return true;
	}
}

/* ---- an alias */

enum met { MET_NEVER, MET_SELF, MET_LOOP };

/* is this alias one that led here? the nearest one is itself, one further up a loop */
static enum met
met(const struct expand *x, size_t i, const char *alias)
{
	enum met r = MET_SELF;

	while (x->item[i].parent) {
		i = x->item[i].parent - 1;
		if (!x->item[i].alias)
			continue;
		if (strcmp(expand_string(x, x->item[i].alias), alias) == 0)
			return r;
		r = MET_LOOP;
	}
	return MET_NEVER;
}

/* from what this alias yields on, its owner is the sender, if it has one */
static bool
take_owner(struct expand *x, size_t i, const char *alias, const char *root_sender)
{
	const char *at = strrchr(x->address.s, '@');
	const char *sender = x->item[i].sender ? expand_string(x, x->item[i].sender) : root_sender;
	size_t base = strcspn(alias, "@"), n = strlen(EXPAND_OWNER);
	struct aliasdb_entry e;

	if (!*sender || strcmp(sender, "#@[]") == 0 || strncmp(alias, EXPAND_OWNER, n) == 0 || base == 0 || !at)
		return true;
	buf_clear(&x->key);
	if (!buf_puts(&x->key, EXPAND_OWNER) || !buf_puts(&x->key, alias))
		return trouble(x);
	switch (aliasdb_find(x->aliases->fd, x->key.s, x->key.len, &x->aliases->space, &e)) {
	case ALIASDB_NONE:
		return true;
	case ALIASDB_FOUND:
		break;
	case ALIASDB_TROUBLE:
	default:
		return trouble(x);
	}
	buf_cut(&x->key, n + base);
	if (!buf_puts(&x->key, at) || !(x->item[i].sender = seen_keep(&x->seen, x->key.s)))
		return trouble(x);
	return true;
}

/* the entry is copied: looking further overwrites it */
static bool
follow_alias(struct expand *x, size_t i, const struct aliasdb_entry *found, const char *name, const char *root_sender)
{
	struct buf copy = BUF(ALIASDB_DATA);
	struct aliasdb_entry e = *found;
	const char *text;
	char letter;
	bool ok;

	if (!(x->item[i].alias = seen_keep(&x->seen, name)) || !buf_put(&copy, e.at, (size_t)(e.end - e.at)))
		return buf_free(&copy), trouble(x);
	if (i == 0) {
		char line[NUM_TEXT];

		buf_clear(&x->why);
		(void)(buf_puts(&x->why, e.file) && buf_byte(&x->why, ':') && buf_puts(&x->why, num_text(line, e.line)));
	}
	e.at = copy.s;
	e.end = copy.s + copy.len;
	ok = take_owner(x, i, expand_string(x, x->item[i].alias), root_sender);
	while (ok && aliasdb_next(&e, &letter, &text))
		ok = take(x, i, aliasdb_kind(letter), text, true);
	buf_free(&copy);
	return ok;
}

/* already in the list of aliases followed, for another branch? then it yields nothing new */
static enum seen_result
see_alias(struct expand *x, const char *name)
{
	buf_clear(&x->key);
	if (!buf_byte(&x->key, QF_NAME) || !buf_puts(&x->key, name))
		return SEEN_TROUBLE;
	return seen_put(&x->seen, x->key.s);
}

/* false: the outcome says why, or (found false) it is the root and no alias */
static bool
follow_name(struct expand *x, size_t i, const char *root_sender, bool *found)
{
	enum routing_class class;
	struct aliasdb_entry e;
	const char *why, *name;

	*found = true;
	buf_clear(&x->address);
	if (!buf_puts(&x->address, expand_string(x, x->item[i].text)) ||
	    !routing_class(x->routing, &x->address, &class, &why)) {
		if (why && !x->item[i].parent)
			return outcome_never(&x->outcome, "5.1.3", why, (char *)0);
		return why ? never(x, i, "5.1.3", why) : trouble(x);
	}
	if (!x->item[i].parent && !buf_put(&x->root, x->address.s, x->address.len))
		return trouble(x);
	*found = false;
	if (class != ROUTING_REMOTE)
		switch (aliases_find(x->aliases, x->address.s, class == ROUTING_LOCAL, x->separators, &e, &name)) {
		case ALIASDB_FOUND:
			*found = true;
			break;
		case ALIASDB_NONE:
			break;
		case ALIASDB_TROUBLE:
		default:
			return outcome_trouble(&x->outcome, "read", "aliases.cdb");
		}
	if (!*found) {
		if (!x->item[i].parent)
			return false;
		buf_clear(&x->entry);
		return (buf_puts(&x->entry, x->address.s) || trouble(x)) && add_child(x, i, QF_ADDRESS, x->entry.s, 0, 0, 0);
	}
	switch (met(x, i, name)) {
	case MET_SELF:
		buf_clear(&x->entry);
		return (buf_puts(&x->entry, x->address.s) || trouble(x)) && add_child(x, i, QF_ADDRESS, x->entry.s, 0, 0, 0);
	case MET_LOOP:
		return never(x, i, "5.4.6", "its alias leads back to itself");
	default:
		break;
	}
	if (x->item[i].depth >= EXPAND_DEPTH)
		return never(x, i, "5.4.6", "aliases stand too deep inside one another");
	switch (see_alias(x, name)) {
	case SEEN_BEFORE:
		return true;
	case SEEN_TROUBLE:
		return trouble(x);
	default:
		return follow_alias(x, i, &e, name, root_sender);
	}
}

/* ---- a list */

static bool
is_list(char kind)
{
	return kind == QF_INCLUDE || kind == QF_NESTED;
}

static bool
list_says(struct expand *x, size_t i, bool (*say)(struct expand *, size_t, const char *, const char *), const char *status,
    const char *what, const char *line, const char *why)
{
	struct outcome o;

	(void)outcome_later(&o, status, "list ", expand_string(x, x->item[i].text), what, line, why, (char *)0);
	return say(x, i, status, o.text);
}

/* 0, or what forbids it */
static const char *
odd_list(const struct expand *x, const struct listfile *l, char kind)
{
	const char *odd = listfile_odd(l, kind == QF_INCLUDE);

	if (odd)
		return odd;
	if (l->st.st_mode & 002)
		return "others may write to it";
	if ((size_t)l->st.st_size > EXPAND_LIST_BYTES - x->listed)
		return "is too large to be read together with the lists before it";
	return 0;
}

/* the whole file into x->list; unless it is fine, the answer says how to go on */
static bool
read_list(struct expand *x, size_t i, bool *roots, bool *fine)
{
	struct listfile l;
	const char *odd = 0;
	ssize_t n = -1;
	int e = 0;

	*fine = false;
	if (!listfile_open(&l, expand_string(x, x->item[i].text)))
		e = errno;
	else {
		*roots = listfile_programs(&l);
		buf_clear(&x->list);
		if (!(odd = odd_list(x, &l, x->item[i].kind))) {
			x->listed += (size_t)l.st.st_size;
			if (!buf_room(&x->list, (size_t)l.st.st_size) ||
			    (n = fd_read(l.fd, x->list.s, (size_t)l.st.st_size)) < 0)
				e = errno;
			x->list.len = n < 0 ? 0 : (size_t)n;
		}
	}
	if (l.fd >= 0)
		close(l.fd);
	*fine = !e && !odd;
	return *fine || list_says(x, i, later, "4.3.5", ": ", "", odd ? odd : strerror(e));
}

/* Each is told, but for the many of a file that is no list at all: the last one told stands for them. */
static bool
bad_line(struct expand *x, size_t i, size_t line)
{
	char number[NUM_TEXT];

	if (++x->bad_lines > BAD_LINES)
		return true;
	return list_says(x, i, never, "5.1.3", " line ", num_text(number, line),
	    x->bad_lines < BAD_LINES ? ": not a recipient" : ": not a recipient, and perhaps more of them further on");
}

static bool
take_line(struct expand *x, size_t i, const char *s, size_t n, size_t line, bool roots)
{
	static struct element element;          /* a kilobyte */
	struct element_walk w;
	enum element_result r;

	if (!element_line(&s, &n))
		return true;
	element_walk(&w, s, n);
	while ((r = element_next(&w, &element)) != ELEMENT_END) {
		bool ok = x->elements++ >= EXPAND_ELEMENTS ? too_many(x) :
		    r == ELEMENT_GOT ? take(x, i, element.kind, element.text, roots) :
		    bad_line(x, i, line);

		if (!ok)
			return false;
	}
	return true;
}

static bool
follow_list(struct expand *x, size_t i)
{
	bool roots = false, fine, ok;
	size_t line = 1, at = 0, up;

	for (up = i; x->item[up].parent; ) {
		up = x->item[up].parent - 1;
		if (is_list(x->item[up].kind) &&
		    strcmp(expand_string(x, x->item[up].text), expand_string(x, x->item[i].text)) == 0)
			return list_says(x, i, never, "5.4.6", "", "", " includes itself");
	}
	if (x->item[i].depth >= EXPAND_DEPTH)
		return never(x, i, "5.4.6", "lists stand too deep inside one another");
	buf_clear(&x->key);
	if (!buf_byte(&x->key, x->item[i].kind) || !buf_puts(&x->key, expand_string(x, x->item[i].text)))
		return trouble(x);
	switch (seen_put(&x->seen, x->key.s)) {
	case SEEN_BEFORE:
		return true;
	case SEEN_TROUBLE:
		return trouble(x);
	default:
		break;
	}
	if (x->lists++ == EXPAND_LISTS)
		return too_many(x);
	x->bad_lines = 0;
	ok = read_list(x, i, &roots, &fine);
	if (!fine)
		return ok;
	while (at < x->list.len) {
		const char *s = x->list.s + at, *nl = memchr(s, '\n', x->list.len - at);
		size_t n = nl ? (size_t)(nl - s) : x->list.len - at;

		if (!take_line(x, i, s, n, line++, roots))
			return false;
		at += n + 1;
	}
	return true;
}

/* ---- all of it */

enum expand_result
expand(struct expand *x, char kind, const char *text, const char *sender)
{
	bool found = true, ok;
	uint32_t at;

	x->items = x->children = x->lists = x->elements = 0;
	x->mark = x->seen.strings.len;
	x->outcome.verdict = 0;
	buf_clear(&x->why);
	buf_clear(&x->root);
	if (x->broken) {
		errno = ENOMEM;
		(void)trouble(x);
		return EXPAND_LATER;
	}
	ok = add_item(x, is_list(kind) ? kind : QF_NAME, text, 0, 0, 0);
	for (at = 1; ok && at; at = x->item[at - 1].next) {
		x->last = at - 1;
		ok = is_list(x->item[at - 1].kind) ? follow_list(x, at - 1) : follow_name(x, at - 1, sender, &found);
	}
	if (ok)
		return EXPAND_DONE;
	if (!found && !x->outcome.verdict) {    /* the root, and nothing has been noted */
		buf_cut(&x->seen.strings, x->mark);
		return EXPAND_NOT;
	}
	expand_undo(x);
	return x->outcome.verdict == 'D' ? EXPAND_NEVER : EXPAND_LATER;
}
