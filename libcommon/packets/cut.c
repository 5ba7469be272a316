/* The chunk in the making: one buffer that grows as it must, packet records one behind the other. The digest takes in
 * whole chunks as they go, so a packet costs one copy. */
#include "packets/cut.h"

#include <stdbool.h>
#include <string.h>

enum { BUFFER_SIZE_FIRST = 64 * 1024 };

struct span {
	int64_t packets;
	int64_t first_ns;
	int64_t last_ns;
};

static const struct span span_empty = { .first_ns = PACKET_UNSET, .last_ns = PACKET_UNSET };

struct cut {
	struct cut_settings settings;
	uint8_t *buffer;
	size_t size;
	size_t capacity;
	int64_t seq;
	int64_t byte_offset;
	struct span chunk;
	struct span total; /* of all chunks, with this one */
	int64_t total_bytes;
	enum cut_limit reached;
	struct digest *digest; /* of the chunks that are gone */
};

static void span_add(struct span *span, int64_t ts_ns)
{
	if (span->packets == 0 || ts_ns < span->first_ns)
		span->first_ns = ts_ns;
	if (span->packets == 0 || ts_ns > span->last_ns)
		span->last_ns = ts_ns;
	span->packets++;
}

struct cut *cut_new(const struct cut_settings *settings)
{
	struct cut *cut = memory_new(sizeof *cut);

	cut->settings = *settings;
	cut->settings.snaplen = packet_snaplen(settings->snaplen);
	if (cut->settings.maximum_bytes < CUT_CHUNK_BYTES_MIN)
		cut->settings.maximum_bytes = CUT_CHUNK_BYTES_MIN;
	cut->chunk = span_empty;
	cut->total = span_empty;
	cut->digest = digest_new();
	return cut;
}

void cut_free(struct cut *cut)
{
	if (!cut)
		return;
	digest_free(cut->digest);
	free(cut->buffer);
	free(cut);
}

/* Room for `more` bytes, which are known to fit into the maximum. */
static uint8_t *make_room(struct cut *cut, size_t more)
{
	size_t needed = cut->size + more;

	if (needed > cut->capacity) {
		size_t capacity = cut->capacity ? cut->capacity : BUFFER_SIZE_FIRST;
		while (capacity < needed)
			capacity *= 2;
		if (capacity > cut->settings.maximum_bytes)
			capacity = cut->settings.maximum_bytes;
		cut->buffer = memory_resize(cut->buffer, capacity, 1);
		cut->capacity = capacity;
	}
	return cut->buffer + cut->size;
}

static void append(struct cut *cut, const struct packet *packet)
{
	uint8_t *to = make_room(cut, PACKET_HEADER_SIZE + (size_t)packet->captured_length);

	packet_put_header(to, cut->settings.resolution, packet);
	if (packet->captured_length > 0)
		memcpy(to + PACKET_HEADER_SIZE, packet->data, packet->captured_length);
	cut->size += PACKET_HEADER_SIZE + (size_t)packet->captured_length;
	span_add(&cut->chunk, packet->ts_ns);
	span_add(&cut->total, packet->ts_ns);
	cut->total_bytes += packet->captured_length;
}

/* The packet as the chunk will have it. */
static struct packet shaped(const struct cut *cut, const struct packet *packet)
{
	struct packet it = *packet;

	it.ts_ns = packet_time(it.ts_ns, cut->settings.resolution);
	if (it.original_length < it.captured_length)
		it.original_length = it.captured_length;
	if (it.captured_length > cut->settings.snaplen)
		it.captured_length = (uint32_t)cut->settings.snaplen;
	return it;
}

enum cut_answer cut_packet(struct cut *cut, const struct packet *packet)
{
	const struct cut_settings *settings = &cut->settings;
	struct packet it = shaped(cut, packet);

	if (cut->reached != CUT_LIMIT_NONE)
		return CUT_NOT_TAKEN;
	if (settings->bytes > 0 && it.captured_length > settings->bytes - cut->total_bytes) {
		cut->reached = CUT_LIMIT_BYTES;
		return CUT_NOT_TAKEN;
	}
	if (PACKET_HEADER_SIZE + (size_t)it.captured_length > settings->maximum_bytes - cut->size)
		return CUT_FULL;
	append(cut, &it);
	if (settings->count > 0 && cut->total.packets >= settings->count)
		cut->reached = CUT_LIMIT_COUNT;
	else if (settings->bytes > 0 && cut->total_bytes >= settings->bytes)
		cut->reached = CUT_LIMIT_BYTES;
	return cut->reached == CUT_LIMIT_NONE ? CUT_TAKEN : CUT_TAKEN_LAST;
}

enum cut_limit cut_limit_reached(const struct cut *cut)
{
	return cut->reached;
}

void cut_chunk(const struct cut *cut, struct cut_chunk *ret_chunk)
{
	*ret_chunk = (struct cut_chunk){
		.seq = cut->seq,
		.byte_offset = cut->byte_offset,
		.packets = cut->chunk.packets,
		.first_ns = cut->chunk.first_ns,
		.last_ns = cut->chunk.last_ns,
		.crc32c = digest_crc32c(0, cut->buffer, cut->size),
		.data = cut->buffer,
		.size = cut->size,
	};
}

void cut_next(struct cut *cut)
{
	digest_update(cut->digest, cut->buffer, cut->size);
	cut->byte_offset += (int64_t)cut->size;
	cut->size = 0;
	cut->seq++;
	cut->chunk = span_empty;
}

void cut_totals(const struct cut *cut, struct cut_totals *ret_totals)
{
	CLEANUP(digest_freep) struct digest *digest = digest_copy(cut->digest);
	uint8_t sha256[DIGEST_SHA256_SIZE];

	digest_update(digest, cut->buffer, cut->size);
	digest_final(digest, sha256);
	*ret_totals = (struct cut_totals){
		.chunks = cut->seq + 1,
		.packets = cut->total.packets,
		.bytes = cut->total_bytes,
		.first_ns = cut->total.first_ns,
		.last_ns = cut->total.last_ns,
	};
	digest_hex(sha256, sizeof sha256, ret_totals->data_sha256);
}
