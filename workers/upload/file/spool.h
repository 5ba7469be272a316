/* Files in the making: a pcapng for each open capture, in a folder that Kafka can always rebuild. So nothing here is
 * fsynced, and what a dead process left is removed. One thread. */
#ifndef FILE_SPOOL_H
#define FILE_SPOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/error.h"
#include "core/memory.h"
#include "packets/digest.h"
#include "packets/pcapng_write.h"
#include "record/chunk.h"

struct spool_folder;
struct spool;

/* The folder must be there, and be this process's alone: BROKEN, config_invalid, where another has it. */
struct spool_folder *spool_folder_open(const char *path, struct error *error);
/* After all its files. */
void spool_folder_free(struct spool_folder *folder);
MEMORY_DEFINE_FREEP(struct spool_folder, spool_folder_free)

/* The bytes of all files in the making. */
int64_t spool_folder_bytes(const struct spool_folder *folder);

/* Begins the file: what is known of the capture stands in its first block, and the interface in its second. `begin`
 * must name a link type. Every call that writes: AWAY disk_full where the disk is full, else file_failed; then the
 * file is worth nothing. */
struct spool *spool_new(struct spool_folder *folder, const char *capture_id, const struct chunk_begin *begin,
			struct error *error);
/* Removes the file; who has it open may read on. */
void spool_free(struct spool *spool);
MEMORY_DEFINE_FREEP(struct spool, spool_free)

/* A chunk's data, which the assembly found sound; or the sign of life that an empty one is. */
int spool_packets(struct spool *spool, const uint8_t *data, size_t size, struct error *error);
int spool_keep_alive(struct spool *spool, struct error *error);

/* The last block: from now on the file is whole. */
int spool_finish(struct spool *spool, const struct pcapng_write_statistics *statistics, struct error *error);

/* Of a whole file. */
int64_t spool_size(const struct spool *spool);
const char *spool_sha256(const struct spool *spool);
int spool_open_to_read(const struct spool *spool, int *ret_fd, struct error *error); /* the caller's fd */

/* Whether a file, of any age and version, begins as one of this capture does. Reads from the fd's beginning. */
bool spool_is_of(int fd, const char *capture_id);

#endif
