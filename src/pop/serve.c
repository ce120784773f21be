#include "pop/serve.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/fd.h"
#include "lib/msg.h"
#include "lib/num.h"
#include "pop/command.h"
#include "pop/transfer.h"

#define BAD_MAX 50
#define PIECE 65536
#define SLOW_S 3600                     /* a message may take so long, and a second more for each kibibyte */
#define NO_SUCH "no such message"

static void
good(struct serving *s, const char *text)
{
	dialog_say(s->d, "+OK", text);
}

static void
bad(struct serving *s, const char *text)
{
	dialog_say(s->d, "-ERR", text);
}

static void
senseless(struct serving *s, const char *text)
{
	if (++s->bad > BAD_MAX) {
		text = "too many bad commands";
		say(s->id, " refused ", s->who, ": ", text);
		s->over = true;
	}
	bad(s, text);
}

static void
lost(struct serving *s, const char *where)
{
	say(s->id, " lost ", s->who, " ", where, ": ", errno ? strerror(errno) : "end of file");
	s->d->out.len = 0;
	s->over = true;
}

/* "+OK" and two numbers, as STAT and single LIST have them */
static void
two_numbers(struct serving *s, const char *status, uint64_t a, uint64_t b)
{
	out_puts(&s->d->out, status);
	out_num(&s->d->out, a);
	out_byte(&s->d->out, ' ');
	out_num(&s->d->out, b);
	out_put(&s->d->out, "\r\n", 2);
}

static void
totals(const struct maildrop *m, uint64_t *count, uint64_t *bytes)
{
	size_t i;

	*count = *bytes = 0;
	for (i = 0; i < m->count; i++)
		if (!(m->message[i].flags & DROP_DELETED)) {
			++*count;
			*bytes += m->message[i].size;
		}
}

/* the message of that number; 0 after an answer */
static struct drop_message *
pick(struct serving *s, const char *number)
{
	uint64_t n;

	if (!num_u64(number, 1, UINT64_MAX, &n))
		senseless(s, "that is no message number");
	else if (n > s->drop->count)
		senseless(s, NO_SUCH);
	else if (s->drop->message[n - 1].flags & DROP_DELETED)
		bad(s, "this message is marked as deleted");
	else
		return &s->drop->message[n - 1];
	return 0;
}

static void
on_stat(struct serving *s, char **word, size_t words)
{
	uint64_t count, bytes;

	(void)word;
	(void)words;
	totals(s->drop, &count, &bytes);
	two_numbers(s, "+OK ", count, bytes);
}

static void
on_list(struct serving *s, char **word, size_t words)
{
	const struct drop_message *m;
	uint64_t count, bytes;
	size_t i;

	if (words) {
		if ((m = pick(s, word[0])))
			two_numbers(s, "+OK ", (uint64_t)(m - s->drop->message) + 1, m->size);
		return;
	}
	totals(s->drop, &count, &bytes);
	two_numbers(s, "+OK ", count, bytes);
	for (i = 0; i < s->drop->count; i++)
		if (!(s->drop->message[i].flags & DROP_DELETED))
			two_numbers(s, "", i + 1, s->drop->message[i].size);
	out_puts(&s->d->out, ".\r\n");
}

static void
put_uid(struct serving *s, const char *status, size_t i)
{
	char uid[DROP_UID + 1];

	maildrop_uid(s->drop, i, uid);
	out_puts(&s->d->out, status);
	out_num(&s->d->out, i + 1);
	out_byte(&s->d->out, ' ');
	out_puts(&s->d->out, uid);
	out_put(&s->d->out, "\r\n", 2);
}

static void
on_uidl(struct serving *s, char **word, size_t words)
{
	const struct drop_message *m;
	size_t i;

	if (words) {
		if ((m = pick(s, word[0])))
			put_uid(s, "+OK ", (size_t)(m - s->drop->message));
		return;
	}
	good(s, "");
	for (i = 0; i < s->drop->count; i++)
		if (!(s->drop->message[i].flags & DROP_DELETED))
			put_uid(s, "", i);
	out_puts(&s->d->out, ".\r\n");
}

