/* Log lines to standard error, a line each, `text` or `json`, with what they are about. Any thread.
 *
 * No secrets and no packet bytes ever; text from elsewhere is made printable here. Before log_open lines go out
 * as text at level info. */
#ifndef CORE_LOG_H
#define CORE_LOG_H

#include <stdbool.h>

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARNING, LOG_ERROR };
enum log_style { LOG_TEXT, LOG_JSON };

/* What a line is about: any member may be NULL, and so may the whole. */
struct log_about {
	const char *request_id;
	const char *capture_id;
	const char *target;
};

/* `stage` is kept: a string constant. */
void log_open(const char *stage, enum log_level level, enum log_style style);
bool log_enabled(enum log_level level);

void log_line(enum log_level level, const struct log_about *about, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#define log_debug(about, ...) (log_enabled(LOG_DEBUG) ? log_line(LOG_DEBUG, (about), __VA_ARGS__) : (void)0)
#define log_info(about, ...) log_line(LOG_INFO, (about), __VA_ARGS__)
#define log_warning(about, ...) log_line(LOG_WARNING, (about), __VA_ARGS__)
#define log_error(about, ...) log_line(LOG_ERROR, (about), __VA_ARGS__)

#endif
