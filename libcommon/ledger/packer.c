/* LZ4 with a dictionary that fills itself. Its one idea: the first few records say what all of them have in common. */
#include "ledger/packer.h"

#include <limits.h>
#include <lz4.h>
#include <string.h>

enum { DICTIONARY_SIZE = 4096 };

struct packer {
	LZ4_stream_t *stream;
	size_t filled;
	uint8_t dictionary[DICTIONARY_SIZE];
};

struct packer *packer_new(void)
{
	struct packer *packer = memory_new(sizeof *packer);
	packer->stream = LZ4_createStream();
	if (!packer->stream)
		abort();
	return packer;
}

void packer_free(struct packer *packer)
{
	if (!packer)
		return;
	LZ4_freeStream(packer->stream);
	free(packer);
}

static size_t keep_as_it_is(const uint8_t *data, size_t size, uint8_t *to)
{
	memcpy(to, data, size);
	return size;
}

/* What is packed needs the dictionary as it was: so it is used only once it is full. */
size_t packer_pack(struct packer *packer, const uint8_t *data, size_t size, uint8_t *to)
{
	if (packer->filled < DICTIONARY_SIZE) {
		size_t room = DICTIONARY_SIZE - packer->filled, part = size < room ? size : room;
		memcpy(packer->dictionary + packer->filled, data, part);
		packer->filled += part;
		return keep_as_it_is(data, size, to);
	}
	if (size > INT_MAX)
		return keep_as_it_is(data, size, to);
	LZ4_loadDict(packer->stream, (const char *)packer->dictionary, DICTIONARY_SIZE);
	int packed = LZ4_compress_fast_continue(packer->stream, (const char *)data, (char *)to, (int)size,
						(int)size - 1, 1);
	return packed > 0 ? (size_t)packed : keep_as_it_is(data, size, to);
}

void packer_unpack(const struct packer *packer, const uint8_t *packed, size_t packed_size, uint8_t *to, size_t size)
{
	if (packed_size == size) {
		memcpy(to, packed, size);
		return;
	}
	int unpacked = LZ4_decompress_safe_usingDict((const char *)packed, (char *)to, (int)packed_size, (int)size,
						     (const char *)packer->dictionary, DICTIONARY_SIZE);
	if (unpacked < 0 || (size_t)unpacked != size)
		abort(); /* it was packed here */
}
