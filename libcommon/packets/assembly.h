/* One capture's chunks, in the order in which Kafka hands them over: what is to be written, what is missing, and
 * whether the whole can be proven complete. Keeps no packets. One thread at a time.
 *
 * Kafka keeps the order of a partition, so the file is written as chunks arrive and never waits: a chunk that is not
 * there when a later one comes is missing for good, and is counted, not written, if it comes after all. The first end
 * closes: chunks that nobody has seen yet and come after it are counted too. */
#ifndef PACKETS_ASSEMBLY_H
#define PACKETS_ASSEMBLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/error.h"
#include "core/memory.h"
#include "packets/digest.h"
#include "packets/packet.h"

/* What the last chunk says of the whole. PACKET_UNSET and "" where its writer does not know: one that ends a capture
 * for another does not. */
struct assembly_end {
	int64_t chunks; /* with the last */
	int64_t packets;
	int64_t bytes;  /* the sum of the captured lengths */
	char data_sha256[DIGEST_SHA256_HEX_SIZE];
};

/* A chunk as its record has it, believed in nothing. */
struct assembly_piece {
	int64_t seq;         /* PACKET_UNSET: an end from somebody who does not know; then without data */
	int64_t byte_offset;
	int64_t packets;
	int64_t crc32c;
	int64_t link_type;   /* PACKET_UNSET: never opened, or not known; then without data */
	enum packet_resolution resolution;
	const uint8_t *data; /* borrowed for the call */
	size_t size;
	bool has_end;
	struct assembly_end end;
};

enum assembly_verdict {
	ASSEMBLY_TAKE,      /* the next one: write its packets, of which an empty one has none */
	ASSEMBLY_DUPLICATE, /* seen before: nothing to do */
	ASSEMBLY_CORRUPT,   /* refused (see the error); a sound copy of it may still come */
	ASSEMBLY_LATE,      /* sound and new, but a later one, or the end, came first: counted, not written */
};

struct assembly_answer {
	enum assembly_verdict verdict;
	int64_t missing_before; /* chunks that should have come before this one and did not; only with TAKE */
	bool closes;            /* with any verdict: this is the end; only what comes late can change the report */
};

struct assembly_report {
	bool ended;              /* an end came */
	bool complete;           /* it did, nothing is missing, and packets, bytes and SHA-256 are what it says */
	bool sha256_matches;     /* of the data that was taken with what the end says */
	int64_t chunks;          /* taken */
	int64_t packets;
	int64_t bytes;           /* the sum of the captured lengths */
	int64_t first_ns;        /* the earliest and the latest packet; PACKET_UNSET: none */
	int64_t last_ns;
	int64_t missing_chunks;  /* up to the end, or without one to the last that came; with the corrupt ones */
	int64_t missing_packets; /* PACKET_UNSET: nobody counted them, because there is no end or it does not know */
	int64_t duplicate_chunks;
	int64_t corrupt_chunks;
	int64_t late_chunks;
	int64_t late_packets;
	int64_t link_type;       /* of what was taken; PACKET_UNSET: not known */
	enum packet_resolution resolution;
	char data_sha256[DIGEST_SHA256_HEX_SIZE]; /* of the data that was taken */
};

struct assembly *assembly_new(void);
void assembly_free(struct assembly *assembly);
MEMORY_DEFINE_FREEP(struct assembly, assembly_free)

/* The next chunk of the partition that belongs to this capture. It is checked before it is believed: the checksum,
 * every packet record, the number of packets, the place in the capture's data, and that link type and resolution are
 * those of the chunks before. `error` is set with ASSEMBLY_CORRUPT only: INPUT, chunk_corrupt. */
void assembly_add(struct assembly *assembly, const struct assembly_piece *piece, struct assembly_answer *ret_answer,
		  struct error *error);

/* Closes without an end, because none comes any more: from now on everything new is late. */
void assembly_close(struct assembly *assembly);
bool assembly_is_closed(const struct assembly *assembly);

/* At any time. */
void assembly_report(const struct assembly *assembly, struct assembly_report *ret_report);

#endif
