# tap.sh: what the tests of this folder share: they work in $work.
. "$(dirname "${BASH_SOURCE[0]}")/../tap.sh"
shown='out err'
cd "$work" || exit 1

# ended NAME STATUS WANTED: a program ended with the status that was wanted.
ended() {
    [ "$2" -eq "$3" ]
    check "$1 (status $2, wanted $3)"
}
