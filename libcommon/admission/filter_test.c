/* The functions that would ask a resolver are this program's own: calling one with a name is a failure. And
 * pcap_compile can be held up, to see that nobody waits for it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <dlfcn.h>
#include <netdb.h>
#include <netinet/ether.h>
#include <pcap/pcap.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>

#include "admission/filter.h"
#include "core/text.h"
#include "record/names.h"

static atomic_int names_asked;
static atomic_bool hold;
static sem_t let_go;

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **result)
{
	struct in6_addr address;
	if (node && inet_pton(AF_INET, node, &address) != 1 && inet_pton(AF_INET6, node, &address) != 1) {
		atomic_fetch_add(&names_asked, 1);
		return EAI_NONAME;
	}
	int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
	*(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
	return real(node, service, hints, result);
}

int getnetbyname_r(const char *name, struct netent *entry, char *room, size_t size, struct netent **result,
		   int *errors)
{
	(void)name, (void)entry, (void)room, (void)size, (void)errors;
	atomic_fetch_add(&names_asked, 1);
	*result = NULL;
	return 0;
}

int ether_hostton(const char *name, struct ether_addr *address)
{
	(void)name, (void)address;
	atomic_fetch_add(&names_asked, 1);
	return -1;
}

int pcap_compile(pcap_t *pcap, struct bpf_program *program, const char *text, int optimize, bpf_u_int32 netmask)
{
	if (atomic_load(&hold))
		sem_wait(&let_go);
	int (*real)(pcap_t *, struct bpf_program *, const char *, int, bpf_u_int32);
	*(void **)&real = dlsym(RTLD_NEXT, "pcap_compile");
	return real(pcap, program, text, optimize, netmask);
}

static void test_what_is_taken(void **state)
{
	(void)state;
	static const char *const filters[] = {
		"", "port 179", "tcp port bgp", "tcp port ssh or http", "host 10.1.1.5", "net 10.1.1",
		"net 10.1.0.0/16", "src net 10.0.0.0 mask 255.0.0.0", "tcp[13] = 18",
		"tcp[tcpflags] & (tcp-syn|tcp-fin) != 0", "not port 22", "!(port 22)",
		"icmp[icmptype] = icmp-echo", "ip[6:2] & 0x1fff != 0", "ether host 00:11:22:33:44:55",
		"ip6 host 2001:db8::1", "net 2001:db8::/32", "host ::1", "portrange 6000-6008",
		"vlan 10 and port 179", "port 179 or (vlan and port 179)", "ip proto \\tcp",
		"ether proto 0x88cc", "ether proto \\arp", "len > 100", "less 100",
		"udp port 4789 and udp[8:4] = 0x08000000", "inbound", "broadcast", "arp or icmp", "mpls 100",
		"src or dst port 80", "(src or dst host 10.1.1.1) && tcp port http-alt", "ip protochain 6",
	};
	for (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]); i++) {
		struct error error;
		if (filter_check(filters[i], RECORD_UNSET, &error) < 0)
			fail_msg("%s", error.text);
	}
}

static void refused(const char *filter, const char *why)
{
	struct error error = { 0 };
	assert_int_equal(filter_check(filter, RECORD_UNSET, &error), -1);
	assert_int_equal(error.kind, ERROR_INPUT);
	assert_int_equal(error.word, WORD_filter_invalid);
	char expected[1024];
	TEXT_FORMAT(expected, "I can't read the filter `%s`: %s", filter, why);
	assert_string_equal(error.text, expected);
}

static void test_words(void **state)
{
	(void)state;
	refused("prot 179", "unknown word `prot`, did you mean `port`?");
	refused("Port 179", "unknown word `Port`, did you mean `port`?");
	refused("port 179 adn tcp", "unknown word `adn`, did you mean `and`?");
	refused("vxlan", "unknown word `vxlan`, write `udp port 4789`");
	refused("frobnicate", "unknown word `frobnicate`");
	refused("port bgpp", "no service is called `bgpp`, write the number of the port");
	refused("ip proto \\tpc",
		"`\\tpc`: a `\\` stands before the name of a protocol, as in `ip proto \\tcp`, and nowhere "
		"else");
	refused("ip proto tpc", "no protocol is called `tpc`, write its number");
	refused("ip proto tcp", "`proto tcp`: write `proto \\tcp`, because `tcp` alone is a word of its own");
	refused("host \\tcp",
		"`\\tcp`: a `\\` stands before the name of a protocol, as in `ip proto \\tcp`, and nowhere "
		"else");
	refused("tcp.port==80",
		"`tcp.port` is of Wireshark's display filters, which are another language; here it is "
		"`host 192.0.2.1` or `tcp port 179`");
	refused("len-4 > 0", "unknown word `len-4`; if a subtraction is meant, put blanks around `-`");
	refused("port 80; reboot", "`;` cannot stand in a filter");
	refused("port 6000-6008", "`port 6000-6008`: write `portrange 6000-6008`");
}

static void test_names_and_parts_of_addresses(void **state)
{
	(void)state;
	static const char advice[] = "names of hosts are not looked up, write the address";
	char why[200];
	TEXT_FORMAT(why, "`web1.example.net`: %s", advice);
	refused("host web1.example.net", why);
	refused("web1.example.net", why);
	TEXT_FORMAT(why, "`slx1`: %s", advice);
	refused("host slx1", why);
	refused("net slx1", why);
	refused("src slx1", why);
	refused("ether host slx1", why);
	refused("port 80 and src slx1", why);
	refused("host 10.1.1", "`10.1.1` is not a whole address, write `net 10.1.1` for all that begins so");
	refused("10.1.1", "`10.1.1` is not a whole address, write `net 10.1.1` for all that begins so");
	refused("net 10 and host 10", "`10` is not a whole address");
	refused("host 10.1.1.256", "`10.1.1.256` is not an address");
	refused("host 2001:db8:::1", "`2001:db8:::1` is not an address");
	refused("host ::ffff:10.1.1.1", "`::ffff:10.1.1.1` is not an address");
}

static void test_what_is_missing(void **state)
{
	(void)state;
	refused("port 80 and", "it ends with `and`, and something is missing behind that");
	refused("port", "it ends with `port`, and something is missing behind that");
	refused("and port 80", "it begins with `and`");
	refused("port 80 port 81", "between `80` and `port` an `and` or `or` is missing");
	refused("(port 80", "the `)` of a `(` is missing");
	refused("port 80)", "a `)` closes what was never opened");
	refused("port and tcp", "something is missing between `port` and `and`");
	refused("tcp 179", "`tcp 179`: write `tcp port 179`");
	refused("10.1.1.5", "`10.1.1.5`: write `host 10.1.1.5`");
}

static void test_rules(void **state)
{
	(void)state;
	struct error error;
	refused("-wlan[0] < 4", "it begins with `-`");
	refused(" -x", "it begins with `-`");
	assert_int_equal(filter_check("port 80\nor port 81", RECORD_UNSET, &error), -1);
	assert_string_equal(error.text,
			    "I can't read the filter `port 80\\x0aor port 81`: it holds a control character");
	refused("port 80 – 90", "it holds a character that is not ASCII");

	char filter[FILTER_BYTES_MAX + 2];
	memset(filter, ' ', sizeof(filter));
	memcpy(filter, "port 80", 7);
	filter[FILTER_BYTES_MAX] = 0;
	assert_int_equal(filter_check(filter, RECORD_UNSET, &error), 0);
	filter[FILTER_BYTES_MAX] = ' ';
	filter[FILTER_BYTES_MAX + 1] = 0;
	assert_int_equal(filter_check(filter, RECORD_UNSET, &error), -1);
	assert_non_null(strstr(error.text, "it is longer than 512 bytes"));
}

static void test_too_many_instructions(void **state)
{
	(void)state;
	/* Each `portrange` with no protocol is tried with three of them, on two versions of IP. */
	char filter[FILTER_BYTES_MAX + 1] = "portrange 1-2";
	while (strlen(filter) + strlen(" or 1-2") <= FILTER_BYTES_MAX)
		strcat(filter, " or 1-2");
	struct error error;
	assert_int_equal(filter_check(filter, RECORD_UNSET, &error), -1);
	assert_non_null(strstr(error.text, "instructions, above the limit of 4096"));
}

