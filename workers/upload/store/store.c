/* The table of stores, and those of its rows that the configuration names. */
#include "store/store.h"

#include "core/text.h"
#include "store/folder.h"

struct kind {
	const char *name;
	int (*writable)(const struct config *config, const char **ret_path, struct error *error);
	void *(*open)(const struct config *config, struct error *error);
	void (*close)(void *self);
	int (*check)(void *self, struct error *error);
	void *(*begin)(void *self, const struct store_job *job, const struct store_file *file);
	void (*append)(void *transfer, int64_t size_bytes);
	void (*finish)(void *transfer, const struct store_whole *whole);
	void (*abort)(void *transfer);
	void (*remove)(void *self, const struct store_job *job, const struct store_removal *removal);
};

static const struct kind kinds[] = {
	{ "folder", folder_writable, folder_open, folder_close, folder_check, folder_begin, folder_append,
	  folder_finish, folder_abort, folder_remove },
};
enum { KINDS = sizeof kinds / sizeof *kinds };

struct stores {
	size_t count;
	struct {
		const struct kind *kind;
		void *self;
	} items[RECORD_STORES_MAX];
};

static const struct kind *find(const struct config *config, const char *name, struct error *error)
{
	for (size_t i = 0; i < KINDS; i++)
		if (text_equal(kinds[i].name, name))
			return &kinds[i];
	error_set(error, ERROR_BROKEN, WORD_config_invalid,
		  "%s: [upload] store = %s: this release can only store into a folder",
		  config_where(config, "upload", "store"), name);
	return NULL;
}

int stores_writable(const struct config *config, const char **ret_paths, size_t maximum, struct error *error)
{
	const char *name;
	size_t count = 0;
	for (size_t i = 0; (name = config_list(config, "upload", "store", i)) != NULL; i++) {
		const struct kind *kind = find(config, name, error);
		if (!kind)
			return -1;
		if (kind->writable && count < maximum && kind->writable(config, &ret_paths[count++], error) < 0)
			return -1;
	}
	return 0;
}

struct stores *stores_open(const struct config *config, struct error *error)
{
	CLEANUP(stores_freep) struct stores *stores = memory_new(sizeof *stores);
	const char *name;
	for (size_t i = 0; i < RECORD_STORES_MAX && (name = config_list(config, "upload", "store", i)) != NULL; i++) {
		const struct kind *kind = find(config, name, error);
		void *self = kind ? kind->open(config, error) : NULL;
		if (!self)
			return NULL;
		stores->items[stores->count].kind = kind;
		stores->items[stores->count++].self = self;
	}
	struct stores *made = stores;
	stores = NULL; /* now the caller's */
	return made;
}

void stores_free(struct stores *stores)
{
	if (!stores)
		return;
	for (size_t i = 0; i < stores->count; i++)
		stores->items[i].kind->close(stores->items[i].self);
	free(stores);
}

size_t stores_count(const struct stores *stores)
{
	return stores->count;
}

const char *stores_name(const struct stores *stores, size_t index)
{
	return stores->items[index].kind->name;
}

bool stores_find(const struct stores *stores, const char *name, size_t *ret_index)
{
	for (size_t i = 0; i < stores->count; i++) {
		if (!text_equal(stores->items[i].kind->name, name))
			continue;
		*ret_index = i;
		return true;
	}
	return false;
}

int stores_check(struct stores *stores, size_t index, struct error *error)
{
	return stores->items[index].kind->check(stores->items[index].self, error);
}

void *stores_begin(struct stores *stores, size_t index, const struct store_job *job, const struct store_file *file)
{
	return stores->items[index].kind->begin(stores->items[index].self, job, file);
}

void stores_append(struct stores *stores, size_t index, void *transfer, int64_t size_bytes)
{
	stores->items[index].kind->append(transfer, size_bytes);
}

void stores_finish(struct stores *stores, size_t index, void *transfer, const struct store_whole *whole)
{
	stores->items[index].kind->finish(transfer, whole);
}

void stores_abort(struct stores *stores, size_t index, void *transfer)
{
	stores->items[index].kind->abort(transfer);
}

void stores_remove(struct stores *stores, size_t index, const struct store_job *job,
		   const struct store_removal *removal)
{
	stores->items[index].kind->remove(stores->items[index].self, job, removal);
}
