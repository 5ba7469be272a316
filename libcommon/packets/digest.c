/* SHA-256 from OpenSSL, and CRC-32C by the CPU's instruction where it has one.
 *
 * The instruction is looked for at run time, so that one build runs everywhere; the table does the same slower and is
 * made at its first use. */
#include "packets/digest.h"

#include <openssl/evp.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

struct digest {
	EVP_MD_CTX *context;
};

/* OpenSSL fails here only without memory, or where it is set up to have no SHA-256: we cannot go on either way. */
static void must(int ok)
{
	if (ok != 1)
		abort();
}

void digest_sha256(const void *data, size_t size, uint8_t to[static DIGEST_SHA256_SIZE])
{
	must(EVP_Digest(data, size, to, NULL, EVP_sha256(), NULL));
}

void digest_hex(const uint8_t *bytes, size_t size, char *to)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < size; i++) {
		*to++ = digits[bytes[i] >> 4];
		*to++ = digits[bytes[i] & 15];
	}
	*to = '\0';
}

static struct digest *digest_empty(void)
{
	struct digest *digest = memory_new(sizeof *digest);

	digest->context = EVP_MD_CTX_new();
	must(digest->context != NULL);
	return digest;
}

struct digest *digest_new(void)
{
	struct digest *digest = digest_empty();

	must(EVP_DigestInit_ex(digest->context, EVP_sha256(), NULL));
	return digest;
}

struct digest *digest_copy(const struct digest *digest)
{
	struct digest *copy = digest_empty();

	must(EVP_MD_CTX_copy_ex(copy->context, digest->context));
	return copy;
}

void digest_free(struct digest *digest)
{
	if (!digest)
		return;
	EVP_MD_CTX_free(digest->context);
	free(digest);
}

void digest_update(struct digest *digest, const void *data, size_t size)
{
	must(EVP_DigestUpdate(digest->context, data, size));
}

void digest_final(struct digest *digest, uint8_t to[static DIGEST_SHA256_SIZE])
{
	must(EVP_DigestFinal_ex(digest->context, to, NULL));
}

static uint32_t crc32c_table[256];
static pthread_once_t crc32c_table_once = PTHREAD_ONCE_INIT;

static void crc32c_make_table(void)
{
	for (uint32_t i = 0; i < 256; i++) {
		uint32_t crc = i;
		for (int bit = 0; bit < 8; bit++)
			crc = (crc >> 1) ^ (crc & 1 ? 0x82f63b78u : 0); /* Castagnoli's polynomial, bits reversed */
		crc32c_table[i] = crc;
	}
}

uint32_t digest_crc32c_table(uint32_t crc, const void *data, size_t size)
{
	const uint8_t *at = data;

	pthread_once(&crc32c_table_once, crc32c_make_table);
	crc = ~crc;
	for (; size; size--)
		crc = (crc >> 8) ^ crc32c_table[(crc ^ *at++) & 0xff];
	return ~crc;
}

#if defined(__x86_64__)

__attribute__((target("sse4.2"))) static uint32_t crc32c_cpu(uint32_t crc, const uint8_t *at, size_t size)
{
	uint64_t wide = ~crc;

	for (; size >= 8; size -= 8, at += 8) {
		uint64_t word;
		memcpy(&word, at, sizeof word);
		wide = _mm_crc32_u64(wide, word);
	}
	uint32_t narrow = (uint32_t)wide;
	for (; size; size--)
		narrow = _mm_crc32_u8(narrow, *at++);
	return ~narrow;
}

static int crc32c_cpu_has(void)
{
	return __builtin_cpu_supports("sse4.2");
}

#elif defined(__aarch64__)

/* In assembler, because the compilers offer the intrinsics only to code that is built for such a CPU throughout. */
static uint32_t crc32c_cpu(uint32_t crc, const uint8_t *at, size_t size)
{
	crc = ~crc;
	for (; size >= 8; size -= 8, at += 8) {
		uint64_t word;
		memcpy(&word, at, sizeof word);
		__asm__(".arch_extension crc\n\tcrc32cx %w0, %w0, %x1" : "+r"(crc) : "r"(word));
	}
	for (; size; size--, at++)
		__asm__(".arch_extension crc\n\tcrc32cb %w0, %w0, %w1" : "+r"(crc) : "r"((uint32_t)*at));
	return ~crc;
}

static int crc32c_cpu_has(void)
{
	return (getauxval(AT_HWCAP) & HWCAP_CRC32) != 0;
}

#else

static uint32_t crc32c_cpu(uint32_t crc, const uint8_t *at, size_t size)
{
	return digest_crc32c_table(crc, at, size);
}

static int crc32c_cpu_has(void)
{
	return 0;
}

#endif

uint32_t digest_crc32c(uint32_t crc, const void *data, size_t size)
{
	return crc32c_cpu_has() ? crc32c_cpu(crc, data, size) : digest_crc32c_table(crc, data, size);
}
