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


def _per_stimulus(dtype: str, units: str, long_name: str) -> Variable:
    return Variable(("stimulus",), dtype, units, long_name)


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
            "rotation_x_deg": _per_stimulus("float32", "degrees", "rotation about the x axis"),
            "rotation_y_deg": _per_stimulus("float32", "degrees", "rotation about the y axis"),
            "rotation_z_deg": _per_stimulus("float32", "degrees", "rotation in the image plane"),
            "position_x_deg": _per_stimulus("float32", "degrees", "horizontal position"),
            "position_y_deg": _per_stimulus("float32", "degrees", "vertical position"),
            "size": _per_stimulus("float32", "1", "size relative to variation 0"),
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
        },
        coords={"channel": Variable(("electrode",), "int32", "1", "channel", unique=True)},
        attrs=("uv_per_bit", "sampling_rate_hz", "session", "animal", "hemisphere", "array",
               "region", "stimulus_set", "source"),
        non_empty=("sample", "electrode"),
    ),
    "truth": Contract(
        variables={
            "spike_time_s": Variable(("spike",), "float64", "s", "trough of a planted spike"),
            "spike_channel": Variable(("spike",), "int32", "1", "channel of a planted spike"),
            "rate_hz": Variable(("stimulus", "neuroid"), "float32", "Hz",
                                "noiseless rate of an isolated presentation in the window"),
            "amplitude_uv": Variable(("neuroid",), "float32", "uV", "trough of the waveform"),
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
            "threshold_uv": Variable(("electrode",), "float32", "uV", "threshold"),
            "noise_sd_uv": Variable(("electrode",), "float32", "uV", "SD of the raw voltage"),
        },
        coords={"channel": Variable(("electrode",), "int32", "1", "channel", unique=True)},
        attrs=("threshold_sd", "edge", "sd_estimator", "sampling_rate_hz", "duration_s", "session",
               "animal", "hemisphere", "array", "region", "stimulus_set", "source"),
        non_empty=("electrode",),
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
            **_neuroid_coords(),
        },
        attrs=("window_start_ms", "window_end_ms", "session", "stimulus_set", "source"),
        non_empty=("presentation", "neuroid"),
    ),
    "assembly": Contract(
        variables={
            "rate": Variable(("stimulus", "repetition", "neuroid"), "float32", "Hz",
                             "rate, NaN where a repetition is missing", finite=False),
            "reliability": Variable(("neuroid",), "float32", "1",
                                    "split-half reliability, Spearman-Brown", finite=False),
            "snr": Variable(("neuroid",), "float32", "1",
                            "SD over stimuli / mean SD over repetitions", finite=False),
            "visual_drive_dprime": Variable(("neuroid",), "float32", "1",
                                            "d' of driven against baseline rate", finite=False),
            "selected": Variable(("neuroid",), "int8", "1", "1 where the site is kept"),
        },
        coords={"stimulus_id": _stimulus_id("stimulus", unique=True), **_neuroid_coords()},
        attrs=("animal", "stimulus_set", "reliability_threshold", "source"),
        non_empty=("stimulus", "repetition", "neuroid"),
    ),
    "ceiling": Contract(
        variables={
            "split_half": Variable(("estimator", "split"), "float64", "1",
                                   "CKA of random trial halves (the paper's ceiling)"),
            "attainable": Variable(("estimator", "split"), "float64", "1",
                                   "CKA that the noiseless population would reach"),
        },
        coords={
            "estimator": Variable(("estimator",), "str", "1", "biased or unbiased", unique=True),
        },
        attrs=("animal", "stimulus_set", "n_stimuli", "n_sites", "n_repetitions", "source"),
        non_empty=("estimator", "split"),
    ),
    "target": Contract(
        variables={
            "rate": Variable(("stimulus", "neuroid"), "float32", "Hz", "training target"),
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
            "distractor": Variable(("trial",), "str", "1", "other noun offered"),
            "observer": Variable(("trial",), "int32", "1", "observer"),
        },
        attrs=("stimulus_set", "source"),
        non_empty=("trial",),
    ),
}
