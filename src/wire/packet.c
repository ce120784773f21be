#include "wire/packet.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "lib/fd.h"

bool
packet_put_text(struct buf *b, const char *s)
{
	size_t n = strlen(s);

	if (n <= JOB_TEXT)
		return fields_put(b, s);
	return buf_put(b, s, JOB_TEXT - 3) && fields_put(b, "...");
}

bool
packet_send(int sock, struct buf *b, bool built, int pass, int flags)
{
	bool ok = built && fd_send(sock, b->s, b->len, pass, flags);
	int e = errno;

	buf_free(b);
	errno = e;
	return ok;
}

enum job_result
packet_receive(int sock, char *space, size_t size, struct fields *f, int *pass, int flags)
{
	ssize_t r = fd_receive(sock, space, size, pass, flags);
	int e = errno;

	if (r > 0 && fields_open(f, space, (size_t)r))
		return JOB_GOT;
	if (*pass >= 0)
		close(*pass);
	*pass = -1;
	errno = r > 0 || e == EMSGSIZE ? EPROTO : e;
	if (r > 0)
		return JOB_BAD;
	if (r == 0 || e == ECONNRESET || e == EPIPE)
		return JOB_END;
	if (e == EAGAIN || e == EWOULDBLOCK)
		return JOB_NONE;
	return e == EMSGSIZE ? JOB_BAD : JOB_TROUBLE;
}
