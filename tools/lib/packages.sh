# Sourced: installs the Debian packages that tools/lib/packages.txt lists.
# shellcheck shell=bash disable=SC2154  # root: common.sh

# The packages of the given groups, one a line.
packages_of()
{
    local group
    for group in "$@"; do
        awk -v group="$group" '$1 == group { print $2 }' "$root/tools/lib/packages.txt"
    done | sort -u
}

# Which of the packages given on standard input are not installed. One call of
# dpkg-query answers in milliseconds, so nothing is remembered between runs.
packages_missing()
{
    local wanted installed
    wanted=$(cat)
    # shellcheck disable=SC2086  # one word for each package
    installed=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' $wanted 2>/dev/null |
        awk '$2 == "installed" { print $1 }' | sort -u) || true
    comm -23 <(sort -u <<<"$wanted") <(printf '%s\n' "$installed")
}

# Sees to it that the packages of the given groups are installed: installs them as
# root, otherwise says how.
need_packages()
{
    if ! command -v dpkg-query >/dev/null; then
        say "this is not a Debian: install what tools/lib/packages.txt lists ($*) by other means"
        return
    fi
    local missing
    missing=$(packages_of "$@" | packages_missing | tr '\n' ' ')
    missing=${missing% }
    [[ -n $missing ]] || return 0
    if ((EUID != 0)); then
        say "packages are missing; as root, run:"
        say "  apt-get update && apt-get install --no-install-recommends $missing"
        exit 69
    fi
    say "installing: $missing"
    install_packages "$missing"
}

install_packages()
{
    local log
    log=$(mktemp)
    # shellcheck disable=SC2086  # one word for each package
    if ! { apt-get update -q &&
        DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $1; } \
        </dev/null >"$log" 2>&1; then
        tail -n 30 "$log" >&2
        rm -f "$log"
        die "apt-get could not install: $1"
    fi
    rm -f "$log"
}
