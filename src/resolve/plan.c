#include "resolve/plan.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "mail/element.h"
#include "resolve/instructions.h"
#include "wire/envelope.h"

static const char *const what[] = {
	[PLAN_MAILDIR] = "file delivery", [PLAN_MBOX] = "file delivery", [PLAN_PROGRAM] = "program delivery",
	[PLAN_FORWARD] = "forwarding"
};

const char *
plan_where(const struct plan *p, const struct user *u, const struct plan_step *s, char space[PLAN_WHERE])
{
	if (s->source == PLAN_ALIAS)
		snprintf(space, PLAN_WHERE, "the alias's instruction");
	else if (s->source == PLAN_DEFAULT)
		snprintf(space, PLAN_WHERE, "defaultdelivery line %zu", s->line);
	else
		snprintf(space, PLAN_WHERE, "%s/%s line %zu", u->home, s->source == PLAN_QMAIL ? p->qmail.name : p->forward.name,
		    s->line);
	return space;
}

static bool
bad_line(const struct plan *p, const struct user *u, const struct plan_step *s, const char *who, const char *why,
    struct outcome *o)
{
	char where[PLAN_WHERE];

	return outcome_later(o, "4.3.5", plan_where(p, u, s, where), ": ", who, why, (char *)0);
}

static bool
add(struct plan *p, const struct plan_step *s, struct outcome *o)
{
	if (p->steps == p->room) {
		size_t room = p->room ? p->room * 2 : 8;
		struct plan_step *step = realloc(p->step, room * sizeof *step);

		if (!step)
			return outcome_trouble(o, "hold the instructions", 0);
		p->step = step;
		p->room = room;
	}
	p->step[p->steps++] = *s;
	p->has_forwards |= s->kind == PLAN_FORWARD;
	return true;
}

/* Used as it is, so only what no address can be is found here. lowest: the lowest byte it may hold */
static const char *
wrong_address(const char *s, unsigned char lowest)
{
	size_t n = strlen(s);

	if (n == 0)
		return "the address is empty";
	if (n > ENVELOPE_ADDR)
		return "the address is too long";
	for (; *s; s++)
		if ((unsigned char)*s < lowest || *s == 127)
			return "the address holds a blank or a control byte";
	return 0;
}

/* ---- .qmail, and what the administrator says */

static const uint8_t kind_of[] = {
	[DOTQMAIL_MAILDIR] = PLAN_MAILDIR, [DOTQMAIL_MBOX] = PLAN_MBOX, [DOTQMAIL_PROGRAM] = PLAN_PROGRAM,
	[DOTQMAIL_FORWARD] = PLAN_FORWARD, [DOTQMAIL_LIST] = PLAN_FORWARD
};

static bool
add_lines(struct plan *p, const struct user *u, enum plan_source source, struct outcome *o)
{
	struct dotqmail_instruction i;
	bool list = false;

	while (dotqmail_next(&p->qmail, &i)) {
		struct plan_step s = { i.text, i.line, kind_of[i.kind], (uint8_t)source };
		const char *wrong;

		if (i.kind == DOTQMAIL_LIST) {
			list = true;
			continue;
		}
		if (s.kind == PLAN_FORWARD && (wrong = wrong_address(s.text, '!')))
			return bad_line(p, u, &s, "", wrong, o);
		if (s.kind != PLAN_FORWARD && p->qmail.only_forwards)
			return bad_line(p, u, &s, what[s.kind], ", but the file is marked for forwards only (x bit)", o);
		if (s.kind != PLAN_FORWARD && list)
			return bad_line(p, u, &s, what[s.kind], ", but only forwards may follow +list", o);
		if (!add(p, &s, o))
			return false;
	}
	return true;
}

static bool
add_default(struct plan *p, const struct user *u, struct outcome *o)
{
	return dotqmail_default(&p->qmail, u->instructions, o) && add_lines(p, u, PLAN_DEFAULT, o);
}

/* ---- .forward */

/* The user himself: joe, JOE, joe@the domain of this recipient; and the address that is being delivered, so that joe+tag may
 * stand in the file of joe+tag. */
static bool
is_own(const struct user *u, const char *rcpt, const char *s)
{
	const char *at = strrchr(s, '@'), *host = strrchr(rcpt, '@');
	size_t n = at ? (size_t)(at - s) : strlen(s), beyond = strlen(u->dash) + strlen(u->ext), local = strlen(u->local);

	if (at && (!host || strcasecmp(at, host) != 0))
		return false;
	return (n == strlen(u->name) && strncasecmp(s, u->name, n) == 0) || (n == local && strncasecmp(s, u->local, n) == 0) ||
	    (local > beyond && n == local - beyond && strncasecmp(s, u->local, n) == 0);
}

