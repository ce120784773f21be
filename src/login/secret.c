#include "login/secret.h"

#include <string.h>

static bool
is_usable(const char *hash)
{
	return hash && *hash && *hash != '!' && *hash != '*';
}

/* how long this takes depends on the length of the first alone, which is not secret */
static bool
is_equal(const char *expected, const char *got)
{
	size_t n = strlen(expected), m = strlen(got), i;
	unsigned char different = n != m;

	for (i = 0; i < n; i++)
		different |= (unsigned char)(expected[i] ^ got[i < m ? i : m]);
	return !different;
}

enum secret_result
secret_check(const char *hash, const char *model, const char *password, secret_crypt *crypt)
{
	const char *setting = is_usable(hash) ? hash : model;
	const char *got = crypt(password, setting);
	bool equal;

	if (!got || *got == '*')
		return SECRET_TROUBLE;
	equal = is_equal(setting, got);
	return equal && setting == hash && *password ? SECRET_RIGHT : SECRET_WRONG;
}

const char *
secret_expired(const struct secret_days *d, long today)
{
	if (d->expires >= 0 && today >= d->expires)
		return "the account has expired";
	if (d->changed == 0)
		return "the password must be changed first";
	if (d->changed > 0 && d->most >= 0 && today - d->changed > d->most)
		return "the password has expired";
	return 0;
}
