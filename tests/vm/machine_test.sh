#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Is the machine what README.md promises? In TAP: machine_test.sh RUN [OPTION OF RUN...]
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd -P)
run=("$@")
number=0
failed=0
work=$(mktemp -d "${TMPDIR:-/tmp}/sandbox-vm-test.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP
mkdir "$work/tmp"
export TMPDIR=$work/tmp # where a run has its files

result() { # ok|not ok, NAME
	((++number))
	echo "$1 $number - $2"
	[[ $1 = ok ]] || ((++failed))
}

check() { # NAME COMMAND...
	local name=$1
	shift
	if "$@"; then
		result ok "$name"
	else
		result 'not ok' "$name"
		sed 's/^/# /' "$work/stderr" >&2
	fi
}

# try OPTION... -- COMMAND...: $status, and its output in files.
try() {
	status=0
	"${run[@]}" --timeout 120 "$@" >"$work/stdout" 2>"$work/stderr" || status=$?
}

is() {
	[[ $1 = "$2" ]] || {
		echo "# \"$1\", expected \"$2\"" >&2
		return 1
	}
}

# The other script's part: one boot, its lines with numbers, and how it ended.
inside() { # MODE OPTION...
	local mode=$1 verdict name
	shift
	SB_WORDS="'a' b" try "$@" -- "$here/guest_test.sh" "$mode" 'two words' "it's" '' "\$x"
	while IFS= read -r line; do
		verdict=${line%% - *}
		name=${line#* - }
		result "$verdict" "$mode: $name"
		[[ $verdict = ok ]] || sed 's/^/# /' "$work/stderr" >&2
	done <"$work/stdout"
	check "$mode: the exit status arrives" is "$status" 3
	check "$mode: stderr comes apart" grep -qx 'for stderr' "$work/stderr"
}

# Nothing of a run is there any more: no file, no process that names one.
nothing_left() {
	is "$(ls -A "$TMPDIR")" '' && ! pgrep -f "$TMPDIR" >/dev/null
}

# The wrapper is told to end while the command runs: the pipe ends when all that wrote to it is gone.
ended_by() { # SIGNAL
	local pid line
	mkfifo "$work/pipe.$1"
	"${run[@]}" -- sh -c 'echo here; sleep 1000' >"$work/pipe.$1" 2>"$work/stderr" &
	pid=$!
	exec {pipe}<"$work/pipe.$1"
	read -r line <&"$pipe"
	kill -s "$1" "$pid"
	wait "$pid"
	status=$?
	cat <&"$pipe" >/dev/null
	exec {pipe}<&-
	[[ $line = here ]]
}

# program NAME LINE...: a test program, for the suite runner.
program() {
	printf '%s\n' '#!/bin/sh' "${@:2}" >"$work/$1"
	chmod +x "$work/$1"
}

# What the suite runner makes of good and bad programs; it needs no machine.
suite_adds_up() {
	local want
	program good 'echo 1..2' 'echo "ok 1 - one"' 'echo "ok 2 - two # SKIP why"'
	program bad 'echo 1..1' 'echo "not ok 1 - three"' 'exit 1'
	program crash 'echo 1..2' 'echo "ok 1 - four"' 'kill -SEGV $$'
	program hang 'echo 1..1' 'exec sleep 1000'
	program mute 'exit 0'
	want='ok 1 - good: one
ok 2 - good: two # SKIP why
not ok 3 - bad: three
ok 4 - crash: four
not ok 5 - crash: 1 of 2 tests ran (exit status 139)
not ok 6 - hang: 0 of 1 tests ran (was killed, or not ready after 1 seconds)
not ok 7 - mute: no plan (0)
1..7'
	! "$here/suite" good 9 "$work/good" bad 9 "$work/bad" crash 9 "$work/crash" hang 1 "$work/hang" \
		mute 9 "$work/mute" >"$work/stdout" 2>"$work/stderr" &&
		is "$(<"$work/stdout")" "$want" && "$here/suite" good 9 "$work/good" >/dev/null 2>&1
}

# What is not there at all is a skip of everything.
if ! "${run[@]}" --tap -- echo there >"$work/stdout" || grep -q '^1\.\.0' "$work/stdout"; then
	cat "$work/stdout"
	exit
fi

check 'the suite runner adds up' suite_adds_up
inside root
check 'root: nothing was written here' test ! -e "$here/guest_test.sh.written"
inside user --user
inside systemd --systemd
inside systemd-user --systemd --user

try -- sh -c 'kill -KILL $$'
check 'a signal is 128 more' is "$status" 137
for seconds in 8 60; do # the first is not enough for a boot when much else is going on
	try --timeout "$seconds" -- sh -c 'echo before; sleep 1000'
	[[ ! -s $work/stdout ]] || break
done
check 'a timeout is 124' is "$status" 124
check 'what came before it is there' is "$(<"$work/stdout")" before
try --log "$work/console" -- sh -c 'echo c >/proc/sysrq-trigger'
check 'a machine that panics is 125' is "$status" 125
check 'and was tried twice' grep -q 'once more' "$work/stderr"
check 'and its console was kept' grep -q 'Kernel panic' "$work/console"
check 'a request to end is obeyed' ended_by TERM
check 'with the usual status' is "$status" 143
check 'nothing is left of any' nothing_left
echo "1..$number"
((failed == 0))
