"""Blackrock recordings: voltage of one NSx file (.ns5, .ns6), digital events of its .nev.

A channel is numbered by its electrode id. The sync channel of the sheet is ``digital_input_port``
or ``serial_input_port`` (every event of the .nev is a pulse and its word the code), one line of
them (``digital_input_port:3``, bit from 0), or the label or id of an analog input in the NSx file.
"""

import numpy as np

from italign.messages import first_names
from italign.recordings.integrity import problem
from italign.recordings.readers._blackrock_sync import NSX, find_sync, nev_of
from italign.recordings.readers._channels import (
    RATE_TOLERANCE,
    SCALE_TOLERANCE,
    agree_on_channels,
    agreed,
    check_extension,
    kept_channels,
    one_scale,
)
from italign.recordings.readers._nsx import Nsx, read_nsx
from italign.recordings.records import Recording

# A digitization factor of 152592.547 nV does not fit its 16 bits; 21516 is what is left of it
# (Blackrock's NPMK, openNEV).
OVERFLOWN_NV, ANALOG_INPUT_NV = 21516, 152592.547


def blackrock(files: list[str], session: dict) -> Recording:
    """Open a Blackrock recording.

    Parameters
    ----------
    files : list of str
        One .ns1 to .ns6 with the voltage; a .nev where the sync channel is digital.
    session : dict
        Row of the session sheet.

    Raises
    ------
    ValueError
        If a file is damaged, channels kept have different scales, or sheet and file disagree.
    """
    for file in files:
        check_extension(session, file, (*NSX, ".nev"))
    voltage = [file for file in files if not file.lower().endswith(".nev")]
    if len(voltage) != 1:
        raise problem(session, ", ".join(files), f"expected one of {', '.join(NSX)} beside the "
                      f".nev, found {len(voltage)}")
    nsx = read_nsx(session, voltage[0])
    agreed(session, "sampling_rate_hz", nsx.segments.sampling_rate_hz, nsx.file, RATE_TOLERANCE)
    agree_on_channels(session, nsx.file, len(nsx.electrode))
    sync, sync_row = find_sync(session, files, nsx)
    rows = np.delete(np.arange(len(nsx.electrode)), [] if sync_row is None else sync_row)
    kept, findings = kept_channels(session, nsx.file, [nsx.electrode[row] for row in rows],
                                   [nsx.label[row] for row in rows])
    columns = rows[kept]
    scale = _scale(session, files, nsx, columns)
    return Recording(nsx.segments, scale, np.array(nsx.electrode, np.int32)[columns],
                     lambda: nsx.chunks(columns), "recorded (Blackrock NSx)",
                     tuple(rail[columns] for rail in nsx.rails), sync, findings + nsx.findings,
                     [nsx.label[row] for row in columns])


def _scale(session: dict, files: list[str], nsx: Nsx, columns: np.ndarray) -> float:
    names = [nsx.label[row] for row in columns]
    if nsx.uv_per_bit is not None:
        return one_scale(session, nsx.file, nsx.uv_per_bit[columns], names)
    # File specification 2.1 leaves the scale to the .nev.
    if not any(file.lower().endswith(".nev") for file in files):
        return agreed(session, "uv_per_bit", None, nsx.file, SCALE_TOLERANCE)
    factor = nev_of(session, files, nsx).nv_per_bit
    unknown = [nsx.label[row] for row in columns if nsx.electrode[row] not in factor]
    if unknown:
        raise problem(session, ", ".join(files), "the .nev does not hold the scale of "
                      f"{first_names(unknown)}, nor does an NSx file of specification 2.1; give "
                      "the .nev of this recording, or put them into excluded_channels")
    nv = np.array([factor[nsx.electrode[row]] for row in columns])
    nv[nv == OVERFLOWN_NV] = ANALOG_INPUT_NV
    return one_scale(session, nsx.file, nv / 1e3, names)
