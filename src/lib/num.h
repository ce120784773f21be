/* num - decimal numbers, whole or not at all
 *
 * Only the digits 0 to 9 count: no sign, no blank, no base prefix. */
#ifndef LIB_NUM_H
#define LIB_NUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NUM_DEC 20              /* digits of the largest uint64_t */
#define NUM_TEXT (NUM_DEC + 1)  /* and a 0 */

/* the whole string is a number from min to max; else false and *n is untouched */
bool num_u64(const char *s, uint64_t min, uint64_t max, uint64_t *n);
/* the same for len bytes that need not end in 0 */
bool num_span(const char *s, size_t len, uint64_t min, uint64_t max, uint64_t *n);
/* write n in decimal, without a 0 at the end; how many bytes */
size_t num_dec(char out[NUM_DEC], uint64_t n);
/* the same with a 0 at the end, for messages; out */
const char *num_text(char out[NUM_TEXT], uint64_t n);

#endif
