"""What was looked at, and how it came out."""

import time
import traceback


class Checks:
    def __init__(self):
        self.passed, self.failed, self.notes = 0, 0, []

    def that(self, good, what, said=""):
        """`said`: what there was instead, shown where it is not good."""
        if good:
            self.passed += 1
            print(f"ok    {what}", flush=True)
        else:
            self.failed += 1
            print(f"FAIL  {what}\n      {said!s:.3000}", flush=True)
        return good

    def run(self, case, scene):
        start, title = time.monotonic(), getattr(case, "func", case).__doc__
        try:
            case(scene)
        except Exception:  # one case must not end the others
            self.that(False, title, traceback.format_exc())
        print(f"      {title}: {time.monotonic() - start:.1f} s", flush=True)

    def close(self):
        for note in self.notes:
            print(f"note: {note}")
        print(f"e2e: {self.passed} passed, {self.failed} failed")
        return 1 if self.failed or not self.passed else 0
