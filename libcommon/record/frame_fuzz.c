/* A Kafka record's value as each of the record types, in whichever form its first bytes claim. */
#include "record/frame.h"

#include <stdlib.h>

#include "record/codec/known.h"
#include "record/codec/testing.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A registry whose every number is our own schema. */
static const struct plan *find(void *context, uint32_t id, const struct record_type *type, struct error *error)
{
	(void)context;
	(void)id;
	(void)error;
	return known_writer(known_ours(), type);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static _Alignas(max_align_t) uint8_t record[TESTING_RECORD_SIZE], again[TESTING_RECORD_SIZE], bytes[2 << 20];
	const struct frame_lookup lookup = { .find = find };
	for (size_t i = 0; testing_types[i]; i++) {
		const struct record_type *type = testing_types[i];
		size_t written;
		if (frame_decode(type, data, size, &lookup, record, NULL) < 0)
			continue;
		if (frame_encode(type, record, bytes, sizeof bytes, &written, NULL) < 0 ||
		    frame_decode(type, bytes, written, NULL, again, NULL) < 0 ||
		    testing_difference(type, record, again))
			abort();
	}
	return 0;
}
