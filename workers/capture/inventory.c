/* The inventory as data: sections become targets, whose values are the first of their own section, [defaults KIND],
 * [defaults] and the table of keys (target/keys.c). */
#include "inventory.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "config/ini.h"
#include "core/memory.h"
#include "core/text.h"
#include "target/keys.h"

struct setting {
	char *key;
	char *value;
};

struct inventory_settings {
	size_t count;
	struct setting *items;
};

struct inventory {
	size_t count;
	struct inventory_target *targets;
};

/* The first of the target's section, [defaults KIND] and [defaults]. */
struct layers {
	const struct ini_section *sections[3];
};

static const char *value_of(const struct layers *layers, const char *name)
{
	for (size_t i = 0; i < 3; i++) {
		const struct ini_key *key = layers->sections[i] ? ini_find_key(layers->sections[i], name) : NULL;
		if (key)
			return key->value;
	}
	return keys_find(name) ? keys_find(name)->standard : NULL;
}

/* The next word of a section's name: "" for [defaults], "slx" for [defaults slx]; NULL where it is another's. */
static const char *behind(const char *name, const char *word)
{
	size_t length = strlen(word);

	if (!text_starts(name, word) || (name[length] != '\0' && name[length] != ' '))
		return NULL;
	return name + length + strspn(name + length, " ");
}

static bool is_target(const struct ini_section *section)
{
	return !behind(section->name, "defaults") && !behind(section->name, "group");
}

/* ---- a target ---- */

static int check_name(const struct inventory *inventory, const struct keys_place *place, const char *name,
		      struct error *error)
{
	if (!text_is_id(name) || strlen(name) >= RECORD_TARGET_SIZE)
		return keys_refuse(place, error, "[%s] is no name for a target: letters, digits, dot, dash and "
				   "underscore, at most %d", name, RECORD_TARGET_SIZE - 1);
	if (text_equal_nocase(name, "merged"))
		return keys_refuse(place, error, "[%s]: no target may have that name, files of several captures bear "
				   "it", name);
	for (size_t i = 0; i < inventory->count; i++)
		if (text_equal_nocase(inventory->targets[i].public.target, name))
			return keys_refuse(place, error, "[%s] differs from [%s] in upper and lower case only", name,
				      inventory->targets[i].public.target);
	return 0;
}

static void add_setting(struct inventory_settings *settings, const char *key, const char *value)
{
	settings->items = memory_resize(settings->items, settings->count + 1, sizeof settings->items[0]);
	settings->items[settings->count++] = (struct setting){ memory_text(key), memory_text(value) };
}

/* All values of the target, as they stand; templates from each layer, the first of a name. */
static struct inventory_settings *collect(const struct layers *layers, unsigned kind, const char *name)
{
	struct inventory_settings *settings = memory_new(sizeof *settings);
	struct inventory_target so_far = { .settings = settings };
	const struct keys_row *row;

	for (size_t i = 0; (row = keys_at(i)); i++) {
		const char *value = row->kinds & kind ? value_of(layers, row->name) : NULL;
		if (value)
			add_setting(settings, row->name, value);
	}
	for (size_t i = 0; i < 3 && (kind & KEYS_SLX); i++)
		for (size_t k = 0; layers->sections[i] && k < layers->sections[i]->count; k++) {
			const struct ini_key *it = &layers->sections[i]->keys[k];
			if (keys_is_template(it->name) && !inventory_setting(&so_far, it->name))
				add_setting(settings, it->name, it->value);
		}
	if ((kind & KEYS_SLX) && !inventory_setting(&so_far, "guest")) {
		char guest[RECORD_TARGET_SIZE + 8];
		TEXT_FORMAT(guest, "%s-tpvm", name);
		add_setting(settings, "guest", guest);
	}
	return settings;
}

static void publish(struct inventory_target *target, unsigned kind)
{
	struct target *public = &target->public;
	const char *text;
	int64_t parallel = kind & KEYS_SLX ? 1 : 4;

	text_copy(public->kind, sizeof public->kind, inventory_setting(target, "kind"));
	if ((text = inventory_setting(target, "worker")))
		TEXT_COPY(public->worker, text);
	if ((text = inventory_setting(target, "disabled")))
		TEXT_COPY(public->disabled, text);
	if ((text = inventory_setting(target, "host")))
		TEXT_COPY(public->address, text);
	if ((text = inventory_setting(target, "interface")) || (text = inventory_setting(target, "guest_interface")))
		TEXT_COPY(public->interface, text);
	if ((text = inventory_setting(target, "ports")))
		(void)keys_to_ports(text, &public->ports);
	if ((text = inventory_setting(target, "parallel")))
		(void)keys_to_parallel(text, &parallel);
	public->parallel = parallel;
}

