/* The day's folder, the second, the target, the request: so a listing is in the order of time. */
#include "store/name.h"

#include <string.h>
#include <time.h>

#include "core/clock.h"
#include "core/text.h"

/* The length of REQUEST in REQUEST-TARGET; an id that is not made so is taken whole. */
static int request_length(const char *capture_id, const char *target)
{
	size_t id_size = strlen(capture_id);
	size_t target_size = strlen(target);
	if (target_size + 1 < id_size && capture_id[id_size - target_size - 1] == '-' &&
	    text_equal(capture_id + id_size - target_size, target))
		return (int)(id_size - target_size - 1);
	return (int)id_size;
}

void name_file(const char *capture_id, const char *target, int64_t at_ms, bool incomplete, char to[static NAME_SIZE])
{
	char day[CLOCK_TEXT_SIZE];
	char second[CLOCK_TEXT_SIZE];
	text_format(to, NAME_SIZE, "%s/%s_%s_%.*s%s.pcapng", clock_format(day, "%Y-%m-%d", at_ms),
		    clock_format(second, "%Y%m%dT%H%M%SZ", at_ms), target, request_length(capture_id, target),
		    capture_id, incomplete ? "_partial" : "");
}

bool name_is_of(const char *name, const char *capture_id, const char *target)
{
	enum { SECOND_AT = sizeof "2026-11-23/" - 1 };
	char made[NAME_SIZE];
	struct tm at = { 0 };
	if (strlen(name) <= SECOND_AT || !strptime(name + SECOND_AT, "%Y%m%dT%H%M%SZ", &at))
		return false;
	int64_t at_ms = (int64_t)timegm(&at) * 1000;
	for (int incomplete = 0; incomplete < 2; incomplete++) {
		name_file(capture_id, target, at_ms, incomplete, made);
		if (text_equal(made, name))
			return true;
	}
	return false;
}
