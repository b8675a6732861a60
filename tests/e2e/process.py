"""Programs that run beside the test, and waiting for what they do."""

import os
import signal
import socket
import subprocess
import time

PATIENCE = int(os.environ.get("E2E_PATIENCE", 90))  # seconds; what is waited for is normally done in one


class Timeout(Exception):
    pass


def wait_until(what, condition, seconds=PATIENCE):
    """The first truthy answer of `condition`."""
    end = time.monotonic() + seconds
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > end:
            raise Timeout(f"not within {seconds} s: {what}")
        time.sleep(0.02)


def waited_for_the_machine():
    """Seconds until now in which anybody here waited for a core or a disk (PSI); 0 where the kernel does not count."""
    seconds = 0.0
    for what in ("cpu", "io"):
        try:
            with open(f"/proc/pressure/{what}") as file:
                seconds += int(file.readline().rsplit("total=", 1)[1]) / 1e6
        except OSError:
            pass
    return seconds


def listens(address, port):
    """Whether an SMTP server greets there."""
    try:
        with socket.create_connection((address, port), timeout=5) as link:
            return link.recv(3) == b"220"
    except OSError:
        return False


class Process:
    """A program in the foreground, its output in a file."""

    def __init__(self, name, command, log, **environment):
        self.name, self.command, self.log = name, [str(word) for word in command], log
        self.environment = {**os.environ, **environment}
        self.process = None

    def start(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.environment
            )

    def runs(self):
        return self.process is not None and self.process.poll() is None

    def kill(self):
        self.process.kill()
        self.process.wait()

    def terminate(self):
        """Seconds it took to end, and its exit status."""
        start = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(timeout=PATIENCE)
        return time.monotonic() - start, status