/* The answer has begun, so what fails now can only end the session: a part must never look like a whole. */
static void
send_file(struct serving *s, struct transfer *t, int fd, uint64_t size)
{
	static char piece[PIECE];
	int64_t until_ms = clock_mono_ms() + (SLOW_S + (int64_t)(size / 1024)) * 1000;
	bool more = true;
	ssize_t n = 1;

	while (more && n > 0 && !s->d->out.error) {
		n = fd_read(fd, piece, sizeof piece);
		if (n > 0)
			more = transfer_put(t, &s->d->out, piece, (size_t)n);
		if (clock_mono_ms() > until_ms && !s->d->out.error)
			s->d->out.error = ETIMEDOUT;
	}
	if (n < 0)
		lost(s, "while a message was read");
	else if (s->d->out.error) {
		errno = s->d->out.error;
		lost(s, "in a message");
	} else
		transfer_end(t, &s->d->out);
}

/* false: none of it was sent, and the client was told so */
static bool
send_message(struct serving *s, struct drop_message *m, struct transfer *t)
{
	int fd = maildrop_read(s->drop, (size_t)(m - s->drop->message));

	if (fd < 0) {
		bad(s, errno == ENOENT ? "this message is gone: another program has removed it" : "[SYS/TEMP] unable to read this message");
		if (errno != ENOENT)
			say(s->id, " trouble ", s->who, ": unable to read ", s->drop->names.s + m->name, ": ", strerror(errno));
		return false;
	}
	out_puts(&s->d->out, "+OK ");
	out_num(&s->d->out, m->size);
	out_puts(&s->d->out, " octets\r\n");
	send_file(s, t, fd, m->size);
	close(fd);
	return true;
}

static void
on_retr(struct serving *s, char **word, size_t words)
{
	struct transfer t = { 0 };
	struct drop_message *m = pick(s, word[0]);
	uint64_t number;

	(void)words;
	if (!m || !send_message(s, m, &t) || s->over)
		return;
	m->flags |= DROP_RETRIEVED;
	s->retrieved++;
	number = (uint64_t)(m - s->drop->message) + 1;
	s->last = number > s->last ? number : s->last;
}

static void
on_top(struct serving *s, char **word, size_t words)
{
	struct transfer t = { .top = true };
	struct drop_message *m;

	(void)words;
	if (!num_u64(word[1], 0, UINT64_MAX, &t.lines))
		senseless(s, "that is no number of lines");
	else if ((m = pick(s, word[0])))
		(void)send_message(s, m, &t);
}

static void
on_dele(struct serving *s, char **word, size_t words)
{
	struct drop_message *m = pick(s, word[0]);

	(void)words;
	if (!m)
		return;
	m->flags |= DROP_DELETED;
	good(s, "marked");
}

static void
on_noop(struct serving *s, char **word, size_t words)
{
	(void)word;
	(void)words;
	good(s, "");
}

static void
on_rset(struct serving *s, char **word, size_t words)
{
	size_t i;

	(void)word;
	(void)words;
	for (i = 0; i < s->drop->count; i++)
		s->drop->message[i].flags &= (uint8_t)~DROP_DELETED;
	s->last = 0;
	good(s, "no message is marked");
}

/* of RFC 1460 and no later one; some clients still ask */
static void
on_last(struct serving *s, char **word, size_t words)
{
	(void)word;
	(void)words;
	out_puts(&s->d->out, "+OK ");
	out_num(&s->d->out, s->last);
	out_put(&s->d->out, "\r\n", 2);
}

static void
on_capa(struct serving *s, char **word, size_t words)
{
	(void)word;
	(void)words;
	good(s, "what there is");
	out_puts(&s->d->out, "TOP\r\nUIDL\r\nPIPELINING\r\nRESP-CODES\r\nEXPIRE NEVER\r\nUTF8\r\n.\r\n");
}

