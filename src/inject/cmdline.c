#include "inject/cmdline.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "inject/await.h"
#include "lib/ascii.h"
#include "lib/num.h"

static char complaint[160];

static const char *
wrong(const char *what, const char *value)
{
	size_t i;

	snprintf(complaint, sizeof complaint, "%s%.60s", what, value);
	for (i = 0; complaint[i]; i++)
		complaint[i] = ascii_mask(complaint[i]);
	return complaint;
}

/* ---- the letters */

static const char *
on_mode(struct cmdline *o, const char *v)
{
	static const struct {
		char letter;
		enum mode mode;
	} modes[] = {
		{ 'm', MODE_DELIVER }, { 'a', MODE_DELIVER }, { 's', MODE_SMTP }, { 'p', MODE_LIST }, { 'P', MODE_COUNT },
		{ 'i', MODE_ALIASES }, { 'v', MODE_VERIFY }, { 'd', MODE_DAEMON }, { 'D', MODE_FOREGROUND }, { 'h', MODE_STATUS },
		{ 'H', MODE_PURGE }, { 't', MODE_TEST },
	};
	size_t i;

	for (i = 0; i < sizeof modes / sizeof *modes; i++)
		if (*v == modes[i].letter) {
			o->mode = modes[i].mode;
			return 0;
		}
	return wrong("unknown mode -b", v);
}

static const char *
on_errors(struct cmdline *o, const char *v)
{
	switch (*v) {
	case 'm': o->on_error = ERROR_MAIL; return 0;
	case 'q': o->on_error = ERROR_QUIET; return 0;
	case 'e': o->on_error = ERROR_MAIL_OK; return 0;
	case 'p': case 'w': case 0: o->on_error = ERROR_PRINT; return 0;
	default: return wrong("unknown error mode -e", v);
	}
}

static const char *
on_body(struct cmdline *o, const char *v)
{
	o->seven = strcasecmp(v, "7BIT") == 0;
	return o->seven || strcasecmp(v, "8BITMIME") == 0 ? 0 : wrong("-B takes 7BIT or 8BITMIME, not ", v);
}

static const char *
on_notify(struct cmdline *o, const char *v)
{
	unsigned bits = dsn_notify(v, strlen(v));

	if (!bits)
		return wrong("-N takes never, or success, failure and delay with commas, not ", v);
	dsn_notify_text(o->notify, bits);
	return 0;
}

static const char *
on_return(struct cmdline *o, const char *v)
{
	o->ret = strcasecmp(v, "full") == 0 ? "FULL" : strcasecmp(v, "hdrs") == 0 ? "HDRS" : 0;
	return o->ret ? 0 : wrong("-R takes full or hdrs, not ", v);
}

static const char *
on_envid(struct cmdline *o, const char *v)
{
	o->envid = v;
	return dsn_envid(v, strlen(v)) ? 0 : wrong("-V takes xtext of up to 100 bytes, not ", v);
}

static const char *
on_hops(struct cmdline *o, const char *v)
{
	return num_u64(v, 0, UINT32_MAX, &o->hops) ? 0 : wrong("-h takes a number, not ", v);
}

static const char *
on_sender(struct cmdline *o, const char *v)
{
	o->sender = v;
	return 0;
}

static const char *
on_name(struct cmdline *o, const char *v)
{
	o->name = v;
	return 0;
}

/* why it is to be held; printable, and not longer than a value may be */
static const char *
on_quarantine(struct cmdline *o, const char *v)
{
	size_t i, n = strlen(v);

	for (i = 0; i < n; i++)
		if (!ascii_print(v[i]))
			return "-Q takes printable text";
	o->hold = *v ? v : "sendmail -Q";
	return n <= 500 ? 0 : "-Q takes up to 500 bytes";
}

