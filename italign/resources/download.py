"""Download over HTTP with retries, going on where an earlier download broke off."""

import logging
import time
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from ssl import SSLError
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

N_TRIES = 5        # in a row without a new byte
FIRST_WAIT_S = 1.0  # doubled after each of them
TIMEOUT_S = 60     # without a byte
CHUNK = 1 << 20
PROGRESS_S = 10
TRY_AGAIN = {408, 425, 429, 500, 502, 503, 504}  # HTTP: busy or broken for the moment
NOTHING_LEFT = 416  # HTTP: the range asked for begins at or behind the end


def download(url: str, part: Path, first_wait_s: float = FIRST_WAIT_S) -> None:
    """Download into a file that may hold the beginning already.

    Parameters
    ----------
    url : str
        http or https.
    part : Path
        Grows; stays as it is when the download fails, for the next try. What it holds is not
        compared with anything here.
    first_wait_s : float
        Pause after the first failure, s.

    Raises
    ------
    ConnectionError
        With the URL and the bytes so far: if the server refuses, or after `N_TRIES` tries in a row
        that brought nothing.
    """
    n_failed = 0
    while True:
        before = _size(part)
        try:
            return _continue(url, part)
        except (URLError, SSLError, ConnectionError, TimeoutError, HTTPException) as error:
            n_failed = 1 if _size(part) > before else n_failed + 1
            if n_failed == N_TRIES or _is_final(error):
                raise ConnectionError(f"{url}: {_words(error)} (after {_size(part):,} bytes)"
                                      ) from error
            wait_s = first_wait_s * 2 ** (n_failed - 1)
            logging.info("%s: %s; going on at byte %d in %.0f s", url, _words(error), _size(part),
                         wait_s)
            time.sleep(wait_s)


def _continue(url: str, part: Path) -> None:
    """One request for what is missing."""
    start = _size(part)
    headers = {"User-Agent": "italign", "Accept-Encoding": "identity"}
    if start:
        headers["Range"] = f"bytes={start}-"
    try:
        with urlopen(Request(url, headers=headers), timeout=TIMEOUT_S) as response:
            # A server that knows no ranges answers 200 and starts again.
            start = start if response.status == 206 else 0
            expected = _expected_bytes(response, start)
            with part.open("ab" if start else "wb") as handle:
                _copy(response, handle, start, expected)
    except HTTPError as error:
        if error.code != NOTHING_LEFT or not start:
            raise
        return  # whole, or of another file: the hash tells
    if expected is not None and _size(part) != expected:
        raise ConnectionError(f"broke off at {_size(part):,} of {expected:,} bytes")


def _expected_bytes(response: HTTPResponse, start: int) -> int | None:
    length = response.headers.get("Content-Length")
    return None if length is None else start + int(length)


def _copy(response: HTTPResponse, handle, n_bytes: int, expected: int | None) -> None:
    """Copy to the end, with a line in the log from time to time."""
    began = last = time.monotonic()
    n_before = n_bytes
    while chunk := response.read1(CHUNK):
        handle.write(chunk)
        n_bytes += len(chunk)
        now = time.monotonic()
        if now - last >= PROGRESS_S:
            last, rate = now, (n_bytes - n_before) / (now - began)
            left = f", {(expected - n_bytes) / rate:.0f} s left" if expected else ""
            logging.info("%.1f of %s MB, %.1f MB/s%s", n_bytes / 1e6,
                         f"{expected / 1e6:.1f}" if expected else "?", rate / 1e6, left)


def _is_final(error: Exception) -> bool:
    return isinstance(error, HTTPError) and error.code not in TRY_AGAIN


def _words(error: Exception) -> str:
    if isinstance(error, HTTPError):
        return f"the server answers {error.code} {error.reason}"
    reason = error.reason if isinstance(error, URLError) else error
    return f"{type(reason).__name__}: {reason}" if str(reason) else type(reason).__name__


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
