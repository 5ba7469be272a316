/* The whole way with random packets: a pcap stream is read in random pieces, cut into chunks at random moments, the
 * chunks are repeated, lost, damaged and held back, and what assembly takes is written as pcapng and walked. A model
 * that only keeps the packets' numbers says what must come out. A seed that fails is named. */
#include <endian.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "packets/assembly.h"
#include "packets/cut.h"
#include "packets/pcap_read.h"
#include "packets/pcapng_write.h"

enum {
	SEEDS = 400,
	PACKETS_MAX = 120,
	CHUNKS_MAX = PACKETS_MAX + 40,
	PACKET_BYTES_MAX = 400,
};

struct sent {
	struct assembly_piece piece;
	uint8_t *data;
	int first; /* the packets' numbers */
	int count;
};

struct way {
	uint64_t seed;
	uint64_t random;
	bool big_endian;
	enum packet_resolution resolution;
	struct packet packets[PACKETS_MAX]; /* as they must come out */
	uint8_t bytes[PACKETS_MAX][PACKET_BYTES_MAX];
	int packets_count;
	uint8_t stream[PACKETS_MAX * (PACKET_BYTES_MAX + PACKET_HEADER_SIZE) + 24];
	size_t stream_size;
	struct sent sent[CHUNKS_MAX];
	int sent_count;
};

static uint32_t below(struct way *way, uint32_t limit)
{
	way->random = way->random * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(way->random >> 33) % limit;
}

static void put(struct way *way, uint32_t value, int bytes)
{
	for (int i = 0; i < bytes; i++)
		way->stream[way->stream_size++] =
			(uint8_t)(value >> (8 * (way->big_endian ? bytes - 1 - i : i)));
}

static void make_stream(struct way *way)
{
	bool nano = way->resolution == PACKET_NANO;

	put(way, nano ? 0xa1b23c4d : 0xa1b2c3d4, 4);
	put(way, 2, 2);
	put(way, 4, 2);
	put(way, 0, 4);
	put(way, 0, 4);
	put(way, below(way, 2) ? 262144 : 0, 4);
	put(way, 1, 4);
	for (int i = 0; i < way->packets_count; i++) {
		struct packet *packet = &way->packets[i];
		uint32_t seconds = below(way, 4) ? 1763906531 + below(way, 9) : below(way, 0x7fffffff) * 2;
		uint32_t fraction = below(way, nano ? 1000000000 : 1000000);
		packet->captured_length = below(way, 3) ? below(way, 80) : below(way, PACKET_BYTES_MAX);
		packet->original_length = packet->captured_length + (below(way, 2) ? below(way, 1500) : 0);
		packet->ts_ns = seconds * INT64_C(1000000000) + fraction * INT64_C(1) * (nano ? 1 : 1000);
		packet->data = way->bytes[i];
		put(way, seconds, 4);
		put(way, fraction, 4);
		put(way, packet->captured_length, 4);
		put(way, packet->original_length, 4);
		for (uint32_t k = 0; k < packet->captured_length; k++)
			put(way, way->bytes[i][k] = (uint8_t)below(way, 256), 1);
	}
}

static void send_chunk(struct way *way, struct cut *cut, bool last)
{
	struct cut_chunk chunk;
	struct cut_totals totals;

	cut_chunk(cut, &chunk);
	assert_true(way->sent_count < CHUNKS_MAX);
	struct sent *sent = &way->sent[way->sent_count++];
	sent->data = memory_copy(chunk.size ? chunk.data : (const uint8_t *)"", chunk.size ? chunk.size : 1);
	sent->count = (int)chunk.packets;
	sent->first = way->sent_count > 1 ? sent[-1].first + sent[-1].count : 0;
	sent->piece = (struct assembly_piece){
		.seq = chunk.seq, .byte_offset = chunk.byte_offset, .packets = chunk.packets, .crc32c = chunk.crc32c,
		.link_type = 1, .resolution = way->resolution, .data = sent->data, .size = chunk.size,
		.has_end = last,
	};
	if (!last)
		return cut_next(cut);
	cut_totals(cut, &totals);
	sent->piece.end = (struct assembly_end){ totals.chunks, totals.packets, totals.bytes, "" };
	memcpy(sent->piece.end.data_sha256, totals.data_sha256, sizeof totals.data_sha256);
}