static int add_target(struct inventory *inventory, const struct ini *ini, const struct ini_section *section,
		      struct error *error)
{
	struct keys_place place = { ini->file, section->line };
	struct layers layers = { { section, NULL, ini_find_section(ini, "defaults") } };
	const char *kind_name = value_of(&layers, "kind");
	struct inventory_target *target;
	const struct keys_row *row;
	char defaults[64];
	unsigned kind;

	if (check_name(inventory, &place, section->name, error) < 0)
		return -1;
	if (!kind_name)
		return keys_refuse(&place, error, "[%s] has no `kind`: slx, ssh or local", section->name);
	if (keys_kind(&place, kind_name, &kind, error) < 0 || keys_check(ini, section, kind, error) < 0)
		return -1;
	TEXT_FORMAT(defaults, "defaults %s", kind_name);
	layers.sections[1] = ini_find_section(ini, defaults);
	for (size_t i = 0; (row = keys_at(i)); i++)
		if ((row->required & kind) && !value_of(&layers, row->name))
			return keys_refuse(&place, error, "[%s] has no `%s`, which a target of kind %s needs",
					   section->name, row->name, kind_name);
	inventory->targets = memory_resize(inventory->targets, inventory->count + 1, sizeof inventory->targets[0]);
	target = &inventory->targets[inventory->count++];
	record_init(&target_record, &target->public);
	TEXT_COPY(target->public.target, section->name);
	target->settings = collect(&layers, kind, section->name);
	publish(target, kind);
	return 0;
}

/* ---- what names targets: groups and jumps ---- */

static struct inventory_target *find(const struct inventory *inventory, const char *name)
{
	for (size_t i = 0; i < inventory->count; i++)
		if (text_equal(inventory->targets[i].public.target, name))
			return &inventory->targets[i];
	return NULL;
}

static int refuse_target(const struct inventory *inventory, const struct keys_place *place, const char *name,
			 struct error *error)
{
	CLEANUP_FREE const char **known = memory_array(inventory->count + 1, sizeof *known);

	for (size_t i = 0; i < inventory->count; i++)
		known[i] = inventory->targets[i].public.target;
	return keys_refuse_word(place, error, "target", name, known, inventory->count);
}

struct group {
	struct inventory *inventory;
	const char *name;
	const struct keys_place *place;
	struct error *error;
};

static int take_member(void *context, const char *item)
{
	struct group *group = context;
	struct inventory_target *target = find(group->inventory, item);

	if (!target)
		return refuse_target(group->inventory, group->place, item, group->error);
	if (target->public.groups.count == RECORD_GROUPS_MAX)
		return keys_refuse(group->place, group->error, "`%s` is in more than %d groups", item,
				   RECORD_GROUPS_MAX);
	for (size_t i = 0; i < target->public.groups.count; i++)
		if (text_equal(target->public.groups.items[i], group->name))
			return keys_refuse(group->place, group->error, "`%s` stands twice in [group %s]", item,
					   group->name);
	TEXT_COPY(target->public.groups.items[target->public.groups.count++], group->name);
	return 0;
}

static int add_group(struct inventory *inventory, const struct ini *ini, const struct ini_section *section,
		     struct error *error)
{
	struct keys_place place = { ini->file, section->line };
	struct group group = { inventory, behind(section->name, "group"), &place, error };
	const struct ini_key *members = ini_find_key(section, "members");
	static const char *const known[] = { "members" };

	if (!text_is_id(group.name))
		return keys_refuse(&place, error, "[%s]: a group's name is letters, digits, dot, dash and "
				   "underscore, at most 64, as in [group leafs]", section->name);
	if (find(inventory, group.name))
		return keys_refuse(&place, error, "[group %s] has the name of a target", group.name);
	for (size_t i = 0; i < section->count; i++) {
		place.line = section->keys[i].line;
		if (&section->keys[i] != members)
			return keys_refuse_word(&place, error, "key", section->keys[i].name, known, 1);
	}
	if (!members)
		return keys_refuse(&place, error, "[group %s] has no `members`", group.name);
	return keys_each(members->value, take_member, &group);
}

