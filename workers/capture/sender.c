/* Chunks on their way to Kafka. A chunk in flight holds the sender and its place in the gate until its receipt comes,
 * in the producer's thread; so a session can end while Kafka still owes it answers. */
#include "sender.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "bus/producer.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/metrics.h"
#include "core/text.h"
#include "record/frame.h"

static struct metric chunks_total = { .name = "capbus_capture_chunks_total", .type = METRIC_COUNTER,
				      .help = "Chunks handed to Kafka's producer" };
static struct metric lost_total = { .name = "capbus_capture_chunks_lost_total", .type = METRIC_COUNTER,
				    .help = "Chunks that Kafka did not take" };
static struct metric packets_total = { .name = "capbus_capture_packets_total", .type = METRIC_COUNTER,
				       .help = "Packets in the chunks handed to Kafka's producer" };
static struct metric bytes_total = { .name = "capbus_capture_chunk_bytes_total", .type = METRIC_COUNTER,
				     .help = "Bytes of the chunks handed to Kafka's producer" };
static struct metric in_flight_bytes = { .name = "capbus_capture_in_flight_bytes", .type = METRIC_GAUGE,
					 .help = "Bytes of chunks that Kafka has not confirmed yet" };

enum { QUEUE_FULL_STEP_MS = 200 };

struct sender {
	struct producer *producer;
	struct gate *gate;
	char capture_id[RECORD_ID_SIZE];
	struct chunk_begin begin;
	atomic_int holders; /* its session, and each chunk in flight */
	_Atomic int64_t lost;
	atomic_bool end_arrived;
};

struct flight {
	struct sender *sender;
	size_t size;
	int64_t seq;
	bool is_end;
};

void sender_register_metrics(void)
{
	metrics_register(&chunks_total);
	metrics_register(&lost_total);
	metrics_register(&packets_total);
	metrics_register(&bytes_total);
	metrics_register(&in_flight_bytes);
}

struct sender *sender_new(struct producer *producer, struct gate *worker_gate, const char *capture_id,
			  const struct chunk_begin *begin)
{
	struct sender *sender = memory_new(sizeof *sender);

	sender->producer = producer;
	sender->gate = gate_new(worker_gate, SENDER_CAPTURE_BYTES);
	TEXT_COPY(sender->capture_id, capture_id);
	sender->begin = *begin;
	sender->holders = 1;
	return sender;
}

void sender_free(struct sender *sender)
{
	if (!sender || atomic_fetch_sub(&sender->holders, 1) > 1)
		return;
	gate_free(sender->gate);
	free(sender);
}

static void count_lost(struct sender *sender, int64_t seq, const struct error *error)
{
	struct log_about about = { .capture_id = sender->capture_id };

	atomic_fetch_add(&sender->lost, 1);
	metrics_add(&lost_total, 1);
	log_error(&about, "chunk %lld is not in Kafka: %s", (long long)seq, error->text);
}

/* What a flight held is given back; the sender may be gone after that. */
static void land(struct flight *flight)
{
	struct sender *sender = flight->sender;

	metrics_add(&in_flight_bytes, -(int64_t)flight->size);
	gate_release(sender->gate, flight->size);
	free(flight);
	sender_free(sender);
}

static void delivered(void *context, void *token, const struct producer_receipt *receipt)
{
	struct flight *flight = token;

	(void)context;
	if (!receipt->ok)
		count_lost(flight->sender, flight->seq, receipt->error);
	else if (flight->is_end)
		atomic_store(&flight->sender->end_arrived, true);
	land(flight);
}

static void fill(struct chunk *chunk, const char *capture_id, const struct chunk_begin *begin,
		 const struct cut_chunk *data, const struct chunk_end *end)
{
	record_init(&chunk_record, chunk);
	TEXT_COPY(chunk->capture_id, capture_id);
	TEXT_COPY(chunk->request_id, begin->request.request_id);
	chunk->seq = data->seq;
	chunk->byte_offset = data->byte_offset;
	chunk->packets = data->packets;
	chunk->first_packet_at_ns = data->first_ns;
	chunk->last_packet_at_ns = data->last_ns;
	chunk->crc32c = data->crc32c;
	chunk->data = (struct record_bytes){ data->data, data->size };
	chunk->begin = *begin;
	chunk->has_end = end != NULL;
	if (end)
		chunk->end = *end;
}

