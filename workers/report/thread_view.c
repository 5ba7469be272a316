/* Writes a request: the header sums up, a part for each target says it all, and the last word is for those who read
 * nothing else. */
#include "thread_view.h"

#include <inttypes.h>
#include <stdlib.h>

#include "core/text.h"
#include "target_text.h"
#include "words.h"

enum { TARGETS_NAMED = 8, NUMBER_SIZE = 48 };

const struct thread_style thread_style_plain = { .strong = "", .code = "`" };

/* Out of memory ends the process, as everywhere. */
static FILE *begin(char **text, size_t *size)
{
	FILE *to = open_memstream(text, size);
	if (!to)
		abort();
	return to;
}

static void end(FILE *to)
{
	if (fclose(to) != 0)
		abort();
}

/* The signs of all where they agree; a mixture is a warning. */
static const char *header_sign(const struct view_request *request)
{
	if (!view_is_finished(request))
		return "⏳";
	const char *sign = target_text_sign(request->captures[0]);
	for (size_t i = 1; i < request->captures_count; i++)
		if (!text_equal(sign, target_text_sign(request->captures[i])))
			return "⚠";
	return sign;
}

static void add_targets(FILE *to, const struct view_request *request)
{
	fputs(" on ", to);
	if (request->captures_count > TARGETS_NAMED) {
		fprintf(to, "%zu targets", request->captures_count);
		return;
	}
	for (size_t i = 0; i < request->captures_count; i++) {
		const char *target = request->captures[i]->target;
		fprintf(to, "%s%s", i == 0 ? "" : ", ", target[0] ? target : "?");
	}
}

/* "at most 30 s or 20 packets each" */
static void add_limits(FILE *to, const struct view_request *request)
{
	const struct request *asked = &request->request;
	char bytes[NUMBER_SIZE];
	bool has_timeout = asked->timeout_s != RECORD_UNSET;
	if (!has_timeout && asked->count <= 0 && asked->bytes == RECORD_UNSET)
		return;
	fputs(" · at most ", to);
	if (has_timeout)
		fprintf(to, "%" PRId64 " s", asked->timeout_s);
	if (asked->count > 0) { /* 0 is none, RECORD_UNSET is less */
		fputs(has_timeout ? " or " : "", to);
		words_packets(to, asked->count);
	} else if (asked->bytes != RECORD_UNSET) {
		fprintf(to, "%s%s", has_timeout ? " or " : "", text_bytes(bytes, sizeof bytes, asked->bytes));
	}
	fputs(request->captures_count > 1 ? " each" : "", to);
}

static size_t count_of(const struct view_request *request, enum outcome_state outcome)
{
	size_t count = 0;
	for (size_t i = 0; i < request->captures_count; i++)
		count += view_outcome(request->captures[i]) == outcome;
	return count;
}

static void add_status(FILE *to, const struct view_request *request)
{
	if (!view_is_finished(request)) {
		if (request->has_request)
			add_limits(to, request);
	} else if (request->captures_count == 1) {
		fprintf(to, " · %s", target_text_verdict(request->captures[0]));
	} else {
		fprintf(to, " · %zu of %zu complete", count_of(request, OUTCOME_COMPLETE), request->captures_count);
	}
}

/* Only the gateway knows who asks; what else a record says is its writer's word. */
static void add_who(FILE *to, const struct view_request *request, const char *before)
{
	const struct request *asked = &request->request;
	if (!request->has_request || (!asked->requested_by[0] && request->is_verified))
		return;
	fputs(before, to);
	words_text(to, asked->requested_by);
	if (!request->is_verified)
		fprintf(to, "%svia Kafka, not verified", asked->requested_by[0] ? " " : "");
}

static void add_header(FILE *to, const struct view_request *request, const char *shown_id,
		       const struct thread_style *style)
{
	fprintf(to, "%s ", header_sign(request));
	words_strong(to, style, shown_id);
	fputs("  ", to);
	if (request->has_request)
		words_filter(to, style, request->request.filter);
	else
		fputs("a capture", to);
	add_targets(to, request);
	add_status(to, request);
	add_who(to, request, " · ");
	fputc('\n', to);
}

char *thread_view_block(const struct view_request *request, const char *shown_id, const struct thread_style *style)
{
	char *text;
	size_t size;
	FILE *to = begin(&text, &size);
	add_header(to, request, shown_id, style);
	for (size_t i = 0; i < request->captures_count; i++)
		target_text_write(to, style, request, request->captures[i]);
	end(to);
	return text;
}

static int64_t packets_of(const struct view_request *request)
{
	int64_t packets = 0;
	for (size_t i = 0; i < request->captures_count; i++) {
		const struct result *result = request->captures[i]->result;
		if (result && result->packets <= INT64_MAX - packets)
			packets += result->packets;
	}
	return packets;
}

/* "1 of 3 complete (1 partial, 1 failed), 40 packets." */
char *thread_view_last_word(const struct view_request *request, const char *shown_id,
			    const struct thread_style *style)
{
	char *text;
	size_t size;
	FILE *to = begin(&text, &size);
	words_strong(to, style, shown_id);
	if (request->has_request && request->request.requested_by[0]) {
		fputs(" (", to);
		words_text(to, request->request.requested_by);
		fputs(request->is_verified ? ")" : ", not verified)", to);
	}
	fprintf(to, ": %zu of %zu complete", count_of(request, OUTCOME_COMPLETE), request->captures_count);
	const char *before = " (";
	for (int i = OUTCOME_COMPLETE + 1; i < OUTCOME_COUNT; i++) {
		size_t count = count_of(request, (enum outcome_state)i);
		if (count == 0)
			continue;
		fprintf(to, "%s%zu %s", before, count, names_outcome[i]);
		before = ", ";
	}
	fprintf(to, "%s, ", before[0] == ',' ? ")" : "");
	words_packets(to, packets_of(request));
	fputs(".\n", to);
	end(to);
	return text;
}
