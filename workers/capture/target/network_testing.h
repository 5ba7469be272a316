/* A network of a test's own: a namespace with nothing in it but loopback, and devices that the test holds the other
 * end of. Needs root, or user namespaces. */
#ifndef TARGET_NETWORK_TESTING_H
#define TARGET_NETWORK_TESTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The calling thread, and those it starts from now on, are alone with loopback, which is up. */
void network_enter(void);
void network_set_up(const char *interface, bool up);

/* A tap (Ethernet) or tun (bare IP) device, up: what is written to the fd comes in there. Closing it takes the device
 * away. */
int network_tap(const char *name, bool ethernet);
/* A frame that goes out of the interface. */
void network_send_out(const char *interface, const void *frame, size_t size);

/* `count` UDP packets over loopback, the i-th with network_payload_size(i) bytes of (uint8_t)i. */
void network_send_udp(uint16_t port, int count);
size_t network_payload_size(int i);

/* An Ethernet frame of an experimental EtherType (0x88b5), 60 bytes, with `number` behind the header. */
void network_frame(uint8_t to[static 60], uint8_t number);

#endif
