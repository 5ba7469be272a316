/* Writes pcapng into a buffer that the caller drains: the same calls make the same bytes, always. One thread at a
 * time.
 *
 * A section, then its interfaces (one or more, also later on), then packets and signs of life as they come, and
 * last a statistics block per interface with the verdict. Little-endian. Texts are made printable (text_printable)
 * and cut to 4095 bytes. Source: draft-ietf-opsawg-pcapng; what of it readers show was tried with Wireshark's. */
#ifndef PACKETS_PCAPNG_WRITE_H
#define PACKETS_PCAPNG_WRITE_H

#include <stddef.h>
#include <stdint.h>

#include "core/error.h"
#include "core/memory.h"
#include "packets/packet.h"

struct pcapng_write;

struct pcapng_write_interface {
	int64_t link_type;       /* LINKTYPE_…; PACKET_UNSET: Ethernet */
	enum packet_resolution resolution;
	int64_t snaplen;         /* as packet_snaplen takes it */
	const char *name;        /* these may be NULL */
	const char *description;
	const char *filter;      /* in libpcap's language */
};

/* What is known once a capture is over; a number is left out where it is PACKET_UNSET, a comment where it is NULL. */
struct pcapng_write_statistics {
	int64_t at_ns;           /* of the block itself; must be known */
	int64_t start_ns;        /* armed */
	int64_t end_ns;          /* disarmed */
	int64_t received;        /* isb_ifrecv: packets that reached the capture */
	int64_t dropped;         /* isb_ifdrop: of these, lost for want of room; Wireshark shows it */
	int64_t filter_accepted; /* isb_filteraccept */
	int64_t delivered;       /* isb_usrdeliv: in the file */
	const char *comment;     /* the verdict */
};

struct pcapng_write *pcapng_write_new(void);
void pcapng_write_free(struct pcapng_write *writer);
MEMORY_DEFINE_FREEP(struct pcapng_write, pcapng_write_free)

/* What was written since the last pcapng_write_drained: borrowed until the next call with this writer. */
const uint8_t *pcapng_write_data(const struct pcapng_write *writer, size_t *ret_size);
void pcapng_write_drained(struct pcapng_write *writer);

/* The section header, once and first. `application` is "capbus VERSION"; each comment is a line of its own where
 * readers show it. */
void pcapng_write_section(struct pcapng_write *writer, const char *application, const char *const *comments,
			  size_t comments_count);

/* Returns the interface's number, for the calls below: 0 is the first. */
uint32_t pcapng_write_interface(struct pcapng_write *writer, const struct pcapng_write_interface *interface);

/* A packet's data that is longer than the interface's snaplen is cut to it, because libpcap reads no such file. */
void pcapng_write_packet(struct pcapng_write *writer, uint32_t interface, const struct packet *packet);

/* A chunk's data, whose resolution is the interface's: at most twice as many bytes are written. INPUT, chunk_corrupt
 * where it is no row of whole packet records; then nothing of it is written. */
int pcapng_write_records(struct pcapng_write *writer, uint32_t interface, const uint8_t *data, size_t size,
			 struct error *error);

/* A block that says nothing, so that something is sent while no packets come: always the same 16 bytes, an empty name
 * resolution block. */
void pcapng_write_keep_alive(struct pcapng_write *writer);

/* One per interface: Wireshark shows drops only where there is exactly one. */
void pcapng_write_statistics(struct pcapng_write *writer, uint32_t interface,
			     const struct pcapng_write_statistics *statistics);

#endif
