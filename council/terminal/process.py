"""What holds for the whole process, from before its parts are read; both programs begin with it."""

import os
import signal


def begin_process() -> None:
    """Let nobody else read the files that are made, and let Ctrl-C end the program without a word until it is up."""
    os.umask(0o077)
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # it may be ignored, as in the background
        signal.signal(signal.SIGINT, signal.SIG_DFL)
