#include "pop/authorize.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "lib/base64.h"
#include "lib/clock.h"
#include "lib/conf.h"
#include "lib/ip.h"
#include "lib/msg.h"
#include "lib/num.h"
#include "pop/command.h"
#include "pop/keeper.h"

#define BAD_MAX 10
#define COMMANDS_MAX 100
#define TLS_HANDSHAKE 0x16              /* first byte of a client that expected TLS at once */

static void
good(struct authorize *a, const char *text)
{
	dialog_say(a->d, "+OK", text);
}

static void
bad(struct authorize *a, const char *text)
{
	dialog_say(a->d, "-ERR", text);
}

static const char *
ip(const struct authorize *a)
{
	return *a->peer->ip ? a->peer->ip : "unknown";
}

/* the last answer */
static void
refuse(struct authorize *a, const char *text)
{
	bad(a, text);
	say(a->id, " refused client ", ip(a), ": ", text);
	a->over = true;
}

static void
senseless(struct authorize *a, const char *text)
{
	if (++a->bad > BAD_MAX)
		refuse(a, "too many bad commands");
	else
		bad(a, text);
}

static bool
is_local(const char *text)
{
	static const unsigned char six[16] = { [15] = 1 };
	unsigned char it[16];

	return ip_read(text, it) && (ip_is_v4(it) ? it[12] == 127 : memcmp(it, six, 16) == 0);
}

static bool
may_log_in(const struct authorize *a)
{
	return a->tls.on || a->without_tls || is_local(a->peer->ip);
}

static void
log_login(const struct authorize *a, const char *how, const char *mechanism, const char *login)
{
	say(a->id, " auth ", how, " client ", ip(a), " mechanism ", mechanism, " tls ", a->tls.on ? "yes" : "no", " login ", login);
}

/* ---- a login and a password */

static void
wrong(struct authorize *a, const char *how, const char *mechanism, const char *login)
{
	a->wrong++;
	log_login(a, how, mechanism, login);
	credentials_wait(a->delay_s, a->wrong);
	if (a->wrong >= a->most_wrong)
		refuse(a, "[AUTH] too many wrong passwords");
	else
		bad(a, "[AUTH] login or password is wrong");
}

static void
log_in(struct authorize *a, const char *login, const char *password, const char *mechanism)
{
	char asked[CREDENTIALS_ASKED], now[NUM_TEXT];
	enum keeper_answer answer;
	enum credentials_block block;
	struct conf_error e;
	size_t n;

	n = credentials_put(asked, login, password, a->apop ? a->banner : num_text(now, (uint64_t)clock_wall_s()));
	if (!credentials_sane(login) || !*password || !n) {
		explicit_bzero(asked, sizeof asked);
		wrong(a, "failed", mechanism, login);
		return;
	}
	if ((block = credentials_blocked(-1, login, &e)) != CREDENTIALS_FREE) {
		explicit_bzero(asked, sizeof asked);
		if (block == CREDENTIALS_UNTOLD) {
			say(a->id, " trouble: ", e.text);
			refuse(a, "[SYS/TEMP] unable to check logins now, try later");
		} else
			wrong(a, "blocked", mechanism, login);
		return;
	}
	if (!out_flush(&a->d->out)) {
		a->over = true;
		return;
	}
	answer = keeper_ask(a->keeper, a->tls.on && a->tls.way == TLS_UCSPI ? KEEPER_UCSPI : KEEPER_CLEAR, asked, n);
	explicit_bzero(asked, sizeof asked);
	if (answer == KEEPER_DONE) {
		log_login(a, "ok", mechanism, login);   /* the session is over by now: its own lines said when it was */
		a->over = true;
	} else if (answer == KEEPER_WRONG)
		wrong(a, "failed", mechanism, login);
	else
		refuse(a, "[SYS/TEMP] unable to check passwords now, try later");
}

/* ---- commands */

