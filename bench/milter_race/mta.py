"""The load: milter-load, which speaks the MTA's side and checks what filters add."""

import json
import subprocess


def corpus(load, folder, *arguments):
    folder.mkdir()
    load.call("make", "--corpus", folder, *arguments)
    return folder


class Load:
    def __init__(self, binary):
        self.binary = binary

    def call(self, *arguments):
        words = [str(word) for word in (self.binary, *arguments)]
        done = subprocess.run(words, capture_output=True, text=True, timeout=900)
        if done.returncode != 0:
            raise SystemExit(f"{' '.join(words)}\n{done.stderr}")
        return done.stdout

    def run(self, places, pids, *arguments):
        return json.loads(self.call("run", "--to", ",".join(places), "--pid", ",".join(pids), *arguments))

    def idle(self, places, pids, connections):
        said = self.call("idle", "--to", ",".join(places), "--pid", ",".join(pids), "--connections", connections)
        return json.loads(said)
