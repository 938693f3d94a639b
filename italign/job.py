"""What surrounds the work of every script: log file, thread count, provenance."""

import gc
import hashlib
import json
import logging
import sys
import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import gettempdir

# While a script imports, very many objects come to stay; looking for garbage among them takes a
# tenth of its start. `job` looks again.
if hasattr(getattr(sys.modules["__main__"], "snakemake", None), "wildcards"):
    gc.disable()

from italign import io
from italign.disk import refusal


@contextmanager
def job(log: str, rule: str, config: dict, threads: int = 1) -> Iterator[None]:
    """Send logging, stderr and any traceback to the log file; fix threads; set provenance.

    Parameters
    ----------
    log : str
        Log file; Snakemake names it but redirects nothing into it.
    rule : str
        Written into the attributes of every file made inside.
    config : dict
        The whole config; its hash is written into the attributes.
    threads : int
        Threads for torch, so that results do not depend on the machine's core count. (Snakemake
        sets the same for BLAS.)
    """
    # What was imported stays to the end: collecting garbage among it slows work and exit.
    gc.freeze()
    gc.enable()
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(threads)
    digest = hashlib.sha256(json.dumps(config, sort_keys=True).encode()).hexdigest()[:12]
    io.PROVENANCE.update(rule=rule, config_hash=digest, world_seed=str(config.get("seed", "")))
    console, failure = sys.stderr, None
    try:
        with _logged_to(log, rule):
            try:
                yield
            except BaseException as error:
                failure = error
                raise
    except BaseException as error:  # the job's, or on a full disk the log's, which then comes last
        print(_line(rule, failure or error, log), file=console)
        raise SystemExit(1) from None
    finally:
        gc.freeze()  # nor is anything searched at exit


@contextmanager
def _logged_to(log: str, rule: str) -> Iterator[None]:
    with open(log, "w", buffering=1) as handle:
        console, sys.stderr = sys.stderr, handle
        logging.basicConfig(stream=handle, level=logging.INFO, force=True,
                            format="%(asctime)s %(message)s")
        start = time.monotonic()
        logging.info("start %s", rule)
        try:
            yield
        except BaseException:
            traceback.print_exc(file=handle)
            raise
        finally:
            logging.info("end %s after %.1f s", rule, time.monotonic() - start)
            sys.stderr = console


def _line(rule: str, error: BaseException, log: str) -> str:
    results = Path(log).parent.parent.parent  # results/<world>/logs/<rule>/<wildcards>.log
    return f"{rule}: {refusal(error, results, 'resources/files', gettempdir()) or error}"


def keywords(params: dict) -> dict:
    """Named params of a rule as keyword arguments, less ``code``, which only triggers re-runs."""
    return {name: value for name, value in params.items() if name != "code"}


def listed(given: Sequence[str] | str) -> list[str]:
    """Paths of a rule's input as a list: a script gets one as a word, several or none as a list."""
    return [given] if isinstance(given, str) else list(given)


def by_stem(given: Sequence[str] | str) -> dict[str, str]:
    """Paths by file name without suffix, which is the name of a figure or caption."""
    return {Path(path).stem: path for path in listed(given)}
