/* A row for each partition, and in it the offsets that are held, in ascending order: the first one decides. */
#include "offsets.h"

#include <string.h>

enum { NOTHING = -1 };

struct row {
	int32_t partition;
	int64_t next;    /* one more than the last that was read */
	int64_t told;    /* what was taken last; NOTHING before */
	int64_t *held;
	size_t count;
	size_t capacity;
};

struct offsets {
	struct row *rows;
	size_t count;
};

struct offsets *offsets_new(void)
{
	return memory_new(sizeof(struct offsets));
}

void offsets_free(struct offsets *offsets)
{
	if (!offsets)
		return;
	for (size_t i = 0; i < offsets->count; i++)
		free(offsets->rows[i].held);
	free(offsets->rows);
	free(offsets);
}

static struct row *find(struct offsets *offsets, int32_t partition)
{
	for (size_t i = 0; i < offsets->count; i++)
		if (offsets->rows[i].partition == partition)
			return &offsets->rows[i];
	return NULL;
}

static struct row *find_or_add(struct offsets *offsets, int32_t partition)
{
	struct row *row = find(offsets, partition);
	if (row)
		return row;
	offsets->rows = memory_resize(offsets->rows, offsets->count + 1, sizeof *offsets->rows);
	row = &offsets->rows[offsets->count++];
	*row = (struct row){ .partition = partition, .next = NOTHING, .told = NOTHING };
	return row;
}

void offsets_read(struct offsets *offsets, int32_t partition, int64_t offset)
{
	find_or_add(offsets, partition)->next = offset + 1;
}

/* Where `offset` stands, or would. New ones are nearly always the greatest. */
static size_t place(const struct row *row, int64_t offset)
{
	size_t at = row->count;
	while (at > 0 && row->held[at - 1] >= offset)
		at--;
	return at;
}

void offsets_hold(struct offsets *offsets, int32_t partition, int64_t offset)
{
	struct row *row = find_or_add(offsets, partition);
	size_t at = place(row, offset);
	if (row->count == row->capacity) {
		row->capacity = row->capacity ? 2 * row->capacity : 16;
		row->held = memory_resize(row->held, row->capacity, sizeof *row->held);
	}
	memmove(row->held + at + 1, row->held + at, (row->count - at) * sizeof *row->held);
	row->held[at] = offset;
	row->count++;
}

void offsets_release(struct offsets *offsets, int32_t partition, int64_t offset)
{
	struct row *row = find(offsets, partition);
	size_t at = row ? place(row, offset) : 0;
	if (!row || at == row->count || row->held[at] != offset)
		return;
	row->count--;
	memmove(row->held + at, row->held + at + 1, (row->count - at) * sizeof *row->held);
}

void offsets_forget(struct offsets *offsets, int32_t partition)
{
	struct row *row = find(offsets, partition);
	if (!row)
		return;
	free(row->held);
	*row = offsets->rows[--offsets->count];
}

bool offsets_take_change(struct offsets *offsets, int32_t *ret_partition, int64_t *ret_next_offset)
{
	for (size_t i = 0; i < offsets->count; i++) {
		struct row *row = &offsets->rows[i];
		int64_t done = row->count > 0 ? row->held[0] : row->next;
		if (done == NOTHING || done == row->told)
			continue;
		row->told = done;
		*ret_partition = row->partition;
		*ret_next_offset = done;
		return true;
	}
	return false;
}
