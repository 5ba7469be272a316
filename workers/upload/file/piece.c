/* An end without a number comes from somebody who ends a capture for a lost worker, and counted nothing. */
#include "file/piece.h"

#include "core/text.h"

static void count(const struct chunk_end *end, struct assembly_end *ret_end)
{
	ret_end->chunks = end->chunks;
	ret_end->packets = end->packets;
	ret_end->bytes = end->bytes;
	TEXT_COPY(ret_end->data_sha256, end->data_sha256);
}

void piece_of_chunk(const struct chunk *chunk, struct assembly_piece *ret_piece)
{
	bool counted = chunk->seq != RECORD_UNSET;
	*ret_piece = (struct assembly_piece){
		.seq = counted ? chunk->seq : PACKET_UNSET,
		.byte_offset = chunk->byte_offset,
		.packets = chunk->packets,
		.crc32c = chunk->crc32c,
		.link_type = chunk->begin.link_type == RECORD_UNSET ? PACKET_UNSET : chunk->begin.link_type,
		.resolution = chunk->begin.resolution == RESOLUTION_NANO ? PACKET_NANO : PACKET_MICRO,
		.data = chunk->data.data,
		.size = chunk->data.size,
		.has_end = chunk->has_end,
		.end = { PACKET_UNSET, PACKET_UNSET, PACKET_UNSET, "" },
	};
	if (chunk->has_end && counted)
		count(&chunk->end, &ret_piece->end);
}

void piece_of_end(const struct chunk_end *end, struct assembly_piece *ret_piece)
{
	*ret_piece = (struct assembly_piece){ .seq = PACKET_UNSET, .link_type = PACKET_UNSET, .has_end = true };
	count(end, &ret_piece->end);
}
