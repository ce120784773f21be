#include "lib/sig.h"

#include <signal.h>
#include <string.h>

void
sig_catch(int sig, void (*handler)(int))
{
	struct sigaction sa;

	memset(&sa, 0, sizeof sa);
	sa.sa_handler = handler;
	sigemptyset(&sa.sa_mask);
	sigaction(sig, &sa, 0);
}

void
sig_ignore(int sig)
{
	sig_catch(sig, SIG_IGN);
}

void
sig_default(int sig)
{
	sig_catch(sig, SIG_DFL);
}

static void
mask(int how, int sig)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, sig);
	sigprocmask(how, &set, 0);
}

void
sig_block(int sig)
{
	mask(SIG_BLOCK, sig);
}

void
sig_unblock(int sig)
{
	mask(SIG_UNBLOCK, sig);
}

void
sig_let_in(void)
{
	sigset_t set, none;

	memset(&set, 0, sizeof set);            /* the system may fill only the part it uses */
	memset(&none, 0, sizeof none);
	sigemptyset(&none);
	if (sigpending(&set) != 0 || memcmp(&set, &none, sizeof set) == 0)
		return;                         /* nearly always */
	sigprocmask(SIG_SETMASK, &none, &set);
	sigprocmask(SIG_SETMASK, &set, 0);
}
