"""What holds for the whole process, from before its parts are read; both programs begin with it."""

import os
import resource
import signal

HANDLES = 8192


def begin_process() -> None:
    """Let nobody else read the files that are made, and let Ctrl-C end the program without a word until it is up.

    Take as many handles for files and connections as the system gives without being asked for more, within reason.
    """
    os.umask(0o077)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = HANDLES if hard == resource.RLIM_INFINITY else min(HANDLES, hard)
    if soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # it may be ignored, as in the background
        signal.signal(signal.SIGINT, signal.SIG_DFL)
