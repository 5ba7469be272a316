/* Questions that consumers and admin ask the cluster: for the files of this folder alone. Topics have their prefix
 * here. All wait until the deadline at most, ask again while the answer is "not now", and set AWAY kafka_away, BROKEN
 * kafka_invalid or BROKEN kafka_refused. Any thread. */
#ifndef BUS_QUERY_H
#define BUS_QUERY_H

#include <stdint.h>

#include "bus/handle.h"
#include "core/error.h"

/* Until a broker answers. */
int query_broker(struct handle *handle, int64_t deadline_boot_ms, struct error *error);

int query_partitions(struct handle *handle, const char *topic, int64_t deadline_boot_ms, int32_t *ret_partitions,
		     struct error *error);

int query_watermarks(struct handle *handle, const char *topic, int32_t partition, int64_t deadline_boot_ms,
		     int64_t *ret_low, int64_t *ret_high, struct error *error);

/* The first offset whose record is not older; the end where there is none. */
int query_offset_for_time(struct handle *handle, const char *topic, int32_t partition, int64_t time_ms,
			  int64_t deadline_boot_ms, int64_t *ret_offset, struct error *error);

#endif
