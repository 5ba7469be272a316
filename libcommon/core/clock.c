/* The clocks, and times as text: RFC 3339 is written and read here by hand, because strptime takes neither
 * fractions nor offsets and depends on the locale. */
#include "core/clock.h"

#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

#include "core/text.h"

enum { MS = 1000, NS_IN_MS = 1000000 };
static const int64_t ns_in_second = 1000000000;

static struct timespec now(clockid_t clock)
{
	struct timespec at;
	if (clock_gettime(clock, &at) != 0)
		abort();
	return at;
}

int64_t clock_wall_ms(void)
{
	return clock_wall_ns() / NS_IN_MS;
}

int64_t clock_wall_ns(void)
{
	struct timespec at = now(CLOCK_REALTIME);
	return at.tv_sec * ns_in_second + at.tv_nsec;
}

int64_t clock_boot_ms(void)
{
	struct timespec at = now(CLOCK_BOOTTIME);
	return (int64_t)at.tv_sec * MS + at.tv_nsec / NS_IN_MS;
}

/* Before 1970 too: the fraction is never negative. */
static int64_t split(int64_t value, int64_t per_second, int64_t *ret_fraction)
{
	int64_t seconds = value / per_second;
	int64_t fraction = value % per_second;
	if (fraction < 0) {
		fraction += per_second;
		seconds--;
	}
	*ret_fraction = fraction;
	return seconds;
}

static const char *rfc3339(char *to, int64_t seconds, int64_t fraction, int digits)
{
	time_t at = (time_t)seconds;
	struct tm utc;
	gmtime_r(&at, &utc);
	text_format(to, CLOCK_TEXT_SIZE, "%04d-%02d-%02dT%02d:%02d:%02d.%0*jdZ", utc.tm_year + 1900, utc.tm_mon + 1,
		    utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec, digits, (intmax_t)fraction);
	return to;
}

const char *clock_rfc3339_ms(char to[static CLOCK_TEXT_SIZE], int64_t wall_ms)
{
	int64_t fraction;
	int64_t seconds = split(wall_ms, MS, &fraction);
	return rfc3339(to, seconds, fraction, 3);
}

const char *clock_rfc3339_ns(char to[static CLOCK_TEXT_SIZE], int64_t wall_ns)
{
	int64_t fraction;
	int64_t seconds = split(wall_ns, ns_in_second, &fraction);
	return rfc3339(to, seconds, fraction, 9);
}

const char *clock_format(char to[static CLOCK_TEXT_SIZE], const char *format, int64_t wall_ms)
{
	int64_t fraction;
	time_t at = (time_t)split(wall_ms, MS, &fraction);
	struct tm utc;
	gmtime_r(&at, &utc);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	if (strftime(to, CLOCK_TEXT_SIZE, format, &utc) == 0)
		to[0] = '\0';
#pragma GCC diagnostic pop
	return to;
}

/* Exactly `digits` digits at *text, which moves on. */
static bool take_number(const char **text, int digits, int *ret_number)
{
	int number = 0;
	for (int i = 0; i < digits; i++) {
		char digit = (*text)[i];
		if (digit < '0' || digit > '9')
			return false;
		number = number * 10 + (digit - '0');
	}
	*text += digits;
	*ret_number = number;
	return true;
}

static bool take_char(const char **text, char wanted)
{
	char lower = (char)(wanted >= 'A' && wanted <= 'Z' ? wanted - 'A' + 'a' : wanted);
	if (**text != wanted && **text != lower)
		return false;
	(*text)++;
	return true;
}

/* A fraction of any length; what is finer than a nanosecond is cut off. */
static bool take_fraction(const char **text, int64_t *ret_ns)
{
	*ret_ns = 0;
	if (!take_char(text, '.'))
		return true;
	int64_t unit = ns_in_second / 10;
	int digit;
	if (!take_number(text, 1, &digit))
		return false;
	do {
		*ret_ns += digit * unit;
		unit /= 10;
	} while (take_number(text, 1, &digit));
	return true;
}

static bool take_offset(const char **text, int64_t *ret_seconds)
{
	*ret_seconds = 0;
	if (take_char(text, 'Z'))
		return true;
	bool behind = **text == '-';
	if (!take_char(text, behind ? '-' : '+'))
		return false;
	int hours;
	int minutes;
	if (!take_number(text, 2, &hours) || !take_char(text, ':') || !take_number(text, 2, &minutes))
		return false;
	if (hours > 23 || minutes > 59)
		return false;
	*ret_seconds = (behind ? -1 : 1) * (hours * 3600 + minutes * 60);
	return true;
}

static bool take_date_and_time(const char **text, struct tm *ret_utc)
{
	struct tm at = { 0 };
	if (!take_number(text, 4, &at.tm_year) || !take_char(text, '-') || !take_number(text, 2, &at.tm_mon) ||
	    !take_char(text, '-') || !take_number(text, 2, &at.tm_mday) || !take_char(text, 'T') ||
	    !take_number(text, 2, &at.tm_hour) || !take_char(text, ':') || !take_number(text, 2, &at.tm_min) ||
	    !take_char(text, ':') || !take_number(text, 2, &at.tm_sec))
		return false;
	/* 60 is a leap second: the first second of what follows. */
	if (at.tm_mon < 1 || at.tm_mon > 12 || at.tm_mday < 1 || at.tm_hour > 23 || at.tm_min > 59 || at.tm_sec > 60)
		return false;
	static const int days_of_month[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = (at.tm_year % 4 == 0 && at.tm_year % 100 != 0) || at.tm_year % 400 == 0;
	if (at.tm_mday > days_of_month[at.tm_mon - 1] + (leap && at.tm_mon == 2))
		return false;
	at.tm_year -= 1900;
	at.tm_mon -= 1;
	*ret_utc = at;
	return true;
}

int clock_from_rfc3339_ns(const char *text, int64_t *ret_wall_ns)
{
	struct tm utc;
	int64_t fraction;
	int64_t offset;
	if (!text || !take_date_and_time(&text, &utc) || !take_fraction(&text, &fraction) ||
	    !take_offset(&text, &offset) || *text != '\0')
		return -1;
	int64_t seconds = (int64_t)timegm(&utc) - offset;
	int64_t wall_ns;
	/* Nanoseconds in 64 bits reach from 1677 to 2262. */
	if (__builtin_mul_overflow(seconds, ns_in_second, &wall_ns) ||
	    __builtin_add_overflow(wall_ns, fraction, &wall_ns))
		return -1;
	*ret_wall_ns = wall_ns;
	return 0;
}

int clock_poll_ms(int64_t deadline_boot_ms, int at_most_ms)
{
	int64_t now_ms = clock_boot_ms();
	if (deadline_boot_ms <= now_ms || at_most_ms <= 0)
		return 0;
	int64_t left_ms = deadline_boot_ms - now_ms;
	return left_ms < at_most_ms ? (int)left_ms : at_most_ms;
}
