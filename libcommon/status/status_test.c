#include "status/status.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/metrics.h"

enum { MANY = 40, LONG_HEADER = 8192 };

static struct health *health;
static struct status *status;

static int start(void **state)
{
	(void)state;
	struct error error;
	health = health_new(INT64_MAX);
	health_need(health, "kafka", "Kafka was not reached yet");
	status = status_start("127.0.0.1:0", health, &error);
	return status ? 0 : -1;
}

static int stop(void **state)
{
	(void)state;
	status_stop(status);
	health_free(health);
	return 0;
}

static int open_connection(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(status_port(status)),
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
	return fd;
}

/* All that comes until the other side closes; a reset ends it too. */
static size_t read_all(int fd, char *to, size_t size)
{
	size_t used = 0;
	ssize_t got;
	while (used < size - 1 && (got = read(fd, to + used, size - 1 - used)) > 0)
		used += (size_t)got;
	to[used] = '\0';
	return used;
}

static void ask(const char *request, char *answer, size_t size)
{
	CLEANUP_CLOSE int fd = open_connection();
	assert_int_equal(send(fd, request, strlen(request), MSG_NOSIGNAL), strlen(request));
	read_all(fd, answer, size);
}

static const char *body_of(const char *answer)
{
	const char *end = strstr(answer, "\r\n\r\n");
	assert_non_null(end);
	return end + 4;
}

static bool has_status(const char *answer, const char *code)
{
	return strncmp(answer, "HTTP/1.1 ", 9) == 0 && strncmp(answer + 9, code, 3) == 0;
}

static void test_health_and_readiness(void **state)
{
	(void)state;
	char answer[8192];
	ask("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n", answer, sizeof answer);
	assert_true(has_status(answer, "200"));
	assert_string_equal(body_of(answer), "ok\n");
	ask("GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n", answer, sizeof answer);
	assert_true(has_status(answer, "503"));
	assert_string_equal(body_of(answer), "kafka: Kafka was not reached yet\n");
	health_set(health, "kafka", true, NULL);
	ask("GET /readyz?verbose HTTP/1.1\r\nHost: x\r\n\r\n", answer, sizeof answer);
	assert_true(has_status(answer, "200"));
}

static void test_metrics(void **state)
{
	(void)state;
	static struct metric metric = { .name = "capbus_status_test_total", .help = "A test" };
	char answer[65536];
	metrics_register(&metric);
	metrics_add(&metric, 7);
	ask("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", answer, sizeof answer);
	assert_true(has_status(answer, "200"));
	assert_non_null(strstr(answer, "version=0.0.4"));
	assert_non_null(strstr(body_of(answer), "capbus_status_test_total 7\n"));
}

static void test_head_has_the_size_and_no_body(void **state)
{
	(void)state;
	char answer[8192];
	ask("HEAD /healthz HTTP/1.1\r\nHost: x\r\n\r\n", answer, sizeof answer);
	assert_true(has_status(answer, "200"));
	assert_non_null(strcasestr(answer, "content-length: 3\r\n"));
	assert_string_equal(body_of(answer), "");
}

static void test_everything_else_is_refused(void **state)
{
	(void)state;
	char answer[8192];
	ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n", answer, sizeof answer);
	assert_true(has_status(answer, "404"));
	ask("GET /metrics/../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n", answer, sizeof answer);
	assert_true(has_status(answer, "404"));
	ask("POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", answer, sizeof answer);
	assert_true(has_status(answer, "405"));
	ask("DELETE /healthz HTTP/1.1\r\nHost: x\r\n\r\n", answer, sizeof answer);
	assert_true(has_status(answer, "405"));
}

static void test_rubbish_does_no_harm(void **state)
{
	(void)state;
	char answer[8192], request[LONG_HEADER + 64];
	ask("\x16\x03\x01\x02\xff\xff\xff\r\n\r\n", answer, sizeof answer);
	assert_false(has_status(answer, "200"));
	int used = snprintf(request, sizeof request, "GET /healthz HTTP/1.1\r\nX-Long: ");
	memset(request + used, 'a', LONG_HEADER);
	memcpy(request + used + LONG_HEADER, "\r\n\r\n", 5);
	ask(request, answer, sizeof answer);
	assert_false(has_status(answer, "200"));
	test_health_and_readiness(state);
}

