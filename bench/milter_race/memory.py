"""What Postseal holds in memory."""

import os

from daemons import WORK, Postseal
from mta import corpus

MIB = 1024  # KiB


def run(load, mixed, options, report):
    large = corpus(load, WORK / "large", "--count", "1", "--size", str(25 * 1024 * 1024))
    node = Postseal(os.environ["POSTSEAL"])
    node.start()
    try:
        places, pids = node.places("unix"), node.pids("unix")
        report.section("Memory of Postseal", ["", "resident before, MiB", "after", "peak"])

        def row(what, *arguments, checks=node.checks):
            said = load.run(places, pids, *arguments, "--check", checks)
            report.check(what, said)
            report.row(what, *(f"{said[key] / MIB:.1f}" for key in ("rss_before", "rss", "peak")))
            return said

        first = row("20 000 messages", "--corpus", mixed, "--connections", "16", "--messages", "20000")
        rest = row("180 000 more", "--corpus", mixed, "--connections", "16", "--messages", "180000")
        arguments = ("--corpus", large, "--connections", "16", "--messages", "64")
        big = row("64 messages of 25 MiB, 16 at once", *arguments, checks="spf,dmarc")  # the zone has another key
        idle = load.idle(places, pids, 5000)
        report.row("5 000 idle sessions", f"{idle['rss_before'] / MIB:.1f}", f"{idle['rss'] / MIB:.1f}", "")
    finally:
        node.stop()
    report.bar("MiB more after 180 000 further messages", (rest["rss"] - first["rss"]) / MIB, most=4)
    report.bar("MiB of peak above idle with 25 MiB messages", (big["peak"] - big["rss_before"]) / MIB, most=32)
    report.bar("MB with 5 000 idle sessions", idle["rss"] * 1024 / 1e6, most=200)
