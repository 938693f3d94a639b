"""What the netCDF files between stages hold: the one table that writer and checker share."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Variable:
    """One variable or coordinate of a contract.

    Parameters
    ----------
    dims : tuple of str
        Dimensions in the order of the file.
    dtype : str
        NumPy dtype, or ``"str"``.
    units : str
        Unit as in CF, ``"1"`` for none.
    long_name : str
        What the values are.
    finite : bool
        Whether NaN and infinities are refused.
    unique : bool
        Whether values may not repeat.
    """

    dims: tuple[str, ...]
    dtype: str
    units: str
    long_name: str
    finite: bool = True
    unique: bool = False


@dataclass(frozen=True)
class Contract:
    """Variables, coordinates and attributes of a file, and dims that may not be empty."""

    variables: dict[str, Variable]
    coords: dict[str, Variable] = field(default_factory=dict)
    attrs: tuple[str, ...] = ()
    non_empty: tuple[str, ...] = ()


def _neuroid_coords() -> dict[str, Variable]:
    dims = ("neuroid",)
    return {
        "neuroid_id": Variable(dims, "str", "1", "animal.hemisphere.array.channel", unique=True),
        "animal": Variable(dims, "str", "1", "animal"),
        "hemisphere": Variable(dims, "str", "1", "hemisphere"),
        "array": Variable(dims, "str", "1", "electrode array"),
        "channel": Variable(dims, "int32", "1", "channel of the array"),
        "region": Variable(dims, "str", "1", "cortical region"),
    }


def _stimulus_id(*dims: str, unique: bool = False) -> Variable:
    return Variable(dims, "str", "1", "stimulus shown", unique=unique)


def _time_bins() -> dict[str, Variable]:
    dims = ("time_bin",)
    return {
        "time_bin_start_ms": Variable(dims, "float64", "ms", "start after onset, included"),
        "time_bin_end_ms": Variable(dims, "float64", "ms", "end after onset, excluded"),
    }


def _per_site(units: str, long_name: str) -> Variable:
    return Variable(("neuroid",), "float32", units, long_name, finite=False)


def _pose(units: str, long_name: str) -> Variable:
    """Scene parameter of an image, NaN where a file does not tell."""
    return Variable(("stimulus",), "float32", units, long_name, finite=False)


def _per_stimulus(dtype: str, units: str, long_name: str) -> Variable:
    return Variable(("stimulus",), dtype, units, long_name)


# Category of an image that shows none of the nouns: it has no label and is no output.
NO_CATEGORY = "none"
# Distractor of a trial in which all other nouns of the set were offered.
ALL_OTHERS = ""

CONTRACTS = {
    "stimuli": Contract(
        variables={
            "image": Variable(("stimulus", "y", "x", "channel"), "uint8", "1", "RGB image, 0-255"),
        },
        coords={
            "stimulus_id": _stimulus_id("stimulus", unique=True),
            "category": _per_stimulus("str", "1", "noun"),
            "object": _per_stimulus("str", "1", "exemplar of the noun"),
            "variation": _per_stimulus("int32", "1", "HVM variation level (0, 3, 6)"),
            "background": _per_stimulus("str", "1", "background scene"),
            "split": _per_stimulus("str", "1", "train (models may see it) or test"),
            "rotation_x_deg": _pose("degrees", "rotation about the x axis"),
            "rotation_y_deg": _pose("degrees", "rotation about the y axis"),
            "rotation_z_deg": _pose("degrees", "rotation in the image plane"),
            "position_x_deg": _pose("degrees", "horizontal position"),
            "position_y_deg": _pose("degrees", "vertical position"),
            "size": _pose("1", "size relative to variation 0"),
        },
        attrs=("identifier", "image_degrees", "licence", "source"),
        non_empty=("stimulus",),
    ),
    "teacher": Contract(
        variables={
            "feature": Variable(("stimulus", "unit"), "float32", "1", "teacher IT activation"),
            "logit": Variable(("stimulus", "category"), "float32", "1", "teacher logit"),
        },
        coords={
            "stimulus_id": _stimulus_id("stimulus", unique=True),
            "truth": _per_stimulus("str", "1", "noun shown"),
            "category": Variable(("category",), "str", "1", "noun of the logit", unique=True),
        },
        attrs=("identifier", "source"),
        non_empty=("stimulus", "unit"),
    ),
    "voltage": Contract(
        variables={
            "voltage": Variable(("sample", "electrode"), "int16", "1", "raw voltage, ADC counts"),
            # A segment is a stretch without a gap; between segments the clock moved on unrecorded.
            "segment_start_sample": Variable(("segment",), "int64", "1", "first sample",
                                             unique=True),
            "segment_start_s": Variable(("segment",), "float64", "s", "time of the first sample"),
        },
        coords={"channel": Variable(("electrode",), "int32", "1", "channel", unique=True)},
        attrs=("uv_per_bit", "sampling_rate_hz", "session", "animal", "hemisphere", "array",
               "region", "stimulus_set", "source"),
        non_empty=("sample", "electrode", "segment"),
    ),
    "truth": Contract(
        variables={
            "spike_time_s": Variable(("spike",), "float64", "s", "trough of a planted spike"),
            "spike_channel": Variable(("spike",), "int32", "1", "channel of a planted spike"),
            "rate_hz": Variable(("stimulus", "neuroid"), "float32", "Hz",
                                "noiseless rate of an isolated presentation in the window"),
            "amplitude_uv": Variable(("neuroid",), "float32", "uV", "trough of the waveform"),
            "latency_ms": Variable(("neuroid",), "float32", "ms", "from onset to first response"),
            "noise_sd_uv": Variable(("neuroid",), "float32", "uV", "SD of the voltage less spikes"),
        },
        coords={
            "stimulus_id": _stimulus_id("stimulus", unique=True),
            "channel": Variable(("neuroid",), "int32", "1", "channel", unique=True),
        },
        attrs=("session", "animal", "stimulus_set", "source"),
        non_empty=("stimulus", "neuroid"),
    ),
    "crossings": Contract(
        variables={
            "time_s": Variable(("crossing",), "float64", "s", "time of the threshold crossing"),
            "crossing_channel": Variable(("crossing",), "int32", "1", "channel that crossed"),
            # NaN where events come from the recording system, which does not tell its rule.
            "threshold_uv": Variable(("electrode",), "float32", "uV", "threshold", finite=False),
            "center_uv": Variable(("electrode",), "float32", "uV",
                                  "mean or median that the threshold is measured from",
                                  finite=False),
            "noise_sd_uv": Variable(("electrode",), "float32", "uV",
                                    "SD behind the threshold, by the estimator named",
                                    finite=False),
            "segment_start_s": Variable(("segment",), "float64", "s", "start without a gap"),
            "segment_end_s": Variable(("segment",), "float64", "s", "end without a gap"),
        },
        coords={"channel": Variable(("electrode",), "int32", "1", "channel", unique=True)},
        attrs=("threshold_sd", "edge", "sign", "threshold_unit", "sd_estimator", "sd_segment",
               "band_pass_hz", "dead_time_ms", "sampling_rate_hz", "duration_s", "session",
               "animal", "hemisphere", "array", "region", "stimulus_set", "source"),
        non_empty=("electrode", "segment"),
    ),
    "rates": Contract(
        variables={
            "rate_hz": Variable(("presentation", "neuroid"), "float32", "Hz", "rate in the window"),
            "baseline_hz": Variable(("presentation", "neuroid"), "float32", "Hz",
                                    "rate in the baseline window"),
        },
        coords={
            "stimulus_id": _stimulus_id("presentation"),
            "repetition": Variable(("presentation",), "int32", "1", "how often shown before"),
            "trial": Variable(("presentation",), "int32", "1", "fixation trial"),
            "onset_s": Variable(("presentation",), "float64", "s", "image onset"),
            **_neuroid_coords(),
        },
        attrs=("window_start_ms", "window_end_ms", "n_lost_in_gaps", "session", "stimulus_set",
               "source"),
        non_empty=("presentation", "neuroid"),
    ),
    "bins": Contract(
        variables={
            "count": Variable(("presentation", "neuroid", "time_bin"), "uint16", "1",
                              "crossings in the bin"),
        },
        coords={
            "stimulus_id": _stimulus_id("presentation"),
            **_time_bins(),
            **_neuroid_coords(),
        },
        attrs=("session", "stimulus_set", "source"),
        non_empty=("presentation", "neuroid", "time_bin"),
    ),
    "assembly": Contract(
        variables={
            "rate": Variable(("stimulus", "repetition", "neuroid"), "float32", "Hz",
                             "rate, NaN where a repetition is missing", finite=False),
            "psth_hz": Variable(("neuroid", "time_bin"), "float32", "Hz",
                                "mean rate around onset, over all presentations"),
            "reliability": _per_site("1", "split-half reliability, Spearman-Brown"),
            "reliability_low": _per_site("1", "2.5 % bound of the reliability, over stimuli"),
            "reliability_high": _per_site("1", "97.5 % bound of the reliability, over stimuli"),
            "snr": _per_site("1", "SD over stimuli / mean SD over repetitions"),
            "visual_drive_dprime": _per_site("1", "d' of driven against undriven rate"),
            "latency_ms": _per_site("ms", "half-height latency, preferred stimuli"),
            "fano_factor": _per_site("1", "variance / mean of counts, median over stimuli"),
            "selected": Variable(("neuroid",), "int8", "1", "1 where the site is kept"),
            "drop_reason": Variable(("neuroid",), "str", "1", "criteria failed, or kept"),
        },
        coords={"stimulus_id": _stimulus_id("stimulus", unique=True), **_time_bins(),
                **_neuroid_coords()},
        attrs=("animal", "stimulus_set", "reliability_min", "drive_reference",
               "session_normalisation", "source"),
        non_empty=("stimulus", "repetition", "neuroid"),
    ),
    "ceiling": Contract(
        variables={
            "cka": Variable(("rule", "estimator", "n_drawn", "split"), "float64", "1",
                            "CKA ceiling of one random split, NaN without repetitions",
                            finite=False),
        },
        coords={
            "rule": Variable(("rule",), "str", "1", "how halves become a ceiling", unique=True),
            "estimator": Variable(("estimator",), "str", "1", "biased or unbiased", unique=True),
            "n_drawn": Variable(("n_drawn",), "int32", "1",
                                "repetitions drawn per stimulus; the largest means all",
                                unique=True),
        },
        attrs=("animal", "stimulus_set", "n_stimuli", "n_sites", "n_repetitions", "source"),
        non_empty=("rule", "estimator", "n_drawn", "split"),
    ),
    "target": Contract(
        variables={
            "rate": Variable(("stimulus", "neuroid"), "float32", "Hz",
                             "training target, NaN where a site's session did not show the image",
                             finite=False),
        },
        coords={
            "stimulus_id": _stimulus_id("stimulus", unique=True),
            "partition": _per_stimulus("str", "1", "train or test"),
            **_neuroid_coords(),
        },
        attrs=("target", "seed", "stimulus_set", "source"),
        non_empty=("stimulus", "neuroid"),
    ),
    "behavior": Contract(
        variables={
            "choice": Variable(("trial",), "str", "1", "noun chosen"),
        },
        coords={
            "stimulus_id": _stimulus_id("trial"),
            "truth": Variable(("trial",), "str", "1", "noun shown"),
            "distractor": Variable(("trial",), "str", "1",
                                   "other noun offered, empty where all were"),
            "observer": Variable(("trial",), "int32", "1", "observer, 0 where unknown"),
        },
        attrs=("stimulus_set", "source"),
        non_empty=("trial",),
    ),
}
