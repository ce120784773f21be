/* pop_fuzz - POP3 clients that say anything, and messages of any bytes
 *   input   'a': what a client says before it has logged in; 's': after it; 'm' PIECE: a message, sent in pieces
 * A session ends, with answers that are lines; a message looks the same however it is cut, has the size that was counted, and its
 * end only at its end.
 * sources: src/pop/authorize.c src/wire/credentials.c src/pop/command.c src/pop/dialog.c src/pop/keeper.c src/pop/serve.c src/pop/maildrop.c src/pop/sizes.c src/pop/transfer.c src/wire/tlswrap.c src/lib/base64.c src/lib/buf.c src/lib/clock.c src/lib/conf.c src/lib/fd.c src/lib/file.c src/lib/in.c src/lib/ip.c src/lib/num.c src/lib/out.c src/lib/place.c src/lib/proc.c src/lib/sha1.c src/compat/linux/system.c
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/fd.h"
#include "lib/msg.h"
#include "pop/authorize.h"
#include "pop/serve.h"
#include "pop/transfer.h"

#define must(x) ((x) ? (void)0 : abort())
#define SPACE (1u << 18)

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static struct dialog dialog;
static char answers[SPACE], once[SPACE], again[SPACE];

/* the log is not what is looked at */
void
msg_say(const char *s, ...)
{
	(void)s;
}

void
msg_warn(int error, const char *s, ...)
{
	(void)error;
	(void)s;
}

static int
bytes_file(const uint8_t *data, size_t n)
{
	int fd = memfd_create("client", 0);

	must(fd >= 0 && fd_pwrite(fd, data, n, 0));
	return fd;
}

/* lines of printable ASCII */
static void
check_answers(int fd)
{
	ssize_t n = pread(fd, answers, sizeof answers, 0), i;

	must(n >= 0 && (n == 0 || answers[n - 1] == '\n'));
	for (i = 0; i < n; i++)
		must(answers[i] == '\n' ? i > 0 && answers[i - 1] == '\r' : answers[i] == '\r' || (answers[i] >= ' ' && answers[i] <= '~'));
	close(fd);
}

static void
before(const uint8_t *data, size_t n)
{
	struct peer peer = { .ip = "127.0.0.1", .host = "", .info = "" };
	struct authorize a = { .d = &dialog, .peer = &peer, .host = "mx.example", .id = "id", .most_wrong = 5,
		.tls = { .looked = true }, .apop = n % 2 };
	int in = bytes_file(data, n), out = memfd_create("answers", 0), pair[2];

	must(out >= 0 && fd_pair(pair));
	close(pair[0]);
	a.keeper = pair[1];
	dialog_init(&dialog, in, out, 5, false);
	authorize_run(&a);
	must(a.over);
	check_answers(out);
	close(in);
	close(pair[1]);
}

static void
after(const uint8_t *data, size_t n)
{
	struct maildrop none = { .dir = -1, .new_dir = -1, .cur_dir = -1, .missing = true };
	struct serving s = { .d = &dialog, .drop = &none, .who = "", .id = "id" };
	int in = bytes_file(data, n), out = memfd_create("answers", 0);

	must(out >= 0);
	dialog_init(&dialog, in, out, 5, true);
	serve(&s);
	check_answers(out);
	close(in);
}

static size_t
send_pieces(char *space, const char *message, size_t n, size_t piece)
{
	struct transfer t = { 0 };
	struct out o;
	size_t at;

	out_init(&o, -1, space, SPACE, -1);
	for (at = 0; at < n; at += piece)
		must(transfer_put(&t, &o, message + at, n - at < piece ? n - at : piece));
	transfer_end(&t, &o);
	must(o.len < SPACE);
	return o.len;
}

static void
message(const uint8_t *data, size_t n)
{
	const char *s = (const char *)data + 1;
	struct transfer_size size = { 0 };
	size_t a, b, i, dots = 0;

	if (n < 1 || n > SPACE / 4)
		return;
	n--;
	a = send_pieces(once, s, n, n + 1);
	b = send_pieces(again, s, n, (size_t)data[0] + 1);
	must(a == b && memcmp(once, again, a) == 0);
	must(a >= 3 && memcmp(once + a - 3, ".\r\n", 3) == 0);
	for (i = 0; i < a - 3; i++)
		if (once[i] == '.' && (i == 0 || once[i - 1] == '\n')) {
			must(once[i + 1] == '.' || once[i + 2] != '\n');
			must(i + 3 >= a || memcmp(once + i, ".\r\n", 3) != 0);
			dots++;
		}
	transfer_count(&size, s, n);
	must(transfer_total(&size) == a - 3 - dots);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	if (n && *data == 'a')
		before(data + 1, n - 1);
	else if (n && *data == 's')
		after(data + 1, n - 1);
	else if (n && *data == 'm')
		message(data + 1, n - 1);
	return 0;
}
