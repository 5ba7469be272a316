/* The pcap stream's reader. What lies whole in the bytes that were pushed is handed out in place; what is split over
 * two pushes is gathered in a buffer that grows to one packet at most. So the state is two numbers: what is expected
 * (the file header, a packet's header, a packet) is known from what was read. */
#include "packets/pcap_read.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

enum {
	FILE_HEADER_SIZE = 24,
	GATHER_SIZE_FIRST = 4096,
	/* How much more than the snaplen may be captured: some writers count pseudo-headers and VLAN tags that
	 * were put back after the packet was cut. */
	SNAPLEN_SLACK = 256,
};

struct pcap_read {
	const uint8_t *input; /* borrowed: what is left of what was pushed */
	size_t input_size;
	uint8_t *gathered;    /* the beginning of what is expected */
	size_t gathered_size;
	size_t gathered_capacity;
	bool header_known;
	bool swapped;         /* big-endian */
	struct pcap_read_header header;
	int64_t packets;
	bool failed;
	struct error failure;
};

static uint32_t get32(const struct pcap_read *reader, const uint8_t *from)
{
	uint32_t value =
		(uint32_t)from[0] | (uint32_t)from[1] << 8 | (uint32_t)from[2] << 16 | (uint32_t)from[3] << 24;

	return reader->swapped ? __builtin_bswap32(value) : value;
}

struct pcap_read *pcap_read_new(void)
{
	return memory_new(sizeof(struct pcap_read));
}

void pcap_read_free(struct pcap_read *reader)
{
	if (!reader)
		return;
	free(reader->gathered);
	free(reader);
}

void pcap_read_push(struct pcap_read *reader, const void *data, size_t size)
{
	reader->input = data;
	reader->input_size = size;
}

const struct pcap_read_header *pcap_read_header(const struct pcap_read *reader)
{
	return reader->header_known ? &reader->header : NULL;
}

static void gather(struct pcap_read *reader, size_t size)
{
	size_t needed = reader->gathered_size + size;

	if (needed > reader->gathered_capacity) {
		size_t capacity = reader->gathered_capacity ? reader->gathered_capacity : GATHER_SIZE_FIRST;
		while (capacity < needed)
			capacity *= 2;
		reader->gathered = memory_resize(reader->gathered, capacity, 1);
		reader->gathered_capacity = capacity;
	}
	memcpy(reader->gathered + reader->gathered_size, reader->input, size);
	reader->gathered_size += size;
	reader->input += size;
	reader->input_size -= size;
}

/* The first `size` bytes of what is expected, NULL where they are not all there yet. They stay where they are. */
static const uint8_t *look(struct pcap_read *reader, size_t size)
{
	if (reader->gathered_size == 0 && reader->input_size >= size)
		return reader->input;
	if (reader->gathered_size < size) {
		size_t wanted = size - reader->gathered_size;
		size_t more = wanted < reader->input_size ? wanted : reader->input_size;
		if (more > 0)
			gather(reader, more);
	}
	return reader->gathered_size >= size ? reader->gathered : NULL;
}

/* What look() showed is used up. The bytes stay readable until the next look(). */
static void use(struct pcap_read *reader, size_t size)
{
	if (reader->gathered_size > 0) {
		reader->gathered_size = 0;
	} else {
		reader->input += size;
		reader->input_size -= size;
	}
}

static bool magic_known(struct pcap_read *reader, uint32_t magic)
{
	if (magic != 0xa1b2c3d4u && magic != 0xa1b23c4du)
		return false;
	reader->header.resolution = magic == 0xa1b23c4du ? PACKET_NANO : PACKET_MICRO;
	return true;
}

/* By the first four bytes, so that a peer that talks in another way is told at once. */
static int read_magic(struct pcap_read *reader, const uint8_t *bytes, struct error *error)
{
	uint32_t magic = get32(reader, bytes);

	if (magic == 0x0a0d0d0a)
		return error_set(error, ERROR_INPUT, WORD_peer_invalid,
				 "the stream is pcapng, and pcap is needed (tshark -F pcap, dumpcap -P)");
	if (magic_known(reader, magic))
		return 0;
	reader->swapped = true;
	if (magic_known(reader, __builtin_bswap32(magic)))
		return 0;
	return error_set(error, ERROR_INPUT, WORD_peer_invalid,
			 "the stream is not pcap: it begins with the bytes %02x %02x %02x %02x", bytes[0], bytes[1],
			 bytes[2], bytes[3]);
}