static const char *
on_long(struct cmdline *o, const char *v)
{
	const char *eq = strchr(v, '=');
	size_t n = eq ? (size_t)(eq - v) : strlen(v);
	const char *is = eq ? eq + 1 : "";
	bool yes = !*is || strchr("tTyY1", *is);

	if (n == 9 && strncasecmp(v, "ErrorMode", n) == 0)
		return on_errors(o, is);
	if (n == 10 && strncasecmp(v, "IgnoreDots", n) == 0)
		o->no_dots = yes;
	if (n == 8 && strncasecmp(v, "smtputf8", n) == 0)
		o->utf8 = yes;
	return 0;                               /* others are about how sendmail works inside */
}

static const char *
on_short(struct cmdline *o, const char *v)
{
	if (*v == 'i')
		o->no_dots = !v[1] || strchr("tTyY1", v[1]);
	else if (*v == 'e')
		return on_errors(o, v + 1);
	else if (*v == 'v')
		o->verbose = true;
	else if (!ascii_alnum(*v))
		return wrong("unknown option -o", v);
	return 0;
}

static const char *
none(struct cmdline *o, const char *v)
{
	(void)o;
	(void)v;
	return 0;
}

/* ---- -q: which messages */

static const char *
select_word(struct cmdline *o, const char *a, const char *text, const char *z)
{
	size_t n = strlen(a) + 2 * strlen(text) + strlen(z) + 1;
	char *s, *p;

	if (o->selects == CMDLINE_SELECT)
		return "too many -q options";
	if (!(s = malloc(n)))
		return "no memory";
	for (p = s + sprintf(s, "%s", a); *text; *p++ = *text++)
		if (strchr("*?[]\\", *text))
			*p++ = '\\';
	strcpy(p, z);
	o->select[o->selects++] = s;
	return 0;
}

static const char *
on_queue(struct cmdline *o, const char *v)
{
	const char *why = 0;

	if (*v >= '0' && *v <= '9') {           /* a queue daemon: every so often */
		if (o->mode != MODE_FOREGROUND)
			o->mode = MODE_DAEMON;
		return 0;
	}
	if (o->mode != MODE_LIST && o->mode != MODE_DAEMON && o->mode != MODE_FOREGROUND)
		o->mode = MODE_RUN;
	if (*v == '!') {
		v++;
		why = *v && strchr("IRSQ", *v) ? select_word(o, "not", "", "") : 0;
	}
	switch (*v) {
	case 'I': return why ? why : select_word(o, "id=*", v + 1, "*");
	case 'R': return why ? why : select_word(o, "to=*", v + 1, "*");
	case 'S': return why ? why : select_word(o, "from=*", v + 1, "*");
	case 'Q': return why ? why : select_word(o, "state=held", "", "");
	case 'G': case 'L': case 'p': case 'f': case 0: return 0;
	default: return wrong("unknown option -q", v);
	}
}

/* ---- the words */

enum takes { NOTHING, ATTACHED, VALUE };        /* in the same word only; or the next word if this one ends */

static const struct letter {
	char letter;
	enum takes takes;
	const char *(*on)(struct cmdline *, const char *);
	size_t flag;                            /* of NOTHING: the bool in the options that becomes true; 0: none */
} letters[] = {
	{ 'A', ATTACHED, none, 0 }, { 'B', VALUE, on_body, 0 }, { 'b', ATTACHED, on_mode, 0 }, { 'C', VALUE, none, 0 },
	{ 'c', NOTHING, 0, 0 }, { 'D', VALUE, none, 0 }, { 'd', ATTACHED, none, 0 }, { 'E', NOTHING, 0, 0 },
	{ 'e', ATTACHED, on_errors, 0 }, { 'F', VALUE, on_name, 0 }, { 'f', VALUE, on_sender, 0 },
	{ 'G', NOTHING, 0, offsetof(struct cmdline, gateway) }, { 'h', VALUE, on_hops, 0 },
	{ 'i', NOTHING, 0, offsetof(struct cmdline, no_dots) }, { 'J', NOTHING, 0, 0 }, { 'L', VALUE, none, 0 },
	{ 'M', ATTACHED, none, 0 }, { 'm', NOTHING, 0, 0 }, { 'N', VALUE, on_notify, 0 }, { 'n', NOTHING, 0, 0 },
	{ 'O', VALUE, on_long, 0 }, { 'o', ATTACHED, on_short, 0 }, { 'p', VALUE, none, 0 }, { 'Q', ATTACHED, on_quarantine, 0 },
	{ 'q', ATTACHED, on_queue, 0 }, { 'R', VALUE, on_return, 0 }, { 'r', VALUE, on_sender, 0 }, { 's', NOTHING, 0, 0 },
	{ 'T', ATTACHED, none, 0 }, { 't', NOTHING, 0, offsetof(struct cmdline, header) }, { 'U', NOTHING, 0, 0 },
	{ 'V', VALUE, on_envid, 0 }, { 'v', NOTHING, 0, offsetof(struct cmdline, verbose) }, { 'X', VALUE, none, 0 },
	{ 'x', NOTHING, 0, 0 },
};

