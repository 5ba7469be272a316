/* Tells everybody what can be captured on here: the inventory's targets that this worker serves, on the topic
 * targets. A worker takes back only what it published itself. The loop's thread. */
#ifndef PUBLISH_H
#define PUBLISH_H

#include <stdbool.h>
#include <stdint.h>

#include "admission/targets.h"
#include "config/config.h"
#include "core/error.h"
#include "core/memory.h"
#include "inventory.h"

struct client;
struct producer;
struct publish;

/* Follows the topic from its beginning, into `targets`. All pointers outlive it. Waits for Kafka until the deadline
 * (clock_boot_ms); errors as consumer_new_follower. */
struct publish *publish_open(struct client *client, struct producer *producer, const char *worker,
			     struct targets *targets, int64_t deadline_boot_ms, struct error *error);
void publish_close(struct publish *publish);
MEMORY_DEFINE_FREEP(struct publish, publish_close)

int publish_fd(const struct publish *publish);

/* Reads what waits. -1 as consumer_take. */
int publish_turn(struct publish *publish, struct error *error);
/* Since it was asked last, somebody took a target back. Another worker may serve the same one: so who still serves it
 * publishes again. */
bool publish_lost_one(struct publish *publish);
/* The topic was read to its end, so `targets` is what everybody else sees. */
bool publish_is_read(const struct publish *publish);

/* Whether this worker captures on the target: it serves its kind, and the target names no other worker. */
bool publish_serves(const char *worker, const struct config *config, const struct inventory_target *target);

/* Writes what differs from what everybody sees, and takes back what this worker published and no longer serves. Once
 * the topic was read; a record that could not be written is written at the next call: -1 as
 * producer_send. Waits for target_check of each target. */
int publish_inventory(struct publish *publish, const struct config *config, const struct inventory *inventory,
		      struct error *error);
/* Everything that this worker serves was read back from the topic. */
bool publish_is_seen(const struct publish *publish, const struct config *config, const struct inventory *inventory);

#endif
