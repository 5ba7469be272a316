/* Cuts a capture's packets into chunks of whole packets, and holds its limits of packets and bytes. One thread at a
 * time (the capture's).
 *
 *     while ((answer = cut_packet(cut, &packet)) == CUT_FULL)
 *             …send cut_chunk(cut), then cut_next(cut)…
 *
 * Any time is right for a chunk: when the cut is full, some time after its first packet, empty as a sign of life, and
 * last with the totals. */
#ifndef PACKETS_CUT_H
#define PACKETS_CUT_H

#include <stddef.h>
#include <stdint.h>

#include "core/memory.h"
#include "packets/digest.h"
#include "packets/packet.h"

enum { CUT_CHUNK_BYTES_MIN = 300000 }; /* so that any packet fits */

struct cut_settings {
	enum packet_resolution resolution;
	int64_t snaplen;      /* what is longer is cut off; 0: PACKET_SNAPLEN_MAX */
	size_t maximum_bytes; /* of a chunk's data, without the record around it; less than the least is the least */
	int64_t count;        /* packets of the capture, 0: no limit */
	int64_t bytes;        /* of the capture: the sum of the captured lengths, 0: no limit */
};

enum cut_answer {
	CUT_TAKEN,
	CUT_TAKEN_LAST, /* taken, and with it a limit is reached: the capture is over */
	CUT_NOT_TAKEN,  /* it would exceed `bytes`, or a limit was reached before: the capture is over */
	CUT_FULL,       /* not taken: the chunk has to go first; then offer it again */
};

enum cut_limit { CUT_LIMIT_NONE, CUT_LIMIT_COUNT, CUT_LIMIT_BYTES };

/* The chunk as it stands. */
struct cut_chunk {
	int64_t seq;         /* 0 is the first */
	int64_t byte_offset; /* of data in the capture's data */
	int64_t packets;
	int64_t first_ns;    /* the earliest and the latest packet; PACKET_UNSET where there are none */
	int64_t last_ns;
	uint32_t crc32c;     /* of data */
	const uint8_t *data; /* borrowed until cut_packet, cut_next or cut_free */
	size_t size;
};

/* The capture so far, the chunk as it stands included. */
struct cut_totals {
	int64_t chunks;
	int64_t packets;
	int64_t bytes; /* the sum of the captured lengths */
	int64_t first_ns;
	int64_t last_ns;
	char data_sha256[DIGEST_SHA256_HEX_SIZE]; /* over the chunk data in order */
};

struct cut *cut_new(const struct cut_settings *settings);
void cut_free(struct cut *cut);
MEMORY_DEFINE_FREEP(struct cut, cut_free)

/* Copies the packet. Its time is kept as the resolution can hold it (packet_time); a packet that says it was shorter
 * than what was captured of it counts as that long. A packet that reaches both limits is the last by count. */
enum cut_answer cut_packet(struct cut *cut, const struct packet *packet);

/* Which limit ended the capture; NONE while none did. */
enum cut_limit cut_limit_reached(const struct cut *cut);

void cut_chunk(const struct cut *cut, struct cut_chunk *ret_chunk);
/* The chunk is gone; the next begins, empty. */
void cut_next(struct cut *cut);

/* Reads all of the chunk as it stands: for the last chunk and not for every packet. */
void cut_totals(const struct cut *cut, struct cut_totals *ret_totals);

#endif