static void test_link_types(void **state)
{
	(void)state;
	struct error error;
	/* LINKTYPE_ETHERNET, _RAW (DLT 12), _LINUX_SLL, _LINUX_SLL2, _IEEE802_11_RADIOTAP */
	static const int64_t types[] = { 1, 101, 113, 276, 127 };
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		assert_int_equal(filter_check("tcp port 179", types[i], &error), 0);
	assert_int_equal(filter_check("wlan type mgt subtype beacon", 127, &error), 0);
	assert_int_equal(filter_check("wlan type mgt subtype beacon", 1, &error), -1);
	assert_int_equal(filter_check("ether host 00:11:22:33:44:55", 101, &error), -1);
	assert_int_equal(error.kind, ERROR_INPUT);
}

/* That the functions above would be asked: libpcap alone, without our rules. */
static void test_libpcap_alone_asks(void **state)
{
	(void)state;
	static const char *const filters[] = { "host slx1", "net slx1", "ether host slx1" };
	for (int i = 0; i < 3; i++) {
		pcap_t *pcap = pcap_open_dead(DLT_EN10MB, 65535);
		struct bpf_program program;
		int before = atomic_load(&names_asked);
		assert_int_equal(pcap_compile(pcap, &program, filters[i], 0, PCAP_NETMASK_UNKNOWN), -1);
		assert_true(atomic_load(&names_asked) > before);
		pcap_close(pcap);
	}
	atomic_store(&names_asked, 0);
}

