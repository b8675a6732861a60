"""The filters in turns."""

import os
import statistics

from daemons import Chain, Postseal, Rspamd

# What each row adds to the arguments of the load, and its socket.
ROWS = {
    "unix, 1 connection": ("unix", ["--connections", "1"]),
    "unix, 16 connections": ("unix", ["--connections", "16"]),
    "unix, 64 connections": ("unix", ["--connections", "64"]),
    "TCP, 1 connection": ("inet", ["--connections", "1"]),
    "TCP, 16 connections": ("inet", ["--connections", "16"]),
    "TCP, 64 connections": ("inet", ["--connections", "64"]),
    "unix, a connection per message, 4 at once": ("unix", ["--connections", "4", "--per-message", "yes"]),
    "unix, 16 connections, 100 messages/s": ("unix", ["--connections", "16", "--rate", "100"]),
}

# Of the load's answer, with so many digits.
SHOWN = {"cpu": 4, "generator_cpu": 4, "rate": 0, "p50": 2, "p99": 2}


def run(load, mixed, options, report):
    filters = [Postseal(os.environ["POSTSEAL"]), Chain(), Rspamd()]
    figures = {}  # (row, filter): one answer of the load for each round
    try:
        for each in filters:
            print(f"{each.name}: answers {each.start():.3f} s after its start", flush=True)
            for kind in ("unix", "inet"):  # caches are warm afterwards
                load.run(each.places(kind), each.pids(kind), "--corpus", mixed, "--messages", "1500", "--connections", "4")
        for turn in range(options.rounds):
            for row, (kind, arguments) in ROWS.items():
                for each in filters[turn % 3:] + filters[:turn % 3]:
                    said = load.run(
                        each.places(kind), each.pids(kind), "--corpus", mixed, "--seconds", options.seconds, "--check", each.checks, *arguments
                    )
                    report.check(f"{each.name}, {row}", said)
                    figures.setdefault((row, each.name), []).append(said)
            print(f"round {turn + 1}: load average {os.getloadavg()[0]:.1f}", flush=True)
    finally:
        for each in filters:
            each.stop()
    tell(figures, report)


def tell(figures, report):
    report.section(
        "Milters, 10 KiB", ["", "filter", "CPU s / 1 000", "generator", "msg/s", "p50 ms", "p99 ms", "fewest / most", "Postseal's CPU is"]
    )
    for (row, name), said in figures.items():
        fairness = "" if "--rate" in ROWS[row][1] else f"{least_fair(said):.2f}"
        own = "" if name == "postseal" else f"{ratio(figures, row, name, 'cpu'):.3f} x"
        cells = (f"{median(said, key):.{digits}f}" for key, digits in SHOWN.items())
        report.row(row, name, *cells, fairness, own)
    bars(figures, report)


def bars(figures, report):
    def of(row, key, name="postseal"):
        return median(figures[row, name], key)

    busy, alone, many = "unix, 16 connections", "TCP, 1 connection", "unix, a connection per message, 4 at once"
    report.either("CPU s / 1 000, 16 connections", of(busy, "cpu"), 0.045, ratio(figures, busy, "rspamd", "cpu"), 0.11, "rspamd")
    report.either("TCP p50 ms, 1 connection", of(alone, "p50"), 0.3, ratio(figures, alone, "rspamd", "p50"), 0.65, "rspamd")
    fairness = least_fair(figures["unix, 64 connections", "postseal"])
    report.bar("fewest / most of 64 equal connections", fairness, least=0.8)
    # The first machine's sum of both bars beside rspamd's figure there: (0.045 + 0.03) / 0.45.
    extra = {name: of(many, "cpu", name) - of(busy, "cpu", name) for _, name in figures}
    more = "CPU s / 1 000 more with a connection per message"
    report.either(more, extra["postseal"], 0.03, ratio(figures, many, "rspamd", "cpu"), 0.17, "rspamd, both whole")
    print("\n- that row less the row of 16 connections: " + ", ".join(f"{name} {value:+.3f}" for name, value in extra.items()))


def least_fair(said):
    return min(one["fewest"] / max(one["most"], 1) for one in said)


def ratio(figures, row, peer, key):
    """The median of each round's own ratio of Postseal to a peer."""
    pairs = zip(figures[row, "postseal"], figures[row, peer])
    return statistics.median(ours[key] / theirs[key] for ours, theirs in pairs)


def median(said, key):
    return statistics.median(one[key] for one in said)
