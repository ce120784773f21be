/* newpw - compile the database of hashed passwords, whole or not at all
 *   arguments  TEXT CDB; without them passwords and passwords.cdb in etc/
 *   exit       0 the new database is in place and on disk; 100 the text is wrong or the use is;
 *              111 trouble that may pass. On 100 and 111 the old database stays.    -> pneu-newpw(8)
 * Invariant: readers find the old database or the new one under its name, never a part of one; nobody may read it who may
 * not read the text. */
#include <sys/stat.h>

#include "lib/compile.h"
#include "lib/msg.h"
#include "wire/passwords.h"

int
main(int argc, char **argv)
{
	static struct compile c = { .program = "pneu-newpw", .text_mib = 64, .secret = true, .make = passwords_compile };
	char why[COMPILE_WHY];
	const char *wrong;
	struct stat st;
	int code;

	msg_name(c.program);
	if ((wrong = compile_choose(&c, argc, argv, "passwords")))
		die_say(EX_HARD, wrong);
	if (stat(c.text, &st) == 0 && st.st_mode & S_IROTH)
		warn_say("everybody may read the hashes in ", c.text);
	if ((code = compile_run(&c, why)) != 0)
		die_say(code, why);
	return 0;
}
