/* Log lines to standard error: made whole in a buffer of this thread's stack, then written with one write(2), so
 * that lines of many threads never mix. What cannot be written is lost: logging never fails and never waits for
 * a second try. */
#include "core/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/text.h"

/* Bounds that add up to less than a line, also when each of their characters needs a backslash in JSON. */
enum { LINE_SIZE = 8192, MESSAGE_SIZE = 3072, VALUE_SIZE = 256 };

struct line {
	size_t used;
	char text[LINE_SIZE];
};

static const char *_Atomic stage_name;
static _Atomic int minimum_level = LOG_INFO;
static _Atomic int line_style = LOG_TEXT;

static const char *const level_names[] = {
	[LOG_DEBUG] = "debug",
	[LOG_INFO] = "info",
	[LOG_WARNING] = "warn",
	[LOG_ERROR] = "error",
};

void log_open(const char *stage, enum log_level level, enum log_style style)
{
	atomic_store(&stage_name, stage);
	atomic_store(&minimum_level, (int)level);
	atomic_store(&line_style, (int)style);
}

bool log_enabled(enum log_level level)
{
	return (int)level >= atomic_load_explicit(&minimum_level, memory_order_relaxed);
}

static void append(struct line *line, const char *text)
{
	size_t size = strlen(text);
	if (size > sizeof line->text - line->used)
		return;
	memcpy(line->text + line->used, text, size);
	line->used += size;
}

/* What text_printable let through needs nothing more in JSON than these two escaped. */
static void append_json(struct line *line, const char *name, const char *printable)
{
	append(line, line->used == 0 ? "{\"" : ",\"");
	append(line, name);
	append(line, "\":\"");
	for (const char *at = printable; *at; at++) {
		char escaped[3] = { '\\', *at, '\0' };
		append(line, *at == '"' || *at == '\\' ? escaped : escaped + 1);
	}
	append(line, "\"");
}

static void append_about(struct line *line, enum log_style style, const char *name, const char *value)
{
	if (!value)
		return;
	char printable[VALUE_SIZE];
	text_printable(printable, sizeof printable, value, strlen(value));
	if (style == LOG_JSON) {
		append_json(line, name, printable);
		return;
	}
	append(line, name);
	append(line, "=");
	append(line, printable);
	append(line, " ");
}

static void append_start(struct line *line, enum log_style style, enum log_level level)
{
	char time[CLOCK_TEXT_SIZE];
	clock_rfc3339_ms(time, clock_wall_ms());
	const char *stage = atomic_load(&stage_name);
	if (style == LOG_JSON) {
		append_json(line, "time", time);
		append_json(line, "level", level_names[level]);
		if (stage)
			append_json(line, "stage", stage);
		return;
	}
	char start[VALUE_SIZE];
	TEXT_FORMAT(start, "%s %-5s %s%s", time, level_names[level], stage ? stage : "", stage ? " " : "");
	append(line, start);
}

void log_line(enum log_level level, const struct log_about *about, const char *format, ...)
{
	if (!log_enabled(level))
		return;
	int errno_before = errno;
	/* Larger than what is shown, so that the cut is made once, by text_printable, at a whole character. */
	char raw[MESSAGE_SIZE + 8];
	va_list arguments;
	va_start(arguments, format);
	if (vsnprintf(raw, sizeof raw, format, arguments) < 0)
		raw[0] = '\0';
	va_end(arguments);
	char message[MESSAGE_SIZE];
	text_printable(message, sizeof message, raw, strlen(raw));

	static const struct log_about nothing;
	if (!about)
		about = &nothing;
	enum log_style style = (enum log_style)atomic_load(&line_style);
	struct line line;
	line.used = 0;
	append_start(&line, style, level);
	append_about(&line, style, "request_id", about->request_id);
	append_about(&line, style, "capture_id", about->capture_id);
	append_about(&line, style, "target", about->target);
	if (style == LOG_JSON)
		append_json(&line, "message", message);
	else
		append(&line, message);
	append(&line, style == LOG_JSON ? "}\n" : "\n");
	ssize_t written = write(STDERR_FILENO, line.text, line.used);
	(void)written;
	errno = errno_before;
}
