/* what a terminal gets to see of long work, and nobody else */
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "lib/fd.h"
#include "lib/progress.h"
#include "tap.h"

#define MARK "#"

static char seen[500];

/* all that has come to the other end of descriptor 2. A terminal hands on what is written in its own time and in pieces, so
 * a mark goes after it, and what came before the mark is all. */
static const char *
heard(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	size_t had = 0;
	ssize_t n;
	char *mark;

	(void)fd_write(2, MARK, 1);
	do {
		seen[had] = 0;
		if ((mark = strchr(seen, *MARK))) {
			*mark = 0;
			return seen;
		}
	} while (poll(&p, 1, 10000) == 1 && (n = read(fd, seen + had, sizeof seen - 1 - had)) > 0 && (had += (size_t)n));
	return "nothing, not even the mark";
}

static void
work(struct progress *p, uint64_t done)
{
	int i;

	for (i = 0; i < 64; i++)
		progress_at(p, done);
}

int
main(void)
{
	struct progress p;
	struct termios t;
	int other = posix_openpt(O_RDWR | O_NOCTTY), pts, keep = dup(2), pipe_fd[2];

	if (other < 0 || grantpt(other) != 0 || unlockpt(other) != 0 || (pts = open(ptsname(other), O_RDWR | O_NOCTTY)) < 0 ||
	    !fd_nonblock(other, true) || !fd_pipe(pipe_fd) || !fd_nonblock(pipe_fd[0], true) || keep < 0 || tcgetattr(pts, &t) != 0)
		return 111;
	t.c_oflag &= ~(tcflag_t)OPOST;
	(void)tcsetattr(pts, TCSANOW, &t);

	(void)dup2(pts, 2);
	progress_begin(&p, "reading \033[2Ja", 200);
	work(&p, 100);
	progress_end(&p);
	same(heard(other), "", "quick work shows nothing");
	progress_begin(&p, "reading \033[2Ja", 200);
	p.next_ms = 0;
	work(&p, 99);
	same(heard(other), "\r\033[Kreading ?[2Ja: 49%", "work that takes long shows how far it is, masked");
	work(&p, 150);
	same(heard(other), "", "and not all the time");
	p.next_ms = 0;
	work(&p, 300);
	same(heard(other), "\r\033[Kreading ?[2Ja: 100%", "never more than all");
	progress_end(&p);
	same(heard(other), "\r\033[K", "the end takes it away");
	progress_end(&p);
	same(heard(other), "", "once");
	progress_begin(&p, "nothing", 0);
	p.next_ms = 0;
	work(&p, 0);
	same(heard(other), "\r\033[Knothing: 100%", "nothing to do is all done");
	progress_end(&p);

	(void)dup2(pipe_fd[1], 2);
	progress_begin(&p, "reading", 200);
	p.next_ms = 0;
	work(&p, 100);
	progress_end(&p);
	same(heard(pipe_fd[0]), "", "who is no terminal is shown nothing");
	(void)dup2(keep, 2);
	return done();
}
