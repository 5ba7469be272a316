/* Bytes in flight between a thread that produces and one that acknowledges, per capture and per worker.
 *
 * A session passes its gate before it hands a chunk to Kafka's producer, and waits while too much is
 * unacknowledged: so a slow Kafka slows the reader, and memory has a bound. The wait is counted. */
#ifndef CORE_GATE_H
#define CORE_GATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gate;

/* `parent` (may be NULL) is passed too, and bounds all its children together; it must outlive them. */
struct gate *gate_new(struct gate *parent, size_t maximum_bytes);
void gate_free(struct gate *gate); /* nothing may be in flight or waiting */

/* Waits until `bytes` more fit, or the deadline (clock_boot_ms; INT64_MAX is none). One that is larger than the
 * maximum passes when the gate is empty. False where the deadline came or the gate is closed: nothing passed. */
bool gate_pass(struct gate *gate, size_t bytes, int64_t deadline_boot_ms);

/* What passed arrived, or is given up. Any thread, never waits. */
void gate_release(struct gate *gate, size_t bytes);

/* Waits until nothing is in flight; false at the deadline. A closed gate can still drain. */
bool gate_drain(struct gate *gate, int64_t deadline_boot_ms);

/* From now on gate_pass is false; who waits in it returns. For good. */
void gate_close(struct gate *gate);

size_t gate_in_flight(struct gate *gate);
int64_t gate_waited_ms(struct gate *gate); /* all waiting so far */

#endif
