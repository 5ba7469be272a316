#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "config/config.h"
#include "config/key_table.h"
#include "core/text.h"

static struct config *read_all(enum config_program program, const char *text, const char *const *environment,
			       const char *assignment)
{
	struct config *config = config_new(program);
	config_read_text(config, "c.ini", text, strlen(text));
	if (environment)
		config_read_environment(config, (char *const *)environment);
	if (assignment)
		config_set(config, assignment);
	config_judge(config);
	return config;
}

/* The one problem of this text. */
static void problem_is(const char *text, const char *sentence)
{
	struct config *config = read_all(CONFIG_CAPBUS, text, NULL, NULL);
	assert_non_null(config_problem(config, 0));
	assert_string_equal(config_problem(config, 0), sentence);
	assert_null(config_problem(config, 1));
	config_free(config);
}

static void environment_problem_is(const char *variable, const char *sentence)
{
	const char *const environment[] = { variable, NULL };
	struct config *config = read_all(CONFIG_CAPBUS, "", environment, NULL);
	assert_non_null(config_problem(config, 0));
	assert_string_equal(config_problem(config, 0), sentence);
	config_free(config);
}

static void test_defaults(void **state)
{
	(void)state;
	struct config *config = read_all(CONFIG_CAPBUS, "", NULL, NULL);
	assert_int_equal(config_ok(config, NULL), 0);
	assert_string_equal(config_text(config, "capbus", "topic_prefix"), "capbus.");
	assert_int_equal(config_integer(config, "limits", "timeout_default_s"), 300);
	assert_int_equal(config_integer(config, "limits", "timeout_max_s"), 3600);
	assert_int_equal(config_integer(config, "limits", "count_default"), 100);
	assert_int_equal(config_integer(config, "limits", "count_max"), 1000000);
	assert_int_equal(config_bytes(config, "limits", "bytes_default"), 100000000);
	assert_int_equal(config_bytes(config, "limits", "bytes_max"), 1000000000);
	assert_int_equal(config_integer(config, "limits", "snaplen_default"), 262144);
	assert_int_equal(config_bytes(config, "upload", "spool_bytes_max"), 4000000000);
	assert_false(config_boolean(config, "slack", "external"));
	assert_string_equal(config_list(config, "capture", "kinds", 2), "local");
	assert_null(config_list(config, "capture", "kinds", 3));
	assert_string_equal(config_text(config, "folder", "directory"), "");
	assert_null(config_list(config, "cloudshark", "tags", 0));
	assert_false(config_is_set(config, "limits", "count_max"));
	assert_string_equal(config_where(config, "limits", "count_max"), "the default");
	config_free(config);
}

static void test_every_default_is_a_value_of_its_type(void **state)
{
	(void)state;
	for (size_t i = 0; i < key_table_count; i++) {
		struct error error;
		assert_int_not_equal(key_table_form(key_table[i].section), KEYS_NO_SECTION);
		assert_ptr_equal(key_table_find(key_table[i].section, key_table[i].name), &key_table[i]);
		if (key_table[i].standard && key_table_judge(&key_table[i], key_table[i].standard, &error) < 0)
			fail_msg("%s %s: %s", key_table[i].section, key_table[i].name, error.text);
	}
}

static void test_layers(void **state)
{
	(void)state;
	const char *const environment[] = { "PATH=/bin", "CAPBUS_PORT=tcp://10.0.0.1", "CAPBUS__LIMITS__COUNT_MAX=2",
				      "CAPBUS__LIMITS__TARGETS_MAX=5", NULL };
	const char *text = "[limits]\ncount_max = 1\ntargets_max = 4\nexpires_in_s = 7\n";
	struct config *config = read_all(CONFIG_CAPBUS, text, environment, "limits.count_max=3");
	assert_int_equal(config_ok(config, NULL), 0);
	assert_int_equal(config_integer(config, "limits", "count_max"), 3);
	assert_string_equal(config_where(config, "limits", "count_max"), "--set");
	assert_int_equal(config_integer(config, "limits", "targets_max"), 5);
	assert_string_equal(config_where(config, "limits", "targets_max"),
			    "CAPBUS__LIMITS__TARGETS_MAX in the environment");
	assert_int_equal(config_integer(config, "limits", "expires_in_s"), 7);
	assert_string_equal(config_where(config, "limits", "expires_in_s"), "c.ini:4");
	assert_true(config_is_set(config, "limits", "expires_in_s"));
	config_free(config);
}

