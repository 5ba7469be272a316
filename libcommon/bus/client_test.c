#include "bus/client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct client *new_client(const char *name, const char *value, struct error *error)
{
	const struct client_property properties[] = {
		{ "bootstrap.servers", "127.0.0.1:1", "capbus.ini:2" },
		{ name, value, "capbus.ini:3" },
	};
	return client_new(properties, name ? 2 : 1, "test", "capbus.", error);
}

static void refused(const char *name, const char *value, const char *part_of_the_sentence)
{
	struct error error;
	CLEANUP(client_freep) struct client *client = new_client(name, value, &error);
	assert_null(client);
	assert_int_equal(error.kind, ERROR_BROKEN);
	assert_int_equal(error.word, WORD_config_invalid);
	assert_non_null(strstr(error.text, "capbus.ini:3"));
	assert_non_null(strstr(error.text, name));
	assert_non_null(strstr(error.text, part_of_the_sentence));
}

static void taken(const char *name, const char *value)
{
	struct error error;
	CLEANUP(client_freep) struct client *client = new_client(name, value, &error);
	assert_non_null(client);
}

static void test_promises_are_kept(void **state)
{
	(void)state;
	static const char *const names[] = {
		"acks", "request.required.acks", "enable.idempotence", "enable.gapless.guarantee", "transactional.id",
		"partitioner", "enable.auto.commit", "enable.auto.offset.store", "partition.assignment.strategy",
		"group.id", "group.instance.id", "auto.offset.reset", "plugin.library.paths", "log.queue",
	};
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		refused(names[i], "1", "is not to be set: ");
}

static void test_bounds(void **state)
{
	(void)state;
	refused("session.timeout.ms", "29999", "at least 30000");
	taken("session.timeout.ms", "30000");
	refused("reconnect.backoff.max.ms", "1001", "at most 1000");
	taken("reconnect.backoff.max.ms", "500");
	refused("message.max.bytes", "999999", "at least 1000000");
	refused("session.timeout.ms", "long", "must be a number");
}

static void test_librdkafka_judges_the_rest(void **state)
{
	(void)state;
	taken("linger.ms", "5");
	taken("security.protocol", "sasl_ssl");
	refused("linger.ms", "-3", "linger.ms");
	refused("security.protocol", "tls", "tls");
	refused("security.protokol", "ssl", "did you mean security.protocol?");
	refused("zzzzzzzzzz", "1", "librdkafka has no property");
}

static void test_servers_are_needed(void **state)
{
	(void)state;
	struct error error;
	assert_null(client_new(NULL, 0, "test", "", &error));
	assert_non_null(strstr(error.text, "bootstrap.servers"));
}

static void test_a_password_is_a_file(void **state)
{
	(void)state;
	char path[] = "/tmp/client_test_XXXXXX";
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "secret\n", 7), 7);
	close(fd);
	taken("sasl.password_file", path);
	taken("ssl.key.password_file", path);
	assert_int_equal(unlink(path), 0);
	refused("sasl.password_file", path, path);
}

static void test_prefixes(void **state)
{
	(void)state;
	struct error error;
	const struct client_property servers = { "bootstrap.servers", "127.0.0.1:1", "x" };
	static const char *const wrong[] = { "cap bus.", "a/b", "\xc3\xa4" };
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		assert_null(client_new(&servers, 1, "test", wrong[i], &error));
	char longest[CLIENT_TOPIC_SIZE];
	memset(longest, 'x', sizeof longest - 1);
	longest[sizeof longest - 1] = '\0';
	assert_null(client_new(&servers, 1, "test", longest, &error));
	CLEANUP(client_freep) struct client *none = client_new(&servers, 1, "test", "", &error);
	assert_non_null(none);
}

static void test_names(void **state)
{
	(void)state;
	struct error error;
	char topic[CLIENT_TOPIC_SIZE];
	CLEANUP(client_freep) struct client *client = new_client(NULL, NULL, &error);
	assert_non_null(client);
	assert_string_equal(client_prefix(client), "capbus.");
	assert_string_equal(client_topic(client, "requests", topic), "capbus.requests");
	assert_string_equal(client_short_topic(client, "capbus.requests"), "requests");
	assert_string_equal(client_short_topic(client, "other"), "other");
	assert_false(client_is_away(client));
}

/* The vectors of Kafka's own UtilsTest.testMurmur2. */
static void test_partitions_are_javas(void **state)
{
	(void)state;
	static const struct {
		const char *key;
		int32_t hash;
	} vectors[] = {
		{ "21", -973932308 },
		{ "foobar", -790332482 },
		{ "a-little-bit-long-string", -985981536 },
		{ "a-little-bit-longer-string", -1486304829 },
		{ "lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971 },
		{ "abc", 479470107 },
	};
	for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
		size_t size = strlen(vectors[i].key);
		int32_t positive = vectors[i].hash & 0x7fffffff;
		assert_int_equal(client_partition(vectors[i].key, size, INT32_MAX), positive);
		assert_int_equal(client_partition(vectors[i].key, size, 12), positive % 12);
		assert_int_equal(client_partition(vectors[i].key, size, 1), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_promises_are_kept),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_librdkafka_judges_the_rest),
		cmocka_unit_test(test_servers_are_needed),
		cmocka_unit_test(test_a_password_is_a_file),
		cmocka_unit_test(test_prefixes),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_partitions_are_javas),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
