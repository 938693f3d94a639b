"""Looks at voltage as it passes: clipped samples, frozen stretches, a doubtful scale."""

from collections.abc import Iterable, Iterator

import numpy as np

from italign.recordings.integrity import finding
from italign.recordings.plateaus import MIN_RUN, Plateaus
from italign.recordings.records import Recording
from italign.recordings.segments import sample_time_s

# ASSUME: no amplifier array gives the same counts on every channel for this long: a system that
# loses packets repeats the last one.
FROZEN_MS = 5.0
# ASSUME: an extreme this close to the mean is the coarse grid of a quiet channel, not saturation.
CLIPPED_COUNTS = 10
# ASSUME: cortical voltage has an SD well inside these bounds; outside, the scale is suspect.
SD_UV = (0.5, 5000.0)
SCALE_STRIDE = 16  # every 16th sample tells the scale well enough
CLIPPED = f"at a rail, or at an extreme that the channel holds for {MIN_RUN} samples or more"


class Watch:
    """Looks at voltage as it passes: clipped samples, frozen stretches, scale.

    Parameters
    ----------
    recording : Recording
        Its segments, rails and channels are used.
    """

    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        n_channels = len(recording.channel)
        self.n_at_rail = np.zeros(n_channels, np.int64)
        self.lowest = Plateaus(n_channels, np.less)
        self.highest = Plateaus(n_channels, np.greater)
        self.moments = np.zeros((3, n_channels))
        self.frozen: list[list[int]] = []  # first and last sample of runs of repeated rows
        self._n_seen, self._last = 0, None

    def through(self, chunks: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
        """Pass on int16 (n, n_channels) stretches, looking at each."""
        for chunk in chunks:
            self._count_clipped(chunk)
            self._find_frozen(chunk)
            some = chunk[-self._n_seen % SCALE_STRIDE :: SCALE_STRIDE].astype(float)
            self.moments += [np.full(chunk.shape[1], len(some)), some.sum(0), (some**2).sum(0)]
            self._n_seen, self._last = self._n_seen + len(chunk), chunk[-1].copy()
            yield chunk

    def _count_clipped(self, chunk: np.ndarray) -> None:
        low, high = self.recording.rails
        bottom, top = chunk.min(0), chunk.max(0)
        for column in np.flatnonzero((bottom <= low) | (top >= high)):
            values = chunk[:, column]
            self.n_at_rail[column] += np.count_nonzero(
                (values <= low[column]) | (values >= high[column]))
        self.lowest.add(chunk, bottom)
        self.highest.add(chunk, top)

    def _find_frozen(self, chunk: np.ndarray) -> None:
        before = chunk[:1] if self._last is None else self._last[None]
        same = np.concatenate([before[:, 0], chunk[:-1, 0]]) == chunk[:, 0]
        same[0] &= self._last is not None
        rows = np.flatnonzero(same)  # few: the first channel alone rules out most
        earlier = np.where((rows > 0)[:, None], chunk[rows - 1], before)
        rows = rows[(chunk[rows] == earlier).all(axis=1)]
        for run in np.split(rows, np.flatnonzero(np.diff(rows) > 1) + 1):
            if run.size:
                self._add_run(self._n_seen + int(run[0]), self._n_seen + int(run[-1]))

    def _add_run(self, first: int, last: int) -> None:
        if self.frozen and self.frozen[-1][1] == first - 1:
            self.frozen[-1][1] = last
        else:
            self._drop_short_run()
            self.frozen.append([first, last])

    def _drop_short_run(self) -> None:
        needed = FROZEN_MS / 1e3 * self.recording.segments.sampling_rate_hz
        if self.frozen and self.frozen[-1][1] - self.frozen[-1][0] + 1 < needed:
            self.frozen.pop()

    def clipped(self) -> np.ndarray:
        """Share of clipped samples, (n_channels,).

        Clipped is a sample at a rail; or, as amplifiers saturate before their converter does, one
        at the channel's own minimum or maximum if it ever stays there for three in a row.
        """
        return self._n_clipped() / max(self._n_seen, 1)

    def _n_clipped(self) -> np.ndarray:
        low, high = self.recording.rails
        mean = self.moments[1] / np.maximum(self.moments[0], 1)
        n_clipped = self.n_at_rail.copy()
        for side, at_rail in ((self.lowest, self.lowest.extreme <= low),
                              (self.highest, self.highest.extreme >= high)):
            far = np.abs(side.extreme - mean) >= CLIPPED_COUNTS
            n_clipped += side.n_samples * (side.holds & far & ~at_rail)
        return n_clipped

    def findings(self) -> list[dict]:
        """What was seen, once the last stretch has passed."""
        self._drop_short_run()
        segments = self.recording.segments
        found = [
            finding("clipped", f"{label}: {n} of {self._n_seen} samples {CLIPPED}", int(number),
                    n_samples=int(n))
            for number, label, n in zip(self.recording.channel, self.recording.labels,
                                        self._n_clipped(), strict=True) if n
        ]
        for first, last in self.frozen:
            start_s, n = float(sample_time_s(segments, first)), last - first + 1
            found.append(finding("frozen", "every channel repeats one value, as a system does "
                                 "that lost packets", time_s=start_s,
                                 duration_s=n / segments.sampling_rate_hz, n_samples=n))
        return found + self._scaling()

    def _scaling(self) -> list[dict]:
        n, total, squares = self.moments
        sd = np.sqrt(np.maximum(squares / n - (total / n) ** 2, 0))
        sd_uv = float(np.median(sd)) * self.recording.uv_per_bit
        if SD_UV[0] <= sd_uv <= SD_UV[1]:
            return []
        return [finding("scaling", f"median SD over channels is {sd_uv:.3g} uV at "
                        f"{self.recording.uv_per_bit:g} uV per bit; {SD_UV[0]} to {SD_UV[1]:g} uV "
                        "are plausible: check uv_per_bit")]
