#!/usr/bin/env python3
"""viewers.py COLDEVM: the profiles that `coldevm` writes, read as their viewers read them: folded
stacks, speedscope's file format, Chrome's trace events (spec cli.md C11). One run exports all
three, so they must also tell the same. Prints TAP.
"""
import json
import os
import re
import subprocess
import sys
import tempfile

TESTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "statetest")
SCHEMA = "https://www.speedscope.app/file-format-schema.json"
UNITS = {"none", "nanoseconds", "microseconds", "milliseconds", "seconds", "bytes"}


def need(condition, what):
    if not condition:
        raise AssertionError(what)


def read_folded(path):
    """{path of names: weight}"""
    stacks = {}
    with open(path, encoding="utf-8") as file:
        for line in file:
            found = re.fullmatch(r"([^ ;]+(?:;[^ ;]+)*) ([1-9][0-9]*)\n", line)
            need(found, f"not a folded stack: {line!r}")
            need(found.group(1) not in stacks, "every path once")
            stacks[found.group(1)] = int(found.group(2))
    return stacks


def check_evented(profile, frame_count):
    """What closes was opened last, time never falls, all is closed; returns gas by open path."""
    open_frames, before, weights = [], profile["startValue"], {}
    for event in profile["events"]:
        need(event["at"] >= before, "events in order")
        path = tuple(open_frames)
        weights[path] = weights.get(path, 0) + event["at"] - before
        before = event["at"]
        need(0 <= event["frame"] < frame_count, "a frame of the list")
        if event["type"] == "O":
            open_frames.append(event["frame"])
        else:
            need(event["type"] == "C" and open_frames.pop() == event["frame"], "nested")
    need(not open_frames and before == profile["endValue"], "all closed at the end")
    return weights


def check_sampled(profile, frame_count):
    samples, weights = profile["samples"], profile["weights"]
    need(len(samples) == len(weights), "a weight a sample")
    need(all(type(weight) is int and weight > 0 for weight in weights), "whole weights")
    frames = {frame for stack in samples for frame in stack}
    need(frames <= set(range(frame_count)), "frames of the list")
    need(profile["startValue"] == 0 and profile["endValue"] == sum(weights), "the sum")
    return dict(zip(map(tuple, samples), weights))


def check_speedscope(path, stacks):
    with open(path, encoding="utf-8") as file:
        document = json.load(file)
    need(document["$schema"] == SCHEMA, "schema")
    names = [frame["name"] for frame in document["shared"]["frames"]]
    need(len(set(names)) == len(names), "every frame once")
    by_name = {}
    for profile in document["profiles"]:
        need(profile["unit"] in UNITS, "a unit that speedscope knows")
        check = {"evented": check_evented, "sampled": check_sampled}[profile["type"]]
        by_name[profile["name"]] = check(profile, len(names))
    need({profile["unit"] for profile in document["profiles"]} == {"none", "nanoseconds", "bytes"},
         "gas, time and bytes in one file")

    def text(path):
        return ";".join(re.sub(r"[ ;]", "_", names[frame]) for frame in path)

    opcodes = by_name["gas by opcode"]
    need({text(path): weight for path, weight in opcodes.items()} == stacks, "as the folded stacks")
    frames = {}
    for path, weight in opcodes.items():
        frames[path[:-1]] = frames.get(path[:-1], 0) + weight
    evented = {path: weight for path, weight in by_name["gas"].items() if weight > 0}
    need(evented == frames, "frames have the gas of their opcodes")


def check_chrome(path, total):
    with open(path, encoding="utf-8") as file:
        document = json.load(file)
    need(document["displayTimeUnit"] in ("ns", "ms"), "unit")
    open_names, before, used = [], 0, 0
    for event in document["traceEvents"]:
        need(type(event["pid"]) is int and type(event["tid"]) is int, "process and thread")
        if event["ph"] == "M":
            need(event["name"] in ("process_name", "thread_name") and event["args"]["name"], "meta")
            continue
        need(event["ts"] >= before, "events in order of time")
        before = event["ts"]
        if event["ph"] == "B":
            open_names.append(event["name"])
        elif event["ph"] == "E":
            need(open_names.pop() == event["name"], "nested")
        else:
            need(event["ph"] == "C" and event["args"]["gas"] >= used, "a counter that grows")
            used = event["args"]["gas"]
    need(not open_names and used == total, "all closed, all gas counted")


def main():
    failed = 0
    print("TAP version 14\n1..4")

    def check(number, name, function):
        nonlocal failed
        try:
            result = function()
            print(f"ok {number} - {name}")
            return result
        except (AssertionError, ValueError, KeyError, IndexError, OSError) as problem:
            failed += 1
            print(f"not ok {number} - {name}\n# {type(problem).__name__}: {problem}")
            return {}

    with tempfile.TemporaryDirectory(prefix="coldheap-viewers-") as folder:
        files = {kind: os.path.join(folder, kind) for kind in ("folded", "speedscope", "chrome")}
        exports = [word for kind, path in files.items() for word in ("--export", f"{kind}={path}")]
        tests = [os.path.join(TESTS, name) for name in ("calls.json", "creation.json")]
        done = subprocess.run([sys.argv[1], "statetest", *exports, *tests], check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)

        def passes():
            need(done.returncode == 0, f"status {done.returncode}: {done.stderr[-300:]}")

        check(1, "state tests run with three exports", passes)
        stacks = check(2, "folded", lambda: read_folded(files["folded"]))
        check(3, "speedscope", lambda: check_speedscope(files["speedscope"], stacks))
        check(4, "chrome", lambda: check_chrome(files["chrome"], sum(stacks.values())))
    return 1 if failed or not stacks else 0


if __name__ == "__main__":
    sys.exit(main())
