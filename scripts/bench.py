#!/usr/bin/env python3
"""bench.py: reads the JSON of bench programs (scripts/bench.sh runs them) and draws conclusions.

  scripts/bench.py table FOLDER [--short]     a row a group: ours, raw loop, best rival, bar
  scripts/bench.py costs FOLDER               what each pattern costs, for the guide
  scripts/bench.py plot FOLDER PICTURE.svg    the same as a picture, by gnuplot
  scripts/bench.py check FOLDER...            the bars of bench/bars.txt; status 1 if one fails
  scripts/bench.py compare STORED NEW...      status 1 if a group of NEW is slower than in STORED
  scripts/bench.py missed FOLDER... | slower STORED NEW...    the programs concerned, one a line

Figures are minima, as those of the targets that programs judge themselves: the best of some 200
batches of a run whose rivals take turns; a bar may ask for medians. Of several folders, runs of the
same benches, the best counts. `compare` calls a group slower when its time and its ratio to the raw
loop (or a rival, or the empty loop) both rose by more than BENCH_TOLERANCE (5) percent; results of
another processor, compiler or build are refused (status 2). BENCH_BARS names other bars."""
import fnmatch
import glob
import json
import os
import re
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BARS = os.environ.get("BENCH_BARS") or os.path.join(ROOT, "bench", "bars.txt")
RIVALS = re.compile(r"glibc|mimalloc|jemalloc|tcmalloc|boost|std|ck\b|khash|pthread|pmr")


def fail(message):
    sys.exit("bench.py: " + message)


class Group:
    """One group of a program: its rows in order, each with min, median and heap calls."""

    def __init__(self, program, name):
        self.program, self.name, self.rows, self.floor = program, name, {}, None

    @property
    def ours(self):
        return next(iter(self.rows.values()))

    def ratio(self, name, figure="min"):
        """ours / rival."""
        return self.ours[figure] / self.rows[name][figure]

    def matching(self, pattern):
        """The first rival with that name."""
        names = list(self.rows)[1:]
        return next(iter(fnmatch.filter(names, pattern)), None)

    def best_rival(self):
        """The fastest of the foreign allocators and libraries."""
        names = [name for name in list(self.rows)[1:] if RIVALS.match(name)]
        return min(names, key=lambda name: self.rows[name]["min"], default=None)


def load_file(path):
    """name -> Group of one program, and the context of its run."""
    with open(path, encoding="utf-8") as file:
        data = json.load(file)
    groups = {}
    program = os.path.splitext(os.path.basename(path))[0]
    for row in data["benchmarks"]:
        group_name, _, rival = row["run_name"].partition("/")
        group = groups.setdefault(group_name, Group(program, group_name))
        entry = group.rows.setdefault(rival, {"heap": []})
        if row["run_type"] == "iteration":
            entry["heap"].append(row.get("heap_calls", 0))
        else:
            entry[row["aggregate_name"]] = row["real_time"]
    floor = groups.pop("floor", None)
    for group in groups.values():
        group.floor = floor
    return groups, data


def load(folder):
    """Every group of every harness result below a folder, by name."""
    groups, contexts = {}, []
    for path in sorted(glob.glob(os.path.join(folder, "*_bench.json"))):
        more, data = load_file(path)
        groups.update(more)
        contexts.append(dict(data["context"], baselines=data.get("baselines", {})))
    if not groups:
        fail("no results in " + folder)
    return groups, contexts


def read_bars():
    """(promise, group, against, most, what, figure) of each bar; `median` may follow most."""
    with open(BARS, encoding="utf-8") as file:
        for line in file:
            if line.strip() and not line.startswith("#"):
                promise, group, against, most, what = [cell.strip() for cell in line.split("|")]
                most, _, figure = most.partition(" ")
                yield promise, group, against, float(most), what, figure.strip() or "min"


