/* The first byte chooses the record type; the rest is its Avro body. What is read must be writable, and read the
 * same. */
#include "record/codec/wire.h"

#include <stdlib.h>

#include "record/codec/known.h"
#include "record/codec/testing.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static _Alignas(max_align_t) uint8_t record[TESTING_RECORD_SIZE], again[TESTING_RECORD_SIZE], bytes[2 << 20];
	if (size == 0 || size > 1 << 20)
		return 0;
	const struct record_type *type = testing_types[data[0] % 9];
	const struct plan *plan = known_writer(known_ours(), type);
	size_t written, exact;
	if (wire_decode(plan, data + 1, size - 1, record, NULL) < 0)
		return 0;
	if (wire_encode(plan, record, bytes, sizeof bytes, &written, NULL) < 0 ||
	    wire_size(plan, record, &exact, NULL) < 0 || exact != written ||
	    wire_decode(plan, bytes, written, again, NULL) < 0 || testing_difference(type, record, again))
		abort();
	return 0;
}
