/* One capture with libpcap on an interface of this machine. The only pcap.h of the worker.
 *
 * The way in which libpcap is used was measured (tests/bench/capture_modes.sh, one run; Linux 6.18, libpcap 1.10.3, a
 * veth pair, 2 busy cores). Immediate mode gives each packet a slot of snaplen in the ring: with 2 MiB 429 of a burst
 * of 500 frames were lost and 67 % of 400,000 at full speed, with 64 MiB still 1 %; only with 64 MiB and a snaplen of
 * 2048 none; and it woke the reader 40,000 times and more. Without it (TPACKET_V3) the kernel packs packets into
 * blocks of 256 KiB, whatever the snaplen is, and hands one over when it is full or TIMEOUT_MS old: nothing was lost
 * at 450,000 frames/s of 60 bytes or 415,000 of 1514 bytes (5 Gbit/s), with a tenth of the CPU and some hundred
 * wake-ups; pcap_dispatch was not faster than pcap_next_ex. What the buffer's size buys is how long the reader may be
 * away: when it paused for 50 ms at 1 Gbit/s, 2 MiB lost 2,821 of 100,000, 8 MiB and more none; by arithmetic 16 MiB
 * bridge 130 ms. The price is that a packet is seen up to TIMEOUT_MS late. */
#include "target/local.h"

#include <ctype.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <pcap.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "core/clock.h"
#include "core/confine.h"
#include "core/memory.h"
#include "core/text.h"

enum { BUFFER_BYTES = 16 << 20, TIMEOUT_MS = 100, TIMEOUT_MIN_MS = 5, SLACK_MS = 20 };

/* Since Linux 4.20, newer than some headers. */
#ifndef PACKET_IGNORE_OUTGOING
#define PACKET_IGNORE_OUTGOING 23
#endif

struct local {
	pcap_t *pcap;
	struct target_facts facts;
	unsigned index;          /* of the interface, 0 for `any` */
	int timeout_ms;
	struct pcap_stat before; /* what was counted before armed_at */
	int64_t seen_before;     /* UNSET: the interface has no counters */
};

/* ---- what the kernel knows of interfaces ---- */

/* Packets in and out by the interface's own counters, of `any` all interfaces'; RECORD_UNSET where there is none of
 * that name. /proc/net/dev of this thread, because /sys may show another network namespace. */
static int64_t packets_seen(const char *interface)
{
	CLEANUP_FILE FILE *table = fopen("/proc/thread-self/net/dev", "re");
	bool any = text_equal(interface, "any"), found = false;
	int64_t seen = 0;
	char line[512];

	while (table && fgets(line, sizeof line, table)) {
		char *colon = strchr(line, ':'), *name = line;
		unsigned long long in, out;
		if (!colon)
			continue; /* the table's head */
		*colon = '\0';
		while (isspace((unsigned char)*name))
			name++;
		/* bytes packets errs drop fifo frame compressed multicast, in; then out: bytes packets … */
		if ((any || text_equal(name, interface)) &&
		    sscanf(colon + 1, "%*u %llu %*u %*u %*u %*u %*u %*u %*u %llu", &in, &out) == 2) {
			seen += (int64_t)(in + out);
			found = true;
		}
	}
	return found ? seen : RECORD_UNSET;
}

static bool is_loopback(int fd, const char *interface)
{
	struct ifreq ask = { 0 };

	return text_copy(ask.ifr_name, sizeof ask.ifr_name, interface) && ioctl(fd, SIOCGIFHWADDR, &ask) == 0 &&
	       ask.ifr_hwaddr.sa_family == ARPHRD_LOOPBACK;
}

/* The number that stands for a link type in files. It differs from libpcap's DLT_… where the systems' own numbers
 * clash; of those Linux has these (libpcap's pcap-common.c; the LINKTYPE registry at tcpdump.org). */
static int64_t link_type_of(int dlt)
{
	switch (dlt) {
	case DLT_RAW:
		return 101;
	case DLT_ATM_RFC1483:
		return 100;
	case DLT_C_HDLC:
		return 104;
	case DLT_FRELAY:
		return 107;
	default:
		return dlt;
	}
}

/* ---- opening ---- */

