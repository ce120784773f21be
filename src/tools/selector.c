#include "tools/selector.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/clock.h"
#include "tools/selector_term.h"

enum truth { NO, YES, UNKNOWN };

struct selector_node {
	enum { NODE_TERM, NODE_NOT, NODE_AND, NODE_OR } kind;
	size_t a, b;
	struct selector_term term;
};

/* ---- words */

static size_t
add_node(struct selector *s, int kind, size_t a, size_t b)
{
	struct selector_node *n = &s->node[s->nodes];

	n->kind = kind;
	n->a = a;
	n->b = b;
	return s->nodes++;
}

/* the operator at s, and where its value begins */
static enum op
find_op(const char *s, const char **value)
{
	static const struct { const char *text; enum op op; } ops[] = {
		{ ">=", OP_MORE_IS }, { "<=", OP_LESS_IS }, { "=", OP_IS }, { "~", OP_MATCH }, { ">", OP_MORE }, { "<", OP_LESS },
	};
	size_t i;

	for (i = 0; i < sizeof ops / sizeof *ops; i++)
		if (strncmp(s, ops[i].text, strlen(ops[i].text)) == 0) {
			*value = s + strlen(ops[i].text);
			return ops[i].op;
		}
	*value = s;
	return OP_NONE;
}

static const char *
ops_of(const struct key *k)
{
	return k->ops & 1u << OP_NONE ? "no value" : k->ops & 1u << OP_MATCH ? "'~'" : k->ops == 1u << OP_IS ? "'='" :
	    "'=', '<', '>', '<=' or '>='";
}

/* a word that is none of ours: the name that other programs have for one, or a mere value */
static bool
complain_unknown(struct parser *p, size_t n, enum op op)
{
	static const struct { const char *theirs, *ours; } other[] = {
		{ "sender", "from=" }, { "rcpt", "to=" }, { "recipient", "to=" }, { "age", "older= or newer=" }, { "status", "state=" },
		{ "queue", "state=" }, { "user", "login= or uid=" }, { "ip", "client=" }, { "reason", "error~" }, { "attempts", "tries>" },
		{ "relay", "host=" }, { "mx", "host=" },
	};
	const char *word = p->word[p->at];
	uint64_t state;
	size_t i;

	for (i = 0; i < sizeof other / sizeof *other; i++)
		if (strlen(other[i].theirs) == n && strncasecmp(word, other[i].theirs, n) == 0)
			return selector_complain(p, "%s: not a selector; %s is meant?", word, other[i].ours);
	if (op == OP_NONE && selector_state(word, n, &state))
		return selector_complain(p, "%s: not a selector; state=%s is meant?", word, word);
	if (op == OP_NONE && strchr(word, '@'))
		return selector_complain(p, "%s: whose address? from=%s, to=%s or login=%s", word, word, word, word);
	if (op == OP_NONE && strchr(word, '.'))
		return selector_complain(p, "%s: whose domain? from=@%s or domain=%s; or client=%s", word, word, word, word);
	return selector_complain(p, "%s: not a selector; they are from= to= reached= domain= older= newer= size> tries> state= uid= login= client= "
	    "error~ host= id= body= forwarded utf8, an ID, and or not ( )", word);
}

static bool
parse_term(struct parser *p, size_t *node)
{
	const char *word = p->word[p->at], *value;
	size_t n = strcspn(word, "=~<>");
	enum op op = find_op(word + n, &value);
	const struct key *key;
	struct selector_term *t;
	struct qid id;

	*node = add_node(p->sel, NODE_TERM, 0, 0);
	t = &p->sel->node[*node].term;
	if (op == OP_NONE && qid_parse(word, &id)) {
		n = 2;
		op = OP_IS;
		value = word;
		word = "id";
	}
	if (!(key = selector_key(word, n)))
		return complain_unknown(p, n, op);
	if (!(key->ops & 1u << op))
		return selector_complain(p, "%s: after %s there is %s", word, key->name, ops_of(key));
	t->key = key;
	t->op = op;
	if (key->parse && !key->parse(p, t, value))
		return false;
	p->sel->depths |= 1u << selector_term_depth(t);
	p->at++;
	return true;
}

static bool
is_word(const struct parser *p, const char *word)
{
	return p->at < p->words && strcmp(p->word[p->at], word) == 0;
}

static bool parse_or(struct parser *, size_t *node);

