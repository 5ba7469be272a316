/* For tests only: records full of random values, and whether two are the same. */
#ifndef RECORD_CODEC_TESTING_H
#define RECORD_CODEC_TESTING_H

#include <stddef.h>
#include <stdint.h>

#include "record/record.h"

/* The records that have a topic; ends in NULL. */
extern const struct record_type *const testing_types[];
/* Room for any of them. */
enum { TESTING_RECORD_SIZE = 64 * 1024 };

uint64_t testing_random(uint64_t *seed);
/* Everything that the table allows, its borders often: absent and empty values, full lists, the longest texts. Bytes
 * point to memory that lasts. */
void testing_fill(const struct record_type *type, void *record, uint64_t *seed);
/* The name of the first field that differs, by what the table says is there; NULL where none does. */
const char *testing_difference(const struct record_type *type, const void *a, const void *b);

#endif