static void test_a_wrong_value_that_is_replaced_does_no_harm(void **state)
{
	(void)state;
	struct config *config = read_all(CONFIG_CAPBUS, "[limits]\ncount_max = x\n", NULL, "limits.count_max=3");
	assert_int_equal(config_ok(config, NULL), 0);
	config_free(config);
}

static void test_what_depends_on_the_program(void **state)
{
	(void)state;
	struct config *config = read_all(CONFIG_UPLOAD, "", NULL, "capture.name=w1");
	assert_string_equal(config_text(config, "capbus", "status_listen"), "127.0.0.1:9473");
	assert_string_equal(config_text(config, "capture", "name"), "w1");
	config_free(config);

	char host[256] = "";
	gethostname(host, sizeof(host) - 1);
	config = read_all(CONFIG_CAPTURE, "[capbus]\ninventory = i\n[kafka]\nbootstrap.servers = a:1\n", NULL, NULL);
	assert_int_equal(config_ok(config, NULL), text_is_id(host) ? 0 : -1);
	assert_string_equal(config_text(config, "capture", "name"), text_is_id(host) ? host : "");
	config_free(config);
}

static void test_unknown_names(void **state)
{
	(void)state;
	problem_is("[limits]\ntimout_max_s = 1\n",
		   "c.ini:2: [limits] has no key `timout_max_s`, did you mean `timeout_max_s`?");
	problem_is("[limits]\nspool_dir = /\n", "c.ini:2: [limits] has no key `spool_dir`, it is one of [upload]");
	problem_is("[limits]\nzzzzzz = 1\n", "c.ini:2: [limits] has no key `zzzzzz`");
	problem_is("[limit]\ncount_max = 1\n", "c.ini:1: there is no section [limit], did you mean [limits]?");
	problem_is("[limits x]\n", "c.ini:1: the section [limits x] takes no name, write [limits]");
	problem_is("[policy]\n", "c.ini:1: the section [policy] needs a name, such as [policy noc]");
	problem_is("junk\n", "c.ini:1: this is neither `[section]` nor `key = value`");
}

static void test_wrong_values(void **state)
{
	(void)state;
	problem_is("[limits]\ncount_max = 10k\n",
		   "c.ini:2: [limits] count_max: `10k` is not a whole number of at least 1");
	problem_is("[limits]\ntargets_max = 0\n",
		   "c.ini:2: [limits] targets_max: `0` is not a whole number from 1 to 10000");
	problem_is("[limits]\nbytes_max = lots\n",
		   "c.ini:2: [limits] bytes_max: `lots` is not a number of bytes such as 900000, 100M or 4G");
	problem_is("[capture]\nchunk_bytes = 1000\n", "c.ini:2: [capture] chunk_bytes: `1000` is below 300000 bytes");
	problem_is("[capture]\nchunk_bytes = 1M\n", "c.ini:2: [capture] chunk_bytes: `1M` is above 930000 bytes");
	problem_is("[capture]\nname = a b\n",
		   "c.ini:2: [capture] name: `a b` is not a name of at most 64 letters, digits, `.`, `_` and `-`");
	problem_is("[capbus]\ntopic_prefix = a/b\n",
		   "c.ini:2: [capbus] topic_prefix: `a/b` is not a prefix of letters, digits, `.`, `_` and `-`");
	problem_is("[capbus]\nlog_level = warn\n",
		   "c.ini:2: [capbus] log_level: `warn` is none of debug, info, warning, error");
	problem_is("[capbus]\nlog_level = inof\n", "c.ini:2: [capbus] log_level: `inof`: did you mean `info`?");
	problem_is("[capture]\nkinds = local, sxl\n", "c.ini:2: [capture] kinds: `sxl`: did you mean `slx`?");
	problem_is("[capbus]\nstatus_listen = 9472\n",
		   "c.ini:2: [capbus] status_listen: `9472` is not HOST:PORT, such as "
		   "127.0.0.1:9472 or [::1]:9472");
	problem_is("[slack]\nexternal = maybe\n", "c.ini:2: [slack] external: `maybe` is not yes or no");
	problem_is("[folder]\nurl = //x\n",
		   "c.ini:2: [folder] url: `//x` is not an address that begins with https:// or http://");
}

