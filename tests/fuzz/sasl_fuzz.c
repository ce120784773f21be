/* sasl_fuzz - a login at a server that says anything
 *   input   a byte: bits 1, 2, 4, 8 the mechanisms offered; then all that the server says
 * It succeeds only after a 2xx, the result is one that waits, and it never has the password in it, nor the
 * letters that it was sent as.
 * sources: src/remote/sasl.c src/remote/secretline.c src/remote/client.c src/remote/connect.c src/remote/tlsclient.c src/remote/offers.c src/remote/result.c src/mail/reply.c src/mail/retryhint.c src/wire/logins.c src/wire/job.c src/wire/packet.c src/wire/percent.c src/wire/fields.c src/lib/base64.c src/lib/buf.c src/lib/num.c src/lib/fd.c src/lib/file.c src/lib/in.c src/lib/ip.c src/lib/proc.c src/lib/conf.c src/lib/place.c src/lib/clock.c src/lib/msg.c src/compat/linux/system.c
 */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "remote/sasl.h"
#include "lib/fd.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#define must(x) ((x) ? (void)0 : abort())

static struct client client;
static struct result why;
static char dir[] = "/tmp/sasl_fuzz.XXXXXX", file[] = "/tmp/sasl_fuzz.XXXXXX/smtplogins";

static void
end(void)
{
	(void)unlink(file);
	(void)rmdir(dir);
}

static void
set_up(void)
{
	FILE *f;

	signal(SIGPIPE, SIG_IGN);
	must(mkdtemp(dir) && setenv("PNEU_ETC", dir, 1) == 0 && atexit(end) == 0);
	memcpy(file, dir, sizeof dir - 1);
	(void)umask(077);
	must((f = fopen(file, "w")) && fputs("p:joe:Pass-Word-Secret\n", f) >= 0 && fclose(f) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct protection in_clear = { .level = PROTECTION_NO, .login_in_clear = true, .because = "" };
	static bool ready;
	int pair[2];
	bool ok;

	if (!ready)
		set_up();
	ready = true;
	if (size < 1 || size > 60000)
		return 0;
	must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
	must(fd_write(pair[1], data + 1, size - 1) && shutdown(pair[1], SHUT_WR) == 0);
	memset(&client, 0, sizeof client);
	client.fd = pair[0];
	strcpy(client.ip, "192.0.2.1");
	strcpy(client.host, "mx.example");
	client.remote_s = 2;
	client.wanted = &in_clear;
	client.login = "p";
	client.offers.auth = data[0] & 15;
	client.owed = 1;                        /* all of it is there before it was asked for */
	in_init(&client.in, client.fd, client.space, sizeof client.space, 1000);
	memset(&why, 0, sizeof why);
	ok = sasl_login(&client, &why);
	must(!ok || (client.reply.code / 100 == 2 && data[0] & 3));
	must(ok || (why.verdict == 'Z' && why.site && why.status[0] == '4' && *why.text));
	must(!strstr(why.text, "Pass-Word-Secret"));
	must((data[0] & 3) != 1 || !strstr(why.text, "AGpvZQBQYXNzLVdvcmQtU2VjcmV0"));
	close(pair[0]);
	close(pair[1]);
	return 0;
}
