/* PcapChunk: some whole packets of a capture, with all that is needed to make a file of them. Topic chunks, key =
 * capture_id. `begin` is in each, `end` in the last. */
#ifndef RECORD_CHUNK_H
#define RECORD_CHUNK_H

#include <stdbool.h>

#include "record/names.h"
#include "record/record.h"
#include "record/request.h"

/* Encoded, a chunk is never larger: a stock broker takes a record of 1 MiB, librdkafka of 1,000,000. */
enum { CHUNK_ENCODED_MAX = 950000 };

struct chunk_begin {
	struct request request;
	char worker[RECORD_NAME_SIZE];
	char target_kind[RECORD_WORD_SIZE];
	char interface[RECORD_NAME_SIZE];
	struct record_ports ports;      /* what was captured, where the target has ports */
	int64_t link_type;              /* LINKTYPE_… as in a file, not DLT_…; UNSET: never opened */
	enum resolution resolution;     /* of the packet times in data */
	int64_t snaplen;
	int64_t armed_at_ns;            /* UNSET: never armed */
	int64_t asked_at_ms;            /* the broker's timestamp of the request; names the file where never armed */
};

struct chunk_end {
	enum outcome_state outcome;
	enum stopped_by stopped_by;
	char reason[RECORD_WORD_SIZE];
	char detail[RECORD_DETAIL_SIZE];
	int64_t chunks;                 /* with this one; UNSET is not known, as for all that follow */
	int64_t packets;
	int64_t bytes;                  /* captured: the sum of the packets' captured lengths */
	int64_t received_kernel;
	int64_t dropped_kernel;
	int64_t dropped_mirror;
	int64_t seen_total;             /* packets of any kind that came by while armed */
	int64_t disarmed_at_ns;
	char data_sha256[RECORD_SHA256_SIZE]; /* over the chunk data in order */
	struct {
		size_t count;
		char items[RECORD_STANDING_MAX][65];
	} standing;                     /* what still stands on the target */
};

struct chunk {
	char capture_id[RECORD_ID_SIZE];
	char request_id[RECORD_ID_SIZE];
	int64_t seq;                    /* 0 is the first; UNSET: an end without data, from a worker that took the
					 * capture over and does not know how many chunks there were */
	int64_t byte_offset;            /* of data in the capture's data */
	int64_t packets;                /* in data */
	int64_t first_packet_at_ns;     /* UNSET where there are none */
	int64_t last_packet_at_ns;
	int64_t crc32c;                 /* of data, Castagnoli */
	struct record_bytes data;       /* borrowed: pcap packet records, little-endian, without a file header */
	struct chunk_begin begin;
	bool has_end;
	struct chunk_end end;
};

extern const struct record_type chunk_record;

#endif
