/* Any row of chunks: whatever they claim, the report holds together. A chunk of the input is
 *
 *     flags (1)  seq (1, or 8 with LONG)  packets (1)  size (2)  data (size)
 *
 * with little-endian numbers; the flags say which of the other claims are true. */
#include "packets/assembly.h"

#include <string.h>

enum {
	LONG = 1,        /* seq has 8 bytes; all but the first give the byte offset too */
	TRUE_CRC = 2,
	TRUE_OFFSET = 4,
	END = 8,
	TRUE_END = 16,
	NANO = 32,
	NO_SEQ = 64,
	NO_LINK = 128,
};

struct input {
	const uint8_t *data;
	size_t size;
};

static int64_t get(struct input *input, size_t bytes)
{
	uint64_t value = 0;

	for (size_t i = 0; i < bytes && input->size > 0; i++, input->data++, input->size--)
		value |= (uint64_t)*input->data << (8 * i);
	return (int64_t)value;
}

static struct assembly_piece get_piece(struct input *input, const struct assembly *assembly, int64_t offset)
{
	struct assembly_report report;
	int64_t flags = get(input, 1);
	struct assembly_piece piece = { .seq = get(input, flags & LONG ? 8 : 1), .packets = get(input, 1) };

	assembly_report(assembly, &report);
	piece.size = (size_t)get(input, 2);
	if (piece.size > input->size)
		piece.size = input->size;
	piece.data = input->data;
	input->data += piece.size;
	input->size -= piece.size;
	piece.byte_offset = flags & TRUE_OFFSET ? offset : piece.seq >> 8;
	piece.crc32c = flags & TRUE_CRC ? digest_crc32c(0, piece.data, piece.size) : piece.seq;
	piece.resolution = flags & NANO ? PACKET_NANO : PACKET_MICRO;
	piece.link_type = flags & NO_LINK ? PACKET_UNSET : 1;
	if (flags & NO_SEQ)
		piece.seq = PACKET_UNSET;
	if (flags & END) {
		piece.has_end = true;
		piece.end.chunks = flags & TRUE_END ? report.chunks + 1 : piece.seq;
		piece.end.packets = flags & TRUE_END ? report.packets : piece.packets;
		piece.end.bytes = flags & TRUE_END ? report.bytes : piece.byte_offset;
		memcpy(piece.end.data_sha256, report.data_sha256, sizeof report.data_sha256);
	}
	return piece;
}

static void check(const struct assembly_report *report, int64_t pieces)
{
	int64_t verdicts = report->chunks + report->duplicate_chunks + report->corrupt_chunks + report->late_chunks;

	if (verdicts != pieces || report->packets < 0 || report->bytes < 0 || report->missing_chunks < 0)
		abort();
	if (report->missing_packets < 0 && report->missing_packets != PACKET_UNSET)
		abort();
	if (report->complete && (report->missing_chunks || report->missing_packets || !report->sha256_matches))
		abort();
	if ((report->packets == 0) != (report->first_ns == PACKET_UNSET) || report->first_ns > report->last_ns)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(assembly_freep) struct assembly *assembly = assembly_new();
	struct input input = { data, size };
	int64_t offset = 0, pieces = 0;

	while (input.size > 0) {
		struct assembly_piece piece = get_piece(&input, assembly, offset);
		struct assembly_answer answer;
		struct assembly_report report;
		bool closed = assembly_is_closed(assembly);

		assembly_add(assembly, &piece, &answer, NULL);
		bool counts = piece.seq != PACKET_UNSET || answer.verdict != ASSEMBLY_TAKE;
		pieces += counts; /* an end without a number is no chunk */
		if (answer.verdict == ASSEMBLY_TAKE && counts)
			offset = piece.byte_offset + (int64_t)piece.size;
		if (answer.missing_before < 0 || answer.closes != (piece.has_end && !closed))
			abort();
		assembly_report(assembly, &report);
		check(&report, pieces);
	}
	return 0;
}
