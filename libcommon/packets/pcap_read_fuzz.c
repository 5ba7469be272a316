/* Any bytes as a pcap stream: whole and in pieces the reader must say the same, and no more than there is. */
#include "packets/pcap_read.h"

#include <string.h>

struct outcome {
	size_t packets;
	size_t bytes;
	uint64_t sum;
	struct error error;
};

static void read_in_pieces(const uint8_t *data, size_t size, size_t piece, struct outcome *ret_outcome)
{
	CLEANUP(pcap_read_freep) struct pcap_read *reader = pcap_read_new();
	struct outcome outcome = { 0 };
	struct packet packet;
	int got = 0;

	for (size_t at = 0; at < size && got >= 0; at += piece) {
		size_t length = size - at < piece ? size - at : piece;
		CLEANUP_FREE uint8_t *copy = memory_copy(data + at, length);
		pcap_read_push(reader, copy, length);
		while ((got = pcap_read_next(reader, &packet, &outcome.error)) > 0) {
			if (packet.captured_length > PACKET_SNAPLEN_MAX || packet.ts_ns < 0)
				abort();
			for (uint32_t i = 0; i < packet.captured_length; i++)
				outcome.sum = outcome.sum * 31 + packet.data[i];
			outcome.sum += (uint64_t)packet.ts_ns + packet.original_length;
			outcome.packets++;
			outcome.bytes += PACKET_HEADER_SIZE + (size_t)packet.captured_length;
		}
	}
	if (got >= 0)
		pcap_read_end(reader, &outcome.error);
	if (outcome.bytes > size)
		abort();
	*ret_outcome = outcome;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const size_t pieces[] = { 1, 7, 23, 4096 };
	struct outcome whole, parts;

	read_in_pieces(data, size, size + 1, &whole);
	for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
		if (size / pieces[i] > 5000)
			continue;
		read_in_pieces(data, size, pieces[i], &parts);
		if (parts.packets != whole.packets || parts.bytes != whole.bytes || parts.sum != whole.sum ||
		    strcmp(parts.error.text, whole.error.text) != 0)
			abort();
	}
	return 0;
}
