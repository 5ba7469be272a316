/* The partitions that are a consumer's now: for bus/consumer alone. Topics have their prefix here. One thread. */
#ifndef BUS_OWNED_H
#define BUS_OWNED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bus/client.h"

struct owned {
	char topic[CLIENT_TOPIC_SIZE];
	int32_t partition;
	bool is_paused;
	bool is_read;   /* follower: up to `end` or further */
	int64_t end;    /* follower: where it ended when its first record came; -1 before */
	int64_t stored; /* group: the greatest offset that was stored; -1 is none */
};

struct owned_table {
	struct owned *items;
	size_t count;
	size_t last; /* where the last lookup found its partition: records come in runs of one */
};

void owned_deinit(struct owned_table *table);

/* Every pointer into the table ends with the next add or remove. */
struct owned *owned_find(struct owned_table *table, const char *topic, int32_t partition);
struct owned *owned_add(struct owned_table *table, const char *topic, int32_t partition);
void owned_remove(struct owned_table *table, struct owned *owned);

#endif
