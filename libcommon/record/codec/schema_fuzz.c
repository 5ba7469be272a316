/* A foreign schema's text: read, fingerprinted, bound to each record, and never larger than its limits. */
#include "record/codec/schema.h"

#include <stdlib.h>

#include "record/codec/fingerprint.h"
#include "record/codec/plan.h"
#include "record/codec/testing.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t nodes(const struct schema_node *node, size_t depth)
{
	size_t count = 1;
	if (depth > SCHEMA_DEPTH_MAX)
		abort();
	for (size_t i = 0; node->children && i < node->count; i++)
		count += nodes(&node->children[i], depth + 1);
	return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(schema_freep) struct schema_node *root = schema_parse((const char *)data, size, NULL);
	if (!root)
		return 0;
	if (nodes(root, 1) > SCHEMA_NODES_MAX)
		abort();
	fingerprint_of(root);
	for (size_t i = 0; testing_types[i]; i++)
		plan_free(plan_bind(root, testing_types[i], NULL));
	return 0;
}
