/* One capture from its first moment to its end chunk, in a thread of its own, written as a straight line.
 *
 * The loop starts it, extends its lease, may stop it, and hears of it by mailbox. It writes chunks and nothing else:
 * events and runs are the loop's. */
#ifndef SESSION_H
#define SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "control.h"
#include "core/error.h"
#include "core/gate.h"
#include "core/mailbox.h"
#include "core/memory.h"
#include "inventory.h"
#include "record/chunk.h"
#include "record/request.h"

struct producer;
struct session;

struct session_order {
	uint64_t number;               /* the sender in the mailbox */
	const char *capture_id;
	const struct request *request; /* as judged: limits, chunk_ms and request_id are set */
	const struct inventory_target *target;
	const char *worker;
	int64_t asked_at_ms;
	size_t chunk_bytes;
	int64_t lease_until_boot_ms;   /* clock_boot_ms; INT64_MAX: no lease */
	struct mailbox *mailbox;       /* these three outlive the session; the mailbox frees payloads with free() */
	struct producer *producer;
	struct gate *worker_gate;      /* of SENDER_WORKER_BYTES; what is in flight leaves it with its receipt, which
	                                * can come after the session's end: free the producer before it */
};

/* What the loop finds in its mailbox (mailbox_message.kind); payloads are freed with free(). */
enum session_news {
	SESSION_ARMED,    /* struct session_armed, once */
	SESSION_PROGRESS, /* struct session_progress, at most once a second, while it changes */
	SESSION_ENDED,    /* struct session_ended, once, the last: session_free does not wait any more */
};

struct session_armed {
	int64_t armed_at_ns;
	int64_t link_type;
	int64_t snaplen;
	char interface[RECORD_NAME_SIZE];
};

struct session_progress {
	int64_t packets; /* so far */
	int64_t bytes;   /* the sum of their captured lengths */
};

struct session_ended {
	struct chunk_end end;     /* as it was sent */
	int64_t armed_at_ns;      /* UNSET: never armed */
	bool end_acknowledged;    /* Kafka has the end chunk; false: it refused it, or the capture was abandoned */
	int64_t chunks_lost;      /* that Kafka did not take */
	int64_t gate_waited_ms;   /* how long Kafka made it wait */
};

/* What /metrics shows of captures and chunks: once, at start-up. */
void session_register_metrics(void);

/* Copies what the order points at, but for the three. AWAY, worker_full, where the system has no thread or file
 * descriptor for it; then nothing is posted. */
int session_start(const struct session_order *order, struct session **ret_session, struct error *error);

/* Both: any thread, never wait; control.h says what there is to say. A session whose lease is over captures no more
 * and sends nothing, until the lease is extended again: then its last chunk with the end (partial, kafka_lost). */
void session_stop(struct session *session, enum session_stop how);
void session_lease(struct session *session, int64_t until_boot_ms);

/* Waits for the thread, which has ended once SESSION_ENDED was taken. NULL does nothing. */
void session_free(struct session *session);
MEMORY_DEFINE_FREEP(struct session, session_free)

#endif
