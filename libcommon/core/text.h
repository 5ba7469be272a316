/* Text from elsewhere made safe to show, and the words and numbers that people type. No allocation; any thread. */
#ifndef CORE_TEXT_H
#define CORE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

bool text_equal(const char *a, const char *b);              /* NULL equals only NULL */
bool text_equal_nocase(const char *a, const char *b);       /* ASCII */
bool text_starts(const char *text, const char *prefix);

/* Copies with a NUL, cut to `size`; false where it had to cut. TEXT_COPY takes an array's own size. */
bool text_copy(char *to, size_t size, const char *from);
bool text_copy_bytes(char *to, size_t size, const char *from, size_t from_size);
#define TEXT_COPY(array, from) text_copy((array), sizeof(array), (from))
bool text_format(char *to, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));
#define TEXT_FORMAT(array, ...) text_format((array), sizeof(array), __VA_ARGS__)

/* What may be shown anywhere: control characters (C0, DEL, C1) and bytes that are not UTF-8 become \xNN, as do
 * the characters that turn text around (U+202A…U+202E, U+2066…U+2069). Cut to `size` at a whole character. */
void text_printable(char *to, size_t size, const char *from, size_t from_size);

/* True where text is UTF-8 without any character that text_printable would escape. */
bool text_is_printable(const char *text, size_t size);

/* The candidate nearest to `word` by edit distance, NULL where none is near enough to be meant (more than a
 * third of the word, at least one, differs). Case does not matter. `candidates` may hold NULLs. */
const char *text_nearest(const char *word, const char *const *candidates, size_t count);

/* An id that may become a path, an object key or a command line: [A-Za-z0-9][A-Za-z0-9._-]{0,63}. */
bool text_is_id(const char *text);

/* Whole numbers, the whole text or -1; nothing but digits and one leading '-'. */
int text_to_integer(const char *text, int64_t minimum, int64_t maximum, int64_t *ret_value);
/* "900000", "100k", "100M", "1G": decimal units. */
int text_to_bytes(const char *text, int64_t *ret_bytes);
/* "30" (seconds), "30s", "500ms", "10m", "2h", "30d". */
int text_to_duration_ms(const char *text, int64_t *ret_ms);

/* For people: "48,211"; "312 MB"; "11.2 s", "1:02:03 h". Into `to`, which is returned. */
const char *text_count(char *to, size_t size, int64_t count);
const char *text_bytes(char *to, size_t size, int64_t bytes);
const char *text_duration(char *to, size_t size, int64_t ms);

#endif
