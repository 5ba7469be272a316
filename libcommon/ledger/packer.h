/* Keeps many small records that resemble each other, in a fraction of their size: each is compressed by itself, with
 * the first ones as what it may refer to. Lives in memory alone: what is packed is read back by the same packer. One
 * thread. */
#ifndef LEDGER_PACKER_H
#define LEDGER_PACKER_H

#include <stddef.h>
#include <stdint.h>

#include "core/memory.h"

struct packer;

struct packer *packer_new(void);
void packer_free(struct packer *packer);
MEMORY_DEFINE_FREEP(struct packer, packer_free)

/* Packs `size` bytes into `to`, which has room for as many. Returns how many it took; `size` where they do not get
 * fewer: then they are there as they came. */
size_t packer_pack(struct packer *packer, const uint8_t *data, size_t size, uint8_t *to);

/* The reverse: `size` is the first one's again, of which `to` has room for. */
void packer_unpack(const struct packer *packer, const uint8_t *packed, size_t packed_size, uint8_t *to, size_t size);

#endif
