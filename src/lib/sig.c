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
