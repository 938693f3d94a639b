"""Flat file of little-endian int16, sample after sample, every channel in each.

The session sheet says all the rest: n_channels (columns, the sync column among them),
sampling_rate_hz and uv_per_bit. Channels are numbered by column, from 0. A file of any name is
taken for one, except where its ending says that it is another kind: its header would be read as
voltage.
"""

import numpy as np

from italign.recordings.integrity import problem
from italign.recordings.readers._blackrock_sync import NSX
from italign.recordings.readers._channels import (
    agreed,
    full_range,
    kept_channels,
    only_file,
    sync_column,
)
from italign.recordings.readers._flat import n_records, records
from italign.recordings.records import Level, Recording
from italign.recordings.segments import gapless

NOT_FLAT = (".rhd", ".rhs", *NSX, ".nev", ".nwb", ".nc", ".h5", ".mat")


def int16(files: list[str], session: dict) -> Recording:
    """Open a flat file.

    Raises
    ------
    ValueError
        If the sheet leaves a number open, or the file does not hold whole samples or is named as
        one of another kind.
    """
    file = only_file(session, files)
    if file.lower().endswith(NOT_FLAT):
        raise problem(session, file, "is no flat file of int16 by its ending; correct `files` or "
                      "`format` in the session sheet")
    n_columns = int(agreed(session, "n_channels", None, file, 0))
    uv_per_bit = agreed(session, "uv_per_bit", None, file, 0)
    rate_hz = agreed(session, "sampling_rate_hz", None, file, 0)
    sample = np.dtype([("counts", "<i2", (n_columns,))])
    segments = gapless(n_records(session, file, sample), rate_hz)

    def column_chunks(columns):
        chunks = records(file, sample, 0, segments.n_samples)
        return (chunk["counts"][:, columns] for chunk in chunks)

    columns, sync = sync_column(session, file, list(range(n_columns)))
    kept, findings = kept_channels(session, file, columns, [str(x) for x in columns])
    voltage = np.array(columns)[kept]
    level = None if sync is None else Level(segments, lambda: column_chunks(sync), digital=False)
    return Recording(segments, uv_per_bit, voltage.astype(np.int32),
                     lambda: column_chunks(voltage), "recorded (int16)", full_range(len(kept)),
                     level, findings)