static void
on_quit(struct serving *s, char **word, size_t words)
{
	uint64_t count, bytes;
	size_t left;

	(void)word;
	(void)words;
	totals(s->drop, &count, &bytes);
	s->deleted = s->drop->count - count;
	s->over = true;
	if (maildrop_update(s->drop, &left)) {
		good(s, "bye");
		return;
	}
	s->deleted -= left;
	say(s->id, " trouble ", s->who, ": unable to remove messages: ", strerror(errno));
	bad(s, "[SYS/TEMP] some deleted messages were not removed");
}

static const struct {
	const char *verb;
	size_t least, most;             /* words behind it */
	void (*run)(struct serving *, char **word, size_t words);
} table[] = {
	{ "STAT", 0, 0, on_stat },
	{ "LIST", 0, 1, on_list },
	{ "UIDL", 0, 1, on_uidl },
	{ "RETR", 1, 1, on_retr },
	{ "TOP", 2, 2, on_top },
	{ "DELE", 1, 1, on_dele },
	{ "NOOP", 0, 0, on_noop },
	{ "RSET", 0, 0, on_rset },
	{ "LAST", 0, 0, on_last },
	{ "CAPA", 0, 0, on_capa },
	{ "QUIT", 0, 0, on_quit },
};

static void
answer(struct serving *s, size_t len)
{
	char *word[COMMAND_WORDS] = { 0 };
	struct command c;
	size_t i, words;

	if (!command_parse(s->d->line, len, &c)) {
		senseless(s, "CR and NUL have no place in a command");
		return;
	}
	words = command_words(&c, word);
	for (i = 0; i < sizeof table / sizeof *table; i++)
		if (strcmp(table[i].verb, c.verb) == 0)
			break;
	if (i == sizeof table / sizeof *table)
		senseless(s, "no such command here");
	else if (words < table[i].least)
		senseless(s, "this command needs more words");
	else if (words > table[i].most)
		senseless(s, "too many words for this command");
	else
		table[i].run(s, word, words);
}

static void
begin(struct serving *s)
{
	char messages[NUM_TEXT], octets[NUM_TEXT];
	uint64_t count, bytes;

	totals(s->drop, &count, &bytes);
	say(s->id, " begin messages ", num_text(messages, count), " bytes ", num_text(octets, bytes), " ", s->who);
	if (s->drop->more)
		say(s->id, " trouble ", s->who, ": there are more messages, which are not shown now");
	good(s, "welcome");
}

static void
end(const struct serving *s, int64_t began_ms)
{
	char retrieved[NUM_TEXT], deleted[NUM_TEXT], left[NUM_TEXT], seconds[NUM_TEXT];

	say(s->id, " end retrieved ", num_text(retrieved, s->retrieved), " deleted ", num_text(deleted, s->deleted), " left ",
	    num_text(left, s->drop->count - s->deleted), " seconds ", num_text(seconds, (uint64_t)(clock_mono_ms() - began_ms) / 1000),
	    " ", s->who);
}

void
serve(struct serving *s)
{
	int64_t began_ms = clock_mono_ms();
	size_t len;

	begin(s);
	while (!s->over)
		switch (dialog_line(s->d, &len)) {
		case DIALOG_COMMAND:
			answer(s, len);
			break;
		case DIALOG_LONG:
			bad(s, "line too long");
			say(s->id, " refused ", s->who, ": line too long");
			s->over = true;
			break;
		case DIALOG_LATE:
			bad(s, "nothing came for too long");
			errno = ETIMEDOUT;
			say(s->id, " lost ", s->who, " while it was silent: ", strerror(errno));
			s->over = true;
			break;
		case DIALOG_GONE:
		default:
			lost(s, "without QUIT");
		}
	(void)out_flush(&s->d->out);
	end(s, began_ms);
}
