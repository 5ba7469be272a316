/* The store `folder`: files in a directory, a folder beneath it for each day (store/name.h).
 *
 * A file appears whole under its name or not at all: it grows beneath `.incoming`, is fsynced, renamed. Where the
 * name is there already with the same bytes, that file stays; with others of the same capture it is replaced;
 * another capture's is never touched (INPUT). The rest of the contract is store.h's. */
#ifndef STORE_FOLDER_H
#define STORE_FOLDER_H

#include "store/store.h"

int folder_writable(const struct config *config, const char **ret_path, struct error *error);
void *folder_open(const struct config *config, struct error *error);
void folder_close(void *self);
int folder_check(void *self, struct error *error);
void *folder_begin(void *self, const struct store_job *job, const struct store_file *file);
void folder_append(void *transfer, int64_t size_bytes);
void folder_finish(void *transfer, const struct store_whole *whole);
void folder_abort(void *transfer);
void folder_remove(void *self, const struct store_job *job, const struct store_removal *removal);

#endif
