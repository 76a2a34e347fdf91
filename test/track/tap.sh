# tap.sh: what the scripts of this folder share: they work in $work.
. "$(dirname "${BASH_SOURCE[0]}")/../tap.sh"
shown='out err'
cd "$work" || exit 1
