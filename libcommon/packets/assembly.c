/* A capture's chunks judged one by one. What was seen, what was taken and what the end says are three separate
 * things: `seen` tells a duplicate from what comes late, `next_seq` is where the file stands, `end` is what it is
 * held against. */
#include "packets/assembly.h"

#include <inttypes.h>
#include <string.h>

#include "packets/seen.h"

struct assembly {
	struct seen seen;         /* taken or late */
	bool closed;
	bool ended;
	struct assembly_end end;
	int64_t next_seq;         /* of the file: one more than the last that was taken */
	int64_t next_byte_offset; /* at least, where chunks are missing */
	struct digest *digest;
	struct assembly_report counts; /* its counters; the rest of it is worked out in assembly_report */
};

struct assembly *assembly_new(void)
{
	struct assembly *assembly = memory_new(sizeof *assembly);

	assembly->digest = digest_new();
	assembly->counts.first_ns = PACKET_UNSET;
	assembly->counts.last_ns = PACKET_UNSET;
	assembly->counts.link_type = PACKET_UNSET;
	return assembly;
}

void assembly_free(struct assembly *assembly)
{
	if (!assembly)
		return;
	digest_free(assembly->digest);
	free(assembly);
}

/* What a walk over a piece's packets finds. */
struct contents {
	int64_t packets;
	int64_t bytes;
	int64_t first_ns;
	int64_t last_ns;
};

static int corrupt(const struct assembly_piece *piece, struct error *error, const char *why)
{
	return error_set(error, ERROR_INPUT, WORD_chunk_corrupt, "chunk %" PRId64 ": %s", piece->seq, why);
}

static int walk(const struct assembly_piece *piece, struct contents *ret_contents, struct error *error)
{
	struct packet_walk it = { .data = piece->data, .size = piece->size, .resolution = piece->resolution };
	struct contents contents = { .first_ns = PACKET_UNSET, .last_ns = PACKET_UNSET };
	struct packet packet;
	int got;

	while ((got = packet_next(&it, &packet)) > 0) {
		if (contents.packets == 0 || packet.ts_ns < contents.first_ns)
			contents.first_ns = packet.ts_ns;
		if (contents.packets == 0 || packet.ts_ns > contents.last_ns)
			contents.last_ns = packet.ts_ns;
		contents.packets++;
		contents.bytes += packet.captured_length;
	}
	if (got < 0)
		return error_set(error, ERROR_INPUT, WORD_chunk_corrupt,
				 "chunk %" PRId64 ": behind packet %" PRId64 " stands no whole packet record",
				 piece->seq, contents.packets);
	if (contents.packets != piece->packets)
		return error_set(error, ERROR_INPUT, WORD_chunk_corrupt,
				 "chunk %" PRId64 ": it says %" PRId64 " packets and holds %" PRId64, piece->seq,
				 piece->packets, contents.packets);
	*ret_contents = contents;
	return 0;
}

/* What can be said of a piece by itself. */
static int check_piece(const struct assembly_piece *piece, struct contents *ret_contents, struct error *error)
{
	if (piece->seq == PACKET_UNSET) {
		if (piece->size > 0 || !piece->has_end)
			return error_set(error, ERROR_INPUT, WORD_chunk_corrupt,
					 "a chunk has no number, and only an end without packets may have none");
	} else if (piece->seq < 0 || piece->seq == INT64_MAX) {
		return corrupt(piece, error, "there is no such number");
	} else if (piece->byte_offset < 0) {
		return corrupt(piece, error, "its byte offset is negative");
	}
	if (piece->size > 0 && piece->link_type == PACKET_UNSET)
		return corrupt(piece, error, "it holds packets and no link type");
	if (piece->crc32c != (int64_t)digest_crc32c(0, piece->data, piece->size))
		return corrupt(piece, error, "its data does not match its checksum");
	return walk(piece, ret_contents, error);
}

/* Whether it can stand behind what was taken. */
static int check_place(const struct assembly *assembly, const struct assembly_piece *piece, struct error *error)
{
	const struct assembly_report *counts = &assembly->counts;

	if (piece->size > 0 && counts->link_type != PACKET_UNSET &&
	    (piece->link_type != counts->link_type || piece->resolution != counts->resolution))
		return corrupt(piece, error, "its link type or resolution is not that of the chunks before it");
	if (piece->seq == assembly->next_seq && piece->byte_offset != assembly->next_byte_offset)
		return error_set(error, ERROR_INPUT, WORD_chunk_corrupt,
				 "chunk %" PRId64 ": it says that it begins at byte %" PRId64
				 ", and the chunk before it ends at %" PRId64,
				 piece->seq, piece->byte_offset, assembly->next_byte_offset);
	if (piece->byte_offset < assembly->next_byte_offset)
		return corrupt(piece, error, "it begins before the end of a chunk with a lower number");
	if ((int64_t)piece->size > INT64_MAX - piece->byte_offset)
		return corrupt(piece, error, "its byte offset is beyond all measure");
	return 0;
}

