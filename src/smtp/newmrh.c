/* newmrh - compile the long list of domains that mail is taken for, whole or not at all
 *   arguments  none: morercpthosts in etc/ becomes morercpthosts.cdb
 *   exit       0 the new database is in place and on disk; 100 the text is wrong or the use is;
 *              111 trouble that may pass. On 100 and 111 the old database stays.    -> pneu-newmrh(8)
 * Invariant: readers find the old database or the new one under its name, never a part of one. */
#include "lib/compile.h"
#include "lib/msg.h"
#include "wire/domaindb.h"

int
main(int argc, char **argv)
{
	static struct compile c = { .program = "pneu-newmrh", .text_mib = 256, .make = domaindb_compile };
	char why[COMPILE_WHY];
	int code;

	(void)argv;
	msg_name(c.program);
	if (argc != 1)
		die_say(EX_HARD, "usage: pneu-newmrh");
	if (!compile_in_etc(&c, "morercpthosts"))
		die_say(EX_HARD, "the path of etc is too long");
	if ((code = compile_run(&c, why)) != 0)
		die_say(code, why);
	return 0;
}
