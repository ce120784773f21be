#include "wire/credentials.h"

#include <string.h>
#include <strings.h>
#include <time.h>

bool
credentials_sane(const char *login)
{
	size_t i, n = strlen(login);

	for (i = 0; i < n; i++)
		if ((unsigned char)login[i] < ' ' || login[i] == 127)
			return false;
	return n > 0 && n <= CREDENTIALS_LOGIN;
}

size_t
credentials_put(char asked[CREDENTIALS_ASKED], const char *login, const char *password, const char *stamp)
{
	size_t l = strlen(login) + 1, p = strlen(password) + 1, t = strlen(stamp) + 1;

	if (l > CREDENTIALS_ASKED || p > CREDENTIALS_ASKED - l || t > CREDENTIALS_ASKED - l - p)
		return 0;
	memcpy(asked, login, l);
	memcpy(asked + l, password, p);
	memcpy(asked + l + p, stamp, t);
	return l + p + t;
}

bool
credentials_get(const char *asked, size_t n, const char **login, const char **password)
{
	const char *end = memchr(asked, 0, n);

	*login = asked;
	*password = end ? end + 1 : asked;
	return end && memchr(*password, 0, (size_t)(asked + n - *password));
}

uint64_t
credentials_delay(uint64_t delay_s, uint64_t wrong)
{
	uint64_t i;

	if (delay_s == 0)
		return 0;
	for (i = 1; i < wrong && delay_s < CREDENTIALS_DELAY_S; i++)
		delay_s *= 2;
	return delay_s < CREDENTIALS_DELAY_S ? delay_s : CREDENTIALS_DELAY_S;
}

void
credentials_wait(uint64_t delay_s, uint64_t wrong)
{
	struct timespec t = { (time_t)credentials_delay(delay_s, wrong), 0 };

	if (t.tv_sec)
		(void)nanosleep(&t, 0);
}

enum credentials_block
credentials_blocked(int dir, const char *login, struct conf_error *e)
{
	struct buf list = BUF(0);
	const struct conf table[] = { { "badlogins", CONF_LINES, &list, 0, 0, 0 } };
	enum credentials_block found = CREDENTIALS_FREE;
	const char *line = 0;

	if (dir < 0 ? !conf_read(table, 1, e) : !conf_load(dir, table, 1, e))
		return CREDENTIALS_UNTOLD;
	while (found == CREDENTIALS_FREE && (line = conf_next(&list, line)))
		if (strcasecmp(line, login) == 0)
			found = CREDENTIALS_BLOCKED;
	buf_free(&list);
	return found;
}
