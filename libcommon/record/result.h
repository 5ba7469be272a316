/* CaptureResult: what exists of a capture, and where; how each ended, also those that never captured. Topic
 * results, key = capture_id, compacted: the catalog. */
#ifndef RECORD_RESULT_H
#define RECORD_RESULT_H

#include <stdbool.h>

#include "record/names.h"
#include "record/record.h"

struct result_store {
	char store[RECORD_WORD_SIZE]; /* folder, cloudshark, s3 */
	enum store_state state;
	char link[RECORD_LINK_SIZE];
	char name[RECORD_LINK_SIZE];  /* the file's name beneath the folder, or the store's own id for it */
	int64_t size;
};

struct result {
	char capture_id[RECORD_ID_SIZE];
	char request_id[RECORD_ID_SIZE];
	int64_t version;              /* results are a ledger: greater counts */
	char writer[RECORD_NAME_SIZE];
	char target[RECORD_TARGET_SIZE];
	enum outcome_state state;
	char reason[RECORD_WORD_SIZE];
	char detail[RECORD_DETAIL_SIZE];
	char filter[RECORD_FILTER_SIZE];
	char requested_by[RECORD_WHO_SIZE];
	char requested_via[RECORD_WORD_SIZE];
	int64_t timeout_s;
	int64_t count;
	int64_t bytes_limit;
	int64_t snaplen;
	enum direction direction;
	struct record_ports ports;
	struct record_labels labels;
	int64_t link_type;
	char worker[RECORD_NAME_SIZE];
	int64_t armed_at_ns;
	int64_t disarmed_at_ns;
	int64_t ended_at_ms;          /* the broker's timestamp of the capture's last chunk */
	int64_t packets;
	int64_t bytes;
	enum stopped_by stopped_by;
	int64_t seen_total;
	int64_t received_kernel;
	int64_t dropped_kernel;
	int64_t dropped_mirror;
	int64_t missing_chunks;
	int64_t missing_packets;      /* UNSET: chunks are missing whose packets nobody counted */
	int64_t late_packets;
	int64_t clock_offset_ns;      /* the target's clock against the worker's; UNSET: not measured */
	int64_t first_packet_at_ns;
	int64_t last_packet_at_ns;
	char sha256[RECORD_SHA256_SIZE]; /* as `sha256sum FILE` says; "" where there is no file */
	size_t stores_count;
	struct result_store stores[RECORD_STORES_MAX];
	bool pinned;
	int64_t chunks_partition;
	int64_t first_offset;
	int64_t last_offset;
	int64_t packets_until_ms;     /* the packets can be fetched from Kafka until then */
};

extern const struct record_type result_record;

#endif
