"""Calls over a network, which may never return."""

import asyncio
import threading
import time
from concurrent.futures import Future, wait

from fer_classic.errors import FerClassicError

#: Seconds between two looks at work that is waited for.
POLL = 1


def watched(call, excuse):
    """Result of a call that may never return.

    Parameters
    ----------
    call, excuse : callable
        ``excuse()`` is asked every second why to give the call up; "" for no reason.

    Raises
    ------
    FerClassicError
        With the reason.
    """
    outcome = Future()

    def work():
        try:
            outcome.set_result(call())
        except BaseException as error:
            outcome.set_exception(error)

    threading.Thread(target=work, daemon=True).start()
    while not wait([outcome], POLL).done:
        if reason := excuse():
            raise FerClassicError(reason)
    return outcome.result()


def within(seconds, call, complaint):
    """Result of a call, or an error that begins with a complaint.

    Raises
    ------
    FerClassicError
        The call took longer, or failed as calls over a network do.
    """
    end = time.monotonic() + seconds
    late = f"{complaint}: no answer within {seconds} s. Start the cluster anew."
    try:
        return watched(call, lambda: late if time.monotonic() > end else "")
    except (OSError, ValueError, RuntimeError, asyncio.TimeoutError) as error:
        if isinstance(error, FerClassicError):
            raise
        raise FerClassicError(f"{complaint}: {error}. Start the cluster anew.") from None
