/* Any bytes as a filter, and words put together by chance. Whatever is accepted or refused, no resolver is asked: the
 * functions that ask one are these. */
#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/ether.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "admission/filter.h"
#include "core/text.h"
#include "record/names.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* libpcap gives addresses to it too; those it takes apart itself. */
int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **result)
{
	struct in6_addr address;
	(void)service, (void)hints, (void)result;
	if (node && inet_pton(AF_INET, node, &address) != 1 && inet_pton(AF_INET6, node, &address) != 1)
		abort();
	return EAI_NONAME;
}

struct hostent *gethostbyname(const char *name)
{
	(void)name;
	abort();
}

int getnetbyname_r(const char *name, struct netent *entry, char *room, size_t size, struct netent **result,
		   int *h_errno_value)
{
	(void)name, (void)entry, (void)room, (void)size, (void)result, (void)h_errno_value;
	abort();
}

struct netent *getnetbyname(const char *name)
{
	(void)name;
	abort();
}

int ether_hostton(const char *name, struct ether_addr *address)
{
	(void)name, (void)address;
	abort();
}

static const char *const words[] = {
	"port", "host", "net", "src", "dst", "tcp", "udp", "ip", "ip6", "ether", "arp", "proto", "protochain",
	"portrange", "vlan", "mask", "less", "len", "and", "or", "not", "(", ")", "[", "]", "!", "&&", "||",
	"=", "<", "+", "-", "&", "/", ":", "\\tcp", "\\ip", "http", "ssh", "domain", "slx1", "web1.example.net",
	"localhost", "abc", "face", "10", "0x0a", "10.1", "10.1.1.1", "::1", "2001:db8::1", "00:11:22:33:44:55",
	"deadbeefcafe", "type", "mgt", "gateway", "ra", "addr1", "broadcast", "multicast", "decnet",
	"icmp-echo", "tcp-syn", "6000-6008", "1.2.3.4.5", "dead.beef.cafe", "a-b", "loopback",
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char filter[1024] = "";
	if (size && data[0] == 'w') {
		for (size_t i = 1; i < size; i++) {
			size_t used = strlen(filter);
			text_format(filter + used, sizeof(filter) - used, "%s%s", used && (data[i] & 0x80) ? "" : " ",
				    words[(data[i] & 0x7f) % (sizeof(words) / sizeof(words[0]))]);
		}
	} else {
		text_copy_bytes(filter, sizeof(filter), (const char *)data, size);
	}
	struct error error = { 0 };
	int result = filter_check(filter, RECORD_UNSET, &error);
	if (result < 0 && (error.kind == ERROR_NONE || !text_is_printable(error.text, strlen(error.text))))
		abort();
	return 0;
}