def judge(bar, groups):
    """(group, figure) of a bar, figure None where it was not measured."""
    _, pattern, against, _, _, figure = bar
    for name in sorted(fnmatch.filter(groups, pattern)):
        group = groups[name]
        if against == "ns":
            return group, group.ours[figure]
        rival = group.matching(against)
        if rival is not None:
            return group, group.ratio(rival, figure)
    return None, None


def judge_runs(bar, runs):
    """The best of several runs."""
    found = [judge(bar, groups) for groups in runs]
    found = [pair for pair in found if pair[0] is not None]
    return min(found, key=lambda pair: pair[1], default=(None, None))


def check(runs):
    held = True
    for bar in read_bars():
        promise, pattern, against, most, what, _ = bar
        group, figure = judge_runs(bar, runs)
        if group is None:
            print("%-5s %-62s no group %s beside %s: MISSING" % (promise, what, pattern, against))
            held = False
            continue
        unit = "ns" if against == "ns" else "x " + group.matching(against)
        print("%-5s %-62s %6.2f of %.2f %s: %s" % (
            promise, what, figure, most, unit, "ok" if figure <= most else "MISS"))
        held = held and figure <= most
    return 0 if held else 1


def missed(runs):
    """Programs of bars that did not hold."""
    programs = set()
    for bar in read_bars():
        group, figure = judge_runs(bar, runs)
        if group is not None and figure > bar[3]:
            programs.add(group.program)
    return sorted(programs)


# ---- Table and picture ---------------------------------------------------------------------------


def ns(value):
    return "%.1f" % value if value < 100 else "%.0f" % value


def rows_of(groups, short):
    """(label, group, bar, verdict) of measured groups, those with a bar first, in its order."""
    seen = set()
    for bar in read_bars():
        group, figure = judge(bar, groups)
        if group is not None and group.name not in seen:
            seen.add(group.name)
            _, _, against, most, what, kind = bar
            against = "ns" if against == "ns" else "× " + group.matching(against)
            against += ", medians" if kind == "median" else ""
            yield (what.split(":")[0], group, "%.3g %s" % (most, against),
                   "%s %.2f" % ("ok" if figure <= most else "**no**", figure))
    for name, group in groups.items():
        if name not in seen and group.program.startswith("mem_") and not short:
            yield name.replace("_", " "), group, "", ""


def legend(groups, contexts):
    """What the figures are to be read against: the floor, and who the rivals are."""
    floor = min(next(iter(group.floor.rows.values()))["min"] for group in groups.values())
    baselines = {}
    for context in contexts:
        baselines.update(context["baselines"])
    names = ", ".join("%s %s" % pair for pair in sorted(baselines.items()))
    print("\nAn empty loop takes %.2f ns here; heap calls in rows of ours: %.3g. Baselines: %s." % (
        floor, max(max(group.ours["heap"]) for group in groups.values()), names))


def cell(group, name):
    return "" if name is None else ns(group.rows[name]["min"])


def table(groups, short):
    head = ["object and operation", "ours, ns", "raw loop", "best rival", "ours / raw",
            "ours / rival", "bar", "holds"]
    print("| " + " | ".join(head) + " |")
    print("|---|---:|---:|---|---:|---:|---|---|")
    for label, group, bar, verdict in rows_of(groups, short):
        raw, rival = group.matching("raw*"), group.best_rival()
        cells = [
            label, ns(group.ours["min"]), cell(group, raw),
            "" if rival is None else "%s %s" % (rival, cell(group, rival)),
            "" if raw is None else "%.2f" % group.ratio(raw),
            "" if rival is None else "%.2f" % group.ratio(rival), bar, verdict]
        print("| " + " | ".join(cells) + " |")


