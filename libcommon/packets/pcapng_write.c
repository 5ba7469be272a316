/* pcapng, block by block. Each block is begun, filled and finished in place: its length is written when it is known.
 *
 * A sign of life is an empty name resolution block: an empty statistics block would do too, but Wireshark shows an
 * interface's drops only where it has a single one (ui/summary.c: "dumpcap only writes one ISB"). */
#include "packets/pcapng_write.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/text.h"

enum block_type {
	BLOCK_INTERFACE = 1,
	BLOCK_NAME_RESOLUTION = 4,
	BLOCK_STATISTICS = 5,
	BLOCK_PACKET = 6,
	BLOCK_SECTION = 0x0a0d0d0a,
};

enum option {
	OPTION_END = 0,
	OPTION_COMMENT = 1,
	SHB_USERAPPL = 4,
	IF_NAME = 2,
	IF_DESCRIPTION = 3,
	IF_TSRESOL = 9,
	IF_FILTER = 11,
	ISB_STARTTIME = 2,
	ISB_ENDTIME = 3,
	ISB_IFRECV = 4,
	ISB_IFDROP = 5,
	ISB_FILTERACCEPT = 6,
	ISB_USRDELIV = 8,
};

enum {
	BYTE_ORDER_MAGIC = 0x1a2b3c4d,
	LINKTYPE_ETHERNET = 1,
	FILTER_IS_TEXT = 0, /* the first byte of if_filter: libpcap's language follows */
	TEXT_SIZE = 4096,
	BUFFER_SIZE_FIRST = 64 * 1024,
};

struct interface {
	enum packet_resolution resolution;
	uint32_t snaplen;
};

struct pcapng_write {
	uint8_t *buffer;
	size_t size;
	size_t capacity;
	size_t block; /* where the one in the making begins */
	struct interface *interfaces;
	uint32_t interfaces_count;
};

struct pcapng_write *pcapng_write_new(void)
{
	return memory_new(sizeof(struct pcapng_write));
}

void pcapng_write_free(struct pcapng_write *writer)
{
	if (!writer)
		return;
	free(writer->interfaces);
	free(writer->buffer);
	free(writer);
}

const uint8_t *pcapng_write_data(const struct pcapng_write *writer, size_t *ret_size)
{
	*ret_size = writer->size;
	return writer->buffer;
}

void pcapng_write_drained(struct pcapng_write *writer)
{
	writer->size = 0;
}

/* Room for `size` more bytes, which count as written from here on. */
static uint8_t *extend(struct pcapng_write *writer, size_t size)
{
	size_t needed = writer->size + size;

	if (needed > writer->capacity) {
		size_t capacity = writer->capacity ? writer->capacity : BUFFER_SIZE_FIRST;
		while (capacity < needed)
			capacity *= 2;
		writer->buffer = memory_resize(writer->buffer, capacity, 1);
		writer->capacity = capacity;
	}
	uint8_t *at = writer->buffer + writer->size;
	writer->size = needed;
	return at;
}

static void store32(uint8_t *to, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		to[i] = (uint8_t)(value >> (8 * i));
}

static void put16(struct pcapng_write *writer, uint16_t value)
{
	uint8_t *to = extend(writer, 2);

	to[0] = (uint8_t)value;
	to[1] = (uint8_t)(value >> 8);
}

static void put32(struct pcapng_write *writer, uint32_t value)
{
	store32(extend(writer, 4), value);
}

static void put64(struct pcapng_write *writer, uint64_t value)
{
	put32(writer, (uint32_t)value);
	put32(writer, (uint32_t)(value >> 32));
}

/* With zeroes behind it up to a multiple of four. */
static void put_bytes(struct pcapng_write *writer, const void *bytes, size_t size)
{
	size_t padded = (size + 3) & ~(size_t)3;
	uint8_t *to = extend(writer, padded);

	if (size > 0)
		memcpy(to, bytes, size);
	memset(to + size, 0, padded - size);
}

static void block_begin(struct pcapng_write *writer, enum block_type type)
{
	writer->block = writer->size;
	put32(writer, type);
	put32(writer, 0); /* its length: see block_end */
}

static void block_end(struct pcapng_write *writer)
{
	uint32_t length = (uint32_t)(writer->size - writer->block + 4);

	put32(writer, length);
	store32(writer->buffer + writer->block + 4, length);
}

static void put_option(struct pcapng_write *writer, enum option code, const void *value, size_t size)
{
	put16(writer, (uint16_t)code);
	put16(writer, (uint16_t)size);
	put_bytes(writer, value, size);
}

static void put_option_text(struct pcapng_write *writer, enum option code, const char *text)
{
	char shown[TEXT_SIZE];

	if (!text || !*text)
		return;
	text_printable(shown, sizeof shown, text, strlen(text));
	put_option(writer, code, shown, strlen(shown));
}

static void put_option_number(struct pcapng_write *writer, enum option code, int64_t value)
{
	if (value == PACKET_UNSET)
		return;
	put16(writer, (uint16_t)code);
	put16(writer, 8);
	put64(writer, (uint64_t)value);
}

