#include "remote/sasl.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "remote/secretline.h"
#include "lib/base64.h"
#include "mail/retryhint.h"
#include "wire/logins.h"

#define COMMAND_LINE 512                /* RFC 4954 4., CR LF included */
#define PLAIN_MAX (LOGINS_SECRET + 3 * LOGINS_USER + CLIENT_HOST + 100)
#define TELLING 24                      /* so many letters of ours in a reply are no chance */

_Static_assert(BASE64_LETTERS(PLAIN_MAX) + 2 <= 12288, "one line of RFC 4954 holds it");

/* What is secret; all of it is overwritten in the end. A buf would leave copies where it has been. */
static struct login login;
static char output[SASL_OUTPUT];
static char plain[PLAIN_MAX];
static char letters[BASE64_LETTERS(PLAIN_MAX) + 1];
static char told[TELLING + 1];          /* what the letters of the password began with */

static bool
ours(struct result *why, const char *a, const char *b, const char *c)
{
	result_say(why, 'Z', true, "4.3.5", a, b, c, "\n");
	return false;
}

static bool
find(const char *name, struct result *why)
{
	struct conf_error e;
	int etc = conf_open();
	bool ok;

	if (etc < 0)
		return ours(why, "unable to open the directory of control files: ", strerror(errno), "");
	ok = logins_find(etc, name, &login, &e);
	close(etc);
	return ok || ours(why, "no login: ", e.text, "");
}

bool
sasl_ready(const char *name, struct result *why)
{
	bool ok = find(name, why);

	logins_forget(&login);
	return ok;
}

/* the password or token itself; 0: why is filled */
static const char *
secret(const char *name, struct result *why)
{
	const struct secretline s = { .command = login.secret, .name = name, .user = login.user, .limit_ms = SASL_COMMAND_MS };
	const char *bad, *c;

	if (login.kind == LOGINS_PASSWORD)
		return login.secret;
	bad = secretline_get(&s, output, sizeof output);
	if (!bad && strlen(output) > LOGINS_SECRET)
		bad = "wrote a first line that is too long";
	for (c = output; !bad && login.kind == LOGINS_TOKEN && *c; c++)
		if (*c <= ' ' || *c > '~')
			bad = "wrote something that is no token";
	if (!bad)
		return output;
	result_say(why, 'Z', true, "4.3.5", "the command of control/smtplogins for ", name, " ", bad, "\n");
	return 0;
}

/* ---- the words of a mechanism */

static size_t
put(size_t n, const char *s)
{
	size_t len = strlen(s);

	memcpy(plain + n, s, len);
	return n + len;
}

/* as RFC 5801 wants a name: without ',' and '=' */
static size_t
put_name(size_t n, const char *s)
{
	for (; *s; s++) {
		const char one[2] = { *s, 0 };

		n = put(n, *s == ',' ? "=2C" : *s == '=' ? "=3D" : one);
	}
	return n;
}

/* into plain; how many bytes. The host of the route is a name of at most CLIENT_HOST bytes. */
static size_t
response(const struct client *c, unsigned mechanism, const char *password)
{
	size_t n = 0;

	switch (mechanism) {
	case OFFERS_PLAIN:
		plain[n++] = 0;
		n = put(n, login.user);
		plain[n++] = 0;
		return put(n, password);
	case OFFERS_XOAUTH2:
		n = put(put(n, "user="), login.user);
		break;
	case OFFERS_OAUTHBEARER:
	default:
		n = put(put_name(put(n, "n,a="), login.user), ",");
		if (*c->host)
			n = put(put(n, "\1host="), c->host);
		break;
	}
	return put(put(put(n, "\1auth=Bearer "), password), "\1\1");
}

/* ---- the dialogue */

/* A line of a command or none and n bytes as letters, and the reply to it; false: errno */
static bool
say(struct client *c, const char *command, const char *s, size_t n)
{
	char end[] = "\r\n";
	struct iovec v[] = { { (char *)(uintptr_t)command, strlen(command) }, { letters, base64_encode(letters, s, n) }, { end, 2 } };

	letters[v[1].iov_len] = 0;
	return client_send(c, v, 3) && client_reply(c, CLIENT_COMMAND_S);
}

/* the same with what nobody else may hear */
static bool
say_secret(struct client *c, const char *command, const char *s, size_t n)
{
	bool ok = say(c, command, s, n);

	memcpy(told, letters, TELLING);
	return ok;
}

static bool
is_asked(const struct client *c)
{
	return c->reply.code == 334;
}

/* 334 and nothing, or what is nothing */
static bool
is_plain_question(const struct client *c)
{
	const char *s = c->reply.text + (c->reply.len > 3 ? 4 : c->reply.len);

	return is_asked(c) && (!*s || strcmp(s, "=") == 0);
}

