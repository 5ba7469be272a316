/* What an inventory becomes, and what is said of a wrong one. */
#include "inventory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "core/text.h"

static struct inventory *read_text(const char *text, struct error *error)
{
	return inventory_parse("inv.ini", text, strlen(text), error);
}

static void targets_of_each_kind(void **state)
{
	static const char text[] = "[defaults]\nparallel = 7\nuser = capbus\n"
				   "[defaults slx]\nparallel = 2\ncli_mirror_on = monitor session {n}\n"
				   "[slx1]\nkind = slx\nhost = slx1.example.net\nports = 0/1, 0/2\n"
				   "guest_user = stanley\ncli_mirror_on = other\n"
				   "[slx2]\nkind = slx\nhost = h\nparallel = 3\nguest = vm\n"
				   "disabled = CHG0012 freeze until Mon 06:00\n"
				   "[web1]\nkind = ssh\nhost = 192.0.2.5:22\ninterface = eth0\njump = bastion\n"
				   "key_file = /etc/key\n"
				   "[bastion]\nkind = ssh\nhost = b\ninterface = eth0\n"
				   "[here]\nkind = local\ninterface = lo\nworker = capture-local\n"
				   "[group leafs]\nmembers = slx1,slx2\n[group all-of-it]\nmembers = slx1, here\n";
	struct error error = { 0 };
	struct inventory *inventory = read_text(text, &error);
	const struct inventory_target *it;

	(void)state;
	if (!inventory)
		fail_msg("%s", error.text);
	assert_int_equal(inventory_count(inventory), 5);
	assert_null(inventory_at(inventory, 5));
	assert_null(inventory_find(inventory, "SLX1"));
	it = inventory_find(inventory, "slx1");
	assert_ptr_equal(it, inventory_at(inventory, 0));
	assert_string_equal(it->public.kind, "slx");
	assert_string_equal(it->public.address, "slx1.example.net");
	assert_string_equal(it->public.interface, "eth1");
	assert_int_equal(it->public.parallel, 2);
	assert_int_equal(it->public.ports.count, 2);
	assert_string_equal(it->public.ports.items[1], "0/2");
	assert_int_equal(it->public.groups.count, 2);
	assert_string_equal(it->public.groups.items[0], "leafs");
	assert_int_equal(it->public.link_type, RECORD_UNSET);
	assert_string_equal(inventory_setting(it, "guest"), "slx1-tpvm");
	assert_string_equal(inventory_setting(it, "user"), "capbus");
	assert_string_equal(inventory_setting(it, "sessions"), "500-507");
	assert_string_equal(inventory_setting(it, "cli_mirror_on"), "other");
	assert_null(inventory_setting(it, "key_file"));
	it = inventory_find(inventory, "slx2");
	assert_int_equal(it->public.parallel, 3);
	assert_string_equal(it->public.disabled, "CHG0012 freeze until Mon 06:00");
	assert_string_equal(inventory_setting(it, "guest"), "vm");
	assert_string_equal(inventory_setting(it, "cli_mirror_on"), "monitor session {n}");
	it = inventory_find(inventory, "here");
	assert_string_equal(it->public.worker, "capture-local");
	assert_string_equal(it->public.interface, "lo");
	assert_int_equal(it->public.parallel, 7);
	struct inventory_target *copy = inventory_target_copy(inventory_find(inventory, "web1"));
	inventory_free(inventory);
	assert_string_equal(inventory_setting(copy, "key_file"), "/etc/key");
	assert_string_equal(copy->public.address, "192.0.2.5:22");
	inventory_target_free(copy);
}

static void parallel_depends_on_the_kind(void **state)
{
	struct error error = { 0 };
	struct inventory *inventory = read_text("[a]\nkind = slx\nhost = h\n"
						"[b]\nkind = local\ninterface = lo\nworker = w\n", &error);

	(void)state;
	assert_non_null(inventory);
	assert_int_equal(inventory_at(inventory, 0)->public.parallel, 1);
	assert_int_equal(inventory_at(inventory, 1)->public.parallel, 4);
	inventory_free(inventory);
}

static void an_empty_inventory_is_one(void **state)
{
	struct inventory *inventory = read_text("; nothing yet\n", NULL);

	(void)state;
	assert_non_null(inventory);
	assert_int_equal(inventory_count(inventory), 0);
	inventory_free(inventory);
}

#define LOCAL "kind = local\ninterface = lo\nworker = w\n"

