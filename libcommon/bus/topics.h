/* The topics of an installation, made and checked by the table of bus/topic_rows.h.
 *
 * A topic that exists is never altered: Kafka's AlterConfigs, the only way that librdkafka 2.0.2 has, resets every
 * key that is not sent. What differs is told, and the operator decides. Everything waits as admin.h says. */
#ifndef BUS_TOPICS_H
#define BUS_TOPICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bus/admin.h"
#include "bus/topic_rows.h"
#include "core/error.h"

struct topics_options {
	int32_t partitions;        /* of the wide ones; 0 is 12 */
	int32_t replication_factor; /* 0 is the broker's default.replication.factor */
	int64_t chunks_bytes;      /* of chunks, per partition, as Kafka's retention.bytes; 0 is 4 GB. A capture lies
				    * in one partition: it must be well above the largest */
};

enum topics_finding {
	TOPICS_OK,      /* exists and is as it should be */
	TOPICS_CREATED, /* just now */
	TOPICS_MISSING, /* a stage cannot start */
	TOPICS_WRONG,   /* exists, and a promise does not hold with it as it is: the text says which */
	TOPICS_DIFFERS, /* works, but keeps more or less than it should */
	TOPICS_FAILED,  /* could not be created or looked at */
};

/* One or more for each topic, in the table's order; the texts are borrowed. `topic` has its prefix. */
typedef void topics_report(void *context, enum topics_finding finding, const char *topic, const char *text);

/* Creates what is missing, then checks all. `ret_faults`: how many are MISSING, WRONG or FAILED. -1 only where Kafka
 * could not be asked at all. */
int topics_create(struct admin *admin, const struct topics_options *options, int64_t deadline_boot_ms,
		  topics_report *report, void *context, size_t *ret_faults, struct error *error);
int topics_check(struct admin *admin, int64_t deadline_boot_ms, topics_report *report, void *context,
		 size_t *ret_faults, struct error *error);

/* A stage's own look at its start: every named topic exists, and those that must have the same number of partitions
 * (requests and runs, events and threads) have it where both are named. `ret_partitions` has `count` places, or is
 * NULL. BROKEN kafka_invalid says what to run; otherwise as admin.h. */
int topics_check_partitions(struct admin *admin, const char *const *names, size_t count, int64_t deadline_boot_ms,
			    int32_t *ret_partitions, struct error *error);

#endif
