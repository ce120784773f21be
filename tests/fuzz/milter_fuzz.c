/* milter_fuzz - a whole session with a milter that says anything
 *   input   two bytes of bits: which of the steps it leaves out or is mute to, shifted; then, if the first byte is odd, all
 *           that the milter says; else what it says after a valid answer to the offer
 * Whatever it says: a verdict; what it wants is carried out on a message that stays one, with an envelope that stays one;
 * a milter that fails has changed nothing.
 * sources: src/filter/milter_session.c src/filter/milter_edit.c src/filter/milter_message.c src/filter/milter_envelope.c src/filter/milter_facts.c src/filter/milter_wire.c src/wire/envelope.c src/mail/dsn.c src/mail/xtext.c src/mail/addr.c src/mail/idna.c src/mail/utf8.c src/mail/reply.c src/lib/buf.c src/lib/num.c src/lib/fd.c src/lib/in.c src/lib/out.c src/lib/clock.c src/lib/ip.c src/lib/dial.c src/lib/file.c src/lib/msg.c src/compat/linux/system.c
 */
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/fd.h"
#include "filter/milter_session.h"
#include "wire/envelope.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);
const char *__asan_default_options(void);

/* a field that is changed twice is not freed: the process has one message */
const char *
__asan_default_options(void)
{
	return "detect_leaks=0";
}

#define must(x) ((x) ? (void)0 : abort())

static char text[MILTER_MEMORY], body[MILTER_MEMORY];
static struct milter_field fields[MILTER_FIELDS];
static struct milter_message message;
static struct milter_envelope envelope;
static struct milter_edits edits;
static struct milter_facts facts;
static const char mail[] = "Received: ours\nSubject: x\n y\nX-A: 1\nx-a: 2\n\nbody\nmore\n";
static const char who[] = "Fs@x.example\0B8BITMIME\0Tr@y.example\0NNEVER\0Tq r@z.example\0";

static int
pipe_with(const void *s, size_t n)
{
	int p[2];

	must(fd_pipe(p) && fd_write(p[1], s, n));
	close(p[1]);
	return p[0];
}

/* a message that begins where it should and has no field that is none */
static void
check_message(void)
{
	size_t i, own = 0;

	must(message.fields <= MILTER_FIELDS);
	for (i = 0; i < message.fields; i++) {
		const struct milter_field *f = &message.field[i];
		const char *s = f->s, *end = s + f->len, *nl;

		own += f->own;
		must(f->len > f->name && f->name > 0 && s[f->name] == ':' && end[-1] == '\n');
		while ((nl = memchr(s, '\n', (size_t)(end - s))) && nl + 1 < end) {
			must(nl[1] == ' ' || nl[1] == '\t');
			s = nl + 1;
		}
	}
	must(own == 1 && *message.separator == '\n');
}

static void
carry_out(bool spaced)
{
	static char read_back[1 << 20];
	const struct buf *e;
	int fd;

	must(milter_edits_apply(&edits, &message, &envelope, spaced));
	check_message();
	if (envelope.rcpts) {
		must((e = milter_envelope_end(&envelope)));
		must(envelope_check(e->s, e->len) == ENVELOPE_OK);
	}
	must((fd = milter_message_open(&message)) >= 0);
	must(fd_read(fd, read_back, sizeof read_back) > 0);
	close(fd);
}

static void
converse(const uint8_t *input, size_t n)
{
	char offer[17];
	struct milter_wire w;
	struct milter_said said;
	enum milter_verdict v;
	int s[2];

	must(socketpair(AF_UNIX, SOCK_STREAM, 0, s) == 0);
	if (!(input[0] & 1)) {
		milter_uint32(offer, 13);
		offer[4] = MILTER_OPTIONS;
		milter_uint32(offer + 5, 6);
		milter_uint32(offer + 9, MILTER_ACTIONS);
		milter_uint32(offer + 13, (uint32_t)(input[0] | input[1] << 8) << 5 & MILTER_STEPS);
		must(fd_write(s[1], offer, sizeof offer));
	}
	must(fd_write(s[1], input + 2, n - 2) && shutdown(s[1], SHUT_WR) == 0);
	milter_attach(&w, s[0], 1000, 0);
	milter_edits_init(&edits, body, "me.example", input[0] & 2);
	v = milter_session(&w, &facts, &message, &envelope, &edits, &said);
	must(!message.changed && !envelope.changed);
	if (v == MILTER_PASSES)
		carry_out(said.spaced);
	else
		milter_edits_drop(&edits);
	if (v == MILTER_REFUSES || v == MILTER_DEFERS)
		must(said.text[0] == (v == MILTER_REFUSES ? '5' : '4') && strlen(said.text) < sizeof said.text);
	milter_close(&w);
	close(s[1]);
}

int
LLVMFuzzerTestOneInput(const uint8_t *input, size_t n)
{
	size_t i;
	int fd;

	if (n < 2 || n > 60000)                 /* what is sent to us must fit into a socket */
		return 0;
	signal(SIGPIPE, SIG_IGN);
	if (!facts.me)
		milter_facts(&facts, "me.example");
	message.field = fields;
	must(milter_read(&message, fd = pipe_with(mail, sizeof mail - 1), text, true) == MILTER_READ);
	close(fd);
	must(milter_envelope_read(&envelope, fd = pipe_with(who, sizeof who)) == MILTER_ENVELOPE_OK);
	close(fd);
	converse(input, n);
	for (i = 0; i < message.fields; i++)
		if (message.field[i].s < text || message.field[i].s >= text + sizeof text)
			free((void *)(uintptr_t)message.field[i].s);
	if (message.body.fd >= 0)
		close(message.body.fd);
	buf_free(&envelope.b);
	free(envelope.sender);
	return 0;
}
