/* A Kafka record as plain data: what a consumer shows, what a dead letter keeps, what a fold's test makes by hand.
 * Pure; any thread. */
#ifndef BUS_BUS_RECORD_H
#define BUS_BUS_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BUS_RECORD_HEADERS_MAX 32

struct bus_header {
	const char *name;
	const void *value; /* may be NULL */
	size_t size;
};

/* Everything in it is borrowed: who hands it out says until when. */
struct bus_record {
	const char *topic; /* without the prefix: "requests" */
	int32_t partition;
	int64_t offset;
	int64_t timestamp_ms;     /* since the epoch; -1 is none */
	bool timestamp_is_broker; /* LogAppendTime; else the producer's word */
	const uint8_t *key;       /* NULL is none */
	size_t key_size;
	const uint8_t *value;     /* NULL is a tombstone */
	size_t value_size;
	size_t headers_count;     /* further ones than the maximum are left out */
	struct bus_header headers[BUS_RECORD_HEADERS_MAX];
};

/* The last header of that name, as Kafka's clients read them; NULL for none. */
const struct bus_header *bus_record_header(const struct bus_record *record, const char *name);

/* The same as a text: copied with a NUL. False for none, for one that does not fit, and for one with a NUL in it:
 * then `to` is empty. */
bool bus_record_header_text(const struct bus_record *record, const char *name, char *to, size_t size);

#endif