/* In the interface's units, the upper half first. */
static void put_time(struct pcapng_write *writer, uint32_t interface, int64_t ts_ns)
{
	enum packet_resolution resolution = writer->interfaces[interface].resolution;
	int64_t units = packet_time(ts_ns, resolution) / (resolution == PACKET_NANO ? 1 : 1000);

	put32(writer, (uint32_t)(units >> 32));
	put32(writer, (uint32_t)units);
}

static void put_option_time(struct pcapng_write *writer, enum option code, uint32_t interface, int64_t ts_ns)
{
	if (ts_ns == PACKET_UNSET)
		return;
	put16(writer, (uint16_t)code);
	put16(writer, 8);
	put_time(writer, interface, ts_ns);
}

void pcapng_write_section(struct pcapng_write *writer, const char *application, const char *const *comments,
			  size_t comments_count)
{
	block_begin(writer, BLOCK_SECTION);
	put32(writer, BYTE_ORDER_MAGIC);
	put16(writer, 1); /* version 1.0 */
	put16(writer, 0);
	put64(writer, UINT64_MAX); /* the section's length is not known: it is sent while it grows */
	for (size_t i = 0; i < comments_count; i++)
		put_option_text(writer, OPTION_COMMENT, comments[i]);
	put_option_text(writer, SHB_USERAPPL, application);
	put_option(writer, OPTION_END, NULL, 0);
	block_end(writer);
}

static void put_option_filter(struct pcapng_write *writer, const char *filter)
{
	char value[TEXT_SIZE];

	if (!filter || !*filter)
		return;
	value[0] = FILTER_IS_TEXT;
	text_printable(value + 1, sizeof value - 1, filter, strlen(filter));
	put_option(writer, IF_FILTER, value, 1 + strlen(value + 1));
}

uint32_t pcapng_write_interface(struct pcapng_write *writer, const struct pcapng_write_interface *interface)
{
	uint32_t number = writer->interfaces_count++;
	uint32_t snaplen = packet_snaplen(interface->snaplen);
	int64_t link_type = interface->link_type == PACKET_UNSET ? LINKTYPE_ETHERNET : interface->link_type;
	uint8_t resolution = interface->resolution == PACKET_NANO ? 9 : 6;

	writer->interfaces = memory_resize(writer->interfaces, writer->interfaces_count, sizeof *writer->interfaces);
	writer->interfaces[number] = (struct interface){ interface->resolution, snaplen };
	block_begin(writer, BLOCK_INTERFACE);
	put16(writer, (uint16_t)link_type);
	put16(writer, 0);
	put32(writer, snaplen); /* never 0, "no limit": some readers refuse it */
	put_option_text(writer, IF_NAME, interface->name);
	put_option_text(writer, IF_DESCRIPTION, interface->description);
	put_option(writer, IF_TSRESOL, &resolution, 1);
	put_option_filter(writer, interface->filter);
	put_option(writer, OPTION_END, NULL, 0);
	block_end(writer);
	return number;
}

void pcapng_write_packet(struct pcapng_write *writer, uint32_t interface, const struct packet *packet)
{
	uint32_t snaplen = writer->interfaces[interface].snaplen;
	uint32_t captured = packet->captured_length < snaplen ? packet->captured_length : snaplen;

	block_begin(writer, BLOCK_PACKET);
	put32(writer, interface);
	put_time(writer, interface, packet->ts_ns);
	put32(writer, captured);
	put32(writer, packet->original_length);
	put_bytes(writer, packet->data, captured);
	block_end(writer);
}

int pcapng_write_records(struct pcapng_write *writer, uint32_t interface, const uint8_t *data, size_t size,
			 struct error *error)
{
	struct packet_walk walk = {
		.data = data, .size = size, .resolution = writer->interfaces[interface].resolution
	};
	size_t before = writer->size;
	struct packet packet;
	int got;

	while ((got = packet_next(&walk, &packet)) > 0)
		pcapng_write_packet(writer, interface, &packet);
	if (got == 0)
		return 0;
	writer->size = before;
	return error_set(error, ERROR_INPUT, WORD_chunk_corrupt,
			 "at byte %zu of a chunk's data stands no whole packet record", walk.at);
}

void pcapng_write_keep_alive(struct pcapng_write *writer)
{
	block_begin(writer, BLOCK_NAME_RESOLUTION);
	put32(writer, 0); /* nrb_record_end: no names */
	block_end(writer);
}

void pcapng_write_statistics(struct pcapng_write *writer, uint32_t interface,
			     const struct pcapng_write_statistics *statistics)
{
	block_begin(writer, BLOCK_STATISTICS);
	put32(writer, interface);
	put_time(writer, interface, statistics->at_ns);
	put_option_text(writer, OPTION_COMMENT, statistics->comment);
	put_option_time(writer, ISB_STARTTIME, interface, statistics->start_ns);
	put_option_time(writer, ISB_ENDTIME, interface, statistics->end_ns);
	put_option_number(writer, ISB_IFRECV, statistics->received);
	put_option_number(writer, ISB_IFDROP, statistics->dropped);
	put_option_number(writer, ISB_FILTERACCEPT, statistics->filter_accepted);
	put_option_number(writer, ISB_USRDELIV, statistics->delivered);
	put_option(writer, OPTION_END, NULL, 0);
	block_end(writer);
}
