/* What can be captured on, by name and by group: filled from the topic targets, or from an inventory. One thread. */
#ifndef ADMISSION_TARGETS_H
#define ADMISSION_TARGETS_H

#include <stdbool.h>
#include <stddef.h>

#include "record/target.h"

struct targets;

struct targets *targets_new(void);
void targets_free(struct targets *targets);

/* Copies; replaces one of the same name. */
void targets_put(struct targets *targets, const struct target *target);
/* What is not there is not removed. */
void targets_remove(struct targets *targets, const char *name);

/* These are borrowed until the next put or remove. NULL where there is none. Case matters. */
const struct target *targets_find(const struct targets *targets, const char *name);
size_t targets_count(const struct targets *targets);
/* In the order of names as people count (slx2 before slx10). */
const struct target *targets_at(const struct targets *targets, size_t index);

bool targets_is_group(const struct targets *targets, const char *group);
/* The `index`th member in that order, NULL past the last. */
const struct target *targets_member(const struct targets *targets, const char *group, size_t index);

/* The target or group that may have been meant, NULL where none is near. */
const char *targets_nearest(const struct targets *targets, const char *name);

#endif
