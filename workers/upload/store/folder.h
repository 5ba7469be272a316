/* The store `folder`: files in a directory, a folder beneath it for each day (store/name.h).
 *
 * A file appears whole under its name or not at all: it is written beneath `.incoming`, fsynced, renamed. A name that
 * is there already is replaced where it holds the same capture, and refused (INPUT) where it holds another. The rest
 * of the contract is store.h's. */
#ifndef STORE_FOLDER_H
#define STORE_FOLDER_H

#include "store/store.h"

int folder_writable(const struct config *config, const char **ret_path, struct error *error);
void *folder_open(const struct config *config, struct error *error);
int folder_check(void *self, struct error *error);
int folder_put(void *self, const struct store_file *file, struct store_place *ret_place, struct error *error);
void folder_close(void *self);

#endif
