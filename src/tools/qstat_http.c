/* As much of HTTP/1.0 as Prometheus, or a person with curl, needs: GET and HEAD of / and /metrics. Whoever listens for us decides
 * who may ask. */
#include <string.h>

#include "lib/clock.h"
#include "lib/in.h"
#include "lib/out.h"
#include "tools/qstat.h"

#define REQUEST 8192                    /* bytes of a line, and of all lines */
#define TIME_LIMIT_MS 10000

static void
answer(struct out *o, const char *status, const char *type, const struct buf *body, bool headers_only)
{
	out_puts(o, "HTTP/1.0 ");
	out_puts(o, status);
	out_puts(o, "\r\nContent-Type: ");
	out_puts(o, type);
	out_puts(o, "\r\nContent-Length: ");
	out_num(o, body->len);
	out_puts(o, "\r\nConnection: close\r\n\r\n");
	if (!headers_only)
		out_put(o, body->s, body->len);
}

static void
refuse(struct out *o, const char *status)
{
	struct buf body = BUF(200);

	if (buf_puts(&body, status) && buf_byte(&body, '\n'))
		answer(o, status, "text/plain", &body, false);
	buf_free(&body);
}

/* the first line, once all that follow it were read; false: there is none, *why has the answer or is 0 */
static bool
read_request(struct in *in, struct buf *first, const char **why)
{
	struct buf line = BUF(REQUEST);
	size_t total = 0;
	bool begun = false;

	*why = 0;
	for (;;) {
		switch (in_line(in, begun ? &line : first, '\n')) {
		case IN_LINE:
			break;
		case IN_LONG:
			*why = "431 Request Header Fields Too Large";
			goto no;
		default:
			goto no;
		}
		total += begun ? line.len + 1 : first->len + 1;
		if (begun && (line.len == 0 || (line.len == 1 && line.s[0] == '\r')))
			break;
		if (!begun && !memmem(first->s, first->len, " HTTP/", 6))
			break;                  /* HTTP/0.9 has nothing but its line */
		if (total > REQUEST) {
			*why = "431 Request Header Fields Too Large";
			goto no;
		}
		begun = true;
		buf_clear(&line);
	}
	buf_free(&line);
	return true;
no:
	buf_free(&line);
	return false;
}

/* the path without what follows a '?' */
static bool
is_ours(const char *path)
{
	size_t n = strcspn(path, " ?\r");

	return (n == 1 && *path == '/') || (n == 8 && memcmp(path, "/metrics", 8) == 0);
}

static void
respond(struct out *o, const struct buf *first, bool (*make)(struct buf *, void *), void *arg)
{
	bool head_only = first->len > 5 && memcmp(first->s, "HEAD ", 5) == 0;
	struct buf body = BUF(64u << 20);

	if (!head_only && (first->len < 5 || memcmp(first->s, "GET ", 4) != 0))
		refuse(o, "405 Method Not Allowed");
	else if (!is_ours(first->s + (head_only ? 5 : 4)))
		refuse(o, "404 Not Found");
	else if (!make(&body, arg))
		refuse(o, "500 Internal Server Error");
	else
		answer(o, "200 OK", "text/plain; version=0.0.4; charset=utf-8", &body, head_only);
	buf_free(&body);
}

void
http_serve(bool (*make)(struct buf *, void *), void *arg)
{
	static char in_space[REQUEST], out_space[4096];
	struct buf first = BUF(REQUEST);
	struct in in;
	struct out o;
	const char *why;

	in_init(&in, 0, in_space, sizeof in_space, TIME_LIMIT_MS);
	in.deadline_ms = clock_mono_ms() + TIME_LIMIT_MS;
	out_init(&o, 1, out_space, sizeof out_space, TIME_LIMIT_MS);
	if (read_request(&in, &first, &why))
		respond(&o, &first, make, arg);
	else if (why)
		refuse(&o, why);
	(void)out_flush(&o);                    /* who hangs up gets nothing */
	buf_free(&first);
}
