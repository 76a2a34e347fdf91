#!/bin/sh
# headers.sh ROOT COMPILER: every public header compiles alone, as C17 and as C++17, without a
# warning. Include-templates (tmpl/) may need parameters; then they must stop with an #error that
# says which. Prints TAP.
set -u

include=$1/include
compiler=$2
warnings='-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror'
number=0
failed=0

report() { # RESULT NAME OUTPUT
    number=$((number + 1))
    if [ "$1" -eq 0 ]; then
        echo "ok $number - $2"
    else
        printf '%s\n' "$3" | sed 's/^/# /'
        echo "not ok $number - $2"
        failed=1
    fi
}

# try LANGUAGE STANDARD HEADER; twice, so that the guard is exercised.
try() {
    # shellcheck disable=SC2086 # flags hold no spaces
    printf '#include <%s>\n#include <%s>\nextern int header_compiles;\n' "$3" "$3" |
        "$compiler" -x "$1" -std="$2" $warnings -fsyntax-only -I"$include" - 2>&1
}

echo 'TAP version 14'
for path in $(cd "$include" && find . -name '*.h' | sort); do
    header=${path#./}
    output=$(try c c17 "$header")
    status=$?
    case $header:$output in
    */tmpl/*'#error'*)
        report 0 "$header asks for its parameters" ''
        continue
        ;;
    esac
    report $status "$header as C17" "$output"
    output=$(try c++ c++17 "$header")
    report $? "$header as C++17" "$output"
done
echo "1..$number"
exit $failed
