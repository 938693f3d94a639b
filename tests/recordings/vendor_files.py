"""Write files as recording systems do, from their format documents, so that truth is known.

Intan: "RHD2000 data file formats"; Blackrock: "NEV and NSx file specification" 2.2 to 3.0. Nothing
here is shared with the readers under test.
"""

import hashlib
import struct
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import numpy as np

PULSE_S = 0.02
PORTS = "ABCD"
BLACKROCK_UV = 0.25


@dataclass(frozen=True)
class Plan:
    """What a session holds; counts are int16 (n_samples, n_channels).

    `gaps` are (sample, n_missing): before that sample, so many were not recorded. `pulses_s` are
    on the recording's clock. `spikes` are (time_s, electrode, unit).
    """

    counts: np.ndarray
    sampling_rate_hz: float
    uv_per_bit: float
    pulses_s: tuple = ()
    gaps: tuple = ()
    sync: str = "digital"
    codes: tuple = ()
    spikes: tuple = ()
    version: tuple = ()
    layout: str = "one-file"
    first_stamp: int = 0
    extra: dict = field(default_factory=dict)

    @property
    def n_missing(self) -> np.ndarray:
        """Samples not recorded before each sample."""
        missing = np.zeros(len(self.counts), np.int64)
        for sample, n in self.gaps:
            missing[sample:] += n
        return missing

    @property
    def stamps(self) -> np.ndarray:
        return self.first_stamp + np.arange(len(self.counts)) + self.n_missing

    @property
    def times_s(self) -> np.ndarray:
        return self.stamps / self.sampling_rate_hz

    @property
    def line(self) -> np.ndarray:
        """Digital level of every sample: high for 20 ms from each pulse."""
        since = self.times_s[:, None] - np.asarray(self.pulses_s)[None] + 1e-9
        return ((since >= 0) & (since < PULSE_S)).any(axis=1)


