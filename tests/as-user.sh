#!/bin/sh
# SPDX-License-Identifier: MIT
# Run a test as an ordinary user: as-user.sh PROGRAM [ARGS...]
#
# Root drops to the user `sbtest` where there is one (it may have subordinate
# ids), else to uid and gid 1000: no groups, no capabilities, and an own HOME,
# TMPDIR and XDG_RUNTIME_DIR that are removed afterwards. Anyone else simply
# runs the program. The exit status is the program's; 77 also stands for
# "skipped: cannot become an ordinary user here".
set -eu

if [ "$(id -u)" -ne 0 ]; then
	exec "$@"
fi

if ! command -v setpriv >/dev/null; then
	echo "skipped: no setpriv(1) to become an ordinary user with" >&2
	exit 77
fi

uid=1000
gid=1000
if id -u sbtest >/dev/null 2>&1; then
	uid=$(id -u sbtest)
	gid=$(id -g sbtest)
fi
name=$(id -nu "$uid" 2>/dev/null || echo "$uid")

# Takes the place of the subshell it is called in.
as_user() {
	exec setpriv --reuid "$uid" --regid "$gid" --clear-groups --inh-caps=-all -- "$@"
}

if ! (as_user test -r "$0"); then
	echo "skipped: user $name may not enter $(cd "$(dirname "$0")" && pwd) (\`make check\` makes a copy)" >&2
	exit 77
fi

dir=$(mktemp -d "${TMPDIR:-/tmp}/sandbox-user.XXXXXX")
child=
trap 'rm -rf "$dir"' EXIT
# The runner's timeout reaches this shell only: pass it on, then clean up.
trap '[ -z "$child" ] || kill -TERM "$child" 2>/dev/null || :' TERM INT HUP
mkdir -m 700 "$dir/home" "$dir/tmp" "$dir/run"
chown -R "$uid:$gid" "$dir"
chmod 755 "$dir"

# On most machines everybody may open /dev/net/tun. Where it is root's alone, a test with SB_TUN sees one
# that is not, in a mount namespace of its own. Takes the place of the subshell it is called in, too.
with_tun() {
	# shellcheck disable=SC2016 # for the shell in there
	exec unshare --mount sh -c 'mount --bind "$0" /dev/net/tun && exec "$@"' "$dir/tun" \
		setpriv --reuid "$uid" --regid "$gid" --clear-groups --inh-caps=-all -- "$@"
}
run=as_user
if [ -n "${SB_TUN-}" ] && [ -c /dev/net/tun ] && ! (as_user test -w /dev/net/tun) &&
	mknod -m 666 "$dir/tun" c 10 200 2>/dev/null && (with_tun true 2>/dev/null); then
	run=with_tun
fi

status=0
exec 9<&0 # a background job would read /dev/null
export HOME="$dir/home" TMPDIR="$dir/tmp" XDG_RUNTIME_DIR="$dir/run" USER="$name" LOGNAME="$name"
$run "$@" <&9 9<&- &
child=$!
wait "$child" || status=$?
# A trapped signal ends wait(1) early; the program is still there.
while kill -0 "$child" 2>/dev/null; do
	status=0
	wait "$child" || status=$?
done
exit "$status"
