"""The cases in their order. See tests/e2e/run."""

import argparse
import faulthandler
import functools
import sys
import time

import delivery
import dns_stopped
import hosted
import loss
import operation
import policy_changes
import sendmail_cases
import signing
import spoofs
from checks import Checks
from scene import Scene

CASES = [*delivery.CASES, *spoofs.CASES, *signing.CASES, *sendmail_cases.CASES, *operation.CASES, *hosted.CASES, *policy_changes.CASES]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=2000, help="of the loss test; 0: without it")
    parser.add_argument("--rate", type=float, default=60, help="messages per second of the loss test")
    parser.add_argument("--every", type=float, default=3, help="seconds between kills in the loss test")
    parser.add_argument("--dns-stopped", type=float, default=8, help="seconds for which DNS hangs under load")
    parser.add_argument("--logs", action="store_true", help="show all logs at the end")
    parser.add_argument("--only", help="cases whose module or name has this word in it")
    options = parser.parse_args()
    # Says where it hangs, before whoever runs it gives up; half of it is what a slow machine needs.
    faulthandler.dump_traceback_later(1200 + 2 * options.dns_stopped + 3 * options.messages / options.rate, exit=True)
    checks, start = Checks(), time.monotonic()
    scene = Scene(checks)
    scene.start()
    print(f"      servers up: {time.monotonic() - start:.1f} s", flush=True)
    for case in CASES:
        if not options.only or options.only in f"{case.__module__}.{case.__name__}":
            checks.run(case, scene)
    for case in (dns_stopped.with_a_warm_cache, dns_stopped.with_a_cold_cache):
        if not options.only or options.only in f"{case.__module__}.{case.__name__}":
            checks.run(functools.partial(case, seconds=options.dns_stopped), scene)
    if options.messages:
        checks.run(functools.partial(loss.nothing_lost, count=options.messages, rate=options.rate, every=options.every), scene)
    if checks.failed or options.logs:
        for path, lines in scene.logs(10**9 if options.logs else 40):
            print(f"--- the end of {path}", *lines, sep="\n    ")
    return checks.close()


if __name__ == "__main__":
    sys.exit(main())
