/* A list of late chunks. The rule: what the newest result of their capture covers is done; what it does not, a new
 * version of it will, all of the capture's at once, as soon as none is under way. */
#include "late.h"

#include <utlist.h>

#include "core/log.h"
#include "core/metrics.h"
#include "core/text.h"

static struct metric late_packets_total = { .name = "capbus_upload_late_packets_total", .type = METRIC_COUNTER,
					    .help = "Packets that came after their capture's result" };

struct late_chunk {
	char capture_id[RECORD_ID_SIZE];
	int32_t partition;
	int64_t offset;
	int64_t packets;
	struct late_chunk *prev, *next;
};

struct late {
	struct results_log *results;
	struct offsets *offsets;
	struct late_chunk *all; /* of a partition in the order of their offsets */
	size_t count;
};

struct late *late_new(struct results_log *results, struct offsets *offsets)
{
	struct late *late = memory_new(sizeof *late);
	metrics_register(&late_packets_total);
	late->results = results;
	late->offsets = offsets;
	return late;
}

static void forget(struct late *late, struct late_chunk *chunk)
{
	offsets_release(late->offsets, chunk->partition, chunk->offset);
	DL_DELETE(late->all, chunk);
	free(chunk);
	late->count--;
}

void late_free(struct late *late)
{
	if (!late)
		return;
	while (late->all)
		forget(late, late->all);
	free(late);
}

void late_add(struct late *late, const char *capture_id, int32_t partition, int64_t offset, int64_t packets)
{
	struct late_chunk *chunk = memory_new(sizeof *chunk);
	metrics_add(&late_packets_total, packets);
	TEXT_COPY(chunk->capture_id, capture_id);
	chunk->partition = partition;
	chunk->offset = offset;
	chunk->packets = packets;
	offsets_hold(late->offsets, partition, offset);
	DL_APPEND(late->all, chunk);
	late->count++;
}

/* Lets go of what the result covers; the rest is added to it. Returns how many packets that are. */
static int64_t cover(struct late *late, struct result *result)
{
	struct late_chunk *chunk, *next;
	int64_t covered = result->last_offset;
	int64_t packets = 0;
	DL_FOREACH_SAFE(late->all, chunk, next) {
		if (!text_equal(chunk->capture_id, result->capture_id))
			continue;
		if (chunk->offset <= covered) {
			forget(late, chunk);
			continue;
		}
		packets += chunk->packets;
		result->last_offset = chunk->offset;
	}
	result->late_packets += packets;
	return packets;
}

static void settle(struct late *late, const char *capture_id)
{
	struct result result = { .last_offset = INT64_MAX }; /* deleted meanwhile: nobody asks any more */
	TEXT_COPY(result.capture_id, capture_id);
	results_find(results_log_results(late->results), result.capture_id, &result);
	int64_t packets = cover(late, &result);
	if (packets == 0)
		return;
	const struct log_about about = { result.request_id, result.capture_id, result.target };
	log_warning(&about, "%lld packets came after its result; they are not in its file", (long long)packets);
	results_log_write(late->results, &result, true);
}

/* After each, either nothing of that capture is left in the list or a result of it is under way. */
void late_turn(struct late *late)
{
	struct late_chunk *chunk = late->all;
	while (chunk) {
		if (results_log_is_under_way(late->results, chunk->capture_id)) {
			chunk = chunk->next;
			continue;
		}
		settle(late, chunk->capture_id);
		chunk = late->all;
	}
}

void late_forget(struct late *late, int32_t partition)
{
	struct late_chunk *chunk, *next;
	DL_FOREACH_SAFE(late->all, chunk, next)
		if (chunk->partition == partition)
			forget(late, chunk);
}

size_t late_count(const struct late *late)
{
	return late->count;
}
