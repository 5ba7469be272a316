/* May this be asked? The questions in the order in which a person would want the answer, and the one that takes time
 * last: is there such a target, is it open, can it do that, is it within limits, can the filter be read. */
#include "admission/admit.h"

#include <stdlib.h>

#include "admission/filter.h"
#include "admission/option.h"
#include "core/memory.h"
#include "core/text.h"

static int refuse_target(const struct targets *targets, const char *name, struct error *error)
{
	size_t count = targets_count(targets);
	const char *near = targets_nearest(targets, name);
	if (targets_is_group(targets, name))
		return error_set(error, ERROR_INPUT, WORD_target_unknown,
				 "`%s` is a group; a request names one target", name);
	if (count == 0)
		return error_set(error, ERROR_INPUT, WORD_target_unknown,
				 "`%s` is not a target I know: no capture worker has published any yet", name);
	if (near)
		return error_set(error, ERROR_INPUT, WORD_target_unknown,
				 "`%s` is not a target I know. Did you mean `%s`? `targets` lists all %zu", name,
				 near, count);
	return error_set(error, ERROR_INPUT, WORD_target_unknown,
			 "`%s` is not a target I know. `targets` lists all %zu", name, count);
}

static int judge_ports(const struct target *target, const struct record_ports *ports, struct error *error)
{
	for (size_t i = 0; i < ports->count; i++)
		if (!option_is_port(ports->items[i]))
			return error_set(error, ERROR_INPUT, WORD_argument_invalid,
					 "`%s` cannot be a port; ports look like 0/1,0/49:1,po10", ports->items[i]);
	if (ports->count && !text_equal(target->kind, "slx"))
		return error_set(error, ERROR_INPUT, WORD_argument_invalid,
				 "%s is no switch (kind %s): it has no ports to choose, leave `ports` out",
				 target->target, target->kind);
	return 0;
}

static int admit_capture(const struct target *target, const struct limits *limits, struct request *request,
			 struct error *error)
{
	if (target->disabled[0])
		return error_set(error, ERROR_INPUT, WORD_target_disabled, "%s is closed for captures: \"%s\" "
				 "(inventory, disabled)", target->target, target->disabled);
	if (!request->has_filter)
		return error_set(error, ERROR_INPUT, WORD_argument_invalid,
				 "the request has no filter; an empty one, \"\", is every packet");
	struct request judged = *request;
	if (judge_ports(target, &judged.ports, error) < 0 || limits_apply(limits, &judged, error) < 0 ||
	    filter_check(judged.filter, target->link_type, error) < 0)
		return -1;
	if (judged.direction == DIRECTION_UNSET)
		judged.direction = DIRECTION_BOTH;
	*request = judged;
	return 0;
}

int admit_request(const struct targets *targets, const struct limits *limits, struct request *request,
		  struct error *error)
{
	const struct target *target = targets_find(targets, request->target);
	if (!target)
		return refuse_target(targets, request->target, error);
	switch (request->ask) {
	case ASK_CAPTURE:
		return admit_capture(target, limits, request, error);
	case ASK_STOP:
	case ASK_CANCEL:
		if (!request->capture_id[0])
			return error_set(error, ERROR_INPUT, WORD_argument_invalid,
					 "the request does not say which capture to %s: capture_id is missing",
					 names_ask[request->ask]);
		return 0;
	case ASK_CHECK:
	case ASK_COUNT:
		return 0;
	}
	return 0;
}

struct list {
	size_t count;
	struct command_target *items;
};

static int add_ports(struct record_ports *to, const struct record_ports *from, const char *name, struct error *error)
{
	for (size_t i = 0; i < from->count; i++) {
		bool known = false;
		for (size_t k = 0; k < to->count; k++)
			known = known || text_equal(to->items[k], from->items[i]);
		if (known)
			continue;
		if (to->count == RECORD_PORTS_MAX)
			return error_set(error, ERROR_INPUT, WORD_argument_invalid, "more than %d ports on %s",
					 RECORD_PORTS_MAX, name);
		TEXT_COPY(to->items[to->count], from->items[i]);
		to->count++;
	}
	return 0;
}

/* Each target once, with all ports that were named for it. */
static int add_target(struct list *list, const char *name, const struct record_ports *ports, int64_t targets_max,
		      struct error *error)
{
	size_t i = 0;
	while (i < list->count && !text_equal(list->items[i].name, name))
		i++;
	if (i == list->count) {
		if ((int64_t)list->count >= targets_max)
			return error_set(error, ERROR_INPUT, WORD_limit_exceeded,
					 "these are more targets than the limit of %lld for one command",
					 (long long)targets_max);
		list->items = memory_resize(list->items, list->count + 1, sizeof(*list->items));
		list->items[i] = (struct command_target){ 0 };
		TEXT_COPY(list->items[i].name, name);
		list->count++;
	}
	return add_ports(&list->items[i].ports, ports, name, error);
}

static int add_asked(struct list *list, const struct targets *targets, const struct command_target *asked,
		     int64_t targets_max, struct error *error)
{
	if (targets_find(targets, asked->name))
		return add_target(list, asked->name, &asked->ports, targets_max, error);
	if (!targets_is_group(targets, asked->name))
		return refuse_target(targets, asked->name, error);
	const struct target *member;
	for (size_t i = 0; (member = targets_member(targets, asked->name, i)); i++)
		if (add_target(list, member->target, &asked->ports, targets_max, error) < 0)
			return -1;
	return 0;
}

int admit_targets(const struct targets *targets, const struct limits *limits, const struct command *command,
		  struct command_target **ret_list, size_t *ret_count, struct error *error)
{
	struct list list = { 0 };
	for (size_t i = 0; i < command->targets_count; i++)
		if (add_asked(&list, targets, &command->targets[i], limits->targets_max, error) < 0) {
			free(list.items);
			return -1;
		}
	if (!list.count)
		return error_set(error, ERROR_INPUT, WORD_argument_invalid,
				 "no target was named, such as `on slx1,slx2`");
	*ret_list = list.items;
	*ret_count = list.count;
	return 0;
}
