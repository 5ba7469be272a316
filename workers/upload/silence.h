/* When a capture that sends no more is over: one that runs sends something every 20 s, packets or not, so two minutes
 * of nothing mean that no end will come. Pure, but for the times it is given. One thread.
 *
 * Two minutes are measured by what the partition carried meanwhile: each pause between two of its records, by the
 * broker's timestamps, counts for at most half a minute, because longer ones were Kafka's or everybody's. That is the
 * same however often and by whomever the partition is read. A partition that carries nothing more is watched by the
 * clock. */
#ifndef SILENCE_H
#define SILENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/memory.h"

enum { SILENCE_MS = 120000, SILENCE_PAUSE_MAX_MS = 30000 };

struct silence;

struct silence *silence_new(void);
void silence_free(struct silence *silence);
MEMORY_DEFINE_FREEP(struct silence, silence_free)

/* A record was read. Returns the partition's time, which never goes back: to be kept for the capture it is of. */
int64_t silence_read(struct silence *silence, int32_t partition, int64_t timestamp_ms, int64_t now_boot_ms);

/* Whether a capture whose last record had that partition's time is over. */
bool silence_is_over(const struct silence *silence, int32_t partition, int64_t heard_ms, int64_t now_boot_ms);

/* Nothing could be heard just now: Kafka is away, or was not asked. The clock begins anew. */
void silence_excuse(struct silence *silence, int64_t now_boot_ms);

void silence_forget(struct silence *silence, int32_t partition);

#endif
