#!/usr/bin/env bash
# programs.sh: the guard on five programs that others wrote and Debian packages, as they are.
#
#   scripts/programs.sh check COLDHEAP             tests, as TAP; skips what is not installed
#   scripts/programs.sh measure COLDHEAP [PAGE]    the same, then what it costs; PAGE gets the table
#
# Each program does real work (a sort, a database, requests by a real client) plain, under `track`
# with call sites and with stacks, and under `check`. What it prints and its status must be its
# own, and reports must name its functions. Cost is processor time of the program alone, the best
# of five runs that take turns. Servers listen on loopback and end by request, or by their pid.
# redis-server links jemalloc, whose operator new is out of the guard's reach: it is shown that
# the guard refuses this, and that LD_PRELOAD=libstdc++.so.6 helps.
#
# Exit status: 0 all hold, 1 one does not, 2 usage.
set -uo pipefail

rounds=5
number=0
failed=0
unset LD_PRELOAD COLDHEAP GITHUB_WORKSPACE
export LC_ALL=C PATH="$PATH:/usr/sbin"

# ---- TAP ----

# ok NAME: the status before decides.
# shellcheck disable=SC2319 # a condition is what is judged
ok() {
    local status=$?
    number=$((number + 1))
    if [ $status -eq 0 ]; then
        echo "ok $number - $1"
        return
    fi
    echo "not ok $number - $1"
    echo "# status $(cat status)"
    sed 's/^/# /' err | head -n 40
    failed=1
}

# ---- the programs: each runs behind the words given, and leaves out, err and status ----

# finished STATUS
finished() {
    echo "$1" >status
}

size() {
    if [ "$load" = heavy ]; then echo "$2"; else echo "$1"; fi
}

run_sort() {
    "$@" sort "lines.$load" >out 2>err
    finished $?
}

run_sqlite3() {
    "$@" sqlite3 :memory: <"script.$load" >out 2>err
    finished $?
}

run_python3() {
    "$@" /usr/bin/python3 -I -c '
import json, sys
rows = [{"id": i, "name": "row%d" % (i * 7919 % 10007), "values": [i, i / 3]}
        for i in range(int(sys.argv[1]))]
text = json.dumps(rows)
print(len(text), json.loads(text) == rows)' "$(size 4000 150000)" >out 2>err
    finished $?
}

# wait_for COMMAND...: until it succeeds, 20 seconds at most.
wait_for() {
    local i
    for ((i = 0; i < 200; i++)); do
        "$@" >/dev/null 2>&1 && return
        sleep 0.1
    done
    return 1
}

# end_server PID_FILE SIGNAL: of the server that wrote the file.
end_server() {
    [ ! -s "$1" ] || kill "-$2" "$(cat "$1")" 2>/dev/null
}

redis_requests() {
    redis-cli -p "$port" <<'COMMANDS'
set counter 41
incr counter
rpush list one two three
lrange list 0 -1
hset hash field value
hgetall hash
COMMANDS
    # Many at a time: one by one, the kernel's part hides the program's.
    seq "$(size 100 300000)" | sed 's/.*/set key:& value-&-of-some-length\r/' |
        redis-cli -p "$port" --pipe
}

run_redis() {
    rm -f redis.pid
    env LD_PRELOAD="$redis_preload" "$@" redis-server --port "$port" --bind 127.0.0.1 --save '' \
        --appendonly no --daemonize no --pidfile "$PWD/redis.pid" >redis.log 2>err &
    local server=$!
    if wait_for redis-cli -p "$port" ping; then
        redis_requests >out 2>&1
        redis-cli -p "$port" shutdown nosave >>out 2>&1
    else
        echo 'no answer' >out
        end_server redis.pid KILL
    fi
    wait "$server"
    finished $?
}

write_nginx_conf() {
    mkdir -p www
    echo 'a page' >www/page.txt
    cat >nginx.conf <<CONF
daemon off;
master_process off;
pid $PWD/nginx.pid;
error_log $PWD/nginx.log crit;
events { worker_connections 64; }
http {
    access_log off;
    keepalive_requests 1000000;
    client_body_temp_path tmp; proxy_temp_path tmp; fastcgi_temp_path tmp;
    uwsgi_temp_path tmp; scgi_temp_path tmp;
    server {
        listen 127.0.0.1:$port;
        root $PWD/www;
        location = /text { return 200 "made up\n"; }
    }
}
CONF
}

run_nginx() {
    local site=http://127.0.0.1:$port
    rm -f nginx.pid
    "$@" nginx -p "$PWD" -e "$PWD/nginx.log" -c "$PWD/nginx.conf" >nginx.out 2>err &
    local server=$!
    if wait_for curl -sf "$site/text"; then
        curl -s "$site/page.txt" "$site/text" "$site/none" >out
        curl -s "$site/page.txt?[1-$(size 20 24000)]" | sort | uniq -c >>out
        end_server nginx.pid QUIT
    else
        echo 'no answer' >out
        end_server nginx.pid KILL
    fi
    wait "$server"
    finished $?
}

# ---- what must hold ----