static void read_and_cut(struct way *way)
{
	CLEANUP(pcap_read_freep) struct pcap_read *reader = pcap_read_new();
	const struct cut_settings settings = { .resolution = way->resolution, .count = way->packets_count };
	CLEANUP(cut_freep) struct cut *cut = cut_new(&settings);
	enum cut_answer answer = CUT_TAKEN;
	struct packet packet;
	int extra = 20;

	for (size_t at = 0; at < way->stream_size;) {
		size_t left = way->stream_size - at;
		size_t size = 1 + below(way, below(way, 2) ? 30 : 2000);
		size = size < left ? size : left;
		CLEANUP_FREE uint8_t *piece = memory_copy(way->stream + at, size);
		pcap_read_push(reader, piece, size);
		at += size;
		while (pcap_read_next(reader, &packet, NULL) > 0) {
			answer = cut_packet(cut, &packet);
			if (answer == CUT_TAKEN && below(way, 8) == 0)
				send_chunk(way, cut, false);
		}
		if (extra > 0 && below(way, 10) == 0 && extra--)
			send_chunk(way, cut, false); /* maybe empty */
	}
	assert_int_equal(pcap_read_end(reader, NULL), 0);
	assert_int_equal(answer, way->packets_count ? CUT_TAKEN_LAST : CUT_TAKEN);
	send_chunk(way, cut, true);
}

static struct way *make_way(uint64_t seed)
{
	struct way *way = memory_new(sizeof *way);

	way->seed = seed;
	way->random = seed * 77;
	way->big_endian = below(way, 2);
	way->resolution = below(way, 2) ? PACKET_NANO : PACKET_MICRO;
	way->packets_count = (int)(below(way, 10) ? below(way, PACKETS_MAX + 1) : below(way, 3));
	make_stream(way);
	read_and_cut(way);
	return way;
}

static void free_way(struct way *way)
{
	for (int i = 0; i < way->sent_count; i++)
		free(way->sent[i].data);
	free(way);
}

/* The model's side of a report. */
struct expected {
	struct assembly_report report;
	bool taken[PACKETS_MAX];
	int64_t next;
	bool known[CHUNKS_MAX]; /* taken or late */
};

static void expect_taken(const struct way *way, struct expected *expected, int at)
{
	const struct sent *sent = &way->sent[at];

	expected->report.chunks++;
	expected->report.missing_chunks += at - expected->next;
	expected->next = at + 1;
	for (int i = sent->first; i < sent->first + sent->count; i++) {
		const struct packet *packet = &way->packets[i];
		struct assembly_report *report = &expected->report;
		if (report->packets == 0 || packet->ts_ns < report->first_ns)
			report->first_ns = packet->ts_ns;
		if (report->packets == 0 || packet->ts_ns > report->last_ns)
			report->last_ns = packet->ts_ns;
		report->packets++;
		report->bytes += packet->captured_length;
		expected->taken[i] = true;
	}
}

static enum assembly_verdict expect(const struct way *way, struct expected *expected, int at, bool damaged)
{
	if (expected->known[at]) {
		expected->report.duplicate_chunks++;
		return ASSEMBLY_DUPLICATE;
	}
	if (damaged) {
		expected->report.corrupt_chunks++;
		return ASSEMBLY_CORRUPT;
	}
	expected->known[at] = true;
	if (!expected->report.ended && at >= expected->next) {
		expect_taken(way, expected, at);
		return ASSEMBLY_TAKE;
	}
	expected->report.late_chunks++;
	expected->report.late_packets += way->sent[at].count;
	return ASSEMBLY_LATE;
}

/* Hands one chunk over, damaged where asked, and writes what is to be taken. */
static void deliver(struct way *way, struct assembly *assembly, struct pcapng_write *writer,
		    struct expected *expected, int at, bool damaged)
{
	struct assembly_piece piece = way->sent[at].piece;
	CLEANUP_FREE uint8_t *data = memory_copy(way->sent[at].data, piece.size ? piece.size : 1);
	struct assembly_answer answer;

	piece.data = data;
	if (damaged && piece.size > 0)
		data[below(way, (uint32_t)piece.size)] ^= (uint8_t)(1u << below(way, 8));
	else if (damaged)
		piece.crc32c ^= 1;
	enum assembly_verdict wanted = expect(way, expected, at, damaged);
	assembly_add(assembly, &piece, &answer, NULL);
	if (answer.verdict != wanted)
		fail_msg("seed %" PRIu64 ": chunk %d is %d and not %d", way->seed, at, answer.verdict, wanted);
	if (answer.closes != (piece.has_end && !expected->report.ended))
		fail_msg("seed %" PRIu64 ": chunk %d closes wrongly", way->seed, at);
	expected->report.ended |= answer.closes;
	if (answer.verdict == ASSEMBLY_TAKE)
		assert_int_equal(pcapng_write_records(writer, 0, piece.data, piece.size, NULL), 0);
}

