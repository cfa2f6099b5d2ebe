#!/bin/sh
# SPDX-License-Identifier: MIT
# The part of machine_test.sh that runs in the machine: guest_test.sh root|user|systemd|systemd-user [WORD...]
#
# Prints lines of TAP without numbers. Exits with 3, so that the other part can
# see that the status gets through.
#
# shellcheck disable=SC2317 # most functions are called by check()
set -u

check() { # NAME COMMAND...
	checked=$1
	shift
	if "$@"; then
		echo "ok - $checked"
	else
		echo "not ok - $checked"
	fi
}

not() {
	! "$@" 2>/dev/null
}

# group NAME [FILE VALUE]...: a new cgroup in $group.
group() {
	group=$VM_CGROUP/$1
	mkdir "$group" || return
	shift
	while [ $# -ge 2 ]; do
		echo "$2" >"$group/$1" || return
		shift 2
	done
}

in_group() {
	# shellcheck disable=SC2016 # for the new shell, which moves itself
	sh -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' "$group" "$@"
}

# counter FILE KEY: the number in a line "KEY number" of the group.
counter() {
	awk -v key="$2" '$1 == key { print $2 }' "$group/$1"
}

# Hundredths of a second since the start.
now() {
	read -r up _ </proc/uptime
	echo "${up%.*}${up#*.}"
}

controllers() { # DIRECTORY NAME...
	list=" $(cat "$1/cgroup.controllers") "
	shift
	for name; do
		case $list in
		*" $name "*) ;;
		*)
			echo "$name is not among:$list" >&2
			return 1
			;;
		esac
	done
}

memory_max_bites() {
	group memory memory.max 32M memory.swap.max 0
	not in_group dd if=/dev/zero of=/dev/null bs=64M count=1 &&
		[ "$(counter memory.events oom_kill)" = 1 ]
}

swap_helps() {
	group swap memory.max 32M
	in_group dd if=/dev/zero of=/dev/null bs=64M count=1 2>/dev/null &&
		[ "$(counter memory.events oom_kill)" = 0 ]
}

cpu_max_bites() {
	group cpu cpu.max '20000 100000'
	not in_group timeout 1 sh -c 'while :; do :; done'
	[ "$(counter cpu.stat nr_throttled)" -gt 0 ] && [ "$(counter cpu.stat usage_usec)" -lt 700000 ]
}

pids_max_bites() {
	group pids pids.max 2
	not in_group sh -c 'sleep 100 & sleep 100 & sleep 100' && [ "$(counter pids.events max)" -gt 0 ]
	passed=$?
	echo 1 >"$group/cgroup.kill"
	return "$passed"
}

io_max_bites() {
	group io io.max "$(cat "/sys/block/${VM_DISK#/dev/}/dev") wbps=1048576"
	begun=$(now)
	in_group dd if=/dev/zero of="$VM_DISK" bs=512k count=4 oflag=direct 2>/dev/null
	[ $(($(now) - begun)) -gt 100 ]
}

btrfs_on_a_loop() {
	truncate -s 128M /tmp/image
	command -v mkfs.btrfs >/dev/null || { # without its tools: the loop device alone
		losetup --find --show /tmp/image >/dev/null
		return
	}
	mkfs.btrfs -q /tmp/image && mkdir /tmp/mnt && mount -o loop /tmp/image /tmp/mnt && umount /tmp/mnt
}

modules() {
	for module; do
		modprobe "$module" || return
	done
}

words_arrive() {
	[ "$*" = "two words|it's||\$x|" ] && [ "${SB_WORDS-}" = "'a' b" ]
}

pressure() {
	grep -q '^some' "$1" && grep -q '^full' "$1"
}

in_root() {
	check 'runs as root' [ "$(id -u)" = 0 ]
	check 'in a leaf of the cgroup' grep -qx 0::/cmd/leaf /proc/self/cgroup
	check 'every controller is there' controllers "$VM_CGROUP/leaf" \
		cpuset cpu io memory hugetlb pids rdma misc
	check 'no version 1 hierarchy' not grep -q ' cgroup ' /proc/mounts
	check 'memory.max bites' memory_max_bites
	check 'swap helps' swap_helps
	check 'cpu.max bites' cpu_max_bites
	check 'pids.max bites' pids_max_bites
	check 'io.max bites' io_max_bites
	check 'pressure is measured' pressure "$VM_CGROUP/memory.pressure"
	check 'an empty disk' cmp -s -n 1048576 /dev/zero "$VM_DISK" --ignore-initial=4M:4M
	check 'loop devices' btrfs_on_a_loop
	check 'modules' modules overlay btrfs veth bridge nf_tables
	check 'what is written is forgotten' touch "$0.written"
	check 'lo is up' grep -qx 1 /sys/class/net/lo/carrier
}

in_user() {
	check 'runs as an ordinary user' [ "$(id -u)" != 0 ]
	check 'without capabilities' grep -qx 'CapEff:	0000000000000000' /proc/self/status
	check 'owns the cgroup' test -O "$VM_CGROUP"
	check 'limits of the cgroup itself are not its own' not test -w "$VM_CGROUP/memory.max"
	check 'marked as delegated' \
		[ "$(getfattr --only-values -n user.delegate "$VM_CGROUP" 2>/dev/null)" = 1 ]
	check 'may make cgroups and move there' pids_max_bites
	check 'has subordinate ids' unshare --user --map-root-user --map-auto true
	check 'has a runtime directory' test -O "$XDG_RUNTIME_DIR"
}

# A scope as anyone with systemd asks for it: the shell in it makes a cgroup with a limit.
delegated_scope() { # [--user]
	# shellcheck disable=SC2016
	systemd-run "$@" --quiet --scope --property=Delegate=yes sh -eu -c '
		scope=/sys/fs/cgroup$(cut -d : -f 3 /proc/self/cgroup)
		mkdir "$scope/leaf" "$scope/new"
		echo $$ >"$scope/leaf/cgroup.procs"
		echo "+memory +pids" >"$scope/cgroup.subtree_control"
		echo 1M >"$scope/new/memory.max"
		grep -qx 1048576 "$scope/new/memory.max"'
}

mode=$1
shift
check 'words and environment arrive' words_arrive "$(printf '%s|' "$@")"
case $mode in
root) in_root ;;
user) in_user ;;
systemd) check 'systemd gives a delegated scope' delegated_scope ;;
systemd-user)
	check 'runs as an ordinary user' [ "$(id -u)" != 0 ]
	check 'the manager of the user gives a delegated scope' delegated_scope --user
	check 'the bus of the user answers' busctl --user --quiet call org.freedesktop.systemd1 \
		/org/freedesktop/systemd1 org.freedesktop.DBus.Peer Ping
	;;
esac
echo 'for stderr' >&2
exit 3
