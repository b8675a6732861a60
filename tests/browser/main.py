"""The portal as people use it: clicked in English and in Japanese, by keyboard, without scripts, on a phone."""

import argparse
import os
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

import gallery
import hostile
import portal
import sandbox_walk
from checks import Checks
from views import Views


# Which share nothing, and run beside each other.
LANES = {
    "portal": [
        portal.set_up, gallery.pages_without_anything, portal.walk_in_english, portal.walk_in_japanese, portal.by_keyboard,
        portal.without_scripts, gallery.pages, gallery.doors,
    ],
    "hostile": [portal.set_up, *hostile.CASES],
    "sandbox": [*sandbox_walk.CASES, hostile.hostile_sandbox],
}


class Scene:
    def __init__(self, views, checks, binary, work):
        self.views, self.that, self.binary, self.work = views, checks.that, binary, work


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--only", default="", help="cases whose name has this word")
    arguments.add_argument("--shots", type=Path, help="folder that screenshots are written to")
    arguments.add_argument("--lane", choices=LANES, default="portal", help="whose pages")
    options = arguments.parse_args()
    checks, work = Checks(), Path(os.environ["TMPDIR"])
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        scene = Scene(Views(browser, checks, options.shots), checks, os.environ["POSTSEAL"], work)
        chosen = [case for case in LANES[options.lane] if options.only in case.__name__]
        if options.lane != "sandbox" and portal.set_up not in chosen:
            chosen[:0] = [portal.set_up] if chosen else []
        for case in chosen:
            checks.run(case, scene)
        portal.stop()
        browser.close()
    return checks.close() if chosen else 0


sys.exit(main())
