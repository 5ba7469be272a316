/* The status port. libwebsockets speaks HTTP; the listening socket is ours, because then a port in use is a sentence
 * and not a line in libwebsockets' log: the socket is handed to its loop as a plain file, and each connection that is
 * accepted from it as a socket. */
#include "status/status.h"

#include <errno.h>
#include <libwebsockets.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/log.h"
#include "core/metrics.h"
#include "core/text.h"

enum {
	CONNECTIONS_MAX = 16,
	OWN_FDS = 1, /* the listening socket */
	HEADERS_SIZE = 4096,
	SECONDS = 5,
	ANSWER_HEADERS_SIZE = 512,
	BACKLOG = 16,
};

struct status {
	struct health *health;
	struct lws_context *context;
	struct lws_vhost *vhost;
	int listen_fd; /* libwebsockets' once it is adopted: -1 */
	uint16_t port;
	pthread_t thread;
	_Atomic bool stops;
};

static void on_log(int level, const char *line)
{
	(void)level;
	log_debug(NULL, "libwebsockets: %.*s", (int)strcspn(line, "\n"), line);
}

/* Code 0: there is no such page. */
static unsigned fill_page(struct status *status, const char *path, FILE *to)
{
	char text[HEALTH_TEXT_SIZE];
	bool ok = true;
	if (text_equal(path, "/metrics")) {
		metrics_write(to);
		return HTTP_STATUS_OK;
	}
	if (text_equal(path, "/healthz"))
		ok = health_is_alive(status->health, text);
	else if (text_equal(path, "/readyz"))
		ok = health_is_ready(status->health, text);
	else
		return 0;
	fputs(text, to);
	return ok ? HTTP_STATUS_OK : HTTP_STATUS_SERVICE_UNAVAILABLE;
}

static int send_answer(struct lws *wsi, unsigned code, const char *body, size_t size, bool with_body)
{
	CLEANUP_FREE uint8_t *buffer = memory_new(LWS_PRE + ANSWER_HEADERS_SIZE + size);
	uint8_t *start = buffer + LWS_PRE, *at = start, *end = start + ANSWER_HEADERS_SIZE;
	static const char type[] = "text/plain; version=0.0.4; charset=utf-8"; /* as Prometheus wants it */
	static const uint8_t closing[] = "close";
	if (lws_add_http_header_status(wsi, code, &at, end) ||
	    lws_add_http_header_by_token(wsi, WSI_TOKEN_HTTP_CONTENT_TYPE, (const uint8_t *)type, sizeof type - 1,
					 &at, end) ||
	    lws_add_http_header_by_token(wsi, WSI_TOKEN_CONNECTION, closing, sizeof closing - 1, &at, end) ||
	    (code == HTTP_STATUS_METHOD_NOT_ALLOWED &&
	     lws_add_http_header_by_token(wsi, WSI_TOKEN_HTTP_ALLOW, (const uint8_t *)"GET, HEAD", 9, &at, end)) ||
	    lws_add_http_header_content_length(wsi, size, &at, end) || lws_finalize_http_header(wsi, &at, end))
		return -1;
	if (with_body) {
		memcpy(at, body, size);
		at += size;
	}
	lws_write(wsi, start, (size_t)(at - start), LWS_WRITE_HTTP_FINAL);
	return -1; /* close: what does not fit into the socket yet is sent first */
}

static int answer(struct status *status, struct lws *wsi, const char *path)
{
	bool is_head = lws_hdr_total_length(wsi, WSI_TOKEN_HEAD_URI) > 0;
	char *body = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&body, &size);
	if (!file)
		abort();
	unsigned code;
	if (!is_head && lws_hdr_total_length(wsi, WSI_TOKEN_GET_URI) <= 0) {
		code = HTTP_STATUS_METHOD_NOT_ALLOWED;
		fputs("GET and HEAD only\n", file);
	} else if ((code = fill_page(status, path, file)) == 0) {
		code = HTTP_STATUS_NOT_FOUND;
		fputs("here are /metrics, /healthz and /readyz\n", file);
	}
	fclose(file);
	int result = send_answer(wsi, code, body, size, !is_head);
	free(body);
	return result;
}

static int on_http(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t size)
{
	if (reason == LWS_CALLBACK_HTTP)
		return answer(lws_context_user(lws_get_context(wsi)), wsi, in);
	if (reason == LWS_CALLBACK_HTTP_CONFIRM_UPGRADE)
		return -1; /* a WebSocket has no deadline: a few of them would shut the probes out */
	return lws_callback_http_dummy(wsi, reason, user, in, size);
}

/* Above the limit of file descriptors libwebsockets closes the connection at once. */
static int on_listen(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t size)
{
	(void)user;
	(void)in;
	(void)size;
	struct status *status = lws_context_user(lws_get_context(wsi));
	if (reason != LWS_CALLBACK_RAW_RX_FILE)
		return 0;
	int fd = accept4(lws_get_socket_fd(wsi), NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd >= 0)
		lws_adopt_socket_vhost(status->vhost, fd);
	return 0;
}

static const struct lws_protocols protocols[] = {
	{ .name = "http", .callback = on_http },
	{ .name = "listen", .callback = on_listen },
	{ .name = NULL },
};