static void mistakes_have_a_place_and_a_hint(void **state)
{
	static const struct {
		const char *text;
		const char *sentence; /* begins so */
	} rows[] = {
		{ "[a]\ninterface = lo\n", "inv.ini:1: [a] has no `kind`: slx, ssh or local" },
		{ "[a]\nkind = locl\n", "inv.ini:1: unknown kind `locl`: did you mean `local`?" },
		{ "[a]\n" LOCAL "intrface = lo\n", "inv.ini:5: unknown key `intrface`: did you mean `interface`?" },
		{ "[a]\n" LOCAL "host = h\n", "inv.ini:5: unknown key `host`" },
		{ "[a]\n" LOCAL "cli_x = h\n", "inv.ini:5: unknown key `cli_x`" },
		{ "[a]\nkind = local\ninterface = lo\n", "inv.ini:1: [a] has no `worker`, which" },
		{ "[a]\nkind = local\nworker = w\n", "inv.ini:1: [a] has no `interface`" },
		{ "[a]\nkind = ssh\ninterface = eth0\n", "inv.ini:1: [a] has no `host`" },
		{ "[a]\n" LOCAL "parallel = 0\n", "inv.ini:5: `parallel = 0` is no number from 1 to 256" },
		{ "[a]\n" LOCAL "disabled =\n", "inv.ini:5: `disabled` is empty" },
		{ "[a]\nkind = local\nworker = w\ninterface = a-name-too-long1\n", "inv.ini:4: `interface = a-name" },
		{ "[a]\nkind = local\nworker = w\ninterface = -D\n", "inv.ini:4: `interface = -D` cannot be" },
		{ "[a b]\n" LOCAL, "inv.ini:1: [a b] is no name for a target" },
		{ "[../x]\n" LOCAL, "inv.ini:1: [../x] is no name" },
		{ "[abcdefghijklmnopqrstuvwxy]\n" LOCAL, "inv.ini:1: [abcdefghijklmnopqrstuvwxy] is no name" },
		{ "[merged]\n" LOCAL, "inv.ini:1: [merged]: no target may have that name" },
		{ "[Merged]\n" LOCAL, "inv.ini:1: [Merged]: no target may have that name" },
		{ "[a]\n" LOCAL "[A]\n" LOCAL, "inv.ini:5: [A] differs from [a] in upper and lower case only" },
		{ "[defaults locl]\n", "inv.ini:1: unknown kind `locl`" },
		{ "[defaults local]\nhost = h\n", "inv.ini:2: unknown key `host`" },
		{ "[defaults]\nhots = h\n", "inv.ini:2: unknown key `hots`: did you mean `host`?" },
		{ "[a]\n" LOCAL "[group g]\nmembers = a,slx\n", "inv.ini:6: unknown target `slx`" },
		{ "[abcd]\n" LOCAL "[group g]\nmembers = abcx\n",
		  "inv.ini:6: unknown target `abcx`: did you mean `abcd`?" },
		{ "[a]\n" LOCAL "[group g]\nmembers = a,a\n", "inv.ini:6: `a` stands twice in [group g]" },
		{ "[a]\n" LOCAL "[group a]\nmembers = a\n", "inv.ini:5: [group a] has the name of a target" },
		{ "[group g]\nmember = a\n", "inv.ini:2: unknown key `member`: did you mean `members`?" },
		{ "[group g]\n", "inv.ini:1: [group g] has no `members`" },
		{ "[group]\nmembers = a\n", "inv.ini:1: [group]: a group's name is" },
		{ "[a]\nkind = ssh\nhost = h\ninterface = e\njump = b\n", "inv.ini:1: unknown target `b`" },
		{ "[a]\nkind = ssh\nhost = h\ninterface = e\njump = a\n", "inv.ini:1: [a]: `jump = a` leads to no" },
		{ "[a]\nkind = slx\nhost = h\nports = 0/1,,0/2\n", "inv.ini:4: `ports = 0/1,,0/2` is no list" },
		{ "[a]\nkind = slx\nhost = h\nports = 0/1;x\n", "inv.ini:4: `ports = 0/1;x` is no list" },
		{ "[a]\nkind = slx\nhost = h\nmirror = span\n", "inv.ini:4: `mirror = span` is neither" },
		{ "[a]\nkind = slx\nhost = h\nsessions = 507-500\n", "inv.ini:4: `sessions = 507-500` is no range" },
		{ "[a]\nkind = slx\nhost = h\nsessions = 1-2x\n", "inv.ini:4: `sessions = 1-2x` is no range" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct error error = { 0 };
		struct inventory *inventory = read_text(rows[i].text, &error);
		if (inventory)
			fail_msg("taken: %s", rows[i].text);
		assert_int_equal(error.kind, ERROR_BROKEN);
		if (!text_starts(error.text, rows[i].sentence))
			fail_msg("%s\nsays: %s\nnot:  %s", rows[i].text, error.text, rows[i].sentence);
	}
}

static void a_file_that_is_not_there(void **state)
{
	struct error error = { 0 };

	(void)state;
	assert_null(inventory_read("/nonexistent/inventory.ini", &error));
	assert_int_equal(error.kind, ERROR_BROKEN);
	assert_non_null(strstr(error.text, "/nonexistent/inventory.ini"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(targets_of_each_kind),
		cmocka_unit_test(parallel_depends_on_the_kind),
		cmocka_unit_test(an_empty_inventory_is_one),
		cmocka_unit_test(mistakes_have_a_place_and_a_hint),
		cmocka_unit_test(a_file_that_is_not_there),
	};

	return cmocka_run_group_tests_name("inventory", tests, NULL, NULL);
}
