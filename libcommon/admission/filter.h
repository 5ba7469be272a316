/* May this text be a filter? libpcap's own compiler decides, behind rules that keep it harmless.
 *
 * Refused before it compiles: more than 512 bytes, control characters and what is not ASCII, a leading `-`, and every
 * word that is not a keyword, a number, an address, or, where a port or a protocol is expected, a name from
 * /etc/services or /etc/protocols. So no name of a host or a network ever reaches libpcap, which would ask a resolver
 * for it; nor `host 10.1.1`, which it would take for a whole network.
 * Refused after: more than 4096 instructions before optimising, more than 2 s of compiling.
 *
 * libpcap's messages have no position; where the words tell what is wrong, our sentence does. Facts: libpcap 1.10
 * scanner.l, grammar.y, nametoaddr.c. The only pcap.h of admission. */
#ifndef ADMISSION_FILTER_H
#define ADMISSION_FILTER_H

#include <stdint.h>

#include "core/error.h"

enum { FILTER_BYTES_MAX = 512, FILTER_INSTRUCTIONS_MAX = 4096, FILTER_COMPILE_MS = 2000, FILTER_ABANDONED_MAX = 4 };

/* 0: it can be captured with. "" is every packet. `link_type` is LINKTYPE_… as in a file (RECORD_UNSET: Ethernet).
 * Blocks for at most FILTER_COMPILE_MS: it compiles in a thread of its own, and one that takes longer is left to end
 * by itself. INPUT filter_invalid: "I can't read the filter `…`: …". AWAY filter_busy: FILTER_ABANDONED_MAX such
 * threads still run, ask again. Any thread. */
int filter_check(const char *filter, int64_t link_type, struct error *error);

#endif
