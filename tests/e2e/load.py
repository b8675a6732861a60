"""Work at a steady rate, whatever becomes of it."""

import threading
import time


class Load:
    """Calls `deliver(number)` `rate` times a second, `count` times or until it is ended. As many calls as there are
    `senders` may be under way at once."""

    def __init__(self, deliver, rate, senders, count=None):
        self.deliver, self.rate, self.count = deliver, rate, count
        self.begun = self.finished = self.next = 0
        self.lock, self.ended, self.start = threading.Lock(), threading.Event(), time.monotonic()
        self.threads = [threading.Thread(target=self.go, daemon=True) for _ in range(senders)]

    def take(self):
        """The next number, at its time; None where there is none."""
        with self.lock:
            number, self.next = self.next, self.next + 1
        if self.count is not None and number >= self.count:
            return None
        if self.ended.wait(max(0.0, self.start + number / self.rate - time.monotonic())):
            return None
        with self.lock:
            self.begun += 1
        return number

    def go(self):
        while (number := self.take()) is not None:
            self.deliver(number)
            with self.lock:
                self.finished += 1

    def run(self):
        for thread in self.threads:
            thread.start()

    def runs(self):
        return any(thread.is_alive() for thread in self.threads)

    def end(self, seconds):
        """Begins nothing more, and waits for what was begun. True where all of it came to its end."""
        self.ended.set()
        until = time.monotonic() + seconds
        for thread in self.threads:
            thread.join(max(0.0, until - time.monotonic()))
        return not self.runs() and self.finished == self.begun
