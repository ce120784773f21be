#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "lib/buf.h"
#include "tools/top.h"

#define ENTER "\033[?1049h\033[?25l\033[?7l"            /* another page, no cursor, long lines are cut */
#define LEAVE "\033[0m\033[?7h\033[?25h\033[?1049l"

static struct termios before;
static int keys = -1;
static volatile int entered;
static struct screen shown;

bool
term_open(void)
{
	keys = isatty(0) ? 0 : open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC);
	return keys >= 0 && tcgetattr(keys, &before) == 0;
}

void
term_enter(void)
{
	struct termios t = before;

	t.c_lflag &= ~(tcflag_t)(ICANON | ECHO);        /* signals still come from keys */
	t.c_cc[VMIN] = 1;
	t.c_cc[VTIME] = 0;
	(void)tcsetattr(keys, TCSAFLUSH, &t);
	entered = 1;
	(void)!write(1, ENTER, sizeof ENTER - 1);
}

void
term_leave(void)
{
	int e = errno;

	if (entered) {
		entered = 0;
		(void)!write(1, LEAVE, sizeof LEAVE - 1);
		(void)tcsetattr(keys, TCSANOW, &before);
	}
	errno = e;
}

int
term_keys(void)
{
	return keys;
}

static size_t
between(size_t n, size_t preset, size_t most)
{
	return n == 0 ? preset : n > most ? most : n;
}

void
term_size(size_t *rows, size_t *cols)
{
	struct winsize w = { 0 };

	(void)ioctl(1, TIOCGWINSZ, &w);
	*rows = between(w.ws_row, 24, SCREEN_ROWS);
	*cols = between(w.ws_col, 80, SCREEN_COLS);
}

/* a slow line may take its time, but not the signals with it */
static bool
put(const char *s, size_t n)
{
	ssize_t r;

	for (; n; s += r, n -= (size_t)r)
		if ((r = write(1, s, n)) < 0)
			return false;
	return true;
}

/* The new text over the old one, and only then the rest of the row is cleared: a slow terminal shows no empty row in between.
 * Behind a full row the cursor still stands on the last character. */
static bool
put_row(struct buf *b, size_t i, const struct row *r, size_t cols)
{
	static const char *const looks[] = { "", "\033[1m", "\033[7m" };

	return buf_puts(b, "\033[") && buf_num(b, i + 1) && buf_puts(b, ";1H\033[0m") && buf_puts(b, looks[r->look]) &&
	    buf_puts(b, r->text) && buf_puts(b, strlen(r->text) < cols ? "\033[0m\033[K" : "");
}

bool
term_show(const struct screen *s, bool whole)
{
	static const struct row nothing;
	static struct buf b = BUF(SCREEN_ROWS * (SCREEN_COLS + 40) + 100);
	size_t i;
	bool ok = !whole || buf_puts(&b, "\033[0m\033[2J");

	for (i = 0; ok && i < s->rows; i++) {
		const struct row *r = i < s->used ? &s->row[i] : &nothing, *old = whole ? &nothing : &shown.row[i];

		if (r->look != old->look || strcmp(r->text, old->text) != 0)
			ok = put_row(&b, i, r, s->cols);
		shown.row[i].look = r->look;
		strcpy(shown.row[i].text, r->text);
	}
	ok = ok && put(b.s ? b.s : "", b.len);
	buf_clear(&b);
	return ok;
}
