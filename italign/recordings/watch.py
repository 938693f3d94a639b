"""Looks at voltage as it passes: clipped samples, frozen stretches, a doubtful scale."""

from collections.abc import Iterable, Iterator

import numpy as np

from italign.recordings.integrity import finding
from italign.recordings.records import Recording
from italign.recordings.segments import sample_time_s

# ASSUME: no amplifier array gives the same counts on every channel for this long: a system that
# loses packets repeats the last one.
FROZEN_MS = 5.0
# ASSUME: cortical voltage has an SD well inside these bounds; outside, the scale is suspect.
SD_UV = (0.5, 5000.0)
SCALE_STRIDE = 16  # every 16th sample tells the scale well enough


class Watch:
    """Looks at voltage as it passes: clipped samples, frozen stretches, scale.

    Parameters
    ----------
    recording : Recording
        Its segments, rails and channels are used.
    """

    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        self.n_clipped = np.zeros(len(recording.channel), np.int64)
        self.moments = np.zeros((3, len(recording.channel)))
        self.frozen: list[list[int]] = []  # first and last sample of runs of repeated rows
        self._n_seen, self._last = 0, None

    def through(self, chunks: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
        """Pass on int16 (n, n_channels) stretches, looking at each."""
        for chunk in chunks:
            self._count_clipped(chunk)
            self._find_frozen(chunk)
            some = chunk[::SCALE_STRIDE].astype(float)
            self.moments += [np.full(chunk.shape[1], len(some)), some.sum(0), (some**2).sum(0)]
            self._n_seen, self._last = self._n_seen + len(chunk), chunk[-1].copy()
            yield chunk

    def _count_clipped(self, chunk: np.ndarray) -> None:
        low, high = self.recording.rails
        at_rail = np.flatnonzero((chunk.min(0) <= low) | (chunk.max(0) >= high))
        for column in at_rail:
            values = chunk[:, column]
            self.n_clipped[column] += np.count_nonzero(
                (values <= low[column]) | (values >= high[column]))

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

    def clipped(self) -> dict[int, float]:
        """Share of samples at a rail, of each channel number that has any."""
        share = self.n_clipped / max(self._n_seen, 1)
        return {int(number): float(x) for number, x in
                zip(self.recording.channel, share, strict=True) if x > 0}

    def findings(self) -> list[dict]:
        """What was seen, once the last stretch has passed."""
        self._drop_short_run()
        segments = self.recording.segments
        found = [
            finding("clipped", f"{n} of {self._n_seen} samples at a rail", int(number),
                    n_samples=int(n))
            for number, n in zip(self.recording.channel, self.n_clipped, strict=True) if n
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
