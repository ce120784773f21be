/* clock - the two clocks
 *
 * The wall clock says what people read and may jump; the monotonic clock measures waiting. */
#ifndef LIB_CLOCK_H
#define LIB_CLOCK_H

#include <stdint.h>

int64_t clock_wall_s(void);     /* seconds since 1970 */
int64_t clock_wall_us(void);    /* microseconds since 1970 */
int64_t clock_mono_ms(void);    /* milliseconds since some start; never goes back */
int64_t clock_mono_us(void);    /* the same in microseconds */

#endif
