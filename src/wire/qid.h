/* qid - the ID of a message: the same in file names, log lines, headers and tools
 *
 *   11 digits: microseconds since 1970 when it was accepted; then 1 to 13 digits: the inode number the file had then
 *   digits are 0-9 a-z without i l o u, in that order, most significant first: IDs sort by arrival
 *   the file is msg/XX/ID or hold/XX/ID; XX follows from the time and changes every 16 seconds, so that messages
 *   that arrive together share a directory and a journal commit
 *
 * An ID is unique: two files that exist together differ in inode, or (after a copy to another disk) the second name
 * finds the first with EEXIST and pneu-queue counts the time up. After a copy the inode is just a number. */
#ifndef WIRE_QID_H
#define WIRE_QID_H

#include <stdbool.h>
#include <stdint.h>

#define QID_TEXT 25             /* longest text and its 0 */
#define QID_DIRS 64             /* 00 to 3f */
#define QID_DIR 3               /* XX and its 0 */
#define QID_DIR_US 16000000     /* how long a directory is that of new messages */

struct qid {
	uint64_t us;            /* below QID_US_END */
	uint64_t ino;
};

#define QID_US_END ((uint64_t)1 << 55)  /* the year 3111 */

void qid_text(char out[QID_TEXT], const struct qid *);
bool qid_parse(const char *s, struct qid *);            /* the whole string; false: not an ID as qid_text writes it */
unsigned qid_dir(const struct qid *);                   /* 0 to QID_DIRS - 1 */
void qid_dir_text(char out[QID_DIR], unsigned dir);

#endif
