/* A small table, searched from where the last search ended: a fetch brings many records of one partition. */
#include "bus/owned.h"

#include "core/text.h"

void owned_deinit(struct owned_table *table)
{
	free(table->items);
	*table = (struct owned_table){ 0 };
}

struct owned *owned_find(struct owned_table *table, const char *topic, int32_t partition)
{
	for (size_t n = 0; n < table->count; n++) {
		size_t i = (table->last + n) % table->count;
		struct owned *owned = &table->items[i];
		if (owned->partition == partition && text_equal(owned->topic, topic)) {
			table->last = i;
			return owned;
		}
	}
	return NULL;
}

struct owned *owned_add(struct owned_table *table, const char *topic, int32_t partition)
{
	table->items = memory_resize(table->items, table->count + 1, sizeof *table->items);
	struct owned *owned = &table->items[table->count++];
	*owned = (struct owned){ .partition = partition, .end = -1, .stored = -1 };
	TEXT_COPY(owned->topic, topic);
	return owned;
}

void owned_remove(struct owned_table *table, struct owned *owned)
{
	*owned = table->items[--table->count];
	table->last = 0;
}
