#!/bin/sh
# Which of libpcap's ways loses packets, and when? A veth pair in a network namespace of its own, numbered frames at
# full speed, in bursts and at a pace, for each way and buffer. Needs root; touches no interface of the machine.
#   tests/bench/capture_modes.sh [FRAMES]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
frames=${1:-1000000}
if [ -z "${CAPTURE_MODES_INSIDE:-}" ]; then
	build=$(mktemp -d)
	trap 'rm -rf "$build"' EXIT
	# shellcheck disable=SC2046 # pkg-config's words are meant to be split
	cc -O2 -Wall -Wextra -D_GNU_SOURCE -o "$build/capture_modes" "$here/capture_modes.c" \
		$(pkg-config --cflags --libs libpcap) -pthread
	CAPTURE_MODES_INSIDE=$build unshare --net "$0" "$frames"
	exit
fi
ip link add out0 type veth peer name in0
for interface in out0 in0; do
	ip link set "$interface" mtu 9000 up
done
run() {
	"$CAPTURE_MODES_INSIDE/capture_modes" out0 in0 "$@"
}
printf '%-18s %7s %8s %7s %6s %8s %9s %7s %9s %9s %8s %8s %8s %6s\n' mode to_ms buf_KiB snaplen frame frames pps \
	pause missing ps_drop lat_avg lat_max wakes cpu_s
for way in 'immediate-next 100 2048 262144' 'immediate-next 100 8192 262144' 'immediate-next 100 65536 262144' \
	'immediate-next 100 65536 2048' \
	'block-next 100 2048 262144' 'block-next 100 8192 262144' 'block-next 100 16384 262144' \
	'block-next 100 32768 262144' 'block-dispatch 100 16384 262144' 'block-next 10 16384 262144' \
	'block-next 1000 16384 262144'; do
	# shellcheck disable=SC2086 # a way is several words
	{
		run $way 60 500 0 0                        # a short burst into a quiet capture
		run $way 60 "$frames" 0 0                  # small frames, as fast as they go
		run $way 1514 "$((frames / 2))" 0 0        # full frames, as fast as they go
		run $way 1514 "$((frames / 4))" 81274 0    # full frames at 1 Gbit/s
		run $way 1514 "$((frames / 4))" 81274 50   # the same, and the reader is away for 50 ms
		run $way 1514 2000 1000 0                  # quiet: what it costs, how late they come
	}
done