/* "HOST:PORT", "[HOST]:PORT", ":PORT"; the port is digits. */
static int split(const char *listen, char *host, size_t host_size, char *port, size_t port_size)
{
	const char *colon = strrchr(listen, ':');
	int64_t number;
	if (!colon || text_to_integer(colon + 1, 0, UINT16_MAX, &number) < 0)
		return -1;
	const char *begin = listen, *end = colon;
	if (*begin == '[') {
		begin++;
		end--;
		if (end < begin || *end != ']')
			return -1;
	} else if (memchr(begin, ':', (size_t)(end - begin))) {
		return -1; /* an IPv6 address without brackets */
	}
	bool fits = text_copy_bytes(host, host_size, begin, (size_t)(end - begin)) &&
		    text_copy(port, port_size, colon + 1);
	return fits ? 0 : -1;
}

static int listen_at(const struct addrinfo *at)
{
	int fd = socket(at->ai_family, at->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, at->ai_protocol);
	if (fd < 0)
		return -1;
	int on = 1, off = 0;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (at->ai_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
	if (bind(fd, at->ai_addr, at->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	int errno_before = errno;
	close(fd);
	errno = errno_before;
	return -1;
}

static uint16_t port_of(int fd)
{
	struct sockaddr_storage address;
	socklen_t size = sizeof address;
	if (getsockname(fd, (struct sockaddr *)&address, &size) < 0)
		return 0;
	return ntohs(address.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&address)->sin6_port :
						     ((struct sockaddr_in *)&address)->sin_port);
}

static int open_port(struct status *status, const char *listen, struct error *error)
{
	char host[256], port[8];
	if (split(listen, host, sizeof host, port, sizeof port) < 0)
		return error_set(error, ERROR_BROKEN, WORD_config_invalid,
				 "status_listen = %s is not HOST:PORT, e.g. 127.0.0.1:9472", listen);
	/* No host is every address: an IPv6 socket takes IPv4 too, where there is IPv6 at all. */
	const struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM,
					.ai_flags = AI_PASSIVE | AI_NUMERICSERV };
	struct addrinfo *found;
	int failed = getaddrinfo(host[0] ? host : "::", port, &hints, &found);
	if (failed)
		return error_set(error, ERROR_BROKEN, WORD_config_invalid, "status_listen = %s: %s", listen,
				 gai_strerror(failed));
	status->listen_fd = listen_at(found);
	freeaddrinfo(found);
	if (status->listen_fd < 0 && !host[0] && getaddrinfo("0.0.0.0", port, &hints, &found) == 0) {
		status->listen_fd = listen_at(found);
		freeaddrinfo(found);
	}
	if (status->listen_fd < 0) {
		error_errno(error, WORD_system_failed, errno, "cannot listen on %s (status_listen)", listen);
		if (error)
			error->kind = ERROR_BROKEN;
		return -1;
	}
	status->port = port_of(status->listen_fd);
	return 0;
}

static int open_context(struct status *status, struct error *error)
{
	lws_set_log_level(LLL_ERR | LLL_WARN, on_log);
	const struct lws_context_creation_info info = {
		.port = CONTEXT_PORT_NO_LISTEN_SERVER,
		.options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS,
		.protocols = protocols,
		.user = status,
		.uid = (uid_t)-1,
		.gid = (gid_t)-1,
		.max_http_header_data = HEADERS_SIZE,
		.max_http_header_pool = CONNECTIONS_MAX,
		.fd_limit_per_thread = CONNECTIONS_MAX + OWN_FDS,
		.timeout_secs = SECONDS,
		.keepalive_timeout = SECONDS,
		.timeout_secs_ah_idle = SECONDS, /* while the headers have not all come */
		.vhost_name = "status",
	};
	status->context = lws_create_context(&info);
	if (status->context)
		status->vhost = lws_create_vhost(status->context, &info);
	lws_sock_file_fd_type fd = { .filefd = status->listen_fd };
	if (!status->vhost ||
	    !lws_adopt_descriptor_vhost(status->vhost, LWS_ADOPT_RAW_FILE_DESC, fd, "listen", NULL))
		return error_set(error, ERROR_AWAY, WORD_system_failed, "the status port cannot be served");
	status->listen_fd = -1; /* now the context's */
	return 0;
}

static void *run(void *argument)
{
	struct status *status = argument;
	while (!atomic_load(&status->stops) && lws_service(status->context, 0) >= 0)
		;
	return NULL;
}

static void free_status(struct status *status)
{
	if (status->context)
		lws_context_destroy(status->context);
	if (status->listen_fd >= 0)
		close(status->listen_fd);
	free(status);
}

struct status *status_start(const char *listen, struct health *health, struct error *error)
{
	struct status *status = memory_new(sizeof *status);
	status->health = health;
	status->listen_fd = -1;
	if (open_port(status, listen, error) == 0 && open_context(status, error) == 0) {
		int failed = pthread_create(&status->thread, NULL, run, status);
		if (!failed)
			return status;
		error_errno(error, WORD_system_failed, failed, "the status port's thread cannot be started");
	}
	free_status(status);
	return NULL;
}

void status_stop(struct status *status)
{
	if (!status)
		return;
	atomic_store(&status->stops, true);
	lws_cancel_service(status->context);
	pthread_join(status->thread, NULL);
	free_status(status);
}

uint16_t status_port(const struct status *status)
{
	return status->port;
}
