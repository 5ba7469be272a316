/* Questions of start-up and the command line, on one connection that is kept for all of them. */
#include "bus/admin.h"

#include <librdkafka/rdkafka.h>

#include "bus/handle.h"
#include "bus/query.h"
#include "core/clock.h"
#include "core/text.h"

struct admin {
	struct client *client;
	struct handle *handle;
};

struct admin *admin_new(struct client *client, struct error *error)
{
	struct handle *handle = handle_new(client, CLIENT_ADMIN, NULL, 0, NULL, NULL, error);
	if (!handle)
		return NULL;
	struct admin *admin = memory_new(sizeof *admin);
	admin->client = client;
	admin->handle = handle;
	return admin;
}

void admin_free(struct admin *admin)
{
	if (!admin)
		return;
	handle_free(admin->handle);
	free(admin);
}

int admin_wait(struct admin *admin, int64_t deadline_boot_ms, struct error *error)
{
	return query_broker(admin->handle, deadline_boot_ms, error);
}

int admin_cluster_id(struct admin *admin, int64_t deadline_boot_ms, char ret_id[static ADMIN_CLUSTER_SIZE],
		     struct error *error)
{
	if (query_broker(admin->handle, deadline_boot_ms, error) < 0)
		return -1;
	/* It came with the answer just had. */
	char *id = rd_kafka_clusterid(handle_rk(admin->handle), clock_poll_ms(deadline_boot_ms, 1000));
	if (!id)
		return error_set(error, ERROR_AWAY, WORD_kafka_away, "Kafka did not say its cluster id");
	text_copy(ret_id, ADMIN_CLUSTER_SIZE, id);
	rd_kafka_mem_free(handle_rk(admin->handle), id);
	return 0;
}

int admin_partitions(struct admin *admin, const char *topic, int64_t deadline_boot_ms, int32_t *ret_partitions,
		     struct error *error)
{
	char full[CLIENT_TOPIC_SIZE];
	return query_partitions(admin->handle, client_topic(admin->client, topic, full), deadline_boot_ms,
				ret_partitions, error);
}

int admin_watermarks(struct admin *admin, const char *topic, int32_t partition, int64_t deadline_boot_ms,
		     int64_t *ret_low, int64_t *ret_high, struct error *error)
{
	char full[CLIENT_TOPIC_SIZE];
	return query_watermarks(admin->handle, client_topic(admin->client, topic, full), partition, deadline_boot_ms,
				ret_low, ret_high, error);
}

int admin_offset_for_time(struct admin *admin, const char *topic, int32_t partition, int64_t time_ms,
			  int64_t deadline_boot_ms, int64_t *ret_offset, struct error *error)
{
	char full[CLIENT_TOPIC_SIZE];
	return query_offset_for_time(admin->handle, client_topic(admin->client, topic, full), partition, time_ms,
				     deadline_boot_ms, ret_offset, error);
}

struct handle *admin_handle(struct admin *admin)
{
	return admin->handle;
}

struct client *admin_client(struct admin *admin)
{
	return admin->client;
}