static int set_error_of_status(int status, pcap_t *pcap, const char *interface, struct error *error)
{
	switch (status) {
	case PCAP_ERROR_NO_SUCH_DEVICE:
		return error_set(error, ERROR_AWAY, WORD_interface_missing, "there is no interface %s here",
				 interface);
	case PCAP_ERROR_IFACE_NOT_UP:
		return error_set(error, ERROR_AWAY, WORD_interface_down, "the interface %s is down", interface);
	case PCAP_ERROR_PERM_DENIED:
	case PCAP_ERROR_PROMISC_PERM_DENIED:
		return error_set(error, ERROR_BROKEN, WORD_no_permission,
				 "the worker may not capture on %s: setcap cap_net_raw+p on its program",
				 interface);
	default:
		return error_set(error, ERROR_BROKEN, WORD_system_failed, "libpcap cannot capture on %s: %s",
				 interface, *pcap_geterr(pcap) ? pcap_geterr(pcap) : pcap_statustostr(status));
	}
}

static int activate(struct local *local, const struct request *request, struct error *error)
{
	pcap_t *pcap = local->pcap;
	bool nano = pcap_set_tstamp_precision(pcap, PCAP_TSTAMP_PRECISION_NANO) == 0;

	pcap_set_snaplen(pcap, (int)packet_snaplen(request->snaplen));
	pcap_set_promisc(pcap, 1);
	pcap_set_timeout(pcap, local->timeout_ms);
	pcap_set_buffer_size(pcap, BUFFER_BYTES); /* where it is too much, libpcap takes what it gets */
	if (confine_net_raw_begin(error) < 0)
		return -1;
	int status = pcap_activate(pcap);
	confine_net_raw_end();
	if (status < 0) /* what is greater are warnings, e.g. that `any` cannot be promiscuous */
		return set_error_of_status(status, pcap, local->facts.interface, error);
	nano = nano && pcap_get_tstamp_precision(pcap) == PCAP_TSTAMP_PRECISION_NANO;
	local->facts.resolution = nano ? RESOLUTION_NANO : RESOLUTION_MICRO;
	local->facts.link_type = link_type_of(pcap_datalink(pcap));
	local->facts.snaplen = pcap_snapshot(pcap);
	return 0;
}

/* On loopback each packet goes out and comes in; libpcap leaves out the former, and so does the kernel if it is told,
 * which halves what the ring has to hold. There a direction means nothing. */
static int set_direction(struct local *local, enum direction direction, struct error *error)
{
	int fd = pcap_fileno(local->pcap), on = 1;
	bool loopback = is_loopback(fd, local->facts.interface);

	if (loopback || direction == DIRECTION_RX)
		(void)setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof on);
	if (loopback || direction == DIRECTION_BOTH || direction == DIRECTION_UNSET)
		return 0;
	if (pcap_setdirection(local->pcap, direction == DIRECTION_RX ? PCAP_D_IN : PCAP_D_OUT) < 0)
		return error_set(error, ERROR_INPUT, WORD_argument_invalid,
				 "%s does not tell in from out: ask for direction=both", local->facts.interface);
	return 0;
}

static int set_filter(struct local *local, const char *filter, struct error *error)
{
	struct bpf_program program;

	if (pcap_compile(local->pcap, &program, filter, 1, PCAP_NETMASK_UNKNOWN) < 0)
		return error_set(error, ERROR_INPUT, WORD_filter_invalid,
				 "%s cannot capture with the filter `%s`: %s", local->facts.interface, filter,
				 pcap_geterr(local->pcap));
	int failed = pcap_setfilter(local->pcap, &program);
	pcap_freecode(&program);
	if (failed < 0)
		return error_set(error, ERROR_BROKEN, WORD_system_failed, "%s does not take the filter `%s`: %s",
				 local->facts.interface, filter, pcap_geterr(local->pcap));
	return 0;
}

/* From here on all is in place. Packets that were in the ring before have older times and are left out. */
static void arm(struct local *local)
{
	int64_t unit_ns = local->facts.resolution == RESOLUTION_NANO ? 1 : 1000;

	local->seen_before = packets_seen(local->facts.interface);
	if (pcap_stats(local->pcap, &local->before) < 0)
		local->before = (struct pcap_stat){ 0 };
	local->facts.armed_at_ns = (clock_wall_ns() + unit_ns - 1) / unit_ns * unit_ns;
}