static bool
parse_one(struct parser *p, size_t *node)
{
	size_t open = p->at;
	bool negated = false;

	for (; is_word(p, "not") || is_word(p, "!"); p->at++)
		negated = !negated;
	if (p->at == p->words)
		return selector_complain(p, "%s: something must follow", p->word[p->at - 1]);
	if (is_word(p, "or") || is_word(p, "and") || is_word(p, ")"))
		return selector_complain(p, p->at ? "%s: not after %s" : "%s: not at the beginning", p->word[p->at], p->at ? p->word[p->at - 1] : "");
	if (is_word(p, "(")) {
		open = p->at++;
		if (p->at == p->words)
			return selector_complain(p, "(: something must follow");
		if (!parse_or(p, node))
			return false;
		if (!is_word(p, ")"))
			return selector_complain(p, "( before %s: no ) follows", p->word[open + 1]);
		p->at++;
	} else if (!parse_term(p, node))
		return false;
	if (negated)
		*node = add_node(p->sel, NODE_NOT, *node, 0);
	return true;
}

static bool
parse_and(struct parser *p, size_t *node)
{
	size_t other;

	if (!parse_one(p, node))
		return false;
	while (p->at < p->words && !is_word(p, "or") && !is_word(p, ")")) {
		if (is_word(p, "and") && ++p->at == p->words)
			return selector_complain(p, "and: something must follow");
		if (!parse_one(p, &other))
			return false;
		*node = add_node(p->sel, NODE_AND, *node, other);
	}
	return true;
}

static bool
parse_or(struct parser *p, size_t *node)
{
	size_t other;

	if (!parse_and(p, node))
		return false;
	while (is_word(p, "or")) {
		if (++p->at == p->words)
			return selector_complain(p, "or: something must follow");
		if (!parse_and(p, &other))
			return false;
		*node = add_node(p->sel, NODE_OR, *node, other);
	}
	return true;
}

bool
selector_parse(struct selector *s, char *const *word, size_t n, struct selector_error *e)
{
	struct parser p = { s, word, n, 0, e };

	memset(s, 0, sizeof *s);
	s->now_s = clock_wall_s();
	if (n == 0 || (n == 1 && strcasecmp(*word, "all") == 0))
		return true;
	if (n > SELECTOR_WORDS)
		return selector_complain(&p, "more than %d words", SELECTOR_WORDS);
	if (!(s->node = calloc(2 * n, sizeof *s->node)))        /* a term, and what joins it */
		return selector_complain(&p, "%s", strerror(errno));
	if (parse_or(&p, &s->root) && (p.at == p.words || selector_complain(&p, "): no ( before it")))
		return true;
	selector_free(s);
	return false;
}

void
selector_free(struct selector *s)
{
	size_t i;

	for (i = 0; i < s->nodes; i++)
		if (s->node[i].kind == NODE_TERM)
			selector_term_free(&s->node[i].term);
	free(s->node);
	memset(s, 0, sizeof *s);
}

/* ---- is it meant? */

static enum truth
evaluate(const struct selector *s, size_t at, const struct look *l)
{
	const struct selector_node *n = &s->node[at];
	enum truth a, b, stop;

	switch (n->kind) {
	case NODE_NOT:
		a = evaluate(s, n->a, l);
		return a == UNKNOWN ? a : a == YES ? NO : YES;
	case NODE_AND:
	case NODE_OR:
		stop = n->kind == NODE_AND ? NO : YES;
		if ((a = evaluate(s, n->a, l)) == stop || (b = evaluate(s, n->b, l)) == stop)
			return stop;
		return a == UNKNOWN ? a : b;
	case NODE_TERM:
	default:
		if (selector_term_depth(&n->term) > l->depth)
			return UNKNOWN;
		return n->term.key->holds(s, &n->term, l) ? YES : NO;
	}
}

enum selector_result
selector_match(const struct selector *s, struct look *l, enum look_result *why)
{
	enum truth t;

	*why = LOOK_OK;
	if (!s->nodes)
		return SELECTOR_YES;
	while ((t = evaluate(s, s->root, l)) == UNKNOWN) {
		enum look_depth next = l->depth == LOOK_NAME && s->depths & 1u << LOOK_HEADER ? LOOK_HEADER : LOOK_ALL;

		if ((*why = look_deeper(l, next)) != LOOK_OK)
			return SELECTOR_UNREADABLE;
	}
	return t == YES ? SELECTOR_YES : SELECTOR_NO;
}

enum look_depth
selector_depth(const struct selector *s)
{
	return s->depths & 1u << LOOK_ALL ? LOOK_ALL : s->depths & 1u << LOOK_HEADER ? LOOK_HEADER : LOOK_NAME;
}
