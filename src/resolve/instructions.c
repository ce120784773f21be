#include "resolve/instructions.h"

#include <stdbool.h>
#include <string.h>

/* may what belongs to joe count for this address? */
static bool
leads_back(const struct instructions_for *f)
{
	return !*f->dash || (!f->dash[1] && strchr(f->separators, *f->dash) && strlen(f->ext) < strlen(f->local));
}

static enum instructions
kind(const struct dotqmail *q)
{
	return q->is_default ? INSTRUCTIONS_DEFAULT : INSTRUCTIONS_QMAIL;
}

/* the files with the extension in their name; *absent: there are none */
static enum instructions
extended(const struct instructions_for *f, struct dotqmail *q, struct dotforward *w, struct outcome *o, bool *absent)
{
	*absent = false;
	if (dotqmail_find(q, f->dash, f->ext, f->preset, o))
		return kind(q);
	if (o->verdict != 'D' || !leads_back(f))        /* D is: there is none */
		return INSTRUCTIONS_NONE;
	o->verdict = 0;
	switch (dotforward_find(w, f->dash, f->ext, f->owner, o)) {
	case DOTFORWARD_FOUND:
		return INSTRUCTIONS_FORWARD;
	case DOTFORWARD_ABSENT:
		*absent = true;
		return INSTRUCTIONS_NONE;
	default:
		return INSTRUCTIONS_NONE;
	}
}

enum instructions
instructions_find(const struct instructions_for *f, struct dotqmail *q, struct dotforward *w, struct outcome *o)
{
	bool absent = true;
	enum instructions i;

	if (*f->dash) {
		i = extended(f, q, w, o, &absent);
		if (!absent)
			return i;
	}
	if (!dotqmail_find(q, "", "", f->preset, o))
		return INSTRUCTIONS_NONE;
	if (!q->is_default)
		return INSTRUCTIONS_QMAIL;
	switch (dotforward_find(w, "", "", f->owner, o)) {
	case DOTFORWARD_FOUND:
		return INSTRUCTIONS_FORWARD;
	case DOTFORWARD_ABSENT:
		return INSTRUCTIONS_DEFAULT;
	default:
		return INSTRUCTIONS_NONE;
	}
}
