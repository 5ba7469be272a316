/* The life of a stage's process, written once: what must happen before the first thread, the loop, and the order of
 * ending. What a stage does is its program's callbacks. */
#include "stage/stage.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <unistd.h>

#include "bus/client.h"
#include "config/options.h"
#include "core/clock.h"
#include "core/confine.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/signals.h"
#include "core/text.h"
#include "status/health.h"
#include "status/status.h"

enum { EXIT_OK = 0, EXIT_FAILED = 1, EXIT_CONFIG = 2 };

static const int64_t LOOP_STUCK_MS = 60000;

static int exit_code(const struct error *error)
{
	return error->kind == ERROR_BROKEN || error->kind == ERROR_INPUT ? EXIT_CONFIG : EXIT_FAILED;
}

static void open_log(const struct config *config, enum config_program program)
{
	static const char *const levels[] = { "debug", "info", "warning", "error" };
	enum log_level level = LOG_INFO;
	for (size_t i = 0; i < sizeof levels / sizeof *levels; i++)
		if (text_equal(levels[i], config_text(config, "capbus", "log_level")))
			level = (enum log_level)i;
	bool json = text_equal(config_text(config, "capbus", "log_format"), "json");
	log_open(config_stage_name(program), level, json ? LOG_JSON : LOG_TEXT);
}

static void new_incarnation(char to[static 33])
{
	unsigned char bytes[16];
	if (getrandom(bytes, sizeof bytes, 0) != sizeof bytes)
		abort();
	for (size_t i = 0; i < sizeof bytes; i++)
		text_format(to + 2 * i, 3, "%02x", bytes[i]);
}

static struct client *open_client(const struct stage *stage, struct error *error)
{
	CLEANUP_FREE struct client_property *properties = NULL;
	struct client_property next;
	size_t count = 0;
	while (config_kafka(stage->config, count, &next.name, &next.value, &next.where)) {
		properties = memory_resize(properties, count + 1, sizeof *properties);
		properties[count++] = next;
	}
	return client_new(properties, count, config_program_name(stage->program),
			  config_text(stage->config, "capbus", "topic_prefix"), error);
}

/* A capture needs a descriptor or two, and many run at once; what the system allows is the bound. */
static void raise_descriptors(void)
{
	struct rlimit files;
	if (getrlimit(RLIMIT_NOFILE, &files) != 0)
		return;
	files.rlim_cur = files.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &files) != 0)
		log_warning(NULL, "the limit of open files cannot be raised: %s", strerrordesc_np(errno));
}

static int confine(const struct stage_program *program, const struct config *config, struct error *error)
{
	const char *writable[STAGE_WRITABLE_MAX] = { NULL };
	if (program->writable && program->writable(config, writable, error) < 0)
		return -1;
	return confine_process(writable, STAGE_WRITABLE_MAX, program->keep_net_raw, error);
}

/* What waits in the signalfd: true once the process is to end. */
static bool told_to_end(int signal_fd, bool already)
{
	int signal_number;
	while ((signal_number = signals_take(signal_fd)) != 0) {
		if (signal_number == SIGHUP)
			continue;
		if (already) {
			log_warning(NULL, "told to end a second time: ending at once, what runs is lost");
			_exit(EXIT_FAILED);
		}
		log_info(NULL, "told to end (%s)", signal_number == SIGINT ? "SIGINT" : "SIGTERM");
		already = true;
	}
	return already;
}

static int loop(const struct stage_program *program, struct stage *stage, void *self, int signal_fd,
		struct error *error)
{
	bool ending = false;
	int64_t grace_ends_boot_ms = 0;
	for (;;) {
		struct pollfd fds[STAGE_FDS_MAX + 1] = { { .fd = signal_fd, .events = POLLIN } };
		int64_t deadline_boot_ms = clock_boot_ms() + 1000;
		size_t count = program->wait(self, fds + 1, &deadline_boot_ms);
		if (poll(fds, count + 1, clock_poll_ms(deadline_boot_ms, 1000)) < 0 && errno != EINTR)
			return error_errno(error, WORD_system_failed, errno, "poll");
		health_beat(stage->health);
		if (told_to_end(signal_fd, ending) && !ending) {
			ending = true;
			int64_t grace_s = program->grace_s ? program->grace_s(stage->config) : 10;
			grace_ends_boot_ms = clock_boot_ms() + grace_s * 1000;
		}
		if (ending && program->drain(self, grace_ends_boot_ms))
			return 0;
		if (program->turn(self, error) < 0)
			return -1;
	}
}

static int run(const struct stage_program *program, struct stage *stage, void *self, int signal_fd,
	       struct error *error)
{
	CLEANUP(status_stopp) struct status *status =
		status_start(config_text(stage->config, "capbus", "status_listen"), stage->health, error);
	if (!status)
		return -1;
	log_info(NULL, "%s %s started, status port %" PRIu16, config_program_name(stage->program), options_version(),
		 status_port(status));
	return loop(program, stage, self, signal_fd, error);
}

/* Everything behind the command line. */
static int live(const struct stage_program *program, struct stage *stage, bool check_only, struct error *error)
{
	int signal_fd = signals_open();
	if (signal_fd < 0)
		return error_errno(error, WORD_system_failed, errno, "signalfd");
	new_incarnation(stage->incarnation);
	if (confine(program, stage->config, error) < 0)
		return -1;
	CLEANUP(client_freep) struct client *client = open_client(stage, error);
	CLEANUP(health_freep) struct health *health = health_new(LOOP_STUCK_MS);
	if (!client)
		return -1;
	stage->client = client;
	stage->health = health;
	void *self = program->open(stage, error);
	if (!self)
		return -1;
	int result = check_only ? 0 : run(program, stage, self, signal_fd, error);
	program->close(self);
	return result;
}

static struct config *read_configuration(const struct options *options)
{
	struct config *config = options_config(options);
	const char *problem;
	for (size_t i = 0; (problem = config_problem(config, i)) != NULL; i++)
		fprintf(stderr, "%s: %s\n", config_program_name(options->program), problem);
	if (config_ok(config, NULL) == 0)
		return config;
	config_free(config);
	return NULL;
}

int stage_judge_bus(int answer, const struct error *said, struct error *error)
{
	if (answer >= 0)
		return 0;
	if (said->kind != ERROR_BROKEN) {
		log_warning(NULL, "%s", said->text);
		return 0;
	}
	*error = *said;
	return -1;
}

int stage_main(const struct stage_program *program, int argc, char **argv)
{
	struct options options;
	struct error error = { 0 };
	const char *name = config_program_name(program->program);
	options_init(&options, program->program);
	if (options_read(&options, argc, argv, &error) < 0) {
		fprintf(stderr, "%s: %s\n", name, error.text);
		return EXIT_CONFIG;
	}
	if (options.help || options.version) {
		(options.help ? options_print_help : options_print_version)(program->program, stdout);
		return EXIT_OK;
	}
	struct config *config = read_configuration(&options);
	if (!config)
		return EXIT_CONFIG;
	open_log(config, program->program);
	raise_descriptors();
	struct stage stage = { .program = program->program, .config = config };
	int code = EXIT_OK;
	if (live(program, &stage, options.check, &error) < 0) {
		if (options.check)
			fprintf(stderr, "%s: %s\n", name, error.text);
		else
			log_error(NULL, "%s", error.text);
		code = exit_code(&error);
	} else if (options.check) {
		printf("%s: ready to start\n", name);
	}
	config_free(config);
	return code;
}
