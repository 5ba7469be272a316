/* One packet, and the 16-byte record header that stands before it in a chunk's data: a pcap packet header (seconds,
 * fraction, captured length, original length), always little-endian. Source: draft-ietf-opsawg-pcap, "Packet Record".
 * Any thread. */
#ifndef PACKETS_PACKET_H
#define PACKETS_PACKET_H

#include <stddef.h>
#include <stdint.h>

enum {
	PACKET_HEADER_SIZE = 16,
	PACKET_SNAPLEN_MAX = 262144, /* libpcap's MAXIMUM_SNAPLEN: no packet is longer here */
};

/* A number or a time that is not known, as in records. */
#define PACKET_UNSET INT64_MIN

/* Of a capture's times. In the order of the names in records. */
enum packet_resolution { PACKET_MICRO, PACKET_NANO };

struct packet {
	int64_t ts_ns;            /* since the epoch */
	uint32_t captured_length; /* of data */
	uint32_t original_length; /* on the wire */
	const uint8_t *data;      /* borrowed; who fills the struct says for how long */
};

/* The snaplen that a pcap header, a request or a record means: 0, less and too much are PACKET_SNAPLEN_MAX. */
uint32_t packet_snaplen(int64_t snaplen);

/* The time as a record of that resolution can hold it: rounded down, and within 1970 … 2106. */
int64_t packet_time(int64_t ts_ns, enum packet_resolution resolution);

void packet_put_header(uint8_t to[static PACKET_HEADER_SIZE], enum packet_resolution resolution,
		       const struct packet *packet);

/* A walk over a chunk's data. Fill in the first three. */
struct packet_walk {
	const uint8_t *data;
	size_t size;
	enum packet_resolution resolution;
	size_t at; /* where the next record begins; after -1 the one that is not sane */
};

/* 1: a packet, whose data is borrowed from the walk's. 0: the end, behind a whole record. -1: no whole and sane
 * record stands there (cut off, a fraction of a second or more, more captured than PACKET_SNAPLEN_MAX or than
 * there was). */
int packet_next(struct packet_walk *walk, struct packet *ret_packet);

#endif
