/* The inventory: what can be captured on, read from an INI file that the capture stage alone reads.
 *
 * A section is a target; [defaults] and [defaults KIND] fill what it leaves out, [group NAME] names several. What
 * others may know is in `public`, as it is published; hosts' credentials and the like are behind
 * inventory_setting. Immutable once read, so any thread may look. */
#ifndef INVENTORY_H
#define INVENTORY_H

#include <stddef.h>

#include "core/error.h"
#include "record/target.h"

struct inventory;

struct inventory_target {
	struct target public; /* published_by "", link_type and checked_at_ms UNSET: the loop fills them */
	struct inventory_settings *settings; /* see inventory_setting */
};

/* Reads and checks all of it, or refuses with "FILE:LINE: …": unknown kinds and keys (with the nearest known one),
 * missing keys, names that no record could bear. Targets of kinds that this worker does not serve are checked
 * like all others. BROKEN, config_invalid (file_failed where it cannot be read). The caller's (inventory_free). */
struct inventory *inventory_read(const char *path, struct error *error);
/* The same of a text; `name` stands for the file's in messages. */
struct inventory *inventory_parse(const char *name, const char *text, size_t size, struct error *error);
void inventory_free(struct inventory *inventory);

/* In the order of the file; borrowed until inventory_free. */
size_t inventory_count(const struct inventory *inventory);
const struct inventory_target *inventory_at(const struct inventory *inventory, size_t index);
/* NULL where there is none. */
const struct inventory_target *inventory_find(const struct inventory *inventory, const char *name);

/* A key that is not published ("key_file"), its default where the file leaves it out, NULL where there is none.
 * Borrowed. */
const char *inventory_setting(const struct inventory_target *target, const char *key);

/* One target on its own: the inventory may be read anew while a capture runs on it. */
struct inventory_target *inventory_target_copy(const struct inventory_target *target);
void inventory_target_free(struct inventory_target *target);

#endif
