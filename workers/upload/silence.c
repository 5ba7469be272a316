/* A row for each partition: its time, made of pauses that were cut, and when something came last. */
#include "silence.h"

#include <stddef.h>

struct row {
	int32_t partition;
	int64_t time_ms;
	int64_t timestamp_ms; /* the greatest so far */
	int64_t quiet_since_boot_ms;
};

struct silence {
	struct row *rows;
	size_t count;
};

struct silence *silence_new(void)
{
	return memory_new(sizeof(struct silence));
}

void silence_free(struct silence *silence)
{
	if (!silence)
		return;
	free(silence->rows);
	free(silence);
}

static struct row *find(const struct silence *silence, int32_t partition)
{
	for (size_t i = 0; i < silence->count; i++)
		if (silence->rows[i].partition == partition)
			return &silence->rows[i];
	return NULL;
}

int64_t silence_read(struct silence *silence, int32_t partition, int64_t timestamp_ms, int64_t now_boot_ms)
{
	struct row *row = find(silence, partition);
	if (!row) {
		silence->rows = memory_resize(silence->rows, silence->count + 1, sizeof *silence->rows);
		row = &silence->rows[silence->count++];
		*row = (struct row){ .partition = partition, .timestamp_ms = timestamp_ms };
	}
	if (timestamp_ms > row->timestamp_ms) {
		int64_t pause_ms = timestamp_ms - row->timestamp_ms;
		row->time_ms += pause_ms < SILENCE_PAUSE_MAX_MS ? pause_ms : SILENCE_PAUSE_MAX_MS;
		row->timestamp_ms = timestamp_ms;
	}
	row->quiet_since_boot_ms = now_boot_ms;
	return row->time_ms;
}

bool silence_is_over(const struct silence *silence, int32_t partition, int64_t heard_ms, int64_t now_boot_ms)
{
	const struct row *row = find(silence, partition);
	return row && (row->time_ms - heard_ms >= SILENCE_MS || now_boot_ms - row->quiet_since_boot_ms >= SILENCE_MS);
}

void silence_excuse(struct silence *silence, int64_t now_boot_ms)
{
	for (size_t i = 0; i < silence->count; i++)
		silence->rows[i].quiet_since_boot_ms = now_boot_ms;
}

void silence_forget(struct silence *silence, int32_t partition)
{
	struct row *row = find(silence, partition);
	if (row)
		*row = silence->rows[--silence->count];
}
