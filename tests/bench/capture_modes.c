/* How many packets does each of libpcap's ways lose? One way and one kind of traffic a run; capture_modes.sh runs
 * them all. A thread sends numbered frames into one end of a veth pair; the reader takes them at the other end as a
 * capture does: poll(2), copy, CRC. The reader may pause, as it does when Kafka is slow.
 *
 * usage: capture_modes OUT IN MODE TIMEOUT_MS BUFFER_KIB SNAPLEN FRAME_BYTES FRAMES RATE_PPS PAUSE_MS
 *   MODE: immediate (TPACKET_V2: a slot of snaplen a packet), block (TPACKET_V3), each with -next (pcap_next_ex)
 *   or -dispatch (pcap_dispatch). RATE_PPS 0: as fast as it goes. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <pcap.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>

enum { BATCH = 64, FRAME_MAX = 9000, SINK = 900000 };

static struct traffic {
	const char *interface;
	int frame_bytes;
	long frames;
	long rate_pps;
	long sent;
} traffic;

static struct reading {
	long taken;
	int64_t latency_max_ns;
	int64_t latency_sum_ns;
	size_t fill;
	uint8_t sink[SINK];
} reading;

static void fail(const char *what)
{
	fprintf(stderr, "capture_modes: %s: %s\n", what, strerror(errno));
	exit(2);
}

static int64_t now_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void *send_frames(void *unused)
{
	int fd = socket(AF_PACKET, SOCK_RAW, 0), one = 1;
	struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_ifindex = (int)if_nametoindex(traffic.interface) };
	static uint8_t frames[BATCH][FRAME_MAX];
	struct iovec pieces[BATCH];
	struct mmsghdr messages[BATCH];
	int64_t start = now_ns(CLOCK_MONOTONIC);

	if (fd < 0 || bind(fd, (struct sockaddr *)&to, sizeof(to)) < 0)
		fail("packet socket");
	setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &one, sizeof(one));
	memset(messages, 0, sizeof(messages));
	for (int i = 0; i < BATCH; i++) {
		memset(frames[i], 0xff, 6);
		frames[i][12] = 0x88; /* an experimental EtherType, so that nobody answers */
		frames[i][13] = 0xb5;
		pieces[i] = (struct iovec){ frames[i], (size_t)traffic.frame_bytes };
		messages[i].msg_hdr.msg_iov = &pieces[i];
		messages[i].msg_hdr.msg_iovlen = 1;
	}
	while (traffic.sent < traffic.frames) {
		long left = traffic.frames - traffic.sent;
		int batch = left < BATCH ? (int)left : BATCH;
		int done;

		if (traffic.rate_pps > 0) {
			int64_t due = start + traffic.sent * 1000000000LL / traffic.rate_pps;
			struct timespec at = { due / 1000000000LL, due % 1000000000LL };

			clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
		}
		for (int i = 0; i < batch; i++) {
			uint32_t number = htonl((uint32_t)(traffic.sent + i));

			memcpy(frames[i] + 14, &number, sizeof(number));
		}
		done = sendmmsg(fd, messages, (unsigned)batch, 0);
		if (done < 0 && errno != ENOBUFS && errno != EAGAIN)
			fail("sendmmsg");
		if (done > 0)
			traffic.sent += done;
	}
	(void)unused;
	return NULL;
}

static void take(u_char *unused, const struct pcap_pkthdr *header, const u_char *data)
{
	int64_t at = header->ts.tv_sec * 1000000000LL + header->ts.tv_usec; /* nanoseconds, asked for */
	int64_t late = now_ns(CLOCK_REALTIME) - at;

	if (reading.fill + header->caplen > SINK)
		reading.fill = 0;
	memcpy(reading.sink + reading.fill, data, header->caplen);
	reading.fill += header->caplen;
	reading.taken++;
	reading.latency_sum_ns += late;
	if (late > reading.latency_max_ns)
		reading.latency_max_ns = late;
	(void)unused;
}

static pcap_t *open_capture(const char *interface, bool immediate, int timeout_ms, int buffer_kib, int snaplen)
{
	char text[PCAP_ERRBUF_SIZE];
	pcap_t *capture = pcap_create(interface, text);

	pcap_set_snaplen(capture, snaplen);
	pcap_set_promisc(capture, 1);
	pcap_set_immediate_mode(capture, immediate);
	pcap_set_timeout(capture, timeout_ms);
	pcap_set_buffer_size(capture, buffer_kib * 1024);
	pcap_set_tstamp_precision(capture, PCAP_TSTAMP_PRECISION_NANO);
	if (pcap_activate(capture) < 0) {
		fprintf(stderr, "capture_modes: %s\n", pcap_geterr(capture));
		exit(2);
	}
	struct bpf_program program;
	pcap_compile(capture, &program, "ether proto 0x88b5", 1, PCAP_NETMASK_UNKNOWN);
	pcap_setfilter(capture, &program);
	pcap_setnonblock(capture, 1, text);
	return capture;
}

int main(int argc, char **argv)
{
	if (argc != 11) {
		fprintf(stderr, "usage: capture_modes OUT IN MODE TIMEOUT_MS BUFFER_KIB SNAPLEN FRAME_BYTES FRAMES"
				" RATE_PPS PAUSE_MS\n");
		return 2;
	}
	bool immediate = strncmp(argv[3], "immediate", 9) == 0;
	bool dispatch = strstr(argv[3], "-dispatch") != NULL;
	int timeout_ms = atoi(argv[4]);
	pcap_t *capture = open_capture(argv[2], immediate, timeout_ms, atoi(argv[5]), atoi(argv[6]));
	struct pollfd ready = { .fd = pcap_get_selectable_fd(capture), .events = POLLIN };
	struct timespec pause = { .tv_nsec = atol(argv[10]) * 1000000L };
	struct pcap_stat stat;
	struct rusage used;
	pthread_t sender;
	bool ended = false, paused = pause.tv_nsec == 0;
	long wakes = 0;
	int64_t start;

	traffic = (struct traffic){ argv[1], atoi(argv[7]), atol(argv[8]), atol(argv[9]), 0 };
	start = now_ns(CLOCK_MONOTONIC);
	pthread_create(&sender, NULL, send_frames, NULL);
	/* The end: the sender is done and nothing came for 1 s. */
	while (poll(&ready, 1, 1000) > 0 || !ended) {
		struct pcap_pkthdr *header;
		const u_char *data;

		wakes++;
		if (dispatch)
			while (pcap_dispatch(capture, -1, take, NULL) > 0)
				;
		else
			while (pcap_next_ex(capture, &header, &data) == 1)
				take(NULL, header, data);
		if (!paused && reading.taken > 0) {
			nanosleep(&pause, NULL);
			paused = true;
		}
		ended = ended || pthread_tryjoin_np(sender, NULL) == 0;
	}
	double seconds = (double)(now_ns(CLOCK_MONOTONIC) - start) / 1e9 - 1.0;
	getrusage(RUSAGE_THREAD, &used);
	pcap_stats(capture, &stat);
	printf("%-18s %7d %8s %7s %6d %8ld %9.0f %7s %9ld %9u %8.2f %8.1f %8ld %6.2f\n", argv[3], timeout_ms, argv[5],
	       argv[6], traffic.frame_bytes, traffic.sent, (double)traffic.sent / seconds, argv[10],
	       traffic.sent - reading.taken, stat.ps_drop,
	       reading.taken ? (double)reading.latency_sum_ns / (double)reading.taken / 1e6 : 0.0,
	       (double)reading.latency_max_ns / 1e6, wakes,
	       (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
		       (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6);
	pcap_close(capture);
	return 0;
}
