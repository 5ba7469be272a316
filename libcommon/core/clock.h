/* The clocks, and times as text. Any thread. */
#ifndef CORE_CLOCK_H
#define CORE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

int64_t clock_wall_ms(void);      /* milliseconds since the epoch, UTC: for records and people, never for waits */
int64_t clock_wall_ns(void);
int64_t clock_boot_ms(void);      /* monotonic, also while the machine is suspended: leases and deadlines */

#define CLOCK_TEXT_SIZE 40

/* RFC 3339 in UTC with `Z`: "2026-11-23T14:02:11.123Z" (…_ms), nine digits (…_ns). Returns `to`. */
const char *clock_rfc3339_ms(char to[static CLOCK_TEXT_SIZE], int64_t wall_ms);
const char *clock_rfc3339_ns(char to[static CLOCK_TEXT_SIZE], int64_t wall_ns);
/* By strftime's format, UTC. Returns `to`. */
const char *clock_format(char to[static CLOCK_TEXT_SIZE], const char *format, int64_t wall_ms);

/* RFC 3339 with any offset and fraction; -1 for anything else. */
int clock_from_rfc3339_ns(const char *text, int64_t *ret_wall_ns);

/* Milliseconds for poll(2) until `deadline_boot_ms`: never negative, at most `at_most_ms`. */
int clock_poll_ms(int64_t deadline_boot_ms, int at_most_ms);

#endif
