"""Own mail, signed with ten domains and with 100 000."""

import os
import statistics
import subprocess
import time
from pathlib import Path

from daemons import WORK, OpenDkim, Postseal

FEW, MANY = 10, 100_000


def run(load, _mixed, options, report):
    record = make_keys()
    names = {count: [f"d{number}.example" for number in range(count)] for count in (FEW, MANY)}
    makers = {"postseal": postseal, "opendkim": opendkim}
    figures = {}
    for turn in range(options.rounds):
        for name, count in [(name, count) for count in (FEW, MANY) for name in makers]:
            figures.setdefault((name, count), []).append(measure(makers[name](names[count]), names[count], record, load, options, report))
        print(f"round {turn + 1}: load average {os.getloadavg()[0]:.1f}", flush=True)
    report.section(
        "Own mail of so many signing domains, rsa-2048, 10 KiB",
        ["filter", "domains", "ready s", "CPU s of the start and what follows it", "CPU s / 1 000", "resident MiB"],
    )

    def median(name, count, key):
        return statistics.median(one[key] for one in figures[name, count])

    for name, count in figures:
        cells = (median(name, count, key) for key in ("ready", "after", "cpu", "rss"))
        report.row(name, count, *(f"{cell:.3f}" for cell in cells))
    ready = median("postseal", MANY, "ready")
    ratio = statistics.median(a["ready"] / b["ready"] for a, b in zip(figures["postseal", MANY], figures["opendkim", MANY]))
    report.either("ready s with 100 000 domains", ready, 0.3, ratio, 1.5, "OpenDKIM")
    report.bar("MiB with 100 000 domains", median("postseal", MANY, "rss"), most=200)
    costs = (a["cpu"] / b["cpu"] for a, b in zip(figures["postseal", MANY], figures["postseal", FEW]))
    report.bar("cost of signing, 100 000 domains to ten", statistics.median(costs), most=1.1)


def make_keys():
    """One key under a name for each domain: hard links. Its record."""
    folder = WORK / "keys"
    folder.mkdir(mode=0o700)
    key = folder / "key.pem"
    subprocess.run(["openssl", "genpkey", "-quiet", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", key], check=True)
    os.chmod(key, 0o600)
    for number in range(MANY):
        os.link(key, folder / f"d{number}.example.pem")
    public = subprocess.run(["openssl", "pkey", "-in", key, "-pubout"], capture_output=True, text=True, check=True).stdout
    return "v=DKIM1; k=rsa; p=" + "".join(line for line in public.splitlines() if not line.startswith("-"))


def postseal(names):
    return Postseal(os.environ["POSTSEAL"], "".join(f"{name} s1 {WORK}/keys/{name}.pem\n" for name in names))


def opendkim(names):
    keys = "".join(f"s1._domainkey.{name} {name}:s1:{WORK}/keys/{name}.pem\n" for name in names)
    return OpenDkim((keys, "".join(f"{name} s1._domainkey.{name}\n" for name in names)))


def measure(filter, names, record, load, options, report):
    """Mail of domains from the whole table, so that a search from its front shows."""
    ready = filter.start()
    try:
        after = settle([process.process.pid for _, process in filter.processes])
        senders = ",".join(names[:: len(names) // FEW][:FEW])
        arguments = ["--sign", senders, "--key-record", record, "--connections", "16"]
        load.run(filter.places("unix"), filter.pids("unix"), *arguments, "--messages", "200")
        said = load.run(filter.places("unix"), filter.pids("unix"), *arguments, "--seconds", options.seconds)
        report.check(f"{filter.name}, {len(names)} domains", said)
        return {"ready": ready, "after": after, "cpu": said["cpu"], "rss": said["rss"] / 1024}
    finally:
        filter.stop()


def settle(pids):
    """Waits until what a filter does beside the mail path after its start (Postseal looks at every key file) is done; its CPU seconds."""

    def ticks():
        stats = (Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split() for pid in pids)
        return sum(int(stat[11]) + int(stat[12]) for stat in stats)

    begun, last = time.monotonic(), -1
    while ticks() != last and time.monotonic() - begun < 60:
        last = ticks()
        time.sleep(0.5)
    return last / os.sysconf("SC_CLK_TCK")
