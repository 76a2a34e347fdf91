#!/bin/sh
# man.sh PROGRAM FOLDER: writes the manual pages of a command and of its subcommands, PROGRAM.1 and
# PROGRAM-NAME.1, from its own help pages. PROGRAM.1 comes last: builds depend on it.
set -eu

program=$1
folder=$2
name=$(basename "$program")
mkdir -p "$folder"
commands=$("$program" --help | sed -n '/^COMMANDS/,/^$/s/^  \([a-z0-9-]*\) .*/\1/p')
for command in $commands; do
    "$program" "$command" --man >"$folder/$name-$command.1"
done
"$program" --man >"$folder/$name.1"