# The operation that stands for a pattern in the guide, and its group.
COSTS = [
    ("arena", "64 bytes taken", "arena_bump_64"),
    ("arena", "mark, 4 × 64 bytes, release", "arena_mark_4x64_release"),
    ("stack", "64 bytes taken and freed", "stack_pair_64"),
    ("pool", "64 bytes acquired and released", "pool_lifo_64"),
    ("slab", "one of 10 000 blocks of 16 to 4096 bytes replaced", "slab_log_uniform"),
    ("buffers", "256 bytes borrowed, given back, cleared", "bufpool_256"),
    ("memory of a thread", "its arena found", "local_arena_lookup"),
    ("memory of a thread", "mark, 4 × 64 bytes, release", "local_scratch_mark_4x64_release"),
    ("pool between threads", "64 bytes taken here, given back there",
     "xpool_allocate_here_free_there_64"),
    ("rings", "one to one, 8 bytes", "spsc_single_8"),
    ("rings", "many to many, 8 bytes", "mpmc_8"),
    ("containers", "push to a vector, 8 bytes", "vec_push_8"),
    ("containers", "key found in a map of 1000", "map_hit_1k"),
]


def costs(groups):
    print("| pattern | operation | ns | best rival | ns |")
    print("|---|---|---:|---|---:|")
    for pattern, operation, name in COSTS:
        if name in groups:
            group = groups[name]
            rival = group.best_rival()
            print("| [%s](#%s) | %s | %s | %s | %s |" % (
                pattern, pattern.replace(" ", "-"), operation, ns(group.ours["min"]), rival or "",
                cell(group, rival)))


PLOT = """
set terminal svg size 960,{height} dynamic noenhanced font 'sans-serif,11' background '#ffffff'
set output '{picture}'
set title 'Memory patterns: nanoseconds per operation; shorter is faster' font ',15'
set lmargin 42
set logscale x
set xrange [0.5:{most}]
set yrange [-0.6:{count}]
set grid xtics lc rgb '#d5dae0' lt 1
set key outside bottom center horizontal
set ytics ({labels}) font ',10'
set border 3
set style fill solid noborder
plot {plots}
"""


def plot(groups, picture):
    rows = list(rows_of(groups, False))[::-1]
    series = [("coldheap", "#1f6fb4", 0.28, []), ("raw loop", "#9aa5b1", 0.0, []),
              ("best rival (its name beside the bar)", "#d9822b", -0.28, [])]
    names = []
    for at, (_, group, _, _) in enumerate(rows):
        rival = group.best_rival()
        values = [group.ours["min"]] + [
            None if name is None else group.rows[name]["min"]
            for name in (group.matching("raw*"), rival)]
        for (_, _, offset, lines), value in zip(series, values):
            if value is not None:
                lines.append("%g %g 0.5 %g %g %g" % (
                    value, at + offset, value, at + offset - 0.13, at + offset + 0.13))
        if rival is not None:
            names.append('%g %g "  %s"' % (values[2], at - 0.28, rival))
    labels = ", ".join('"%s" %d' % (row[0], at) for at, row in enumerate(rows))
    with tempfile.TemporaryDirectory() as work:
        plots = []
        for index, (title, colour, _, lines) in enumerate(series):
            path = os.path.join(work, "%d.dat" % index)
            with open(path, "w", encoding="utf-8") as file:
                file.write("\n".join(lines) + "\n")
            if lines:
                plots.append("'%s' using 1:2:3:4:5:6 with boxxyerror lc rgb '%s' title '%s'" % (
                    path, colour, title))
        path = os.path.join(work, "names.dat")
        with open(path, "w", encoding="utf-8") as file:
            file.write("\n".join(names) + "\n")
        plots.append("'%s' using 1:2:3 with labels left font ',9' tc '#5a6673' notitle" % path)
        most = 3 * max(float(line.split()[0]) for _, _, _, lines in series for line in lines)
        script = PLOT.format(most=most, height=90 + 40 * len(rows), picture=picture, count=len(rows) - 0.4,
                             labels=labels, plots=", \\\n  ".join(plots))
        done = subprocess.run(["gnuplot"], input=script, text=True, capture_output=True,
                              check=False)
        if done.returncode != 0:
            fail("gnuplot: " + done.stderr.strip())
    tidy_svg(picture)