/* 1, 0 or -1 as pcap_read_next. */
static int read_header(struct pcap_read *reader, struct error *error)
{
	const uint8_t *bytes = look(reader, 4);

	if (!bytes)
		return 0;
	if (read_magic(reader, bytes, error) < 0)
		return -1;
	bytes = look(reader, FILE_HEADER_SIZE);
	if (!bytes)
		return 0; /* the magic is read again with the rest, in the order that is known now */
	uint32_t version = get32(reader, bytes + 4);
	unsigned major = reader->swapped ? version >> 16 : version & 0xffff;
	unsigned minor = reader->swapped ? version & 0xffff : version >> 16;
	if (major != 2 || minor != 4)
		return error_set(error, ERROR_INPUT, WORD_peer_invalid,
				 "the stream is pcap version %u.%u, and only 2.4 is known", major, minor);
	reader->header.snaplen = packet_snaplen(get32(reader, bytes + 16));
	reader->header.link_type = (uint16_t)get32(reader, bytes + 20);
	reader->header_known = true;
	use(reader, FILE_HEADER_SIZE);
	return 1;
}

static int check_packet(const struct pcap_read *reader, uint32_t captured, uint32_t fraction, struct error *error)
{
	uint32_t second = reader->header.resolution == PACKET_NANO ? 1000000000 : 1000000;
	uint32_t most = reader->header.snaplen + SNAPLEN_SLACK;

	if (most > PACKET_SNAPLEN_MAX)
		most = PACKET_SNAPLEN_MAX;
	if (captured > most)
		return error_set(error, ERROR_INPUT, WORD_peer_invalid,
				 "packet %" PRId64 " of the stream says that %" PRIu32 " bytes of it were captured, "
				 "and with its snaplen there can be at most %" PRIu32,
				 reader->packets + 1, captured, most);
	if (fraction >= second)
		return error_set(error, ERROR_INPUT, WORD_peer_invalid,
				 "packet %" PRId64 " of the stream has the time fraction %" PRIu32
				 ", and a second has only %" PRIu32,
				 reader->packets + 1, fraction, second);
	return 0;
}

/* 1, 0 or -1 as pcap_read_next. */
static int read_packet(struct pcap_read *reader, struct packet *ret_packet, struct error *error)
{
	const uint8_t *bytes = look(reader, PACKET_HEADER_SIZE);

	if (!bytes)
		return 0;
	uint32_t fraction = get32(reader, bytes + 4);
	uint32_t captured = get32(reader, bytes + 8);
	if (check_packet(reader, captured, fraction, error) < 0)
		return -1;
	size_t whole = PACKET_HEADER_SIZE + (size_t)captured;
	bytes = look(reader, whole);
	if (!bytes)
		return 0;
	int64_t unit_ns = reader->header.resolution == PACKET_NANO ? 1 : 1000;
	*ret_packet = (struct packet){
		.ts_ns = get32(reader, bytes) * INT64_C(1000000000) + fraction * unit_ns,
		.captured_length = captured,
		.original_length = get32(reader, bytes + 12),
		.data = bytes + PACKET_HEADER_SIZE,
	};
	use(reader, whole);
	reader->packets++;
	return 1;
}

int pcap_read_next(struct pcap_read *reader, struct packet *ret_packet, struct error *error)
{
	int got = 1;

	if (!reader->failed && !reader->header_known)
		got = read_header(reader, &reader->failure);
	if (!reader->failed && got > 0)
		got = read_packet(reader, ret_packet, &reader->failure);
	if (got < 0)
		reader->failed = true;
	if (!reader->failed)
		return got;
	if (error)
		*error = reader->failure;
	return -1;
}

int pcap_read_end(const struct pcap_read *reader, struct error *error)
{
	if (reader->failed) {
		if (error)
			*error = reader->failure;
		return -1;
	}
	if (!reader->header_known)
		return error_set(error, ERROR_INPUT, WORD_peer_invalid,
				 "the stream ended after %zu bytes, before the end of the pcap header",
				 reader->gathered_size);
	if (reader->gathered_size > 0)
		return error_set(error, ERROR_INPUT, WORD_peer_invalid,
				 "the stream ended within packet %" PRId64, reader->packets + 1);
	return 0;
}
