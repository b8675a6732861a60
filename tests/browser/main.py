"""The portal as people use it: clicked in English and in Japanese, by keyboard, without scripts, on a phone."""

import argparse
import os
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

import portal
import sandbox_walk
from checks import Checks
from views import Views


class Scene:
    def __init__(self, views, checks, binary, work):
        self.views, self.that, self.binary, self.work = views, checks.that, binary, work


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--only", default="", help="cases whose name has this word")
    arguments.add_argument("--shots", type=Path, help="folder that screenshots are written to")
    options = arguments.parse_args()
    checks, work = Checks(), Path(os.environ["TMPDIR"])
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        scene = Scene(Views(browser, checks, options.shots), checks, os.environ["POSTSEAL"], work)
        for case in [*portal.CASES, *sandbox_walk.CASES]:
            if options.only in case.__name__ or case is portal.set_up:
                checks.run(case, scene)
        portal.stop()
        browser.close()
    return checks.close()


sys.exit(main())