def tidy_svg(picture):
    """No trailing blanks and no empty lines."""
    with open(picture, encoding="utf-8") as file:
        lines = [line.rstrip() for line in file]
    with open(picture, "w", encoding="utf-8") as file:
        file.write("\n".join(line for line in lines if line) + "\n")


# ---- Regressions ---------------------------------------------------------------------------------


def fingerprint(context):
    return tuple(context.get(key) for key in ("cpu", "compiler", "num_cpus", "library_build_type"))


def reference_ratio(group):
    """ours beside what does not change when ours does."""
    name = group.matching("raw*") or group.best_rival() or next(iter(list(group.rows)[1:]), None)
    if name is not None:
        return group.ratio(name)
    return group.ours["min"] / next(iter(group.floor.rows.values()))["min"]


def best_of(runs):
    """One run out of several: the least that each row ever needed."""
    best = {}
    for groups in runs:
        for name, group in groups.items():
            known = best.setdefault(name, group)
            for row in group.rows:
                if row in known.rows:
                    least = min(known.rows[row]["min"], group.rows[row]["min"])
                    known.rows[row]["min"] = least
    return best


def slower(stored, new, suspects):
    """(group, times as slow, ratio's rise) of what is slower than stored; with suspects also what
    may be: slower in time or in ratio alone, which another run decides."""
    tolerance = 1 + float(os.environ.get("BENCH_TOLERANCE", "5")) / 100
    for name, old in stored.items():
        if name in new:
            time = new[name].ours["min"] / old.ours["min"]
            rise = reference_ratio(new[name]) / reference_ratio(old)
            if min(time, rise) > tolerance or (suspects and max(time, rise) > tolerance):
                yield new[name], time, rise


def load_runs(folders):
    """The groups of each folder, and all contexts."""
    loaded = [load(folder) for folder in folders]
    return [groups for groups, _ in loaded], sum((contexts for _, contexts in loaded), [])


def compare(stored_folder, folders, names_only):
    stored, contexts = load_runs(sorted(glob.glob(os.path.join(stored_folder, "[0-9]"))))
    runs, new_contexts = load_runs(folders)
    machines = {fingerprint(context) for context in contexts + new_contexts}
    if len(machines) != 1:
        print("bench.py: stored on another machine or by another compiler: not comparable",
              file=sys.stderr)
        return 2
    stored, new = best_of(stored), best_of(runs)
    found = list(slower(stored, new, names_only))
    if names_only:
        print("\n".join(sorted({group.program for group, _, _ in found})))
        return 0
    if not found and len(new) == 1:
        for name in set(stored) & set(new):
            print("# %s: %.3f ns, ratio %.3f; stored %.3f, %.3f" % (
                name, new[name].ours["min"], reference_ratio(new[name]), stored[name].ours["min"],
                reference_ratio(stored[name])))
    for group, time, rise in found:
        print("slower: %s/%s: %.2f times the stored time, ratio %.2f times the stored one" % (
            group.program, group.name, time, rise))
    for name in sorted(set(stored) - set(new)):
        print("# not measured now: " + name)
    print("%d groups compared, %d slower" % (len(set(stored) & set(new)), len(found)))
    return 1 if found else 0


def main(arguments):
    if len(arguments) < 2:
        fail("usage: table|costs|check|missed FOLDER..., plot FOLDER PICTURE, "
             "compare|slower STORED NEW...")
    mode, folder, rest = arguments[0], arguments[1], arguments[2:]
    if mode in ("compare", "slower") and rest:
        return compare(folder, rest, mode == "slower")
    if mode in ("check", "missed"):
        runs = [load(path)[0] for path in arguments[1:]]
        if mode == "check":
            return check(runs)
        print("\n".join(missed(runs)))
    elif mode == "plot" and len(rest) == 1:
        plot(load(folder)[0], rest[0])
    elif mode == "costs":
        costs(load(folder)[0])
    elif mode == "table":
        groups, contexts = load(folder)
        table(groups, "--short" in rest)
        legend(groups, contexts)
    else:
        fail("unknown: " + " ".join(arguments))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