static int produce(struct producer *producer, const struct chunk *chunk, struct flight *flight, struct error *error)
{
	CLEANUP_FREE void *value = NULL;
	size_t size;

	if (frame_encode_new(&chunk_record, chunk, &value, &size, error) < 0)
		return -1;
	struct producer_message message = {
		.topic = "chunks",
		.partition = PRODUCER_BY_KEY,
		.key = chunk->capture_id,
		.key_size = strlen(chunk->capture_id),
		.value = value,
		.value_size = size,
		.value_is_given = true,
		.delivered = flight ? delivered : NULL,
		.token = flight,
	};
	if (producer_send(producer, &message, error) < 0)
		return -1;
	value = NULL; /* now the producer's */
	return 0;
}

/* 1: sent. 0: the producer's queue is full, later may work. -1: it will never be. */
static int launch(struct sender *sender, const struct chunk *chunk, size_t size, struct error *error)
{
	struct flight *flight = memory_new(sizeof *flight);

	*flight = (struct flight){ .sender = sender, .size = size, .seq = chunk->seq, .is_end = chunk->has_end };
	atomic_fetch_add(&sender->holders, 1);
	metrics_add(&in_flight_bytes, (int64_t)size);
	if (produce(sender->producer, chunk, flight, error) == 0)
		return 1; /* the flight is the receipt's */
	land(flight);
	return error->kind == ERROR_AWAY && error->word == WORD_out_of_memory ? 0 : -1;
}

/* The gate lets less pass than the producer's queue holds; it can still be full of what others send. */
static void wait_for_queue(struct sender *sender, int64_t deadline_boot_ms)
{
	int64_t until_boot_ms = clock_boot_ms() + QUEUE_FULL_STEP_MS;

	if (until_boot_ms > deadline_boot_ms)
		until_boot_ms = deadline_boot_ms;
	(void)producer_flush(sender->producer, until_boot_ms, NULL);
}

bool sender_send(struct sender *sender, const struct cut_chunk *data, const struct chunk_end *end,
		 int64_t deadline_boot_ms)
{
	struct chunk chunk;
	struct error error = { 0 };
	size_t size;

	fill(&chunk, sender->capture_id, &sender->begin, data, end);
	if (frame_size(&chunk_record, &chunk, &size, &error) < 0) {
		count_lost(sender, chunk.seq, &error);
		return true;
	}
	for (;;) {
		if (!gate_pass(sender->gate, size, deadline_boot_ms))
			return false;
		int launched = launch(sender, &chunk, size, &error);
		if (launched < 0)
			count_lost(sender, chunk.seq, &error);
		if (launched != 0)
			break;
		if (clock_boot_ms() >= deadline_boot_ms)
			return false;
		wait_for_queue(sender, deadline_boot_ms);
	}
	metrics_add(&chunks_total, 1);
	metrics_add(&packets_total, data->packets);
	metrics_add(&bytes_total, (int64_t)data->size);
	return true;
}

bool sender_drain(struct sender *sender, int64_t deadline_boot_ms)
{
	return gate_drain(sender->gate, deadline_boot_ms);
}

int64_t sender_lost(const struct sender *sender)
{
	return atomic_load(&sender->lost);
}

bool sender_end_arrived(const struct sender *sender)
{
	return atomic_load(&sender->end_arrived);
}

int64_t sender_waited_ms(const struct sender *sender)
{
	return gate_waited_ms(sender->gate);
}

int sender_send_verdict(struct producer *producer, const char *capture_id, enum sender_verdict kind,
			const struct chunk_begin *begin, const struct chunk_end *end, struct error *error)
{
	struct cut_chunk nothing = { .first_ns = RECORD_UNSET, .last_ns = RECORD_UNSET };
	struct chunk_end verdict = *end;
	CLEANUP(cut_freep) struct cut *cut = cut_new(&(struct cut_settings){ 0 });
	struct cut_totals totals;
	struct chunk chunk;

	verdict.chunks = verdict.packets = verdict.bytes = RECORD_UNSET;
	verdict.received_kernel = verdict.dropped_kernel = verdict.dropped_mirror = verdict.seen_total = RECORD_UNSET;
	verdict.disarmed_at_ns = RECORD_UNSET;
	verdict.data_sha256[0] = '\0';
	nothing.seq = RECORD_UNSET;
	if (kind == SENDER_NEVER_CAPTURED) {
		cut_totals(cut, &totals);
		nothing.seq = verdict.packets = verdict.bytes = 0;
		verdict.chunks = 1;
		TEXT_COPY(verdict.data_sha256, totals.data_sha256);
	}
	fill(&chunk, capture_id, begin, &nothing, &verdict);
	return produce(producer, &chunk, NULL, error);
}
