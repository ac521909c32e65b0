"""Makes `python -m council` the terminal."""

import sys

from council.terminal.process import begin_process

if __name__ == "__main__":
    begin_process()

    from council.terminal.cli import main

    sys.exit(main())
