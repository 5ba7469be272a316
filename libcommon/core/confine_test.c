/* What is given up stays given up: each test is a child of its own. It judges by what the kernel then allows and
 * says (/proc), not by what libcap says. Where the tests' own process lacks cap_net_raw or the kernel lacks
 * Landlock, the same tests demand what is right there. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <net/ethernet.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/confine.h"
#include "core/memory.h"
#include "core/text.h"

static const uint64_t net_raw_bit = UINT64_C(1) << CAP_NET_RAW;
static char folder[64];

static int open_folder(void **state)
{
	(void)state;
	TEXT_COPY(folder, "/tmp/capbus-confine-test-XXXXXX");
	if (!mkdtemp(folder) || chdir(folder) != 0)
		return -1;
	return mkdir("in", 0700) == 0 && mkdir("out", 0700) == 0 && mkdir("also", 0700) == 0 ? 0 : -1;
}

static int close_folder(void **state)
{
	(void)state;
	static const char *const names[] = { "in/file", "in/one/file", "in/two/file", "in/two/moved", "in/one",
					     "in/two", "in", "out/file", "out/made", "out", "also/file", "also" };
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (unlink(names[i]) != 0)
			rmdir(names[i]);
	return chdir("/") == 0 && rmdir(folder) == 0 ? 0 : -1;
}

static void run_in_child(int (*check)(void))
{
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0)
		_exit(check());
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

#define WANT(condition)                                                                                        \
	do {                                                                                                   \
		if (!(condition)) {                                                                            \
			fprintf(stderr, "line %d: %s\n", __LINE__, #condition);                                \
			return 1;                                                                              \
		}                                                                                              \
	} while (0)

/* The calling thread's set, "CapPrm" or "CapEff". */
static uint64_t capabilities(const char *name)
{
	char line[256];
	uint64_t set = UINT64_MAX;
	CLEANUP_FILE FILE *status = fopen("/proc/thread-self/status", "re");
	while (status && fgets(line, sizeof line, status))
		if (text_starts(line, name))
			set = strtoull(line + strlen(name) + 1, NULL, 16);
	return set;
}

static bool is_capture_allowed(void)
{
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_ALL));
	if (fd < 0)
		return false;
	close(fd);
	return true;
}

static int landlock_abi(void)
{
	return (int)syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
}