static bool
give_up(struct client *c)
{
	return !is_asked(c) || say(c, "*", "", 0);
}

/* a user, then a password, each when it is asked for */
static bool
by_login(struct client *c, const char *password)
{
	return say(c, "AUTH LOGIN", "", 0) && (!is_asked(c) || say(c, "", login.user, strlen(login.user))) &&
	    (!is_asked(c) || say_secret(c, "", password, strlen(password))) && give_up(c);
}

/* One response, in the same line if it is short. There are servers that offer a mechanism and want it alone in the line all the
 * same. With a token another 334 has the error in it and wants an answer, which says nothing, to come to its end. */
static bool
by_response(struct client *c, const char *command, unsigned mechanism, const char *password)
{
	size_t n = response(c, mechanism, password);
	bool at_once = strlen(command) + BASE64_LETTERS(n) + 3 <= COMMAND_LINE, bearer = mechanism == OFFERS_OAUTHBEARER;
	char line[30];

	strcpy(line, command);
	if (at_once)
		strcat(line, " ");
	if (at_once ? !say_secret(c, line, plain, n) : !say(c, line, "", 0))
		return false;
	if (!at_once || mechanism == OFFERS_PLAIN ? is_asked(c) : is_plain_question(c))
		if (!say_secret(c, "", plain, n))
			return false;
	if (is_asked(c) && mechanism != OFFERS_PLAIN && !say(c, "", "\1", bearer))
		return false;
	return give_up(c);
}

/* A server that repeats what it was told tells it to our log, and to the sender. */
static void
hide(struct reply *r, const char *password)
{
	if (!strstr(r->text, password) && !(*told && strstr(r->text, told)))
		return;
	explicit_bzero(r->text + 3, r->len - 3);
	strcpy(r->text + 3, " (the rest is not shown: the password is in it)");
	r->len = strlen(r->text);
}

static bool
refused(struct client *c, struct result *why)
{
	char status[REPLY_STATUS];

	if (!reply_status(&c->reply, status) || *status != '4')
		strcpy(status, "4.7.8");
	result_say(why, 'Z', true, status, c->ip, " does not let us log in as ", c->login, ".\nRemote host said: ", c->reply.text, "\n");
	if (c->reply.code / 100 == 4)
		why->wait_s = retryhint(c->reply.text);
	return false;
}

/* with the first of the mechanisms, or the next one where the server does not know it after all */
static bool
log_in(struct client *c, unsigned mechanisms, const char *password, struct result *why)
{
	static const char *const command[] = { "AUTH PLAIN", "AUTH LOGIN", "AUTH XOAUTH2", "AUTH OAUTHBEARER" };
	unsigned i;

	for (i = 0; i < sizeof command / sizeof *command; i++) {
		unsigned mechanism = 1u << i;
		bool heard;

		if (!(mechanisms & mechanism))
			continue;
		heard = mechanism == OFFERS_LOGIN ? by_login(c, password) : by_response(c, command[i], mechanism, password);
		if (!heard) {
			result_say(why, 'Z', true, "4.4.2", c->ip, " ", client_trouble(errno), " after AUTH\n");
			return false;
		}
		if (c->reply.code / 100 == 2)
			return true;
		if (c->reply.code != 504 && c->reply.code != 534)
			break;
	}
	hide(&c->reply, password);
	return refused(c, why);
}

static bool
protected(const struct client *c, struct result *why)
{
	if (c->tls.pid || (c->wanted && c->wanted->login_in_clear))
		return true;
	result_say(why, 'Z', true, "4.7.5", c->ip, " would hear a password in clear text\n");
	return false;
}

static bool
with_secret(struct client *c, struct result *why)
{
	unsigned mine = login.kind == LOGINS_TOKEN ? OFFERS_XOAUTH2 | OFFERS_OAUTHBEARER : OFFERS_PLAIN | OFFERS_LOGIN;
	const char *password;

	if (!(c->offers.auth & mine)) {
		result_say(why, 'Z', true, "4.7.8", c->ip, " offers no AUTH with ",
		    login.kind == LOGINS_TOKEN ? "XOAUTH2 or OAUTHBEARER" : "PLAIN or LOGIN", ", as the login ", c->login, " needs it\n");
		return false;
	}
	password = secret(c->login, why);
	return password && log_in(c, c->offers.auth & mine, password, why);
}

bool
sasl_login(struct client *c, struct result *why)
{
	bool ok = protected(c, why) && find(c->login, why) && with_secret(c, why);

	logins_forget(&login);
	explicit_bzero(output, sizeof output);
	explicit_bzero(plain, sizeof plain);
	explicit_bzero(letters, sizeof letters);
	explicit_bzero(told, sizeof told);
	return ok;
}
