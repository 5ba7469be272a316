/* Records that could not be handled, on their way to dead-letters, without their values: packets stay where they are.
 * A record's offset is held (offsets.h) until its dead letter is durable; one that Kafka did not take is sent again.
 * One thread. */
#ifndef REJECTS_H
#define REJECTS_H

#include <stddef.h>
#include <stdint.h>

#include "bus/bus_record.h"
#include "core/error.h"
#include "core/memory.h"
#include "offsets.h"

struct producer;
struct rejects;

/* Who has so many under way takes no more records, until there is room. */
enum { REJECTS_MAX = 1000 };

/* Both pointers outlive it. */
struct rejects *rejects_new(struct producer *producer, struct offsets *offsets);
/* The producer must have been freed. */
void rejects_free(struct rejects *rejects);
MEMORY_DEFINE_FREEP(struct rejects, rejects_free)

/* Sends it and holds its offset; `why` becomes reason and detail. */
void rejects_add(struct rejects *rejects, const struct bus_record *record, const struct error *why);

int rejects_fd(const struct rejects *rejects);
/* Takes the receipts; sends again what is due. */
void rejects_turn(struct rejects *rejects, int64_t now_boot_ms);

size_t rejects_count(const struct rejects *rejects);

#endif
