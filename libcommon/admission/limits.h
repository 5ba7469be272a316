/* [limits]: what a request gets that does not say, and what it may not exceed. Pure; any thread. */
#ifndef ADMISSION_LIMITS_H
#define ADMISSION_LIMITS_H

#include <stdint.h>

#include "config/config.h"
#include "core/error.h"
#include "record/request.h"

struct limits {
	int64_t timeout_default_s;
	int64_t timeout_max_s;
	int64_t count_default;
	int64_t count_max;
	int64_t bytes_default;
	int64_t bytes_max;
	int64_t snaplen_default;
	int64_t queue_max_per_target;
	int64_t targets_max;         /* of one command */
	int64_t expires_in_s;
};

enum {
	LIMITS_SNAPLEN_HEADERS = 128,   /* snaplen=headers */
	LIMITS_SNAPLEN_MAX = 262144,    /* libpcap's MAXIMUM_SNAPLEN; snaplen=0 means it, as for tcpdump */
	LIMITS_CHUNK_MS_MIN = 10,
	LIMITS_CHUNK_MS_MAX = 60000,
	LIMITS_AGE_MAX_S = 86400,       /* a request older than that is never run */
};

/* The table's own defaults: for those who have no configuration. */
void limits_init(struct limits *limits);
/* BROKEN config_invalid where a default is above its maximum. */
int limits_from_config(const struct config *config, struct limits *ret_limits, struct error *error);

/* Fills in what is RECORD_UNSET (chunk_ms stays so: it is the worker's) and judges the rest. INPUT limit_exceeded
 * with the limit and its value, "timeout=7200 is above the limit of 3600 s"; argument_invalid for what is below all
 * sense, "timeout=0: …". count 0 is none and stays 0: the timeout, which no capture is without, bounds it.
 * `request` is untouched on failure. */
int limits_apply(const struct limits *limits, struct request *request, struct error *error);

/* When a request that still waits is dropped: as it says, else expires_in_s after `asked_at_ms` (the broker's time
 * of the record for a worker, now for a producer); never later than LIMITS_AGE_MAX_S after it. */
int64_t limits_expires_at_ms(const struct limits *limits, const struct request *request, int64_t asked_at_ms);

#endif
