#!/bin/sh
# SPDX-License-Identifier: MIT
# `make demo`: compiles and runs a C program in a fresh sandbox, then shows how the sandbox was made.
#
# usage: demo.sh SBX    SBX is the built command line
set -eu

sbx=${1:?usage: demo.sh SBX}
here=$(dirname "$0")
trace=$(mktemp)
trap 'rm -f "$trace"' EXIT
trap 'exit 130' HUP INT PIPE TERM

bold='' dim='' plain=''
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
	bold=$(printf '\033[1m') dim=$(printf '\033[2m') plain=$(printf '\033[0m')
	# The trace goes through a file, and is looked at here.
	export CLICOLOR_FORCE=1
fi

title() {
	printf '\n%s%s%s\n' "$bold" "$1" "$plain"
}

title "1. Out here"
printf '  process     %s\n' "$$"
printf '  host name   %s\n' "$(uname -n)"
printf '  user        %s:%s\n' "$(id -u)" "$(id -g)"
printf '  network     %s\n' "$(awk 'NR > 2 { sub(":.*", ""); printf "%s ", $1 }' /proc/net/dev)"
printf '  mounts      %s\n' "$(wc -l </proc/self/mountinfo)"
printf '  up since    %s days\n' "$(awk '{ print int($1 / 86400) }' /proc/uptime)"

title "2. The same machine, from inside a sandbox"
cat <<END
$dim  $(basename "$sbx") run --file /src/inside.c=inside.c --boottime 300000000 -- \\
      sh -c 'cc -o /tmp/inside /src/inside.c && exec /tmp/inside'$plain

END
"$sbx" run --trace="$trace" --file /src/inside.c="$here/demo/inside.c" --boottime 300000000 -- \
	sh -c 'cc -o /tmp/inside /src/inside.c && exec /tmp/inside'

title "3. How that sandbox was made, step by step"
sed 's/^/  /' "$trace"

cat <<END

${dim}The compiler and the program ran with the host's /usr, read-only, and left nothing behind.
More: $(basename "$sbx") run --explain true; $(basename "$sbx") run -it sh; $(basename "$sbx") run --help$plain
END
