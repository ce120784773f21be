/* milter_message - a message that is edited: fields of the header by name and index, and the body as one piece
 *
 * The first MILTER_MEMORY bytes stay in memory; a larger message is kept in an unlinked file as well, whole. LF line ends.
 * The header is what looks like fields at the beginning; it must end within those bytes. Whatever is not changed keeps
 * its bytes. Invariant: the fields, the separator and the body, one after the other, are the message.
 *
 * Where an index counts the fields of a name, 1 is the first, and the trace field that our own server has put on top does
 * not count, since no milter sees it. Where it counts places, 0 is above that field and 1 below it.
 *   tests  tests/unit/milter_message_test.c, tests/program/milter.t */
#ifndef FILTER_MILTER_MESSAGE_H
#define FILTER_MILTER_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MILTER_MEMORY (1u << 20)
#define MILTER_FIELDS 20000
#define MILTER_BODY_MAX (1ull << 30)            /* of one that a milter gives */
#define MILTER_LAST UINT32_MAX                  /* a place: after all others */

struct milter_field {
	const char *s;                  /* name to the last LF, folded lines and all; lives as long as the process */
	size_t len, name;               /* bytes of it; of its name */
	bool own;                       /* of our server */
};

struct milter_body {
	const char *s;                  /* fd < 0: in memory */
	int fd;
	uint64_t at, length;            /* at: in the file */
};

struct milter_message {
	struct milter_field *field;     /* MILTER_FIELDS of them, the caller's */
	size_t fields;
	const char *separator;          /* "\n", or "": the body follows at once */
	struct milter_body body;
	int file;                       /* -1, or all of the message as it was read */
	bool changed;                   /* the fields or the body */
};

enum milter_read { MILTER_READ, MILTER_READ_TROUBLE, MILTER_READ_STORE, MILTER_READ_HEADER };

/* Read fd to its end into space, which has MILTER_MEMORY bytes and must stay. own: if the first field is a Received field
 * it is our server's. TROUBLE, STORE: errno, of reading or of keeping it; HEADER: too long, or too many fields. */
enum milter_read milter_read(struct milter_message *, int fd, char *space, bool own);

/* A new field at a place; beyond the last one: at the end. spaced: a space goes before the value. In the value, CRLF or LF
 * is a folded line, made one if it is none; other CRs become spaces. False: ENOMEM, EMSGSIZE. */
bool milter_put(struct milter_message *, uint32_t place, const char *name, const char *value, bool spaced);
/* Change the index-th field of this name, in letters of any case; 0 is 1. An empty value removes it; if there is none it is
 * put at the end. */
bool milter_change(struct milter_message *, uint32_t index, const char *name, const char *value, bool spaced);
/* may this be the name of a field? */
bool milter_name(const char *);

/* up to n bytes of the body from at on, which is at most its length, and as many as there are: *s, inside the body or the
 * n bytes of space. 0 the end, -1 errno */
ptrdiff_t milter_body_piece(const struct milter_body *, uint64_t at, char *space, size_t n, const char **s);
bool milter_replace(struct milter_message *, const struct milter_body *);

/* A new body as it comes in, CRLF becoming LF. Its space of MILTER_MEMORY bytes must not be that of a body in use. */
struct milter_store {
	char *space;
	size_t have;                    /* bytes in space that are not in the file */
	struct milter_body body;
	bool begun;                     /* something was given, perhaps nothing */
	bool cr;                        /* a CR is held back: what follows it? */
};

void milter_store_init(struct milter_store *, char *space);
/* false: errno; EFBIG: over MILTER_BODY_MAX */
bool milter_store_add(struct milter_store *, const char *, size_t n);
bool milter_store_end(struct milter_store *);
void milter_store_drop(struct milter_store *);          /* not wanted: its file is closed */

/* all of it, ready to be read from a new descriptor: a pipe that holds it, or a file at its beginning; -1 errno */
int milter_message_open(struct milter_message *);
/* the same for n bytes */
int milter_bytes_open(const void *, size_t n);

#endif