# same NAME STATUS: the output is that of the plain run, the status the one given.
same() {
    cmp -s out "plain.$1" && [ "$(cat status)" -eq "$2" ]
}

# try_track NAME SITE STACK: SITE and STACK are patterns of places, with call sites and stacks.
try_track() {
    local name=$1
    "run_$name" "$coldheap" track --out="$name.track" --
    same "$name" 0 && grep -Eq "$2" err
    ok "$name: track leaves output and status, and names $2"
    "run_$name" "$coldheap" track --depth=8 --out="$name.track" --
    same "$name" 0 && grep -Eq "$3" err
    ok "$name: track --depth=8 leaves output and status, and names $3"
}

# try_check NAME FRAME FLAG...: violations are found, with FRAME (a pattern) in a stack.
try_check() {
    local name=$1 frame=$2
    shift 2
    "run_$name" "$coldheap" check --mode=log "$@" --
    same "$name" 97 && grep -q '^coldheap: VIOLATION' err && grep -Eq "^ +#[0-9]+ +$frame" err
    ok "$name: check $* leaves the output, is 97, and names ${frame% }"
    cp err "$name.check.err"
    echo "$*" >"$name.how"
}

# refused NAME TEXT FLAG...: 98, and TEXT says why.
refused() {
    local name=$1 text=$2
    shift 2
    "run_$name" "$coldheap" check "$@" --
    [ "$(cat status)" -eq 98 ] && grep -qF "$text" err
    ok "$name: check${*:+ $*} is refused (98): $text"
}

try_sort() {
    refused sort 'stripped' --hot-fn=fill_gaps
    refused sort 'nothing was checked'
    try_track sort '\(sort\+0x' '\(sort\+0x.* <- __libc_start'
    try_check sort '[^ ]+ +sort\+0x' --seal-on=after=0s
}

try_sqlite3() {
    refused sqlite3 'near: sqlite3VdbeExec' --hot-fn=sqlite3VdbeExce
    try_track sqlite3 'libsqlite3' 'sqlite3Malloc'
    try_check sqlite3 'sqlite3VdbeExec ' '--hot-fn=sqlite3VdbeExec'
}

try_python3() {
    refused python3 'stripped' '--hot-fn=*json_encode*'
    try_track python3 'PyList_Append' 'PyList_Append.* <- _PyAccu_Accumulate'
    try_check python3 'PyUnicode_Join ' --hot-fn=PyUnicode_Join
}

try_redis() {
    if ldd "$(command -v redis-server)" | grep -q jemalloc; then
        redis_preload=
        "$coldheap" check --seal-on=epoll_wait -- redis-server --version >out 2>err
        finished $?
        [ "$(cat status)" -eq 98 ] && grep -qF 'operator new does not reach the guard' err
        ok 'redis: jemalloc has an operator new of its own: refused (98)'
    fi
    redis_preload=libstdc++.so.6
    try_track redis 'zmalloc' 'zmalloc.* <- createObject <- createSharedObjects'
    try_check redis 'acceptTcpHandler ' --seal-on=epoll_wait --max-reports=200
    grep -Eq 'sealed by epoll_wait; before that [1-9][0-9]* allocations' err
    ok 'redis: the init budget is told'
}

try_nginx() {
    try_track nginx 'ngx_(memalign|alloc)' 'ngx_memalign.* <- ngx_create_pool'
    try_check nginx 'ngx_process_events_and_timers ' --seal-on=epoll_wait
    grep -Eq 'sealed by epoll_wait; before that [1-9][0-9]* allocations' err
    ok 'nginx: the init budget is told'
}

# ---- what it costs ----

# The program as the only child of a shell that tells its processor time.
# shellcheck disable=SC2016 # the inner shell expands this
timer=(bash -c '"$@"; status=$?; times >cpu; exit $status' timer)

# cpu_ms: user and system time of the timer's child.
cpu_ms() {
    tail -n 1 cpu | tr 'ms' '  ' | awk '{ printf "%d\n", ($1 * 60 + $2 + $3 * 60 + $4) * 1000 }'
}

# blocks_of FILE: how many blocks `track` tells of there.
blocks_of() {
    sed -nE 's/.*blocks=([0-9 ]*[0-9]) bytes.*/\1/p' "$1" | tr -d ' '
}

# best NAME: "PLAIN IDLE SITES STACKS" in ms, the worst plain run, the blocks of the last run.
best() {
    local name=$1 round how now worst=0
    local -A least=()
    for ((round = 0; round < rounds; round++)); do
        for how in plain idle sites stacks; do
            local words=()
            redis_preload=libstdc++.so.6
            case $how in
            plain) redis_preload=libc.so.6 ;;
            idle) words=("$coldheap" check --mode=count --seal-on=SIGUSR2 --) ;;
            sites) words=("$coldheap" track --out=cost.track --) ;;
            stacks) words=("$coldheap" track --depth=8 --out=cost.track --) ;;
            esac
            rm -f cpu cost.track*
            "run_$name" "${words[@]}" "${timer[@]}"
            [ $how != plain ] || [ -e "heavy.$name" ] || cp out "heavy.$name"
            cmp -s out "heavy.$name" || echo "$name, $how" >>differ
            now=$(cpu_ms)
            [ $how != plain ] || [ "$now" -le $worst ] || worst=$now
            [ -n "${least[$how]:-}" ] && [ "${least[$how]}" -le "$now" ] || least[$how]=$now
        done
    done
    echo "${least[plain]} ${least[idle]} ${least[sites]} ${least[stacks]} $worst $(blocks_of err)"
}