static bool
is_there(const struct plan *p, const struct plan_step *s)
{
	size_t i;

	for (i = 0; i < p->steps; i++)
		if (p->step[i].source == PLAN_DOTFORWARD && p->step[i].kind == s->kind && strcmp(p->step[i].text, s->text) == 0)
			return true;
	return false;
}

/* what an element is as a step; false: nothing that a .forward can do */
static bool
interpret(const struct element *e, struct plan_step *s)
{
	switch (e->kind) {
	case ELEMENT_ADDRESS:
	case ELEMENT_MAILBOX:
		s->kind = PLAN_FORWARD;
		return true;
	case ELEMENT_FILE:
		s->kind = e->len && e->text[e->len - 1] == '/' ? PLAN_MAILDIR : PLAN_MBOX;
		return true;
	case ELEMENT_DISCARD:
		s->kind = PLAN_MBOX;
		s->text = "/dev/null";
		return true;
	case ELEMENT_PROGRAM:
		s->kind = PLAN_PROGRAM;
		return true;
	default:
		return false;
	}
}

static bool
add_element(struct plan *p, const struct user *u, const struct element *e, size_t line, struct outcome *o)
{
	struct plan_step s = { p->text.s + p->text.len, line, 0, PLAN_DOTFORWARD };
	const char *wrong;

	if (!interpret(e, &s))
		return bad_line(p, u, &s, element_kind_name(e->kind), " is not for a file like this", o);
	if (s.kind == PLAN_FORWARD && (wrong = wrong_address(e->text, ' ')))
		return bad_line(p, u, &s, "", wrong, o);
	if (e->len + 1 >= p->text.cap - p->text.len)            /* cannot be; but it may not move */
		return bad_line(p, u, &s, "", "too many elements", o);
	(void)buf_put(&p->text, e->text, e->len + 1);
	if (is_there(p, &s))
		return true;
	if (p->steps >= PLAN_FORWARD_ELEMENTS)
		return bad_line(p, u, &s, "", "too many elements; a list belongs into an alias", o);
	return add(p, &s, o);
}

static bool
add_elements(struct plan *p, const struct user *u, const char *rcpt, struct outcome *o)
{
	struct element e;
	bool mailbox = false;
	size_t line;

	p->text.max = 2 * DOTFORWARD_FILE_MAX;
	buf_clear(&p->text);
	if (!buf_room(&p->text, p->forward.text.len + (p->forward.text.len / 2) + 2))  /* an element is a byte and a comma */
		return outcome_trouble(o, "hold the instructions", 0);
	while (dotforward_next(&p->forward, &e, &line)) {
		if ((e.kind == ELEMENT_ADDRESS || e.kind == ELEMENT_MAILBOX) && is_own(u, rcpt, e.text)) {
			if (!mailbox && !add_default(p, u, o))
				return false;
			mailbox = true;
		} else if (!add_element(p, u, &e, line, o))
			return false;
	}
	return true;
}

/* ---- all of it */

static bool
add_alias(struct plan *p, const struct user *u, struct outcome *o)
{
	const char *s = u->instructions;
	size_t n = strlen(s);
	struct plan_step step = { s, 1, PLAN_MBOX, PLAN_ALIAS };

	if (n > 1 && *s == '|') {
		step.kind = PLAN_PROGRAM;
		step.text++;
	} else if (n < 2 || *s != '/')
		return outcome_later(o, "4.3.5", "an alias's instruction is neither |command nor /file: ", s, (char *)0);
	else if (s[n - 1] == '/')
		step.kind = PLAN_MAILDIR;
	return add(p, &step, o);
}

bool
plan_make(struct plan *p, const struct user *u, const char *rcpt, struct outcome *o)
{
	const struct instructions_for f = { u->local, u->dash, u->ext, u->separators, u->instructions, u->owner };

	p->steps = 0;
	p->has_forwards = false;
	p->matched = 0;
	p->from = u->mode == USER_INSTRUCTION ? PLAN_ALIAS : PLAN_DEFAULT;
	if (u->mode == USER_INSTRUCTION)
		return add_alias(p, u, o);
	if (u->mode == USER_MAILBOX)
		return add_default(p, u, o);
	switch (instructions_find(&f, &p->qmail, &p->forward, o)) {
	case INSTRUCTIONS_QMAIL:
		p->from = PLAN_QMAIL;
		if (p->qmail.default_at != (size_t)-1)
			p->matched = u->ext + p->qmail.default_at;
		return add_lines(p, u, PLAN_QMAIL, o);
	case INSTRUCTIONS_DEFAULT:
		return add_lines(p, u, PLAN_DEFAULT, o);
	case INSTRUCTIONS_FORWARD:
		p->from = PLAN_DOTFORWARD;
		return add_elements(p, u, rcpt, o);
	default:
		return false;
	}
}