/* A way leads over hosts of kind ssh and comes to an end. */
static int check_jumps(const struct inventory *inventory, const char *file, struct error *error)
{
	struct keys_place place = { file, 1 };

	for (size_t i = 0; i < inventory->count; i++) {
		const struct inventory_target *start = &inventory->targets[i];
		const char *jump = inventory_setting(start, "jump");
		for (size_t steps = 0; jump; steps++) {
			const struct inventory_target *next = find(inventory, jump);
			if (!next)
				return refuse_target(inventory, &place, jump, error);
			if (!text_equal(next->public.kind, "ssh") || steps == inventory->count)
				return keys_refuse(&place, error, "[%s]: `jump = %s` leads to no host of kind ssh",
					      start->public.target, jump);
			jump = inventory_setting(next, "jump");
		}
	}
	return 0;
}

/* ---- all of it ---- */

static int check_defaults(const struct ini *ini, const struct ini_section *section, struct error *error)
{
	struct keys_place place = { ini->file, section->line };
	const char *kind_name = behind(section->name, "defaults");
	unsigned kind = KEYS_ALL;

	if (kind_name[0] != '\0' && keys_kind(&place, kind_name, &kind, error) < 0)
		return -1;
	return keys_check(ini, section, kind, error);
}

static int fill(struct inventory *inventory, const struct ini *ini, struct error *error)
{
	for (size_t i = 0; i < ini->count; i++)
		if (behind(ini->sections[i].name, "defaults") && check_defaults(ini, &ini->sections[i], error) < 0)
			return -1;
	for (size_t i = 0; i < ini->count; i++)
		if (is_target(&ini->sections[i]) && add_target(inventory, ini, &ini->sections[i], error) < 0)
			return -1;
	for (size_t i = 0; i < ini->count; i++)
		if (behind(ini->sections[i].name, "group") && add_group(inventory, ini, &ini->sections[i], error) < 0)
			return -1;
	return check_jumps(inventory, ini->file, error);
}

/* Takes `ini` over. */
static struct inventory *from_ini(struct ini *ini, struct error *error)
{
	struct inventory *inventory = memory_new(sizeof *inventory);
	int failed = fill(inventory, ini, error);

	ini_free(ini);
	if (failed == 0)
		return inventory;
	inventory_free(inventory);
	return NULL;
}

struct inventory *inventory_read(const char *path, struct error *error)
{
	struct ini *ini;

	return ini_read_file(path, &ini, error) < 0 ? NULL : from_ini(ini, error);
}

struct inventory *inventory_parse(const char *name, const char *text, size_t size, struct error *error)
{
	struct ini *ini;

	return ini_read_text(name, text, size, &ini, error) < 0 ? NULL : from_ini(ini, error);
}

static void free_settings(struct inventory_settings *settings)
{
	for (size_t i = 0; settings && i < settings->count; i++) {
		free(settings->items[i].key);
		free(settings->items[i].value);
	}
	if (settings)
		free(settings->items);
	free(settings);
}

void inventory_free(struct inventory *inventory)
{
	if (!inventory)
		return;
	for (size_t i = 0; i < inventory->count; i++)
		free_settings(inventory->targets[i].settings);
	free(inventory->targets);
	free(inventory);
}

size_t inventory_count(const struct inventory *inventory)
{
	return inventory->count;
}

const struct inventory_target *inventory_at(const struct inventory *inventory, size_t index)
{
	return index < inventory->count ? &inventory->targets[index] : NULL;
}

const struct inventory_target *inventory_find(const struct inventory *inventory, const char *name)
{
	return find(inventory, name);
}

const char *inventory_setting(const struct inventory_target *target, const char *key)
{
	for (size_t i = 0; i < target->settings->count; i++)
		if (text_equal(target->settings->items[i].key, key))
			return target->settings->items[i].value;
	return NULL;
}

struct inventory_target *inventory_target_copy(const struct inventory_target *target)
{
	struct inventory_target *copy = memory_new(sizeof *copy);

	copy->public = target->public;
	copy->settings = memory_new(sizeof *copy->settings);
	for (size_t i = 0; i < target->settings->count; i++)
		add_setting(copy->settings, target->settings->items[i].key, target->settings->items[i].value);
	return copy;
}

void inventory_target_free(struct inventory_target *target)
{
	if (!target)
		return;
	free_settings(target->settings);
	free(target);
}
