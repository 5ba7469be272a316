/* Reads a pcap stream, as `tcpdump -w -` writes it, in whatever pieces it comes. One thread at a time.
 *
 *     pcap_read_push(reader, bytes, size);
 *     while ((got = pcap_read_next(reader, &packet, error)) > 0)
 *             …the packet, borrowed until the next call with this reader…
 *
 * Takes microsecond and nanosecond files of either byte order, version 2.4 and any link type. Memory is bounded: only
 * a packet that is split over pieces is copied, and none is longer than PACKET_SNAPLEN_MAX.
 * Source: draft-ietf-opsawg-pcap. */
#ifndef PACKETS_PCAP_READ_H
#define PACKETS_PCAP_READ_H

#include <stddef.h>
#include <stdint.h>

#include "core/error.h"
#include "core/memory.h"
#include "packets/packet.h"

struct pcap_read;

/* What the file header says. */
struct pcap_read_header {
	uint16_t link_type; /* LINKTYPE_…: the lower half of its word, without the length of the FCS */
	enum packet_resolution resolution;
	uint32_t snaplen;   /* 1 … PACKET_SNAPLEN_MAX, which 0 and more than it mean too */
};

struct pcap_read *pcap_read_new(void);
void pcap_read_free(struct pcap_read *reader);
MEMORY_DEFINE_FREEP(struct pcap_read, pcap_read_free)

/* More of the stream. `data` is borrowed until pcap_read_next has returned 0 or -1, and only then may more come. */
void pcap_read_push(struct pcap_read *reader, const void *data, size_t size);

/* 1: a packet, whose data is borrowed until the next call with this reader. 0: all that was pushed is taken in.
 * -1: INPUT, peer_invalid: this is no pcap stream, or a packet in it cannot be (more captured than
 * PACKET_SNAPLEN_MAX, or much more than the snaplen; a fraction of a second or more). For good: every later call
 * says the same. */
int pcap_read_next(struct pcap_read *reader, struct packet *ret_packet, struct error *error);

/* NULL until pcap_read_next has met the whole header, which may be long before the first packet. The reader's. */
const struct pcap_read_header *pcap_read_header(const struct pcap_read *reader);

/* The stream ended here: 0 where that is behind a whole packet or the header; else INPUT, peer_invalid. */
int pcap_read_end(const struct pcap_read *reader, struct error *error);

#endif
