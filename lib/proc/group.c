/* SPDX-License-Identifier: MIT */
/* A group before its start, and its handle. */
#include <errno.h>
#include <stdlib.h>

#include "common/auto.h"
#include "error.h"
#include "group.h"

sb_group *sb_group_new(void)
{
	sb_group *group = calloc(1, sizeof(*group));

	if (!group)
		return NULL;
	group->leader = -1;
	group->epoll = group->timer = -EBADF;
	for (uint32_t i = 0; i < SBI_LIMITS; i++)
		group->limits[i].value = UINT64_MAX;
	return group;
}

sb_group *sb_group_free(sb_group *group)
{
	if (!group)
		return NULL;
	sbi_group_drop(group);
	for (unsigned i = 0; i < group->count; i++)
		sb_config_free(group->members[i].cfg);
	free(group);
	return NULL;
}

/* What all that describe a group refuse. */
static int check(const sb_group *group, const char *call, unsigned number, sb_error *err)
{
	if (!group)
		return sbi_fail(err, SB_STEP_CONFIG, 0, EINVAL, "%s: no group given", call);
	if (group->started)
		return sbi_fail(err, SB_STEP_CONFIG, 0, EBUSY, "%s: the group has started", call);
	if (number >= SB_GROUP_MAX)
		return sbi_fail(err, SB_STEP_CONFIG, 0, E2BIG, "%s: more than %d", call, SB_GROUP_MAX);
	return 0;
}

int sb_group_add(sb_group *group, const sb_config *cfg, sb_box *box, sb_error *err)
{
	struct sbi_member *member;
	int r;

	r = check(group, __func__, group ? group->count : 0, err);
	if (r < 0)
		return r;
	if (!cfg)
		return sbi_fail(err, SB_STEP_CONFIG, 0, EINVAL, "sb_group_add: no configuration given");
	member = &group->members[group->count];
	*member = (struct sbi_member){ .cfg = sb_config_copy(cfg), .box = box, .waits_for = -1 };
	if (!member->cfg)
		return sbi_fail(err, SB_STEP_CONFIG, 0, ENOMEM, "not enough memory for a member");
	return (int)group->count++;
}

static int is_taken(const sb_group *group, unsigned member, int fd)
{
	for (unsigned i = 0; i < group->wire_count; i++) {
		const struct sbi_wire *wire = &group->wires[i];

		if ((wire->from == member && wire->from_fd == fd) ||
		    (wire->to == member && wire->to_fd == fd))
			return 1;
	}
	return 0;
}

int sb_group_wire(sb_group *group, unsigned from, int from_fd, unsigned to, int to_fd, int transcript_fd,
		  uint64_t limit, sb_error *err)
{
	int r;

	r = check(group, __func__, group ? group->wire_count : 0, err);
	if (r < 0)
		return r;
	if (from >= group->count || to >= group->count)
		return sbi_fail(err, SB_STEP_CONFIG, 0, EINVAL, "sb_group_wire: there is no member %u",
				from >= group->count ? from : to);
	if (from_fd < 0 || from_fd > SBI_MAX_FD || to_fd < 0 || to_fd > SBI_MAX_FD || transcript_fd < -1)
		return sbi_fail(err, SB_STEP_CONFIG, 0, EINVAL,
				"sb_group_wire: descriptors %d and %d must be between 0 and %d", from_fd,
				to_fd, SBI_MAX_FD);
	if (is_taken(group, from, from_fd) || is_taken(group, to, to_fd) || (from == to && from_fd == to_fd))
		return sbi_fail(err, SB_STEP_CONFIG, 0, EEXIST,
				"sb_group_wire: descriptor %d of member %u has a wire",
				is_taken(group, from, from_fd) ? from_fd : to_fd,
				is_taken(group, from, from_fd) ? from : to);
	group->wires[group->wire_count] = (struct sbi_wire){ from, to, from_fd, to_fd, transcript_fd, limit };
	return (int)group->wire_count++;
}

int sb_group_set_limit(sb_group *group, uint32_t limit, uint64_t value, uint64_t grace)
{
	if (!group || (limit != SB_LIMIT_CPU && limit != SB_LIMIT_WALL) || !value)
		return -EINVAL;
	if (group->started)
		return -EBUSY;
	if (value != UINT64_MAX && grace >= UINT64_MAX - value)
		return -EINVAL;
	group->limits[limit].value = value;
	group->limits[limit].grace = value == UINT64_MAX ? 0 : grace;
	return 0;
}

int sb_group_set_leader(sb_group *group, unsigned member)
{
	if (!group || member >= group->count)
		return -EINVAL;
	if (group->started)
		return -EBUSY;
	group->leader = (int)member;
	return 0;
}

sb_proc *sb_group_proc(sb_group *group, unsigned member)
{
	return group && member < group->count ? group->members[member].proc : NULL;
}

const struct sbi_pump *sbi_group_pump(const sb_group *group, const struct sbi_wire *wire)
{
	const sb_proc *proc = group->members[wire->from].proc;

	return proc ? sbi_streams_find(proc, wire->from_fd) : NULL;
}

int sb_group_member(sb_group *group, unsigned number, sb_member *info)
{
	sb_member full = { .size = sizeof(full) };

	if (!group || number >= group->count || !info || !sbi_size_valid(info, sizeof(uint32_t)))
		return -EINVAL;
	full.order = group->members[number].order;
	full.waits = group->members[number].waits;
	full.waits_for = group->members[number].waits_for;
	for (unsigned i = 0; i < group->wire_count; i++) {
		const struct sbi_pump *pump = sbi_group_pump(group, &group->wires[i]);

		if (pump && group->wires[i].to == number)
			full.bytes_in += pump->sink[0].done;
		if (pump && group->wires[i].from == number)
			full.bytes_out += pump->bytes;
	}
	sbi_copy_out(info, &full, sizeof(full));
	return 0;
}

int sb_group_kill(sb_group *group)
{
	if (!group || !group->started)
		return -EINVAL;
	sbi_group_end(group, SB_KILLED);
	return 0;
}