static uint32_t get32(const uint8_t *from)
{
	uint32_t value;

	memcpy(&value, from, 4);
	return le32toh(value);
}

/* The packets in the file are those that were taken, in order and byte for byte. */
static void compare_file(const struct way *way, const struct expected *expected, const struct pcapng_write *writer)
{
	const int64_t unit_ns = way->resolution == PACKET_NANO ? 1 : 1000;
	size_t size, at = 0;
	const uint8_t *data = pcapng_write_data(writer, &size);

	for (int i = 0; i < way->packets_count; i++) {
		const struct packet *packet = &way->packets[i];
		if (!expected->taken[i])
			continue;
		assert_true(at + 32 + packet->captured_length <= size);
		const uint8_t *block = data + at;
		int64_t units = (int64_t)get32(block + 12) << 32 | (int64_t)get32(block + 16);
		if (get32(block) != 6 || units * unit_ns != packet->ts_ns ||
		    get32(block + 20) != packet->captured_length || get32(block + 24) != packet->original_length ||
		    memcmp(block + 28, packet->data, packet->captured_length) != 0)
			fail_msg("seed %" PRIu64 ": packet %d is not in its place", way->seed, i);
		at += get32(block + 4);
	}
	assert_int_equal(at, size);
}

static void compare_report(const struct way *way, const struct expected *expected, const struct assembly *assembly)
{
	const struct assembly_report *wanted = &expected->report;
	struct assembly_report got;

	assembly_report(assembly, &got);
	int64_t after = wanted->ended ? way->sent_count - expected->next : 0;
	if (got.ended != wanted->ended || got.chunks != wanted->chunks || got.packets != wanted->packets ||
	    got.bytes != wanted->bytes || got.duplicate_chunks != wanted->duplicate_chunks ||
	    got.corrupt_chunks != wanted->corrupt_chunks || got.late_chunks != wanted->late_chunks ||
	    got.late_packets != wanted->late_packets || got.missing_chunks != wanted->missing_chunks + after ||
	    got.missing_packets != (wanted->ended ? way->packets_count - wanted->packets : PACKET_UNSET) ||
	    got.first_ns != (wanted->packets ? wanted->first_ns : PACKET_UNSET) ||
	    got.last_ns != (wanted->packets ? wanted->last_ns : PACKET_UNSET))
		fail_msg("seed %" PRIu64 ": the report's numbers are wrong", way->seed);
	bool complete = wanted->ended && wanted->chunks == way->sent_count;
	if (got.complete != complete)
		fail_msg("seed %" PRIu64 ": complete is %d", way->seed, got.complete);
}

/* `trouble` of a hundred chunks meet something. */
static void run_way(uint64_t seed, uint32_t trouble)
{
	struct way *way = make_way(seed);
	struct expected *expected = memory_new(sizeof *expected);
	CLEANUP(assembly_freep) struct assembly *assembly = assembly_new();
	CLEANUP(pcapng_write_freep) struct pcapng_write *writer = pcapng_write_new();
	const struct pcapng_write_interface interface = { .link_type = 1, .resolution = way->resolution };
	int held = -1;

	pcapng_write_interface(writer, &interface);
	pcapng_write_drained(writer);
	for (int i = 0; i < way->sent_count; i++) {
		uint32_t what = below(way, 100) < trouble ? below(way, 5) : 5;
		if (what == 0)
			continue; /* lost */
		if (what == 1 && held < 0) {
			held = i;
			continue;
		}
		if (what == 2)
			deliver(way, assembly, writer, expected, i, true);
		if (what != 3)
			deliver(way, assembly, writer, expected, i, false);
		if (what == 4)
			deliver(way, assembly, writer, expected, (int)below(way, (uint32_t)i + 1), false);
		if (held >= 0 && below(way, 3) == 0) {
			deliver(way, assembly, writer, expected, held, false);
			held = -1;
		}
	}
	compare_file(way, expected, writer);
	compare_report(way, expected, assembly);
	free(expected);
	free_way(way);
}

static void test_nothing_happens(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++)
		run_way(seed, 0);
}

static void test_much_happens(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++)
		run_way(seed, 1 + (uint32_t)seed % 60);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_happens),
		cmocka_unit_test(test_much_happens),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
