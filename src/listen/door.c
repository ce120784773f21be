#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/msg.h"
#include "lib/num.h"
#include "listen/door.h"
#include "wire/qid.h"

#define NAME_TEXT (QID_TEXT + 3)        /* " [ID]" */

/* The text goes out if the kernel takes it at once; nobody waits for a stranger. */
static void
tell(const struct options *o, const struct connection *c, const char *ip, const char *text, const char *name, const char *why,
    const char *detail)
{
	char line[TEXT_MAX + NAME_TEXT + 3];
	int n = text[0] ? snprintf(line, sizeof line, "%s%s\r\n", text, name) : 0;

	if (n > 0)
		(void)send(c->fd, line, (size_t)n, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (o->loudness != QUIET)
		say("refused ", ip, ": ", why, detail, name);
}

void
door_refuse(const struct options *o, const struct connection *c, const char *ip, const char *text, const char *why,
    const char *detail)
{
	tell(o, c, ip, text, "", why, detail);
}

/* Our own words end as those of pneu-smtpd do, in a name that leads whoever tells us of them to the line of the log. */
void
door_busy(const struct options *o, const struct connection *c, const char *ip, const char *preset, const char *why,
    const char *detail)
{
	struct qid q = { (uint64_t)clock_wall_us(), (uint64_t)getpid() };
	char name[NAME_TEXT] = " [", *end;

	if (o->busy || o->loudness == QUIET) {
		tell(o, c, ip, o->busy ? o->busy : preset, "", why, detail);
		return;
	}
	qid_text(name + 2, &q);
	end = name + strlen(name);
	memcpy(end, "]", 2);
	tell(o, c, ip, preset, name, why, detail);
}

bool
door_fits(const struct options *o, enum verdict verdict, const struct connection *c, const char *ip)
{
	char n[NUM_TEXT];

	switch (verdict) {
	case FITS:
		return true;
	case TOO_MANY:
		door_busy(o, c, ip, "421 4.7.0 too many connections from your address, try again later",
		    "sessions of this address: ", num_text(n, o->max_each));
		return false;
	case TOO_SOON:
		door_busy(o, c, ip, "421 4.7.0 too many new connections from your address, try again later",
		    "new connections of this address: ", num_text(n, o->each.limit));
		return false;
	case NETWORK_TOO_SOON:
	default:
		door_busy(o, c, ip, "421 4.7.0 too many new connections from your network, try again later",
		    "new connections of this network: ", num_text(n, o->network.limit));
		return false;
	}
}

/* did the rules answer yes? */
bool
door_admitted(const struct options *o, enum admit_answer answer, const struct connection *c, const char *ip,
    const struct rule *rule)
{
	switch (answer) {
	case ADMIT_YES:
	case ADMIT_PROXY:
		return true;
	case ADMIT_NO:
		door_refuse(o, c, ip, o->denied ? o->denied : "", "denied by rule ", rule->key[0] ? rule->key : "\"\"");
		return false;
	case ADMIT_LATER:
	default:
		door_busy(o, c, ip, "421 4.3.0 temporary trouble, try again later",
		    rule->key[0] ? "unreadable rule " : "no usable rules in ",
		    rule->key[0] ? rule->key : o->rules);
		return false;
	}
}

void
door_unstarted(const struct options *o, const struct connection *c, const char *ip)
{
	door_busy(o, c, ip, "421 4.3.0 temporary trouble, try again later", "unable to start a session: ",
	    strerror(errno));
}
