"""Postseal beside OpenDKIM with OpenDMARC and beside rspamd, under the same load in one run.

    bench/milter [--rounds 3] [--seconds 3] [--only race,memory,domains] [--absolute]

race     1 000 messages of 10 KiB from 200 domains (a tenth unsigned, a tenth altered, a tenth with an ARC set) over 1, 16 and 64
         connections, unix socket and TCP, a connection per message, and at a steady rate. Filters take turns within each row, in
         another order in each round. All log, all ask one resolver with warm caches.
memory   of Postseal: 200 000 messages, 25 MiB messages 16 at once, 5 000 idle sessions.
domains  own mail signed with 10 domains and with 100 000, beside OpenDKIM's tables.

CPU is that of the filter's processes, children included. A ratio is the median of each round's own ratio. Bars are ratios to a
peer in the same run; with --absolute the figures of the machine that they were set on.
"""

import argparse
import os
import statistics
import sys

import domains
import memory
import race
from daemons import WORK, Resolver, Syslog
from mta import Load, corpus
from process import wait_until
from report import Report


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--only", default="race,memory,domains")
    parser.add_argument("--absolute", action="store_true", help="the bars of the machine that they were set on")
    options = parser.parse_args()
    load = Load(os.environ["LOAD"])
    report = Report(options.absolute)
    mixed = corpus(load, WORK / "mixed")
    resolver = Resolver(mixed / "zone")
    syslog = Syslog()
    syslog.start()
    resolver.start()
    try:
        print(f"load average {os.getloadavg()[0]:.1f} at the start", flush=True)
        for part in options.only.split(","):
            PARTS[part](load, mixed, options, report)
        print(f"load average {os.getloadavg()[0]:.1f} at the end; {syslog.lines} lines to syslog", flush=True)
    finally:
        resolver.kill()
    return report.end()


PARTS = {"race": race.run, "memory": memory.run, "domains": domains.run}

if __name__ == "__main__":
    sys.exit(main())