static void test_a_wrong_value_counts_as_the_default(void **state)
{
	(void)state;
	struct config *config = read_all(CONFIG_CAPBUS, "[limits]\ncount_max = x\n", NULL, NULL);
	assert_int_equal(config_integer(config, "limits", "count_max"), 1000000);
	assert_false(config_is_set(config, "limits", "count_max"));
	config_free(config);
}

static void test_addresses(void **state)
{
	(void)state;
	const struct key *key = key_table_find("capbus", "status_listen");
	const char *const good[] = { "127.0.0.1:9472", "[::1]:1", "localhost:65535" };
	const char *const bad[] = { "", ":1", "a", "a:", "a:65536", "::1:1", "a:b:1", "[::1:1", "a:-1" };
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_int_equal(key_table_judge(key, good[i], NULL), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(key_table_judge(key, bad[i], NULL), -1);
}

static void test_environment_refusals(void **state)
{
	(void)state;
	environment_problem_is("CAPBUS__LIMITS__TIMOUT_MAX_S=1",
			       "CAPBUS__LIMITS__TIMOUT_MAX_S in the environment: there is no such key, did you mean "
			       "CAPBUS__LIMITS__TIMEOUT_MAX_S?");
	environment_problem_is("CAPBUS__X=1", "CAPBUS__X in the environment: there is no such key; one is written "
					      "CAPBUS__SECTION__KEY");
	environment_problem_is("CAPBUS__limits__count_max=1",
			       "CAPBUS__limits__count_max in the environment: there is no such key, did you mean "
			       "CAPBUS__LIMITS__COUNT_MAX?");
	environment_problem_is("CAPBUS__KAFKA__ACKS=1",
			       "CAPBUS__KAFKA__ACKS in the environment: [kafka] acks cannot be "
			       "set: every record is written with acks=all");
	/* A section with a name of its own has no variable. */
	struct error error;
	const char *const environment[] = { "CAPBUS__POLICY__USERS=a", NULL };
	struct config *config = read_all(CONFIG_CAPBUS, "", environment, NULL);
	assert_int_equal(config_ok(config, &error), -1);
	config_free(config);
}

static void test_kafka_is_handed_through(void **state)
{
	(void)state;
	const char *const environment[] = { "CAPBUS__KAFKA__BOOTSTRAP_SERVERS=b:2",
					    "CAPBUS__KAFKA__SASL_PASSWORD_FILE=/p", NULL };
	struct config *config = read_all(CONFIG_CAPBUS, "[kafka]\nbootstrap.servers = a:1\nfetch.wait.max.ms = 5\n",
					 environment, "kafka.client.rack=r=1");
	assert_int_equal(config_ok(config, NULL), 0);
	static const char *const expected[][3] = {
		{ "bootstrap.servers", "b:2", "CAPBUS__KAFKA__BOOTSTRAP_SERVERS in the environment" },
		{ "fetch.wait.max.ms", "5", "c.ini:3" },
		{ "sasl.password_file", "/p", "CAPBUS__KAFKA__SASL_PASSWORD_FILE in the environment" },
		{ "client.rack", "r=1", "--set" },
	};
	const char *name, *value, *where;
	for (size_t i = 0; i < 4; i++) {
		assert_true(config_kafka(config, i, &name, &value, &where));
		assert_string_equal(name, expected[i][0]);
		assert_string_equal(value, expected[i][1]);
		assert_string_equal(where, expected[i][2]);
	}
	assert_false(config_kafka(config, 4, &name, &value, &where));
	config_free(config);
}

static void test_what_kafka_may_not_be_told(void **state)
{
	(void)state;
	static const char *const promises[] = {
		"acks", "request.required.acks", "enable.auto.commit", "auto.commit.enable",
		"enable.auto.offset.store", "enable.idempotence", "partitioner", "plugin.library.paths", "ACKS",
	};
	static const char *const secrets[] = {
		"sasl.password", "ssl.key.password", "ssl.key.pem", "ssl.keystore.password",
		"sasl.oauthbearer.client.secret",
	};
	for (size_t i = 0; i < sizeof(promises) / sizeof(promises[0]); i++)
		assert_non_null(key_table_kafka_refusal(promises[i]));
	for (size_t i = 0; i < sizeof(secrets) / sizeof(secrets[0]); i++)
		assert_non_null(strstr(key_table_kafka_refusal(secrets[i]), "a secret is only ever a file"));
	assert_null(key_table_kafka_refusal("sasl.password_file"));
	assert_null(key_table_kafka_refusal("ssl.key.password_file"));
	assert_null(key_table_kafka_refusal("sasl.username"));
}

static void test_no_problem_repeats_a_secret(void **state)
{
	(void)state;
	const char *const environment[] = { "CAPBUS__KAFKA__SASL_PASSWORD=hunter2",
					    "CAPBUS__SLACK__BOT_TOKEN=hunter2", "CAPBUS__NONSENSE=hunter2", NULL };
	struct config *config = read_all(CONFIG_CAPBUS,
					 "[kafka]\nssl.key.password = hunter2\n[slack]\nbot_token = hunter2\n"
					 "[s3]\nsecret = hunter2\n",
					 environment, "kafka.sasl.password=hunter2");
	config_set(config, "nonsense=hunter2");
	size_t count = 0;
	for (; config_problem(config, count); count++)
		assert_null(strstr(config_problem(config, count), "hunter2"));
	assert_int_equal(count, 8);
	assert_string_equal(config_problem(config, 1),
			    "c.ini:4: [slack] has no key `bot_token`: a secret is only ever a "
			    "file, write `bot_token_file`");
	const char *name, *value, *where;
	assert_false(config_kafka(config, 0, &name, &value, &where));
	config_free(config);
}

static void test_families(void **state)
{
	(void)state;
	struct config *config =
		read_all(CONFIG_CAPBUS,
			 "[policy noc]\nusers = U1, U2,\ntimeout_max_s = 60\n[filter bgp]\n"
			 "expr = port 179\n[policy all]\n[retention]\ndays = 30\n[retention s3]\ndays = 7\n",
			 NULL, NULL);
	assert_int_equal(config_ok(config, NULL), 0);
	assert_string_equal(config_name(config, "policy", 0), "noc");
	assert_string_equal(config_name(config, "policy", 1), "all");
	assert_null(config_name(config, "policy", 2));
	assert_string_equal(config_name(config, "retention", 0), "s3");
	assert_null(config_name(config, "retention", 1));
	assert_string_equal(config_text(config, "filter bgp", "expr"), "port 179");
	assert_string_equal(config_list(config, "policy noc", "users", 1), "U2");
	assert_null(config_list(config, "policy noc", "users", 2));
	assert_true(config_list_has(config, "policy noc", "users", "U1"));
	assert_false(config_list_has(config, "policy all", "users", "U1"));
	assert_int_equal(config_integer(config, "policy noc", "timeout_max_s"), 60);
	assert_false(config_is_set(config, "policy all", "timeout_max_s"));
	assert_int_equal(config_integer(config, "retention", "days"), 30);
	assert_int_equal(config_integer(config, "retention s3", "days"), 7);
	config_free(config);
}

static void test_what_a_program_must_have(void **state)
{
	(void)state;
	struct config *config =
		read_all(CONFIG_UPLOAD, "[upload]\nstore = folder, s3\n[s3]\nbucket = b\n", NULL, NULL);
	static const char *const missing[] = { "[kafka] bootstrap.servers", "[folder] directory", "[s3] endpoint",
					       "[s3] key_file" };
	for (size_t i = 0; i < 4; i++)
		assert_true(text_starts(config_problem(config, i), missing[i]));
	assert_null(config_problem(config, 4));
	assert_string_equal(config_problem(config, 0),
			    "[kafka] bootstrap.servers is missing: write it into the configuration, or set "
			    "CAPBUS__KAFKA__BOOTSTRAP_SERVERS or --set kafka.bootstrap.servers=…");
	struct error error;
	assert_int_equal(config_ok(config, &error), -1);
	assert_int_equal(error.kind, ERROR_BROKEN);
	assert_non_null(strstr(error.text, "(and 3 more; --check tells them all)"));
	config_free(config);

	config = read_all(CONFIG_CAPTURE, "[kafka]\nbootstrap.servers = a:1\n", NULL, "capture.name=w");
	assert_true(text_starts(config_problem(config, 0), "[capbus] inventory is missing"));
	assert_null(config_problem(config, 1));
	config_free(config);
}

static void test_set(void **state)
{
	(void)state;
	static const char *const wrong[] = {
		"", "=", "limits", "limits.count_max", ".count_max=1", "limits.=1", "a=b.c",
	};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct config *config = read_all(CONFIG_CAPBUS, "", NULL, wrong[i]);
		assert_non_null(strstr(config_problem(config, 0), "write SECTION.KEY=VALUE"));
		config_free(config);
	}
	struct config *config = read_all(CONFIG_CAPBUS, "", NULL, "policy noc.users=a");
	assert_int_equal(config_ok(config, NULL), 0);
	assert_string_equal(config_name(config, "policy", 0), "noc");
	config_free(config);
}

