/* Ids as people see and type them: the shortest unique prefix of six or more characters. Pure.
 *
 * A capture id is FRONT-TARGET and its front has no `-`: mostly the request id itself, otherwise a hash of it
 * (record/request.h). */
#ifndef VIEW_IDS_H
#define VIEW_IDS_H

#include <stdbool.h>
#include <stddef.h>

#include "record/names.h"

enum { IDS_SHORTEST = 6 };

enum ids_match {
	IDS_NOTHING,
	IDS_REQUEST,       /* typed is the beginning of the request's id, or of the capture id's front */
	IDS_CAPTURE,       /* typed is FRONT-TARGET, of FRONT perhaps only the beginning */
	IDS_REQUEST_WHOLE, /* the same, all of it: means this one, whatever else begins so */
	IDS_CAPTURE_WHOLE,
};

enum ids_match ids_match(const char *typed, const char *request_id, const char *capture_id);

/* What is shown of `capture_id`: its front cut to `length` characters, and where `with_target` the rest. */
void ids_show(const char *capture_id, size_t length, bool with_target, char to[static RECORD_ID_SIZE]);

/* How many characters of its front tell `capture_id` from the fronts of the others: at least IDS_SHORTEST.
 * `sorted` are capture ids in strcmp's order, and have `capture_id` at `index`. */
size_t ids_length(const char *const *sorted, size_t count, size_t index);

#endif
