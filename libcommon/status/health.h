/* What /healthz and /readyz say: whether the loop turns, and what is not ready yet. Any thread. */
#ifndef STATUS_HEALTH_H
#define STATUS_HEALTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/memory.h"

#define HEALTH_ITEMS_MAX 16
#define HEALTH_TEXT_SIZE 4096

struct health;

/* The loop counts as stuck when it did not beat for `stuck_after_ms`; health_new is the first beat. */
struct health *health_new(int64_t stuck_after_ms);
void health_free(struct health *health);
MEMORY_DEFINE_FREEP(struct health, health_free)

/* What must be so before the stage is ready, declared once at start, in the order shown: "kafka", "partitions".
 * `what_is_not` is the sentence while it is not: "Kafka was not reached yet". Not ok until health_set says so. */
void health_need(struct health *health, const char *name, const char *what_is_not);

/* `what_is_not` is copied; NULL keeps the sentence there is. A name that was not declared is a broken invariant. */
void health_set(struct health *health, const char *name, bool ok, const char *what_is_not);

/* The loop has turned. */
void health_beat(struct health *health);

/* The answers: true is 200, false 503; `to` gets the body, a line for each item. */
bool health_is_alive(struct health *health, char to[static HEALTH_TEXT_SIZE]);
bool health_is_ready(struct health *health, char to[static HEALTH_TEXT_SIZE]);

#endif
