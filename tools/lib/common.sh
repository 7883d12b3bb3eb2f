# Sourced by tools/run, tools/test and tools/lint: where things are, and how to speak.
# shellcheck shell=bash disable=SC2034  # root is for those who source this

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

# Debian's own tools first, whatever else is on PATH; no packages of the user's home.
export PATH="/usr/bin:/bin:/usr/sbin:/sbin:$PATH" PYTHONNOUSERSITE=1
unset PYTHONPATH PYTHONHOME

# Words for people go to standard error; standard output is for results.
say()
{
    printf '%s\n' "$*" >&2
}

die()
{
    say "${0##*/}: $*"
    exit 70
}

usage()
{
    sed -n '2,/^[^#]/{s/^# \{0,1\}//p}' "$0"
}