static const struct letter *
find_letter(char c)
{
	size_t i;

	for (i = 0; i < sizeof letters / sizeof *letters; i++)
		if (letters[i].letter == c)
			return &letters[i];
	return 0;
}

/* a word of letters, from *at on, which may take the next word too */
static const char *
read_word(struct cmdline *o, char ***at)
{
	const char *s = **at + 1, *v;
	const struct letter *l;

	for (; *s; s++) {
		if (*s == 'I' && s == **at + 1) {
			o->mode = MODE_ALIASES;
			continue;
		}
		if (!(l = find_letter(*s)))
			return wrong("unknown option -", (char[2]){ *s, 0 });
		if (l->takes == NOTHING) {
			if (l->flag)
				*(bool *)((char *)o + l->flag) = true;
			continue;
		}
		v = s + 1;
		if (!*v && l->takes == VALUE && !(v = *++*at))
			return wrong("a value is missing after -", (char[2]){ *s, 0 });
		if (*s == 'o' && v[0] == 'A' && !v[1] && (*at)[1])      /* -oA FILE, as some write it */
			++*at;
		return l->on(o, v);
	}
	return 0;
}

static const char *
read_long(struct cmdline *o, const char *s)
{
	if (strcmp(s, "--id") == 0)
		o->id = true;
	else if (strcmp(s, "--wait") == 0)
		o->wait = true;
	else if (strncmp(s, "--wait=", 7) == 0 && num_u64(s + 7, 0, AWAIT_MOST_S, &o->wait_s))
		o->wait = true;
	else
		return wrong("unknown option ", s);
	return 0;
}

static void
read_name(struct cmdline *o, const char *path)
{
	static const struct {
		const char *name;
		enum mode mode;
	} names[] = {
		{ "mailq", MODE_LIST }, { "newaliases", MODE_ALIASES }, { "runq", MODE_RUN }, { "hoststat", MODE_STATUS },
		{ "purgestat", MODE_PURGE }, { "smtpd", MODE_DAEMON },
	};
	const char *slash = path ? strrchr(path, '/') : 0;
	size_t i;

	o->program = slash ? slash + 1 : path ? path : "sendmail";
	if (strncmp(o->program, "pneu-", 5) == 0)
		o->program += 5;
	o->no_dots = strcmp(o->program, "rmail") == 0;
	for (i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(o->program, names[i].name) == 0)
			o->mode = names[i].mode;
}

const char *
cmdline_read(struct cmdline *o, char **argv)
{
	const char *why = 0;

	memset(o, 0, sizeof *o);
	o->wait_s = AWAIT_MOST_S;
	read_name(o, *argv);
	if (*argv)
		argv++;
	for (; *argv && **argv == '-' && (*argv)[1] && !why; argv += *argv != 0) {
		if (strcmp(*argv, "--") == 0) {
			argv++;
			break;
		}
		why = (*argv)[1] == '-' ? read_long(o, *argv) : read_word(o, &argv);
	}
	o->rest = argv;
	return why;
}
