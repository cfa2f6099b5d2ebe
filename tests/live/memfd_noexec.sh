#!/bin/sh
# SPDX-License-Identifier: MIT
# Where memfds may not be executed (vm.memfd_noexec = 2, since 6.3), sb-init comes from libexecdir.
#
# usage: memfd_noexec.sh SBX SB_INIT INSTALLED_PATH. Root only: the setting is that of a new pid namespace,
# and the file is put into a tmpfs of a new mount namespace, so that nothing of the machine is changed.
set -eu
sbx=$1 init=$2 installed=$3

skip() {
	echo "1..0 # SKIP $1"
	exit 0
}
[ "$(id -u)" = 0 ] || skip "needs root"
[ -e /proc/sys/vm/memfd_noexec ] || skip "this kernel has no vm.memfd_noexec (6.3)"

# shellcheck disable=SC2016 # expanded inside the namespaces
exec unshare --fork --pid --mount --mount-proc sh -eu -c '
	sbx=$1 init=$2 installed=$3
	echo 2 2>/dev/null >/proc/sys/vm/memfd_noexec || { echo "1..0 # SKIP the setting may not be changed here"; exit 0; }
	echo "1..2"
	top=/$(echo "$installed" | cut -d/ -f2-3)
	work=$(mktemp -d)
	trap "umount $work; rmdir $work" EXIT
	mount -t tmpfs none "$work"
	cp "$init" "$work/sb-init"
	mkdir -p "$top"
	mount -t tmpfs none "$top"

	if text=$("$sbx" run -- true 2>&1); then
		echo "not ok 1 - without the file it is refused"
	else
		case $text in
		*memfd*"hint: vm.memfd_noexec"*) echo "ok 1 - without the file it is refused, with a hint" ;;
		*) echo "not ok 1 - hint missing: $text" ;;
		esac
	fi
	mkdir -p "$(dirname "$installed")"
	cp "$work/sb-init" "$installed"
	if text=$("$sbx" run -- echo works 2>&1) && [ "$text" = works ]; then
		echo "ok 2 - with the file it works"
	else
		echo "not ok 2 - with the file it works: $text"
	fi
' sh "$sbx" "$init" "$installed"
