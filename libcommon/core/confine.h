/* What a stage gives up once it has started: a fault in it then reaches less.
 *
 * No new privileges, no core dumps, not traceable by others of the same user, umask 027, no capabilities but
 * cap_net_raw, which stays permitted and is effective in no thread until confine_net_raw_begin. Landlock, where the
 * kernel has it: writing only beneath the given folders.
 *
 * The kernel keeps these by thread; a new thread has those of the one that starts it. So confine_process is
 * called in main's thread before any other thread runs. */
#ifndef CORE_CONFINE_H
#define CORE_CONFINE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/error.h"

/* `writable` may hold NULLs. `keep_net_raw` leaves cap_net_raw permitted; everything else is dropped. What the
 * kernel does not offer is logged once, at info. BROKEN where a given-up right could not be given up. */
int confine_process(const char *const *writable, size_t count, bool keep_net_raw, struct error *error);

/* Raises cap_net_raw for the calling thread; with end it drops it from the thread's permitted set for good.
 * begin: BROKEN, no_permission, where the process does not have it. A root process without file capabilities
 * has it as well. */
int confine_net_raw_begin(struct error *error);
void confine_net_raw_end(void);

#endif
