"""Nothing is lost, doubled or sent unsigned while nodes are killed, restarted and reloaded."""

import re
import threading
import time

from mail import arrived, count_of, message, send
from process import Timeout

JO = "jo@contoso.example"
SENDERS = 8
USER = "loss"


class Load:
    """`count` messages at `rate` per second; whoever is told 4xx tries again, as a mail server does."""

    def __init__(self, count, rate):
        self.count, self.rate, self.next = count, rate, 0
        self.lock, self.start = threading.Lock(), time.monotonic()
        self.accepted, self.deferred, self.refused = [], 0, []
        self.threads = [threading.Thread(target=self.go, daemon=True) for _ in range(SENDERS)]

    def take(self):
        with self.lock:
            number, self.next = self.next, self.next + 1
        if number >= self.count:
            return None
        time.sleep(max(0.0, self.start + number / self.rate - time.monotonic()))
        return number

    def go(self):
        while (number := self.take()) is not None:
            octets = message(subject=f"loss {number}", to=f"{USER}@tailspin.example", message_id=f"loss-{number}@e2e.test")
            while not (reply := send(octets, f"{USER}@tailspin.example", login=JO)).accepted:
                if reply.code >= 500:
                    self.refused.append((number, reply))
                    break
                with self.lock:
                    self.deferred += 1
                time.sleep(0.2)
            else:
                self.accepted.append(number)

    def run(self):
        for thread in self.threads:
            thread.start()

    def runs(self):
        return any(thread.is_alive() for thread in self.threads)


def trouble(scene, load, every, done):
    """Kills one node after the other, and reloads in between; once in a while an orderly restart."""
    turn = 0
    while load.runs():
        time.sleep(every / 2)
        node = scene.nodes[turn % 2]
        if turn % 5 == 4:
            node.restart()
            done["restarted"] += 1
        else:
            node.kill()
            time.sleep(0.2)
            node.start()
            done["killed"] += 1
        time.sleep(every / 2)
        scene.nodes[(turn + 1) % 2].hang_up()
        done["reloaded"] += 1
        turn += 1


def nothing_lost(scene, count, rate, every):
    """Nothing lost, doubled or unsigned while nodes are killed"""
    load, done = Load(count, rate), {"killed": 0, "restarted": 0, "reloaded": 0}
    load.run()
    trouble(scene, load, every, done)
    wait_for_all(scene, len(load.accepted))
    time.sleep(1)
    seconds = time.monotonic() - load.start
    words = ", ".join(f"{number} times {what}" for what, number in done.items())
    title = f"{count} messages at {rate}/s, nodes {words}"
    scene.that(len(load.accepted) == count and not load.refused, f"{title}: all accepted, {load.deferred} answers of 4xx", load.refused[:3])
    messages = arrived(USER, 0)
    numbers = sorted(int(re.search(r"loss (\d+)", m.fields("Subject")[0])[1]) for m in messages)
    expected = sorted(load.accepted)
    missing, doubled = set(expected) - set(numbers), len(numbers) - len(set(numbers))
    for number in sorted(missing)[:3]:
        print(*(f"      {line}" for line in course_of(f"<loss-{number}@e2e.test>", scene)), sep="\n")
    scene.that(numbers == expected, "every accepted message arrives exactly once", f"missing: {sorted(missing)[:20]}; {doubled} doubled")
    unsigned = [m.octets for m in messages if m.signed_by() != ["contoso.example"]]
    scene.that(not unsigned, "every one is signed once", unsigned[:1])
    unjudged = [m.octets for m in messages if not m.says("dkim=pass", "dmarc=pass")]
    scene.that(not unjudged, "every one is judged once: dkim=pass, dmarc=pass", unjudged[:1])
    scene.checks.notes.append(f"{title}: {len(numbers)} arrived once, {load.deferred} deferred, {seconds:.0f} s")


def wait_for_all(scene, count):
    """A queue manager that finds a message "still being delivered" lets it lie for long, which the short times between
    attempts here make likely: so the queues are flushed."""
    for _ in range(20):
        try:
            return arrived(USER, count, 3)
        except Timeout:
            for server in (scene.sender, scene.receiver):
                server.run("postqueue", "-f")
    print(f"      {count_of(USER)} of {count} have arrived; queues: {[p.queue()[:2] for p in (scene.sender, scene.receiver)]}")


def course_of(message_id, scene):
    """What the servers and nodes logged of it."""
    for log in (scene.sender.log, scene.sending.log, scene.receiver.log, scene.receiving.log):
        lines = log.read_text(errors="replace").splitlines()
        if log in (scene.sender.log, scene.receiver.log):
            queue_ids = {re.search(r": ([0-9A-F]+): message-id=", line)[1] for line in lines if f"message-id={message_id}" in line}
        yield from (line for line in lines if any(re.search(rf"\b{queue_id}\b", line) for queue_id in queue_ids))
