/* What the loop says to a session, across the threads: whether to end and how, and until when the lease holds.
 * Whoever sleeps for a session polls control_fd too, so that each word is heard at once. */
#ifndef CONTROL_H
#define CONTROL_H

#include <stdbool.h>
#include <stdint.h>

#include "core/error.h"
#include "core/memory.h"

/* Why the loop ends a capture; of several the greatest holds. */
enum session_stop {
	SESSION_GO_ON,
	SESSION_STOP_SHUTDOWN, /* the worker ends: partial, shutdown */
	SESSION_STOP_REPLACE,  /* another takes its place: partial, replaced */
	SESSION_STOP,          /* somebody has enough: partial, stopped */
	SESSION_CANCEL,        /* discard it: cancelled */
	SESSION_ABANDON,       /* it is another's now, or the process must go: capture, send and wait no more */
};

struct control;

/* AWAY, worker_full, where there is no file descriptor for it. The caller's. */
struct control *control_new(int64_t lease_until_boot_ms, struct error *error);
void control_free(struct control *control);
MEMORY_DEFINE_FREEP(struct control, control_free)

/* The loop's side: never wait. */
void control_stop(struct control *control, enum session_stop how);
void control_lease(struct control *control, int64_t until_boot_ms);

/* The session's side. control_told also makes control_fd wait for the next word. */
enum session_stop control_told(struct control *control);
bool control_is_abandoned(const struct control *control);
int64_t control_lease_until(const struct control *control);
bool control_lease_holds(const struct control *control);
int control_fd(const struct control *control);

/* Waits, without an end, until the lease holds; false where it was abandoned. */
bool control_wait_for_lease(struct control *control);

#endif
