#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/fd.h"
#include "lib/msg.h"
#include "lib/num.h"
#include "lib/proc.h"
#include "listen/child.h"
#include "listen/proxy.h"

#define HEADER_MS 5000                  /* a proxy says whose connection it is at once */

static void
log_relayed(const struct options *o, pid_t pid, const char *ip, const char *proxy)
{
	char n[NUM_TEXT];

	if (o->loudness == ALL)
		say("pid ", num_text(n, (uint64_t)pid), " is from ", ip, " through ", proxy);
}

/* In a child: our parent counts. False: it does not answer, errno. */
static bool
ask_parent(int fd, const struct endpoint *client, enum verdict *verdict)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	ssize_t n;

	if (!fd_send(fd, client, sizeof *client, -1, MSG_NOSIGNAL) || poll(&p, 1, HEADER_MS) < 0)
		return false;
	n = recv(fd, verdict, sizeof *verdict, MSG_DONTWAIT);
	if (n >= 0 && n != sizeof *verdict)
		errno = EPIPE;
	return n == sizeof *verdict;
}

/* The rules are asked again, about that client and as they were when the proxy came. A proxy's own connection is a
 * client's like any other. */
_Noreturn void
child_relay(const struct child *child, const struct connection *c, const char *proxy, int parent)
{
	const struct options *o = child->option;
	struct proc_fd map[] = { { c->fd, 0 }, { c->fd, 1 } };
	char through[IP_TEXT];
	struct proxy_header h;
	enum verdict verdict = FITS;
	const char *ip = proxy, *why;
	struct rule rule;

	if ((why = proxy_read(c->fd, HEADER_MS, &h))) {
		door_refuse(o, c, proxy, "", "no PROXY header: ", why);
		_exit(0);
	}
	if (h.relayed) {
		ip_text(through, c->remote.ip);         /* proxy points into ucspi, which is about another from here on */
		ip = ucspi_relayed(child->ucspi, c, &h);
		log_relayed(o, getpid(), ip, through);
	}
	if (!door_admitted(o, admit_ask_again(child->admit, ip, &rule), c, ip, &rule))
		_exit(0);
	if (!h.relayed || ask_parent(parent, &h.remote, &verdict)) {
		if (!door_fits(o, verdict, c, ip))
			_exit(0);
		(void)proc_exec(child->path, o->program, ucspi_env(child->ucspi, &rule), map, 2);
	}
	door_unstarted(o, c, ip);
	_exit(EX_SOFT);
}

pid_t
child_start(const struct child *child, const struct connection *c, const struct rule *rule)
{
	struct proc_fd map[] = { { c->fd, 0 }, { c->fd, 1 } };

	return proc_spawn(child->path, child->option->program, ucspi_env(child->ucspi, rule), map, 2);
}

bool
child_asks(int fd, struct endpoint *client)
{
	int none;

	return fd_receive(fd, client, sizeof *client, &none, MSG_DONTWAIT) == sizeof *client;
}

void
child_answer(int fd, enum verdict verdict)
{
	(void)fd_send(fd, &verdict, sizeof verdict, -1, MSG_DONTWAIT | MSG_NOSIGNAL);
}
