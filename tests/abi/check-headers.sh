#!/usr/bin/env bash
# Compiles each public header alone, and a plugin that uses every macro, without any
# extension; the ABI's structs have no hidden padding. Exit 77 when the compiler is not
# installed.
#
#   check-headers.sh COMPILER LANGUAGE STANDARD INCLUDE_FOLDER PLUGIN_SOURCE
set -euo pipefail
compiler=$1 language=$2 standard=$3 folder=$4 plugin=$5
command -v "$compiler" >/dev/null || exit 77
flags=(-x "$language" "-std=$standard" -Wpedantic -Wall -Wextra -Werror -fPIC -I "$folder" -fsyntax-only)
failed=0
for header in "$folder"/weir/*.h; do
    more=()
    case ${header##*/} in
    abi.h | batch.h | flusher.h | host.h | option.h) more=(-Wpadded) ;;
    esac
    # Twice: the include guard is part of it.
    printf '#include <weir/%s>\n#include <weir/%s>\n' "${header##*/}" "${header##*/}" |
        "$compiler" "${flags[@]}" "${more[@]}" - || failed=1
done
"$compiler" "${flags[@]}" "$plugin" || failed=1
exit "$failed"