static void take(struct assembly *assembly, const struct assembly_piece *piece, const struct contents *contents)
{
	struct assembly_report *counts = &assembly->counts;

	if (counts->link_type == PACKET_UNSET && piece->link_type != PACKET_UNSET) {
		counts->link_type = piece->link_type;
		counts->resolution = piece->resolution;
	}
	if (contents->packets > 0) {
		if (counts->packets == 0 || contents->first_ns < counts->first_ns)
			counts->first_ns = contents->first_ns;
		if (counts->packets == 0 || contents->last_ns > counts->last_ns)
			counts->last_ns = contents->last_ns;
	}
	counts->chunks++;
	counts->packets += contents->packets;
	counts->bytes += contents->bytes;
	counts->missing_chunks += piece->seq - assembly->next_seq;
	digest_update(assembly->digest, piece->data, piece->size);
	assembly->next_seq = piece->seq + 1;
	assembly->next_byte_offset = piece->byte_offset + (int64_t)piece->size;
}

static enum assembly_verdict judge(struct assembly *assembly, const struct assembly_piece *piece, struct error *error)
{
	struct contents contents = { 0 };

	if (piece->seq >= 0 && seen_has(&assembly->seen, piece->seq))
		return ASSEMBLY_DUPLICATE;
	if (check_piece(piece, &contents, error) < 0)
		return ASSEMBLY_CORRUPT;
	if (piece->seq == PACKET_UNSET)
		return assembly->closed ? ASSEMBLY_DUPLICATE : ASSEMBLY_TAKE;
	if (assembly->closed || piece->seq < assembly->next_seq) {
		seen_add(&assembly->seen, piece->seq);
		assembly->counts.late_packets += contents.packets;
		return ASSEMBLY_LATE;
	}
	if (check_place(assembly, piece, error) < 0)
		return ASSEMBLY_CORRUPT;
	seen_add(&assembly->seen, piece->seq);
	take(assembly, piece, &contents);
	return ASSEMBLY_TAKE;
}

void assembly_add(struct assembly *assembly, const struct assembly_piece *piece, struct assembly_answer *ret_answer,
		  struct error *error)
{
	struct assembly_report *counts = &assembly->counts;
	int64_t missing = counts->missing_chunks;
	struct assembly_answer answer = { .verdict = judge(assembly, piece, error) };

	answer.missing_before = counts->missing_chunks - missing;
	counts->duplicate_chunks += answer.verdict == ASSEMBLY_DUPLICATE;
	counts->corrupt_chunks += answer.verdict == ASSEMBLY_CORRUPT;
	counts->late_chunks += answer.verdict == ASSEMBLY_LATE;
	/* The end is no part of what the checksum guards, so it holds even where the packets beside it do not. */
	if (piece->has_end && !assembly->closed) {
		assembly->closed = true;
		assembly->ended = true;
		assembly->end = piece->end;
		answer.closes = true;
	}
	*ret_answer = answer;
}

void assembly_close(struct assembly *assembly)
{
	assembly->closed = true;
}

bool assembly_is_closed(const struct assembly *assembly)
{
	return assembly->closed;
}

/* What is missing of `all`; an end that says less than came, or does not know, is no shortage (and never
 * complete). */
static int64_t shortage(int64_t all, int64_t came)
{
	return all > came ? all - came : 0;
}

void assembly_report(const struct assembly *assembly, struct assembly_report *ret_report)
{
	CLEANUP(digest_freep) struct digest *digest = digest_copy(assembly->digest);
	const struct assembly_end *end = &assembly->end;
	struct assembly_report report = assembly->counts;
	uint8_t sha256[DIGEST_SHA256_SIZE];

	digest_final(digest, sha256);
	digest_hex(sha256, sizeof sha256, report.data_sha256);
	report.ended = assembly->ended;
	report.missing_packets = PACKET_UNSET;
	if (assembly->ended) {
		report.missing_chunks += shortage(end->chunks, assembly->next_seq);
		if (end->packets != PACKET_UNSET)
			report.missing_packets = shortage(end->packets, report.packets);
		report.sha256_matches = strcmp(report.data_sha256, end->data_sha256) == 0;
	}
	report.complete = report.ended && report.missing_chunks == 0 && report.sha256_matches &&
			  end->chunks == report.chunks && end->packets == report.packets &&
			  end->bytes == report.bytes;
	*ret_report = report;
}
