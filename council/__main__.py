"""Makes `python -m council` the terminal."""

import sys

from council.terminal.cli import main

if __name__ == "__main__":
    sys.exit(main())
