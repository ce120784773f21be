/* the third part of a report: the message that it is about, or its header; and what the report's own header needs of it */
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "lib/fd.h"
#include "lib/msg.h"
#include "queue/bounce.h"

#define LOOK_MOST 65536                 /* bytes of a header that a Message-ID is looked for in */
#define SUBJECT_MOST 200                /* bytes of it that are told; nothing of a longer one */
#define ID_MOST 250                     /* bytes of it; RFC 5322 gives a line 998 */

/* bytes of the header of the original with its last newline, or what there is of it in limit */
static uint64_t
header_bytes(uint64_t limit)
{
	char space[8192];
	uint64_t at = 0;
	char last = '\n';

	while (at < limit) {
		ssize_t n = fd_pread(BOUNCE_QUEUEFILE, space, limit - at < sizeof space ? (size_t)(limit - at) : sizeof space,
		    (off_t)(QF_HEADER + at));
		ssize_t i;

		if (n < 0)
			die_sys(EX_SOFT, "read the message");
		if (n == 0)
			break;
		for (i = 0; i < n; i++) {
			if (space[i] == '\n' && last == '\n')
				return at + (uint64_t)i;
			last = space[i];
		}
		at += (uint64_t)n;
	}
	return at;
}

/* RFC 3461 4.3: RET is about failures, with anything else goes the header alone */
static bool
is_whole(const struct bounce *b)
{
	return b->what == OWED_FAILED && b->file.header.length <= b->max_bytes && b->file.ret != QF_RET_HDRS;
}

void
bounce_original(struct bounce *b)
{
	char space[65536];
	uint64_t left = b->file.header.length, at = QF_HEADER;
	bool whole = is_whole(b);
	const char *type = b->utf8 ? (whole ? "message/global" : "message/global-headers") :
	    whole ? "message/rfc822" : "text/rfc822-headers";

	PUTS(&b->text, "--", b->boundary, "\nContent-Type: ", type, "\n", b->has_8bit ? "Content-Transfer-Encoding: 8bit\n" : "",
	    "\nReturn-Path: <");
	bounce_address(b, &b->text, b->sender);
	PUTS(&b->text, ">\n");
	inject_write(&b->in, b->text.s, b->text.len);
	if (!whole)
		left = header_bytes(left < b->max_bytes ? left : b->max_bytes); /* behind the message stands its envelope */
	while (left) {
		ssize_t n = fd_pread(BOUNCE_QUEUEFILE, space, left < sizeof space ? (size_t)left : sizeof space, (off_t)at);

		if (n <= 0)
			die_sys(EX_SOFT, "read the message");
		inject_write(&b->in, space, (size_t)n);
		at += (uint64_t)n;
		left -= (uint64_t)n;
	}
	buf_clear(&b->text);
	PUTS(&b->text, "\n--", b->boundary, "--\n");
	inject_write(&b->in, b->text.s, b->text.len);
}

/* the first word of the field's value, if it is <...> of printable ASCII; 0: it is not. s ends with a 0 */
static size_t
id_length(const char *s)
{
	size_t n = 1;

	if (*s != '<')
		return 0;
	while (s[n] > ' ' && s[n] <= '~' && s[n] != '<' && s[n] != '>')
		n++;
	return s[n] == '>' && n > 1 && n < ID_MOST ? n + 1 : 0;
}

/* the value of the first field of that name (with its colon), up to the end of what was looked at; 0: there is none */
static const char *
field(const struct bounce *of, const char *name)
{
	static char header[LOOK_MOST + 1];
	uint64_t length = header_bytes(of->file.header.length < LOOK_MOST ? of->file.header.length : LOOK_MOST);
	ssize_t n = fd_pread(BOUNCE_QUEUEFILE, header, (size_t)length, QF_HEADER);
	const char *line;

	if (n < 0)
		die_sys(EX_SOFT, "read the message");
	header[n] = 0;
	for (line = header; line && *line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncasecmp(line, name, strlen(name)) == 0)
			return line + strlen(name) + strspn(line + strlen(name), " \t");
	}
	return 0;
}

void
bounce_message_id(const struct bounce *of, struct buf *b)
{
	const char *value = field(of, "Message-ID:");
	size_t id = value ? id_length(value + strspn(value, " \t\n")) : 0;

	if (id && !buf_put(b, value + strspn(value, " \t\n"), id))
		die_sys(EX_SOFT, "hold the bounce");
}

void
bounce_subject(const struct bounce *of, struct buf *b)
{
	const char *value = field(of, "Subject:"), *word;
	size_t n = value ? strcspn(value, "\n") : 0, i;

	/* an encoded word (RFC 2047) is for mail readers, which show it in the third part */
	if (!n || n > SUBJECT_MOST || ((word = strstr(value, "=?")) && word < value + n))
		return;
	if (value[n] && (value[n + 1] == ' ' || value[n + 1] == '\t'))         /* it goes on */
		return;
	for (i = 0; i < n; i++)
		if (value[i] < ' ' || value[i] > '~')
			return;
	if (!buf_put(b, value, n))
		die_sys(EX_SOFT, "hold the bounce");
}
