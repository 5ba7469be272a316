/* How a capture ended, judged by what arrived and not only by what its last chunk says. Pure. */
#ifndef FILE_VERDICT_H
#define FILE_VERDICT_H

#include <stdbool.h>
#include <stddef.h>

#include "packets/assembly.h"
#include "packets/pcapng_write.h"
#include "record/chunk.h"
#include "record/result.h"

/* Fills in all of `ret_result` that the chunks tell: what was asked, state, reason, detail and the numbers. What is
 * the stage's own (ids, version, writer, file and stores, offsets, ended_at, packets_until, pinned) is not touched.
 * `end` is NULL where none came.
 *
 * The end's word holds, but: where packets are missing the capture is partial, with the numbers in `detail`; where
 * packets came it has a file, so it cannot be empty, failed or lost, and is partial; a cancelled one is discarded,
 * and has no packets whatever came. */
void verdict_judge(const struct chunk_begin *begin, const struct chunk_end *end, const struct assembly_report *report,
		   struct result *ret_result);

/* The verdict as one sentence, for the file: "partial (packets_missing): 18 packets, dropped 0, …". */
enum { VERDICT_SENTENCE_SIZE = 1024 };
void verdict_sentence(const struct result *result, char to[static VERDICT_SENTENCE_SIZE]);

/* What the file's last block says; it borrows `sentence`, which is the verdict. */
void verdict_statistics(const struct result *result, char sentence[static VERDICT_SENTENCE_SIZE],
			struct pcapng_write_statistics *ret_statistics);

#endif
