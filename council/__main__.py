"""Makes `python -m council` the terminal."""

import signal
import sys

if __name__ == "__main__":
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # it may be ignored, as in the background
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # a Ctrl-C before or after the command ends it without a word

    from council.terminal.cli import main

    sys.exit(main())
