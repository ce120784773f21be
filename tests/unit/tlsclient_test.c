/* tlsclient: what it hands to a program, what it believes, and that nothing hangs */
#include "remote/tlsclient.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/fd.h"
#include "lib/sig.h"
#include "tap.h"

#include <signal.h>

static struct tlsclient t;
static int ours;                /* becomes the clear text */
static int server;              /* the other end of the network */

static enum tlsclient_result
begin(const char *command, uint64_t limit_ms)
{
	struct tlsclient_wish w = { .command = command, .host = "mx.example", .address = "192.0.2.1", .level = "dane",
	    .tlsa = "3 1 1 00ff\n", .limit_ms = limit_ms };
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		return TLSCLIENT_TROUBLE;
	ours = pair[0];
	server = pair[1];
	return tlsclient_begin(&t, &w, &ours);
}

static void
over(void)
{
	tlsclient_end(&t, ours);
	close(server);
}

static bool
no_child(void)
{
	return waitpid(-1, 0, WNOHANG) < 0 && errno == ECHILD;
}

static void
passes(void)
{
	char s[200] = "";
	ssize_t n;

	ok(begin("echo 'TLSv1.3 TLS_AES_256_GCM_SHA384 more' >&3; cat >&7", 10000) == TLSCLIENT_OK, "a program that says yes");
	same(t.version, "TLSv1.3", "its version");
	same(t.cipher, "TLS_AES_256_GCM_SHA384", "its cipher");
	ok(fd_write(ours, "EHLO x\r\n", 8) && fd_read(server, s, 8) == 8, "our text goes through it");
	same(s, "EHLO x\r\n", "as it is");
	over();
	ok(no_child(), "and it is gone");
	ok(begin("echo TLSv1.2 >&3; cat <&6", 10000) == TLSCLIENT_OK, "the other way");
	ok(fd_write(server, "220\r\n", 5) && fd_read(ours, s, 5) == 5, "the server's text comes");
	close(server);
	ok(read(ours, s, 1) == 0, "and its end");
	over();
	ok(begin("printf 'SSL_CIPHER=AES\\0SSL_PROTOCOL=TLSv1.2\\0\\0' >&3; exec sleep 100", 10000) == TLSCLIENT_OK, "UCSPI-TLS's form");
	same(t.version, "TLSv1.2", "its version");
	same(t.cipher, "AES", "its cipher");
	over();
	ok(no_child(), "one that does not end by itself is ended");
	ok(begin("echo ok >&3; echo \"$TLS_HOST $TLS_ADDRESS $TLS_LEVEL $TLS_TLSA\"; [ -d /proc/$$/fd ] && for n in 0 1 2 3 4 5 6 7 8 9; do [ -e /proc/$$/fd/$n ] && printf \"$n \"; done", 10000) == TLSCLIENT_OK,
	    "what it finds");
	n = fd_read(ours, s, sizeof s - 1);
	s[n > 0 ? n : 0] = 0;
	ok(strncmp(s, "mx.example 192.0.2.1 dane 3 1 1 00ff\n\n", 38) == 0, "the variables");
	ok(!s[38] || strcmp(s + 38, "0 1 2 3 6 7 ") == 0, "and no other descriptor");
	over();
}

static void
fails(void)
{
	ok(begin("echo '- no common\tcipher' >&3; exit 1", 10000) == TLSCLIENT_FAILED, "a handshake that failed");
	same(t.why, "no common?cipher", "with its reason");
	close(ours), close(server);
	ok(begin("echo '- expired' >&3; exit 2", 10000) == TLSCLIENT_REFUSED, "a certificate that is refused");
	close(ours), close(server);
	ok(begin("exit 100", 10000) == TLSCLIENT_TROUBLE, "a program that was misused");
	same(t.why, "the TLS program ended with code 100", "is told of");
	close(ours), close(server);
	ok(begin("/nowhere/at-all 2>/dev/null", 10000) == TLSCLIENT_TROUBLE, "one that is not there");
	close(ours), close(server);
	ok(begin("kill -9 $$", 10000) == TLSCLIENT_TROUBLE, "one that is killed");
	close(ours), close(server);
	ok(begin("exit 0", 10000) == TLSCLIENT_FAILED, "one that says nothing");
	close(ours), close(server);
	ok(begin("echo >&3", 10000) == TLSCLIENT_FAILED, "an empty line");
	close(ours), close(server);
	ok(begin("head -c 100000 /dev/zero | tr '\\0' x >&3", 10000) != TLSCLIENT_OK, "a line without end");
	close(ours), close(server);
	ok(begin("printf 'TLSv1.3' >&3", 10000) == TLSCLIENT_FAILED, "half a line");
	close(ours), close(server);
	ok(no_child(), "none of them is left behind");
}

static void
hangs(void)
{
	int64_t before = clock_mono_ms();
	char s[1];

	ok(begin("sleep 1000 & sleep 1000", 50) == TLSCLIENT_FAILED, "one that hangs is not waited for");
	same(t.why, "no end of the handshake in time", "and this is said");
	ok(clock_mono_ms() - before < 100000 && no_child(), "it is gone");
	close(ours);
	ok(read(server, s, 1) == 0, "and what it started, too");
	close(server);
}

static void
injected(void)
{
	struct tlsclient_wish w = { .command = "echo TLSv1.3 >&3", .host = "h", .address = "a", .level = "may", .limit_ms = 10000 };
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		return;
	(void)!write(pair[1], "250 ok\r\n", 8);
	ok(tlsclient_begin(&t, &w, &pair[0]) == TLSCLIENT_FAILED && !t.pid, "a server that speaks too soon gets no handshake");
	close(pair[0]), close(pair[1]);
}

int
main(void)
{
	sig_ignore(SIGPIPE);
	passes();
	fails();
	hangs();
	injected();
	return done();
}
