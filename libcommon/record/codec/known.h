/* Every schema that is compiled in, as plans: of each record type the one it is written with, and those that earlier
 * releases wrote (schemas/versions). The texts are made from schemas/ by the build. */
#ifndef RECORD_CODEC_KNOWN_H
#define RECORD_CODEC_KNOWN_H

#include <stddef.h>
#include <stdint.h>

#include "record/codec/plan.h"
#include "record/record.h"

/* The text of schemas/x.avsc is known_x. */
extern const char known_capture_request[];
extern const char known_capture_run[];
extern const char known_pcap_chunk[];
extern const char known_capture_event[];
extern const char known_capture_result[];
extern const char known_capture_target[];
extern const char known_cleanup_request[];
extern const char known_audit_record[];
extern const char known_request_thread[];

/* All of them, the old versions too; ends in NULL. */
extern const char *const known_texts[];

struct known;

/* Plans for each of `types` (ends in NULL; each with a schema): its own schema, and those of `texts` (ends in NULL)
 * that have the type's name. Aborts where one cannot be read: they are ours. */
struct known *known_new(const struct record_type *const *types, const char *const *texts);
void known_free(struct known *known);

/* The plan for writing the type; NULL for a type that was not given. */
const struct plan *known_writer(const struct known *known, const struct record_type *type);
/* The plan for reading the type as the schema of that fingerprint wrote it, or NULL. */
const struct plan *known_reader(const struct known *known, const struct record_type *type, uint64_t fingerprint);

/* The one of all topics' records; made at the first call, never freed. Any thread. */
const struct known *known_ours(void);

#endif
