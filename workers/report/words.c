/* Writes numbers, names and texts as people read them. */
#include "words.h"

#include <inttypes.h>
#include <string.h>

#include "core/clock.h"
#include "core/text.h"

/* Of the longest text of a record, each byte of which may need four. */
enum { SHOWN_SIZE = 4 * RECORD_DETAIL_SIZE, NUMBER_SIZE = 48, PORTS_SHOWN = 8 };

void words_text(FILE *to, const char *text)
{
	char shown[SHOWN_SIZE];
	text_printable(shown, sizeof shown, text, strlen(text));
	fputs(shown, to);
}

void words_sentence(FILE *to, const char *text)
{
	size_t length = strlen(text);
	words_text(to, text);
	if (length > 0 && !strchr(".!?", text[length - 1]))
		fputc('.', to);
}

void words_strong(FILE *to, const struct thread_style *style, const char *text)
{
	fputs(style->strong, to);
	words_text(to, text);
	fputs(style->strong, to);
}

void words_count(FILE *to, int64_t count)
{
	char number[NUMBER_SIZE];
	fputs(text_count(number, sizeof number, count), to);
}

void words_packets(FILE *to, int64_t packets)
{
	words_count(to, packets);
	fputs(packets == 1 ? " packet" : " packets", to);
}

void words_ordinal(FILE *to, int64_t number)
{
	static const char *const endings[] = { "th", "st", "nd", "rd" };
	bool teens = number % 100 >= 11 && number % 100 <= 13;
	fprintf(to, "%" PRId64 "%s", number, teens || number % 10 > 3 ? "th" : endings[number % 10]);
}

void words_filter(FILE *to, const struct thread_style *style, const char *filter)
{
	if (!filter[0]) {
		fputs("all packets", to);
		return;
	}
	fputs(style->code, to);
	words_text(to, filter);
	fputs(style->code, to);
}

void words_ports(FILE *to, const char *before, const struct record_ports *ports, enum direction direction)
{
	static const char *const ways[DIRECTION_COUNT] = { "", " both ways", " rx", " tx" };
	if (ports->count == 0)
		return;
	fprintf(to, "%s%s", before, ports->count == 1 ? "port " : "ports ");
	for (size_t i = 0; i < ports->count && i < PORTS_SHOWN; i++) {
		fputs(i == 0 ? "" : ", ", to);
		words_text(to, ports->items[i]);
	}
	if (ports->count > PORTS_SHOWN)
		fprintf(to, " and %zu more", ports->count - PORTS_SHOWN);
	fputs(ways[direction], to);
}

void words_time(FILE *to, int64_t wall_ms)
{
	char at[CLOCK_TEXT_SIZE];
	fputs(clock_format(at, "%H:%M:%SZ", wall_ms), to);
}

void words_time_to_come(FILE *to, int64_t wall_ms, int64_t told_ms)
{
	char day[CLOCK_TEXT_SIZE], today[CLOCK_TEXT_SIZE];
	clock_format(day, "%Y-%m-%d", wall_ms);
	if (told_ms != RECORD_UNSET && !text_equal(day, clock_format(today, "%Y-%m-%d", told_ms)))
		fprintf(to, "%s ", day);
	words_time(to, wall_ms);
}

void words_duration(FILE *to, int64_t ms)
{
	char text[NUMBER_SIZE];
	fputs(text_duration(text, sizeof text, ms), to);
}
