/* Files that appear whole or not at all, and paths that cannot leave their folder. Any thread. After a failure
 * errno is the cause; no space left is AWAY, disk_full. */
#ifndef CORE_FILE_H
#define CORE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "core/error.h"

/* Reads a whole file of at most `maximum` bytes. The text is the caller's, ends in a NUL that is not counted,
 * and may hold others. INPUT where it is larger, else by errno. */
int file_read(const char *path, size_t maximum, char **ret_data, size_t *ret_size, struct error *error);

/* Makes the folder and those above it (mode 0750 before umask). */
int file_make_folder(const char *path, struct error *error);

/* Opens `name` (a relative path) for writing beneath the folder `folder_fd`: no "..", no absolute path and no
 * symbolic link on the way can lead outside. Folders on the way are made. Truncates. The caller's fd. */
int file_create_beneath(int folder_fd, const char *name, mode_t mode, int *ret_fd, struct error *error);

/* fsyncs `fd`, renames `temporary` to `final` (both relative to `folder_fd`) and fsyncs final's folder. After
 * success the file survives a power failure under its new name. Without `replace` an existing `final` is
 * refused (EEXIST). */
int file_publish(int folder_fd, int fd, const char *temporary, const char *final, bool replace, struct error *error);

/* Writes all of it, over interrupts and short writes. */
int file_write_all(int fd, const void *data, size_t size, struct error *error);

#endif
