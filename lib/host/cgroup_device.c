/* SPDX-License-Identifier: MIT */
/*
 * BPF_PROG_TYPE_CGROUP_DEVICE (4.15). The program gets struct bpf_cgroup_dev_ctx:
 * access_type (access << 16 | type), major, minor; 1 allows. Rules are tried
 * one after another, and what none of them allows is refused.
 */
#include "cgroup_device.h"

#include <errno.h>
#include <linux/bpf.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/auto.h"
#include "error.h"

#define PER_RULE 9
#define AROUND 8

enum { TYPE = BPF_REG_2, ACCESS = BPF_REG_3, MAJOR = BPF_REG_4, MINOR = BPF_REG_5, WANTED = BPF_REG_0 };

struct program {
	struct bpf_insn *code;
	size_t count;
};

static void add(struct program *p, uint8_t code, unsigned to, unsigned from, int16_t offset, int32_t value)
{
	struct bpf_insn insn = { .code = code, .off = offset, .imm = value };

	insn.dst_reg = to & 0xf;
	insn.src_reg = from & 0xf;
	p->code[p->count++] = insn;
}

static void load(struct program *p, unsigned to, int16_t offset)
{
	add(p, BPF_LDX | BPF_MEM | BPF_W, to, BPF_REG_1, offset, 0);
}

static void leave(struct program *p, int32_t answer)
{
	add(p, BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, answer);
	add(p, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

/* Each comparison that fails jumps over the rest of the rule; the distances are put in at its end. */
static void add_rule(struct program *p, const struct sbi_device *d)
{
	size_t jumps[4], n = 0;

	if (d->kind != 'a') {
		jumps[n++] = p->count;
		add(p, BPF_JMP | BPF_JNE | BPF_K, TYPE, 0, 0,
		    d->kind == 'c' ? BPF_DEVCG_DEV_CHAR : BPF_DEVCG_DEV_BLOCK);
	}
	if (d->major != UINT32_MAX) {
		jumps[n++] = p->count;
		add(p, BPF_JMP | BPF_JNE | BPF_K, MAJOR, 0, 0, (int32_t)d->major);
	}
	if (d->minor != UINT32_MAX) {
		jumps[n++] = p->count;
		add(p, BPF_JMP | BPF_JNE | BPF_K, MINOR, 0, 0, (int32_t)d->minor);
	}
	add(p, BPF_ALU64 | BPF_MOV | BPF_X, WANTED, ACCESS, 0, 0);
	add(p, BPF_ALU64 | BPF_AND | BPF_K, WANTED, 0, 0, (int32_t)~d->access);
	jumps[n++] = p->count;
	add(p, BPF_JMP | BPF_JNE | BPF_K, WANTED, 0, 0, 0);
	leave(p, 1);
	for (size_t i = 0; i < n; i++)
		p->code[jumps[i]].off = (int16_t)(p->count - jumps[i] - 1);
}

static void compile(struct program *p, const struct sbi_device *devices, uint32_t count)
{
	load(p, TYPE, offsetof(struct bpf_cgroup_dev_ctx, access_type));
	add(p, BPF_ALU64 | BPF_MOV | BPF_X, ACCESS, TYPE, 0, 0);
	add(p, BPF_ALU64 | BPF_AND | BPF_K, TYPE, 0, 0, 0xffff);
	add(p, BPF_ALU64 | BPF_RSH | BPF_K, ACCESS, 0, 0, 16);
	load(p, MAJOR, offsetof(struct bpf_cgroup_dev_ctx, major));
	load(p, MINOR, offsetof(struct bpf_cgroup_dev_ctx, minor));
	for (uint32_t i = 0; i < count; i++)
		add_rule(p, &devices[i]);
	leave(p, 0);
}

static int bpf(int command, union bpf_attr *attr)
{
	long r = syscall(SYS_bpf, command, attr, sizeof(*attr));

	return r < 0 ? -errno : (int)r;
}

int sbi_device_filter(int dir, const struct sbi_device *devices, uint32_t count, sb_error *err)
{
	sbi_autofree struct bpf_insn *code = calloc((size_t)count * PER_RULE + AROUND, sizeof(*code));
	struct program p = { code, 0 };
	sbi_autoclose int fd = -EBADF;
	union bpf_attr attr;
	int r;

	if (!code)
		return sbi_fail(err, SB_STEP_DEVICES, 0, ENOMEM, "not enough memory for the device filter");
	compile(&p, devices, count);
	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
	attr.insns = (uint64_t)(uintptr_t)code;
	attr.insn_cnt = (uint32_t)p.count;
	attr.license = (uint64_t)(uintptr_t)"MIT"; /* no helper that would ask for another one is called */
	strcpy(attr.prog_name, "sb_devices");
	fd = bpf(BPF_PROG_LOAD, &attr);
	r = fd < 0 ? fd : 0;
	if (r == 0) {
		memset(&attr, 0, sizeof(attr));
		attr.target_fd = (uint32_t)dir;
		attr.attach_bpf_fd = (uint32_t)fd;
		attr.attach_type = BPF_CGROUP_DEVICE;
		attr.attach_flags = BPF_F_ALLOW_MULTI; /* those of the cgroups above go on to count */
		r = bpf(BPF_PROG_ATTACH, &attr);
	}
	if (r == 0)
		return 0;
	sbi_fail(err, SB_STEP_DEVICES, 0, -r, "%s the device filter: %s", fd < 0 ? "loading" : "attaching",
		 strerror(-r));
	if (r == -EPERM)
		sbi_hint(err,
			 "it needs CAP_SYS_ADMIN, or CAP_BPF and CAP_NET_ADMIN, in the initial user namespace; without "
			 "device nodes in the sandbox there is nothing to filter");
	else if (r == -EINVAL || r == -ENOSYS)
		sbi_hint(err, "the kernel needs CONFIG_BPF_SYSCALL and CONFIG_CGROUP_BPF");
	return r;
}
