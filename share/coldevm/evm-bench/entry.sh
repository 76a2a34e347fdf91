#!/bin/sh
# entry.sh: coldevm as a runner of evm-bench, which calls it with --contract-code-path, --calldata
# and --num-runs, and reads one number per line. COLDEVM names another program than the one in PATH.
exec "${COLDEVM:-coldevm}" bench "$@"
