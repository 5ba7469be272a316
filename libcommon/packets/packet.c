/* The record header of a chunk's packets, put and walked byte by byte: the same on every machine, never a read
 * outside the data. */
#include "packets/packet.h"

static const int64_t second_ns = 1000000000;

static uint32_t get32(const uint8_t *from)
{
	return (uint32_t)from[0] | (uint32_t)from[1] << 8 | (uint32_t)from[2] << 16 | (uint32_t)from[3] << 24;
}

static void put32(uint8_t *to, uint32_t value)
{
	to[0] = (uint8_t)value;
	to[1] = (uint8_t)(value >> 8);
	to[2] = (uint8_t)(value >> 16);
	to[3] = (uint8_t)(value >> 24);
}

uint32_t packet_snaplen(int64_t snaplen)
{
	return snaplen < 1 || snaplen > PACKET_SNAPLEN_MAX ? PACKET_SNAPLEN_MAX : (uint32_t)snaplen;
}

int64_t packet_time(int64_t ts_ns, enum packet_resolution resolution)
{
	const int64_t last_ns = (UINT32_MAX + INT64_C(1)) * second_ns - 1;
	const int64_t unit_ns = resolution == PACKET_NANO ? 1 : 1000;

	if (ts_ns < 0)
		ts_ns = 0;
	if (ts_ns > last_ns)
		ts_ns = last_ns;
	return ts_ns - ts_ns % unit_ns;
}

void packet_put_header(uint8_t to[static PACKET_HEADER_SIZE], enum packet_resolution resolution,
		       const struct packet *packet)
{
	int64_t ts_ns = packet_time(packet->ts_ns, resolution);
	int64_t fraction_ns = ts_ns % second_ns;

	put32(to, (uint32_t)(ts_ns / second_ns));
	put32(to + 4, (uint32_t)(resolution == PACKET_NANO ? fraction_ns : fraction_ns / 1000));
	put32(to + 8, packet->captured_length);
	put32(to + 12, packet->original_length);
}

int packet_next(struct packet_walk *walk, struct packet *ret_packet)
{
	const uint32_t unit_ns = walk->resolution == PACKET_NANO ? 1 : 1000;
	size_t left = walk->size - walk->at;

	if (left == 0)
		return 0;
	if (left < PACKET_HEADER_SIZE)
		return -1;
	const uint8_t *header = walk->data + walk->at;
	uint32_t fraction = get32(header + 4);
	uint32_t captured = get32(header + 8);
	uint32_t original = get32(header + 12);
	if (fraction >= second_ns / unit_ns || captured > PACKET_SNAPLEN_MAX || captured > original)
		return -1;
	if (captured > left - PACKET_HEADER_SIZE)
		return -1;
	*ret_packet = (struct packet){
		.ts_ns = get32(header) * second_ns + (int64_t)fraction * unit_ns,
		.captured_length = captured,
		.original_length = original,
		.data = header + PACKET_HEADER_SIZE,
	};
	walk->at += PACKET_HEADER_SIZE + captured;
	return 1;
}