static int gives_up(void)
{
	struct error error;
	WANT(confine_process(NULL, 0, false, &error) == 0);
	WANT(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
	WANT(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0);
	struct rlimit core;
	WANT(getrlimit(RLIMIT_CORE, &core) == 0 && core.rlim_cur == 0 && core.rlim_max == 0);
	WANT(umask(0) == 027);
	WANT(capabilities("CapPrm:") == 0 && capabilities("CapEff:") == 0 && capabilities("CapInh:") == 0);
	WANT(!is_capture_allowed());
	WANT(confine_net_raw_begin(&error) == -1);
	WANT(error.kind == ERROR_BROKEN && error.word == WORD_no_permission);
	return 0;
}

static void test_everything_is_given_up(void **state)
{
	(void)state;
	run_in_child(gives_up);
}

static bool has_net_raw(void)
{
	return (capabilities("CapPrm:") & net_raw_bit) != 0;
}

/* In a thread: raised, used, and gone for good. */
static int captures_once(void)
{
	struct error error;
	WANT(!is_capture_allowed());
	WANT(confine_net_raw_begin(&error) == 0);
	WANT(capabilities("CapEff:") == net_raw_bit);
	WANT(is_capture_allowed());
	confine_net_raw_end();
	WANT(capabilities("CapPrm:") == 0 && capabilities("CapEff:") == 0);
	WANT(!is_capture_allowed());
	WANT(confine_net_raw_begin(&error) == -1 && error.word == WORD_no_permission);
	return 0;
}

static int _Atomic failures;

static void *capture_thread(void *unused)
{
	(void)unused;
	failures += captures_once();
	return NULL;
}

static int keeps_net_raw(void)
{
	bool had_net_raw = has_net_raw();
	struct error error;
	WANT(confine_process(NULL, 0, true, &error) == 0);
	WANT(capabilities("CapEff:") == 0);
	WANT(!is_capture_allowed());
	if (!had_net_raw) {
		WANT(capabilities("CapPrm:") == 0);
		WANT(confine_net_raw_begin(&error) == -1 && error.word == WORD_no_permission);
		return 0;
	}
	WANT(capabilities("CapPrm:") == net_raw_bit);
	for (int i = 0; i < 2; i++) {
		pthread_t thread;
		WANT(pthread_create(&thread, NULL, capture_thread, NULL) == 0);
		pthread_join(thread, NULL);
		WANT(failures == 0);
		/* What the thread gave up, this one still has, and never in effect. */
		WANT(capabilities("CapPrm:") == net_raw_bit && capabilities("CapEff:") == 0);
		WANT(!is_capture_allowed());
	}
	return 0;
}

static void test_net_raw_is_raised_in_one_thread(void **state)
{
	(void)state;
	run_in_child(keeps_net_raw);
}

static int without_confine_process(void)
{
	struct error error;
	if (!has_net_raw()) {
		WANT(confine_net_raw_begin(&error) == -1 && error.kind == ERROR_BROKEN);
		return 0;
	}
	WANT(confine_net_raw_begin(&error) == 0 && is_capture_allowed());
	confine_net_raw_end();
	WANT(!has_net_raw() && !is_capture_allowed());
	return 0;
}

static void test_root_has_net_raw_as_well(void **state)
{
	(void)state;
	run_in_child(without_confine_process);
}

static int make(const char *path)
{
	CLEANUP_CLOSE int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	return fd >= 0 ? 0 : -1;
}

static int writes_only_beneath(void)
{
	WANT(make("out/file") == 0);
	CLEANUP_CLOSE int open_before = open("out/file", O_WRONLY | O_CLOEXEC);
	const char *const writable[] = { "in", NULL, "also" };
	struct error error;
	WANT(confine_process(writable, 3, false, &error) == 0);
	WANT(make("in/file") == 0 && make("also/file") == 0);
	WANT(mkdir("in/one", 0700) == 0 && mkdir("in/two", 0700) == 0);
	WANT(make("in/one/file") == 0);
	WANT(rename("in/one/file", "in/two/moved") == 0);
	WANT(truncate("in/two/moved", 0) == 0 && unlink("in/two/moved") == 0);
	bool forbidden = landlock_abi() >= 2;
	WANT((make("out/made") == -1 && errno == EACCES) == forbidden);
	WANT((mkdir("out/folder", 0700) == -1 && errno == EACCES) == forbidden);
	WANT((rename("in/file", "out/file") == -1) == forbidden);
	WANT((open("out/file", O_WRONLY | O_CLOEXEC) == -1) == forbidden);
	WANT((truncate("out/file", 0) == -1) == (landlock_abi() >= 3));
	WANT((unlink("out/file") == -1) == forbidden);
	/* Reading, and what was open before, is as it was. */
	CLEANUP_CLOSE int reading = open("out", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	WANT(reading >= 0 && write(open_before, "x", 1) == 1);
	return 0;
}

static void test_writing_only_beneath_the_folders(void **state)
{
	(void)state;
	run_in_child(writes_only_beneath);
}

static int missing_folder(void)
{
	const char *const writable[] = { "in", "missing" };
	struct error error = { 0 };
	if (landlock_abi() < 2) {
		WANT(confine_process(writable, 2, false, &error) == 0);
		return 0;
	}
	WANT(confine_process(writable, 2, false, &error) == -1);
	WANT(error.kind == ERROR_BROKEN && error.word == WORD_file_failed && strstr(error.text, "missing"));
	return 0;
}

static void test_a_missing_folder_is_broken(void **state)
{
	(void)state;
	run_in_child(missing_folder);
}

/* From here on this kernel is one without Landlock. */
static int hide_landlock(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_landlock_create_ruleset, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { .len = sizeof filter / sizeof filter[0], .filter = filter };
	WANT(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	WANT(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0);
	return 0;
}

static int says_what_is_missing(void)
{
	WANT(hide_landlock() == 0);
	int log_fd = memfd_create("log", MFD_CLOEXEC);
	int real_stderr = dup(STDERR_FILENO);
	WANT(log_fd >= 0 && dup2(log_fd, STDERR_FILENO) >= 0);
	int result = confine_process(NULL, 0, true, NULL);
	dup2(real_stderr, STDERR_FILENO);
	WANT(result == 0);
	char line[1024] = "";
	WANT(pread(log_fd, line, sizeof line - 1, 0) > 0);
	WANT(strstr(line, " info ") && strstr(line, "Landlock"));
	WANT(make("out/file") == 0);
	return 0;
}

static void test_what_the_kernel_lacks_is_said(void **state)
{
	(void)state;
	run_in_child(says_what_is_missing);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, open_folder, close_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_everything_is_given_up),
		TEST(test_net_raw_is_raised_in_one_thread),
		TEST(test_root_has_net_raw_as_well),
		TEST(test_writing_only_beneath_the_folders),
		TEST(test_a_missing_folder_is_broken),
		TEST(test_what_the_kernel_lacks_is_said),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
