/* One capture's chunks on their way to Kafka: a chunk becomes a record, passes the gate, is handed to the producer,
 * and its receipt opens the gate again. What Kafka does not take is counted, never forgotten.
 *
 * A sender is used by its session's thread. It goes away when it is freed and every receipt has come, whichever is
 * last. */
#ifndef SENDER_H
#define SENDER_H

#include <stdbool.h>
#include <stdint.h>

#include "core/error.h"
#include "core/gate.h"
#include "core/memory.h"
#include "packets/cut.h"
#include "record/chunk.h"

struct producer;
struct sender;

/* In flight: of one capture; and of all, the maximum of the gate that sender_new gets. */
enum { SENDER_CAPTURE_BYTES = 8 << 20, SENDER_WORKER_BYTES = 64 << 20 };

/* What /metrics shows of chunks: once, at start-up. */
void sender_register_metrics(void);

/* `producer` and `worker_gate` outlive the sender and its receipts; the rest is copied. */
struct sender *sender_new(struct producer *producer, struct gate *worker_gate, const char *capture_id,
			  const struct chunk_begin *begin);
void sender_free(struct sender *sender); /* never waits */
MEMORY_DEFINE_FREEP(struct sender, sender_free)

/* Waits at the gate until the deadline (clock_boot_ms), then sends; false, and nothing was sent, where there was
 * no room by then: the same may be sent again. `end` (may be NULL) makes it the last. A chunk that the producer refuses
 * for another reason counts as lost. */
bool sender_send(struct sender *sender, const struct cut_chunk *chunk, const struct chunk_end *end,
		 int64_t deadline_boot_ms);

/* Waits until every chunk that was sent has its receipt; false at the deadline. */
bool sender_drain(struct sender *sender, int64_t deadline_boot_ms);

/* After a drain that was true: chunks that Kafka does not have, and whether it has the last one. */
int64_t sender_lost(const struct sender *sender);
bool sender_end_arrived(const struct sender *sender);

int64_t sender_waited_ms(const struct sender *sender); /* at the gate, so far */

/* begin and end of a capture in one chunk, from a worker that has no packets of it: needs no sender, never waits. Of
 * `end` outcome, stopped_by, reason and detail are taken. NEVER_CAPTURED (rejected, expired …) says that there was
 * nothing; TAKEN_OVER that it is not known how much there was. Fails as producer_send does. */
enum sender_verdict { SENDER_NEVER_CAPTURED, SENDER_TAKEN_OVER };
int sender_send_verdict(struct producer *producer, const char *capture_id, enum sender_verdict kind,
			const struct chunk_begin *begin, const struct chunk_end *end, struct error *error);

#endif
