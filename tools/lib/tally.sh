# Sourced: counts passed, failed and skipped tests over many runners. The counts lie in
# a file, so that tools/lint and tools/test can add to one sum (WEIR_TALLY names it).
# Every line of it: PASSED FAILED SKIPPED WHAT.
# shellcheck shell=bash disable=SC2154  # root: common.sh

tally_start()
{
    if [[ -z ${WEIR_TALLY:-} ]]; then
        WEIR_TALLY=$(mktemp)
        # shellcheck disable=SC2064  # the name is fixed now
        trap "rm -f '$WEIR_TALLY'" EXIT
    fi
}

tally_add()
{
    printf '%d %d %d %s\n' "$@" >>"$WEIR_TALLY"
}

# tally_command WHAT COMMAND...: one test, passed when the command succeeds.
tally_command()
{
    local what=$1 status=0
    shift
    "$@" || status=$?
    if ((status == 0)); then
        tally_add 1 0 0 "$what"
    else
        tally_add 0 1 0 "$what"
        say "FAILED: $what"
    fi
}

# tally_junit WHAT STATUS FILE: the tests of a JUnit report. A runner that failed
# without naming a failed test, or that ran nothing, counts as one failure.
tally_junit()
{
    local what=$1 status=$2 file=$3 passed=0 failed=0 skipped=0
    if [[ -s $file ]]; then
        read -r passed failed skipped < <(/usr/bin/python3 "$root/tools/lib/junit.py" "$what" "$file")
    fi
    if ((failed == 0)) && ((status != 0 || passed + skipped == 0)); then
        failed=1
        say "FAILED: $what (exit code $status, $passed tests passed)"
    fi
    tally_add "$passed" "$failed" "$skipped" "$what"
    say "$what: $passed passed, $failed failed, $skipped skipped"
}

# Prints what failed and the closing line; fails when anything failed or nothing ran.
tally_end()
{
    awk '$2 > 0 { n = $2; $1 = $2 = $3 = ""; sub(/^ +/, ""); print "failed: " $0 " (" n ")" }' \
        "$WEIR_TALLY" >&2
    awk '{ passed += $1; failed += $2; skipped += $3 }
        END {
            printf "%d passed, %d failed%s\n", passed, failed, skipped ? ", " skipped " skipped" : ""
            exit failed > 0 || passed == 0
        }' "$WEIR_TALLY"
}
