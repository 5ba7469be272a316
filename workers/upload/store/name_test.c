/* Names as people were promised them. */
#include "store/name.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

#include "core/text.h"

static const int64_t AT_MS = 1795442531123; /* 2026-11-23T14:02:11.123Z */

static const char *named(const char *capture_id, const char *target, int64_t at_ms, bool incomplete)
{
	static char name[NAME_SIZE];
	name_file(capture_id, target, at_ms, incomplete, name);
	return name;
}

static void a_complete_capture(void **state)
{
	(void)state;
	assert_string_equal(named("k7f3qa-slx1", "slx1", AT_MS, false),
			    "2026-11-23/20261123T140211Z_slx1_k7f3qa.pcapng");
}

static void a_partial_one_says_so(void **state)
{
	(void)state;
	assert_string_equal(named("k7f3qa-slx1", "slx1", AT_MS, true),
			    "2026-11-23/20261123T140211Z_slx1_k7f3qa_partial.pcapng");
}

static void the_day_is_that_of_utc(void **state)
{
	(void)state;
	assert_string_equal(named("r-t", "t", 1795391999999, false), "2026-11-22/20261122T235959Z_t_r.pcapng");
	assert_string_equal(named("r-t", "t", 1795392000000, false), "2026-11-23/20261123T000000Z_t_r.pcapng");
}

static void only_the_target_at_the_end_is_cut_off(void **state)
{
	(void)state;
	assert_string_equal(named("a-b-a-b", "b", AT_MS, false), "2026-11-23/20261123T140211Z_b_a-b-a.pcapng");
	assert_string_equal(named("a-slx11", "slx1", AT_MS, false),
			    "2026-11-23/20261123T140211Z_slx1_a-slx11.pcapng");
	assert_string_equal(named("xslx1", "slx1", AT_MS, false), "2026-11-23/20261123T140211Z_slx1_xslx1.pcapng");
	assert_string_equal(named("slx1", "slx1", AT_MS, false), "2026-11-23/20261123T140211Z_slx1_slx1.pcapng");
}

static void the_longest_name_fits(void **state)
{
	(void)state;
	char id[RECORD_ID_SIZE];
	char target[RECORD_TARGET_SIZE];
	memset(id, 'i', sizeof id - 1);
	memset(target, 't', sizeof target - 1);
	id[sizeof id - 1] = target[sizeof target - 1] = '\0';
	const char *name = named(id, target, AT_MS, true);
	assert_non_null(strstr(name, "iiii_partial.pcapng"));
	assert_true(strlen(name) < NAME_SIZE);
}

static void a_name_is_known_as_a_captures_own(void **state)
{
	(void)state;
	char partial[NAME_SIZE];
	const char *name = named("r-slx1", "slx1", AT_MS, false);
	assert_true(name_is_of(name, "r-slx1", "slx1"));
	assert_false(name_is_of(name, "s-slx1", "slx1"));
	assert_false(name_is_of(name, "r-slx1", "slx2"));
	TEXT_COPY(partial, named("r-slx1", "slx1", AT_MS, true));
	assert_true(name_is_of(partial, "r-slx1", "slx1"));
	assert_false(name_is_of("2026-11-24/20261123T140211Z_slx1_r.pcapng", "r-slx1", "slx1"));
	assert_false(name_is_of("../../x/et/20261123T140211Z_slx1_r.pcapng", "r-slx1", "slx1"));
	assert_false(name_is_of("2026-11-23/20261123T140211Z_slx1_r.pcapng/x", "r-slx1", "slx1"));
	assert_false(name_is_of("2026-11-23/20261199T140211Z_slx1_r.pcapng", "r-slx1", "slx1"));
	assert_false(name_is_of("2026-11-23/", "r-slx1", "slx1"));
	assert_false(name_is_of("", "r-slx1", "slx1"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_complete_capture),
		cmocka_unit_test(a_partial_one_says_so),
		cmocka_unit_test(the_day_is_that_of_utc),
		cmocka_unit_test(only_the_target_at_the_end_is_cut_off),
		cmocka_unit_test(the_longest_name_fits),
		cmocka_unit_test(a_name_is_known_as_a_captures_own),
	};
	return cmocka_run_group_tests_name("name", tests, NULL, NULL);
}