def write_session(
    folder: Path, format: str, counts: np.ndarray, sampling_rate_hz: float, uv_per_bit: float,
    pulses_s=(), **options,
) -> dict:
    """Write a session in any format; gives its columns of the session sheet.

    `options` are the fields of `Plan`: gaps, sync, codes, spikes, version, layout, first_stamp.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    plan = Plan(np.ascontiguousarray(counts, np.int16), float(sampling_rate_hz), uv_per_bit,
                tuple(pulses_s), **options)
    writers = {"intan": write_intan, "blackrock": write_blackrock, "nwb": write_nwb,
               "int16": write_int16, "blackrock-spikes": write_blackrock_spikes}
    columns = {"format": format, "sampling_rate_hz": None, "uv_per_bit": None, "n_channels": None,
               "sync_channel": None, "excluded_channels": []}
    columns |= writers[format](folder, plan)
    return columns | {"sha256": [file_hash(file) for file in columns["files"]]}


def _sync(plan: Plan, digital: str, analog: str | None) -> str | None:
    if not plan.pulses_s:
        return None
    return digital if plan.sync == "digital" else analog


def file_hash(file: str) -> str:
    """sha256 of a file, or as the shell line of resources/README.md for an Intan folder."""
    def of(path):
        return hashlib.sha256(Path(path).read_bytes()).hexdigest()

    if Path(file).name != "info.rhd":
        return of(file)
    lines = sorted(f"{of(path)}  {path.name}\n" for path in Path(file).parent.iterdir())
    return hashlib.sha256("".join(lines).encode()).hexdigest()


# ---- Intan -----------------------------------------------------------------------------------

def write_intan(folder: Path, plan: Plan) -> dict:
    version = plan.version or (3, 0)
    single = plan.layout == "one-file"
    file = folder / ("session.rhd" if single else "info.rhd")
    n_channels = plan.counts.shape[1]
    names = [f"{PORTS[row // 32]}-{row % 32:03d}" for row in range(n_channels)]
    digital = "DIGITAL-IN-03" if version >= (3, 0) else "DIN-02"
    analog = "ANALOG-IN-1" if version >= (3, 0) else "ADC-00"
    header = _rhd_header(version, plan.sampling_rate_hz, names, analog, digital)
    words = (plan.line.astype("<u2") << 2) | 0x8000  # another line is high throughout
    volts = np.where(plan.line, 40_000, 2_000).astype("<u2")
    stamps = plan.stamps.astype("<i4")
    if single:
        file.write_bytes(header + _rhd_blocks(version, stamps, plan.counts, volts, words))
    else:
        file.write_bytes(header)
        stamps.tofile(folder / "time.dat")
        auxiliary = np.full(len(stamps), 777, "<u2")
        parts = {"amplifier.dat": plan.counts.astype("<i2"), "auxiliary.dat": auxiliary,
                 "analogin.dat": volts, "digitalin.dat": words}
        if plan.layout == "file-per-channel":
            parts = {f"amp-{name}.dat": plan.counts[:, row].astype("<i2")
                     for row, name in enumerate(names)}
            parts |= {"aux-A-AUX1.dat": auxiliary, f"board-{analog}.dat": volts,
                      f"board-{digital}.dat": plan.line.astype("<u2")}
        for name, values in parts.items():
            values.tofile(folder / name)
    return {"files": [str(file)], "sync_channel": _sync(plan, digital, analog)}


def _rhd_header(version, rate_hz, names, analog, digital) -> bytes:
    parts = [struct.pack("<I2hf", 0xC6912702, *version, rate_hz),
             struct.pack("<h6f", 1, 1.0, 0.1, 7500.0, 1.0, 0.1, 7500.0),
             struct.pack("<h2f", 0, 1000.0, 1000.0), *[_qstring(x) for x in ("note", "", "")],
             struct.pack("<h", 0),  # temperature sensors, from 1.1
             struct.pack("<h", 0)]  # board mode, from 1.3
    if version >= (2, 0):
        parts.append(_qstring("n/a"))  # reference channel
    ports = [[(name, 0, row) for row, name in enumerate(names) if name[0] == port]
             for port in PORTS]
    # A disabled channel lies among the enabled ones, and must not be read.
    ports[0].insert(1, ("A-063", 0, -1))
    ports[0] += [("A-AUX1", 1, 0)]
    groups = [*((f"Port {port}", port, channels)
                for port, channels in zip(PORTS, ports, strict=True)),
              ("Board ADC Inputs", "ANALOG-IN", [(analog, 3, 0)]),
              ("Board Digital Inputs", "DIGITAL-IN", [(digital, 4, 2)]), ("Unused", "U", [])]
    parts.append(struct.pack("<h", len(groups)))
    for name, prefix, channels in groups:
        parts += [_qstring(name), _qstring(prefix),
                  struct.pack("<3h", bool(channels), len(channels), len(channels))]
        for native, kind, order in channels:
            parts += [_qstring(native), _qstring(f"my {native}"),
                      struct.pack("<10h2f", order, order, kind, order >= 0, 0, 0, 0, 0, 0, 0, 0, 0)]
    return b"".join(parts)


def _rhd_blocks(version, stamps, counts, volts, words) -> bytes:
    """Data blocks: time stamps, amplifiers, auxiliary input at a quarter rate, ADC, digital."""
    size = 128 if version >= (2, 0) else 60
    if len(stamps) % size:
        raise ValueError(f"{len(stamps)} samples are not whole blocks of {size}")
    unsigned = (counts.astype(int) + 32768).astype("<u2")
    blocks = []
    for start in range(0, len(stamps), size):
        rows = slice(start, start + size)
        blocks += [stamps[rows].tobytes(), unsigned[rows].T.tobytes(),
                   np.full(size // 4, 777, "<u2").tobytes(), volts[rows].tobytes(),
                   words[rows].tobytes()]
    return b"".join(blocks)


def _qstring(text: str) -> bytes:
    if not text:
        return struct.pack("<I", 0xFFFFFFFF)
    return struct.pack("<I", 2 * len(text)) + text.encode("utf-16-le")


# ---- Blackrock -------------------------------------------------------------------------------

def write_blackrock(folder: Path, plan: Plan) -> dict:
    """Electrodes 1 to n at 0.25 uV per bit, and analog input 129 in mV, last."""
    if plan.uv_per_bit != BLACKROCK_UV:
        raise ValueError(f"uv_per_bit is {plan.uv_per_bit}, expected {BLACKROCK_UV}")
    period = round(30_000 / plan.sampling_rate_hz)
    if period * plan.sampling_rate_hz != 30_000:
        raise ValueError(f"{plan.sampling_rate_hz} Hz does not divide 30,000 Hz")
    version = plan.version or (2, 3)
    diode = np.where(plan.line, 12_000, 500).astype("<i2")
    counts = np.column_stack([plan.counts.astype("<i2"), diode])
    voltage, events = folder / "session.ns5", folder / "session.nev"
    voltage.write_bytes(_nsx_header(version, period, counts.shape[1], "ptp" in plan.layout)
                        + _nsx_data(version, period, counts, plan))
    events.write_bytes(_nev(version, plan))
    sync = _sync(plan, "digital_input_port", "ainp1")
    return {"files": [str(voltage), str(events)], "sync_channel": sync,
            "excluded_channels": [] if sync == "ainp1" else ["ainp1"]}


def write_blackrock_spikes(folder: Path, plan: Plan) -> dict:
    file = folder / "session.nev"
    file.write_bytes(_nev(plan.version or (2, 3), plan))
    return {"files": [str(file)], "sync_channel": _sync(plan, "digital_input_port", None)}


def _nsx_header(version, period, n_channels, ptp: bool) -> bytes:
    kind = b"BRSMPGRP" if version >= (3, 0) else b"NEURALCD"
    size = 314 + 66 * n_channels
    head = struct.pack("<8s2BI16s256s2I8HI", kind, *version, size, b"30 kS/s", b"test", period,
                       1_000_000_000 if ptp else 30_000, 2020, 1, 3, 1, 12, 0, 0, 0, n_channels)
    channels = []
    for row in range(n_channels):
        last = row == n_channels - 1
        number, label = (129, b"ainp1") if last else (row + 1, f"elec{row + 1}".encode())
        # digital -32764..32764; analog +-8191 uV (0.25 uV per bit), +-5000 mV for the input
        limits, unit = ((-5000, 5000), b"mV") if last else ((-8191, 8191), b"uV")
        channels.append(struct.pack("<2sH16s2B4h16s2IH2IH", b"CC", number, label, 1, row % 32,
                                    -32764, 32764, *limits, unit, 0, 0, 0, 7_500_000, 3, 1))
    return head + b"".join(channels)


def _nsx_data(version, period, counts, plan: Plan) -> bytes:
    if "ptp" in plan.layout:
        nanoseconds = ptp_stamps(plan)
        packets = [struct.pack("<BQI", 1, stamp, 1) + row.tobytes()
                   for stamp, row in zip(nanoseconds.tolist(), counts, strict=True)]
        return b"".join(packets)
    stamp = "Q" if version >= (3, 0) else "I"
    starts = [0, *(sample for sample, _ in plan.gaps), len(counts)]
    blocks = []
    for start, end in pairwise(starts):
        head = struct.pack(f"<B{stamp}I", 1, int(plan.stamps[start]) * period, end - start)
        blocks += [head, counts[start:end].tobytes()]
    return b"".join(blocks)


def ptp_stamps(plan: Plan) -> np.ndarray:
    """Nanoseconds since 1970 with jitter; `extra['ppm']` is the error of the sampling clock."""
    rate_hz = plan.sampling_rate_hz * (1 + plan.extra.get("ppm", 0) * 1e-6)
    jitter = np.random.default_rng(0).integers(-200, 200, len(plan.counts))
    jitter[0] = 0
    return 1_700_000_000_000_000_000 + np.rint(
        plan.stamps / rate_hz * 1e9).astype(np.int64) + jitter


def _nev(version, plan: Plan) -> bytes:
    """Spikes of `plan.spikes`, and a digital event for each pulse: its code, or 1."""
    spec3 = version >= (3, 0)
    ptp = "ptp" in plan.layout
    ticks_per_s = 1_000_000_000 if ptp else 30_000
    zero = 1_700_000_000_000_000_000 if ptp else 0
    electrodes = sorted({1, 2, *(electrode for _, electrode, _ in plan.spikes)})
    extended = [struct.pack("<8sH2B2H2h2BH8s", b"NEUEVWAV", number, 1, number, 250, 0, 0, -40, 0, 2,
                            48, b"") for number in electrodes]
    # A channel that is set up but not thresholded does not count.
    extended.append(struct.pack("<8sH2B2H2h2BH8s", b"NEUEVWAV", 140, 5, 1, 21516, 0, 0, 0, 0, 2, 48,
                                b""))
    extended += [struct.pack("<8sH16s6s", b"NEUEVLBL", number, f"elec{number}".encode(), b"")
                 for number in electrodes]
    packet, n_header = 108 if spec3 else 104, 336 + 32 * len(extended)
    head = struct.pack("<8s2BH4I8H32s256sI", b"BREVENTS" if spec3 else b"NEURALEV", *version, 1,
                       n_header, packet, ticks_per_s, 30_000, 2020, 1, 3, 1, 12, 0, 0, 0, b"test",
                       b"", len(extended))
    stamp = "Q" if spec3 else "I"
    events = [(time_s, electrode, unit, 0) for time_s, electrode, unit in plan.spikes]
    codes = plan.codes or [1] * len(plan.pulses_s)
    events += [(time_s, 0, 1, code) for time_s, code in zip(plan.pulses_s, codes, strict=True)]
    packets = [
        struct.pack(f"<{stamp}H2BH", zero + round(time_s * ticks_per_s), kind, reason, 0, word)
        .ljust(packet, b"\0") for time_s, kind, reason, word in sorted(events)
    ]
    return head + b"".join(extended) + b"".join(packets)


# ---- NWB and flat ----------------------------------------------------------------------------

def write_nwb(folder: Path, plan: Plan) -> dict:
    """`extra` may hold data (in place of counts), conversion, offset, channel_conversion."""
    from pynwb import NWBHDF5IO, NWBFile, TimeSeries
    from pynwb.ecephys import ElectricalSeries

    content = NWBFile(session_description="test", identifier="test",
                      session_start_time=datetime(2020, 1, 1, tzinfo=UTC))
    device = content.create_device(name="probe")
    group = content.create_electrode_group(name="A", description="A", location="IT", device=device)
    for _ in range(plan.counts.shape[1]):
        content.add_electrode(location="IT", group=group)
    table = content.create_electrode_table_region(list(range(plan.counts.shape[1])), "all")
    clock = {"rate": plan.sampling_rate_hz, "starting_time": plan.first_stamp
             / plan.sampling_rate_hz}
    if plan.gaps or plan.layout == "timestamps":
        clock = {"timestamps": plan.times_s}
    settings = {"conversion": plan.uv_per_bit * 1e-6} | {
        key: plan.extra[key] for key in ("conversion", "offset", "channel_conversion")
        if key in plan.extra}
    content.add_acquisition(ElectricalSeries(
        name="raw", data=plan.extra.get("data", plan.counts), electrodes=table, **settings,
        **clock))
    content.add_acquisition(TimeSeries(
        name="photodiode", data=np.where(plan.line, 2.0, 0.1), unit="V", **clock))
    if plan.codes:
        content.add_trial_column("code", "image number")
    for row, pulse_s in enumerate(plan.pulses_s):
        extra = {"code": plan.codes[row]} if plan.codes else {}
        content.add_trial(start_time=pulse_s, stop_time=pulse_s + PULSE_S, **extra)
    file = folder / "session.nwb"
    with NWBHDF5IO(file, "w") as io:
        io.write(content)
    sync = _sync(plan, "trials", "photodiode")
    given = {} if "data" not in plan.extra else {"uv_per_bit": plan.uv_per_bit}
    return {"files": [str(file)], "sync_channel": sync, **given}


def write_int16(folder: Path, plan: Plan) -> dict:
    """A photodiode is the last column, whether or not the session uses it."""
    if plan.gaps:
        raise ValueError("a flat file has no clock, so no gap can be written")
    line = np.where(plan.line, 20_000, 100).astype("<i2")
    file = folder / "session.bin"
    file.write_bytes(np.column_stack([plan.counts.astype("<i2"), line]).tobytes())
    n_channels = plan.counts.shape[1] + 1
    sync = str(n_channels - 1)
    return {"files": [str(file)], "sync_channel": _sync(plan, sync, sync), "n_channels": n_channels,
            "excluded_channels": [] if plan.pulses_s else [sync],
            "sampling_rate_hz": plan.sampling_rate_hz, "uv_per_bit": plan.uv_per_bit}

