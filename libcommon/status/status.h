/* The status port: GET and HEAD of /metrics (Prometheus' text), /healthz and /readyz, by libwebsockets in a thread of
 * its own.
 *
 * It is for a cluster's probes, so it is small and suspicious: 16 connections, 4 KiB of headers, 5 s for a request,
 * one request a connection; everything else is 400, 404 or 405. */
#ifndef STATUS_STATUS_H
#define STATUS_STATUS_H

#include <stdint.h>

#include "core/error.h"
#include "core/memory.h"
#include "status/health.h"

struct status;

/* Listens on `listen`: "127.0.0.1:9472", "[::1]:9472", ":9472" (every address), "NAME:9472"; port 0 is a free one.
 * `health` must outlive it. After signals_open. BROKEN config_invalid: not of that form; BROKEN system_failed: the
 * port is taken and the like. */
struct status *status_start(const char *listen, struct health *health, struct error *error);

/* Closes the connections and ends the thread. NULL does nothing. */
void status_stop(struct status *status);
MEMORY_DEFINE_FREEP(struct status, status_stop)

/* The port that it listens on. */
uint16_t status_port(const struct status *status);

#endif
