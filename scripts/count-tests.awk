# count-tests.awk: how many single tests a CTest run held.
#   awk -f count-tests.awk CTEST_OUTPUT LAST_TEST_LOG
# CTEST_OUTPUT is what ctest printed (one status a program), LAST_TEST_LOG its Testing/Temporary/
# LastTest.log (what each program printed). A program that speaks TAP counts with its ok, not ok and
# SKIP lines; one that does not counts as one test. A program that failed without a failing line, or
# ran another number than it planned, adds one failure. Failures are listed on stderr; the only line
# on stdout is "PASSED FAILED SKIPPED".

function finish() {
    if (name == "") {
        return
    }
    seen[name] = 1
    bad = status[name] != "Passed" && status[name] != "***Skipped"
    if (ok + not_ok == 0) {
        if (bad) {
            complain(name ": " status[name])
        } else if (status[name] == "***Skipped" || plan == 0) {
            skipped++
        } else {
            passed++
        }
    } else {
        passed += ok - skip
        skipped += skip
        failed += not_ok
        if (bad && not_ok == 0) {
            complain(name ": " status[name] " after " ok " passing tests")
        } else if (!bad && plan != ok + not_ok) {
            complain(name ": planned " plan " tests, ran " (ok + not_ok))
        }
    }
    name = ""
}

function complain(text) {
    failed++
    print "FAILED " text > "/dev/stderr"
}

FNR == 1 {
    file++
}

# "3/9 Test #3: mem/arena_test ....   Passed    0.01 sec"
file == 1 && /^ *[0-9]+\/[0-9]+ Test +#[0-9]+: / {
    line = $0
    sub(/^.* Test +#[0-9]+: /, "", line)
    program = line
    sub(/ .*$/, "", program)
    result = substr(line, length(program) + 1)
    sub(/^[ .]*/, "", result)
    sub(/ +[0-9.]+ sec.*$/, "", result)
    status[program] = result
}

# "3/9 Testing: mem/arena_test" opens a program's block, "Output:" and a rule its text.
file == 2 && /^[0-9]+\/[0-9]+ Testing: / {
    finish()
    name = $0
    sub(/^[0-9]+\/[0-9]+ Testing: /, "", name)
    ok = not_ok = skip = 0
    plan = -1
    inside = 0
    next
}

file == 2 && /^Output:$/ && !inside {
    inside = 1
    next
}

file == 2 && /^<end of output>$/ {
    inside = 0
    next
}

file == 2 && inside && /^ok [0-9]/ {
    ok++
    if ($0 ~ /# *SKIP/) {
        skip++
    }
}

file == 2 && inside && /^not ok [0-9]/ {
    not_ok++
    print "FAILED " name ": " substr($0, 8) > "/dev/stderr"
}

file == 2 && inside && /^1\.\.[0-9]+/ {
    plan = substr($1, 4) + 0
}

END {
    finish()
    for (program in status) {
        if (!(program in seen)) {
            complain(program ": no output found")
        }
    }
    print passed + 0, failed + 0, skipped + 0
}
