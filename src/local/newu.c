/* newu - compile the users database, whole or not at all
 *   arguments  TEXT CDB; without them users and users.cdb in etc/
 *   exit       0 the new database is in place and on disk; 100 the text is wrong or the use is;
 *              111 trouble that may pass. On 100 and 111 the old database stays.    -> pneu-newu(8)
 * Invariant: readers find the old database or the new one under its name, never a part of one. */
#include "lib/compile.h"
#include "lib/msg.h"
#include "wire/users.h"

int
main(int argc, char **argv)
{
	static struct compile c = { .program = "pneu-newu", .text_mib = 256, .make = users_compile };
	char why[COMPILE_WHY];
	const char *wrong;
	int code;

	msg_name(c.program);
	if ((wrong = compile_choose(&c, argc, argv, "users")))
		die_say(EX_HARD, wrong);
	if ((code = compile_run(&c, why)) != 0)
		die_say(code, why);
	return 0;
}
