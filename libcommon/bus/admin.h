/* Questions to the cluster: is it there, what is it called, how many partitions, from where to where.
 *
 * Every call waits for the answer, at most until its deadline (clock_boot_ms): for start-up and the command line, not
 * for a loop. Any thread. Errors: AWAY kafka_away; BROKEN kafka_invalid (no such topic: the sentence says what to
 * run); BROKEN kafka_refused. Topics are named without the prefix. */
#ifndef BUS_ADMIN_H
#define BUS_ADMIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bus/client.h"
#include "core/error.h"
#include "core/memory.h"

struct admin;
struct handle;

struct admin *admin_new(struct client *client, struct error *error);
void admin_free(struct admin *admin);
MEMORY_DEFINE_FREEP(struct admin, admin_free)

/* Until a broker answers. */
int admin_wait(struct admin *admin, int64_t deadline_boot_ms, struct error *error);

#define ADMIN_CLUSTER_SIZE 65

/* Kafka's cluster id, usually 22 characters of base64url. */
int admin_cluster_id(struct admin *admin, int64_t deadline_boot_ms, char ret_id[static ADMIN_CLUSTER_SIZE],
		     struct error *error);

int admin_partitions(struct admin *admin, const char *topic, int64_t deadline_boot_ms, int32_t *ret_partitions,
		     struct error *error);

/* The oldest offset there is, and the one that the next record gets. */
int admin_watermarks(struct admin *admin, const char *topic, int32_t partition, int64_t deadline_boot_ms,
		     int64_t *ret_low, int64_t *ret_high, struct error *error);

/* The first offset whose record is not older than `time_ms`; the end where there is none. */
int admin_offset_for_time(struct admin *admin, const char *topic, int32_t partition, int64_t time_ms,
			  int64_t deadline_boot_ms, int64_t *ret_offset, struct error *error);

/* For bus/topics alone. */
struct handle *admin_handle(struct admin *admin);
struct client *admin_client(struct admin *admin);

#endif