static bool
safe_enough(struct authorize *a)
{
	if (may_log_in(a))
		return true;
	senseless(a, tlswrap_offered(&a->tls) ? "a password needs encryption: STLS comes first" :
	    "a password needs encryption, which is not offered on this port: use one with TLS, such as 995");
	return false;
}

static void
on_user(struct authorize *a, struct command *c)
{
	if (!safe_enough(a))
		return;
	*a->login = 0;
	if (!*c->rest)
		senseless(a, "USER NAME is expected");
	else {
		/* one that is too long is nobody's, as no login has this byte; PASS tells, as for all who do not exist */
		snprintf(a->login, sizeof a->login, "%s", strlen(c->rest) <= CREDENTIALS_LOGIN ? c->rest : "\1");
		good(a, "");
	}
}

static void
on_pass(struct authorize *a, struct command *c)
{
	char login[CREDENTIALS_LOGIN + 1];

	if (!*a->login) {
		senseless(a, "USER comes first");
		return;
	}
	if (!safe_enough(a))
		return;
	strcpy(login, a->login);
	*a->login = 0;
	log_in(a, login, c->rest, "USER");
}

static void
on_apop(struct authorize *a, struct command *c)
{
	char *word[COMMAND_WORDS] = { 0 };

	if (!a->apop)
		senseless(a, "APOP is not offered here");
	else if (command_words(c, word) != 2)
		senseless(a, "APOP NAME DIGEST is expected");
	else if (safe_enough(a))
		log_in(a, word[0], word[1], "APOP");
}

/* the client's next line; false: it was answered, or the client is gone */
static bool
challenge(struct authorize *a, size_t *n)
{
	dialog_say(a->d, "+", "");
	switch (dialog_line(a->d, n)) {
	case DIALOG_COMMAND:
		if (strcmp(a->d->line, "*") != 0)
			return true;
		bad(a, "given up, as you wish");
		break;
	case DIALOG_LONG:
		refuse(a, "line too long");
		break;
	default:
		a->over = true;
	}
	return false;
}

/* authorization identity 0 login 0 password (RFC 4616), in the line from text on, decoded in place */
static void
plain(struct authorize *a, char *text, size_t n)
{
	char *login, *password;

	if (n == 1 && *text == '=')
		n = 0;
	if (!base64_decode(text, &n, text, n)) {
		senseless(a, "that is not base64");
		return;
	}
	text[n] = 0;
	login = memchr(text, 0, n);
	password = login ? memchr(login + 1, 0, n - (size_t)(login + 1 - text)) : 0;
	if (!password || strlen(password + 1) != n - (size_t)(password + 1 - text))
		senseless(a, "that is not what PLAIN says");
	else if (*text && strcmp(text, login + 1) != 0)
		wrong(a, "failed", "PLAIN", login + 1);         /* nobody acts for others here */
	else
		log_in(a, login + 1, password + 1, "PLAIN");
}

/* RFC 5034 */
static void
on_auth(struct authorize *a, struct command *c)
{
	char *word[COMMAND_WORDS] = { 0 };
	size_t words = command_words(c, word), n;

	if (!words) {
		good(a, "");
		out_puts(&a->d->out, may_log_in(a) ? "PLAIN\r\n.\r\n" : ".\r\n");
	} else if (words > 2 || strcasecmp(word[0], "PLAIN") != 0)
		senseless(a, "no such mechanism here; PLAIN is");
	else if (safe_enough(a)) {
		if (words == 2)
			plain(a, word[1], strlen(word[1]));
		else if (challenge(a, &n))
			plain(a, a->d->line, n);
	}
}

static void
on_capa(struct authorize *a, struct command *c)
{
	(void)c;
	good(a, "what there is");
	if (may_log_in(a))
		out_puts(&a->d->out, "USER\r\nSASL PLAIN\r\n");
	if (tlswrap_offered(&a->tls))
		out_puts(&a->d->out, "STLS\r\n");
	out_puts(&a->d->out, "TOP\r\nUIDL\r\nPIPELINING\r\nRESP-CODES\r\nAUTH-RESP-CODE\r\nEXPIRE NEVER\r\nUTF8\r\n.\r\n");
}

