#include "listen/admit.h"

#include <errno.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/msg.h"

#define LOOK_MS 1000

void
admit_init(struct admit *a, const char *path, bool open_without)
{
	int error = a->error;

	memset(a, 0, sizeof *a);
	a->path = path;
	a->open_without = open_without;
	a->again = true;
	a->error = error;
	admit_refresh(a);
}

static bool
same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
	    a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
	    a->st_ctim.tv_sec == b->st_ctim.tv_sec && a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

static void
log_state(const struct admit *a, int before)
{
	if (a->error == before)
		return;
	if (a->error == EPROTO)
		warn_say(a->path, " is damaged: connections are refused");
	else if (a->error)
		msg_warn(a->error, a->error == ENOENT && a->open_without ? "without rules all may connect: " :
		    "without rules connections are refused: ", a->path, (char *)0);
	else if (before > 0)
		say(a->path, " is usable again");
}

static void
load(struct admit *a)
{
	int before = a->error;

	rules_free(&a->rules);
	a->error = rules_load(&a->rules, a->path) ? 0 : errno;
	log_state(a, before);
}

void
admit_refresh(struct admit *a)
{
	int64_t now = clock_mono_ms();
	struct stat st;

	if (!a->path || (!a->again && now - a->looked_ms < LOOK_MS))
		return;
	a->looked_ms = now;
	if (stat(a->path, &st) != 0)
		memset(&st, 0, sizeof st);      /* gone or out of reach: load says which */
	/* a file that could not be opened or held in memory is tried again, one that is damaged must change first */
	if (!a->again && same_file(&st, &a->seen) && (a->error == 0 || a->error == EPROTO))
		return;
	a->again = false;
	a->seen = st;                   /* taken before reading: a change meanwhile is seen the next time */
	load(a);
}

/* Take PROXY out of the rule, it is meant for us; the last one counts. */
static enum admit_answer
take_proxy(struct rule *rule)
{
	static const char name[] = "PROXY=";
	const char *value = "";
	size_t i, kept = 0;

	for (i = 0; i < rule->vars; i++)
		if (strncmp(rule->var[i], name, sizeof name - 1) == 0)
			value = rule->var[i] + sizeof name - 1;
		else
			rule->var[kept++] = rule->var[i];
	rule->vars = kept;
	if (*value == 0 || strcmp(value, "0") == 0)
		return ADMIT_YES;
	return strcmp(value, "1") == 0 ? ADMIT_PROXY : ADMIT_LATER;
}

enum admit_answer
admit_ask_again(const struct admit *a, const char *ip, struct rule *rule)
{
	struct rules_peer peer = { .ip = ip };

	rule->vars = 0;
	rule->key[0] = 0;
	if (!a->path)
		return ADMIT_YES;
	if (a->error)
		return a->error == ENOENT && a->open_without ? ADMIT_YES : ADMIT_LATER;
	switch (rules_find(&a->rules, &peer, rule)) {
	case RULES_NONE:
	case RULES_ALLOW:
		return take_proxy(rule);
	case RULES_DENY:
		return ADMIT_NO;
	case RULES_DAMAGED:
	default:
		return ADMIT_LATER;
	}
}

enum admit_answer
admit_ask(struct admit *a, const char *ip, struct rule *rule)
{
	admit_refresh(a);
	return admit_ask_again(a, ip, rule);
}