/* Those above the limit are closed at once, and none of the waiting ones keeps a later client out. */
static void test_connections_are_bounded(void **state)
{
	(void)state;
	int fds[MANY];
	size_t closed = 0;
	char byte;
	for (size_t i = 0; i < MANY; i++)
		fds[i] = open_connection();
	for (size_t i = 16; i < MANY; i++)
		closed += read(fds[i], &byte, 1) <= 0;
	assert_int_equal(closed, MANY - 16);
	for (size_t i = 0; i < 16; i++)
		assert_int_equal(recv(fds[i], &byte, 1, MSG_DONTWAIT), -1); /* open and silent */
	for (size_t i = 0; i < MANY; i++)
		close(fds[i]);
}

/* The deadline of 5 s: read returns, or the test hangs until ctest ends it. */
/* An upgraded connection would stay for ever and take the place of a probe. */
static void test_nothing_is_upgraded(void **state)
{
	(void)state;
	char answer[8192];
	ask("GET /metrics HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
	    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
	    answer, sizeof answer);
	assert_false(has_status(answer, "101"));
	ask("GET /healthz HTTP/1.1\r\nHost: x\r\nUpgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\n"
	    "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n", answer, sizeof answer);
	assert_false(has_status(answer, "101"));
}

static void test_a_silent_client_is_cut_off(void **state)
{
	(void)state;
	char answer[8192];
	CLEANUP_CLOSE int fd = open_connection();
	assert_int_equal(send(fd, "GET /heal", 9, MSG_NOSIGNAL), 9);
	read_all(fd, answer, sizeof answer);
	assert_false(has_status(answer, "200"));
}

static void test_a_port_in_use_is_a_sentence(void **state)
{
	(void)state;
	char listen[64];
	struct error error;
	snprintf(listen, sizeof listen, "127.0.0.1:%u", status_port(status));
	assert_null(status_start(listen, health, &error));
	assert_int_equal(error.kind, ERROR_BROKEN);
	assert_non_null(strstr(error.text, listen));
	assert_non_null(strstr(error.text, "in use"));
}

static void test_what_cannot_be_listened_on(void **state)
{
	(void)state;
	static const char *const wrong[] = { "", "9472", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:70000",
					     "::1:9472", "[::1:9472", "127.0.0.1:-1" };
	struct error error;
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		assert_null(status_start(wrong[i], health, &error));
		assert_int_equal(error.kind, ERROR_BROKEN);
		assert_int_equal(error.word, WORD_config_invalid);
	}
}

static void test_every_address(void **state)
{
	(void)state;
	struct error error;
	CLEANUP(status_stopp) struct status *every = status_start(":0", health, &error);
	assert_non_null(every);
	assert_int_not_equal(status_port(every), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_health_and_readiness, start, stop),
		cmocka_unit_test_setup_teardown(test_metrics, start, stop),
		cmocka_unit_test_setup_teardown(test_head_has_the_size_and_no_body, start, stop),
		cmocka_unit_test_setup_teardown(test_everything_else_is_refused, start, stop),
		cmocka_unit_test_setup_teardown(test_rubbish_does_no_harm, start, stop),
		cmocka_unit_test_setup_teardown(test_connections_are_bounded, start, stop),
		cmocka_unit_test_setup_teardown(test_nothing_is_upgraded, start, stop),
		cmocka_unit_test_setup_teardown(test_a_silent_client_is_cut_off, start, stop),
		cmocka_unit_test_setup_teardown(test_a_port_in_use_is_a_sentence, start, stop),
		cmocka_unit_test_setup_teardown(test_what_cannot_be_listened_on, start, stop),
		cmocka_unit_test_setup_teardown(test_every_address, start, stop),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
