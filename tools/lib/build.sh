# Sourced: build folders.
# shellcheck shell=bash disable=SC2154  # root: common.sh

# configure DIR OPTION...: a Meson build folder with these options. Does nothing when
# DIR has been configured so before. CC, when set, is part of what is compared.
configure()
{
    local dir=$root/$1 wanted
    shift
    wanted="CC=${CC:-} $*"
    if [[ -f $dir/build.ninja && -f $dir/.configured && $(<"$dir/.configured") == "$wanted" ]]; then
        return 0
    fi
    local how=()
    [[ ! -f $dir/build.ninja ]] || how=(--reconfigure)
    quietly meson setup "${how[@]}" "$@" "$dir" "$root" || return
    printf '%s' "$wanted" >"$dir/.configured"
}

# compile DIR [TARGET...]: everything in DIR, or these files of it.
compile()
{
    local dir=$root/$1
    shift
    [[ $(ninja -C "$dir" -n "$@" 2>/dev/null | tail -n 1) == *"no work to do"* ]] ||
        say "building ${dir#"$root"/}"
    quietly ninja -C "$dir" "$@"
}

# Runs a command and shows what it said only when it fails.
quietly()
{
    local log status=0
    log=$(mktemp)
    "$@" </dev/null >"$log" 2>&1 || status=$?
    ((status == 0)) || tail -n 200 "$log" >&2
    rm -f "$log"
    return "$status"
}

build_release()
{
    configure build --buildtype=release && compile build
}
