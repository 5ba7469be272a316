/* Namespaces and devices by system calls, so that no tool is needed. */
#include "target/network_testing.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/memory.h"
#include "core/text.h"

void network_set_up(const char *interface, bool up)
{
	CLEANUP_CLOSE int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq ask = { 0 };

	assert_true(TEXT_COPY(ask.ifr_name, interface));
	assert_int_equal(ioctl(fd, SIOCGIFFLAGS, &ask), 0);
	ask.ifr_flags = (short)(up ? ask.ifr_flags | IFF_UP : ask.ifr_flags & ~IFF_UP);
	assert_int_equal(ioctl(fd, SIOCSIFFLAGS, &ask), 0);
}

void network_enter(void)
{
	int flags = geteuid() == 0 ? CLONE_NEWNET : CLONE_NEWNET | CLONE_NEWUSER;

	if (unshare(flags) != 0)
		fail_msg("this test needs a network namespace of its own (root, or user namespaces): %s",
			 strerror(errno));
	network_set_up("lo", true);
}

int network_tap(const char *name, bool ethernet)
{
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
	struct ifreq ask = { .ifr_flags = (short)(IFF_NO_PI | (ethernet ? IFF_TAP : IFF_TUN)) };

	if (fd < 0)
		fail_msg("/dev/net/tun: %s", strerror(errno));
	assert_true(TEXT_COPY(ask.ifr_name, name));
	assert_int_equal(ioctl(fd, TUNSETIFF, &ask), 0);
	network_set_up(name, true);
	return fd;
}

void network_send_out(const char *interface, const void *frame, size_t size)
{
	CLEANUP_CLOSE int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_ifindex = (int)if_nametoindex(interface) };

	assert_int_equal(sendto(fd, frame, size, 0, (struct sockaddr *)&to, sizeof to), (ssize_t)size);
}

size_t network_payload_size(int i)
{
	return (size_t)(i * 37 % 1400);
}

void network_send_udp(uint16_t port, int count)
{
	CLEANUP_CLOSE int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(port),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	uint8_t payload[1400];

	for (int i = 0; i < count; i++) {
		memset(payload, i, sizeof payload);
		assert_int_equal(sendto(fd, payload, network_payload_size(i), 0, (struct sockaddr *)&to, sizeof to),
				 (ssize_t)network_payload_size(i));
	}
}

void network_frame(uint8_t to[static 60], uint8_t number)
{
	memset(to, 0, 60);
	memset(to, 0xff, 6);
	to[6] = 0x02; /* a locally administered sender */
	to[12] = 0x88;
	to[13] = 0xb5;
	to[14] = number;
}
