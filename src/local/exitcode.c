#include "local/exitcode.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

struct row {
	int code;
	enum exitcode_means means;
	const char *status, *words;
};

static const struct row qmail[] = {
	{ 0, EXITCODE_DONE, "2.0.0", "done" },
	{ 99, EXITCODE_DONE_STOP, "2.0.0", "done" },
	{ 100, EXITCODE_NEVER, "5.3.0", "it refuses the message" },
	{ 64, EXITCODE_NEVER, "5.3.0", "it was called wrongly" },
	{ 65, EXITCODE_NEVER, "5.6.0", "it does not accept the data" },
	{ 70, EXITCODE_NEVER, "5.3.0", "internal error" },
	{ 76, EXITCODE_NEVER, "5.5.0", "protocol error" },
	{ 77, EXITCODE_NEVER, "5.7.0", "permission denied" },
	{ 78, EXITCODE_NEVER, "5.3.5", "wrong configuration" },
	{ 112, EXITCODE_NEVER, "5.3.0", "it refuses the message" },
	{ 126, EXITCODE_LATER, "4.3.5", "it cannot be executed" },
	{ 127, EXITCODE_LATER, "4.3.5", "it was not found" },
	{ -1, EXITCODE_LATER, "4.3.0", "a signal ended it" },
	{ -2, EXITCODE_LATER, "4.3.0", "it failed for now" },           /* any other */
};

static const struct row sendmail[] = {
	{ 0, EXITCODE_DONE, "2.0.0", "done" },
	{ 64, EXITCODE_NEVER, "5.3.0", "it was called wrongly" },
	{ 65, EXITCODE_NEVER, "5.6.0", "it does not accept the data" },
	{ 66, EXITCODE_NEVER, "5.3.0", "input is missing" },
	{ 67, EXITCODE_NEVER, "5.1.1", "user unknown" },
	{ 68, EXITCODE_NEVER, "5.1.2", "host unknown" },
	{ 69, EXITCODE_NEVER, "5.3.0", "service unavailable" },
	{ 70, EXITCODE_NEVER, "5.3.0", "internal error" },
	{ 71, EXITCODE_LATER, "4.3.0", "system error" },
	{ 72, EXITCODE_NEVER, "5.3.0", "a system file is missing" },
	{ 73, EXITCODE_NEVER, "5.2.0", "it cannot create its output" },
	{ 74, EXITCODE_LATER, "4.3.0", "input or output error" },
	{ 75, EXITCODE_LATER, "4.3.0", "it failed for now" },
	{ 76, EXITCODE_NEVER, "5.5.0", "protocol error" },
	{ 77, EXITCODE_NEVER, "5.7.0", "permission denied" },
	{ 78, EXITCODE_NEVER, "5.3.5", "wrong configuration" },
	{ 126, EXITCODE_LATER, "4.3.5", "it cannot be executed" },
	{ 127, EXITCODE_LATER, "4.3.5", "it was not found" },
	{ -1, EXITCODE_LATER, "4.3.0", "a signal ended it" },
	{ -2, EXITCODE_NEVER, "5.3.0", "it failed" },                   /* any other */
};

static const struct {
	const struct row *row;
	size_t rows;
} dialects[] = {
	[EXITCODE_QMAIL] = { qmail, sizeof qmail / sizeof *qmail },
	[EXITCODE_SENDMAIL] = { sendmail, sizeof sendmail / sizeof *sendmail },
};

/* "4.2.1 text" or "5.2.1": how long the code is, 0 for none; one digit, then twice one to three */
static size_t
leading_status(const char *s)
{
	const char *p = s + 1;
	int part, digits;

	if (*s != '4' && *s != '5')
		return 0;
	for (part = 0; part < 2; part++) {
		if (*p++ != '.')
			return 0;
		for (digits = 0; *p >= '0' && *p <= '9'; digits++)
			p++;
		if (digits < 1 || digits > 3)
			return 0;
	}
	return *p == 0 || *p == ' ' || *p == '\n' ? (size_t)(p - s) : 0;
}

void
exitcode_judge(struct exitcode *e, enum exitcode_dialect d, int code, const char *output)
{
	const struct row *r = dialects[d].row, *last = r + dialects[d].rows - 1;
	size_t n;

	while (r < last && r->code != code)
		r++;
	e->means = r->means;
	e->words = r->words;
	e->text = output;
	snprintf(e->status, sizeof e->status, "%s", r->status);
	if (d != EXITCODE_SENDMAIL || code <= 0 || code == 126 || code == 127 || !(n = leading_status(output)))
		return;
	memcpy(e->status, output, n);
	e->status[n] = 0;
	e->means = *output == '4' ? EXITCODE_LATER : EXITCODE_NEVER;
	e->text = output + n;
	while (*e->text == ' ')
		e->text++;
}