/* RFC 2595 4; what the client said before is forgotten */
static void
on_stls(struct authorize *a, struct command *c)
{
	char bytes[NUM_TEXT];
	size_t thrown;
	bool ok;

	if (*c->rest) {
		senseless(a, "this command takes no argument");
		return;
	}
	if (!tlswrap_offered(&a->tls)) {
		senseless(a, a->tls.on ? "TLS is in use" : "no such command here");
		return;
	}
	*a->login = 0;
	ok = tlswrap_start(&a->tls, &a->d->in, &a->d->out, "+OK begin TLS\r\n", &thrown);
	if (thrown)
		say(a->id, " trouble: the client sent more after STLS before the handshake; bytes thrown away: ", num_text(bytes, thrown));
	if (ok) {
		say(a->id, " tls client ", ip(a), " ", tlswrap_words(&a->tls));
		return;
	}
	say(a->id, " lost client ", ip(a), " at STLS: ", strerror(errno));
	a->d->out.len = 0;
	a->over = true;
}

static void
on_utf8(struct authorize *a, struct command *c)
{
	(void)c;
	good(a, "");                            /* RFC 6856 2; messages are sent as they are anyway */
}

static void
on_quit(struct authorize *a, struct command *c)
{
	(void)c;
	good(a, "bye");
	a->over = true;
}

static void
answer(struct authorize *a, size_t len)
{
	static const struct {
		const char *verb;
		void (*run)(struct authorize *, struct command *);
	} table[] = { { "USER", on_user }, { "PASS", on_pass }, { "APOP", on_apop }, { "AUTH", on_auth }, { "CAPA", on_capa },
		{ "STLS", on_stls }, { "UTF8", on_utf8 }, { "QUIT", on_quit } };
	struct command c;
	size_t i;

	if (!tlswrap_first(&a->tls, &a->d->in))
		refuse(a, "more than one command before the first reply after STLS");
	else if (a->d->line[0] == TLS_HANDSHAKE)
		refuse(a, "TLS is not spoken here before POP3");
	else if (!command_parse(a->d->line, len, &c))
		senseless(a, "CR and NUL have no place in a command");
	else if (++a->commands > COMMANDS_MAX)
		refuse(a, "too many commands without a login");
	else {
		for (i = 0; i < sizeof table / sizeof *table && strcmp(table[i].verb, c.verb) != 0; i++)
			;
		if (i < sizeof table / sizeof *table)
			table[i].run(a, &c);
		else
			senseless(a, "no such command here; USER, PASS and QUIT are");
	}
}

static void
greet(struct authorize *a)
{
	char line[2 * AUTHORIZE_BANNER];

	/* RFC 1939 7: never the same twice */
	if (a->apop)
		snprintf(a->banner, sizeof a->banner, "<%s@%.255s>", a->id, a->host);
	snprintf(line, sizeof line, "%.255s POP3%s%s", a->host, a->apop ? " " : "", a->banner);
	good(a, line);
}

void
authorize_run(struct authorize *a)
{
	size_t len;

	a->d->deadline_ms = clock_mono_ms() + AUTHORIZE_S * 1000;
	greet(a);
	while (!a->over) {
		switch (dialog_line(a->d, &len)) {
		case DIALOG_COMMAND:
			answer(a, len);
			break;
		case DIALOG_LONG:
			refuse(a, "line too long");
			break;
		case DIALOG_LATE:
			refuse(a, "no login for too long");
			break;
		case DIALOG_GONE:
		default:
			a->over = true;
		}
		explicit_bzero(a->d->line, sizeof a->d->line);  /* it may have been a password */
	}
	(void)out_flush(&a->d->out);
}
