/* Checksums: SHA-256 proves a capture's data and names its file, CRC-32C guards each chunk. Any thread; a struct
 * digest is used by one at a time. */
#ifndef PACKETS_DIGEST_H
#define PACKETS_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#include "core/memory.h"

enum {
	DIGEST_SHA256_SIZE = 32,
	DIGEST_SHA256_HEX_SIZE = 65, /* with its NUL */
};

void digest_sha256(const void *data, size_t size, uint8_t to[static DIGEST_SHA256_SIZE]);

/* Lower case, 2 × size characters and a NUL. */
void digest_hex(const uint8_t *bytes, size_t size, char *to);

/* A SHA-256 over data that comes in pieces. */
struct digest *digest_new(void);
struct digest *digest_copy(const struct digest *digest); /* goes its own way from here */
void digest_free(struct digest *digest);
MEMORY_DEFINE_FREEP(struct digest, digest_free)
void digest_update(struct digest *digest, const void *data, size_t size);
/* Once; after it only digest_free. */
void digest_final(struct digest *digest, uint8_t to[static DIGEST_SHA256_SIZE]);

/* CRC-32C (Castagnoli, RFC 3720 appendix B.4) of what `crc` stands for and `data` behind it; `crc` is 0 at the
 * start. */
uint32_t digest_crc32c(uint32_t crc, const void *data, size_t size);
/* The same without the CPU's own instruction: what the other does where the CPU has none. */
uint32_t digest_crc32c_table(uint32_t crc, const void *data, size_t size);

#endif
