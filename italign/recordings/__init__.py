"""From images to rates: simulated sites and voltage, threshold crossings, windowed rates.

Names load lazily, so that reading a recording never imports what only the simulation needs.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "detection": ["detect_crossings"],
        "presentations": [
            "check_known_stimuli", "number_repetitions", "read_presentations",
            "write_presentations",
        ],
        "protocol": ["schedule_trials"],
        "quality": ["count_matches"],
        "rates": ["bin_counts", "bin_edges_ms", "check_windows", "window_rates", "within_segments"],
        "sites": ["Sites", "draw_sites", "site_drive"],
        "spiking": ["rate_trace", "spike_times_ms", "temporal_kernel", "trial_gain", "window_mean"],
        "timing": ["clock_drift_ppm", "match_pulses", "read_pulses"],
        "voltage": ["simulate_chunks"],
        "voltage_file": ["open_voltage", "write_voltage"],
    },
)