/* An unknown key is a programming error: the process must not go on. */
static void aborts(void (*question)(const struct config *config))
{
	struct config *config = read_all(CONFIG_CAPBUS, "", NULL, NULL);
	pid_t child = fork();
	if (child == 0) {
		signal(SIGABRT, SIG_DFL);
		question(config);
		_exit(0);
	}
	int status;
	waitpid(child, &status, 0);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
	config_free(config);
}

static void ask_no_such_key(const struct config *config)
{
	config_text(config, "limits", "nothing");
}

static void ask_no_such_section(const struct config *config)
{
	config_text(config, "nothing", "count_max");
}

static void ask_the_wrong_type(const struct config *config)
{
	config_text(config, "limits", "count_max");
}

static void test_programming_errors(void **state)
{
	(void)state;
	aborts(ask_no_such_key);
	aborts(ask_no_such_section);
	aborts(ask_the_wrong_type);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_every_default_is_a_value_of_its_type),
		cmocka_unit_test(test_layers),
		cmocka_unit_test(test_a_wrong_value_that_is_replaced_does_no_harm),
		cmocka_unit_test(test_what_depends_on_the_program),
		cmocka_unit_test(test_unknown_names),
		cmocka_unit_test(test_wrong_values),
		cmocka_unit_test(test_a_wrong_value_counts_as_the_default),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_environment_refusals),
		cmocka_unit_test(test_kafka_is_handed_through),
		cmocka_unit_test(test_what_kafka_may_not_be_told),
		cmocka_unit_test(test_no_problem_repeats_a_secret),
		cmocka_unit_test(test_families),
		cmocka_unit_test(test_what_a_program_must_have),
		cmocka_unit_test(test_set),
		cmocka_unit_test(test_programming_errors),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
