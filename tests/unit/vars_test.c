/* vars: what of an environment stays */
#include "lib/vars.h"

#include "tap.h"

static const char *
joined(char **env)
{
	static char out[400];

	out[0] = 0;
	for (; *env; env++)
		strcat(strcat(out, out[0] ? " " : ""), *env);
	return out;
}

int
main(void)
{
	static const char *const some[] = { "PATH", "PNEU_*", "TZ", 0 }, *const none[] = { 0 }, *const all[] = { "*", 0 };
	char *env[] = { "SECRET=1", "PATH=/bin", "PATHS=/x", "PAT=", "PNEU_ETC=/e", "PNEU_=", "PNEU=no", "LD_PRELOAD=x", "TZ=", "PATH=again",
		"PATH", "XPATH=/y", "", 0 };
	char *empty[] = { 0 }, *two[2], *kept[] = { "A=1", "B", 0 };

	vars_keep(env, some);
	same(joined(env), "PATH=/bin PNEU_ETC=/e PNEU_= TZ= PATH=again", "what is named stays, in order, and what begins as a name with a star");
	vars_keep(env, none);
	ok(!env[0], "without names nothing stays");
	vars_keep(empty, some);
	ok(!empty[0], "nothing stays nothing");
	vars_keep(kept, all);
	same(joined(kept), "A=1 B", "a star alone is everything");
	vars_pick(two, 2, kept, all);
	same(joined(two), "A=1", "what has no room is left out");
	same(joined(kept), "A=1 B", "and stays where it was");
	return done();
}
