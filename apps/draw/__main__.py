"""``python -m apps.draw``: the same as ``inkdigits draw``."""

import sys

from apps.cli import main

if __name__ == "__main__":
    sys.exit(main(["draw", *sys.argv[1:]]))
