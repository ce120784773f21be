#include "resolve/separators.h"

#include <string.h>

bool
separators_settle(struct buf *b, struct conf_error *e)
{
	if (!b->s && !(b->max = CONF_FILE_MAX, buf_puts(b, "+"))) {
		conf_complain(e, "separators", "out of memory", 0);
		return false;
	}
	if (b->s[strspn(b->s, "!#$%&'*+-/=?^_`{|}~.")]) {
		conf_complain(e, "separators", "only characters that are no letter, digit, blank or one of \"(),:;<>@[\\] can be", 0);
		return false;
	}
	return true;
}
