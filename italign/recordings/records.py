"""What a reader gives: one record per recording, the same for every format."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np

from italign.recordings.segments import Segments

# Columns of the session sheet that a recording's files carry as attributes.
SESSION_ATTRS = ("session", "animal", "hemisphere", "array", "region", "stimulus_set")
# What the attributes of crossings say about the rule that found them.
RULE_ATTRS = ("threshold_sd", "edge", "sign", "threshold_unit", "sd_estimator", "sd_segment",
              "band_pass_hz", "dead_time_ms")
AS_RECORDED = "as recorded"  # events whose rule the file does not tell


@dataclass(frozen=True)
class Level:
    """A sync line: `chunks()` yields its (n,) samples in order, as often as it is called."""

    segments: Segments
    chunks: Callable[[], Iterator[np.ndarray]]
    digital: bool


@dataclass(frozen=True)
class Marks:
    """Sync events that the recording system found itself, in time order.

    Parameters
    ----------
    time_s : numpy.ndarray
        (n_events,).
    code : numpy.ndarray, optional
        int (n_events,), the word of each.
    bit : int, optional
        Only this line of the words is the sync channel.
    """

    time_s: np.ndarray
    code: np.ndarray | None = None
    bit: int | None = None


@dataclass(frozen=True)
class Recording:
    """Voltage of a session, not yet read.

    Parameters
    ----------
    segments : Segments
        When the samples were taken, and how many.
    uv_per_bit : float
        Microvolts per count.
    channel : numpy.ndarray
        int32 (n_channels,), channel numbers.
    chunks : callable
        Gives an iterator over the voltage: int16 (n, n_channels), in order.
    source : str
        Where the voltage comes from, for attributes and figures.
    rails : tuple of numpy.ndarray
        Counts at which each channel's converter clips, low and high.
    sync : Level or Marks, optional
        The sync channel of the session sheet.
    findings : list of dict
        What integrity.csv has to say (see `italign.recordings.integrity.finding`).
    name : list of str
        Channels as the recording system calls them; empty where it only numbers them.
    """

    segments: Segments
    uv_per_bit: float
    channel: np.ndarray
    chunks: Callable[[], Iterator[np.ndarray]]
    source: str
    rails: tuple[np.ndarray, np.ndarray]
    sync: Level | Marks | None = None
    findings: list[dict] = field(default_factory=list)
    name: list[str] = field(default_factory=list)

    @property
    def labels(self) -> list[str]:
        """Channels for messages: ``B-003 (131)``, or ``131`` where there is no name."""
        numbers = [str(number) for number in self.channel]
        return [f"{name} ({number})" for name, number in zip(self.name, numbers, strict=True)] \
            if self.name else numbers


@dataclass(frozen=True)
class Events:
    """Threshold crossings or spikes that the recording system found itself.

    Parameters
    ----------
    time_s : numpy.ndarray
        float64 (n_events,), ascending.
    event_channel : numpy.ndarray
        int32 (n_events,), channel of each.
    channel : numpy.ndarray
        int32 (n_channels,), channels that were recorded, also silent ones.
    segment_start_s, segment_end_s : numpy.ndarray
        Stretches without a gap.
    sampling_rate_hz : float
        Of the events' time stamps; NaN where the file does not say it.
    source, sync, findings
        As in `Recording`.
    """

    time_s: np.ndarray
    event_channel: np.ndarray
    channel: np.ndarray
    segment_start_s: np.ndarray
    segment_end_s: np.ndarray
    sampling_rate_hz: float
    source: str
    sync: Level | Marks | None = None
    findings: list[dict] = field(default_factory=list)
