#include "pop/command.h"

#include <string.h>

#include "lib/ascii.h"

bool
command_parse(char *line, size_t n, struct command *c)
{
	size_t verb, i;

	*c = (struct command){ .rest = line + n };
	line[n] = 0;
	if (memchr(line, 0, n) || memchr(line, '\r', n))
		return false;
	verb = strcspn(line, " ");
	if (line[verb])
		c->rest = line + verb + 1;
	for (i = 0; i < verb && i < COMMAND_VERB && ascii_alnum(line[i]); i++)
		c->verb[i] = (char)(line[i] >= 'a' && line[i] <= 'z' ? line[i] - 'a' + 'A' : line[i]);
	if (i < verb)
		c->verb[0] = 0;
	return true;
}

size_t
command_words(struct command *c, char *word[COMMAND_WORDS])
{
	char *at = c->rest;
	size_t n = 0;

	while (*(at += strspn(at, " \t"))) {
		if (n == COMMAND_WORDS)
			return n + 1;
		word[n++] = at;
		at += strcspn(at, " \t");
		if (*at)
			*at++ = 0;
	}
	return n;
}