static int open_pcap(struct local *local, const struct request *request, struct error *error)
{
	char text[PCAP_ERRBUF_SIZE] = "";

	local->pcap = pcap_create(local->facts.interface, text);
	if (!local->pcap)
		return error_set(error, ERROR_BROKEN, WORD_system_failed, "libpcap cannot capture on %s: %s",
				 local->facts.interface, text);
	if (activate(local, request, error) < 0 || set_direction(local, request->direction, error) < 0 ||
	    set_filter(local, request->filter, error) < 0)
		return -1;
	if (pcap_setnonblock(local->pcap, 1, text) < 0 || pcap_get_selectable_fd(local->pcap) < 0)
		return error_set(error, ERROR_BROKEN, WORD_system_failed, "%s cannot be waited for: %s",
				 local->facts.interface, text);
	return 0;
}

static void local_close(void *state)
{
	struct local *local = state;

	if (local->pcap)
		pcap_close(local->pcap);
	free(local);
}

static void *local_open(const struct inventory_target *target, const struct request *request,
			struct target_facts *ret_facts, struct error *error)
{
	struct local *local = memory_new(sizeof *local);

	TEXT_COPY(local->facts.interface, target->public.interface);
	local->index = if_nametoindex(local->facts.interface);
	local->timeout_ms = request->chunk_ms / 2 < TIMEOUT_MS ? (int)(request->chunk_ms / 2) : TIMEOUT_MS;
	if (local->timeout_ms < TIMEOUT_MIN_MS)
		local->timeout_ms = TIMEOUT_MIN_MS;
	if (open_pcap(local, request, error) < 0) {
		local_close(local);
		return NULL;
	}
	arm(local);
	*ret_facts = local->facts;
	return local;
}

/* ---- capturing ---- */

static void local_wait(void *state, int wake_fd, int64_t deadline_boot_ms)
{
	struct local *local = state;
	struct pollfd fds[] = {
		{ .fd = pcap_get_selectable_fd(local->pcap), .events = POLLIN },
		{ .fd = wake_fd, .events = POLLIN },
	};

	poll(fds, 2, clock_poll_ms(deadline_boot_ms, INT32_MAX));
}

static int set_error_of_reading(struct local *local, struct error *error)
{
	const char *interface = local->facts.interface;

	if (local->index != 0 && if_nametoindex(interface) != local->index)
		return error_set(error, ERROR_AWAY, WORD_interface_gone,
				 "the interface %s disappeared during the capture", interface);
	return error_set(error, ERROR_BROKEN, WORD_system_failed, "libpcap cannot read from %s: %s", interface,
			 pcap_geterr(local->pcap));
}

static int local_next(void *state, struct packet *ret_packet, struct error *error)
{
	struct local *local = state;
	struct pcap_pkthdr *header;
	const u_char *data;
	int got;

	while ((got = pcap_next_ex(local->pcap, &header, &data)) == 1) {
		int64_t fraction_ns = local->facts.resolution == RESOLUTION_NANO ? 1 : 1000;
		int64_t ts_ns = header->ts.tv_sec * INT64_C(1000000000) + header->ts.tv_usec * fraction_ns;
		if (ts_ns < local->facts.armed_at_ns)
			continue;
		*ret_packet = (struct packet){ .ts_ns = ts_ns, .captured_length = header->caplen,
					       .original_length = header->len, .data = data };
		return 1;
	}
	return got < 0 ? set_error_of_reading(local, error) : 0;
}

/* The kernel looks after an unfinished block every timeout_ms, and hands over one that it found the time before. */
static int64_t local_latency_ms(const void *state)
{
	const struct local *local = state;

	return 2 * local->timeout_ms + SLACK_MS;
}

/* The counters of pcap_stats are 32 bits wide and wrap. */
static void local_count(void *state, struct target_counts *ret_counts)
{
	struct local *local = state;
	int64_t seen = packets_seen(local->facts.interface);
	struct pcap_stat now;
	bool known = pcap_stats(local->pcap, &now) == 0;

	ret_counts->received_kernel = known ? (int64_t)(uint32_t)(now.ps_recv - local->before.ps_recv) : RECORD_UNSET;
	ret_counts->dropped_kernel = known ? (int64_t)(uint32_t)(now.ps_drop - local->before.ps_drop) +
						     (int64_t)(uint32_t)(now.ps_ifdrop - local->before.ps_ifdrop)
					   : RECORD_UNSET;
	ret_counts->seen_total =
		seen == RECORD_UNSET || local->seen_before == RECORD_UNSET ? RECORD_UNSET : seen - local->seen_before;
}

const struct target_kind local_kind = {
	.name = "local",
	.open = local_open,
	.close = local_close,
	.wait = local_wait,
	.next = local_next,
	.latency_ms = local_latency_ms,
	.count = local_count,
};
