/* A chunk as the assembly takes it. Pure. */
#ifndef FILE_PIECE_H
#define FILE_PIECE_H

#include "packets/assembly.h"
#include "record/chunk.h"

/* Borrows the chunk's data. */
void piece_of_chunk(const struct chunk *chunk, struct assembly_piece *ret_piece);

/* An end that was read before and is in Kafka no longer: what it counted still holds. */
void piece_of_end(const struct chunk_end *end, struct assembly_piece *ret_piece);

#endif
