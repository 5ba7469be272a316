/* What can be captured on: an array of targets, sorted by name as people count. A group is nothing of its own: it is
 * what targets say they belong to. */
#include "admission/targets.h"

#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/text.h"

struct targets {
	size_t count;
	struct target **items;
};

struct targets *targets_new(void)
{
	return memory_new(sizeof(struct targets));
}

void targets_free(struct targets *targets)
{
	if (!targets)
		return;
	for (size_t i = 0; i < targets->count; i++)
		free(targets->items[i]);
	free(targets->items);
	free(targets);
}

/* strverscmp orders 2 before 10; its own rule for leading zeros does not matter here, only that it is an order. */
static size_t place_of(const struct targets *targets, const char *name, bool *ret_found)
{
	size_t low = 0, high = targets->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strverscmp(targets->items[middle]->target, name);
		if (order == 0) {
			*ret_found = true;
			return middle;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	*ret_found = false;
	return low;
}

void targets_put(struct targets *targets, const struct target *target)
{
	bool found;
	size_t place = place_of(targets, target->target, &found);
	if (found) {
		*targets->items[place] = *target;
		return;
	}
	targets->items = memory_resize(targets->items, targets->count + 1, sizeof(*targets->items));
	memmove(&targets->items[place + 1], &targets->items[place],
		(targets->count - place) * sizeof(*targets->items));
	targets->items[place] = memory_copy(target, sizeof(*target));
	targets->count++;
}

void targets_remove(struct targets *targets, const char *name)
{
	bool found;
	size_t place = place_of(targets, name, &found);
	if (!found)
		return;
	free(targets->items[place]);
	targets->count--;
	memmove(&targets->items[place], &targets->items[place + 1],
		(targets->count - place) * sizeof(*targets->items));
}

const struct target *targets_find(const struct targets *targets, const char *name)
{
	bool found;
	size_t place = place_of(targets, name, &found);
	return found ? targets->items[place] : NULL;
}

size_t targets_count(const struct targets *targets)
{
	return targets->count;
}

const struct target *targets_at(const struct targets *targets, size_t index)
{
	return index < targets->count ? targets->items[index] : NULL;
}

static bool belongs_to(const struct target *target, const char *group)
{
	for (size_t i = 0; i < target->groups.count; i++)
		if (text_equal(target->groups.items[i], group))
			return true;
	return false;
}

bool targets_is_group(const struct targets *targets, const char *group)
{
	return targets_member(targets, group, 0) != NULL;
}

const struct target *targets_member(const struct targets *targets, const char *group, size_t index)
{
	for (size_t i = 0; i < targets->count; i++)
		if (belongs_to(targets->items[i], group) && index-- == 0)
			return targets->items[i];
	return NULL;
}

const char *targets_nearest(const struct targets *targets, const char *name)
{
	const char *nearest[2] = { NULL, NULL };
	for (size_t i = 0; i < targets->count; i++) {
		const struct target *target = targets->items[i];
		const char *names[1 + RECORD_GROUPS_MAX] = { target->target };
		for (size_t g = 0; g < target->groups.count; g++)
			names[1 + g] = target->groups.items[g];
		nearest[1] = text_nearest(name, names, 1 + target->groups.count);
		nearest[0] = text_nearest(name, nearest, 2);
	}
	return nearest[0];
}
