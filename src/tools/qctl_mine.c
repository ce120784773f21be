/* What a user may see and do with mail of his own, through queue/pub/ctl. */
#include "tools/qctl.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/msg.h"
#include "tools/put.h"
#include "wire/control.h"
#include "wire/fields.h"

static const char *
state_name(const char *letter)
{
	switch (*letter) {
	case 'k': return "\tdelivered  ";
	case 'd': return "\tfailed  ";
	case 'b': return "\tbounced  ";
	case 'x': return "\texpanded  ";
	default: return "\twaiting  ";
	}
}

/* false: it makes no sense */
static bool
put_message(struct out *o, struct fields *f)
{
	const char *id = fields_next(f), *place = fields_next(f), *sender, *state, *rcpt;
	uint64_t arrival, bytes;

	if (!place || !fields_next_num(f, 0, INT64_MAX, &arrival) || !fields_next_num(f, 0, INT64_MAX, &bytes) || !(sender = fields_next(f)))
		return false;
	put_masked(o, id);
	out_puts(o, "  ");
	out_num(o, bytes);
	out_puts(o, " bytes  ");
	put_age(o, clock_wall_s() - (int64_t)arrival);
	out_puts(o, " old  <");
	put_masked(o, sender);
	out_puts(o, strcmp(place, "hold") == 0 ? ">  held\n" : ">\n");
	while ((state = fields_next(f)) && (rcpt = fields_next(f))) {
		out_puts(o, state_name(state));
		put_masked(o, rcpt);
		out_byte(o, '\n');
	}
	return true;
}

static int
open_users(void)
{
	int s = control_connect(true);

	if (s < 0)
		ask_failed();
	return s;
}

/* a whole answer to "mine" */
static bool
hear_all(struct out *o, int s)
{
	static char packet[CONTROL_PACKET];
	struct fields f;
	const char *kind = 0, *words;
	ssize_t n;

	while ((n = control_packet(s, packet)) > 0 && fields_open(&f, packet, (size_t)n) && (kind = fields_next(&f)) && *kind == 'M')
		if (!put_message(o, &f))
			break;
	if (n <= 0 || !kind || *kind == 'M' || !(words = fields_next(&f))) {
		errno = n < 0 ? errno : EPROTO;
		ask_failed();
	}
	if (*kind == 'K')
		return true;
	(void)out_flush(o);
	warn_say(words);
	return false;
}

bool
mine(struct out *o)
{
	struct buf b = BUF(100);
	int s = open_users();
	bool ok;

	if (!fields_put(&b, "mine") || !control_send(s, &b))
		ask_failed();
	ok = hear_all(o, s);
	close(s);
	buf_free(&b);
	return ok;
}

bool
cancel(struct out *o, char **ids, size_t n)
{
	struct buf b = BUF(CONTROL_PACKET), text = BUF(CONTROL_PACKET);
	bool ok = true, done;
	size_t i;
	int s;

	if (!n)
		die_say(EX_HARD, "usage: pneu-qctl cancel ID...");
	s = open_users();
	for (i = 0; i < n; i++) {
		buf_clear(&b);
		if (!fields_put(&b, "cancel") || !fields_put(&b, ids[i]) || !control_send(s, &b) || !control_receive(s, &done, &text))
			ask_failed();
		out_puts(o, "cancel ");
		put_masked(o, ids[i]);
		out_puts(o, ": ");
		ask_words(o, text.len ? text.s : done ? "done" : "refused");
		ok &= done;
	}
	close(s);
	buf_free(&b);
	buf_free(&text);
	return ok;
}