version_of() {
    local package=$1
    [ "$1" = sort ] && package=coreutils
    [ "$1" = redis ] && package=redis-server
    dpkg-query -W -f '${Package} ${Version}' "$package" 2>/dev/null || echo "$1"
}

row() {
    local name=$1 verdict
    verdict=$(sed -nE 's/.*violations=([0-9]+ at [0-9]+ sites?).*/\1/p' "$name.check.err")
    # shellcheck disable=SC2046 # six numbers
    set -- $(best "$name")
    awk -v name="$(version_of "$name")" -v how="$(cat "$name.how")" -v found="$verdict" \
        -v plain="$1" -v idle="$2" -v sites="$3" -v stacks="$4" -v worst="$5" -v blocks="$6" '
        BEGIN {
            printf "| %s | `%s` | %s | %d | %d | %.2f | %.2f | %.2f | %.2f |\n", name, how, found,
                blocks, plain, worst / plain, idle / plain, sites / plain, stacks / plain }'
}

page() {
    cat <<PAGE
| program | \`check\` | violations | blocks | plain, ms | spread | idle | track | track, 8 frames |
|---|---|---|---:|---:|---:|---:|---:|---:|
$(cat rows)

Violations are of the light load of \`scripts/programs.sh check\`, which also holds output, status
and names against a plain run. The other columns are of a heavier load: blocks that the program is
given, and its processor time, the start of the guard included: plain, and as a ratio to it, with
the guard loaded and nothing hot, with call sites, with stacks; best of $rounds runs in turns.
Spread is the worst plain run to the best: differences below it say nothing. Load of the machine:
$(cut -d ' ' -f 1 /proc/loadavg). redis-server is measured on glibc's malloc throughout.
$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), $(getconf GNU_LIBC_VERSION).
Repeat it: \`scripts/setup.sh programs\`, then
\`scripts/programs.sh measure COLDHEAP\`.
PAGE
}

# ---- all ----

write_inputs() {
    awk -v n="$(size 5000 300000)" 'BEGIN {
        for (s = 7; n-- > 0; s = (s * 16807) % 2147483647) {
            printf "%d key%d\n", s, s % 977
        } }' >"lines.$load"
    cat >"script.$load" <<SQL
create table t(k integer primary key, v text, n integer);
with recursive c(i) as (select 1 union all select i + 1 from c where i < $(size 5000 150000))
    insert into t select i, 'row' || (i * 7919 % 10007), i * 31 % 997 from c;
create index tn on t(n);
select n, count(*), max(v) from t group by n order by 2 desc, 1 limit 5;
select count(*), sum(length(v)) from t where v like 'row9%';
SQL
}

choose_port() {
    port=$((20000 + $$ % 20000))
    while (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do
        port=$((port + 1))
    done
}

clean() {
    end_server "$work/redis.pid" KILL
    end_server "$work/nginx.pid" KILL
    rm -rf "$work"
}

# is_here NAME
is_here() {
    local command
    case $1 in
    redis) set -- redis-server redis-cli ;;
    nginx) set -- nginx curl ;;
    python3) set -- /usr/bin/python3 ;;
    esac
    for command; do
        command -v "$command" >/dev/null || return 1
    done
}

tests() {
    local name
    load=light
    write_inputs
    write_nginx_conf
    echo 'TAP version 14'
    for name in sort sqlite3 python3 redis nginx; do
        if ! is_here "$name"; then
            number=$((number + 1))
            echo "ok $number - $name # SKIP not installed (scripts/setup.sh programs)"
            continue
        fi
        redis_preload=
        "run_$name"
        cp out "plain.$name"
        [ "$(cat status)" -eq 0 ] && [ -s out ]
        ok "$name: works without the guard"
        "try_$name"
        echo "$name" >>tried
    done
}

costs() {
    local name
    load=heavy
    write_inputs
    while read -r name; do
        row "$name"
    done <tried >rows
    ! sed 's/^/# differs: /' differ 2>/dev/null
    ok "under the heavier load outputs are the same, too"
}

main() {
    [ $# -ge 2 ] || {
        sed -n '2,/^set/{/^set/!s/^# \{0,1\}//p;}' "$0" >&2
        exit 2
    }
    coldheap=$(realpath "$2") || exit 2
    local target
    target=$(realpath -m "${3:-/dev/stdout}")
    work=$(mktemp -d) || exit 1
    trap clean EXIT
    cd "$work" || exit 1
    choose_port
    tests
    if [ "$1" = measure ] && [ $failed -eq 0 ]; then
        costs
        if [ -n "${3:-}" ]; then page >"$target"; else page; fi
    fi
    echo "1..$number"
    exit $failed
}

main "$@"