/* Words put together by chance, most of them with names where libpcap would take one for a host. */
static void test_no_resolver_is_ever_asked(void **state)
{
	(void)state;
	static const char *const words[] = {
		"port", "host", "net", "src", "dst", "tcp", "udp", "ip", "ip6", "ether", "proto", "portrange",
		"vlan", "mask", "and", "or", "not", "(", ")", "[", "]", "=", "+", "/", ":", "\\tcp", "http",
		"ssh", "domain", "face", "10", "10.1.1.1", "::1", "2001:db8::1", "00:11:22:33:44:55", "type",
		"mgt", "ra", "6000-6008", "loopback", "len",
	};
	enum { WORDS = sizeof(words) / sizeof(words[0]), TRIES = 20000 };
	uint32_t random = 1;
	int taken = 0;
	for (int i = 0; i < TRIES; i++) {
		char filter[256] = "";
		random = random * 1664525 + 1013904223;
		int length = 1 + (int)(random >> 16) % 6;
		for (int w = 0; w < length; w++) {
			random = random * 1664525 + 1013904223;
			size_t used = strlen(filter);
			text_format(filter + used, sizeof(filter) - used, "%s ", words[(random >> 16) % WORDS]);
		}
		taken += filter_check(filter, RECORD_UNSET, NULL) == 0;
		if (atomic_load(&names_asked))
			fail_msg("a name of `%s` was looked up", filter);
	}
	/* The words are not so wild that all is refused: libpcap has been asked. */
	assert_true(taken > 100);
}

static void *check_held(void *context)
{
	(void)context;
	struct error error = { 0 };
	intptr_t right = filter_check("port 80", RECORD_UNSET, &error) == -1 && error.kind == ERROR_INPUT &&
			 strstr(error.text, "compiling it takes longer than 2 s");
	return (void *)right;
}

static void test_nobody_waits_for_a_compiler_that_takes_long(void **state)
{
	(void)state;
	sem_init(&let_go, 0, 0);
	atomic_store(&hold, true);
	pthread_t threads[FILTER_ABANDONED_MAX];
	for (size_t i = 0; i < FILTER_ABANDONED_MAX; i++)
		pthread_create(&threads[i], NULL, check_held, NULL);
	for (size_t i = 0; i < FILTER_ABANDONED_MAX; i++) {
		void *right;
		pthread_join(threads[i], &right);
		assert_non_null(right);
	}
	struct error error;
	assert_int_equal(filter_check("port 80", RECORD_UNSET, &error), -1);
	assert_int_equal(error.kind, ERROR_AWAY);
	assert_int_equal(error.word, WORD_filter_busy);

	/* They end by themselves, and then there is room again. */
	atomic_store(&hold, false);
	for (size_t i = 0; i < FILTER_ABANDONED_MAX; i++)
		sem_post(&let_go);
	while (filter_check("port 80", RECORD_UNSET, &error) < 0)
		assert_int_equal(error.word, WORD_filter_busy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_taken),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_names_and_parts_of_addresses),
		cmocka_unit_test(test_what_is_missing),
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_too_many_instructions),
		cmocka_unit_test(test_link_types),
		cmocka_unit_test(test_libpcap_alone_asks),
		cmocka_unit_test(test_no_resolver_is_ever_asked),
		cmocka_unit_test(test_nobody_waits_for_a_compiler_that_takes_long),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
