#!/bin/sh
# SPDX-License-Identifier: MIT
# Run a test as the root of a user namespace: as-userns-root.sh PROGRAM [ARGS...]
#
# As `unshare -r` gives it to an ordinary user: uid 0 and every capability
# inside, one mapped id, setgroups(2) denied, and no power over the host. The
# exit status is the program's; 77 stands for "no user namespace to be had".
set -eu

if [ -z "${SB_IN_USERNS-}" ]; then
	SB_IN_USERNS=1
	export SB_IN_USERNS
	exec "$(dirname "$0")/as-user.sh" "$0" "$@"
fi

if ! reason=$(unshare --user --map-root-user true 2>&1); then
	echo "skipped: no user namespace for an ordinary user: $reason" >&2
	exit 77
fi
exec unshare --user --map-root-user -- "$@"
